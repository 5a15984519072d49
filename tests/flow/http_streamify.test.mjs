// The account rows of streamify, in both families of its paths.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { claims, contract, expired, malformed, mint, secondFactor, totp } from './contract.mjs';
import { startSet } from './lib.mjs';

let set;
const row = contract('streamify');
const password = 'a fine password';
const refusal = (text) => ({ success: false, message: text, error: text });
const post = (path, body, headers = {}) => set.api('POST', path, { body, headers });

before(async () => {
  set = await startSet();
});
after(() => set?.stop());

for (const family of ['', '/api']) {
  const name = `user${family.length}`;
  const email = `${name}@example.test`;
  const known = (body) => assert.deepEqual([body.success, body.error], [false, body.message]);

  row(`POST ${family}/register`, async (is) => {
    const register = (body, headers) => post(`${family}/register`, body, headers);
    is('new', await register({ username: name, email, password }), 201, { message: 'User registered successfully.' });
    is('known address', await register({ username: `${name}x`, email: email.toUpperCase(), password }), 400, refusal('Email already exists'));
    is('known name', await register({ username: name.toUpperCase(), email: `x${email}`, password }), 400, refusal('Username already exists'));
    for (const username of ['a@b.c', 'a b', 'x'.repeat(101)]) is(`name ${username.slice(0, 5)}`, await register({ username, email: `y${email}`, password }), 400, known);
    is('no address', await register({ username: 'other', password }), 400, known);
    is('no password', await register({ username: 'other', email: `y${email}` }), 400, known);
    is('weak', await register({ username: 'other', email: `y${email}`, password: 'password' }), 400, known);
    is('no address at all', await register({ username: 'other', email: 'nonsense', password }), 400, known);
  });

  row(`POST ${family}/login`, async (is) => {
    const login = (body, headers) => post(`${family}/login`, body, headers);
    const answer = is('right', await login({ username: name, password }), 200, (body) => {
      assert.deepEqual(Object.keys(body), ['access_token', 'token', 'user']);
      assert.deepEqual([body.token, body.user.username, body.user.email, body.user.name], [body.access_token, name, email, name]);
      assert.deepEqual([claims(body.token).aud, Object.keys(body.user)], ['streamify', ['id', 'email', 'name', 'username']]);
    });
    assert.deepEqual(answer.headers.getSetCookie(), []);
    is('other spelling', await login({ username: ` ${name.toUpperCase()} `, password }), 200);
    is('by address', await login({ username: email, password }), 200);
    is('wrong', await login({ username: name, password: 'wrong' }), 401, refusal('Invalid credentials'));
    is('unknown', await login({ username: 'nobody', password }), 401, refusal('Invalid credentials'));
    is('no password', await login({ username: name }), 400, known);
    is('a number', await login({ username: 5, password }), 400, known);
    is('GET', await set.api('GET', `${family}/login`), 405, (body) => assert.ok(body.message && body.error));
    is('a name logs in everywhere', await post('/v1/login', { email: name, password }), 200);
  });

  row(`GET ${family}/profile`, async (is) => {
    const { body: { token, user } } = await post(`${family}/login`, { username: name, password });
    is('mine', await set.api('GET', `${family}/profile`, { token }), 200, (body) => {
      assert.deepEqual([body.success, body.id, body.username, body.email, body.is_admin], [true, user.id, name, email, false]);
      assert.match(body.join_date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.deepEqual(Object.keys(body.user), ['id', 'username', 'email', 'name', 'join_date', 'is_admin']);
    });
    is('of the other family', await set.api('GET', family ? '/profile' : '/api/profile', { token }), 200);
    is('no header', await set.api('GET', `${family}/profile`), 401, refusal('Authentication token is missing'));
    for (const bad of ['garbage', (await set.login()).access_token, await mint(set, token, expired())])
      is('not valid', await set.api('GET', `${family}/profile`, { token: bad }), 401, refusal('Authentication token is invalid'));
    is('wrong scheme', await set.api('GET', `${family}/profile`, { headers: { Authorization: `Token ${token}` } }), 401, refusal('Authentication token is invalid'));
    is('slash', await set.api('GET', `${family}/profile/`, { token }), 404);
  });
}

row('an administrator', async (is) => {
  const { body: { token } } = await post('/api/login', { username: set.admin.email, password: set.admin.password });
  is('is_admin', await set.api('GET', '/api/profile', { token }), 200, (body) => assert.equal(body.is_admin, true));
});

row('paths that two dialects claim', async (is) => {
  await post('/register', { username: 'shared', email: 'shared@example.test', password });
  const realm = async (path, body) => claims((await set.expect(200, 'POST', path, { body })).body.access_token).aud;
  assert.equal(await realm('/login', { username: 'shared', password }), 'streamify');
  assert.equal(await realm('/login', { email: 'shared@example.test', password }), 'veeplay');
  assert.equal(await realm('/api/login', { email: 'shared@example.test', password }), 'streamify');
  const { body } = await post('/login', { email: 'shared@example.test', password });
  is('the superset', await post('/login', { email: 'shared@example.test', password }), 200, (told) => assert.deepEqual(told.user, { id: body.user.id, email: 'shared@example.test', name: 'shared', username: 'shared' }));
  is('veeplay keeps its tokens', await set.api('GET', '/profile', { token: body.access_token }), 401);
  is('veeplay reads its errors', await post('/login', { email: 'shared@example.test', password: 'wrong' }), 401, { message: 'Invalid credentials', error: 'Invalid credentials' });
  is('/api/login/ is videoflix_hls', await post('/api/login/', { username: 'shared', password }), 401, { message: 'Email or Password wrong' });
  for (const path of ['/login', '/api/login', '/register', '/api/register'])
    for (const [what, data, headers] of malformed) is(`${path} ${what}`, await post(path, data, headers), data === 'x=y' ? 415 : 400, (told) => assert.ok(told.message && told.error));
});

row('second factor', async (is) => {
  await post('/api/register', { username: 'two', email: 'two@example.test', password });
  const secret = await secondFactor(set, 'two@example.test', password);
  is('no code', await post('/api/login', { username: 'two', password }), 401, (body) => assert.match(body.message, /second factor.*code/));
  is('wrong code', await post('/api/login', { username: 'two', password, code: '1' }), 401);
  is('code', await post('/api/login', { username: 'two', password, code: totp(secret) }), 200);
});
