// Accounts over HTTP: every route of v1 that a person or an administrator uses, and who may.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, startSet, until } from './lib.mjs';

let set;
let root;

before(async () => {
  set = await startSet();
  root = (await set.login()).access_token;
});
after(() => set?.stop());

const post = (path, body, token) => set.api('POST', path, { token, body: JSON.stringify(body ?? {}), headers: { 'Content-Type': 'application/json' } });
const password = 'a fine password';

async function person(email) {
  const registered = await post('/v1/register', { email, password });
  assert.equal(registered.status, 201, registered.text);
  const login = await post('/v1/login', { email, password });
  assert.equal(login.status, 200, login.text);
  return { id: registered.body.account.id, email, token: login.body.access_token, refresh: login.body.refresh_token };
}

// The text of the newest letter to an address, soft line ends joined.
function letter(email, kind) {
  const folder = join(set.dataDir, 'mail');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(`-${kind}.eml`)).sort().reverse() : [];
  const texts = names.map((name) => readFileSync(join(folder, name), 'utf8')).filter((text) => text.includes(`<${email}>`));
  return texts[0]?.replaceAll('=\r\n', '').replaceAll('=3D', '=');
}

const told = (answer, status, code) => {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.body.type, `/problems/${code}`, answer.text);
};

test('a forgotten password', async () => {
  const ann = await person('ann@example.test');
  const unknown = await post('/v1/forgot-password', { email: 'nobody@example.test' });
  const known = await post('/v1/forgot-password', { email: 'ANN@example.test' });
  assert.deepEqual([known.status, known.text], [unknown.status, unknown.text]);
  assert.equal(known.status, 202);
  const text = await until(() => letter(ann.email, 'reset'));
  const [, token] = text.match(/reset-password\?token=([\w-]+)/);
  told(await post('/v1/reset-password', { token, password: 'Password1' }), 400, 'password-common');
  assert.equal((await post('/v1/reset-password', { token, password: 'the new password' })).status, 204);
  told(await post('/v1/reset-password', { token, password: 'the next password' }), 400, 'token-refused');
  told(await post('/v1/login', { email: ann.email, password }), 401, 'wrong-credentials');
  await until(async () => (await set.api('GET', '/v1/me', { token: ann.token })).status === 401);
  assert.equal((await post('/v1/login', { email: ann.email, password: 'the new password' })).status, 200);
  assert.ok(await until(() => letter(ann.email, 'password-changed')));
  assert.equal((await post('/v1/activate/resend', { email: 'nobody@example.test' })).status, 202);
});

test('a changed password and sessions', async () => {
  const bob = await person('bob@example.test');
  const other = (await post('/v1/login', { email: bob.email, password })).body;
  const list = await set.api('GET', '/v1/me/sessions', { token: bob.token });
  assert.equal(list.status, 200);
  assert.deepEqual(list.body.items.map(({ current }) => current).sort(), [false, true]);
  const { id } = list.body.items.find(({ current }) => !current);
  assert.equal((await set.api('DELETE', `/v1/me/sessions/${id}`, { token: bob.token })).status, 204);
  await until(async () => (await set.api('GET', '/v1/me', { token: other.access_token })).status === 401);
  told(await set.api('DELETE', `/v1/me/sessions/${id}`, { token: bob.token }), 404, 'session-gone');
  told(await post('/v1/me/password', { current: 'wrong', password: 'the new password' }, bob.token), 403, 'wrong-password');
  const third = (await post('/v1/login', { email: bob.email, password })).body;
  assert.equal((await post('/v1/me/password', { current: password, password: 'the new password' }, bob.token)).status, 204);
  await until(async () => (await set.api('GET', '/v1/me', { token: third.access_token })).status === 401);
  assert.equal((await set.api('GET', '/v1/me', { token: bob.token })).status, 200);
  assert.equal((await set.api('DELETE', '/v1/me/sessions', { token: bob.token })).status, 204);
  assert.equal((await set.api('GET', '/v1/me', { token: bob.token })).status, 200);
});

function totp(secret, step) {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, '0');
}

test('a second factor', async () => {
  const cem = await person('cem@example.test');
  const begun = await post('/v1/me/two-factor', { password }, cem.token);
  assert.equal(begun.status, 200, begun.text);
  const step = Math.floor(Date.now() / 30000);
  const on = await post('/v1/me/two-factor/confirm', { code: totp(begun.body.secret, step - 1) }, cem.token);
  assert.equal(on.status, 200, on.text);
  assert.equal(on.body.codes.length, 10);
  told(await post('/v1/login', { email: cem.email, password }), 401, 'totp-required');
  told(await post('/v1/login', { email: cem.email, password, code: '000000' }), 401, 'totp-refused');
  const code = totp(begun.body.secret, step + 1);
  assert.equal((await post('/v1/login', { email: cem.email, password, code })).status, 200);
  told(await post('/v1/login', { email: cem.email, password, code }), 401, 'totp-refused');
  assert.equal((await post('/v1/login', { email: cem.email, password, code: on.body.codes[0] })).status, 200);
  told(await post('/v1/me/two-factor/off', { password }, cem.token), 403, 'totp-required');
  assert.equal((await post('/v1/me/two-factor/off', { password, code: on.body.codes[1] }, cem.token)).status, 204);
  assert.equal((await post('/v1/login', { email: cem.email, password })).status, 200);
});

test('administration', async () => {
  const dan = await person('dan@example.test');
  const get = (path, token = root) => set.api('GET', `/v1/admin/${path}`, { token });
  for (const path of ['users', `users/${dan.id}`, `users/${dan.id}/sessions`, 'audit', 'mail']) {
    told(await get(path, dan.token), 403, 'forbidden');
    assert.equal((await get(path)).status, 200, path);
  }
  const found = await get('users?q=DAN%40&limit=5');
  assert.deepEqual(found.body.items.map(({ id }) => id), [dan.id]);
  assert.equal(found.body.next, null);
  assert.equal((await get('users?role=nobody')).status, 400);
  const suspended = await post(`/v1/admin/users/${dan.id}/suspend`, { reason: 'a test' }, root);
  assert.equal(suspended.status, 200, suspended.text);
  assert.equal(suspended.body.suspended_why, 'a test');
  await until(async () => (await set.api('GET', '/v1/me', { token: dan.token })).status === 401);
  told(await post('/v1/login', { email: dan.email, password }), 401, 'wrong-credentials');
  assert.equal((await set.api('POST', `/v1/admin/users/${dan.id}/unsuspend`, { token: root })).status, 200);
  assert.equal((await post('/v1/login', { email: dan.email, password })).status, 200);
  assert.deepEqual((await set.api('POST', `/v1/admin/users/${dan.id}/promote`, { token: root })).body.roles, ['user', 'admin']);
  assert.deepEqual((await set.api('POST', `/v1/admin/users/${dan.id}/demote`, { token: root })).body.roles, ['user']);
  assert.equal((await set.api('DELETE', `/v1/admin/users/${dan.id}/sessions`, { token: root })).status, 204);
  assert.equal((await set.api('POST', `/v1/admin/users/${dan.id}/reset`, { token: root })).status, 202);
  assert.ok(await until(() => letter(dan.email, 'reset')));
  const { body: mail } = await get('mail?state=sent&address=dan%40example.test');
  told(await set.api('POST', `/v1/admin/mail/${mail.items[0].id}/retry`, { token: root }), 409, 'letter-sent');
  assert.equal((await get(`mail/${mail.items[0].id}`)).body.kind, 'reset');
  assert.equal((await set.api('DELETE', `/v1/admin/mail/${mail.items[0].id}`, { token: root })).status, 204);
  assert.equal((await set.api('DELETE', `/v1/admin/users/${dan.id}`, { token: root })).status, 204);
  told(await get(`users/${dan.id}`), 404, 'account-gone');
  const { body: log } = await get('audit?limit=7');
  assert.deepEqual(log.items.map(({ action }) => action), ['delete', 'reset', 'logout', 'demote', 'promote', 'unsuspend', 'suspend']);
  assert.equal(log.items[6].address, '127.0.0.1');
  assert.equal(log.items[6].actor, set.admin.email);
  assert.equal(log.next, null);
  assert.ok((await get('audit?limit=3')).body.next);
});

test('a key is rotated and nobody is logged out', async () => {
  const eve = await person('eve@example.test');
  const kid = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).kid;
  const rotated = await set.api('POST', '/v1/admin/keys/rotate', { token: root });
  assert.equal(rotated.status, 200, rotated.text);
  assert.notEqual(kid(eve.token), rotated.body.kid);
  let last = eve.refresh;
  const fresh = await until(async () => {
    const { status, body } = await post('/v1/refresh', { refresh_token: last });
    assert.equal(status, 200);
    last = body.refresh_token;
    return kid(body.access_token) === rotated.body.kid && body.access_token;
  });
  assert.equal((await set.api('GET', '/v1/me', { token: eve.token })).status, 200);
  assert.equal((await set.api('GET', '/v1/me', { token: fresh })).status, 200);
});

test('export and leave', async () => {
  const fay = await person('fay@example.test');
  const mine = await set.api('GET', '/v1/me/export', { token: fay.token });
  assert.equal(mine.body.account.email, fay.email);
  assert.equal(mine.body.sessions.length, 1);
  assert.deepEqual((await set.api('GET', '/v1/me/export/history', { token: fay.token })).body,
    { items: [], watchlist: [], favorites: [], settings: { paused: false, keep_days: null }, next: null });
  told(await post('/v1/me/delete', { password: 'wrong' }, fay.token), 403, 'wrong-password');
  assert.equal((await post('/v1/me/delete', { password }, fay.token)).status, 204);
  await until(async () => (await set.api('GET', '/v1/me', { token: fay.token })).status === 401);
  told(await post('/v1/login', { email: fay.email, password }), 401, 'wrong-credentials');
  assert.equal((await post('/v1/register', { email: fay.email, password })).status, 201);
});

test('zoectl mail', () => {
  const zoectl = (...args) => execFileSync(join(build, 'zoectl'), ['mail', ...args], { env: set.env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = zoectl('list', 'sent').trim().split('\n');
  assert.match(lines[0], /LETTER +STATE/);
  const [number, state] = lines.at(-1).trim().split(/ +/);
  assert.equal(state, 'sent');
  assert.match(zoectl('show', number), /state +sent/);
  assert.throws(() => zoectl('retry', number), ({ status, stderr }) => status === 1 && /letter-sent/.test(stderr));
  assert.equal(zoectl('drop', number), '');
  assert.throws(() => zoectl('show', number), ({ status }) => status === 1);
  assert.throws(() => zoectl('burn', number), ({ status }) => status === 64);
  assert.throws(() => zoectl('show', 'x'), ({ status }) => status === 64);
});
