// The calls of a store: in a folder, on a real S3 server, and on one that fails again and again.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build } from '../flow/lib.mjs';
import { bucket, keys, KEYS, run, startGateway, startProxy, unfinished } from './lib.mjs';

let gateway;
before(async () => {
  gateway = await startGateway();
});
after(() => gateway?.stop());

async function calls(place) {
  const { status, stdout, stderr } = await run(join(build, 'test-s3'), [], { ...process.env, ...KEYS, ZOE_TEST_PLACE: place });
  assert.equal(status, 0, `${stdout}${stderr}`);
}

test('a folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zoe-place-'));
  await calls(`file://${folder}`);
  rmSync(folder, { recursive: true });
});

test('a bucket, its name in the path', async () => {
  const { name, url } = await bucket(gateway);
  await calls(url);
  assert.deepEqual(await keys(gateway, name), []);
  assert.deepEqual(await unfinished(gateway, name), []);
});

test('a part of a bucket', async () => {
  const { name, url } = await bucket(gateway, { prefix: '/films/of%20ours'.replace('%20', '-') });
  await calls(url);
  assert.deepEqual(await keys(gateway, name), []);
});

test('a server where every third request ends badly', async (t) => {
  const troubles = ['busy', 'broken', 'cut', 'half'];
  const proxy = await startProxy(t, gateway.endpoint, (number, { url }) => (number % 3 === 1 && !/X-Amz-Signature/.test(url) ? troubles[number % 4] : undefined));
  const { url } = await bucket(gateway, { through: proxy.endpoint });
  await calls(url);
  for (const trouble of troubles) assert.ok(proxy.seen.spoiled[trouble] > 50, JSON.stringify(proxy.seen));
});

test('a completion whose answer was lost is no failure', async (t) => {
  const proxy = await startProxy(t, gateway.endpoint, (number, { method, url }) => (method === 'POST' && /uploadId=/.test(url) && number % 2 ? 'lost' : undefined));
  const { url } = await bucket(gateway, { through: proxy.endpoint });
  await calls(url);
  assert.ok(proxy.seen.spoiled.lost > 0, JSON.stringify(proxy.seen));
});

test('a wrong secret is refused, and said', async () => {
  const { url } = await bucket(gateway);
  const { status, stderr } = await run(join(build, 'test-s3'), [], { ...process.env, ...KEYS, ZOE_MEDIA_SECRET: 'wrong', ZOE_TEST_PLACE: url });
  assert.notEqual(status, 0);
  assert.match(stderr, /event=s3_refused .*http=403 code="?SignatureDoesNotMatch/);
});
