// The supervisor: restarts what dies, stops in order, leaves nothing behind.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, startSet, until } from './lib.mjs';

const PROGRAMS = ['zoe-broker', 'zoe-auth', 'zoe-content', 'zoe-history', 'zoe-mail', 'zoe-transcode', 'zoe-edge'];
let set;

before(async () => {
  set = await startSet();
});
after(() => set?.stop());

function alive(pid) {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('every program runs', () => {
  for (const name of PROGRAMS) assert.ok(set.pid(name), name);
});

for (const name of PROGRAMS) {
  test(`${name} comes back after kill -9 and the set heals`, async () => {
    const before = set.kill(name);
    await until(() => set.pid(name) && set.pid(name) !== before, { ms: 5000, what: `a new ${name}` });
    await until(async () => (await set.api('GET', '/ready')).status === 200, { ms: 15000, what: 'ready' });
    await until(async () => (await set.api('POST', '/v1/login', { body: set.admin })).status === 200, { ms: 15000, what: 'a login' });
  });
}

test('a restart of PostgreSQL heals by itself', async () => {
  await set.database('restart');
  await until(async () => (await set.api('POST', '/v1/login', { body: set.admin })).status === 200, { ms: 15000, what: 'a login' });
  const { access_token: token } = await set.login();
  await until(async () => (await set.api('POST', '/v1/titles', { token, body: { title: 'After', kind: 'movie' } })).status === 201, { ms: 15000, what: 'a title' });
});

test('a second supervisor of the same data refuses', async () => {
  const status = await new Promise((resolve) => execFile(join(build, 'zoe-supervise'), { env: set.env }, (error) => resolve(error?.code)));
  assert.equal(status, 75);
});

test('kill -9 of the supervisor leaves no orphans, and the next start works', async () => {
  const pids = PROGRAMS.map((name) => set.pid(name));
  await set.halt('SIGKILL');
  await until(() => !pids.some(alive), { ms: 2000, what: 'the programs to be gone' });
  await set.start();
  await set.login();
});

test('a stop is in order and clean', async () => {
  const pids = PROGRAMS.map((name) => set.pid(name));
  const { code } = await set.halt();
  assert.equal(code, 0);
  assert.ok(!pids.some(alive));
  const stopped = [...set.logs().matchAll(/event=stopped program=(\S+)/g)].map(([, name]) => name).slice(-PROGRAMS.length);
  assert.equal(stopped[0], 'zoe-edge');
  assert.equal(stopped.at(-1), 'zoe-broker');
});

test('a wrong setting ends the set with 78 and one line that names it', async () => {
  const right = set.env;
  for (const [name, value] of [['ZOE_BCRYPT_COST', 'many'], ['ZOE_LIMITS', 'login-pair=0/30'], ['ZOE_LIMITS', 'nothing=1/1']]) {
    set.env = { ...right, [name]: value };
    const status = await new Promise((resolve) => execFile(join(build, 'zoe-supervise'), { env: set.env }, (error) => resolve(error?.code)));
    assert.equal(status, 78, `${name}=${value}`);
    assert.match(set.logs(), new RegExp(`^${name}: .*(must be|"${value}")`, 'm'));
  }
  set.env = right;
});
