// ./zoe as a new user meets it: up, the printed password, up again, down; two sets side by side.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { freePort, root, until } from './lib.mjs';

const zoe = join(root, 'zoe');
const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ZOE_')));
const folders = [];

async function place(more = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'zoe-up-'));
  folders.push(folder);
  return { ...plain, ZOE_DATA: join(folder, 'var'), ZOE_LISTEN: `127.0.0.1:${await freePort()}`, ZOE_BCRYPT_COST: '4', ZOE_DRAIN_SECONDS: '3', ZOE_DEMO: 'off', ...more };
}

function run(env, ...args) {
  return new Promise((resolve) => execFile(zoe, args, { env }, (error, stdout, stderr) => resolve({ status: error ? error.code : 0, stdout, stderr })));
}

function login(env, password, email = 'admin@localhost') {
  return fetch(`http://${env.ZOE_LISTEN}/v1/login`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ email, password }) });
}

after(async () => {
  for (const folder of folders) {
    await run({ ...plain, ZOE_DATA: join(folder, 'var') }, 'down');
    rmSync(folder, { recursive: true, force: true });
  }
});

test('wrong arguments: usage and 64', async () => {
  for (const args of [[], ['nonsense'], ['up', 'now'], ['down', 'please'], ['test', 'nonsense'], ['database']]) {
    const { status, stderr } = await run(plain, ...args);
    assert.equal(status, 64, args.join(' '));
    assert.match(stderr, /^usage: /);
  }
});

test('up --detach prints where to go and a password that works, once; up again says so; down stops it', async () => {
  const env = await place();
  const first = await run(env, 'up', '--detach');
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, new RegExp(`http://${env.ZOE_LISTEN}/console/`));
  assert.match(first.stdout, /admin@localhost/);
  const password = first.stdout.match(/Password +(\S+)/)[1];
  assert.equal((await login(env, password)).status, 200);
  assert.equal((await login(env, 'admin')).status, 401);
  assert.equal((await fetch(`http://${env.ZOE_LISTEN}/console/`)).status, 200);
  for (const name of ['', 'run', 'secrets', 'pg', 'log']) assert.equal(statSync(join(env.ZOE_DATA, name)).mode & 0o777, 0o700, name);
  assert.ok(!readFileSync(join(env.ZOE_DATA, 'log/zoe.log'), 'utf8').includes(password), 'the password is in the log');
  const again = await run(env, 'up', '--detach');
  assert.equal(again.status, 0);
  assert.match(again.stdout, /running already/);
  assert.equal((await run(env, 'down')).status, 0);
  await assert.rejects(fetch(`http://${env.ZOE_LISTEN}/live`));
  assert.ok(!existsSync(join(env.ZOE_DATA, 'pg/data/postmaster.pid')), 'PostgreSQL still runs');
  assert.equal((await run(env, 'down')).status, 0, 'down twice is fine');
  const second = await run(env, 'up', '--detach');
  assert.equal(second.status, 0, second.stderr);
  assert.doesNotMatch(second.stdout, /Password/);
  assert.equal((await login(env, password)).status, 200);
});

test('in the foreground it stays, shows the log, and stops at Ctrl-C; a second set runs beside the first', async () => {
  const [one, two] = [await place({ ZOE_ADMIN_PASSWORD: 'the first password' }), await place({ ZOE_ADMIN_PASSWORD: 'the second password', ZOE_ADMIN_EMAIL: 'boss@example.test' })];
  assert.equal((await run(one, 'up', '--detach')).status, 0);
  const up = spawn(zoe, ['up'], { env: two, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  up.stdout.on('data', (data) => (said += data));
  up.stderr.on('data', (data) => (said += data));
  const ended = new Promise((resolve) => up.once('exit', resolve));
  await until(() => /Ctrl-C/.test(said), { ms: 60000, what: 'the set in the foreground' });
  assert.equal((await login(one, 'the first password')).status, 200);
  assert.equal((await login(two, 'the second password', 'boss@example.test')).status, 200);
  assert.equal((await login(two, 'the first password', 'boss@example.test')).status, 401);
  assert.doesNotMatch(said, /Password/);
  assert.match(said, /event=set_ready/);
  up.kill('SIGINT');
  assert.equal(await ended, 0);
  assert.ok(!existsSync(join(two.ZOE_DATA, 'pg/data/postmaster.pid')));
  assert.equal((await login(one, 'the first password')).status, 200, 'the other set goes on');
});

test('a wrong setting: one line, 78, nothing started', async () => {
  const env = await place({ ZOE_LEASE_MS: 'soon' });
  const { status, stderr } = await run(env, 'up', '--detach');
  assert.equal(status, 78);
  assert.match(stderr, /^ZOE_LEASE_MS: must be a whole number/m);
  assert.ok(!existsSync(join(env.ZOE_DATA, 'pg/data')));
});

test('a port that is taken is told before anything starts', async () => {
  const env = await place();
  const { createServer } = await import('node:net');
  const server = createServer().listen(Number(env.ZOE_LISTEN.split(':')[1]), '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { status, stderr } = await run(env, 'up', '--detach');
  server.close();
  assert.equal(status, 69);
  assert.match(stderr, /listens at/);
});

test('the demonstration catalogue appears by itself', async () => {
  const env = await place({ ZOE_DEMO: 'on' });
  assert.equal((await run(env, 'up', '--detach')).status, 0);
  const items = await until(async () => {
    const page = await (await fetch(`http://${env.ZOE_LISTEN}/v1/titles`)).json();
    return page.items.length === 3 && page.items.every(({ processing_state: state }) => state === 'ready') && page.items;
  }, { ms: 180000, every: 500, what: 'three films' });
  assert.ok(items.every(({ poster_url: poster }) => poster));
  assert.equal((await run(env, 'down')).status, 0);
  assert.equal((await run(env, 'up', '--detach')).status, 0);
  assert.equal((await (await fetch(`http://${env.ZOE_LISTEN}/v1/titles`)).json()).items.length, 3, 'only at the first start');
});
