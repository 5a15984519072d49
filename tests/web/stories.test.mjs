// The five front ends, each as its own small client on its own origin, all at once against one running set: what each document tells,
// from the registration to what must fail after the logout. And a page that is none of them.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { expired, mint } from '../flow/contract.mjs';
import { freePort, makeFilm, startSet, until } from '../flow/lib.mjs';
import { startMta } from '../flow/mta.mjs';
import { launch, launchProfile, openPage, playsPast } from './browser.mjs';
import { certificate, front, tlsProxy } from './stories/stage.mjs';
import { Streamify } from './stories/streamify.mjs';
import { VideoApp } from './stories/videoapp.mjs';

const password = 'a fine password';
const fresh = 'another fine password';
const stops = [];
let set;
let browser;
let mta;
let film;
let tube;
let apiTls;
const fronts = {};
const origin = {};

before(async () => {
  const tls = certificate();
  for (const [name, kind, secure] of [['videoflix_hls', 'videoflix_hls'], ['videoflix_s3', 'videoflix_s3', tls], ['veeplay', 'veeplay'], ['foreign', 'foreign'], ['foreign_tls', 'foreign', tls]]) {
    fronts[name] = await front(kind, secure);
    origin[name] = `${secure ? 'https' : 'http'}://localhost:${fronts[name].port}`;
    stops.push(fronts[name].stop);
  }
  mta = await startMta();
  stops.push(() => mta.stop());
  // The address of the TLS proxy stands in links, and the proxy must know the set's port.
  const port = await freePort();
  const proxy = await tlsProxy(tls, port);
  stops.push(proxy.stop);
  apiTls = `https://127.0.0.1:${proxy.port}`;
  set = await startSet({ env: {
    ZOE_MAIL_URL: `smtp://127.0.0.1:${mta.port}`, ZOE_CORS_ORIGINS: [origin.videoflix_hls, origin.videoflix_s3, origin.veeplay].join(','),
    ZOE_LINK_VIDEOFLIX_HLS_ACTIVATION: `${origin.videoflix_hls}/pages/auth/activate.html?uid={uid}&token={token}`,
    ZOE_LINK_VIDEOFLIX_HLS_RESET: `${origin.videoflix_hls}/pages/auth/confirm_password.html?uid={uid}&token={token}`,
    ZOE_LINK_VIDEOFLIX_S3_ACTIVATION: `${apiTls}/users/confirm/?uid={uid36}&token={token}`, ZOE_LINK_VIDEOFLIX_S3_LOGIN: `${origin.videoflix_s3}/login`,
    ZOE_LINK_VIDEOFLIX_S3_RESET: `${origin.videoflix_s3}/reset-password?uid={uid36}&token={token}`, ZOE_LINK_VEEPLAY_RESET: `${origin.veeplay}/reset-password?token={token}`,
  }, port });
  // Front end and API of videoflix_hls are two origins of one site, as SameSite=Lax needs; those of videoflix_s3 are two sites.
  fronts.videoflix_hls.config.base = `http://localhost:${set.port}/api/`;
  fronts.videoflix_s3.config.base = `${apiTls}/`;
  fronts.veeplay.config.base = `${set.base}/`;
  browser = await launch();
  const made = await set.film({ title: 'A film', file: await makeFilm({ seconds: 14, size: '854x480' }) });
  // A rung as one file, which videoflix_s3 plays, is made after the film is ready.
  film = await until(async () => {
    const title = await set.title(made.title.id);
    return title.renditions.every(({ file }) => file) && title;
  }, { ms: 60000, what: 'the rungs as files' });
  tube = await set.createTitle(made.session.access_token, 'Elsewhere', { kind: 'video', source: 'youtube', youtube_id: 'CBYhVcO4WgI', description: 'A film of another house', genres: ['Drama'] });
}, { timeout: 300000 });
after(async () => {
  for (const stop of stops.reverse()) await stop();
  await browser?.close();
  await set?.stop();
});

/** A page of a front end in a browser of its own; `profile`: one that takes cookies from other sites. */
async function visit(name, profile = false) {
  const folder = profile && mkdtempSync(join(tmpdir(), 'zoe-test-profile-'));
  const context = profile ? await launchProfile(folder, { ignoreHTTPSErrors: true }) : await browser.newContext({ ignoreHTTPSErrors: true });
  stops.push(() => context.close().catch(() => {}).then(() => profile && rmSync(folder, { recursive: true, force: true })));
  const page = await openPage(context);
  await page.goto(origin[name]);
  await page.waitForFunction(() => window.client);
  /** Calls the page's client. */
  const call = (what, ...rest) => page.evaluate(([one, args]) => window.client[one](...args), [what, rest]);
  const go = async (address) => {
    await page.goto(address);
    await page.waitForFunction(() => window.client);
  };
  return { context, page, call, go };
}

/** The link in the newest letter to an address that fits. */
const link = (email, pattern) => until(() => mta.mails().reverse().filter(({ to }) => to === email).map(({ text }) => text.match(pattern)?.[0].replaceAll('&amp;', '&')).find(Boolean), { what: `a link to ${email}` });

const cookie = async (context, name) => (await context.cookies()).find((one) => one.name === name);

/** What the browser would have after the token's life. */
async function outlive(context, name) {
  const one = await cookie(context, name);
  await context.addCookies([{ ...one, value: await mint(set, one.value, expired()) }]);
}

/** A film's first piece, as a player without a browser takes it: playlist, rung, segment. */
async function firstPiece(address) {
  const master = await (await fetch(address)).text();
  const list = new URL(master.split('\n').find((line) => line && !line.startsWith('#')), (await fetch(address)).url);
  const rung = await (await fetch(list)).text();
  const piece = await fetch(new URL(rung.split('\n').find((line) => line && !line.startsWith('#')), list));
  return { type: piece.headers.get('content-type'), bytes: Buffer.from(await piece.arrayBuffer()) };
}

function isPiece({ type, bytes }) {
  assert.equal(type.toLowerCase(), 'video/mp2t');
  assert.ok(bytes.length > 10000 && bytes.length % 188 === 0 && bytes[0] === 0x47, `${bytes.length} bytes`);
}

describe('five stories at once', { concurrency: 5, timeout: 240000 }, () => {
  test('videoflix_hls', async () => {
    const email = 'hls@example.test';
    const { context, page, call, go } = await visit('videoflix_hls');
    const registered = await call('register', email, password);
    assert.deepEqual([registered.status, registered.data.user.email], [201, email]);
    assert.equal((await call('login', email, password)).status, 401, 'not before the activation');
    const activation = await link(email, /http:\S+activate\.html\?uid=[\w-]+&(?:amp;)?token=[\w-]+/);
    await go(activation);
    await page.waitForFunction(() => document.querySelector('output').textContent);
    assert.equal(await page.textContent('output'), 'Account successfully activated.');
    assert.deepEqual((await call('login', email, 'wrong')).data, { message: 'Email or Password wrong' });
    assert.deepEqual((await call('login', email, password)).data.user.username, email);
    assert.equal(await page.evaluate(() => document.cookie), '', 'no script sees a token');
    assert.deepEqual([(await cookie(context, 'access_token')).sameSite, (await cookie(context, 'access_token')).httpOnly], ['Lax', true]);
    const list = await call('list');
    assert.deepEqual([list.status, list.data.map(({ id, title }) => [id, title])], [200, [[film.id, 'A film']]]);
    await call('play', film.id, '480p');
    const played = await playsPast(page, 7);
    assert.ok(played.frames > 50 && played.width === 854, JSON.stringify(played));
    await page.evaluate(() => (document.querySelector('video').currentTime = 1));
    await page.waitForFunction(() => document.querySelector('video').currentTime > 1.2 && document.querySelector('video').currentTime < 6);
    await outlive(context, 'access_token');
    assert.equal((await call('list')).status, 401, 'the access token is over');
    assert.equal((await call('refresh')).data.detail, 'Token refreshed');
    assert.equal((await call('list')).status, 200);
    await context.clearCookies({ name: 'access_token' });
    assert.equal((await call('list')).status, 401, 'the browser has dropped it');
    assert.equal((await call('refresh')).status, 200);
    assert.equal((await call('list')).status, 200);
    assert.equal((await call('forgot', email)).status, 200);
    await go(await link(email, /http:\S+confirm_password\.html\?uid=[\w-]+&(?:amp;)?token=[\w-]+/));
    assert.deepEqual((await call('confirm', fresh)).data, { detail: 'Your Password has been successfully reset.' });
    assert.equal((await call('confirm', fresh)).status, 400, 'a link is for once');
    await until(async () => (await call('list')).status === 401, { what: 'the end of the sessions' });
    assert.equal((await call('refresh')).status, 401);
    assert.equal((await call('login', email, password)).status, 401, 'the old password');
    assert.equal((await call('login', email, fresh)).status, 200);
    const { value: token } = await cookie(context, 'access_token');
    assert.equal((await call('logout')).status, 200);
    assert.equal(await cookie(context, 'access_token'), undefined);
    assert.equal(await cookie(context, 'refresh_token'), undefined);
    assert.deepEqual([(await call('list')).status, (await call('refresh')).status, (await call('logout')).status], [401, 400, 400]);
    for (const path of ['/api/video/', `/api/video/${film.id}/480p/index.m3u8`, `/api/video/${film.id}/480p/segment_000.ts`])
      await until(async () => (await set.api('GET', path, { headers: { Cookie: `access_token=${token}` } })).status === 401, { what: `the kept token to open ${path} no more` });
    assert.deepEqual(page.faults, []);
  });

  test('videoflix_s3', async () => {
    const email = 's3@example.test';
    const { context, page, call, go } = await visit('videoflix_s3', true);
    assert.deepEqual((await call('exists', email)).data, { exists: false });
    assert.equal((await call('register', email, password)).data.email, email);
    assert.deepEqual((await call('exists', email)).data, { exists: true });
    assert.equal((await call('login', email, password)).status, 400, 'not before the confirmation');
    await go(await link(email, /https:\S+\/users\/confirm\/\?uid=\w+&(?:amp;)?token=[\w-]+/));
    assert.equal(page.url(), `${origin.videoflix_s3}/login`, 'sent on to the login');
    const login = await call('login', email, password, true);
    assert.deepEqual([login.status, login.data.favorite_videos], [200, []]);
    const access = await cookie(context, 'vf_access');
    assert.deepEqual([access.sameSite, access.secure, access.httpOnly], ['None', true, true]);
    const list = await call('list');
    assert.deepEqual([list.status, list.data.map(({ title, processing_state: state }) => [title, state])], [200, [['A film', 'ready']]]);
    assert.deepEqual((await call('favorite', film.id)).data, [film.id]);
    const { data } = await call('play', film.id, '360p');
    assert.match(data.url, new RegExp(`^${apiTls}/play/`));
    const played = await playsPast(page, 3);
    assert.ok(played.frames > 20 && played.error === undefined, JSON.stringify(played));
    await page.evaluate(() => (document.querySelector('video').currentTime = 10));
    await playsPast(page, 10.5);
    assert.equal((await call('play', film.id, '1080p')).data.detail, 'Requested quality not available');
    await outlive(context, 'vf_access');
    assert.equal((await call('list')).status, 200, 'refreshed on the way');
    assert.equal(await call('refreshes'), 1);
    assert.deepEqual((await call('favorite', film.id)).data, [], 'off again');
    assert.deepEqual((await call('favorite', film.id)).data, [film.id]);
    assert.equal((await call('forgot', email)).status, 200);
    await go(await link(email, /https:\S+\/reset-password\?uid=\w+&(?:amp;)?token=[\w-]+/));
    assert.deepEqual((await call('reset', fresh)).data, { message: 'Password has been reset successfully.' });
    assert.deepEqual((await call('reset', fresh)).data, { error: 'Invalid or expired token.' });
    await until(async () => (await call('list')).status === 401, { what: 'the end of the sessions' });
    assert.equal((await call('login', email, password)).status, 400, 'the old password');
    assert.deepEqual((await call('login', email, fresh)).data.favorite_videos, [film.id]);
    const { value: token } = await cookie(context, 'vf_access');
    const { value: refresh } = await cookie(context, 'vf_refresh');
    assert.deepEqual((await call('logout')).data, { message: 'Successfully logged out.' });
    assert.deepEqual([await cookie(context, 'vf_access'), await cookie(context, 'vf_refresh')], [undefined, undefined]);
    assert.deepEqual([(await call('list')).status, (await call('refresh')).data.error], [401, 'Missing refresh cookie.']);
    assert.equal((await set.api('POST', '/users/refresh/', { headers: { Cookie: `vf_refresh=${refresh}` } })).body.error, 'Invalid refresh token.');
    await until(async () => (await set.api('GET', '/content/', { headers: { Cookie: `vf_access=${token}` } })).status === 401, { what: 'the kept token to open nothing' });
    assert.deepEqual(page.faults, []);
  });

  test('veeplay', async () => {
    const email = 'vee@example.test';
    const { page, call, go } = await visit('veeplay');
    assert.equal((await call('list')).status, 200, 'everybody may look');
    assert.equal((await call('account')).status, 401);
    assert.equal((await call('register', 'Vee', email, password)).status, 201);
    assert.deepEqual((await call('register', 'Vee', email, password)).data.message, 'Email already exists');
    assert.equal((await call('login', email, 'wrong')).data.message, 'Invalid credentials');
    assert.equal((await call('login', email, password)).data.user.name, 'Vee');
    assert.equal((await call('rename', 'Vee the Second')).status, 200);
    const { data: account } = await call('account');
    assert.equal(account.name, 'Vee the Second');
    assert.equal(await call('picture', account.profile_picture), 64);
    const { data: list } = await call('list');
    assert.deepEqual(list.filter(({ type }) => type === 'movie').map(({ title }) => title), ['A film']);
    const { data: shown } = await call('show', film.id);
    await call('play', shown.stream_url);
    const played = await playsPast(page, 7);
    assert.ok(played.frames > 50, JSON.stringify(played));
    assert.equal((await call('watched', film.id, 7)).status, 200);
    assert.deepEqual((await call('history')).data.map(({ content_id: id, title, position }) => [id, title, position]), [[film.id, 'A film', 7]]);
    assert.equal((await call('create', 'Not mine')).status, 403);
    const token = await call('kept');
    await call('keep', await mint(set, token, expired()));
    assert.deepEqual((await call('account')).data.msg, 'Token has expired');
    assert.equal((await call('login', email, password)).status, 200, 'so one logs in again');
    assert.equal((await call('forgot', email)).status, 200);
    await go(await link(email, /http:\S+\/reset-password\?token=[\w-]+/));
    assert.equal((await call('reset', fresh)).status, 200);
    assert.equal((await call('reset', fresh)).data.message, 'Invalid or expired token');
    await until(async () => (await call('account')).status === 401, { what: 'the end of the sessions' });
    assert.equal((await call('login', email, password)).status, 401, 'the old password');
    assert.equal((await call('login', email, fresh)).status, 200);
    assert.equal((await call('history')).data.length, 1);
    await call('forget');
    assert.equal((await call('history')).status, 401, 'forgotten is logged out');
    assert.equal((await call('login', set.admin.email, set.admin.password)).status, 200);
    const created = await call('create', 'Of veeplay');
    assert.equal(created.status, 201);
    assert.equal((await call('change', created.data.id, 'Of veeplay, changed')).status, 200);
    assert.equal((await call('show', created.data.id)).data.title, 'Of veeplay, changed');
    assert.equal((await call('remove', created.data.id)).status, 200);
    assert.equal((await call('show', created.data.id)).status, 404);
    assert.deepEqual(page.faults, []);
  });

  test('videoapp', async () => {
    const app = new VideoApp(set.base);
    const email = 'app@example.test';
    assert.equal((await app.dashboard()).data.error, 'Token is missing');
    assert.match((await app.signup('App', email, 'six666')).data.user_id, /^[0-9a-f]{24}$/);
    assert.equal((await app.signup('App', email, 'six666')).status, 409);
    assert.equal((await app.login(email, 'wrong')).data.error, 'Invalid email or password');
    assert.equal((await app.login(email, 'six666')).data.message, 'Login successful');
    assert.equal((await app.me()).data.user.email, email);
    const { videos } = (await app.dashboard()).data;
    assert.equal(videos.length, 2);
    const [elsewhere] = videos.filter(({ title }) => title === 'Elsewhere');
    const [own] = videos.filter(({ title }) => title === 'A film');
    assert.equal((await app.stream(elsewhere.id, elsewhere.playback_token)).data.stream_url, 'https://www.youtube-nocookie.com/embed/CBYhVcO4WgI?autoplay=0&controls=1&playsinline=1&enablejsapi=1');
    isPiece(await firstPiece((await app.stream(own.id, own.playback_token)).data.stream_url));
    assert.equal((await app.stream(own.id, elsewhere.playback_token)).data.error, 'Video ID mismatch');
    const { token } = app;
    app.token = await mint(set, token, expired());
    assert.equal((await app.dashboard()).data.error, 'Token is invalid or expired');
    assert.equal((await app.login(email, 'six666')).status, 200, 'so one logs in again');
    app.token = own.playback_token;
    assert.equal((await app.me()).status, 401, 'a playback token is no login');
    app.token = token;
    assert.equal((await app.logout()).data.message, 'Logout successful');
    await until(async () => (await app.me()).status === 401, { what: 'the end of the session' });
    assert.equal((await app.stream(own.id, own.playback_token)).status, 401);
    app.token = undefined;
    assert.equal((await app.me()).data.error, 'Token is missing');
  });

  test('streamify', async () => {
    const app = new Streamify(set.base);
    const refuses = (what, status) => assert.rejects(what, (error) => error.status === status && error.message.length > 0);
    await refuses(app.recommendations(), 401);
    await app.register('user123', 'user123@example.test', password);
    await refuses(app.register('user123', 'other@example.test', password), 400);
    await refuses(app.login('user123', 'wrong'), 401);
    assert.equal((await app.login('user123', password)).user.username, 'user123');
    const { user } = await app.profile();
    assert.deepEqual([user.username, user.is_admin], ['user123', false]);
    assert.ok((await app.movies('?sort=title_asc')).results.some(({ id }) => id === film.id));
    assert.deepEqual((await app.movies('?genre=drama')).results.map(({ id }) => id), [tube.id]);
    await until(async () => (await app.search('film')).results.some(({ id }) => id === film.id), { what: 'the search' });
    assert.ok((await app.popular()).success);
    const { data } = await app.movie(film.id);
    assert.equal(data.title, 'A film');
    isPiece(await firstPiece(data.video_url));
    assert.ok(Array.isArray((await app.alike(film.id)).results));
    await until(async () => (await app.add(film.id)).success, { what: 'history to know the film' });
    assert.deepEqual((await app.watchlist()).watchlist.map(({ movie_id: id }) => id), [film.id]);
    assert.ok((await app.recommendations()).success);
    await app.remove(film.id);
    assert.equal((await app.watchlist()).count, 0);
    await refuses(app.add(99999), 404);
    app.token = await mint(set, app.token, expired());
    await refuses(app.watchlist(), 401);
    await app.login('user123@example.test', password);
    assert.equal((await app.watchlist()).count, 0);
    app.token = undefined;
    await refuses(app.profile(), 401);
  });
});

describe('a page that nobody listed', () => {
  const email = 'visitor@example.test';
  let visitor;

  before(async () => {
    await set.register(email, password);
    await set.sql(`update auth.accounts set verified_at = now() where email = '${email}'`);
    visitor = await visit('videoflix_hls', true);
    assert.equal((await visitor.call('login', email, password)).status, 200);
    await visitor.go(origin.videoflix_s3);
    assert.equal((await visitor.call('login', email, password, false)).status, 200);
  });
  /** The statuses that the API gave to what the foreign page did; the cookie `name` must have come along with each. */
  async function tried(place, name, deeds) {
    const answers = [];
    await visitor.go(origin[place]);
    const note = (answer) => answer.request().method() === 'POST' && answers.push(answer);
    visitor.page.on('response', note);
    await deeds(visitor);
    await until(() => answers.length, { what: 'an answer' });
    visitor.page.off('response', note);
    for (const answer of answers) assert.match((await answer.request().headerValue('cookie')) ?? '', new RegExp(`\\b${name}=`));
    return answers.map((answer) => answer.status());
  }

  /** Sends a form, which takes the page along. */
  const form = (address, fields) => ({ call, page }) => Promise.all([page.waitForURL(address), call('form', address, fields).catch(() => {})]);

  test('of the same site: cookies come along, and are refused', async () => {
    const base = `http://localhost:${set.port}/api`;
    for (const path of ['/logout/', '/token/refresh/']) {
      assert.deepEqual(await tried('foreign', 'refresh_token', ({ call }) => call('silent', base + path, '{}', 'text/plain')), [403], path);
      assert.deepEqual(await tried('foreign', 'refresh_token', form(base + path, { a: 'b' })), [403], path);
    }
    await visitor.go(origin.foreign);
    assert.equal(await visitor.call('loud', 'POST', `${base}/logout/`, '{}'), 'refused', 'the preflight is not answered for it');
    assert.equal(await visitor.call('loud', 'GET', `${base}/video/`), 'refused', 'and nothing can be read');
    await visitor.go(origin.videoflix_hls);
    assert.equal((await visitor.call('list')).status, 200, 'the visitor is logged in as before');
    assert.equal((await visitor.call('refresh')).status, 200);
  });

  test('of another site: SameSite=None cookies come along, and are refused', async () => {
    for (const [path, body] of [['/users/logout/', ''], ['/content/add-favorite/', `video_id=${film.id}`], ['/users/refresh/', '']]) {
      assert.deepEqual(await tried('foreign_tls', 'vf_refresh', ({ call }) => call('silent', apiTls + path, body, 'application/x-www-form-urlencoded')), [403], path);
      assert.deepEqual(await tried('foreign_tls', 'vf_refresh', form(apiTls + path, { video_id: String(film.id) })), [403], path);
    }
    await visitor.go(origin.foreign_tls);
    assert.equal(await visitor.call('loud', 'GET', `${apiTls}/content/`), 'refused');
    await visitor.go(origin.videoflix_s3);
    assert.equal((await visitor.call('list')).status, 200);
    const again = await visitor.call('login', email, password, false);
    assert.deepEqual(again.data.favorite_videos, []);
  });
});
