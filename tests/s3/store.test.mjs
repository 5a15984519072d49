// The calls of a store: in a folder, on a real S3 server, and on one that fails again and again.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build } from '../flow/lib.mjs';
import { bucket, keys, KEYS, run, startGateway, startProxy, startSwift, unfinished } from './lib.mjs';

let gateway;
before(async () => {
  gateway = await startGateway();
});
after(() => gateway?.stop());

async function calls(place, keys = KEYS) {
  const { status, stdout, stderr } = await run(join(build, 'test-s3'), [], { ...process.env, ...keys, ZOE_TEST_PLACE: place });
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

test('a bucket, its name before the host', async () => {
  const { name, url } = await bucket(gateway, { through: gateway.endpoint.replace('127.0.0.1', 'localhost'), style: 'host' });
  await calls(url);
  assert.deepEqual(await keys(gateway, name), []);
});

test("the same calls on Swift's s3api, in both styles", async (t) => {
  const swift = await startSwift();
  t.after(swift.stop);
  await calls((await bucket(swift)).url, swift.keys);
  await calls((await bucket(swift, { through: swift.endpoint.replace('127.0.0.1', 'localhost'), style: 'host' })).url, swift.keys);
});

test('keys that stand in files', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zoe-keys-'));
  const files = Object.fromEntries(Object.entries(KEYS).map(([name, value]) => {
    writeFileSync(join(folder, name), `${value}\n`);
    return [`${name}_FILE`, join(folder, name)];
  }));
  await calls((await bucket(gateway)).url, files);
  rmSync(folder, { recursive: true });
});

test('what can never be sent is given up: it was tried six times, and no part stays', async (t) => {
  const proxy = await startProxy(t, gateway.endpoint, (number, { url }) => (/partNumber=2&/.test(url) ? 'busy' : undefined), { lasting: true });
  const { name, url } = await bucket(gateway, { through: proxy.endpoint });
  const folder = mkdtempSync(join(tmpdir(), 'zoe-place-'));
  writeFileSync(join(folder, 'film'), Buffer.alloc(20 << 20, 'f'));
  const from = performance.now();
  const { status, stderr } = await run(join(build, 'zoectl'), ['media', 'move', `file://${folder}`, url], { ...process.env, ...KEYS });
  assert.equal(status, 69, stderr);
  assert.equal(proxy.seen.spoiled.busy, 6);
  // The pauses grow: 0.1 s to 3.2 s at the most, half of that at the least.
  assert.ok(performance.now() - from > 3000, 'with pauses between');
  assert.deepEqual(await keys(gateway, name), []);
  assert.deepEqual(await unfinished(gateway, name), []);
  rmSync(folder, { recursive: true });
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

test('an answer that does not come is asked for again after 20 s; putting parts together may take longer', { timeout: 180000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'zoe-place-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'film'), Buffer.alloc(20 << 20, 'f'));
  const move = async (spoil) => {
    let spoiled = 0;
    const proxy = await startProxy(t, gateway.endpoint, (number, incoming) => (spoiled ? undefined : (spoiled = spoil(incoming)) || undefined));
    const { name, url } = await bucket(gateway, { through: proxy.endpoint });
    const from = performance.now();
    const { status, stderr } = await run(join(build, 'zoectl'), ['media', 'move', `file://${folder}`, url], { ...process.env, ...KEYS });
    assert.equal(status, 0, stderr);
    assert.deepEqual(await keys(gateway, name), ['film']);
    assert.deepEqual(await unfinished(gateway, name), []);
    return { proxy, stderr, seconds: (performance.now() - from) / 1000 };
  };
  const [mute, late] = await Promise.all([move(({ url }) => /partNumber=2&/.test(url) && 'mute'), move(({ method, url }) => method === 'POST' && /uploadId=/.test(url) && 'late')]);
  assert.equal(mute.proxy.seen.spoiled.mute, 1);
  assert.ok(mute.seconds > 19 && mute.seconds < 40, String(mute.seconds));
  assert.equal(late.proxy.seen.spoiled.late, 1);
  assert.ok(late.seconds > 24 && !/s3_refused/.test(late.stderr), `${late.seconds} ${late.stderr}`);
});

test("keys by the names that Amazon's own tools look for", async () => {
  const names = { AWS_ACCESS_KEY_ID: KEYS.ZOE_MEDIA_KEY, AWS_SECRET_ACCESS_KEY: KEYS.ZOE_MEDIA_SECRET };
  await calls((await bucket(gateway)).url, names);
});

test('a wrong secret is refused, and said', async () => {
  const { url } = await bucket(gateway);
  const { status, stderr } = await run(join(build, 'test-s3'), [], { ...process.env, ...KEYS, ZOE_MEDIA_SECRET: 'wrong', ZOE_TEST_PLACE: url });
  assert.notEqual(status, 0);
  assert.match(stderr, /event=s3_refused .*http=403 code="?SignatureDoesNotMatch/);
});
