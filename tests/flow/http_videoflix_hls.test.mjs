// The Videoflix dialect to the letter: paths, slashes, texts, cookies, media.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { claims, contract, cookies as setCookies, expired, jar as cookieHeader, letter, malformed, mint, secondFactor, totp } from './contract.mjs';
import { makeFilm, startSet, until } from './lib.mjs';

let set;
const row = contract('videoflix_hls');
let admin;
let film;
let empty;
const email = 'flix@example.test';
const password = 'a fine password';
const wrong = '{"message":"Email or Password wrong"}';

before(async () => {
  set = await startSet();
  admin = (await set.login()).access_token;
  film = await set.createTitle(admin, 'Tall', { description: 'A tall film.' });
  await set.upload(admin, film.id, await makeFilm({ seconds: 8, size: '854x480' }));
  await set.waitReady(film.id);
  empty = await set.createTitle(admin, 'No film yet');
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
  is('a number', await register({ password: '8273645190', confirmed_password: '8273645190' }), 400, again);
  is('an address without a domain', await register({ email: 'flix@example' }), 400, { email: ['Enter a valid email address.'] });
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

row('POST /api/login/', async (is) => {
  is('both cookies and no token', await post('/api/login/', { email, password }), 200, (body, { headers, text }) => {
    assert.match(text, /^\{"detail":"Login successful","user":\{"id":\d+,"username":"flix@example\.test"\}\}$/);
    const [access, refresh, ...more] = headers.getSetCookie();
    assert.match(access, /^access_token=[\w.-]+; HttpOnly; Path=\/; SameSite=Lax; Max-Age=1260$/);
    assert.match(refresh, /^refresh_token=[^;]+; HttpOnly; Path=\/; SameSite=Lax; Max-Age=86400$/);
    assert.deepEqual(more, []);
  });
  is('behind TLS', await post('/api/login/', { email, password }, { 'X-Forwarded-Proto': 'https' }), 200, (body, { headers }) => {
    for (const line of headers.getSetCookie()) assert.match(line, /; Secure$/);
  });
  for (const body of [{ email, password: 'wrong' }, { email: 'no@example.test', password }, {}, { email }, { email: 5, password }, { email: '', password: '' }, undefined])
    is(JSON.stringify(body) ?? 'no body', await post('/api/login/', body), 401, wrong);
  is('broken', await post('/api/login/', '{"email":', { 'Content-Type': 'application/json' }), 400, (body) => assert.match(body.detail, /^JSON parse error - /));
  is('a text', await post('/api/login/', 'x', { 'Content-Type': 'text/plain' }), 415, '{"detail":"Unsupported media type \\"text/plain\\" in request."}');
  is('a form', await post('/api/login/', `email=${encodeURIComponent(email)}&password=a+fine%20password`, { 'Content-Type': 'application/x-www-form-urlencoded' }), 200);
  is('GET', await set.api('GET', '/api/login/'), 405, (body, { headers, text }) =>
    assert.deepEqual([text, headers.get('allow')], ['{"detail":"Method \\"GET\\" not allowed."}', 'POST, OPTIONS']));
});

row('slashes, unknown paths, preflights', async (is) => {
  for (const [path, where] of [['/api/logout', '/api/logout/'], ['/api/video?a=b+c&d=%2F', '/api/video/?a=b+c&d=%2F'], ['/api/token/refresh', '/api/token/refresh/']])
    is(path, await set.api('GET', path), 301, (body, { headers }) => assert.equal(headers.get('location'), where));
  for (const path of ['/api/nothing/', '/api/nothing']) is(path, await set.api('GET', path), 404, (body) => assert.ok(body.detail));
  const ask = (origin) => set.api('OPTIONS', '/api/login/', { headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type,x-csrftoken' } });
  is('preflight', await ask('http://127.0.0.1:4200'), 204, (body, { headers }) => {
    assert.deepEqual([headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials'), headers.get('vary')], ['http://127.0.0.1:4200', 'true', 'Origin']);
    assert.match(headers.get('access-control-allow-headers'), /Content-Type.*X-CSRFToken/);
  });
  is('preflight of another page', await ask('http://evil.test'), 204, (body, { headers }) => assert.equal(headers.get('access-control-allow-origin'), null));
  for (const path of ['/api/register/', '/api/password_reset/'])
    for (const [what, body, headers] of malformed) if (body !== '[]' && body !== '5') is(`${path} ${what}`, await post(path, body, headers), body === 'x=y' ? 415 : 400, (told) => assert.ok(told.detail));
});

row('GET /api/video/', async (is) => {
  const absent = '{"detail":"Authentication credentials were not provided."}';
  for (const path of ['/api/video/', `/api/video/${film.id}/480p/index.m3u8`, `/api/video/${film.id}/480p/segment_000.ts/`, `/api/video/${film.id}/480p/segment_000.ts`])
    for (const headers of [{}, { Cookie: 'access_token=nonsense' }, { Authorization: 'Bearer x.y.z' }, { Authorization: `Bearer ${admin}` }])
      is(`${path} without a login`, await set.api('GET', path, { headers }), 401, (body, told) => assert.deepEqual([told.text, told.headers.get('www-authenticate')], [absent, 'Bearer realm="api"']));
  const { cookies } = await login();
  const answer = is('six keys', await set.api('GET', '/api/video/', { headers: jar(cookies) }), 200, (list) => {
    assert.equal(list.length, 1, 'only what is ready');
    assert.deepEqual(Object.keys(list[0]), ['id', 'created_at', 'title', 'description', 'thumbnail_url', 'category']);
    assert.equal(list[0].category, 'Drama');
    assert.match(list[0].created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });
  const poster = await fetch(answer.body[0].thumbnail_url);
  assert.deepEqual([poster.status, poster.headers.get('content-type')], [200, 'image/jpeg']);
  is('by bearer', await set.api('GET', '/api/video/', { token: cookies.access_token }), 200, answer.text);
  await set.sql("insert into content.titles (title, kind, state) select 'Many ' || n, 'movie', 'ready' from generate_series(1, 150) n");
  await set.sql("insert into content.titles (title, kind, state, source, source_url) values ('Elsewhere', 'movie', 'ready', 'url', 'https://films.example/1.mp4'), ('A series', 'series', 'ready', 'hosted', null)");
  is('more than a page holds', await set.api('GET', '/api/video/', { headers: jar(cookies) }), 200, (list) => {
    assert.deepEqual([list.length, new Set(list.map(({ id }) => id)).size], [151, 151]);
    assert.equal(list.find(({ title }) => title === 'Many 1').thumbnail_url, null);
  });
});

row('playlists and segments', async (is) => {
  const headers = jar((await login()).cookies);
  const get = (path) => set.api('GET', `/api/video/${path}`, { headers });
  is('a playlist', await get(`${film.id}/480p/index.m3u8`), 200, (body, { text, headers: told }) => {
    assert.equal(told.get('content-type'), 'application/vnd.apple.mpegurl');
    assert.deepEqual(text.split('\n').filter((line) => line && !line.startsWith('#')), ['segment_000.ts', 'segment_001.ts']);
  });
  const sizes = [];
  for (const path of ['segment_000.ts', 'segment_000.ts/'])
    is(path, await get(`${film.id}/480p/${path}`), 200, (body, { text, headers: told }) => {
      assert.equal(told.get('content-type').toLowerCase(), 'video/mp2t');
      sizes.push(text.length);
    });
  assert.ok(sizes[0] > 1000 && sizes[0] === sizes[1]);
  const texts = {
    '9999/480p/index.m3u8': 'Video not found.',
    [`${film.id}/360p/index.m3u8`]: 'Video or Manifest not found.',
    [`${empty.id}/1080p/index.m3u8`]: 'HLS Playlist not found.',
    [`${film.id}/480p/index.m3u8/`]: 'Video or Segment not found.',
    [`${film.id}/480p/segment_1.ts`]: 'Video or Segment not found.',
    [`${film.id}/480p/..%2f..%2fx.ts/`]: 'Video or Segment not found.',
    [`${film.id}/99p/segment_000.ts/`]: 'Video or Segment not found.',
    [`${film.id}/480p/segment_999.ts/`]: 'Segment not found.',
    [`${film.id}/480p/segment_999.ts`]: 'Segment not found.',
  };
  for (const [path, detail] of Object.entries(texts)) is(path, await get(path), 404, { detail });
});

row('every ready film plays at every resolution', async (is) => {
  const small = await set.createTitle(admin, 'Small');
  await set.upload(admin, small.id, await makeFilm({ seconds: 8, size: '640x360' }));
  await set.waitReady(small.id);
  const headers = jar((await login()).cookies);
  const get = (path) => set.api('GET', `/api/video/${path}`, { headers });
  // A film is never made larger than it came: the nearest rung below stands for those that are not there.
  for (const [id, rung, own] of [[small.id, 360, ['480p', '720p', '1080p']], [film.id, 480, ['480p', '720p', '1080p']]]) {
    const { playlist_url: place } = (await set.expect(200, 'POST', `/v1/titles/${id}/playback`, { token: admin, body: {} })).body;
    const real = place.replace('master.m3u8', `${rung}p/`);
    const same = { playlist: (await set.expect(200, 'GET', `${real}index.m3u8`)).text, segment: (await set.expect(200, 'GET', `${real}segment_001.ts`)).text };
    for (const name of own) {
      is(`${id} ${name}`, await get(`${id}/${name}/index.m3u8`), 200, same.playlist);
      for (const slash of ['', '/']) is(`${id} ${name}, its second segment${slash}`, await get(`${id}/${name}/segment_001.ts${slash}`), 200, same.segment);
      is(`${id} ${name}, behind the last`, await get(`${id}/${name}/segment_002.ts`), 404, { detail: 'Segment not found.' });
    }
  }
});

const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

row('an own thumbnail goes before the poster', async (is) => {
  const headers = jar((await login()).cookies);
  const shown = async () => (await set.api('GET', '/api/video/', { headers })).body.find(({ id }) => id === film.id).thumbnail_url;
  assert.match(await shown(), /poster/);
  const { thumbnail_url: thumbnail } = (await set.expect(200, 'PUT', `/v1/titles/${film.id}/thumbnail`, { token: admin, body: pixel, headers: { 'Content-Type': 'image/png', 'If-Match': '*' } })).body;
  is('list', await set.api('GET', '/api/video/', { headers }), 200, (list) => assert.equal(list.find(({ id }) => id === film.id).thumbnail_url, set.base + thumbnail));
  await set.expect(200, 'DELETE', `/v1/titles/${film.id}/thumbnail`, { token: admin, headers: { 'If-Match': '*' } });
  assert.match(await shown(), /poster/);
});

row('POST /api/token/refresh/', async (is) => {
  const { cookies } = await login();
  const refresh = (headers) => set.api('POST', '/api/token/refresh/', { headers });
  const answer = is('a new access cookie only', await refresh(jar({ refresh_token: cookies.refresh_token })), 200, (body) => {
    assert.deepEqual([Object.keys(body), body.detail], [['detail', 'access'], 'Token refreshed']);
  });
  assert.deepEqual(cookiesOf(answer), { access_token: answer.body.access });
  is('it opens', await set.api('GET', '/api/video/', { headers: jar({ access_token: answer.body.access }) }), 200);
  is('a bad access cookie is ignored', await refresh(jar({ access_token: 'nonsense', refresh_token: cookies.refresh_token })), 200);
  const refused = { detail: 'Refresh token invalid or missing.' };
  is('no cookie', await refresh({}), 400, refused);
  is('nonsense', await refresh(jar({ refresh_token: 'nonsense' })), 401, refused);
  is('an access token', await refresh(jar({ refresh_token: cookies.access_token })), 401, refused);
  is('of another realm', await refresh(jar({ refresh_token: (await set.login()).refresh_token })), 401, refused);
});

row('POST /api/logout/', async (is) => {
  const { cookies } = await login();
  const out = (headers, body) => set.api('POST', '/api/logout/', { headers, body });
  is('access cookie only', await out(jar({ access_token: cookies.access_token })), 400, { detail: 'Refresh token not found.' });
  is('nonsense', await out(jar({ refresh_token: 'nonsense' })), 400, { detail: 'Invalid refresh token.' });
  is('good', await out(jar(cookies), 'ignored'), 200, (body, { text, headers }) => {
    assert.equal(text, '{"detail":"Logout successful! All tokens will be deleted. Refresh token is now invalid."}');
    assert.deepEqual(headers.getSetCookie().map((line) => line.replace(/=; Max-Age=0; Path=\/; HttpOnly; SameSite=Lax$/, '')), ['access_token', 'refresh_token']);
  });
  is('twice', await out(jar(cookies)), 400, { detail: 'Invalid refresh token.' });
  is('refresh afterwards', await set.api('POST', '/api/token/refresh/', { headers: jar(cookies) }), 401);
  await until(async () => (await set.api('GET', '/api/video/', { headers: jar(cookies) })).status === 401);
});

row('a page of another site cannot use the cookies', async (is) => {
  const { cookies } = await login();
  const ask = (headers) => set.api('POST', '/api/token/refresh/', { headers: { ...jar(cookies), ...headers } });
  for (const headers of [{ Origin: 'http://evil.test' }, { Origin: 'null' }, { 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }])
    is(JSON.stringify(headers), await ask(headers), 403, (body) => assert.match(body.detail, /^CSRF Failed: /));
  for (const headers of [{}, { Origin: 'http://localhost:4200' }, { Origin: set.base }, { 'Sec-Fetch-Site': 'same-origin' }, { 'Sec-Fetch-Site': 'none' }])
    is(JSON.stringify(headers), await ask(headers), 200);
  const tls = { 'X-Forwarded-Proto': 'https' };
  is('the own page behind TLS', await ask({ ...tls, Origin: set.base.replace('http:', 'https:') }), 200);
  is('the same host without TLS, which anybody on the way can be', await ask({ ...tls, Origin: set.base }), 403);
  is('tokens keep to their dialect', await set.api('GET', '/v1/me', { token: cookies.access_token }), 401);
});

row('cookies for a front end on another site', async (is) => {
  await set.halt();
  set.env.ZOE_COOKIE_SAMESITE = 'None';
  await set.start();
  const lines = (answer) => answer.headers.getSetCookie().map((line) => line.replace(/^\w+=[^;]*/, ''));
  const answer = is('login', await post('/api/login/', { email, password }), 200);
  assert.deepEqual(lines(answer), ['; HttpOnly; Path=/; SameSite=None; Max-Age=1260; Secure', '; HttpOnly; Path=/; SameSite=None; Max-Age=86400; Secure']);
  const out = is('logout', await post('/api/logout/', undefined, jar(cookiesOf(answer))), 200);
  assert.deepEqual(lines(out), Array(2).fill('; Max-Age=0; Path=/; HttpOnly; SameSite=None; Secure'));
});
