// The account rows of videoapp to the letter.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { claims, contract, expired, malformed, mint, secondFactor, totp } from './contract.mjs';
import { makeFilm, startSet, until } from './lib.mjs';

let set;
const row = contract('videoapp');
const email = 'app@example.test';
const password = 'six666';
const error = (text) => ({ error: text });
const post = (path, body, headers = {}) => set.api('POST', path, { body, headers });

before(async () => {
  set = await startSet();
});
after(() => set?.stop());

async function login() {
  const answer = await post('/auth/login', { email, password });
  assert.equal(answer.status, 200, answer.text);
  return answer.body.token;
}

row('GET /', async (is) => {
  const home = { message: 'Video App API', status: 'running', version: '1.0.0' };
  for (const headers of [{}, { Accept: '*/*' }, { Accept: 'application/json' }]) is(JSON.stringify(headers), await set.api('GET', '/', { headers }), 200, home);
  is('a browser gets the console', await set.api('GET', '/', { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } }), 302, (body, { headers }) => {
    assert.equal(headers.get('location'), '/console/');
    assert.match(headers.get('vary'), /Accept/);
  });
  is('POST', await post('/', {}), 405, error('Method not allowed'));
});

row('POST /auth/signup', async (is) => {
  const signup = (body, headers) => post('/auth/signup', body, headers);
  is('new', await signup({ name: ' App ', email: ' App@Example.test ', password }), 201, (body) => {
    assert.deepEqual(Object.keys(body), ['message', 'user_id']);
    assert.equal(body.message, 'User registered successfully');
    assert.match(body.user_id, /^[0-9a-f]{24}$/);
  });
  is('known', await signup({ name: 'App', email, password }), 409, error('Email already registered'));
  is('nothing', await signup({}), 400, error('No data provided'));
  is('no body', await signup(), 400, error('No data provided'));
  const checks = [['name', 'Name is required'], ['email', 'Email is required'], ['password', 'Password is required']];
  for (const [name, text] of checks) {
    const body = { name: 'New', email: 'new@example.test', password };
    delete body[name];
    is(`no ${name}`, await signup(body), 400, error(text));
    for (const value of [null, '']) is(`${name} ${value}`, await signup({ ...body, [name]: value }), 400, error(text));
    is(`${name} a number`, await signup({ ...body, [name]: 5 }), 400, (told) => assert.deepEqual(Object.keys(told), ['error']));
  }
  is('name of blanks', await signup({ name: '  ', email: 'new@example.test', password }), 400, error('Name is required'));
  is('in this order', await signup({ password: 'x' }), 400, error('Name is required'));
  is('address before password', await signup({ name: 'New', email: 'nonsense', password: 'x' }), 400, error('Invalid email format'));
  for (const bad of ['nonsense', 'a@', '@b.c', 'a b@c.d', 'a@b@c.d']) is(bad, await signup({ name: 'New', email: bad, password }), 400, error('Invalid email format'));
  is('five letters', await signup({ name: 'New', email: 'new@example.test', password: 'five5' }), 400, error('Password must be at least 6 characters'));
  is('too long', await signup({ name: 'New', email: 'new@example.test', password: 'x'.repeat(73) }), 400, (told) => assert.match(told.error, /password/));
  is('common', await signup({ name: 'New', email: 'new@example.test', password: '123456' }), 400, (told) => assert.match(told.error, /guess|try|anybody/));
  for (const [what, body, headers] of malformed) is(what, await signup(body, headers), 400, (told) => assert.deepEqual(Object.keys(told), ['error']));
  is('GET', await set.api('GET', '/auth/signup'), 405, (body, { headers, text }) => assert.deepEqual([text, headers.get('allow')], ['{"error":"Method not allowed"}', 'POST, OPTIONS']));
});

row('POST /auth/login', async (is) => {
  is('right', await post('/auth/login', { email, password }), 200, (body, { headers }) => {
    assert.deepEqual(Object.keys(body), ['message', 'token', 'user']);
    assert.deepEqual(Object.keys(body.user), ['id', 'name', 'email']);
    assert.deepEqual([body.message, body.user.name, body.user.email], ['Login successful', 'App', email]);
    assert.match(body.user.id, /^[0-9a-f]{24}$/);
    const token = claims(body.token);
    assert.deepEqual([token.user_id, token.exp - token.iat, token.aud], [body.user.id, 86400, 'videoapp']);
    assert.deepEqual(headers.getSetCookie(), []);
  });
  is('other spelling', await post('/auth/login', { email: ' APP@example.test ', password }), 200);
  is('wrong', await post('/auth/login', { email, password: 'wrong' }), 401, error('Invalid email or password'));
  is('unknown', await post('/auth/login', { email: 'nobody@example.test', password }), 401, error('Invalid email or password'));
  is('nothing', await post('/auth/login', {}), 400, error('No data provided'));
  is('no address', await post('/auth/login', { password }), 400, error('Email is required'));
  is('no password', await post('/auth/login', { email }), 400, error('Password is required'));
  is('null', await post('/auth/login', { email: null, password }), 400, error('Email is required'));
  is('a list', await post('/auth/login', { email, password: ['x'] }), 400);
  for (const [what, body, headers] of malformed) is(what, await post('/auth/login', body, headers), 400, (told) => assert.deepEqual(Object.keys(told), ['error']));
});

row('GET /auth/me', async (is) => {
  const token = await login();
  const me = (headers) => set.api('GET', '/auth/me', { headers });
  await set.sql(`update auth.accounts set created_at = '2026-01-28T10:30:00Z' where email = '${email}'`);
  const user = { id: claims(token).user_id, name: 'App', email, created_at: '2026-01-28T10:30:00' };
  is('mine', await me({ Authorization: `Bearer ${token}` }), 200, { user });
  await set.sql(`update auth.accounts set created_at = '2026-01-28T10:30:00.045Z' where email = '${email}'`);
  is('with milliseconds', await me({ Authorization: `Bearer ${token}` }), 200, { user: { ...user, created_at: '2026-01-28T10:30:00.045' } });
  is('no header', await me({}), 401, error('Token is missing'));
  is('a cookie', await me({ Cookie: `access_token=${token}` }), 401, error('Token is missing'));
  for (const header of ['Bearer', `Token ${token}`, token, `Bearer ${token} x`]) is(header.slice(0, 8), await me({ Authorization: header }), 401, error('Invalid token format'));
  for (const bad of ['garbage', 'a.b.c', (await set.login()).access_token, await mint(set, token, expired()), await mint(set, token, { use: 'play' })])
    is('not valid', await me({ Authorization: `Bearer ${bad}` }), 401, error('Token is invalid or expired'));
});

row('a playback token never authenticates', async (is) => {
  const { session, title } = await set.film({ file: await makeFilm({ seconds: 2 }) });
  const { playlist_url: place } = (await set.expect(200, 'POST', `/v1/titles/${title.id}/playback`, { token: session.access_token, body: {} })).body;
  const [, , playback] = place.split('/');
  is('as bearer', await set.api('GET', '/auth/me', { token: playback }), 401, error('Token is invalid or expired'));
  is('of v1', await set.api('GET', '/v1/me', { token: playback }), 401);
});

row('POST /auth/logout', async (is) => {
  const token = await login();
  is('good', await set.api('POST', '/auth/logout', { token, body: 'ignored' }), 200, { message: 'Logout successful' });
  await until(async () => (await set.api('GET', '/auth/me', { token })).status === 401);
  is('the session is over', await set.api('GET', '/auth/me', { token }), 401, error('Token is invalid or expired'));
  is('no header', await post('/auth/logout'), 401, error('Token is missing'));
  is('wrong form', await post('/auth/logout', undefined, { Authorization: 'Bearer' }), 401, error('Invalid token format'));
});

row('second factor', async (is) => {
  const two = { email: 'two@example.test', password: 'a fine password' };
  await post('/auth/signup', { name: 'Two', ...two });
  const secret = await secondFactor(set, two.email, two.password);
  is('no code', await post('/auth/login', two), 401, (body) => assert.match(body.error, /second factor.*code/));
  is('wrong code', await post('/auth/login', { ...two, code: '1' }), 401, (body) => assert.deepEqual(Object.keys(body), ['error']));
  is('code', await post('/auth/login', { ...two, code: totp(secret) }), 200);
});

row('unknown paths and slashes', async (is) => {
  for (const path of ['/nothing', '/auth', '/auth/nothing', '/auth/login/', '/auth/signup/', '/auth/me/', '/dashboard/', '/video/1', '//', '/auth//login'])
    for (const method of ['GET', 'POST']) is(`${method} ${path}`, await set.api(method, path), 404, error('Endpoint not found'));
  is('of v1', await set.api('GET', '/v1/nothing'), 404, (body) => assert.equal(body.type, '/problems/no-route'));
  is('of /api/', await set.api('GET', '/api/nothing/'), 404, { detail: 'Not found.', error: 'Endpoint not found' });
});

row('CORS', async (is) => {
  is('preflight', await set.api('OPTIONS', '/auth/login', { headers: { Origin: 'http://localhost:4200', 'Access-Control-Request-Method': 'POST' } }), 204, (body, { headers }) => {
    assert.equal(headers.get('access-control-allow-origin'), 'http://localhost:4200');
    assert.match(headers.get('access-control-allow-headers'), /Authorization/);
  });
});
