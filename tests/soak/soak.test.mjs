// Ten minutes of everything at once: nothing grows, nothing is lost, nothing complains. ZOE_TEST_SOAK_SECONDS shortens it.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { makeFilm, sleep, startSet } from '../flow/lib.mjs';

const SECONDS = Number(process.env.ZOE_TEST_SOAK_SECONDS || 600);
const PROGRAMS = ['zoe-broker', 'zoe-auth', 'zoe-content', 'zoe-history', 'zoe-mail', 'zoe-transcode', 'zoe-edge'];
// What a process may grow by after it has warmed up: caches have bounds, leaks have none.
const GROWTH_MEGABYTES = 6;
const GROWTH_DESCRIPTORS = 20;
let set, admin, film, playlist;

before(async () => {
  set = await startSet({ env: { ZOE_LOG_LEVEL: 'warn' } });
  admin = await set.login();
  film = await makeFilm({ seconds: 2, size: '160x120' });
  const { title } = await set.film({ session: admin, seconds: 8 });
  playlist = (await set.expect(200, 'POST', `/v1/titles/${title.id}/playback`, { token: admin.access_token, body: {} })).body.playlist_url;
});
after(() => set?.stop());

function weigh() {
  return Object.fromEntries(PROGRAMS.map((name) => {
    const pid = set.pid(name);
    const pss = Number(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+) kB/m)[1]) / 1024;
    return [name, { pid, pss, descriptors: readdirSync(`/proc/${pid}/fd`).length }];
  }));
}

// Each is one round of one kind of client.
const WORK = {
  async reader() {
    // The oldest: newer ones may be deleted between the two.
    const { items } = (await set.expect(200, 'GET', '/v1/titles?limit=50')).body;
    await set.expect(200, 'GET', `/v1/titles/${items.at(-1).id}`);
  },
  async player() {
    const master = (await set.expect(200, 'GET', playlist)).text;
    const rung = master.split('\n').find((line) => line && !line.startsWith('#'));
    await set.expect(200, 'GET', playlist.replace('master.m3u8', rung.replace('index.m3u8', 'segment_000.ts')));
  },
  async account() {
    const viewer = await set.register();
    const { refresh_token: next } = (await set.expect(200, 'POST', '/v1/refresh', { body: { refresh_token: viewer.refresh_token } })).body;
    const { access_token: token } = (await set.expect(200, 'POST', '/v1/refresh', { body: { refresh_token: next } })).body;
    await set.expect(200, 'PUT', '/v1/history/1', { token, body: { position: Math.random() * 100 } });
    await set.expect(204, 'POST', '/v1/logout', { token });
  },
  async stranger() {
    assert.equal((await set.api('GET', '/v1/me', { token: 'x.y.z' })).status, 401);
    assert.equal((await set.api('POST', '/v1/login', { body: '{"email":', headers: { 'Content-Type': 'application/json' } })).status, 400);
    assert.equal((await set.api('GET', '/v1/titles/999999999')).status, 404);
  },
  async uploader() {
    const session = await set.login();
    const made = await set.createTitle(session.access_token, 'Soak');
    await set.upload(session.access_token, made.id, film, { piece: 5000 });
    await set.waitReady(made.id);
    await set.expect(204, 'DELETE', `/v1/titles/${made.id}`, { token: session.access_token });
  },
};

test(`${SECONDS} s of mixed load`, { timeout: (SECONDS + 300) * 1000 }, async () => {
  const from = Date.now();
  const rounds = Object.fromEntries(Object.keys(WORK).map((name) => [name, 0]));
  const working = Object.entries(WORK).flatMap(([name, work]) => Array.from({ length: name === 'uploader' ? 1 : 3 }, async () => {
    while (Date.now() - from < SECONDS * 1000) {
      await work();
      rounds[name]++;
      await sleep(name === 'account' ? 50 : 5);
    }
  }));
  const done = Promise.all(working);
  await Promise.race([done, sleep(SECONDS * 400)]);
  const warm = weigh();
  await done;
  const end = weigh();
  console.log(JSON.stringify({ rounds, warm, end }));
  for (const name of PROGRAMS) {
    assert.equal(end[name].pid, warm[name].pid, `${name} was restarted`);
    assert.ok(end[name].pss - warm[name].pss < GROWTH_MEGABYTES, `${name} grew from ${warm[name].pss} to ${end[name].pss} MB`);
    assert.ok(end[name].descriptors - warm[name].descriptors < GROWTH_DESCRIPTORS, `${name}: ${warm[name].descriptors} descriptors became ${end[name].descriptors}`);
  }
  assert.ok(Object.values(rounds).every((count) => count > 0));
  const errors = set.logs().split('\n').filter((line) => /level=error/.test(line));
  assert.deepEqual(errors, []);
});
