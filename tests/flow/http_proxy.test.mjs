// Behind a front proxy: whom limits, sessions and the log are about, and when cookies are Secure.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { startSet, until } from './lib.mjs';

let set;

before(async () => {
  set = await startSet({ env: { ZOE_RATE_LIMITS: 'on', ZOE_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8', ZOE_BCRYPT_COST: '4' } });
});
after(() => set?.stop());

const guess = (email, headers) => set.api('POST', '/v1/login', { body: { email, password: 'a wrong password' }, headers });

// Lines of one name as they are, which fetch() would put together.
const raw = (path, lines) => new Promise((resolve, reject) => {
  const sent = request({ host: '127.0.0.1', port: set.port, path, method: 'POST', headers: { 'Content-Type': 'application/json', ...lines } }, (answer) => {
    answer.resume();
    answer.on('end', () => resolve(answer.statusCode));
  });
  sent.on('error', reject);
  sent.end(JSON.stringify({ email: 'lines@example.test', password: 'a wrong password' }));
});

test('the limits are those of the client behind the proxy, whatever it claims to be', async () => {
  await set.register('limited@example.test');
  const statuses = [];
  for (let i = 0; i < 12; i++) statuses.push((await guess('limited@example.test', { 'X-Forwarded-For': `6.6.6.${i}, 203.0.113.9, 10.0.0.${i}` })).status);
  assert.deepEqual(statuses, [...Array(10).fill(401), 429, 429]);
  const limited = await guess('limited@example.test', { 'X-Forwarded-For': '203.0.113.9' });
  assert.equal(limited.status, 429);
  assert.ok(Number(limited.headers.get('retry-after')) > 0);
  assert.equal((await guess('limited@example.test', { 'X-Forwarded-For': '203.0.113.10' })).status, 401);
  // What cannot be read is the proxy itself, and that is not limited.
  assert.equal((await guess('limited@example.test', { 'X-Forwarded-For': '203.0.113.9, unknown' })).status, 401);
  assert.equal((await guess('limited@example.test', { Forwarded: 'for=203.0.113.9' })).status, 401, 'the other header is not asked');
});

test('a line that the proxy adds counts, not the one that the client sent', async () => {
  const statuses = [];
  for (let i = 0; i < 12; i++) statuses.push(await raw('/v1/login', { 'X-Forwarded-For': [`8.8.8.${i}`, '203.0.113.77'] }));
  assert.deepEqual(statuses.slice(9), [401, 429, 429]);
});

test('sessions and the log name the client', async () => {
  const ann = await set.register('ann@example.test');
  const { body } = await set.expect(200, 'POST', '/v1/login', { body: { email: ann.email, password: ann.password }, headers: { 'X-Forwarded-For': '2001:db8::9' } });
  const { items } = (await set.expect(200, 'GET', '/v1/me/sessions', { token: body.access_token })).body;
  assert.deepEqual(items.map(({ address }) => address).sort(), ['127.0.0.1', '2001:db8::9']);
  await until(() => /route=\/v1\/login .*address=2001:db8::9/.test(set.logs()), { what: 'the address in the log' });
});

test('https at the proxy makes cookies Secure and addresses https', async () => {
  const bob = await set.register('bob@example.test');
  await set.sql(`update auth.accounts set verified_at = now() where email = '${bob.email}'`);
  const login = (headers) => set.expect(200, 'POST', '/api/login/', { body: { email: bob.email, password: bob.password }, headers });
  const cookies = async (headers) => (await login(headers)).headers.getSetCookie();
  for (const line of await cookies({ 'X-Forwarded-Proto': 'https' })) assert.match(line, /; *Secure/i);
  for (const headers of [{}, { 'X-Forwarded-Proto': 'http' }, { 'X-Forwarded-Proto': 'https, http' }]) for (const line of await cookies(headers)) assert.doesNotMatch(line, /Secure/i);
});

test('a proxy that is not trusted is not believed, and a wrong list ends the start', async () => {
  const other = await startSet({ env: { ZOE_RATE_LIMITS: 'on', ZOE_TRUSTED_PROXIES: '10.0.0.0/8', ZOE_PROXY_HEADER: 'forwarded' } });
  try {
    const { body } = await other.expect(200, 'POST', '/v1/login', { body: other.admin, headers: { Forwarded: 'for=203.0.113.9;proto=https' } });
    const { items } = (await other.expect(200, 'GET', '/v1/me/sessions', { token: body.access_token })).body;
    assert.equal(items[0].address, '127.0.0.1');
    await other.halt();
    Object.assign(other.env, { ZOE_TRUSTED_PROXIES: '127.0.0.0/8' });
    await other.start();
    const again = await other.expect(200, 'POST', '/v1/login', { body: other.admin, headers: { Forwarded: 'for=6.6.6.6, for="[2001:db8::5]:1"' } });
    const addresses = (await other.expect(200, 'GET', '/v1/me/sessions', { token: again.body.access_token })).body.items.map(({ address }) => address);
    assert.ok(addresses.includes('2001:db8::5'), addresses.join());
    await other.halt();
    Object.assign(other.env, { ZOE_TRUSTED_PROXIES: '10.0.0.0/99' });
    await assert.rejects(other.start(), /the supervisor ended: \{"code":78/);
    assert.match(other.logs(), /ZOE_TRUSTED_PROXIES: .*10\.0\.0\.0\/99/);
  } finally {
    await other.stop();
  }
});

test('Strict-Transport-Security comes with Secure cookies', async () => {
  assert.equal((await set.api('GET', '/live')).headers.get('strict-transport-security'), null);
  const other = await startSet({ env: { ZOE_COOKIE_SECURE: 'on' } });
  try {
    for (const path of ['/live', '/v1/titles', '/v1/me', '/nothing']) assert.equal((await other.api('GET', path)).headers.get('strict-transport-security'), 'max-age=31536000', path);
  } finally {
    await other.stop();
  }
});
