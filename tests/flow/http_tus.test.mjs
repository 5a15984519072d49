// tus 1.0 over real sockets: offsets, locks, aborts, bounds.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, makeFilm, sanitized, startSet, until } from './lib.mjs';

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
  assert.deepEqual(headers.get('tus-extension').split(','), ['creation', 'creation-with-upload', 'checksum', 'concatenation', 'expiration', 'termination']);
  assert.equal(headers.get('tus-checksum-algorithm'), 'sha1,sha256');
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

test('what the client says of its file is told again to the letter', async () => {
  const said = `filetype dmlkZW8vbXA0,title_id ${btoa(String(title.id))},is_confidential,filename ${btoa('film.mp4')},relativePath bnVsbA==`;
  const made = await create(10, { 'Upload-Metadata': said });
  assert.equal(made.status, 201, made.text);
  assert.equal((await head(made.headers.get('location'))).headers.get('upload-metadata'), said);
  for (const wrong of [`${said},filetype eA==`, `${said},title_id ${btoa('1')}`, `${said},${'k '.padEnd(4000, 'A')}`]) assert.equal((await create(10, { 'Upload-Metadata': wrong })).status, 400, wrong);
});

test("the protocol's version is looked at before anything else", async () => {
  const place = await open(10);
  const wrong = { 'Tus-Resumable': '0.2.2' };
  for (const answer of [await patch(place, 'x', 'x', { ...wrong, 'Content-Type': 'text/plain', 'Upload-Checksum': 'x' }), await create('x', { ...wrong, 'Upload-Metadata': '' }), await set.api('HEAD', place, { token, headers: wrong }),
    await set.api('DELETE', place, { token, headers: wrong }), await set.api('DELETE', place, { token })]) {
    assert.equal(answer.status, 412, answer.text);
    assert.equal(answer.headers.get('tus-version'), '1.0.0');
    assert.equal(answer.headers.get('tus-resumable'), '1.0.0');
  }
  assert.equal(await offsetOf(place), 0);
});

test('a client that knows only POST can look and give up, too', async () => {
  const place = await open(10);
  assert.equal((await patch(place, 0, 'hello')).status, 204);
  const as = (method) => set.api('POST', place, { token, headers: { ...TUS, 'X-HTTP-Method-Override': method } });
  assert.equal((await as('HEAD')).headers.get('upload-offset'), '5');
  assert.equal((await as('DELETE')).status, 204);
  assert.equal((await head(place)).status, 404);
});

const digest = (kind, bytes) => `${kind} ${createHash(kind).update(bytes).digest('base64')}`;
const stored = (place, more = '') => join(set.dataDir, 'media/uploads', place.split('/').pop() + more);

test('a piece with a checksum counts when it is right, and not a byte of it when it is wrong', async () => {
  const place = await open(300_000);
  const piece = Buffer.alloc(100_000, 'c');
  assert.equal((await patch(place, 0, piece, { 'Upload-Checksum': digest('sha1', piece) })).status, 204);
  const bad = await patch(place, 100_000, piece, { 'Upload-Checksum': digest('sha1', 'other') });
  assert.equal(bad.status, 460, bad.text);
  assert.match(bad.body.type, /checksum-mismatch$/);
  assert.equal(await offsetOf(place), 100_000);
  assert.equal(readFileSync(stored(place)).length, 100_000);
  assert.equal(existsSync(stored(place, '.checked')), false);
  assert.equal((await patch(place, 100_000, piece, { 'Upload-Checksum': digest('sha256', piece) })).headers.get('upload-offset'), '200000');
  for (const wrong of ['md5 1B2M2Y8AsgTpgAmY7PhCfg==', 'sha1', 'sha1 !!!', 'sha1 AAAA', digest('sha256', piece).replace('sha256', 'sha1')]) {
    assert.equal((await patch(place, 200_000, piece, { 'Upload-Checksum': wrong })).status, 400, wrong);
  }
  // The last piece, too, is a film's end only when it is right.
  assert.equal((await patch(place, 200_000, piece, { 'Upload-Checksum': digest('sha1', 'x') })).status, 460);
  assert.equal(await offsetOf(place), 200_000);
  assert.equal((await set.api('DELETE', place, { token, headers: TUS })).status, 204);
});

test('a body that comes with the creation is checked as well', async () => {
  const body = Buffer.alloc(600, 'b');
  const type = { 'Content-Type': 'application/offset+octet-stream' };
  const good = await create(1000, { ...type, 'Upload-Checksum': digest('sha256', body) }, body);
  assert.equal(good.status, 201, good.text);
  assert.equal(good.headers.get('upload-offset'), '600');
  const bad = await create(1000, { ...type, 'Upload-Checksum': digest('sha256', 'no') }, body);
  assert.equal(bad.status, 460, bad.text);
  assert.equal(await offsetOf(bad.headers.get('location')), 0);
});

test('a piece with a checksum that breaks off does not count, not even when the edge dies on the way', async () => {
  const place = await open(1_000_000);
  assert.equal((await patch(place, 0, Buffer.alloc(1000, 'a'))).status, 204);
  for (const end of [(socket) => socket.destroy(), () => set.kill('zoe-edge')]) {
    const socket = slowPatch(place, 900_000, { 'Upload-Offset': 1000, 'Upload-Checksum': digest('sha1', 'never') });
    socket.write(Buffer.alloc(250_000, 'x'));
    await until(() => readFileSync(stored(place)).length === 251_000, { what: 'the first bytes' });
    assert.equal(await offsetOf(place), 1000, 'bytes that are not checked are not told');
    end(socket);
    await until(async () => (await fetch(`${set.base}/ready`)).ok, { what: 'the edge' });
    token = (await set.login()).access_token;
    await until(async () => (await patch(place, 1000, Buffer.alloc(0))).status === 204, { what: 'the lock to be free' });
    assert.equal(await offsetOf(place), 1000);
    assert.equal(readFileSync(stored(place)).length, 1000);
  }
});

const concat = (value, more = {}) => set.api('POST', '/v1/uploads', { token, headers: { ...TUS, 'Upload-Concat': value, 'Upload-Metadata': metadata(), ...more } });

async function partial(bytes, whole = true) {
  const made = await concat('partial', { 'Upload-Length': String(bytes.length), 'Upload-Metadata': `filename ${btoa('part')}` });
  assert.equal(made.status, 201, made.text);
  const place = made.headers.get('location');
  const sent = await patch(place, 0, whole ? bytes : bytes.subarray(1));
  assert.equal(sent.status, 204, sent.text);
  return place;
}

test('partial uploads become one film, in the order that is told (transcode_join)', async () => {
  const film = readFileSync(await makeFilm({ seconds: 4 }));
  const third = Math.ceil(film.length / 3);
  const pieces = [0, 1, 2].map((n) => film.subarray(n * third, (n + 1) * third));
  // Sent in another order than they are joined.
  const places = [];
  for (const n of [2, 0, 1]) places[n] = await partial(pieces[n]);
  const shown = await head(places[0]);
  assert.equal(shown.headers.get('upload-concat'), 'partial');
  assert.equal(shown.headers.get('upload-offset'), String(pieces[0].length));
  assert.match(shown.headers.get('upload-expires'), /GMT$/);
  const list = `final;${set.base}${places[0]} ${places[1]} ${places[2]}`;
  const owner = await set.createTitle(token, 'Joined');
  const own = { 'Upload-Metadata': `title_id ${btoa(String(owner.id))},filename ${btoa('film.mp4')}` };
  const made = await concat(list, { ...own, 'Idempotency-Key': 'join-1' });
  assert.equal(made.status, 201, made.text);
  const place = made.headers.get('location');
  const again = await concat(list, { ...own, 'Idempotency-Key': 'join-1' });
  assert.equal(again.status, 201, again.text);
  assert.equal(again.headers.get('location'), place);
  await until(async () => (await head(place)).headers.get('upload-offset') === String(film.length), { what: 'the parts to be joined' });
  const whole = await head(place);
  assert.equal(whole.headers.get('upload-concat'), list);
  assert.equal(whole.headers.get('upload-length'), String(film.length));
  assert.ok(readFileSync(stored(place)).equals(film), 'the same bytes');
  assert.equal((await patch(place, film.length, 'x')).status, 403);
  for (const used of places) {
    await until(async () => (await head(used)).status === 404, { what: 'a used part to go' });
    await until(() => !existsSync(stored(used)), { what: 'its bytes to go' });
  }
  assert.equal((await concat(`final;${places[0]}`)).status, 404, 'a part is used once');
  assert.equal((await set.waitDone(owner.id)).processing_state, 'ready');
});

test('what cannot be joined is told', async () => {
  const good = await partial(Buffer.from('good'));
  const open = await partial(Buffer.from('open'), false);
  const whole = (await create(4)).headers.get('location');
  const join = async (value, more) => (await concat(value, more)).status;
  assert.equal(await join(`final;${good} ${open}`), 409, 'a part that is not whole');
  assert.equal(await join(`final;${good} ${whole}`), 404, 'no partial upload');
  assert.equal(await join(`final;${good} ${good}`), 404, 'twice');
  assert.equal(await join(`final;${good} /v1/uploads/${'0'.repeat(32)}`), 404);
  assert.equal(await join(`final;${good}`, { 'Upload-Length': '4' }), 400);
  assert.equal(await join(`final;${good}`, { 'Upload-Metadata': '' }), 400);
  for (const value of ['final', 'final;', 'final; ', 'whole', `final;${good}/..`, 'final;/etc/passwd', `final;${Array(101).fill(good).join(' ')}`]) {
    assert.equal(await join(value), 400, value);
  }
  assert.equal((await set.api('DELETE', good, { token, headers: TUS })).status, 204);
  assert.equal(existsSync(stored(good)), false);
  assert.equal(await join(`final;${good}`), 404, 'one that was given up');
});

test('what nobody went on with is swept, partial uploads too, and what they left', async () => {
  const given = await open(1000);
  assert.equal((await patch(given, 0, Buffer.alloc(500))).status, 204);
  const part = await partial(Buffer.from('part'));
  const kept = await open(1000);
  assert.equal((await patch(kept, 0, Buffer.alloc(500))).status, 204);
  const ids = [given, part].map((place) => `'${place.split('/').pop()}'`).join(',');
  await set.sql(`update transcode.uploads set created_at = now() - interval '8 days' where id in (${ids})`);
  set.kill('zoe-transcode');
  for (const place of [given, part]) {
    await until(() => !existsSync(stored(place)), { what: 'the bytes to go' });
    assert.ok([404, 410].includes((await head(place)).status));
    assert.ok([404, 410].includes((await patch(place, 500, 'x')).status));
  }
  assert.equal(await offsetOf(kept), 500);
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
function slowPatch(place, length, more = {}) {
  const socket = connect(set.port, '127.0.0.1');
  const headers = { ...BYTES, 'Upload-Offset': 0, Authorization: `Bearer ${token}`, 'Content-Length': length, ...more };
  socket.on('error', () => {});
  socket.write(`PATCH ${place} HTTP/1.1\r\nHost: a\r\n${Object.entries(headers).map((pair) => `${pair.join(': ')}\r\n`).join('')}\r\n`);
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

test('an upload that moves to another edge in the middle', async (t) => {
  const second = await set.secondEdge();
  t.after(second.stop);
  const bytes = randomBytes(600_000);
  const place = await open(700_000);
  const at = (base, offset, end) => set.api('PATCH', place, { base, token, body: bytes.subarray(offset, end), headers: { ...BYTES, 'Upload-Offset': String(offset) } });
  assert.equal((await at(set.base, 0, 200_000)).status, 204);
  assert.equal((await at(second.base, 200_000, 400_000)).headers.get('upload-offset'), '400000');
  assert.equal((await at(set.base, 200_000, 400_000)).status, 409, 'the first one knows of it');
  // Both at once: one of them waits.
  const socket = slowPatch(place, 300_000, { 'Upload-Offset': 400_000 });
  socket.write(bytes.subarray(400_000, 500_000));
  await until(async () => (await offsetOf(place)) === 500_000, { what: 'the first bytes' });
  assert.equal((await at(second.base, 500_000, 600_000)).status, 423);
  socket.destroy();
  await until(async () => (await at(second.base, 500_000, 600_000)).status === 204, { what: 'the lock to be free' });
  assert.ok(readFileSync(stored(place)).equals(bytes));
  assert.equal((await set.api('DELETE', place, { base: second.base, token, headers: TUS })).status, 204);
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
  // Ten at once, with room for three.
  await set.sql('update transcode.uploads set state = \'gone\'');
  const answers = await Promise.all(Array.from({ length: 10 }, () => open(1000)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(3).fill(201), ...Array(7).fill(413)]);
});
