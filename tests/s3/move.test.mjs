// zoectl media move: from a folder into a bucket and back, broken off, while a film is made, and what it must not lose.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, makeFilm, sha256, sleep, startSet } from '../flow/lib.mjs';
import { bucket, keys, KEYS, run, startGateway } from './lib.mjs';

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
  const done = await move(folder(), place.url);
  assert.equal(done.status, 0, done.stderr);
  assert.deepEqual((await keys(gateway, place.name)).map((key) => key.replace(/^moved\//, '')).sort(), files(join(set.dataDir, 'media')));
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
