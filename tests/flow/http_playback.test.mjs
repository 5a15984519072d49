// Playback addresses: whose they are, what they open, until when, and how fast they end.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { sleep, startSet, until } from './lib.mjs';

let set, admin, viewer, first, second, secret;

const open = async (title, token) => (await set.expect(200, 'POST', `/v1/titles/${title}/playback`, { token })).body.playlist_url;
const status = async (address) => (await set.api('GET', address)).status;
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = (address) => JSON.parse(Buffer.from(address.split('/')[2].split('.')[1], 'base64url').toString());

/** The address with other claims, signed with the set's own key. */
function altered(address, change) {
  const [head, body] = address.split('/')[2].split('.'), text = `${head}.${part({ ...JSON.parse(Buffer.from(body, 'base64url')), ...change })}`;
  return address.replace(/^\/play\/[^/]+/, `/play/${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`);
}

before(async () => {
  set = await startSet({ env: { ZOE_DEMO: 'off', ZOE_PLAYBACK_SECONDS: '600', ZOE_EDGE_SHARDS: '2' } });
  ({ session: admin, title: first } = await set.film({ seconds: 2 }));
  ({ title: second } = await set.film({ session: admin, seconds: 8 }));
  viewer = await set.register();
  secret = Buffer.from(await set.sql(`select encode(value, 'hex') from auth.secrets where name = 'playback'`), 'hex');
}, { timeout: 120000 });
after(() => set?.stop());

test('an address is bound to account, session and title', async () => {
  const address = await open(first.id, viewer.access_token), is = claims(address), login = JSON.parse(Buffer.from(viewer.access_token.split('.')[1], 'base64url'));
  assert.deepEqual([is.use, is.sub, is.sid, is.tid], ['play', String(viewer.account.id), login.sid, first.id]);
  assert.ok(Math.abs(is.exp - is.iat - 600) <= 1 && Math.abs(is.iat - Date.now() / 1000) < 5);
  // Nobody changes a word of it.
  const [head, body, mark] = address.split('/')[2].split('.');
  for (const change of [{ sub: String(admin.account.id) }, { sid: is.sid + 1 }, { tid: second.id }, { exp: is.exp + 1000 }, { ast: 'x' }])
    assert.equal(await status(`/play/${head}.${part({ ...is, ...change })}.${mark}/master.m3u8`), 403, JSON.stringify(change));
  assert.equal(await status(`/play/${part({ alg: 'none', typ: 'JWT' })}.${body}./master.m3u8`), 403);
  assert.equal(await status(address), 200);
  const other = await set.register();
  assert.notEqual((claims(await open(first.id, other.access_token))).sub, is.sub);
});

test('an address that leaked opens no other title', async () => {
  const [mine, other] = [await open(first.id, viewer.access_token), await open(second.id, viewer.access_token)];
  const read = async (address) => (await set.expect(200, 'GET', address)).text;
  assert.notEqual(await read(mine.replace('master', '120p/index')), await read(other.replace('master', '120p/index')));
  assert.equal(await status(other.replace('master.m3u8', '120p/segment_001.ts')), 200);
  assert.equal(await status(mine.replace('master.m3u8', '120p/segment_001.ts')), 404, 'its own film has one segment');
  const folder = claims(other).ast, base = mine.replace('/master.m3u8', '');
  for (const way of [`../${folder}/master.m3u8`, `..%2f${folder}%2fmaster.m3u8`, `%2e%2e/${folder}/master.m3u8`, `120p/../../${folder}/master.m3u8`, `${folder}/master.m3u8`, `/${folder}/master.m3u8`, '../../secrets/playback']) {
    // By hand: fetch would tidy the path up before it sends it.
    const answer = await raw(`${base}/${way}`);
    assert.ok([400, 403, 404].includes(answer), `${way}: ${answer}`);
  }
  assert.equal((await set.api('POST', `/v1/titles/${second.id}/playback`, { token: mine.split('/')[2] })).status, 401, 'and is no login');
});

async function raw(path) {
  const { connect } = await import('node:net'), socket = connect(set.port, '127.0.0.1');
  socket.end(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const data of socket) text += data.toString('latin1');
  return Number(text.split(' ')[1]);
}

test('an address ends with its time, however well it is known', async () => {
  const address = await open(first.id, viewer.access_token), now = Math.floor(Date.now() / 1000);
  assert.equal(await status(altered(address, { iat: now - 100, exp: now - 1 })), 403);
  const short = altered(address, { exp: Math.floor(Date.now() / 1000) + 3 }), ends = claims(short).exp * 1000;
  for (const file of ['master.m3u8', '120p/index.m3u8', '120p/segment_000.ts']) assert.equal(await status(short.replace('master.m3u8', file)), 200);
  await sleep(ends - Date.now() + 20);
  for (const file of ['master.m3u8', '120p/index.m3u8', '120p/segment_000.ts', 'poster.jpg']) assert.equal(await status(short.replace('master.m3u8', file)), 403, file);
  assert.equal(await status(address), 200);
});

test('whatever ends a session ends its addresses within a second, and no others', async () => {
  const person = await set.register(), again = () => set.login(person.email, person.password), still = await again();
  const kept = await open(first.id, still.access_token), sid = (session) => JSON.parse(Buffer.from(session.access_token.split('.')[1], 'base64url')).sid;
  const ways = {
    'a logout': (session) => set.expect(204, 'POST', '/v1/logout', { token: session.access_token }),
    'another device': (session) => set.expect(204, 'DELETE', `/v1/me/sessions/${sid(session)}`, { token: still.access_token }),
  };
  const all = {
    'all but one': () => set.expect(204, 'DELETE', '/v1/me/sessions', { token: still.access_token }),
    'an administrator': () => set.expect(204, 'DELETE', `/v1/admin/users/${person.account.id}/sessions`, { token: admin.access_token }),
  };
  const times = {};
  for (const [name, end] of Object.entries({ ...ways, ...all })) {
    const session = await again(), address = await open(first.id, session.access_token);
    for (const file of ['master.m3u8', '120p/segment_000.ts']) for (let i = 0; i < 4; i++) assert.equal(await status(address.replace('master.m3u8', file)), 200);
    await end(session);
    const from = Date.now();
    // Both shards of the edge must know: new connections go to either.
    await until(async () => (await Promise.all(Array.from({ length: 8 }, () => raw(address.replace('master.m3u8', '120p/segment_000.ts'))))).every((s) => s === 403), { ms: 3000, every: 20, what: `${name} to end the film` });
    times[name] = Date.now() - from;
    assert.ok(times[name] < 1000, `${name}: ${times[name]} ms`);
    assert.equal(await status(address), 403);
    assert.equal(await status(kept), name === 'an administrator' ? 403 : 200, `${name}: the other session's`);
  }
  const suspended = await set.register(), address = await open(first.id, suspended.access_token);
  await set.expect(200, 'POST', `/v1/admin/users/${suspended.account.id}/suspend`, { token: admin.access_token, body: { reason: 'a test' } });
  await until(async () => (await status(address)) === 403, { ms: 1000, every: 20, what: 'the suspension to end the film' });
  console.log('ended after ms', JSON.stringify(times));
});
