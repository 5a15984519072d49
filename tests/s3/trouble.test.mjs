// An edge that dies at the wrong moment, and a bucket that is away: what a client was answered for is there, and nothing is left behind.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSet, until } from '../flow/lib.mjs';
import { bucket, keys, KEYS, signedAddress, startGateway, startProxy, unfinished } from './lib.mjs';

const TUS = { 'Tus-Resumable': '1.0.0' };
const MEGA = 1 << 20;
const bytes = Buffer.alloc(20 * MEGA, 'film');

let gateway, place, set, token, proxy, spoil;
const ends = [];

before(async () => {
  gateway = await startGateway();
  proxy = await startProxy({ after: (end) => ends.push(end) }, gateway.endpoint, (number, incoming) => spoil?.(incoming), { lasting: true });
  place = await bucket(gateway, { through: proxy.endpoint });
  set = await startSet({ env: { ...KEYS, ZOE_MEDIA_URL: place.url, ZOE_DEMO: 'off', ZOE_UPLOAD_LEASE_MS: '1000', ZOE_EDGE_SHARDS: '1' } });
  token = (await set.login()).access_token;
}, { timeout: 300000 });
after(async () => {
  await set?.stop();
  for (const end of ends) end();
  await gateway?.stop();
});

async function begin() {
  const title = await set.createTitle(token);
  const made = await set.expect(201, 'POST', '/v1/uploads', { token, headers: { ...TUS, 'Upload-Length': String(bytes.length), 'Upload-Metadata': `title_id ${btoa(String(title.id))}` } });
  return new URL(made.headers.get('location'), set.base).pathname;
}

const patch = (path, offset, end = bytes.length) => set.api('PATCH', path, { token, body: bytes.subarray(offset, end), headers: { ...TUS, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset) } });
const offsetOf = async (path) => Number((await set.expect(200, 'HEAD', path, { token, headers: TUS })).headers.get('upload-offset'));

/** Sends the rest while the requests that `which` picks find no answer, kills the edge then, and waits for the next one. */
async function killAt(path, offset, trouble, which) {
  let seen = false;
  spoil = (incoming) => (which(incoming) ? ((seen = true), trouble) : undefined);
  const dying = patch(path, offset).catch(() => {});
  await until(() => seen && proxy.seen.spoiled[trouble], { every: 5, what: 'the moment' });
  // What the bucket was asked for is done, only the answer is not there.
  if (trouble === 'late') await until(async () => (await keys(gateway, place.name)).some((key) => key.endsWith(path.split('/').pop())), { what: 'the object' });
  set.kill('zoe-edge');
  await dying;
  spoil = undefined;
  await until(async () => (await fetch(`${set.base}/ready`)).ok, { what: 'the edge' });
  token = (await set.login()).access_token;
}

async function goOn(path) {
  const answer = await until(async () => {
    const offset = await offsetOf(path);
    const got = await patch(path, offset);
    return got.status !== 423 && got;
  }, { what: 'the lease', every: 200 });
  assert.equal(answer.status, 204, answer.text);
  assert.equal(await offsetOf(path), bytes.length);
  const got = await fetch(signedAddress(gateway.endpoint, 'GET', `/${place.name}/uploads/${path.split('/').pop()}`));
  assert.ok(Buffer.from(await got.arrayBuffer()).equals(bytes), 'the same bytes');
  assert.deepEqual(await unfinished(gateway, place.name), []);
}

test('an edge that dies between the last part and its answer: the upload is whole, and can be ended', { timeout: 120000 }, async () => {
  const path = await begin();
  await killAt(path, 0, 'late', ({ method, url }) => method === 'POST' && /uploadId=/.test(url));
  assert.equal(await offsetOf(path), 16 * MEGA, 'what it had told');
  await goOn(path);
});

test('an edge that dies before it told what it had begun leaves no parts behind', { timeout: 120000 }, async () => {
  const path = await begin();
  await killAt(path, 0, 'mute', ({ url }) => /partNumber=1&/.test(url));
  assert.equal((await unfinished(gateway, place.name)).length, 1);
  assert.equal(await offsetOf(path), 0);
  await goOn(path);
});

test('what an edge left that nobody goes on with goes when the upload is given up', { timeout: 120000 }, async () => {
  const path = await begin();
  await killAt(path, 0, 'mute', ({ url }) => /partNumber=1&/.test(url));
  assert.equal((await unfinished(gateway, place.name)).length, 1);
  await set.expect(204, 'DELETE', path, { token, headers: TUS });
  assert.deepEqual(await unfinished(gateway, place.name), []);
});

test('a bucket that is away is told, and what came before is kept', { timeout: 120000 }, async () => {
  const path = await begin();
  assert.equal((await patch(path, 0, 9 * MEGA)).status, 204);
  spoil = ({ method }) => (method === 'PUT' ? 'broken' : undefined);
  const away = await patch(path, 9 * MEGA);
  assert.equal(away.status, 503, away.text);
  assert.equal(await offsetOf(path), 9 * MEGA);
  spoil = undefined;
  await goOn(path);
});
