// The rows of videoflix_s3 to the letter.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { claims, contract, cookies, expired, jar, letter, malformed, mint, secondFactor, totp } from './contract.mjs';
import { makeFilm, startSet, until } from './lib.mjs';

let set;
const row = contract('videoflix_s3');
const email = 's3@example.test';
const password = 'a fine password';
const flags = 'HttpOnly; Secure; SameSite=None; Path=/';
const required = ['This field is required.'];
const blank = ['This field may not be blank.'];
const absent = { detail: 'Authentication credentials were not provided.' };
const notValid = {
  detail: 'Given token not valid for any token type', code: 'token_not_valid',
  messages: [{ token_class: 'AccessToken', token_type: 'access', message: 'Token is invalid or expired' }],
};
const post = (path, body, headers = {}) => set.api('POST', path, { body, headers });
const get = (path, headers = {}) => set.api('GET', path, { headers });
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

before(async () => {
  set = await startSet();
});
after(() => set?.stop());

async function login(more = {}) {
  const answer = await post('/users/login/', { email, password, ...more });
  assert.equal(answer.status, 200, answer.text);
  return cookies(answer);
}

row('POST /users/register/', async (is) => {
  const register = (body, headers) => post('/users/register/', body, headers);
  is('of the client', await register({ email: ` ${email} `, password, confirm_password: password, phone: '1', address: 'x' }), 201, { email, detail: 'Please check your email to confirm your account.' });
  is('of the document', await register({ username: 'Ann', email: 'doc@example.test', password }), 201, { email: 'doc@example.test', detail: 'Please check your email to confirm your account.' });
  is('known', await register({ email, password, confirm_password: password }), 400, { email: ['User with this email already exists.'] });
  is('known, other spelling', await register({ email: 'S3@Example.test', password }), 400, { email: ['User with this email already exists.'] });
  is('nothing', await register({}), 400, { email: required, password: required });
  is('no password', await register({ email: 'n@example.test' }), 400, { password: required });
  is('no address', await register({ password }), 400, { email: required });
  is('empty', await register({ email: '', password: '' }), 400, { email: blank, password: blank });
  is('nonsense', await register({ email: 'nonsense', password, confirm_password: password }), 400, { email: ['Enter a valid email address.'] });
  is('a number', await register({ email: 5, password }), 400, { email: ['Enter a valid email address.'] });
  is('mismatch', await register({ email: 'n@example.test', password, confirm_password: 'another one' }), 400, { password: ['Passwords must match.'] });
  is('weak', await register({ email: 'n@example.test', password: '12345' }), 400, (body) => assert.deepEqual(Object.keys(body), ['password']));
  is('a form', await register(`email=form%40example.test&password=${encodeURIComponent(password)}`, form), 201);
  is('broken', await register('{"email":', { 'Content-Type': 'application/json' }), 400, (body) => assert.match(body.detail, /^JSON parse error - /));
  is('a list', await register('[]', { 'Content-Type': 'application/json' }), 400, { non_field_errors: ['Invalid data. Expected a dictionary.'] });
  is('a text', await register('x', { 'Content-Type': 'text/plain' }), 415, { detail: 'Unsupported media type "text/plain" in request.' });
});

row('GET /users/confirm/', async (is) => {
  is('before it no login', await post('/users/login/', { email, password }), 400, { non_field_errors: ['Invalid credentials or inactive user.'] });
  const text = await letter(set, email, 'Confirm Your Videoflix Account');
  const [link, uid, token] = text.match(/http:\/\/127\.0\.0\.1:\d+\/users\/confirm\/\?uid=(\w+)&token=([\w-]+)/);
  assert.equal(Number.parseInt(uid, 36), Number(await set.sql(`select id from auth.accounts where email = '${email}'`)));
  const confirm = (query) => get(`/users/confirm/?${query}`);
  for (const query of ['', `uid=${uid}`, `token=${token}`, `uid=&token=${token}`, `uid=${uid}&token=`]) is(query.slice(0, 9) || 'nothing', await confirm(query), 400, { error: 'Missing uid or token.' });
  is('wrong token', await confirm(`uid=${uid}&token=wrong`), 400, { error: 'Invalid or expired token.' });
  is('a long token', await confirm(`uid=${uid}&token=${'x'.repeat(900)}`), 400, { error: 'Invalid or expired token.' });
  is('not a number', await confirm(`uid=-&token=${token}`), 400, { error: 'Invalid user ID.' });
  is('somebody else', await confirm(`uid=1&token=${token}`), 400, { error: 'Token does not match user.' });
  is('and still no login', await post('/users/login/', { email, password }), 400);
  for (const what of ['good', 'again']) {
    is(what, await get(new URL(link).pathname + new URL(link).search), 302, (body, { headers, text: none }) => assert.deepEqual([headers.get('location'), none], ['http://localhost:4200/login', '']));
  }
  is('slashless', await confirm('').then(() => get(`/users/confirm?uid=${uid}&token=${token}`)), 301, (body, { headers }) => assert.equal(headers.get('location'), `/users/confirm/?uid=${uid}&token=${token}`));
  const doc = (await letter(set, 'doc@example.test', 'Confirm Your Videoflix Account')).match(/token=([\w-]+)/)[1];
  await set.sql("update auth.one_time_tokens set expires_at = now() - interval '1 second'");
  is('expired', await confirm(`uid=${uid}&token=${doc}`), 400, { error: 'Invalid or expired token.' });
});

row('POST /users/login/', async (is) => {
  const answer = is('right', await post('/users/login/', { email, password }), 200, (body) => {
    assert.deepEqual(Object.keys(body), ['id', 'username', 'email', 'phone', 'address', 'favorite_videos']);
    assert.deepEqual([body.username, body.email, body.phone, body.address, body.favorite_videos], ['s3', email, null, null, []]);
  });
  const set_ = cookies(answer);
  assert.deepEqual(Object.keys(set_), ['vf_access', 'vf_refresh']);
  assert.deepEqual([set_.vf_access[1], set_.vf_refresh[1]], [`${flags}; Max-Age=300`, `${flags}; Max-Age=3600`]);
  const token = claims(set_.vf_access[0]);
  assert.deepEqual([token.token_type, token.user_id, token.exp - token.iat, token.aud], ['access', String(answer.body.id), 300, 'videoflix_s3']);
  assert.ok(token.jti);
  for (const name of ['remember', 'remember_me']) {
    is(name, await post('/users/login/', { email, password, [name]: true }), 200, (body, told) => assert.equal(cookies(told).vf_refresh[1], `${flags}; Max-Age=604800`));
    is(`not ${name}`, await post('/users/login/', { email, password, [name]: false }), 200, (body, told) => assert.equal(cookies(told).vf_refresh[1], `${flags}; Max-Age=3600`));
  }
  const bad = { non_field_errors: ['Invalid credentials or inactive user.'] };
  is('wrong', await post('/users/login/', { email, password: 'wrong' }), 400, bad);
  is('unknown', await post('/users/login/', { email: 'nobody@example.test', password }), 400, bad);
  is('not proven', await post('/users/login/', { email: 'doc@example.test', password }), 400, bad);
  is('nothing', await post('/users/login/', {}), 400, { email: required, password: required });
  is('no password', await post('/users/login/', { email }), 400, { password: required });
  is('empty', await post('/users/login/', { email: '', password: '' }), 400, { email: blank, password: blank });
  is('a bad cookie is ignored', await post('/users/login/', { email, password }, { Cookie: 'vf_access=nonsense' }), 200);
  is('a bad bearer is ignored', await post('/users/login/', { email, password }, { Authorization: 'Bearer nonsense' }), 200);
  is('a form', await post('/users/login/', `email=${encodeURIComponent(email)}&password=a+fine+password`, form), 200);
  is('a form that remembers', await post('/users/login/', `email=${encodeURIComponent(email)}&password=${encodeURIComponent(password)}&remember=true`, { 'Content-Type': 'application/x-www-form-urlencoded' }), 200,
    (body, told) => assert.equal(cookies(told).vf_refresh[1], `${flags}; Max-Age=604800`));
  is('GET', await get('/users/login/'), 405, (body, { headers, text }) => assert.deepEqual([text, headers.get('allow')], ['{"detail":"Method \\"GET\\" not allowed."}', 'POST, OPTIONS']));
  is('slashless', await post('/users/login', { email, password }), 301, (body, { headers }) => assert.equal(headers.get('location'), '/users/login/'));
  for (const [what, body, headers] of malformed) is(what, await post('/users/login/', body, headers), body === 'x=y' ? 415 : 400);
});

row('POST /users/refresh/', async (is) => {
  const first = await login();
  const refresh = (token, headers = {}) => post('/users/refresh/', {}, { Cookie: `vf_refresh=${token}`, ...headers });
  const answer = is('good', await refresh(first.vf_refresh[0]), 200, { detail: 'Access token refreshed.' });
  const second = cookies(answer);
  assert.deepEqual([second.vf_access[1], second.vf_refresh[1]], [`${flags}; Max-Age=300`, `${flags}; Max-Age=604800`]);
  assert.notEqual(second.vf_refresh[0], first.vf_refresh[0]);
  is('a bad access cookie is ignored', await refresh(second.vf_refresh[0], { Cookie: `vf_access=nonsense; vf_refresh=${second.vf_refresh[0]}` }), 200);
  is('no body', await set.api('POST', '/users/refresh/', { headers: { Cookie: `vf_refresh=${(await login()).vf_refresh[0]}` } }), 200);
  is('X-Retry', await refresh((await login()).vf_refresh[0], { 'X-Retry': '1' }), 200);
  is('no cookie', await post('/users/refresh/', {}), 401, { error: 'Missing refresh cookie.' });
  is('nonsense', await refresh('nonsense'), 401, { error: 'Invalid refresh token.' });
  is('an access token', await refresh(first.vf_access[0]), 401, { error: 'Invalid refresh token.' });
  const other = await set.login();
  is('of another realm', await refresh(other.refresh_token), 401, { error: 'Invalid refresh token.' });
  const tabs = await login();
  const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(tabs.vf_refresh[0])));
  assert.deepEqual([new Set(answers.map(({ status }) => status)).size, new Set(answers.map((one) => cookies(one).vf_refresh[0])).size], [1, 1], 'tabs get one pair');
  await set.sql("update auth.spent_tokens set spent_at = now() - interval '1 minute'");
  is('an old one', await refresh(first.vf_refresh[0]), 401, { error: 'Invalid refresh token.' });
  is('ends its session', await refresh(second.vf_refresh[0]), 401, { error: 'Invalid refresh token.' });
});

row('POST /users/logout/', async (is) => {
  const mine = await login();
  const out = (headers, body = {}) => post('/users/logout/', body, headers);
  is('no cookie', await out({}), 401, absent);
  is('refresh cookie only', await out({ Cookie: `vf_refresh=${mine.vf_refresh[0]}` }), 401, absent);
  is('bad cookie', await out({ Cookie: 'vf_access=nonsense' }), 401, notValid);
  is('bad bearer', await out({ Authorization: 'Bearer x.y.z' }), 401, notValid);
  is('expired', await out({ Cookie: `vf_access=${await mint(set, mine.vf_access[0], expired())}` }), 401, notValid);
  is('of videoflix_hls', await out({ Cookie: `access_token=${mine.vf_access[0]}` }), 401, absent);
  is('challenge', await out({}), 401, (body, { headers }) => assert.equal(headers.get('www-authenticate'), 'Bearer realm="api"'));
  is('another site', await out({ ...jar(mine), Origin: 'http://evil.test' }), 403, (body) => assert.match(body.detail, /^CSRF Failed: /));
  const answer = is('good', await out({ ...jar(mine), Origin: 'http://localhost:4200' }), 200, { message: 'Successfully logged out.' });
  assert.deepEqual(cookies(answer), { vf_access: ['', `${flags}; Max-Age=0`], vf_refresh: ['', `${flags}; Max-Age=0`] });
  is('refresh afterwards', await post('/users/refresh/', {}, jar(mine)), 401, { error: 'Invalid refresh token.' });
  await until(async () => (await out(jar(mine))).status === 401);
  is('by bearer', await out({ Authorization: `Bearer ${(await login()).vf_access[0]}` }), 200, { message: 'Successfully logged out.' });
});

row('POST /users/forgot-password/ and /users/reset-password/', async (is) => {
  const sent = { message: 'If this email exists, a reset link has been sent.' };
  const forgot = (body) => post('/users/forgot-password/', body);
  is('known', await forgot({ email }), 200, sent);
  is('unknown', await forgot({ email: 'nobody@example.test' }), 200, sent);
  is('nonsense', await forgot({ email: 'nonsense' }), 200, sent);
  for (const body of [{}, { email: '' }, { email: null }]) is(JSON.stringify(body), await forgot(body), 400, { error: 'Email is required.' });
  const text = await letter(set, email, 'Reset Your Password');
  const [, uid, token] = text.match(/http:\/\/localhost:4200\/reset-password\?uid=(\w+)&token=([\w-]+)/);
  const reset = (body) => post('/users/reset-password/', body);
  const fresh = 'the new password';
  for (const name of ['uid', 'token', 'new_password']) {
    const body = { uid, token, new_password: fresh };
    delete body[name];
    is(`no ${name}`, await reset(body), 400, { error: 'All fields are required.' });
  }
  is('nothing', await reset({}), 400, { error: 'All fields are required.' });
  is('wrong token', await reset({ uid, token: 'wrong', new_password: fresh }), 400, { error: 'Invalid or expired token.' });
  is('somebody else', await reset({ uid: '1', token, new_password: fresh }), 400, { error: 'Token does not match user.' });
  is('nobody', await reset({ uid: '-', token, new_password: fresh }), 400, { error: 'Invalid user.' });
  is('weak', await reset({ uid, token, new_password: 'password1' }), 400, (body) => assert.deepEqual(Object.keys(body), ['error']));
  is('an access token', await reset({ uid, token: (await login()).vf_access[0], new_password: fresh }), 400, { error: 'Invalid or expired token.' });
  is('good', await reset({ uid, token, new_password: fresh }), 200, { message: 'Password has been reset successfully.' });
  is('twice', await reset({ uid, token, new_password: 'the third password' }), 400, { error: 'Invalid or expired token.' });
  is('old password', await post('/users/login/', { email, password }), 400);
  is('new password', await post('/users/login/', { email, password: fresh }), 200);
  assert.match(await letter(set, email, 'Your Videoflix password was changed'), /password/);
  await forgot({ email });
  const next = await until(async () => {
    const found = (await letter(set, email, 'Reset Your Password')).match(/token=([\w-]+)/)[1];
    return found !== token && found;
  });
  is('by the name password', await reset({ uid, token: next, password }), 200, { message: 'Password has been reset successfully.' });
});

row('GET /users/email-exists/', async (is) => {
  const exists = (query) => get(`/users/email-exists/${query}`);
  is('known', await exists(`?email=${encodeURIComponent(email)}`), 200, { exists: true });
  is('other spelling', await exists('?email=%20S3%40EXAMPLE.test'), 200, { exists: true });
  is('unknown', await exists('?email=nobody%40example.test'), 200, { exists: false });
  for (const query of ['?email=nonsense', '?email=%ff', `?email=${'x'.repeat(300)}%40example.test`]) is(query.slice(0, 10), await exists(query), 400, { email: ['Enter a valid email address.'] });
  for (const query of ['', '?email=']) is(query || 'nothing', await exists(query), 400, { email: required });
});

row('GET /health/ and /healthz', async (is) => {
  await until(async () => (await get('/health/')).status === 200);
  is('health', await get('/health/'), 200, { status: 'ok', components: { database: 'ok', cache: 'ok' } });
  is('healthz', await get('/healthz'), 200, 'OK');
  is('health without slash', await get('/health'), 301, (body, { headers }) => assert.equal(headers.get('location'), '/health/'));
  is('healthz with slash', await get('/healthz/'), 404);
  const { pid } = { pid: set.pid('zoe-history') };
  process.kill(pid, 'SIGSTOP');
  try {
    const ill = await until(async () => {
      const answer = await get('/health/');
      return answer.status === 503 && answer;
    });
    is('a service is away', ill, 503, { status: 'error', components: { database: 'error', cache: 'ok' } });
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await until(async () => (await get('/health/')).status === 200);
});

row('second factor and suspension', async (is) => {
  const secret = await secondFactor(set, email, password);
  is('no code', await post('/users/login/', { email, password }), 400, (body) => assert.match(body.non_field_errors[0], /second factor.*code/));
  is('wrong code', await post('/users/login/', { email, password, code: '1' }), 400, (body) => assert.deepEqual(Object.keys(body), ['non_field_errors']));
  const mine = cookies(is('code', await post('/users/login/', { email, password, code: totp(secret) }), 200));
  const { access_token: root } = await set.login();
  const id = Number(await set.sql(`select id from auth.accounts where email = '${email}'`));
  await set.expect(200, 'POST', `/v1/admin/users/${id}/suspend`, { token: root, body: { reason: 'a test' } });
  const told = await until(async () => {
    const answer = await post('/users/logout/', {}, jar(mine));
    return answer.status === 401 && answer.body.code === 'user_inactive' && answer;
  });
  is('a suspended account', told, 401, { detail: 'User is inactive', code: 'user_inactive' });
  is('its refresh', await post('/users/refresh/', {}, jar(mine)), 401, { error: 'Invalid refresh token.' });
  is('its login', await post('/users/login/', { email, password, code: totp(secret, 1) }), 400, { non_field_errors: ['Invalid credentials or inactive user.'] });
});

row('requests without a login are counted', async (is) => {
  const limited = await startSet({ env: { ZOE_RATE_LIMITS: 'on' } });
  try {
    const knock = (address) => limited.api('POST', '/users/login/', { body: { email, password: '' }, headers: { 'X-Forwarded-For': address } });
    for (let n = 0; n < 30; n++) assert.equal((await knock('203.0.113.9')).status, 400);
    is('the next one', await knock('203.0.113.9'), 429, (body, { headers }) => {
      const seconds = Number(headers.get('retry-after'));
      assert.ok(seconds > 0 && seconds <= 60);
      assert.equal(body.detail, `Request was throttled. Expected available in ${seconds} seconds.`);
    });
    is('of another address', await knock('203.0.113.10'), 400);
    is('other dialects are not concerned', await limited.api('GET', '/content', { headers: { 'X-Forwarded-For': '203.0.113.9' } }), 200);
  } finally {
    await limited.stop();
  }
});

row('CORS and unknown paths', async (is) => {
  is('preflight', await set.api('OPTIONS', '/users/login/', { headers: { Origin: 'http://localhost:4200', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type,x-retry' } }), 204, (body, { headers }) => {
    assert.deepEqual([headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')], ['http://localhost:4200', 'true']);
    assert.match(headers.get('access-control-allow-headers'), /X-Retry/);
  });
  for (const path of ['/users/', '/users/nothing/', '/users/login/x']) is(path, await get(path), 404, (body) => assert.ok(body.error));
});

let viewer;
let film;
let bare;
let elsewhere;

row('the titles of these tests', async () => {
  const made = await set.film({ file: await makeFilm({ seconds: 2, size: '640x360' }), title: 'Film' });
  // A rung as one file is made after the film is ready.
  film = await until(async () => {
    const title = await set.title(made.title.id);
    return title.renditions.every(({ file }) => file) && title;
  }, { ms: 60000, what: 'the rungs as files' });
  bare = await set.createTitle(made.session.access_token, 'Without a film', { category: 'Drama' });
  // None of these can be played as a file, and the list leaves them out.
  elsewhere = [
    await set.createTitle(made.session.access_token, 'At YouTube', { source: 'youtube', youtube_id: 'CBYhVcO4WgI' }),
    await set.createTitle(made.session.access_token, 'Elsewhere', { source: 'url', source_url: 'https://films.example/1.mp4' }),
    await set.createTitle(made.session.access_token, 'A series', { kind: 'series' }),
  ];
  const { email: address } = await set.register('fav@example.test');
  await set.sql(`update auth.accounts set verified_at = now() where email = '${address}'`);
  viewer = { email: address, password: 'a fine password' };
});

/** Cookies of the viewer's login. */
async function view() {
  const answer = await post('/users/login/', viewer);
  assert.equal(answer.status, 200, answer.text);
  return jar(cookies(answer));
}

row('GET /content/', async (is) => {
  const { access_token: admin } = await set.login();
  const login = await view();
  const { body } = is('newest first', await get('/content/', login), 200, (list, { headers }) => {
    assert.equal(headers.get('cache-control'), 'max-age=5');
    assert.deepEqual(list.map(({ title, category }) => [title, category]), [['Without a film', 'Drama'], ['Film', 'Other']]);
    assert.deepEqual(Object.keys(list[0]), ['id', 'created_at', 'title', 'description', 'category', 'image_file', 'image_url', 'video_file', 'converted_files', 'processing_state', 'processing_error']);
    assert.deepEqual([list[0].image_file, list[0].converted_files, list[0].processing_error], [null, {}, '']);
    assert.deepEqual(list.map(({ video_file: file, processing_state: state }) => [file, state]), [[null, 'pending'], [`videos/${film.id}.mp4`, 'ready']]);
  });
  const [, shown] = body;
  assert.equal(shown.processing_state, 'ready');
  assert.equal(shown.image_file, `${set.base}/v1/titles/${film.id}/poster.jpg`);
  assert.deepEqual(Object.keys(shown.converted_files).sort(), film.renditions.filter(({ file }) => file).map(({ name }) => name).sort());
  assert.ok(shown.converted_files['360p'] && shown.converted_files['120p'], JSON.stringify(shown));
  is('as bearer', await get('/content/', { Authorization: `Bearer ${login.Cookie.match(/vf_access=([^;]+)/)[1]}` }), 200);
  is('no login', await get('/content/'), 401, absent);
  is('of another realm', await get('/content/', { Cookie: `vf_access=${admin}` }), 401, notValid);
  is('POST', await post('/content/', {}, login), 405, { detail: 'Method "POST" not allowed.' });
  is('POST without a login', await post('/content/', {}), 401, absent);
  is('POST with a bad one', await post('/content/', {}, { Cookie: 'vf_access=nonsense' }), 401, notValid);
  is('without the slash it is somebody else', await get('/content'), 200);
});

row('POST /content/add-favorite/', async (is) => {
  const login = await view();
  const toggle = (body, headers = login) => post('/content/add-favorite/', body, headers);
  await until(async () => (await toggle({ video_id: film.id })).status === 200);
  is('a second', await toggle({ video_id: bare.id }), 200, [film.id, bare.id]);
  is('told at the login', await post('/users/login/', viewer), 200, (body) => {
    assert.deepEqual(Object.keys(body), ['id', 'username', 'email', 'phone', 'address', 'favorite_videos']);
    assert.deepEqual(body.favorite_videos, [film.id, bare.id]);
  });
  is('off again', await toggle({ video_id: film.id }), 200, [bare.id]);
  is('as text', await toggle({ video_id: String(bare.id) }), 200, []);
  is('a form', await toggle(`video_id=${film.id}`, { ...login, ...form }), 200, [film.id]);
  for (const body of [{}, undefined, { video_id: null }, { video_id: '' }]) is(JSON.stringify(body) ?? 'no body', await toggle(body), 400, { message: 'Video ID is required.' });
  for (const id of ['x', 0, -1, 1.5, [1]]) is(JSON.stringify(id), await toggle({ video_id: id }), 400, { message: 'Video ID is not valid.' });
  is('unknown', await toggle({ video_id: 99999 }), 404, { message: 'Video not found' });
  is('no login', await toggle({ video_id: film.id }, {}), 401, absent);
  is('bad login', await toggle({ video_id: film.id }, { Cookie: 'vf_access=nonsense' }), 401, notValid);
});

row('GET /content/video-url/<id>/', async (is) => {
  const login = await view();
  const url = (id, query = '', headers = login) => get(`/content/video-url/${id}/${query}`, headers);
  const open = (address, headers = {}) => fetch(address, { headers });
  for (const quality of ['120p', '360p']) {
    const { body } = is(quality, await url(film.id, `?quality=${quality}`), 200, (told) => assert.match(told.url, new RegExp(`^${set.base}/play/[\\w.-]+/${quality}/film\\.mp4$`)));
    const part = await open(body.url, { Range: 'bytes=4-7' });
    assert.deepEqual([part.status, await part.text(), part.headers.get('content-type')], [206, 'ftyp', 'video/mp4']);
  }
  is('the best', await url(film.id), 200, (body) => assert.match(body.url, /\/360p\/film\.mp4$/));
  for (const quality of ['1080p', '7', '../..']) is(quality, await url(film.id, `?quality=${quality}`), 404, { detail: 'Requested quality not available' });
  for (const { id, title } of [bare, ...elsewhere]) is(title, await url(id), 404, { detail: 'Video file missing' });
  is('unknown', await url(99999), 404, { detail: 'Video not found' });
  is('no login', await url(film.id, '', {}), 401, absent);
  is('bad login', await url(film.id, '', { Cookie: 'vf_access=nonsense' }), 401, notValid);
  is('without the slash', await get(`/content/video-url/${film.id}?quality=360p`, login), 301, (body, { headers }) => assert.match(headers.get('location'), /\/content\/video-url\/\d+\/\?quality=360p$/));
});
