// Deny by default: every route that the running programs list, with every kind of login that must not open it.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { cookies, expired, mint } from './contract.mjs';
import { makeFilm, routesOf, startSet, until } from './lib.mjs';

const password = 'a fine password';
/** How each dialect logs in: [path, name of the address, where the token is]; a cookie's name instead of a member. */
const entrances = {
  v1: ['/v1/login', 'email', 'access_token'], veeplay: ['/login', 'email', 'access_token'], videoapp: ['/auth/login', 'email', 'token'],
  videoflix_hls: ['/api/login/', 'email', 'cookie:access_token'], videoflix_s3: ['/users/login/', 'email', 'cookie:vf_access'], streamify: ['/login', 'username', 'token'],
};
const cookieOf = Object.fromEntries(Object.entries(entrances).filter(([, [, , place]]) => place.startsWith('cookie:')).map(([dialect, [, , place]]) => [dialect, place.slice(7)]));

let set;
let routes;
let tokens;
let film;
const person = { email: 'walker@example.test', password };

before(async () => {
  set = await startSet({ env: { ZOE_ACCESS_SECONDS: '3600' } });
  routes = routesOf(set.env);
  ({ title: film } = await set.film({ file: await makeFilm({ seconds: 2 }) }));
  await set.register(person.email, password, 'Walker');
  await set.sql(`update auth.accounts set verified_at = now() where email = '${person.email}'`);
  tokens = await logins(person);
}, { timeout: 180000 });
after(() => set?.stop());

/** {dialect: access token} of an account. */
async function logins({ email, password: secret }) {
  const found = {};
  for (const [dialect, [path, name, place]] of Object.entries(entrances)) {
    const answer = await set.expect(200, 'POST', path, { body: { [name]: email, password: secret } });
    found[dialect] = place.startsWith('cookie:') ? cookies(answer)[place.slice(7)][0] : answer.body[place];
  }
  return found;
}

/** The path with something real in its places. */
const fill = (path) => path.replace(/\{(\w+)(:int)?\}/g, (_, name, number) => (number ? String(film.id) : name === 'rung' ? '480p' : name === 'id' ? String(film.id).padStart(24, '0') : 'x'));

function ask({ method, path, when }, headers) {
  const body = method === 'GET' || method === 'HEAD' ? undefined : JSON.stringify({ [when ?? 'nothing']: 'x' });
  return set.api(method, fill(path), { body, headers: { 'Content-Type': 'application/json', 'Tus-Resumable': '1.0.0', 'If-Match': '*', ...(when?.includes('/') ? { Accept: when } : {}), ...headers } });
}

const bearer = (token) => ({ Authorization: `Bearer ${token}` });
const closed = () => routes.filter(({ who }) => who === 'user' || who === 'admin');
const named = ({ method, path, dialect }) => `${dialect} ${method} ${path}`;

/** Asks every closed route with every such login; what was not refused with 401. */
async function opened(kinds) {
  const found = [];
  let count = 0;
  for (const route of closed())
    for (const [what, headers] of kinds(route)) {
      const { status } = await ask(route, headers);
      count++;
      if (status !== 401) found.push(`${named(route)} with ${what}: ${status}`);
    }
  console.log(`${count} requests to ${closed().length} closed routes of ${routes.length}`);
  assert.ok(count >= closed().length);
  return found;
}

test('the routes are those of all dialects, and most are closed', () => {
  assert.deepEqual([...new Set(routes.map(({ dialect }) => dialect))], ['house', 'v1', 'veeplay', 'videoapp', 'videoflix_hls', 'videoflix_s3', 'streamify']);
  assert.ok(routes.length > 150 && closed().length > 90, `${closed().length} of ${routes.length}`);
  // What anybody may ask for is said here once more: a route that is opened by mistake is none of these.
  const open = routes.filter(({ who }) => who === 'anyone').map(named);
  const known = [/^house /, /^v1 (POST|OPTIONS|GET) \/v1\/(register|activate|activate\/resend|login|forgot-password|reset-password|refresh|plans|webhooks\/payments|uploads|uploads\/\{upload\})$/,
    /^veeplay POST \/(login|register|forgot-password|reset-password)$/, /^videoapp (GET \/|POST \/auth\/(signup|login))$/,
    /^videoflix_hls (POST|GET) \/api\/(register|login|logout|token\/refresh|password_reset|activate\/\{uid\}\/\{token\}|password_confirm\/\{uid\}\/\{token\})\/$/,
    /^videoflix_s3 (POST|GET) \/(users\/(register|confirm|login|forgot-password|reset-password|email-exists|refresh)\/|health\/|healthz)$/, /^streamify POST (\/api)?\/(login|register)$/];
  assert.deepEqual(open.filter((name) => !known.some((one) => one.test(name))), []);
});

test('without a login nothing closed opens', async () => {
  assert.deepEqual(await opened(() => [['none', {}], ['an empty bearer', { Authorization: 'Bearer ' }], ['another scheme', { Authorization: `Basic ${btoa('walker@example.test:a fine password')}` }]]), []);
});

test('a wrong or expired login opens nothing', async () => {
  const stale = {};
  const forged = {};
  for (const [dialect, token] of Object.entries(tokens)) {
    stale[dialect] = await mint(set, token, expired());
    const [head, body] = token.split('.');
    forged[dialect] = [`${head}.${body}.${'A'.repeat(86)}`, `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${body}.`];
  }
  assert.deepEqual(await opened(({ dialect }) => [
    ['garbage', bearer('a.b.c')], ['an expired bearer', bearer(stale[dialect])], ...forged[dialect].map((token) => ['a forged bearer', bearer(token)]),
    ...(cookieOf[dialect] ? [['an expired cookie', { Cookie: `${cookieOf[dialect]}=${stale[dialect]}` }], ['a forged cookie', { Cookie: `${cookieOf[dialect]}=${forged[dialect][0]}` }]] : []),
  ]), []);
});

test('no token or cookie of another kind opens anything', async () => {
  const { access_token: session } = await set.login();
  const { playlist_url: place } = (await set.expect(200, 'POST', `/v1/titles/${film.id}/playback`, { token: session, body: {} })).body;
  const { videos: [{ playback_token: watch }] } = (await set.expect(200, 'GET', '/dashboard', { token: tokens.videoapp })).body;
  const { stream_url: stream } = (await set.expect(200, 'GET', `/content/${film.id}`)).body;
  const { refresh_token: refresh } = await set.login();
  const played = { 'a playback token': place.split('/')[2], "videoapp's playback token": watch, "a list's address": stream.split('/')[4], 'a refresh token': refresh };
  for (const token of Object.values(played)) assert.match(token, /^[\w.-]{20,}$/);
  assert.deepEqual(await opened(({ dialect }) => [
    ...Object.entries(played).map(([what, token]) => [`${what} as bearer`, bearer(token)]),
    ...Object.entries(tokens).filter(([other]) => other !== dialect).map(([other, token]) => [`a bearer of ${other}`, bearer(token)]),
    ['the cookies of other dialects', { Cookie: Object.entries(cookieOf).filter(([other]) => other !== dialect).map(([other, name]) => `${name}=${tokens[other]}`).join('; ') }],
    ...(cookieOf[dialect] ? Object.entries({ ...tokens, ...played }).filter(([other]) => other !== dialect).map(([other, token]) => [`its cookie with a token of ${other}`, { Cookie: `${cookieOf[dialect]}=${token}` }])
      : [['its own token as a cookie', { Cookie: `access_token=${tokens[dialect]}; vf_access=${tokens[dialect]}` }]]),
  ]), []);
});

test('an address of a film opens nothing without its own token, at every media route', async () => {
  const viewer = await set.register();
  const { playlist_url: place } = (await set.expect(200, 'POST', `/v1/titles/${film.id}/playback`, { token: viewer.access_token, body: {} })).body;
  const { stream_url: stream } = (await set.expect(200, 'GET', `/content/${film.id}`, { token: tokens.veeplay })).body;
  const { videos: [{ playback_token: watch }] } = (await set.expect(200, 'GET', '/dashboard', { token: tokens.videoapp })).body;
  const good = { play: place.split('/')[2], stream: stream.split('/').at(-2) };
  const key = Buffer.from(await set.sql(`select encode(value, 'hex') from auth.secrets where name = 'playback'`), 'hex');
  const old = (token) => {
    const [head, body] = token.split('.'), claims = JSON.parse(Buffer.from(body, 'base64url'));
    const text = `${head}.${Buffer.from(JSON.stringify({ ...claims, iat: claims.iat - 90000, exp: claims.iat - 1 })).toString('base64url')}`;
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  };
  const other = { play: good.stream, stream: good.play };
  const names = { file: 'poster.jpg', rung: '120p', segment: 'segment_000.ts' };
  const media = routes.filter(({ path }) => /\{token\}/.test(path) && path.startsWith('/') && !/activate|confirm/.test(path));
  const at = ({ path }, token) => set.api('GET', path.replace('{token}', token).replace(/\{(\w+)\}/g, (_, name) => names[name]), { redirect: 'manual' }).then(({ status }) => status);
  const walk = async (kinds, wanted) => {
    const found = [];
    for (const route of media) {
      const kind = route.path.split('/')[1];
      for (const [what, token] of kinds(kind)) {
        const status = await at(route, token);
        if (!wanted(status)) found.push(`${route.path} with ${what}: ${status}`);
      }
    }
    return found;
  };
  assert.ok(media.length >= 6, media.map(({ path }) => path).join());
  assert.deepEqual(await walk((kind) => [['its own', good[kind]]], (status) => [200, 302].includes(status)), []);
  const [head, body, mark] = good.play.split('.');
  assert.deepEqual(await walk((kind) => [
    ['none', 'x'], ['a changed one', `${head}.${body}.${mark.slice(1)}A`], ['an unsigned one', `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${body}.`],
    ['an expired one', old(good[kind])], ['one of another kind', other[kind]], ["videoapp's", watch], ...Object.entries(tokens).map(([dialect, token]) => [`a login of ${dialect}`, token]),
  ], (status) => [403, 404].includes(status)), []);
  await set.expect(204, 'POST', '/v1/logout', { token: viewer.access_token });
  await until(async () => (await at({ path: '/play/{token}/master.m3u8' }, good.play)) === 403, { ms: 1000, every: 20, what: 'the film to end' });
  assert.deepEqual(await walk((kind) => (kind === 'play' ? [['one of a session that ended', good.play]] : []), (status) => status === 403), []);
});

test('a token in the address opens nothing', async () => {
  const found = [];
  for (const route of closed().filter(({ method }) => method === 'GET')) {
    const token = tokens[route.dialect];
    const { status } = await ask({ ...route, path: `${route.path}?access_token=${token}&token=${token}` }, {});
    if (status !== 401) found.push(`${named(route)}: ${status}`);
  }
  assert.deepEqual(found, []);
});

test("a user may nothing of an administrator's, and its own login is known everywhere", async () => {
  const found = [];
  for (const route of closed()) {
    // What would end or change this walk's own logins is shown elsewhere.
    if (/logout|\/me\/delete|sessions/.test(route.path) && route.who === 'user') continue;
    // An event stream has no end.
    if (/\/events$/.test(route.path)) continue;
    const { status } = await ask(route, bearer(tokens[route.dialect]));
    if (route.who === 'admin' ? status !== 403 : status === 401) found.push(`${named(route)}: ${status}`);
  }
  assert.deepEqual(found, []);
  assert.ok(routes.filter(({ who }) => who === 'admin').length > 40);
  assert.equal((await set.title(film.id)).title, film.title, 'the title is as it was');
});

test("somebody else's things are out of reach and out of sight", async () => {
  const owner = await set.register('owner@example.test', password, 'Marked Owner');
  const { access_token: root } = await set.login();
  const { items: [session] } = (await set.expect(200, 'GET', '/v1/me/sessions', { token: owner.access_token })).body;
  const made = await set.createTitle(root, 'For an upload');
  const upload = await set.expect(201, 'POST', '/v1/uploads', { token: root, headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': '10', 'Upload-Metadata': `title_id ${btoa(String(made.id))},filename ${btoa('a.mp4')}` } });
  const place = new URL(upload.headers.get('location'), set.base).pathname;
  await set.expect(200, 'PUT', `/v1/history/${film.id}`, { token: owner.access_token, body: { position: 1.25 } });
  await set.expect(200, 'PUT', `/v1/favorites/${film.id}`, { token: owner.access_token });
  await set.expect(204, 'POST', '/v1/me/password', { token: owner.access_token, body: { current: password, password: 'another fine password' } });
  const unread = () => set.expect(200, 'GET', '/v1/notifications?unread=true', { token: owner.access_token }).then(({ body }) => body.items);
  const [notice] = await until(async () => (await unread()).length && unread(), { what: 'a notification' });
  const foreign = [['DELETE', `/v1/me/sessions/${session.id}`], ['POST', `/v1/notifications/${notice.id}/read`], ['PATCH', place], ['DELETE', place], ['HEAD', place]];
  for (const [method, path] of foreign) {
    const answer = await set.api(method, path, { token: tokens.v1, body: method === 'PATCH' ? 'x' : undefined, headers: { 'Tus-Resumable': '1.0.0', 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' } });
    assert.ok([403, 404].includes(answer.status), `${method} ${path}: ${answer.status} ${answer.text}`);
  }
  await set.expect(200, 'GET', '/v1/me', { token: owner.access_token });
  await set.expect(204, 'POST', '/v1/notifications/read', { token: tokens.v1 });
  assert.equal((await unread())[0].id, notice.id, 'still unread');
  assert.equal((await set.expect(200, 'HEAD', place, { token: root, headers: { 'Tus-Resumable': '1.0.0' } })).headers.get('upload-offset'), '0');
  const secrets = /Marked Owner|owner@example\.test|"position":1\.25/;
  assert.match((await set.expect(200, 'GET', '/v1/history', { token: owner.access_token })).text, secrets);
  const told = [];
  for (const route of routes.filter(({ method, path, dialect, who }) => method === 'GET' && who !== 'admin' && dialect !== 'house' && !/\/events$/.test(path))) {
    const { text } = await ask(route, bearer(tokens[route.dialect]));
    if (secrets.test(text)) told.push(named(route));
  }
  assert.deepEqual(told, []);
});

const samples = { v1: '/v1/titles', veeplay: '/content', videoapp: '/dashboard', videoflix_hls: '/api/video/', videoflix_s3: '/content/', streamify: '/movies' };

describe('with other settings', () => {
  before(() => set.halt());

  async function restart(env) {
    await set.halt();
    Object.assign(set.env, { ZOE_PUBLIC_CATALOGUE: 'on', ZOE_DIALECTS: Object.keys(samples).join(',') }, env);
    await set.start();
  }

  test('a closed catalogue is closed everywhere', async () => {
    await restart({ ZOE_PUBLIC_CATALOGUE: 'off' });
    const readers = routes.filter(({ who }) => who === 'reader');
    assert.ok(readers.length > 15);
    const found = [];
    for (const route of readers) {
      const { status } = await ask(route, {});
      if (status !== 401) found.push(`${named(route)}: ${status}`);
    }
    assert.deepEqual(found, []);
  });

  for (const only of [...Object.keys(samples), 'none'])
    test(`ZOE_DIALECTS: ${only} alone`, async () => {
      await restart({ ZOE_DIALECTS: only === 'none' ? '' : only });
      const served = routesOf(set.env);
      assert.deepEqual([...new Set(served.map(({ dialect }) => dialect))], only === 'none' ? ['house'] : ['house', only]);
      const known = (path) => served.some((one) => one.path === path);
      const status = await set.api('GET', samples[only] ?? '/live').then((answer) => answer.status);
      assert.ok([200, 401].includes(status), `${status}`);
      for (const route of routes.filter(({ path }) => !known(path)))
        // A Django dialect sends a path without its last slash on; another dialect's path may have one that is served.
        assert.equal((await ask(route, {})).status, known(`${route.path}/`) ? 301 : 404, named(route));
      assert.equal((await set.api('GET', '/live')).status, 200);
    });
});
