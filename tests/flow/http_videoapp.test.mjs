// The rows of videoapp to the letter.
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
  for (const bad of ['nonsense', 'a@', '@b.c', 'a@b', 'a b@c.d', 'a@b@c.d']) is(bad, await signup({ name: 'New', email: bad, password }), 400, error('Invalid email format'));
  is('five letters', await signup({ name: 'New', email: 'new@example.test', password: 'five5' }), 400, error('Password must be at least 6 characters'));
  is('too long', await signup({ name: 'New', email: 'new@example.test', password: 'x'.repeat(73) }), 400, (told) => assert.match(told.error, /password/));
  // The document's own examples: six letters are all that it asks for.
  for (const [at, own] of ['password123', 'test123', '123456'].entries()) is(own, await signup({ name: 'John Doe', email: `john${at}@example.test`, password: own }), 201);
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
  const gone = { email: 'gone@example.test', password };
  await post('/auth/signup', { name: 'Gone', ...gone });
  const { body } = await post('/auth/login', gone);
  await set.sql(`delete from auth.accounts where email = '${gone.email}'`);
  is('the account is gone', await me({ Authorization: `Bearer ${body.token}` }), 404, error('User not found'));
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
  is('garbage', await post('/auth/logout', undefined, { Authorization: 'Bearer a.b.c' }), 401, error('Token is invalid or expired'));
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

/** A title's number as videoapp writes it. */
const hex = (id) => id.toString(16).padStart(24, '0');

row('GET /dashboard', async (is) => {
  const token = await login();
  const admin = (await set.login()).access_token;
  await set.sql(`update content.titles set visibility = 'hidden'`);
  is('nothing yet', await set.api('GET', '/dashboard', { token }), 200, { videos: [] });
  const made = [];
  for (const [title, youtube] of [['One', 'CBYhVcO4WgI'], ['Two', 'UF8uR6Z6KLc'], ['Three', 'dQw4w9WgXcQ']])
    made.push(await set.createTitle(admin, title, { kind: 'video', source: 'youtube', youtube_id: youtube, description: `About ${title}` }));
  await set.createTitle(admin, 'Without a film');
  await set.expect(200, 'PATCH', `/v1/titles/${made[2].id}`, { token: admin, body: { visibility: 'hidden' }, headers: { 'If-Match': '*' } });
  is('two that can be watched', await set.api('GET', '/dashboard', { token }), 200, ({ videos }, { text }) => {
    assert.deepEqual(videos.map(({ title, id }) => [title, id]), [['Two', hex(made[1].id)], ['One', hex(made[0].id)]]);
    for (const video of videos) {
      assert.deepEqual(Object.keys(video), ['id', 'title', 'description', 'thumbnail_url', 'playback_token']);
      const inside = claims(video.playback_token);
      assert.deepEqual([inside.video_id, inside.type, inside.exp - inside.iat], [video.id, 'playback', 3600]);
    }
    for (const secret of ['CBYhVcO4WgI', 'UF8uR6Z6KLc', 'youtube']) assert.ok(!text.includes(secret), secret);
  });
  await set.expect(200, 'PATCH', `/v1/titles/${made[2].id}`, { token: admin, body: { visibility: 'active' }, headers: { 'If-Match': '*' } });
  is('never more than two', await set.api('GET', '/dashboard?limit=9', { token }), 200, ({ videos }) => assert.deepEqual(videos.map(({ title }) => title), ['Three', 'Two']));
  is('no header', await set.api('GET', '/dashboard'), 401, error('Token is missing'));
  is('wrong form', await set.api('GET', '/dashboard', { headers: { Authorization: 'Bearer' } }), 401, error('Invalid token format'));
  is('garbage', await set.api('GET', '/dashboard', { token: 'a.b.c' }), 401, error('Token is invalid or expired'));
  is('slash', await set.api('GET', '/dashboard/', { token }), 404, error('Endpoint not found'));
});

row('GET /video/<id>/stream', async (is) => {
  const token = await login();
  const admin = (await set.login()).access_token;
  const { videos } = (await set.expect(200, 'GET', '/dashboard', { token })).body;
  const [first, second] = videos;
  const stream = (id, playback, login = token) => set.api('GET', `/video/${id}/stream${playback === undefined ? '' : `?token=${playback}`}`, { token: login });
  const refused = error('Invalid or expired playback token');
  is('good', await stream(first.id, first.playback_token), 200, {
    stream_url: 'https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=0&controls=1&playsinline=1&enablejsapi=1', video_id: first.id, title: first.title,
  });
  is('login first', await set.api('GET', `/video/${first.id}/stream`), 401, error('Token is missing'));
  is('login first, wrong form', await set.api('GET', `/video/${first.id}/stream`, { headers: { Authorization: 'Bearer' } }), 401, error('Invalid token format'));
  is('login first, bad one', await stream(first.id, 'x', 'a.b.c'), 401, error('Token is invalid or expired'));
  is('the playback token as login', await stream(first.id, first.playback_token, first.playback_token), 401, error('Token is invalid or expired'));
  is('no token', await stream(first.id), 400, error('Playback token is required'));
  is('empty token', await stream(first.id, ''), 400, error('Playback token is required'));
  is('garbage', await stream(first.id, 'a.b.c'), 401, refused);
  is('the login as token', await stream(first.id, token), 401, refused);
  const { playlist_url: place } = (await set.film({ file: await makeFilm({ seconds: 2 }) }).then(async ({ session, title }) =>
    (await set.expect(200, 'POST', `/v1/titles/${title.id}/playback`, { token: session.access_token, body: {} })).body));
  is('another kind of token', await stream(first.id, place.split('/')[2]), 401, refused);
  is('opens no files', await set.api('GET', `/play/${first.playback_token}/master.m3u8`), 403);
  is('opens no address', await set.api('GET', `/stream/${first.playback_token}/master.m3u8`), 403);
  const signature = first.playback_token.split('.');
  is('changed', await stream(first.id, [signature[0], second.playback_token.split('.')[1], signature[2]].join('.')), 401, refused);
  await post('/auth/signup', { name: 'Other', email: 'other@example.test', password });
  const other = (await post('/auth/login', { email: 'other@example.test', password })).body.token;
  is("somebody else's", await stream(first.id, first.playback_token, other), 401, refused);
  for (const id of [second.id, '1', 'nonsense', first.id.toUpperCase() + '0']) is(`not for ${id}`, await stream(id, first.playback_token), 403, error('Video ID mismatch'));
  await set.expect(200, 'PATCH', `/v1/titles/${Number.parseInt(second.id, 16)}`, { token: admin, body: { visibility: 'hidden' }, headers: { 'If-Match': '*' } });
  is('hidden', await stream(second.id, second.playback_token), 403, error('Video is not available'));
  await set.expect(204, 'DELETE', `/v1/titles/${Number.parseInt(second.id, 16)}`, { token: admin, headers: { 'If-Match': '*' } });
  is('deleted', await stream(second.id, second.playback_token), 404, error('Video not found'));
  const hosted = (await set.expect(200, 'GET', '/dashboard', { token })).body.videos[0];
  is('a film of ours', await stream(hosted.id, hosted.playback_token), 200, (body) => assert.match(body.stream_url, /^http:\/\/127\.0\.0\.1:\d+\/play\/[\w.-]+\/master\.m3u8$/));
  const { body } = await stream(hosted.id, hosted.playback_token);
  assert.match((await set.expect(200, 'GET', new URL(body.stream_url).pathname)).text, /^#EXTM3U/);
  is('POST', await post(`/video/${first.id}/stream`, {}, { Authorization: `Bearer ${token}` }), 405, error('Method not allowed'));
});
