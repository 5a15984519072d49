// The whole set on a bucket: an upload that moves, a film that is made and played, and nothing on the disk.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeFilm, sleep, startSet, until } from '../flow/lib.mjs';
import { checkRanges, slowReaders } from '../flow/ranges.mjs';
import { bucket, keys, KEYS, signedAddress, startGateway, unfinished } from './lib.mjs';

const TUS = { 'Tus-Resumable': '1.0.0' };
const BYTES = { ...TUS, 'Content-Type': 'application/offset+octet-stream' };
const MEGA = 1 << 20;

let gateway;
let place;
let set;
let token;

before(async () => {
  gateway = await startGateway();
  place = await bucket(gateway);
  set = await startSet({ env: { ...KEYS, ZOE_MEDIA_URL: place.url, ZOE_UPLOAD_LEASE_MS: '2000', ZOE_EDGE_SHARDS: '2' } });
  token = (await set.login()).access_token;
});
after(async () => {
  await set?.stop();
  await gateway?.stop();
});

const noise = (bytes, seed) => {
  const out = Buffer.alloc(bytes);
  for (let at = 0, x = seed; at + 4 <= bytes; at += 4) out.writeUInt32LE((x = (Math.imul(x, 1664525) + 1013904223) >>> 0), at);
  return out;
};

async function begin(length) {
  const title = await set.createTitle(token);
  const made = await set.expect(201, 'POST', '/v1/uploads', { token, headers: { ...TUS, 'Upload-Length': String(length), 'Upload-Metadata': `title_id ${btoa(String(title.id))}` } });
  assert.match(made.headers.get('upload-expires'), /GMT$/);
  return { title, path: new URL(made.headers.get('location'), set.base).pathname };
}

const patch = (path, offset, body, more = {}) => set.api('PATCH', path, { token, body, headers: { ...BYTES, 'Upload-Offset': String(offset) }, ...more });
const offsetOf = async (path) => Number((await set.expect(200, 'HEAD', path, { token, headers: TUS })).headers.get('upload-offset'));

test('an upload in pieces of any size; every answered byte is safe (transcode_lease, transcode_stored)', async () => {
  const bytes = noise(20 * MEGA + 12345, 7);
  const { path } = await begin(bytes.length);
  let offset = 0;
  for (const piece of [1, 100000, 9 * MEGA, 3 * MEGA, 77]) {
    const answer = await patch(path, offset, bytes.subarray(offset, offset + piece));
    assert.equal(answer.status, 204, answer.text);
    offset += piece;
    assert.equal(Number(answer.headers.get('upload-offset')), offset);
    assert.equal(await offsetOf(path), offset);
  }
  assert.equal((await patch(path, offset - 1, bytes.subarray(0, 5))).status, 409);
  const last = await patch(path, offset, bytes.subarray(offset));
  assert.equal(last.status, 204, last.text);
  const name = path.split('/').pop();
  const address = `${gateway.endpoint}/${place.name}/uploads/${name}`;
  assert.equal((await fetch(address)).status, 403);
  assert.deepEqual((await keys(gateway, place.name)).filter((key) => key.includes(name)), [`uploads/${name}`]);
  assert.deepEqual(await unfinished(gateway, place.name), []);
});

test('another connection waits for the lease; a lost one does not hold it for ever', async () => {
  const bytes = noise(12 * MEGA, 9);
  const { path } = await begin(bytes.length);
  const broken = new AbortController();
  const slow = new ReadableStream({
    async pull(controller) {
      controller.enqueue(bytes.subarray(0, 9 * MEGA));
      await sleep(60000, undefined, { ref: false });
    },
  });
  const first = fetch(set.base + path, { method: 'PATCH', duplex: 'half', body: slow, signal: broken.signal, headers: { ...BYTES, Authorization: `Bearer ${token}`, 'Upload-Offset': '0' } }).catch(() => {});
  await until(async () => (await offsetOf(path)) === 8 * MEGA, { what: 'the first part' });
  assert.equal((await patch(path, 8 * MEGA, bytes.subarray(8 * MEGA))).status, 423);
  // Silent for longer than its lease: the second takes over, and what the first still brings does not count.
  await sleep(2500);
  const taken = await patch(path, 8 * MEGA, bytes.subarray(8 * MEGA));
  assert.equal(taken.status, 204, taken.text);
  broken.abort();
  await first;
  assert.equal(await offsetOf(path), bytes.length);
});

test('an edge that is killed loses only what it had not answered', async () => {
  const bytes = noise(18 * MEGA, 11);
  const { path } = await begin(bytes.length);
  assert.equal((await patch(path, 0, bytes.subarray(0, 10 * MEGA))).status, 204);
  const dying = patch(path, 10 * MEGA, bytes.subarray(10 * MEGA)).catch(() => {});
  set.kill('zoe-edge');
  await dying;
  await until(async () => (await fetch(`${set.base}/ready`)).ok, { what: 'the edge' });
  token = (await set.login()).access_token;
  const offset = await offsetOf(path);
  assert.ok(offset >= 10 * MEGA, String(offset));
  const rest = await until(async () => {
    const answer = await patch(path, offset, bytes.subarray(offset));
    return answer.status !== 423 && answer;
  }, { what: 'the lease', every: 300 });
  assert.equal(rest.status, 204, rest.text);
});

test('what is given up leaves nothing', async () => {
  const { path } = await begin(30 * MEGA);
  assert.equal((await patch(path, 0, noise(10 * MEGA, 3))).status, 204);
  await set.expect(204, 'DELETE', path, { token, headers: TUS });
  const name = path.split('/').pop();
  assert.deepEqual((await keys(gateway, place.name)).filter((key) => key.includes(name)), []);
  assert.deepEqual(await unfinished(gateway, place.name), []);
});

test('what nobody went on with is swept out of the bucket: parts, tail and all', async () => {
  const { path } = await begin(30 * MEGA);
  assert.equal((await patch(path, 0, noise(10 * MEGA, 3))).status, 204);
  const name = path.split('/').pop();
  assert.equal((await unfinished(gateway, place.name)).length, 1);
  assert.ok((await keys(gateway, place.name)).some((key) => key.includes(name)), 'its tail');
  await set.sql(`update transcode.uploads set created_at = now() - interval '8 days', lease_until = null where id = '${name}'`);
  set.kill('zoe-transcode');
  await until(async () => !(await keys(gateway, place.name)).some((key) => key.includes(name)) && !(await unfinished(gateway, place.name)).length, { what: 'an empty bucket' });
  assert.equal((await set.api('HEAD', path, { token, headers: TUS })).status, 404);
});

async function playlists(title, viewer = token) {
  const { playlist_url: url } = (await set.expect(200, 'POST', `/v1/titles/${title.id}/playback`, { token: viewer })).body;
  const master = (await set.expect(200, 'GET', url)).text;
  const rung = master.split('\n').find((line) => /^\d+p\/index/.test(line));
  const media = new URL(rung, set.base + url);
  const text = (await set.expect(200, 'GET', media.pathname)).text;
  return { url, media, text, segments: text.split('\n').filter((line) => line && !line.startsWith('#')) };
}

test('an upload that moves to another edge in the middle, and nothing of it touches the local disk', async (t) => {
  const second = await set.secondEdge();
  t.after(second.stop);
  const bytes = noise(40 * MEGA + 5, 31);
  const { path } = await begin(bytes.length);
  // What the kernel was given to write to a disk, by every process of the set but PostgreSQL.
  const programs = ['zoe-edge', 'zoe-transcode', 'zoe-broker'];
  const written = () => programs.map((name) => Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${set.pid(name)}/io`, 'utf8'))[1]));
  const before = written();
  let offset = 0;
  for (const [base, end] of [[set.base, 13 * MEGA], [second.base, 14 * MEGA + 3], [set.base, 30 * MEGA], [second.base, bytes.length - 1]]) {
    const answer = await patch(path, offset, bytes.subarray(offset, end), { base });
    assert.equal(answer.status, 204, answer.text);
    offset = end;
    assert.equal(await offsetOf(path), offset);
  }
  assert.equal((await patch(path, offset, bytes.subarray(offset))).status, 204);
  const got = await fetch(signedAddress(gateway.endpoint, 'GET', `/${place.name}/uploads/${path.split('/').pop()}`));
  assert.ok(Buffer.from(await got.arrayBuffer()).equals(bytes), 'the same bytes');
  written().forEach((now, i) => assert.ok(now - before[i] < MEGA / 4, `${programs[i]} wrote ${now - before[i]} bytes`));
});

const digest = (bytes) => `sha1 ${createHash('sha1').update(bytes).digest('base64')}`;

test('a piece with a wrong checksum counts for nothing, however many parts it had, and the right one for all', async () => {
  const bytes = noise(30 * MEGA + 77, 21);
  const { path } = await begin(bytes.length);
  const checked = (offset, body, of = body) => set.api('PATCH', path, { token, body, headers: { ...BYTES, 'Upload-Offset': String(offset), 'Upload-Checksum': digest(of) } });
  assert.equal((await patch(path, 0, bytes.subarray(0, 3 * MEGA))).status, 204);
  const bad = await checked(3 * MEGA, bytes.subarray(3 * MEGA, 22 * MEGA), Buffer.from('other'));
  assert.equal(bad.status, 460, bad.text);
  assert.equal(await offsetOf(path), 3 * MEGA);
  const broken = new AbortController();
  const half = fetch(set.base + path, {
    method: 'PATCH', duplex: 'half', signal: broken.signal,
    body: new ReadableStream({
      async pull(controller) {
        controller.enqueue(bytes.subarray(3 * MEGA, 15 * MEGA));
        await sleep(60000, undefined, { ref: false });
      },
    }),
    headers: { ...BYTES, Authorization: `Bearer ${token}`, 'Upload-Offset': String(3 * MEGA), 'Upload-Checksum': digest('never') },
  }).catch(() => {});
  await sleep(500);
  assert.equal(await offsetOf(path), 3 * MEGA, 'bytes that are not checked are not told');
  broken.abort();
  await half;
  const good = await until(async () => {
    const answer = await checked(3 * MEGA, bytes.subarray(3 * MEGA, 22 * MEGA));
    return answer.status !== 423 && answer;
  }, { what: 'the lease', every: 200 });
  assert.equal(good.status, 204, good.text);
  assert.equal(await offsetOf(path), 22 * MEGA);
  assert.equal((await checked(22 * MEGA, bytes.subarray(22 * MEGA), Buffer.from('x'))).status, 460);
  assert.equal((await checked(22 * MEGA, bytes.subarray(22 * MEGA))).status, 204);
  const got = await fetch(signedAddress(gateway.endpoint, 'GET', `/${place.name}/uploads/${path.split('/').pop()}`));
  assert.ok(Buffer.from(await got.arrayBuffer()).equals(bytes), 'the same bytes');
  assert.deepEqual(await unfinished(gateway, place.name), []);
});

test('partial uploads are joined within the bucket, killed on the way too (transcode_join)', async () => {
  const bytes = readFileSync(await makeFilm({ seconds: 60, size: '1280x720', video: ['-c:v', 'mpeg2video', '-b:v', '8M'], extension: 'mkv' }));
  assert.ok(bytes.length > 30 * MEGA, String(bytes.length));
  const borders = [0, 1, 9 * MEGA + 5, 20 * MEGA, bytes.length];
  const places = [];
  for (let n = 0; n + 1 < borders.length; n++) {
    const piece = bytes.subarray(borders[n], borders[n + 1]);
    const made = await set.expect(201, 'POST', '/v1/uploads', { token, headers: { ...TUS, 'Upload-Concat': 'partial', 'Upload-Length': String(piece.length) } });
    places.push(new URL(made.headers.get('location'), set.base).pathname);
    assert.equal((await patch(places[n], 0, piece)).status, 204);
  }
  const title = await set.createTitle(token);
  const made = await set.expect(201, 'POST', '/v1/uploads', { token, headers: { ...TUS, 'Upload-Concat': `final;${places.join(' ')}`, 'Upload-Metadata': `title_id ${btoa(String(title.id))}` } });
  const path = new URL(made.headers.get('location'), set.base).pathname;
  await sleep(30);
  set.kill('zoe-transcode');
  await until(async () => (await offsetOf(path)) === bytes.length, { what: 'the parts to be joined', ms: 30000 });
  const got = await fetch(signedAddress(gateway.endpoint, 'GET', `/${place.name}/uploads/${path.split('/').pop()}`));
  assert.ok(Buffer.from(await got.arrayBuffer()).equals(bytes), 'the same bytes');
  await until(async () => (await keys(gateway, place.name)).every((key) => !places.some((used) => key.includes(used.split('/').pop()))), { what: 'the parts to go' });
  assert.deepEqual(await unfinished(gateway, place.name), []);
  await set.expect(204, 'DELETE', `/v1/titles/${title.id}`, { token });
});

let film;
test('a film is made from the bucket into the bucket, and played through the edge', async () => {
  film = (await set.film({ seconds: 14 })).title;
  const { media, segments } = await playlists(film);
  assert.equal(segments.length, 3);
  for (const name of segments) {
    const where = new URL(name, media);
    const whole = await set.api('GET', where.pathname);
    assert.equal(whole.status, 200);
    assert.equal(whole.headers.get('content-type'), 'video/mp2t');
    const part = await set.api('GET', where.pathname, { headers: { Range: 'bytes=188-375' } });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get('content-length'), '188');
    assert.equal((await set.api('GET', where.pathname, { headers: { 'If-None-Match': whole.headers.get('etag') } })).status, 304);
  }
  assert.equal((await set.api('GET', new URL('segment_999.ts', media).pathname)).status, 404);
  assert.equal((await set.api('GET', `/v1/titles/${film.id}/poster.jpg`)).headers.get('content-type'), 'image/jpeg');
  const probe = execFileSync('ffprobe', ['-v', 'error', '-count_frames', '-select_streams', 'v', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', media.href], { encoding: 'utf8' });
  assert.equal(Number.parseInt(probe, 10), 14 * 25);
});

test('a film larger than what is ever read at once has its storyboard too', async () => {
  const file = await makeFilm({ seconds: 9, size: '640x360', extension: 'mkv', video: ['-c:v', 'rawvideo', '-pix_fmt', 'yuv420p'] });
  assert.ok(statSync(file).size > 64 * MEGA);
  const { title } = await set.film({ file });
  const { media } = await playlists(title);
  await until(async () => (await set.api('GET', new URL('../storyboard.vtt', media).pathname)).status === 200, { ms: 60000, what: 'the storyboard' });
  assert.ok(!set.logs().includes('storyboard_failed'));
  await set.expect(204, 'DELETE', `/v1/titles/${title.id}`, { token });
});

test('nothing of it was on the disk', () => {
  assert.equal(existsSync(join(set.dataDir, 'media')), false);
});

test('200 viewers of a cold segment are one request to the bucket', async () => {
  set.kill('zoe-edge');
  await until(async () => (await fetch(`${set.base}/ready`)).ok, { what: 'the edge' });
  const { media, segments } = await playlists(film);
  const answers = await Promise.all(Array.from({ length: 200 }, async () => (await fetch(new URL(segments[0], media))).arrayBuffer()));
  assert.equal(new Set(answers.map((body) => Buffer.from(body).toString('base64'))).size, 1);
});

test('a file of more than is kept in memory comes through the edge, whole and in parts; slow readers cannot hold memory', async () => {
  const { media } = await playlists(film);
  await until(async () => (await set.title(film.id)).renditions.every((r) => r.file), { ms: 60000, what: 'the files' });
  const folder = (await set.sql(`select folder from transcode.assets where title_id = ${film.id}`)).trim();
  const rung = media.pathname.split('/').at(-2);
  const bytes = noise((40 << 20) + 76, 5);
  const address = signedAddress(gateway.endpoint, 'PUT', `/${place.name}/assets/${folder}/${rung}/film.mp4`);
  assert.equal((await fetch(address, { method: 'PUT', body: bytes })).status, 200);
  const path = new URL('film.mp4', media).pathname;
  await checkRanges(set, path, bytes);
  const { grown, refused } = await slowReaders(set, path, 300, async () => {
    // Others are served meanwhile.
    assert.equal((await set.api('GET', media.pathname)).status, 200);
    assert.equal((await fetch(set.base + path, { method: 'HEAD' })).status, 200);
  });
  assert.equal(refused, 0);
  assert.ok(grown < 300 << 20, `${grown >> 20} MB for 300 readers of 40 MB`);
  await until(async () => (await fetch(set.base + path, { headers: { Range: 'bytes=0-9' } })).status === 206, { what: 'room again' });
});

test('presigned: the playlist leads to the bucket, for this film and this time only', async () => {
  await set.halt();
  set.env.ZOE_MEDIA_DELIVERY = 'presigned';
  await set.start();
  token = (await set.login()).access_token;
  const { url, media, text, segments } = await playlists(film);
  assert.equal(segments.length, 3);
  for (const address of segments) {
    assert.ok(address.startsWith(`${gateway.endpoint}/${place.name}/assets/`), address);
    const answer = await fetch(address);
    assert.equal(answer.status, 200);
    assert.equal(new Uint8Array(await answer.arrayBuffer())[0], 0x47);
  }
  const changed = new URL(segments[0]);
  changed.pathname = changed.pathname.replace(/segment_000/, 'segment_001');
  assert.equal((await fetch(changed)).status, 403);
  assert.equal((await set.expect(200, 'GET', media.pathname)).text, text, 'the same viewer gets the same addresses');
  const direct = await set.api('GET', new URL('segment_000.ts', media).pathname);
  assert.equal(direct.status, 307);
  assert.equal((await fetch(direct.headers.get('location'))).status, 200);
  const other = await playlists(film, (await set.register()).access_token);
  assert.notEqual(other.url, url);
});

test("presigned: videoflix_s3's video-url is an address of the bucket for an hour, veeplay's stream_url leads to one", async () => {
  const login = await set.expect(200, 'POST', '/users/login/', { body: set.admin });
  const cookie = login.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
  const { renditions } = await set.title(film.id);
  for (const quality of ['', ...renditions.map(({ name }) => name)]) {
    const { url } = (await set.expect(200, 'GET', `/content/video-url/${film.id}/${quality && `?quality=${quality}`}`, { headers: { Cookie: cookie } })).body;
    const address = new URL(url);
    assert.match(url, new RegExp(`^${gateway.endpoint}/${place.name}/assets/[^/]+/${quality || renditions[0].name}/film\\.mp4\\?`));
    assert.equal(address.searchParams.get('X-Amz-Expires'), '3600');
    const part = await fetch(url, { headers: { Range: 'bytes=0-7' } });
    assert.equal(part.status, 206);
    const other = new URL(url);
    other.pathname = address.pathname.replace(/assets\/[^/]+/, 'assets/other');
    assert.equal((await fetch(other)).status, 403, 'for no other film');
    other.pathname = address.pathname;
    other.searchParams.set('X-Amz-Expires', '36000');
    assert.equal((await fetch(other)).status, 403, 'and no longer');
  }
  const { stream_url: stream } = (await set.expect(200, 'GET', `/content/${film.id}`)).body;
  const opened = await fetch(stream);
  assert.equal(opened.status, 200);
  const rung = new URL((await opened.text()).split('\n').find((line) => /^\d+p\/index/.test(line)), opened.url);
  const segments = (await (await fetch(rung)).text()).split('\n').filter((line) => line && !line.startsWith('#'));
  assert.ok(segments.length === 3 && segments.every((line) => line.startsWith(`${gateway.endpoint}/${place.name}/assets/`)), segments[0]);
  assert.equal((await fetch(segments[0])).status, 200);
});

test('what the set logged names no secret', () => {
  assert.doesNotMatch(set.logs(), new RegExp(KEYS.ZOE_MEDIA_SECRET));
  assert.doesNotMatch(set.logs(), /X-Amz-Signature/);
});

test('a film that goes leaves nothing in the bucket', async () => {
  await set.expect(204, 'DELETE', `/v1/titles/${film.id}`, { token });
  await until(async () => !(await keys(gateway, place.name)).some((key) => key.startsWith('assets/')), { what: 'an empty bucket' });
});
