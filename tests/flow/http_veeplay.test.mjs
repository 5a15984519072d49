// The rows of veeplay to the letter.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { deflateSync } from 'node:zlib';
import { claims, contract, expired, letter, malformed, mint, secondFactor, totp } from './contract.mjs';
import { makeFilm, startSet, until } from './lib.mjs';

let set;
const row = contract('veeplay');
const email = 'vee@example.test';
const password = 'a fine password';
const both = (text) => ({ message: text, error: text });
const msg = (text) => ({ msg: text, message: text });
const post = (path, body, headers = {}) => set.api('POST', path, { body, headers });
const missing = 'Missing Authorization Header';
const scheme = "Missing 'Bearer' type in 'Authorization' header. Expected 'Authorization: Bearer <JWT>'";

before(async () => {
  set = await startSet();
});
after(() => set?.stop());

function crc32(bytes) {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

async function login(more = {}) {
  const answer = await post('/login', { email, password, ...more });
  assert.equal(answer.status, 200, answer.text);
  return answer.body.access_token;
}

row('POST /register', async (is) => {
  is('new', await post('/register', { name: ' Vee ', email: ` ${email.toUpperCase()} `, password }), 201, { message: 'User registered successfully.' });
  is('known', await post('/register', { name: 'Vee', email, password }), 400, both('Email already exists'));
  is('known, other spelling', await post('/register', { name: 'Vee', email: 'VEE@Example.TEST', password }), 400, both('Email already exists'));
  for (const name of ['name', 'email', 'password']) {
    const body = { name: 'Vee', email: 'new@example.test', password };
    delete body[name];
    is(`no ${name}`, await post('/register', body), 400, (told) => assert.deepEqual([told.message, told.error], [`${name} is required.`, `${name} is required.`]));
    is(`${name} null`, await post('/register', { name: 'Vee', email: 'new@example.test', password, [name]: null }), 400);
    is(`${name} a number`, await post('/register', { name: 'Vee', email: 'new@example.test', password, [name]: 5 }), 400);
  }
  is('no address', await post('/register', { name: 'Vee', email: 'nonsense', password }), 400);
  is('short', await post('/register', { name: 'Vee', email: 'new@example.test', password: '1x3y5z7' }), 400, both('password must have at least 8 bytes.'));
  is('long', await post('/register', { name: 'Vee', email: 'new@example.test', password: 'x'.repeat(73) }), 400);
  is('common', await post('/register', { name: 'Vee', email: 'new@example.test', password: 'password1' }), 400, both('password is one of the first that anybody would try.'));
  for (const [what, body, headers] of malformed) is(what, await post('/register', body, headers), body === 'x=y' ? 415 : 400, (told) => assert.ok(told.message));
  const answers = await Promise.all(Array.from({ length: 20 }, () => post('/register', { name: 'Race', email: 'race@example.test', password })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(19).fill(400)]);
});

row('POST /login', async (is) => {
  const answer = is('right', await post('/login', { email, password }), 200, (body) => {
    assert.deepEqual(Object.keys(body), ['access_token', 'token', 'user']);
    assert.deepEqual([body.token, Object.keys(body.user)], [body.access_token, ['id', 'email', 'name', 'username']]);
    assert.deepEqual([body.user.email, body.user.name], [email, 'Vee']);
    const token = claims(body.access_token);
    assert.deepEqual([token.user_id, token.email, token.exp - token.iat, token.aud], [body.user.id, email, 3600, 'veeplay']);
  });
  assert.deepEqual(answer.headers.getSetCookie(), [], 'cookies never');
  is('other spelling', await post('/login', { email: ' VEE@example.test', password }), 200);
  is('wrong', await post('/login', { email, password: 'wrong' }), 401, both('Invalid credentials'));
  is('unknown', await post('/login', { email: 'nobody@example.test', password }), 401, both('Invalid credentials'));
  is('too long', await post('/login', { email, password: 'x'.repeat(500) }), 401, both('Invalid credentials'));
  for (const body of [{}, { email }, { password }, { email: '', password }, { email: 5, password }, { email, password: ['x'] }])
    is(JSON.stringify(body), await post('/login', body), 400, (told) => assert.ok(told.message && told.error));
  is('no body', await post('/login'), 400);
  for (const [what, body, headers] of malformed) is(what, await post('/login', body, headers), body === 'x=y' ? 415 : 400, (told) => assert.ok(told.message));
  is('GET', await set.api('GET', '/login'), 405, (body, { headers }) => assert.equal(headers.get('allow'), 'POST, OPTIONS'));
  is('slash', await post('/login/', { email, password }), 404);
});

row('second factor', async (is) => {
  await post('/register', { name: 'Two', email: 'two@example.test', password });
  const secret = await secondFactor(set, 'two@example.test', password);
  is('no code', await post('/login', { email: 'two@example.test', password }), 401, (body) => assert.match(body.message, /second factor.*code/));
  is('wrong code', await post('/login', { email: 'two@example.test', password, code: '000000' }), 401);
  is('wrong password', await post('/login', { email: 'two@example.test', password: 'wrong', code: totp(secret) }), 401, both('Invalid credentials'));
  is('code', await post('/login', { email: 'two@example.test', password, code: totp(secret) }), 200);
});

row('GET /account', async (is) => {
  const token = await login();
  is('mine', await set.api('GET', '/account', { token }), 200, (body) => {
    assert.deepEqual(Object.keys(body), ['id', 'name', 'email', 'profile_picture']);
    assert.deepEqual([body.name, body.email, body.profile_picture], ['Vee', email, `${set.base}/pictures/default.jpg`]);
  });
  const refused = (headers) => set.api('GET', '/account', { headers });
  is('no header', await refused({}), 401, msg(missing));
  is('a cookie', await refused({ Cookie: `access_token=${token}` }), 401, msg(missing));
  for (const header of [`Token ${token}`, 'Bearer', token]) is(header.slice(0, 8), await refused({ Authorization: header }), 401, msg(scheme));
  const [head, , tail] = token.split('.');
  const forged = [head, Buffer.from(JSON.stringify({ ...claims(token), user_id: 1, sub: '1' })).toString('base64url'), tail].join('.');
  for (const bad of ['garbage', 'a.b.c', forged, (await set.login()).access_token])
    is('not valid', await refused({ Authorization: `Bearer ${bad}` }), 401, msg('Token is not valid'));
  is('expired', await refused({ Authorization: `Bearer ${await mint(set, token, expired())}` }), 401, msg('Token has expired'));
  is('a minted one is good', await refused({ Authorization: `Bearer ${await mint(set, token, {})}` }), 200);
  is('another realm', await refused({ Authorization: `Bearer ${await mint(set, token, { aud: 'streamify' })}` }), 401, msg('Token is not valid'));
  is('for playback', await refused({ Authorization: `Bearer ${await mint(set, token, { use: 'play' })}` }), 401, msg('Token is not valid'));
  await post('/register', { name: 'Gone', email: 'gone@example.test', password });
  const { body: { access_token: lost } } = await post('/login', { email: 'gone@example.test', password });
  await set.sql(`delete from auth.accounts where email = 'gone@example.test'`);
  is('the account is gone', await refused({ Authorization: `Bearer ${lost}` }), 404, both('User not found'));
  is('a page of 401', await refused({}), 401, (body, { headers }) => assert.equal(headers.get('www-authenticate'), 'Bearer'));
  is('POST', await post('/account', {}), 405, (body, { headers }) => assert.equal(headers.get('allow'), 'GET, PUT, HEAD, OPTIONS'));
  is('slash', await set.api('GET', '/account/', { token }), 404);
});

row('PUT /account', async (is) => {
  const token = await login();
  const put = (body, headers = {}) => set.api('PUT', '/account', { token, body, headers });
  is('name', await put({ name: 'Vee the Second' }), 200, { message: 'Account updated successfully.' });
  assert.equal((await set.api('GET', '/account', { token })).body.name, 'Vee the Second');
  is('nothing', await put({}), 200, { message: 'Account updated successfully.' });
  for (const name of ['', '  ', 'x'.repeat(101), 5]) is(`name ${JSON.stringify(name).slice(0, 8)}`, await put({ name }), 400, (body) => assert.ok(body.message));
  is('no login', await set.api('PUT', '/account', { body: { name: 'x' } }), 401, msg(missing));
  for (const [what, body, headers] of malformed) is(what, await put(body, headers), body === 'x=y' ? 415 : 400);
  assert.equal((await set.api('GET', '/account', { token })).body.name, 'Vee the Second');
});

row('PUT /account, picture', async (is) => {
  const token = await login();
  const put = (body) => set.api('PUT', '/account', { token, body });
  const mine = async () => (await set.api('GET', '/account', { token })).body.profile_picture;
  const chunk = (type, data) => {
    const whole = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length);
    frame.writeUInt32BE(crc32(whole), 4);
    return Buffer.concat([frame.subarray(0, 4), whole, frame.subarray(4)]);
  };
  const head = Buffer.from([0, 0, 0, 64, 0, 0, 0, 64, 8, 2, 0, 0, 0]);
  const png = Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.alloc(64 * (64 * 3 + 1)))), chunk('IEND', Buffer.alloc(0))]);
  is('base64', await put({ name: 'Vee', profile_picture: png.toString('base64') }), 200, { message: 'Account updated successfully.' });
  const first = await mine();
  assert.match(first, new RegExp(`^${set.base}/pictures/[0-9a-f]{32}-512\\.jpg$`));
  const answer = await fetch(first);
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'image/jpeg']);
  is('a data: URL', await put({ profile_picture: `data:image/png;base64,${png.toString('base64')}` }), 200, { message: 'Account updated successfully.' });
  assert.notEqual(await mine(), first);
  for (const bad of ['not base64!', Buffer.from('no picture at all').toString('base64'), 5]) is(`picture ${bad}`.slice(0, 20), await put({ profile_picture: bad }), 400, (body) => assert.ok(body.message));
  is('none', await put({ profile_picture: '' }), 200);
  assert.equal(await mine(), `${set.base}/pictures/default.jpg`);
  assert.equal((await fetch(`${set.base}/pictures/default.jpg`)).status, 200);
});

row('POST /forgot-password and /reset-password', async (is) => {
  const token = await login();
  const sent = { message: 'Password reset email sent.' };
  is('known', await post('/forgot-password', { email: 'VEE@example.test' }), 200, sent);
  is('unknown', await post('/forgot-password', { email: 'nobody@example.test' }), 200, sent);
  is('nonsense', await post('/forgot-password', { email: 'nonsense' }), 200, sent);
  is('no address', await post('/forgot-password', {}), 400, (body) => assert.ok(body.message));
  for (const [what, body, headers] of malformed) is(what, await post('/forgot-password', body, headers), body === 'x=y' ? 415 : 400);
  const text = await letter(set, email, 'Password Reset Request');
  const [, link] = text.match(/http:\/\/localhost:4200\/reset-password\?token=([\w-]+)/);
  const refusal = both('Invalid or expired token');
  const reset = (body) => post('/reset-password', body);
  is('wrong token', await reset({ token: 'wrong', password: 'the new password' }), 400, refusal);
  is('an access token', await reset({ token, password: 'the new password' }), 400);
  is('weak', await reset({ token: link, password: 'password1' }), 400, (body) => assert.ok(body.message));
  is('no token', await reset({ password: 'the new password' }), 400);
  is('no password', await reset({ token: link }), 400);
  is('good', await reset({ token: link, password: 'the new password' }), 200, { message: 'Password updated successfully.' });
  is('twice', await reset({ token: link, password: 'the third password' }), 400, refusal);
  is('old password', await post('/login', { email, password }), 401, both('Invalid credentials'));
  is('new password', await post('/login', { email, password: 'the new password' }), 200);
  await until(async () => (await set.api('GET', '/account', { token })).status === 401);
  is('the old session', await set.api('GET', '/account', { token }), 401, msg('Token is not valid'));
  await set.sql("update auth.one_time_tokens set expires_at = now() - interval '1 second'");
  await post('/forgot-password', { email });
  const again = await until(async () => {
    const found = (await letter(set, email, 'Password Reset Request')).match(/token=([\w-]+)/)[1];
    return found !== link && found;
  });
  await set.sql("update auth.one_time_tokens set expires_at = now() - interval '1 second'");
  is('expired', await reset({ token: again, password: 'the third password' }), 400, refusal);
});

row('a suspended account', async (is) => {
  await post('/register', { name: 'Out', email: 'out@example.test', password });
  const { body } = await post('/login', { email: 'out@example.test', password });
  await set.expect(200, 'POST', `/v1/admin/users/${body.user.id}/suspend`, { token: (await set.login()).access_token, body: { reason: 'a test' } });
  const gone = await until(async () => {
    const answer = await set.api('GET', '/account', { token: body.access_token });
    return answer.status === 401 && answer.body.msg === 'Token has been revoked' && answer;
  });
  is('token', gone, 401, msg('Token has been revoked'));
  is('login', await post('/login', { email: 'out@example.test', password }), 401, both('Invalid credentials'));
});

row('CORS', async (is) => {
  const ask = (origin) => set.api('OPTIONS', '/account', { headers: { Origin: origin, 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'authorization' } });
  is('a listed origin', await ask('http://localhost:4200'), 204, (body, { headers }) => {
    assert.equal(headers.get('access-control-allow-origin'), 'http://localhost:4200');
    assert.equal(headers.get('access-control-allow-methods'), 'GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS');
    assert.match(headers.get('access-control-allow-headers'), /Content-Type, Authorization/);
  });
  is('another', await ask('http://evil.test'), 204, (body, { headers }) => assert.deepEqual([headers.get('access-control-allow-origin'), headers.get('access-control-allow-methods')], [null, null]));
  const lost = { Origin: 'http://localhost:4200', 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'authorization' };
  is('of a path that is nobody\'s, so that the page can read the 404', await set.api('OPTIONS', '/nothing', { headers: lost }), 204, (body, { headers }) => assert.equal(headers.get('access-control-allow-origin'), lost.Origin));
  is('which says so', await set.api('GET', '/nothing', { headers: { Origin: lost.Origin, Authorization: 'Bearer x' } }), 404, (body, { headers }) => assert.equal(headers.get('access-control-allow-origin'), lost.Origin));
  is('OPTIONS that is no preflight', await set.api('OPTIONS', '/nothing'), 404);
});

/** An administrator's token of this realm. */
async function adminLogin() {
  return (await set.expect(200, 'POST', '/login', { body: set.admin })).body.access_token;
}

const viewing = { email: 'viewer@example.test', password: 'a fine password' };

/** A viewer's token of this realm. */
async function viewer() {
  await post('/register', { name: 'Viewer', ...viewing });
  return (await set.expect(200, 'POST', '/login', { body: viewing })).body.access_token;
}

const absent = both('Content not found');

row('POST /content', async (is) => {
  const create = (body, token) => set.api('POST', '/content', { body, token });
  const admin = await adminLogin();
  is('new', await create({ title: ' A film ', type: 'movie', description: 'About it' }, admin), 201, ({ message, id }) => {
    assert.equal(message, 'Content created successfully.');
    assert.ok(Number.isInteger(id));
  });
  is('a series', await create({ title: 'A show', type: 'series', description: 'A great show.' }, admin), 201);
  is('no title', await create({ type: 'movie' }, admin), 400, (body) => assert.ok(body.message));
  is('another type', await create({ title: 'X', type: 'opera' }, admin), 400, (body) => assert.match(body.message, /^type /));
  is('no login', await create({ title: 'X' }), 401, msg(missing));
  is('a user', await create({ title: 'X' }, await viewer()), 403, (body) => assert.ok(body.message));
});

row('GET /content', async (is) => {
  const { body } = is('everybody', await set.api('GET', '/content'), 200, (list) => {
    assert.deepEqual(list.map(({ title, type, description, poster_url: poster }) => [title, type, description, poster]),
      [['A show', 'series', 'A great show.', null], ['A film', 'movie', 'About it', null]]);
    assert.deepEqual(Object.keys(list[0]), ['id', 'title', 'type', 'description', 'poster_url']);
  });
  assert.equal(body.length, 2);
  await set.sql(`insert into content.titles (title, kind) select 'Many ' || n, 'movie' from generate_series(1, 150) n`);
  is('all of them', await set.api('GET', '/content'), 200, (list) => assert.equal(new Set(list.map(({ id }) => id)).size, 152));
  await set.sql(`delete from content.titles where title like 'Many %'`);
});

row('GET /content/<id>', async (is) => {
  const { session, title: film } = await set.film({ file: await makeFilm({ seconds: 2 }), title: 'Hosted' });
  const admin = session.access_token;
  const series = (await set.api('GET', '/content')).body.find(({ type }) => type === 'series');
  const episode = (await set.expect(201, 'POST', `/v1/titles/${series.id}/episodes`, { token: admin, body: { season: 1, episode: 1, title: 'Episode One', source: 'url', source_url: 'https://films.example.test/1.mp4' } })).body;
  is('a series', await set.api('GET', `/content/${series.id}`), 200, (body) => {
    assert.deepEqual([body.id, body.title, body.type, body.description, body.poster_url, body.stream_url], [series.id, 'A show', 'series', 'A great show.', null, null]);
    assert.deepEqual(body.seasons.map(({ season_number: number }) => number), [1]);
    const [one] = body.seasons[0].episodes;
    assert.deepEqual([one.episode_number, one.title, one.episode_id], [1, 'Episode One', episode.id]);
  });
  const one = (await set.api('GET', `/content/${series.id}`)).body.seasons[0].episodes[0];
  const open = (address) => set.api('GET', new URL(address).pathname);
  is('an episode elsewhere', await open(one.stream_url), 302, (body, { headers }) => assert.equal(headers.get('location'), 'https://films.example.test/1.mp4'));
  const { body } = is('a film', await set.api('GET', `/content/${film.id}`), 200, ({ type, seasons }) => assert.deepEqual([type, seasons], ['movie', []]));
  const inside = claims(body.stream_url.split('/')[4]);
  assert.deepEqual([inside.use, inside.exp - inside.iat, inside.tid], ['stream', 3600, film.id]);
  const { headers } = is('it plays', await open(body.stream_url), 302);
  assert.match((await open(headers.get('location'))).text, /^#EXTM3U/);
  is('changed', await open(body.stream_url.replace(/\.[^.]+\/master/, '.AAAA/master')), 403);
  const plan = (await set.expect(201, 'POST', '/v1/admin/plans', { token: admin, body: { name: 'Gold', price: 0, currency: 'EUR', interval: 'month' } })).body;
  const change = (more) => set.expect(200, 'PATCH', `/v1/titles/${film.id}`, { token: admin, headers: { 'If-Match': '*' }, body: more });
  await change({ plan_id: plan.id });
  is('a stranger and a plan', await open((await set.api('GET', `/content/${film.id}`)).body.stream_url), 402);
  const token = await viewer();
  is('an account without the plan', await open((await set.api('GET', `/content/${film.id}`, { token })).body.stream_url), 402);
  const { access_token: v1 } = await set.login(viewing.email, viewing.password);
  await set.expect(201, 'POST', '/v1/me/subscription', { token: v1, body: { plan_id: plan.id } });
  is('an account with the plan', await open((await set.api('GET', `/content/${film.id}`, { token })).body.stream_url), 302);
  is('a bad login is none', await set.api('GET', `/content/${film.id}`, { token: 'a.b.c' }), 200);
  await change({ visibility: 'hidden' });
  is('hidden', await set.api('GET', `/content/${film.id}`), 404, absent);
  is('hidden since', await open(body.stream_url), 404);
  is('unknown', await set.api('GET', '/content/99999'), 404, absent);
  for (const path of ['/content/abc', '/content/-1', `/content/${series.id}/`, `/content/${'9'.repeat(30)}`]) is(path, await set.api('GET', path), 404);
});

row('PUT and DELETE /content/<id>', async (is) => {
  const admin = await adminLogin();
  const { id } = (await set.api('POST', '/content', { token: admin, body: { title: 'To change', type: 'movie' } })).body;
  const put = (body, token = admin, at = id) => set.api('PUT', `/content/${at}`, { body, token });
  is('changed', await put({ title: 'Changed', description: 'New' }), 200, { message: 'Content updated successfully.' });
  is('as told', await set.api('GET', `/content/${id}`), 200, (body) => assert.deepEqual([body.title, body.description, body.type], ['Changed', 'New', 'movie']));
  is('one field', await put({ description: 'Newer' }), 200);
  is('the other stays', await set.api('GET', `/content/${id}`), 200, (body) => assert.deepEqual([body.title, body.description], ['Changed', 'Newer']));
  is('too long', await put({ title: 'x'.repeat(201) }), 400);
  is('unknown', await put({ title: 'X' }, admin, 99999), 404, absent);
  is('a user', await put({ title: 'X' }, await viewer()), 403);
  is('no login', await set.api('PUT', `/content/${id}`, { body: { title: 'X' } }), 401, msg(missing));
  is('deleting as a user', await set.api('DELETE', `/content/${id}`, { token: await viewer() }), 403);
  is('deleting without', await set.api('DELETE', `/content/${id}`), 401, msg(missing));
  is('deleted', await set.api('DELETE', `/content/${id}`, { token: admin }), 200, { message: 'Content deleted successfully.' });
  is('gone', await set.api('GET', `/content/${id}`), 404, absent);
  is('deleted again', await set.api('DELETE', `/content/${id}`, { token: admin }), 404, absent);
});

row('/watch-history', async (is) => {
  const token = await viewer();
  const list = await set.api('GET', '/content');
  const series = list.body.find(({ type }) => type === 'series');
  const film = list.body.find(({ title }) => title === 'A film');
  const episode = (await set.api('GET', `/content/${series.id}`)).body.seasons[0].episodes[0];
  const history = (body, login = token) => set.api('POST', '/watch-history', { body, token: login });
  is('nothing yet', await set.api('GET', '/watch-history', { token }), 200, []);
  is('a film', await history({ content_id: film.id, position: 12 }), 200, { message: 'Watch history updated.' });
  is('an episode', await history({ content_id: series.id, episode_id: episode.episode_id, position: 1200 }), 200);
  is('again', await history({ content_id: film.id, position: 30 }), 200);
  is('newest first', await set.api('GET', '/watch-history', { token }), 200, (items) => {
    assert.deepEqual(items.map(({ content_id: id, title, position }) => [id, title, position]), [[film.id, 'A film', 30], [series.id, 'A show', 1200]]);
    for (const item of items) assert.match(item.last_watched, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  });
  for (const body of [{}, { content_id: film.id }, { position: 5 }, { content_id: 'x', position: 5 }, { content_id: film.id, position: -1 }])
    is(JSON.stringify(body), await history(body), 400, (told) => assert.ok(told.message));
  is('no login', await set.api('GET', '/watch-history'), 401, msg(missing));
  is('no login to write', await set.api('POST', '/watch-history', { body: { content_id: film.id, position: 1 } }), 401, msg(missing));
});
