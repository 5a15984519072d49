// Pictures of accounts over HTTP: every format, turned as EXIF says, without metadata; what is none is refused and leaves nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { corpus, startSet, until } from './lib.mjs';

let set;
let work;
let ann;

before(async () => {
  work = mkdtempSync(join(tmpdir(), 'zoe-pictures-'));
  set = await startSet({ env: { ZOE_PICTURE_BYTES: '1000000' } });
  ann = await person('ann@example.test');
});
after(async () => {
  await set?.stop();
  rmSync(work, { recursive: true, force: true });
});

const json = { 'Content-Type': 'application/json' };
const password = 'a fine password';

async function person(email) {
  assert.equal((await set.api('POST', '/v1/register', { body: JSON.stringify({ email, password }), headers: json })).status, 201);
  return (await set.api('POST', '/v1/login', { body: JSON.stringify({ email, password }), headers: json })).body.access_token;
}

const put = (body, { token = ann, type = 'image/jpeg' } = {}) =>
  set.api('PUT', '/v1/me/picture', { token, body, headers: { 'Content-Type': type } });
const patch = (body, token = ann) => set.api('PATCH', '/v1/me', { token, body: JSON.stringify(body), headers: json });

/** Like a client that waits for 100 Continue: one that writes on may find the connection closed before it reads why. */
const putPolitely = (file) => Number(execFileSync('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-X', 'PUT', '-T', file, '-H', 'Expect: 100-continue',
  '-H', `Authorization: Bearer ${ann}`, '-H', 'Content-Type: image/jpeg', `${set.base}/v1/me/picture`], { encoding: 'utf8' }));

// Files of the store's folder, however deep.
function stored(folder) {
  const at = join(set.dataDir, 'media', folder);
  if (!existsSync(at)) return [];
  return readdirSync(at, { recursive: true }).filter((name) => statSync(join(at, name)).isFile());
}

async function fetched(path) {
  const response = await fetch(set.base + path);
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

// Size, and the colour in the middle of each quarter: red, green, blue of 0 to 255.
function look(jpeg) {
  const file = join(work, 'look.jpg');
  writeFileSync(file, jpeg);
  const size = execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'stream=width,height', '-of', 'csv=p=0', file]).toString().trim().split(',').map(Number);
  const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-vf', 'scale=4:4:flags=area', '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-']);
  const at = (x, y) => name([...raw.subarray((y * 4 + x) * 3, (y * 4 + x) * 3 + 3)]);
  return { size, corners: [at(0, 0), at(3, 0), at(0, 3), at(3, 3)].join(' ') };
}

const name = ([r, g, b]) => (r > 180 && g > 180 && b > 180 ? 'white' : r > 150 && g > 150 ? 'yellow' : r > 150 ? 'red' : g > 90 && b < 100 ? 'green' : b > 150 ? 'blue' : `${r},${g},${b}`);

// Red and green above, blue and yellow below.
const QUARTERS = 'color=c=red:s=200x200[a];color=c=green:s=200x200[b];color=c=blue:s=200x200[c];color=c=yellow:s=200x200[d];[a][b]hstack[x];[c][d]hstack[y];[x][y]vstack';

function make(file, ...options) {
  const path = join(work, file);
  const [filter] = options[0] === '-vf' ? options.splice(0, 2).slice(1) : ['null'];
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-filter_complex', `${QUARTERS},${filter}`, ...options, '-frames:v', '1', path]);
  return readFileSync(path);
}

// A JPEG with an EXIF block of this orientation and a place on earth.
function withExif(jpeg, orientation) {
  const entry = (tag, type, count, value) => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt16BE(tag, 0);
    bytes.writeUInt16BE(type, 2);
    bytes.writeUInt32BE(count, 4);
    if (type === 3) bytes.writeUInt16BE(value, 8);
    else bytes.writeUInt32BE(value, 8);
    return bytes;
  };
  const tiff = Buffer.concat([
    Buffer.from('4d4d002a000000080002', 'hex'), entry(0x112, 3, 1, orientation), entry(0x8825, 4, 1, 38), Buffer.alloc(4),
    Buffer.from('0001', 'hex'), entry(1, 2, 2, 0x4e000000), Buffer.alloc(4), Buffer.from('GPSLatitude 48.137154'),
  ]);
  const payload = Buffer.concat([Buffer.from('Exif\0\0'), tiff]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(payload.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, payload, jpeg.subarray(2)]);
}

test('a picture in every format becomes a square JPEG in two sizes', async () => {
  const formats = {
    'a.jpg': [], 'a.png': [], 'a.gif': ['-pix_fmt', 'rgb8'], 'a.webp': ['-c:v', 'libwebp'], 'lossless.webp': ['-c:v', 'libwebp', '-lossless', '1'],
    'deep.png': ['-pix_fmt', 'rgba64be'], 'a.avif': ['-c:v', 'libaom-av1', '-crf', '20', '-cpu-used', '8', '-still-picture', '1'],
  };
  for (const [file, options] of Object.entries(formats)) {
    const answer = await put(make(file, ...options), { type: `image/${file.split('.')[1]}` });
    assert.equal(answer.status, 200, `${file}: ${answer.text}`);
    const { picture_url: url } = answer.body.account;
    assert.match(url, /^\/pictures\/[0-9a-f]{32}-512\.jpg$/);
    const large = await fetched(url);
    assert.equal(large.status, 200);
    assert.equal(large.headers.get('content-type'), 'image/jpeg');
    assert.equal(large.headers.get('x-content-type-options'), 'nosniff');
    assert.match(large.headers.get('cache-control'), /public.*immutable/);
    assert.deepEqual(look(large.bytes), { size: [400, 400], corners: 'red green blue yellow' }, file);
    assert.deepEqual(look((await fetched(url.replace('-512', '-128'))).bytes), { size: [128, 128], corners: 'red green blue yellow' }, file);
    assert.equal((await set.api('GET', '/v1/me', { token: ann })).body.account.picture_url, url);
  }
  // What was shown before is gone, and nothing that arrived is left.
  await until(() => stored('pictures').length === 2, { what: 'the old files to go' });
  await until(() => stored('incoming').length === 0, { what: 'the arrived file to go' });
});

test('EXIF turns the picture, and nothing of it is left', async () => {
  const jpeg = make('exif.jpg');
  const corners = { 1: 'red green blue yellow', 2: 'green red yellow blue', 3: 'yellow blue green red', 4: 'blue yellow red green',
    5: 'red blue green yellow', 6: 'blue red yellow green', 7: 'yellow green blue red', 8: 'green yellow red blue' };
  for (const [orientation, wanted] of Object.entries(corners)) {
    const source = withExif(jpeg, Number(orientation));
    assert.ok(source.includes('GPSLatitude'));
    const { picture_url: url } = (await put(source)).body.account;
    const { bytes } = await fetched(url);
    assert.equal(look(bytes).corners, wanted, `orientation ${orientation}`);
    assert.ok(!bytes.includes('Exif') && !bytes.includes('GPS') && !bytes.includes('Lavc'), 'metadata is left');
  }
});

test('the middle of a wide picture, alpha on white, nothing made larger', async () => {
  const wide = make('wide.png', '-vf', 'scale=800:200,pad=1600:200:400:0:white');
  let { picture_url: url } = (await put(wide)).body.account;
  assert.deepEqual(look((await fetched(url)).bytes).size, [200, 200]);
  const clear = make('clear.png', '-vf', 'format=rgba,colorchannelmixer=aa=0');
  ({ picture_url: url } = (await put(clear)).body.account);
  assert.equal(look((await fetched(url)).bytes).corners, 'white white white white');
  const large = make('large.jpg', '-vf', 'scale=3000:2000');
  ({ picture_url: url } = (await put(large)).body.account);
  assert.deepEqual(look((await fetched(url)).bytes).size, [512, 512]);
});

test('base64 in JSON, with and without a data: URL, and a name beside it', async () => {
  const bob = await person('bob@example.test');
  const text = make('base.png').toString('base64');
  const first = await patch({ name: 'Bob', picture: text }, bob);
  assert.equal(first.status, 200, first.text);
  assert.equal(first.body.account.name, 'Bob');
  const second = await patch({ picture: `data:image/png;base64,${text}` }, bob);
  assert.equal(second.status, 200, second.text);
  assert.notEqual(second.body.account.picture_url, first.body.account.picture_url);
  assert.equal(second.body.account.name, 'Bob');
  for (const picture of ['???', 'AAAAA', 'data:text/html;base64,AAAA', 'data:image/png,raw', `${text}=A`]) {
    const answer = await patch({ picture }, bob);
    assert.equal(answer.status, 400, `${picture.slice(0, 30)}: ${answer.text}`);
    assert.equal(answer.body.errors[0].pointer, '/picture');
  }
  assert.equal((await patch({ picture: 'AAAA'.repeat(350000) }, bob)).status, 413);
  const none = await patch({ picture: '' }, bob);
  assert.equal(none.status, 200, none.text);
  assert.equal(none.body.account.picture_url, undefined);
  await until(async () => (await fetched(second.body.account.picture_url)).status === 404, { what: 'the picture to go' });
  await patch({ picture: text }, bob);
  const gone = await set.api('DELETE', '/v1/me/picture', { token: bob });
  assert.equal(gone.status, 200, gone.text);
  assert.equal(gone.body.account.picture_url, undefined);
});

// A PNG whose head says so many pixels.
function claims(width, height) {
  const png = Buffer.from(make('small.png', '-vf', 'scale=16:16'));
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  const crc = (bytes) => {
    let sum = ~0;
    for (const byte of bytes) {
      sum ^= byte;
      for (let i = 0; i < 8; i++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
    }
    return ~sum >>> 0;
  };
  png.writeUInt32BE(crc(png.subarray(12, 29)), 29);
  return png;
}

test('what is no picture is refused in plain words and leaves nothing', async () => {
  const kept = (await put(make('kept.jpg'))).body.account.picture_url;
  await until(() => stored('incoming').length === 0 && stored('pictures').length === 2);
  const jpeg = make('cut.jpg', '-vf', 'noise=alls=80,scale=600:600');
  const film = join(work, 'film.mp4');
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc=d=0.2', film]);
  const hostile = {
    'a bomb': [claims(60000, 60000), /50 million pixels/],
    'a little bomb': [claims(7000, 7001), /damaged/],
    'a wide bomb': [claims(2147483647, 2), /50 million pixels/],
    'cut off': [jpeg.subarray(0, jpeg.length >> 1), /cut off/],
    'cut in its head': [jpeg.subarray(0, 20), /cut off/],
    'svg': [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), /no picture we can read/],
    'html': [Buffer.from('<!DOCTYPE html><script>alert(1)</script>'), /no picture we can read/],
    'gif and script': [Buffer.from('GIF89a\x10\0\x10\0\0\0\0=1;alert(1)//'), /GIF picture is/],
    'a film': [readFileSync(film), /no picture we can read/],
    'nothing': [Buffer.alloc(0), /empty/],
    'noise': [Buffer.alloc(5000, 0xff), /no picture we can read/],
  };
  for (const [what, [bytes, words]] of Object.entries(hostile)) {
    const answer = await put(bytes);
    assert.equal(answer.status, 400, `${what}: ${answer.text}`);
    assert.equal(answer.body.type, '/problems/picture-refused', what);
    assert.match(answer.body.detail, words, what);
    assert.match(answer.body.detail, /^[A-Z].*\.$/, what);
  }
  assert.equal((await put(make('t.jpg'), { type: 'text/html' })).status, 415);
  assert.equal((await put(Buffer.alloc(1000001))).status, 413);
  assert.equal((await put(make('t.jpg'), { token: '' })).status, 401);
  assert.equal((await set.api('GET', '/v1/me', { token: ann })).body.account.picture_url, kept);
  await until(() => stored('incoming').length === 0, { what: 'the arrived files to go' });
  assert.equal(stored('pictures').length, 2);
});

test('a picture with a web page behind it comes out clean', async () => {
  const both = Buffer.concat([make('poly.jpg'), Buffer.from('<script>alert(1)</script>')]);
  const { picture_url: url } = (await put(both)).body.account;
  assert.ok(!(await fetched(url)).bytes.includes('script'));
});

test('a client that goes away leaves nothing', async () => {
  const socket = connect(set.port, '127.0.0.1');
  socket.write(`PUT /v1/me/picture HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ann}\r\nContent-Type: image/png\r\nContent-Length: 90000\r\n\r\n`);
  socket.write(Buffer.alloc(30000, 1));
  await until(() => stored('incoming').length === 1, { what: 'the file to arrive' });
  socket.destroy();
  await until(() => stored('incoming').length === 0, { what: 'the file to go' });
});

test('what a killed edge left is swept', async () => {
  const old = join(set.dataDir, 'media', 'incoming', 'f'.repeat(32));
  writeFileSync(old, 'x');
  utimesSync(old, Date.now() / 1000 - 7200, Date.now() / 1000 - 7200);
  set.kill('zoe-transcode');
  await until(() => !existsSync(old), { what: 'the sweep', ms: 30000 });
});

test('names that are none, and the picture of those who have none', async () => {
  for (const path of ['/pictures/x', `/pictures/${'0'.repeat(32)}-512.jpg`, `/pictures/${'0'.repeat(32)}-5.jpg`, '/pictures/..%2f..%2fsecrets', `/pictures/${'0'.repeat(32)}-512.jpg.png`]) {
    assert.equal((await fetched(path)).status, 404, path);
  }
  const none = await fetched('/pictures/default.jpg');
  assert.equal(none.status, 200);
  assert.deepEqual(look(none.bytes).size, [512, 512]);
  assert.equal((await fetch(`${set.base}/pictures/default.jpg`, { headers: { 'If-None-Match': none.headers.get('etag') } })).status, 304);
});

test('an account that is deleted takes its picture along', async () => {
  const token = await person('leaver@example.test');
  const { picture_url: url } = (await put(make('leaver.jpg'), { token })).body.account;
  assert.equal((await fetched(url)).status, 200);
  const left = await set.api('POST', '/v1/me/delete', { token, body: JSON.stringify({ password }), headers: json });
  assert.equal(left.status, 204, left.text);
  await until(async () => (await fetched(url)).status === 404, { what: 'the picture to go' });
});

test('real pictures of the corpus', { skip: !corpus && 'no corpus beside the checkout' }, async () => {
  for (const file of readdirSync(join(corpus, 'D_images'))) {
    const bytes = readFileSync(join(corpus, 'D_images', file));
    if (bytes.length > 1000000) {
      assert.equal(putPolitely(join(corpus, 'D_images', file)), 413, file);
      continue;
    }
    const answer = await put(bytes);
    const readable = !/\.heic$|animated_tiny\.webp|motion_photo/.test(file);
    assert.equal(answer.status, readable ? 200 : 400, `${file}: ${answer.text}`);
  }
});
