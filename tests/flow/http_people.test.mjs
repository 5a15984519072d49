// Profile, picture, notifications and change of address over HTTP.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSet } from './lib.mjs';

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
