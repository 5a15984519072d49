// Profile, picture, notifications and change of address over HTTP.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startSet, until } from './lib.mjs';

let set;

before(async () => {
  set = await startSet();
});
after(() => set?.stop());

const send = (method, path, body, token) =>
  set.api(method, path, { token, body: JSON.stringify(body ?? {}), headers: { 'Content-Type': 'application/json' } });
const post = (path, body, token) => send('POST', path, body, token);
const password = 'a fine password';

async function person(email) {
  const registered = await post('/v1/register', { email, password });
  assert.equal(registered.status, 201, registered.text);
  const login = await post('/v1/login', { email, password });
  assert.equal(login.status, 200, login.text);
  return { id: registered.body.account.id, email, token: login.body.access_token, refresh: login.body.refresh_token };
}

const told = (answer, status, code) => {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.body.type, `/problems/${code}`, answer.text);
};

test('a name', async () => {
  const ann = await person('ann@example.test');
  const changed = await send('PATCH', '/v1/me', { name: 'Ann Ångström' }, ann.token);
  assert.equal(changed.status, 200, changed.text);
  assert.equal(changed.body.account.name, 'Ann Ångström');
  assert.equal((await set.api('GET', '/v1/me', { token: ann.token })).body.account.name, 'Ann Ångström');
  assert.equal((await send('PATCH', '/v1/me', { name: '' }, ann.token)).status, 400);
  assert.equal((await send('PATCH', '/v1/me', { role: 'admin' }, ann.token)).status, 400);
  assert.equal((await send('PATCH', '/v1/me', { name: 'x' })).status, 401);
});

// Reads a stream of server-sent events until `stop` is called; `events` grows.
async function listen(path, token, headers = {}) {
  const control = new AbortController();
  const response = await fetch(set.base + path, { headers: { Authorization: `Bearer ${token}`, ...headers }, signal: control.signal });
  const stream = { response, events: [], ended: false, stop: () => control.abort() };
  let text = '';
  (async () => {
    for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
      text += part;
      for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
        const lines = text.slice(0, end).split('\n').map((line) => line.match(/^(\w*): ?(.*)$/).slice(1));
        const { event, data, id } = Object.fromEntries(lines);
        if (event) stream.events.push({ event, id, data: JSON.parse(data) });
      }
    }
    stream.ended = true;
  })().catch(() => {});
  return stream;
}

const change = (who, from, to) => post('/v1/me/password', { current: from, password: to }, who.token);

test('notifications', async () => {
  const bea = await person('bea@example.test');
  const live = await listen('/v1/notifications/events', bea.token);
  assert.equal(live.response.headers.get('content-type'), 'text/event-stream');
  await until(() => live.events.length === 1);
  assert.deepEqual(live.events[0], { event: 'unread', id: undefined, data: { count: 0 } });
  assert.equal((await change(bea, password, 'the new password')).status, 204);
  await until(() => live.events.length === 3, { what: 'the event', ms: 3000 });
  const [, told1, count] = live.events;
  assert.equal(told1.event, 'notification');
  assert.equal(told1.data.kind, 'password-changed');
  assert.equal(told1.data.read_at, null);
  assert.deepEqual(count.data, { count: 1 });
  const list = await set.api('GET', '/v1/notifications?unread=true', { token: bea.token });
  assert.equal(list.status, 200, list.text);
  assert.deepEqual(list.body.items, [told1.data]);
  assert.equal(list.body.unread, 1);
  assert.equal(list.body.next, null);
  assert.deepEqual((await set.api('GET', '/v1/notifications/unread', { token: bea.token })).body, { count: 1 });
  assert.equal((await post(`/v1/notifications/${told1.data.id}/read`, {}, bea.token)).status, 204);
  await until(() => live.events.length === 4);
  assert.deepEqual(live.events[3].data, { count: 0 });
  told(await post('/v1/notifications/999999/read', {}, bea.token), 404, 'notification-missing');
  assert.equal((await change(bea, 'the new password', password)).status, 204);
  await until(() => live.events.length === 6);
  // Whoever comes back hears what came since, once.
  const later = await listen('/v1/notifications/events', bea.token, { 'Last-Event-ID': told1.id });
  await until(() => later.events.length === 2);
  assert.deepEqual(later.events.map(({ event }) => event), ['notification', 'unread']);
  assert.notEqual(later.events[0].id, told1.id);
  assert.equal((await post('/v1/notifications/read', {}, bea.token)).status, 204);
  assert.deepEqual((await set.api('GET', '/v1/notifications/unread', { token: bea.token })).body, { count: 0 });
  // Nobody else hears it.
  const other = await person('other@example.test');
  assert.deepEqual((await set.api('GET', '/v1/notifications', { token: other.token })).body.items, []);
  assert.equal((await set.api('GET', '/v1/notifications/events')).status, 401);
  // The end of the session ends its streams.
  assert.equal((await post('/v1/logout', {}, bea.token)).status, 204);
  await until(() => live.ended && later.ended, { what: 'the streams to end', ms: 3000 });
});

test('streams of one account are bounded', async () => {
  const eve = await person('eve@example.test');
  const streams = [];
  for (let i = 0; i < 20; i++) streams.push(await listen('/v1/notifications/events', eve.token));
  const statuses = new Set(streams.map(({ response }) => response.status));
  assert.deepEqual([...statuses].sort(), [200, 503]);
  streams.forEach((stream) => stream.stop());
});

test('preferences', async () => {
  const cem = await person('cem@example.test');
  const all = await set.api('GET', '/v1/notifications/preferences', { token: cem.token });
  assert.equal(all.status, 200, all.text);
  assert.deepEqual(all.body.items.find(({ kind }) => kind === 'new-sign-in'), { kind: 'new-sign-in', way: 'both', ways: ['both', 'mail', 'in-app', 'none'] });
  assert.deepEqual(all.body.items.find(({ kind }) => kind === 'password-changed').ways, ['both', 'mail']);
  const changed = await send('PUT', '/v1/notifications/preferences', { items: [{ kind: 'new-sign-in', way: 'none' }, { kind: 'password-changed', way: 'mail' }] }, cem.token);
  assert.equal(changed.status, 200, changed.text);
  assert.equal(changed.body.items.find(({ kind }) => kind === 'new-sign-in').way, 'none');
  const refused = await send('PUT', '/v1/notifications/preferences', { items: [{ kind: 'password-changed', way: 'none' }] }, cem.token);
  assert.equal(refused.status, 400, refused.text);
  assert.equal(refused.body.errors[0].pointer, '/items/0/way');
  assert.match(refused.body.detail, /security/);
  assert.equal((await change(cem, password, 'the new password')).status, 204);
  await until(async () => (await set.sql("select count(*) from mail.letters where kind = 'password-changed' and address = 'cem@example.test'")) === '1');
  assert.deepEqual((await set.api('GET', '/v1/notifications', { token: cem.token })).body.items, []);
});

// The text of the newest letter to an address, soft line ends joined.
function letter(email, kind) {
  const folder = join(set.dataDir, 'mail');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(`-${kind}.eml`)).sort().reverse() : [];
  const texts = names.map((name) => readFileSync(join(folder, name), 'utf8')).filter((text) => text.includes(`<${email}>`));
  return texts[0]?.replaceAll('=\r\n', '').replaceAll('=3D', '=');
}

test('another address', async () => {
  const dan = await person('dan@example.test');
  told(await post('/v1/me/email', { email: 'dan.new@example.test', password: 'wrong' }, dan.token), 403, 'wrong-password');
  assert.equal((await post('/v1/me/email', { email: 'nonsense', password }, dan.token)).body.errors[0].pointer, '/email');
  assert.equal((await post('/v1/me/email', { email: 'dan.new@example.test', password }, dan.token)).status, 202);
  const [, token] = (await until(() => letter('dan.new@example.test', 'address'))).match(/confirm-address\?token=([\w-]+)/);
  assert.equal((await set.api('GET', '/v1/me', { token: dan.token })).body.account.email, 'dan@example.test');
  const confirmed = await post('/v1/activate', { token });
  assert.equal(confirmed.status, 200, confirmed.text);
  assert.equal(confirmed.body.account.email, 'dan.new@example.test');
  told(await post('/v1/activate', { token }), 400, 'token-refused');
  assert.match(await until(() => letter('dan@example.test', 'address-changed')), /dan\.new@example\.test/);
  // Logged in as before; the next login goes by the new address.
  assert.equal((await set.api('GET', '/v1/me', { token: dan.token })).body.account.email, 'dan.new@example.test');
  told(await post('/v1/login', { email: 'dan@example.test', password }), 401, 'wrong-credentials');
  assert.equal((await post('/v1/login', { email: 'dan.new@example.test', password })).status, 200);
  const [notice] = (await set.api('GET', '/v1/notifications', { token: dan.token })).body.items;
  assert.equal(notice.kind, 'address-changed');
  assert.match(notice.text, /dan\.new@example\.test/);
  told(await post('/v1/me/recovery-codes', { password }, dan.token), 409, 'totp-off');
});

test('one document of all that is kept', async () => {
  const gil = await person('gil@example.test');
  const { access_token: admin } = await set.login();
  for (let i = 1; i <= 3; i++) {
    const title = await set.createTitle(admin, `Film ${i}`);
    assert.equal((await send('PUT', `/v1/history/${title.id}`, { position: i }, gil.token)).status, 200);
  }
  // More of it than a page has.
  await set.sql(`insert into history.cards (title_id, title, revision) select 100000 + i, 'Old ' || i, 1 from generate_series(1, 250) i;
    insert into history.progress (account_id, title_id, position, updated_at, known)
    select ${gil.id}, 100000 + i, i, now() - i * interval '1 minute' - interval '1 hour', true from generate_series(1, 250) i`);
  assert.equal((await change(gil, password, 'the new password')).status, 204);
  await until(async () => (await set.api('GET', '/v1/notifications/unread', { token: gil.token })).body.count === 1);
  const answer = await set.api('GET', '/v1/me/export', { token: gil.token });
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.headers.get('content-disposition'), /attachment/);
  const { account, sessions, history, mail, exported_at: when } = answer.body;
  assert.equal(account.email, gil.email);
  assert.equal(sessions.length, 1);
  assert.ok(Date.parse(when) > Date.now() - 60000);
  assert.equal(history.length, 253);
  assert.equal(new Set(history.map(({ title_id: id }) => id)).size, 253);
  assert.deepEqual(history.slice(0, 4).map(({ position }) => position), [3, 2, 1, 1]);
  assert.deepEqual(mail.notifications.map(({ kind }) => kind), ['password-changed']);
  assert.deepEqual(mail.letters.map(({ kind, address }) => [kind, address]).sort(), [['activation', gil.email], ['password-changed', gil.email]]);
  assert.ok(mail.preferences.length >= 5);
  const alone = (await set.expect(200, 'GET', '/v1/me/export/history', { token: gil.token })).body;
  assert.equal(alone.items.length, 253);
  assert.equal((await set.api('GET', '/v1/me/export')).status, 401);
  assert.ok(!answer.text.includes('token='));
});
