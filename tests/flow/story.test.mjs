// One film, from the upload to the player, through every process; each test names the messages it sends.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { makeFilm, startSet, until } from './lib.mjs';

let set;
let admin;
let viewer;
let title;
let film;

before(async () => {
  set = await startSet();
});
after(() => set?.stop());

test('the administrator of the settings logs in (auth_login, auth_keys)', async () => {
  admin = await set.login();
  assert.equal(admin.token_type, 'Bearer');
  assert.ok(admin.expires_in > 0);
  assert.ok(admin.account.roles.includes('admin'));
  assert.equal((await set.api('POST', '/v1/login', { body: { email: set.admin.email, password: 'wrong password' } })).status, 401);
  assert.equal((await set.api('POST', '/v1/login', { body: { email: 'nobody@example.test', password: 'wrong password' } })).status, 401);
});

test('a viewer registers and gets a mail (auth_register, mail_queue)', async () => {
  viewer = await set.register('viewer@example.test', 'a fine password', 'Vera');
  assert.equal(viewer.account.email, 'viewer@example.test');
  assert.equal(viewer.account.name, 'Vera');
  assert.equal(viewer.account.verified, false);
  const mail = await set.mailTo('viewer@example.test');
  assert.match(mail.text, /^Message-ID:/im);
  // A known address is not told to whoever asks, only to its owner.
  const known = await set.expect(201, 'POST', '/v1/register', { body: { email: set.admin.email, password: 'another password', name: 'Eve' } });
  assert.ok(known.body.account.id > viewer.account.id);
  assert.match((await set.mailTo(set.admin.email)).text, /^Subject: You have an account already/im);
});

test('the link of the mail proves the address, once (auth_activate)', async () => {
  const { text } = await set.mailTo('viewer@example.test');
  const [, token] = text.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=').match(/activate\?token=([\w-]+)/);
  assert.equal((await set.expect(200, 'POST', '/v1/activate', { body: { token } })).body.account.verified, true);
  assert.equal((await set.expect(200, 'GET', '/v1/me', { token: viewer.access_token })).body.account.verified, true);
  const nonsense = await set.api('POST', '/v1/activate', { body: { token: 'nonsense' } });
  assert.ok(nonsense.status >= 400 && nonsense.status < 500, `${nonsense.status}`);
});

test('everybody sees the own account only with a token (auth_me)', async () => {
  assert.equal((await set.expect(200, 'GET', '/v1/me', { token: viewer.access_token })).body.account.email, 'viewer@example.test');
  const refused = await set.api('GET', '/v1/me');
  assert.equal(refused.status, 401);
  assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer/);
  assert.match(refused.headers.get('content-type'), /problem\+json/);
});

test('only an administrator makes titles (content_create, content_show, content_list)', async () => {
  const body = { title: 'A test film', kind: 'movie', description: 'Bars.', category: 'Documentary' };
  assert.equal((await set.api('POST', '/v1/titles', { token: viewer.access_token, body })).status, 403);
  assert.equal((await set.api('POST', '/v1/titles', { body })).status, 401);
  const made = await set.expect(201, 'POST', '/v1/titles', { token: admin.access_token, body });
  title = made.body;
  assert.equal(new URL(made.headers.get('location'), set.base).pathname, `/v1/titles/${title.id}`);
  assert.equal(title.processing_state, 'none');
  assert.equal((await set.title(title.id)).title, 'A test film');
  assert.ok((await set.expect(200, 'GET', '/v1/titles')).body.items.some(({ id }) => id === title.id));
  assert.equal((await set.api('GET', '/v1/titles/999999')).status, 404);
});

test('a list comes in pages (content_list)', async () => {
  for (let number = 0; number < 5; number++) await set.createTitle(admin.access_token, `Extra ${number}`);
  const seen = [];
  let cursor = '';
  do {
    const page = (await set.expect(200, 'GET', `/v1/titles?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)).body;
    assert.ok(page.items.length <= 2);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.next;
  } while (cursor);
  assert.equal(seen.length, 6);
  assert.equal(new Set(seen).size, 6);
  assert.deepEqual(seen, [...seen].sort((a, b) => b - a), 'newest first');
});

test('what an administrator changes is seen at once (content_change)', async () => {
  await set.expect(200, 'GET', `/v1/titles/${title.id}`);
  await set.expect(200, 'PATCH', `/v1/titles/${title.id}`, { token: admin.access_token, body: { description: 'Bars and a tone.' } });
  assert.equal((await set.title(title.id)).description, 'Bars and a tone.');
  assert.equal((await set.api('PATCH', `/v1/titles/${title.id}`, { token: viewer.access_token, body: { title: 'Mine' } })).status, 403);
});

test('a film is uploaded in pieces and becomes playable (transcode_open, transcode_upload, transcode_finish, content_processed)', async () => {
  film = await makeFilm({ seconds: 14, size: '640x360' });
  assert.equal((await set.api('POST', '/v1/uploads', { token: viewer.access_token, headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': '10', 'Upload-Metadata': `title_id ${btoa(String(title.id))}` } })).status, 403);
  await set.upload(admin.access_token, title.id, film, { piece: 100_000 });
  const done = await set.waitReady(title.id);
  assert.equal(done.processing_progress, 1);
  assert.deepEqual(done.renditions.map(({ name }) => name), ['360p', '120p']);
  assert.ok(Math.abs(done.duration - 14) < 0.1, `duration ${done.duration}`);
  const poster = await fetch(new URL(done.poster_url, set.base));
  assert.equal(poster.status, 200);
  assert.match(poster.headers.get('content-type'), /^image\/jpeg/);
});

test('processing is told as it goes on (server-sent events, then the film is there)', async () => {
  const other = await set.createTitle(admin.access_token, 'Told');
  const answer = await fetch(`${set.base}/v1/titles/${other.id}/events`, { headers: { Authorization: `Bearer ${admin.access_token}` } });
  assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  await set.upload(admin.access_token, other.id, await makeFilm({ seconds: 4 }));
  let text = '';
  const states = () => [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data).state);
  while (!states().includes('ready')) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  assert.equal(states().at(-1), 'ready', text);
});

test('the film plays: playlists and segments hang together (content_playable, history_resume)', async () => {
  const playback = (await set.expect(200, 'POST', `/v1/titles/${title.id}/playback`, { token: viewer.access_token, body: {} })).body;
  assert.equal(playback.position, 0);
  assert.ok(Date.parse(playback.expires_at) > Date.now());
  const master = await set.expect(200, 'GET', playback.playlist_url);
  assert.match(master.headers.get('content-type'), /mpegurl/i);
  const rungs = master.text.split('\n').filter((line) => line && !line.startsWith('#'));
  assert.equal(rungs.length, 3, 'two heights and the sound alone');
  let seconds = 0;
  for (const rung of rungs) {
    const media = new URL(rung, set.base + playback.playlist_url);
    const list = (await set.expect(200, 'GET', media.pathname)).text;
    assert.match(list, /#EXT-X-ENDLIST/);
    const names = list.split('\n').filter((line) => line && !line.startsWith('#'));
    assert.equal(names[0], 'segment_000.ts');
    seconds = [...list.matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, [, length]) => sum + Number(length), 0);
    assert.ok(Math.abs(seconds - 14) < 0.1, `${rung}: ${seconds} s`);
    for (const name of names) {
      const segment = await fetch(new URL(name, media));
      assert.equal(segment.status, 200);
      assert.equal((await segment.arrayBuffer()).byteLength % 188, 0);
    }
  }
  // ffmpeg as the player: the whole stream decodes without a word.
  const { stderr } = await promisify(execFile)('ffmpeg', ['-nostdin', '-v', 'warning', '-i', set.base + playback.playlist_url, '-f', 'null', '-']);
  assert.equal(stderr, '');
});

test('a segment is served in parts and only to its token (range, playback token)', async () => {
  const { playlist_url: playlist } = (await set.expect(200, 'POST', `/v1/titles/${title.id}/playback`, { token: viewer.access_token, body: {} })).body;
  const address = `${set.base}${playlist.replace('master.m3u8', '360p/segment_000.ts')}`;
  const whole = Buffer.from(await (await fetch(address)).arrayBuffer());
  const part = await fetch(address, { headers: { Range: 'bytes=188-375' } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get('content-range'), `bytes 188-375/${whole.length}`);
  assert.deepEqual(Buffer.from(await part.arrayBuffer()), whole.subarray(188, 376));
  assert.equal((await fetch(address, { headers: { Range: `bytes=${whole.length}-` } })).status, 416);
  assert.equal((await fetch(address, { headers: { 'If-None-Match': part.headers.get('etag') } })).status, 304);
  const token = playlist.split('/')[2];
  const broken = `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`;
  assert.ok([401, 403].includes((await fetch(address.replace(token, broken))).status));
  assert.equal((await set.api('GET', '/v1/me', { token })).status, 401, 'a playback token is no login');
  assert.ok([401, 403, 404].includes((await fetch(address.replace(token, viewer.access_token))).status), 'a login is no playback token');
});

test('the place in a film is kept and comes back (history_record, history_list, history_learn)', async () => {
  const { access_token: token } = viewer;
  await set.expect(200, 'PUT', `/v1/history/${title.id}`, { token, body: { position: 7.5 } });
  assert.equal((await set.expect(200, 'POST', `/v1/titles/${title.id}/playback`, { token, body: {} })).body.position, 7.5);
  const [first] = await until(async () => {
    const { items } = (await set.expect(200, 'GET', '/v1/history', { token })).body;
    return items[0]?.title === 'A test film' && items;
  }, { what: 'the title in the history' });
  assert.equal(first.title_id, title.id);
  assert.equal(first.position, 7.5);
  assert.ok(Math.abs(first.duration - 14) < 0.1);
  assert.equal((await set.expect(200, 'GET', '/v1/history', { token: admin.access_token })).body.items.length, 0, 'other people see their own');
});

test('a refresh token gives a new pair (auth_refresh)', async () => {
  const session = await set.login('viewer@example.test', 'a fine password');
  const next = (await set.expect(200, 'POST', '/v1/refresh', { body: { refresh_token: session.refresh_token } })).body;
  await set.expect(200, 'GET', '/v1/me', { token: next.access_token });
  assert.notEqual(next.refresh_token, session.refresh_token);
  // Two tabs at once: within the grace window the spent token answers with the same new one.
  assert.equal((await set.expect(200, 'POST', '/v1/refresh', { body: { refresh_token: session.refresh_token } })).body.refresh_token, next.refresh_token);
  assert.equal((await set.api('POST', '/v1/refresh', { body: { refresh_token: 'nonsense' } })).status, 401);
});

test('a logout is known at every shard within a second (auth_logout, auth_revoked)', async () => {
  const session = await set.login('viewer@example.test', 'a fine password');
  const { playlist_url: playlist } = (await set.expect(200, 'POST', `/v1/titles/${title.id}/playback`, { token: session.access_token, body: {} })).body;
  await set.expect(200, 'GET', playlist);
  await set.expect(204, 'POST', '/v1/logout', { token: session.access_token });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  for (let asked = 0; asked < 40; asked++) {
    assert.equal((await set.api('GET', '/v1/me', { token: session.access_token, headers: { Connection: 'close' } })).status, 401);
  }
  assert.ok([401, 403].includes((await set.api('GET', playlist)).status), 'nor does the film go on');
  assert.equal((await set.api('POST', '/v1/refresh', { body: { refresh_token: session.refresh_token } })).status, 401);
});

test('an upload that is given up is gone (transcode_abort)', async () => {
  const { access_token: token } = admin;
  const tus = { 'Tus-Resumable': '1.0.0' };
  const made = await set.expect(201, 'POST', '/v1/uploads', { token, headers: { ...tus, 'Upload-Length': '1000', 'Upload-Metadata': `title_id ${btoa(String(title.id))},filename ${btoa('x.mp4')}` } });
  const place = new URL(made.headers.get('location'), set.base).pathname;
  const head = await set.expect(200, 'HEAD', place, { token, headers: tus });
  assert.equal(head.headers.get('upload-offset'), '0');
  assert.equal((await set.api('HEAD', place, { token: viewer.access_token, headers: tus })).status, 404, 'nobody else sees it');
  await set.expect(204, 'DELETE', place, { token, headers: tus });
  assert.ok([404, 410].includes((await set.api('HEAD', place, { token, headers: tus })).status));
});

test('a file that is no film ends in an error that a person understands', async () => {
  const made = await set.createTitle(admin.access_token, 'Not a film');
  await set.upload(admin.access_token, made.id, new URL(import.meta.url).pathname);
  const done = await set.waitDone(made.id);
  assert.equal(done.processing_state, 'error');
  assert.match(done.processing_error, /^[A-Z].*\.$/);
  assert.equal((await set.api('POST', `/v1/titles/${made.id}/playback`, { token: viewer.access_token, body: {} })).status, 409);
});

test('a deleted title takes its film and its history with it (content_delete, transcode_forget)', async () => {
  const { playlist_url: playlist } = (await set.expect(200, 'POST', `/v1/titles/${title.id}/playback`, { token: viewer.access_token, body: {} })).body;
  await set.expect(204, 'DELETE', `/v1/titles/${title.id}`, { token: admin.access_token });
  assert.equal((await set.api('GET', `/v1/titles/${title.id}`)).status, 404);
  await until(async () => !(await set.expect(200, 'GET', '/v1/history', { token: viewer.access_token })).body.items.length, { what: 'the history to forget the title' });
  await until(async () => (await set.api('GET', playlist)).status !== 200, { what: 'the film to be gone' });
});

test('zoectl sees the set (broker_status)', async () => {
  const status = await set.zoectl('status', '--json');
  assert.equal(status.status, 0, status.stderr);
  const state = JSON.parse(status.stdout);
  assert.deepEqual([...new Set(state.workers.map(({ service }) => service))].sort(), ['auth', 'content', 'history', 'mail', 'transcode']);
  const metrics = await set.expect(200, 'GET', '/metrics');
  assert.match(metrics.text, /^# TYPE /m);
});
