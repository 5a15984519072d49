// zoectl media move: from a folder into a bucket and back, broken off, while a film is made, and what it must not lose.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, makeFilm, sha256, sleep, startSet, until } from '../flow/lib.mjs';
import { bucket, keys, KEYS, run, startGateway, unfinished } from './lib.mjs';

let gateway;
let place;
let set;
let token;
let film;

before(async () => {
  gateway = await startGateway();
  place = await bucket(gateway, { prefix: '/moved' });
  set = await startSet({ env: KEYS });
  token = (await set.login()).access_token;
});
after(async () => {
  await set?.stop();
  await gateway?.stop();
});

const folder = () => `file://${join(set.dataDir, 'media')}`;
const move = (...args) => run(join(build, 'zoectl'), ['media', 'move', ...args], set.env);

function files(at, below = '') {
  return readdirSync(join(at, below), { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? files(at, `${below}${entry.name}/`) : [`${below}${entry.name}`])).sort();
}

test('a move that is killed again and again, while a film is made, brings everything', async () => {
  const title = await set.createTitle(token);
  await set.upload(token, title.id, await makeFilm({ seconds: 30, size: '640x360' }));
  for (let kills = 0; kills < 4; kills++) {
    const mover = spawn(join(build, 'zoectl'), ['media', 'move', folder(), place.url], { env: set.env, stdio: 'ignore' });
    await sleep(150);
    mover.kill('SIGKILL');
  }
  film = await set.waitReady(title.id);
  // Files and the storyboard come after that; what is made while the last move goes on would be missing there.
  await until(async () => (await set.sql("select count(*) from transcode.tasks where state <> 'done'")) === '0', { ms: 60000, what: 'all of the film' });
  const done = await move(folder(), place.url);
  assert.equal(done.status, 0, done.stderr);
  assert.deepEqual((await keys(gateway, place.name)).map((key) => key.replace(/^moved\//, '')).sort(), files(join(set.dataDir, 'media')));
});

test('small objects go side by side, a large one that was broken off leaves nothing behind', async (t) => {
  const from = mkdtempSync(join(tmpdir(), 'zoe-move-'));
  const to = mkdtempSync(join(tmpdir(), 'zoe-move-'));
  t.after(() => [from, to].forEach((place) => rmSync(place, { recursive: true })));
  const many = 120;
  for (let n = 0; n < many; n++) writeFileSync(join(from, `segment_${n}`), randomBytes(5000));
  let under = 0;
  let most = 0;
  // A server that takes its time.
  const slow = createServer((incoming, outgoing) => {
    most = Math.max(most, ++under);
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk)).on('end', async () => {
      await sleep(20);
      const { hostname, port } = new URL(gateway.endpoint);
      const onward = request({ hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers }, (answer) => {
        under--;
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
      });
      onward.end(Buffer.concat(chunks));
    });
  });
  await new Promise((resolve) => slow.listen(0, '127.0.0.1', resolve));
  t.after(() => slow.close() && slow.closeAllConnections());
  const there = await bucket(gateway, { through: `http://127.0.0.1:${slow.address().port}` });
  const done = await move(`file://${from}`, there.url);
  assert.equal(done.status, 0, done.stderr);
  assert.equal((await keys(gateway, there.name)).length, many);
  assert.ok(most >= 4 && most <= 16, `${most} requests at once`);

  writeFileSync(join(from, 'film'), randomBytes(60 << 20));
  const mover = spawn(join(build, 'zoectl'), ['media', 'move', `file://${from}`, there.url], { env: set.env, stdio: 'ignore' });
  await until(async () => (await unfinished(gateway, there.name)).length, { every: 5, what: 'the film to be begun' });
  mover.kill('SIGKILL');
  assert.equal((await unfinished(gateway, there.name)).length, 1);
  assert.equal((await keys(gateway, there.name)).length, many);
  const again = await move(`file://${from}`, there.url);
  assert.equal(again.status, 0, again.stderr);
  assert.match(again.stderr, / 1 copied/);
  assert.deepEqual(await unfinished(gateway, there.name), []);

  const back = spawn(join(build, 'zoectl'), ['media', 'move', there.url, `file://${to}`], { env: set.env, stdio: 'ignore' });
  await until(() => files(to).some((name) => /^film\.new/.test(name)), { every: 5, what: 'the film to come back' });
  back.kill('SIGKILL');
  const whole = await move(there.url, `file://${to}`);
  assert.equal(whole.status, 0, whole.stderr);
  assert.deepEqual(files(to).filter((name) => !/^segment_\d+\.new/.test(name)), files(from));
  assert.equal(sha256(join(to, 'film')), sha256(join(from, 'film')));
});

test('a second run finds nothing to do', async () => {
  const again = await move(folder(), place.url);
  assert.equal(again.status, 0, again.stderr);
  assert.match(again.stderr, / 0 copied/);
});

test('the set goes on with the bucket: the film plays, and the folder can be emptied', async () => {
  const names = files(join(set.dataDir, 'media'));
  const hashes = names.map((name) => sha256(join(set.dataDir, 'media', name)));
  await set.halt();
  set.env.ZOE_MEDIA_URL = place.url;
  await set.start();
  token = (await set.login()).access_token;
  const { playlist_url: url } = (await set.expect(200, 'POST', `/v1/titles/${film.id}/playback`, { token })).body;
  await set.expect(200, 'GET', url);
  const emptied = await move(folder(), place.url, '--delete');
  assert.equal(emptied.status, 0, emptied.stderr);
  assert.deepEqual(files(join(set.dataDir, 'media')), []);
  const back = await move(place.url, folder());
  assert.equal(back.status, 0, back.stderr);
  assert.deepEqual(files(join(set.dataDir, 'media')), names);
  assert.deepEqual(names.map((name) => sha256(join(set.dataDir, 'media', name))), hashes);
});

test('wrong use is told', async () => {
  assert.equal((await move(folder())).status, 64);
  assert.equal((await move(folder(), folder())).status, 64);
  const wrong = await move(folder(), 's3://no-such-bucket-anywhere?endpoint=http://127.0.0.1:1');
  assert.notEqual(wrong.status, 0);
});
