// The Videoflix dialect to the letter: paths, slashes, texts, cookies, media.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { claims, contract, cookies as setCookies, expired, jar as cookieHeader, letter, mint, secondFactor, totp } from './contract.mjs';
import { makeFilm, startSet, until } from './lib.mjs';

let set;
const row = contract('videoflix_hls');
let admin;
let film;
const email = 'flix@example.test';
const password = 'a fine password';
const wrong = '{"message":"Email or Password wrong"}';

before(async () => {
  set = await startSet();
  admin = (await set.login()).access_token;
  film = await set.createTitle(admin, 'Tall', { description: 'A tall film.' });
  await set.upload(admin, film.id, await makeFilm({ seconds: 8, size: '854x480' }));
  await set.waitReady(film.id);
  await set.createTitle(admin, 'No film yet');
});
after(() => set?.stop());

const post = (path, body, headers = {}) => set.api('POST', path, { body, headers });
const cookiesOf = (answer) => Object.fromEntries(answer.headers.getSetCookie().map((line) => line.split(';')[0].split(/=(.*)/s).slice(0, 2)));
const jar = (cookies) => ({ Cookie: Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join('; ') });

async function login() {
  const answer = await post('/api/login/', { email, password });
  assert.equal(answer.status, 200, answer.text);
  return { answer, cookies: cookiesOf(answer) };
}

const again = { detail: ['Please check your input and try again.'] };
const required = ['This field is required.'];
const blank = ['This field may not be blank.'];

row('POST /api/register/', async (is) => {
  const register = (more) => post('/api/register/', { email, password, confirmed_password: password, privacy_policy: 'on', ...more });
  is('mismatch', await register({ confirmed_password: 'another one' }), 400, again);
  is('nonsense', await register({ email: 'nonsense' }), 400, { email: ['Enter a valid email address.'] });
  is('a number', await register({ email: 5 }), 400, { email: ['Enter a valid email address.'] });
  is('no address', await register({ email: undefined }), 400, again);
  is('no password', await register({ password: undefined }), 400, { password: required });
  is('nothing', await post('/api/register/', {}), 400, { password: required, confirmed_password: required });
  is('empty', await register({ password: '', confirmed_password: '' }), 400, { password: blank, confirmed_password: blank });
  is('short', await register({ password: 'x1y2z3', confirmed_password: 'x1y2z3' }), 400, again);
  is('common', await register({ password: 'password1', confirmed_password: 'password1' }), 400, again);
  is('long', await register({ password: 'x'.repeat(73), confirmed_password: 'x'.repeat(73) }), 400, again);
  is('new', await register({ email: ` ${email}` }), 201, (body) => {
    assert.deepEqual([Object.keys(body), Object.keys(body.user), body.user.email], [['user', 'token'], ['id', 'email'], email]);
    opaque = body.token;
  });
  is('known', await register({}), 400, again);
  is('known, other spelling', await register({ email: 'Flix@Example.test' }), 400, again);
  is('broken', await set.api('POST', '/api/register/', { body: '{', headers: { 'Content-Type': 'application/json' } }), 400, (body) => assert.match(body.detail, /^JSON parse error - /));
  is('a list', await post('/api/register/', '[]', { 'Content-Type': 'application/json' }), 400, again);
});
let opaque;

row('GET /api/activate/<uid>/<token>/', async (is) => {
  const bad = { message: 'Invalid activation link.' };
  const open = (uid, token) => set.api('GET', `/api/activate/${uid}/${token}/`);
  const early = await post('/api/login/', { email, password });
  is('before it no login', early, 401, wrong);
  const mail = await letter(set, email, 'Confirm your email');
  assert.match(mail, new RegExp(`Dear ${email},`));
  const [, uid, token] = mail.match(/http:\/\/localhost:4200\/pages\/auth\/activate\.html\?uid=([\w-]+)&token=([\w-]+)/);
  assert.equal(Buffer.from(uid, 'base64url').toString(), await set.sql(`select id from auth.accounts where email = '${email}'`));
  is('the token of the answer opens nothing', await open(uid, opaque), 400, bad);
  for (const other of ['MQ', 'x', '%20', 'MQ==']) is(`uid ${other}`, await open(other, token), 400, bad);
  is('wrong token', await open(uid, 'wrong'), 400, bad);
  is('long token', await open(uid, 'x'.repeat(500)), 400, bad);
  is('good', await open(uid, token), 200, { message: 'Account successfully activated.' });
  is('twice', await open(uid, token), 400, { message: 'User is already activated.' });
});

row('POST /api/password_reset/ and /api/password_confirm/<uid>/<token>/', async (is) => {
  const person = 'forgetful@example.test';
  await post('/api/register/', { email: person, password, confirmed_password: password });
  const sent = { detail: 'An email has been sent to reset your password.' };
  for (const body of [{ email: person.toUpperCase() }, { email: 'nobody@example.test' }, { email: 'nonsense' }, { email: '' }, { email: null }, { email: 5 }, {}, undefined])
    is(JSON.stringify(body) ?? 'no body', await post('/api/password_reset/', body), 200, sent);
  is('broken', await post('/api/password_reset/', '{', { 'Content-Type': 'application/json' }), 400, (body) => assert.match(body.detail, /^JSON parse error - /));
  const mail = await letter(set, person, 'Reset your password');
  const [, uid, token] = mail.match(/http:\/\/localhost:4200\/pages\/auth\/confirm_password\.html\?uid=([\w-]+)&token=([\w-]+)/);
  const fresh = { new_password: 'the new password', confirm_password: 'the new password' };
  const confirm = (body, id = uid, link = token) => post(`/api/password_confirm/${id}/${link}/`, body);
  const bad = { detail: 'Invalid activation link.' };
  is('wrong token', await confirm(fresh, uid, 'wrong'), 400, bad);
  is('long token', await confirm(fresh, uid, 'x'.repeat(500)), 400, bad);
  for (const other of ['MQ', 'x']) is(`uid ${other}`, await confirm(fresh, other), 400, bad);
  is('mismatch', await confirm({ ...fresh, confirm_password: 'another one' }), 400, again);
  is('weak', await confirm({ new_password: 'password1', confirm_password: 'password1' }), 400, again);
  is('nothing', await confirm({}), 400, { new_password: required, confirm_password: required });
  is('one missing', await confirm({ new_password: 'the new password' }), 400, { confirm_password: required });
  is('empty', await confirm({ new_password: '', confirm_password: '' }), 400, { new_password: blank, confirm_password: blank });
  is('good', await confirm(fresh), 200, { detail: 'Your Password has been successfully reset.' });
  is('twice', await confirm(fresh), 400, bad);
  is('the mail proved the address', await post('/api/login/', { email: person, password: 'the new password' }), 200);
  is('old password', await post('/api/login/', { email: person, password }), 401, wrong);
  is('slashless', await post('/api/password_reset', { email: person }), 301, (body, { headers }) => assert.equal(headers.get('location'), '/api/password_reset/'));
});

row('claims, second factor, suspension', async (is) => {
  const person = { email: 'two@example.test', password };
  const made = await post('/api/register/', { ...person, confirmed_password: password });
  await set.sql(`update auth.accounts set verified_at = now() where email = '${person.email}'`);
  const first = setCookies(is('login', await post('/api/login/', person), 200));
  const token = claims(first.access_token[0]);
  assert.deepEqual([token.token_type, token.user_id, token.exp - token.iat, token.aud], ['access', String(made.body.user.id), 1260, 'videoflix_hls']);
  assert.ok(token.jti);
  const stale = await mint(set, first.access_token[0], expired());
  is('an expired cookie is none', await set.api('GET', '/api/video/', { headers: { Cookie: `access_token=${stale}` } }), 401, { detail: 'Authentication credentials were not provided.' });
  const secret = await secondFactor(set, person.email, password);
  is('no code', await post('/api/login/', person), 401, (body) => assert.match(body.message, /second factor.*code/));
  is('wrong code', await post('/api/login/', { ...person, code: '1' }), 401, (body) => assert.deepEqual(Object.keys(body), ['message']));
  is('code', await post('/api/login/', { ...person, code: totp(secret) }), 200);
  await set.expect(200, 'POST', `/v1/admin/users/${made.body.user.id}/suspend`, { token: admin, body: {} });
  const told = await until(async () => {
    const answer = await set.api('GET', '/api/video/', { headers: cookieHeader(first) });
    return answer.status === 401 && answer.body.code && answer;
  });
  is('a suspended account', told, 401, { detail: 'User is inactive', code: 'user_inactive' });
  is('its refresh', await set.api('POST', '/api/token/refresh/', { headers: cookieHeader(first) }), 401);
  is('its login', await post('/api/login/', { ...person, code: totp(secret, 1) }), 401, wrong);
});

test('a login sets both cookies and gives no token away', async () => {
  const { answer, cookies } = await login();
  assert.match(answer.text, /^\{"detail":"Login successful","user":\{"id":\d+,"username":"flix@example\.test"\}\}$/);
  assert.deepEqual(Object.keys(cookies), ['access_token', 'refresh_token']);
  const [access, refresh] = answer.headers.getSetCookie();
  assert.match(access, /^access_token=[\w.-]+; HttpOnly; Path=\/; SameSite=Lax; Max-Age=1260$/);
  assert.match(refresh, /^refresh_token=[^;]+; HttpOnly; Path=\/; SameSite=Lax; Max-Age=86400$/);
});

test('a failed login says always the same', async () => {
  for (const body of [{ email, password: 'wrong' }, { email: 'no@example.test', password }, {}, { email }, { email: 5, password }, { email: '', password: '' }]) {
    const answer = await post('/api/login/', body);
    assert.deepEqual([answer.status, answer.text], [401, wrong], JSON.stringify(body));
  }
  assert.deepEqual([(await post('/api/login/', undefined)).status], [401], 'no body at all');
  const broken = await set.api('POST', '/api/login/', { body: '{"email":', headers: { 'Content-Type': 'application/json' } });
  assert.equal(broken.status, 400);
  assert.match(broken.body.detail, /^JSON parse error - /);
  const typed = await set.api('POST', '/api/login/', { body: 'x', headers: { 'Content-Type': 'text/plain' } });
  assert.deepEqual([typed.status, typed.text], [415, '{"detail":"Unsupported media type \\"text/plain\\" in request."}']);
});

test('forms are taken too', async () => {
  const answer = await set.api('POST', '/api/login/', { body: `email=${encodeURIComponent(email)}&password=a+fine%20password`, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
  assert.equal(answer.status, 200, answer.text);
});

test('slashes and methods as Django has them', async () => {
  for (const [path, where] of [['/api/logout', '/api/logout/'], ['/api/video?a=b+c&d=%2F', '/api/video/?a=b+c&d=%2F'], ['/api/token/refresh', '/api/token/refresh/']]) {
    const answer = await set.api('GET', path);
    assert.deepEqual([answer.status, answer.headers.get('location')], [301, where]);
  }
  const answer = await set.api('GET', '/api/login/');
  assert.deepEqual([answer.status, answer.text], [405, '{"detail":"Method \\"GET\\" not allowed."}']);
  assert.match(answer.headers.get('allow'), /POST/);
  assert.equal((await set.api('GET', '/api/nothing/')).status, 404);
  assert.equal((await set.api('GET', '/api/nothing')).status, 404);
});

test('without a login nothing is shown', async () => {
  for (const path of ['/api/video/', `/api/video/${film.id}/480p/index.m3u8`, `/api/video/${film.id}/480p/segment_000.ts/`]) {
    for (const headers of [{}, { Cookie: 'access_token=nonsense' }, { Authorization: 'Bearer x.y.z' }, { Authorization: `Bearer ${admin}` }]) {
      const answer = await set.api('GET', path, { headers });
      assert.deepEqual([answer.status, answer.text], [401, '{"detail":"Authentication credentials were not provided."}'], path);
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="api"');
    }
  }
});

test('the list is an array of exactly six keys', async () => {
  const { cookies } = await login();
  const answer = await set.expect(200, 'GET', '/api/video/', { headers: jar(cookies) });
  assert.equal(answer.body.length, 1, 'only what is ready');
  assert.deepEqual(Object.keys(answer.body[0]), ['id', 'created_at', 'title', 'description', 'thumbnail_url', 'category']);
  const [video] = answer.body;
  assert.equal(video.category, 'Drama');
  assert.match(video.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const poster = await fetch(video.thumbnail_url);
  assert.equal(poster.status, 200);
  assert.equal(poster.headers.get('content-type'), 'image/jpeg');
  const bearer = await set.expect(200, 'GET', '/api/video/', { token: cookies.access_token });
  assert.deepEqual(bearer.body, answer.body);
});

test('more titles than a page holds come in one list', async () => {
  await set.sql("insert into content.titles (title, kind, state) select 'Many ' || n, 'movie', 'ready' from generate_series(1, 150) n");
  const { cookies } = await login();
  const { body } = await set.expect(200, 'GET', '/api/video/', { headers: jar(cookies) });
  assert.equal(body.length, 151);
  assert.equal(new Set(body.map(({ id }) => id)).size, 151);
  assert.equal(body.find(({ title }) => title === 'Many 1').thumbnail_url, null);
});

test('playlists and segments are served, with and without the last slash', async () => {
  const { cookies } = await login();
  const headers = jar(cookies);
  const list = await set.expect(200, 'GET', `/api/video/${film.id}/480p/index.m3u8`, { headers });
  assert.equal(list.headers.get('content-type'), 'application/vnd.apple.mpegurl');
  const names = list.text.split('\n').filter((line) => line && !line.startsWith('#'));
  assert.deepEqual(names, ['segment_000.ts', 'segment_001.ts']);
  const bytes = [];
  for (const path of ['segment_000.ts', 'segment_000.ts/']) {
    const answer = await fetch(`${set.base}/api/video/${film.id}/480p/${path}`, { headers });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type').toLowerCase(), 'video/mp2t');
    bytes.push((await answer.arrayBuffer()).byteLength);
  }
  assert.equal(bytes[0], bytes[1]);
  const texts = {
    [`/api/video/9999/480p/index.m3u8`]: 'Video not found.',
    [`/api/video/${film.id}/360p/index.m3u8`]: 'Video or Manifest not found.',
    [`/api/video/${film.id}/1080p/index.m3u8`]: 'HLS Playlist not found.',
    [`/api/video/${film.id}/480p/index.m3u8/`]: 'Video or Segment not found.',
    [`/api/video/${film.id}/480p/segment_1.ts`]: 'Video or Segment not found.',
    [`/api/video/${film.id}/480p/..%2f..%2fx.ts/`]: 'Video or Segment not found.',
    [`/api/video/${film.id}/99p/segment_000.ts/`]: 'Video or Segment not found.',
    [`/api/video/${film.id}/480p/segment_999.ts/`]: 'Segment not found.',
  };
  for (const [path, detail] of Object.entries(texts)) {
    const answer = await set.api('GET', path, { headers });
    assert.deepEqual([answer.status, answer.body], [404, { detail }], path);
  }
});

test('a refresh gives a new access cookie only', async () => {
  const { cookies } = await login();
  const answer = await set.api('POST', '/api/token/refresh/', { headers: jar({ refresh_token: cookies.refresh_token }) });
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(Object.keys(answer.body), ['detail', 'access']);
  assert.equal(answer.body.detail, 'Token refreshed');
  assert.deepEqual(cookiesOf(answer), { access_token: answer.body.access });
  await set.expect(200, 'GET', '/api/video/', { headers: jar({ access_token: answer.body.access }) });
  assert.equal((await set.api('POST', '/api/token/refresh/')).status, 400);
  assert.equal((await set.api('POST', '/api/token/refresh/', { headers: jar({ refresh_token: 'nonsense' }) })).status, 401);
});

test('a logout needs the refresh cookie, ends the session and deletes both cookies', async () => {
  const { cookies } = await login();
  const none = await set.api('POST', '/api/logout/', { headers: jar({ access_token: cookies.access_token }) });
  assert.deepEqual([none.status, none.text], [400, '{"detail":"Refresh token not found."}']);
  const bad = await set.api('POST', '/api/logout/', { headers: jar({ refresh_token: 'nonsense' }) });
  assert.deepEqual([bad.status, bad.text], [400, '{"detail":"Invalid refresh token."}']);
  const good = await set.api('POST', '/api/logout/', { body: 'ignored', headers: jar(cookies) });
  assert.deepEqual([good.status, good.text], [200, '{"detail":"Logout successful! All tokens will be deleted. Refresh token is now invalid."}']);
  for (const line of good.headers.getSetCookie()) assert.match(line, /^(access|refresh)_token=; Max-Age=0; Path=\//);
  assert.equal(good.headers.getSetCookie().length, 2);
  assert.equal((await set.api('POST', '/api/logout/', { headers: jar(cookies) })).status, 400, 'a second time');
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.equal((await set.api('GET', '/api/video/', { headers: jar(cookies) })).status, 401);
});

test('a page of another site cannot use the cookies', async () => {
  const { cookies } = await login();
  const ask = (headers) => set.api('POST', '/api/token/refresh/', { headers: { ...jar(cookies), ...headers } });
  for (const headers of [{ Origin: 'http://evil.test' }, { Origin: 'null' }, { 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }])
    assert.equal((await ask(headers)).status, 403, JSON.stringify(headers));
  for (const headers of [{}, { Origin: 'http://localhost:4200' }, { Origin: set.base }, { 'Sec-Fetch-Site': 'same-origin' }, { 'Sec-Fetch-Site': 'none' }])
    assert.equal((await ask(headers)).status, 200, JSON.stringify(headers));
});

test('tokens keep to their dialect', async () => {
  const { cookies } = await login();
  assert.equal((await set.api('GET', '/v1/me', { token: cookies.access_token })).status, 401);
});
