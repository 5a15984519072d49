// tus 1.0 over real sockets: offsets, locks, aborts, bounds.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, sanitized, startSet, until } from './lib.mjs';

const TUS = { 'Tus-Resumable': '1.0.0' };
const BYTES = { ...TUS, 'Content-Type': 'application/offset+octet-stream' };
let set;
let token;
let title;

before(async () => {
  set = await startSet();
  token = (await set.login()).access_token;
  title = await set.createTitle(token);
});
after(() => set?.stop());

const metadata = () => `title_id ${btoa(String(title.id))},filename ${btoa('film.mp4')}`;
const create = (length, more = {}, body) => set.api('POST', '/v1/uploads', { token, body, headers: { ...TUS, 'Upload-Length': String(length), 'Upload-Metadata': metadata(), ...more } });
const patch = (place, offset, body, more = {}) => set.api('PATCH', place, { token, body, headers: { ...BYTES, 'Upload-Offset': String(offset), ...more } });
const head = (place) => set.api('HEAD', place, { token, headers: TUS });
const offsetOf = async (place) => Number((await head(place)).headers.get('upload-offset'));

async function open(length) {
  const answer = await create(length);
  assert.equal(answer.status, 201, answer.text);
  return answer.headers.get('location');
}

test('the server tells what it can', async () => {
  const { status, headers } = await set.api('OPTIONS', '/v1/uploads');
  assert.equal(status, 204);
  assert.equal(headers.get('tus-version'), '1.0.0');
  assert.equal(headers.get('tus-resumable'), '1.0.0');
  assert.deepEqual(headers.get('tus-extension').split(','), ['creation', 'creation-with-upload', 'expiration', 'termination']);
  assert.ok(Number(headers.get('tus-max-size')) > 0);
});

test('what is wrong with a creation is told', async () => {
  assert.equal((await create(10, { 'Tus-Resumable': '0.2.2' })).status, 412);
  assert.equal((await create(10, { 'Tus-Resumable': '0.2.2' })).headers.get('tus-version'), '1.0.0');
  for (const length of ['x', '-1', '1.5', '', '99999999999999999999']) assert.equal((await create(length)).status, 400, length);
  assert.equal((await create('70000000000000')).status, 413);
  for (const text of ['', 'filename eA==', 'title_id !!!', 'title_id eA==', `title_id ${btoa('0')}`]) assert.equal((await create(10, { 'Upload-Metadata': text })).status, 400, text);
  assert.equal((await create(10, { 'Upload-Metadata': `title_id ${btoa('999999')}` })).status < 500, true);
  const deferred = await set.api('POST', '/v1/uploads', { token, headers: { ...TUS, 'Upload-Defer-Length': '1', 'Upload-Metadata': metadata() } });
  assert.equal(deferred.status, 400);
});

test('pieces go where the upload stands', async () => {
  const place = await open(300_000);
  assert.equal(await offsetOf(place), 0);
  const piece = Buffer.alloc(100_000, 'a');
  const first = await patch(place, 0, piece);
  assert.equal(first.status, 204);
  assert.equal(first.headers.get('upload-offset'), '100000');
  assert.equal(await offsetOf(place), 100_000);
  assert.equal((await patch(place, 0, piece)).status, 409);
  assert.equal((await patch(place, 200_000, piece)).status, 409);
  assert.equal((await patch(place, 100_000, piece, { 'Content-Type': 'text/plain' })).status, 415);
  assert.equal((await patch(place, 'x', piece)).status, 400);
  assert.equal((await patch(place, 100_000, piece, { 'Tus-Resumable': '2.0.0' })).status, 412);
  assert.equal((await patch(place, 100_000, Buffer.alloc(200_001))).status, 413);
  assert.equal(await offsetOf(place), 100_000, 'nothing of that was kept');
  const overridden = await set.api('POST', place, { token, body: piece, headers: { ...BYTES, 'Upload-Offset': '100000', 'X-HTTP-Method-Override': 'PATCH' } });
  assert.equal(overridden.status, 204, overridden.text);
  const shown = await head(place);
  assert.equal(shown.headers.get('upload-length'), '300000');
  assert.equal(shown.headers.get('cache-control'), 'no-store');
  assert.equal(shown.headers.get('upload-metadata'), metadata());
  assert.equal(readFileSync(join(set.dataDir, 'media/uploads', place.split('/').pop())).length, 200_000);
  assert.equal((await set.api('DELETE', place, { token, headers: TUS })).status, 204);
});

test('a body may come with the creation', async () => {
  const answer = await create(1000, { 'Content-Type': 'application/offset+octet-stream' }, Buffer.alloc(600, 'b'));
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.headers.get('upload-offset'), '600');
  assert.equal(await offsetOf(answer.headers.get('location')), 600);
  assert.equal((await create(10, { 'Content-Type': 'application/offset+octet-stream' }, Buffer.alloc(11))).status, 413);
  assert.equal((await create(10, { 'Content-Type': 'text/plain' }, 'x')).status, 415);
});

test('what is not there is not there', async () => {
  for (const id of ['nothing', '..%2f..%2fetc', 'a'.repeat(100), '%00']) {
    assert.equal((await head(`/v1/uploads/${id}`)).status, 404, id);
    assert.equal((await patch(`/v1/uploads/${id}`, 0, 'x')).status, 404, id);
  }
});

test('the last byte starts the work, and a repeated end is no error', async () => {
  const film = await set.createTitle(token, 'Ends');
  const made = await set.api('POST', '/v1/uploads', { token, headers: { ...TUS, 'Upload-Length': '5', 'Upload-Metadata': `title_id ${btoa(String(film.id))}` } });
  const place = made.headers.get('location');
  assert.equal((await patch(place, 0, 'hello')).status, 204);
  assert.equal((await head(place)).headers.get('upload-offset'), '5');
  const again = await patch(place, 5, undefined);
  assert.equal(again.status, 204, again.text);
  assert.equal(again.headers.get('upload-offset'), '5');
  assert.equal((await patch(place, 0, 'hello')).status, 409);
  assert.equal((await set.waitDone(film.id)).processing_state, 'error', 'five bytes are no film');
});

/** A PATCH whose body is written by hand. */
function slowPatch(place, length) {
  const socket = connect(set.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`PATCH ${place} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n`
    + `Content-Type: application/offset+octet-stream\r\nContent-Length: ${length}\r\n\r\n`);
  return socket;
}

test('one connection writes at a time, and an aborted one keeps what came', async () => {
  const place = await open(1_000_000);
  const socket = slowPatch(place, 1_000_000);
  socket.write(Buffer.alloc(250_000, 'x'));
  await until(async () => (await offsetOf(place)) === 250_000, { what: 'the first bytes to be kept' });
  assert.equal((await patch(place, 250_000, 'y')).status, 423);
  socket.destroy();
  await until(async () => (await patch(place, 250_000, Buffer.alloc(10, 'y'))).status === 204, { what: 'the lock to be free' });
  assert.equal(await offsetOf(place), 250_010);
});

function memory() {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${set.pid('zoe-edge')}/status`, 'utf8'))[1]) * 1024;
}

test('a large upload does not move the memory', { skip: sanitized && 'a sanitizer keeps what was freed' }, async () => {
  const size = Number(process.env.ZOE_TEST_UPLOAD_BYTES ?? 512 << 20);
  const film = await set.createTitle(token, 'Large');
  const made = await set.api('POST', '/v1/uploads', { token, headers: { ...TUS, 'Upload-Length': String(size), 'Upload-Metadata': `title_id ${btoa(String(film.id))}` } });
  const place = made.headers.get('location');
  const before = memory();
  let most = before;
  const piece = Buffer.alloc(1 << 20, 'z');
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (sent >= size - 1) return controller.close();
      const n = Math.min(piece.length, size - 1 - sent);
      controller.enqueue(piece.subarray(0, n));
      sent += n;
      if (sent % (32 << 20) === 0) most = Math.max(most, memory());
    },
  });
  const answer = await fetch(set.base + place, { method: 'PATCH', body, duplex: 'half', headers: { ...BYTES, Authorization: `Bearer ${token}`, 'Upload-Offset': '0' } });
  assert.equal(answer.status, 204, await answer.text());
  assert.equal(answer.headers.get('upload-offset'), String(size - 1));
  // The address sanitizer keeps what was freed.
  const keeps = readFileSync(join(build, 'zoe-edge')).includes('libasan');
  assert.ok(keeps || most - before < 16 << 20, `${(most - before) >> 20} MB more`);
  assert.equal((await set.api('DELETE', place, { token, headers: TUS })).status, 204);
});

test('an upload that takes too long is given up, and says when; a person has so much room', async () => {
  await set.halt();
  Object.assign(set.env, { ZOE_UPLOAD_QUOTA_BYTES: '3000', ZOE_UPLOAD_SECONDS: '60' });
  await set.start();
  const { access_token: fresh } = await set.login();
  const metadata = `title_id ${btoa(String((await set.createTitle(fresh)).id))}`;
  const open = (length) => set.api('POST', '/v1/uploads', { token: fresh, headers: { ...TUS, 'Upload-Length': String(length), 'Upload-Metadata': metadata } });
  await set.sql('delete from transcode.assets; update transcode.uploads set state = \'gone\'');
  const made = await open(2000);
  assert.equal(made.status, 201, made.text);
  const until = Date.parse(made.headers.get('upload-expires'));
  assert.ok(Math.abs(until - Date.now() - 60000) < 3000, made.headers.get('upload-expires'));
  const refused = await open(1001);
  assert.equal(refused.status, 413, refused.text);
  assert.match(refused.body.type, /quota$/);
  assert.equal((await open(1000)).status, 201);
});
