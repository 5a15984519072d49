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

test('the demonstration catalogue appears by itself, as the documents of the APIs show it; what was deleted stays away', async () => {
  const env = await place({ ZOE_DEMO: 'on', ZOE_ADMIN_PASSWORD: 'the first password', ZOE_LADDER: '360' });
  const get = async (path, token) => (await fetch(`http://${env.ZOE_LISTEN}${path}`, { headers: token ? { Authorization: `Bearer ${token}` } : {} })).json();
  const post = async (path, body) => (await fetch(`http://${env.ZOE_LISTEN}${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })).json();
  assert.equal((await run(env, 'up', '--detach')).status, 0);
  const all = (await get('/v1/titles?limit=100')).items;
  assert.deepEqual(all.map(({ title }) => title), ['How to Start a Startup - Sam Altman (Y Combinator)', 'Steve Jobs Stanford Commencement Address', 'New Movie', 'Example Show',
    'Sample Movie: Second Harvest', 'Sample Movie: The Paper Lantern', 'Sample Movie: Northbound', 'Colours', 'Game of life', 'Test pattern'], 'all titles are there as soon as it runs');
  const who = { email: 'viewer@example.test', password: 'a fine password' };
  await post('/auth/signup', { name: 'Viewer', ...who });
  const { token } = await post('/auth/login', who);
  const dashboard = await get('/dashboard', token);
  assert.deepEqual(dashboard.videos.map(({ title, description }) => [title, description]), [
    ['How to Start a Startup - Sam Altman (Y Combinator)', 'Learn the fundamentals of building a successful startup...'],
    ['Steve Jobs Stanford Commencement Address', 'Steve Jobs delivers an inspiring commencement speech...']]);
  const [video] = dashboard.videos;
  assert.equal((await get(`/video/${video.id}/stream?token=${video.playback_token}`, token)).stream_url, 'https://www.youtube-nocookie.com/embed/CBYhVcO4WgI?autoplay=0&controls=1&playsinline=1&enablejsapi=1');
  assert.doesNotMatch(JSON.stringify(all) + JSON.stringify(dashboard), /youtube_id|CBYhVcO4WgI/, 'the id is told at playback only');
  const show = (await get('/content')).find(({ title }) => title === 'Example Show');
  assert.deepEqual([show.type, show.description], ['series', 'A great show.']);
  const { seasons } = await get(`/content/${show.id}`);
  assert.deepEqual(seasons.map(({ season_number: season, episodes }) => [season, episodes.map((one) => [one.episode_number, one.title])]), [[1, [[1, 'Episode One']]]]);
  const movies = await get('/movies?genre=drama&sort=year_asc');
  assert.deepEqual(movies.results.map(({ title, release_year: year }) => [title, year]), [['Sample Movie: The Paper Lantern', 2009], ['Sample Movie: Northbound', 2014]]);
  const boss = (await (await login(env, 'the first password')).json()).access_token;
  const gone = all.find(({ title }) => title === 'New Movie').id;
  assert.equal((await fetch(`http://${env.ZOE_LISTEN}/v1/titles/${gone}`, { method: 'DELETE', headers: { Authorization: `Bearer ${boss}` } })).status, 204);
  // Stopped while the films are made, it goes on with them at the next start.
  assert.equal((await run(env, 'down')).status, 0);
  assert.equal(readFileSync(join(env.ZOE_DATA, 'demo'), 'utf8'), 'films\n');
  assert.equal((await run(env, 'up', '--detach')).status, 0);
  const ready = await until(async () => {
    const { items } = await get('/v1/titles?limit=100');
    const hosted = items.filter(({ source, kind }) => source === 'hosted' && kind !== 'series');
    return !existsSync(join(env.ZOE_DATA, 'demo')) && hosted.length === 6 && hosted.every(({ processing_state: state }) => state === 'ready') && items;
  }, { ms: 240000, every: 500, what: 'the films' });
  assert.equal(ready.length, 9, 'what an administrator deleted does not come back');
  assert.deepEqual(ready.filter(({ poster_url: poster }) => !poster).map(({ title }) => title), [], 'every title has a picture');
  for (const { thumbnail_url: address } of (await get('/dashboard', token)).videos) {
    const picture = await fetch(address);
    assert.deepEqual([picture.status, picture.headers.get('content-type')], [200, 'image/jpeg'], 'also those of films that are elsewhere, from here');
    assert.doesNotMatch(address, /CBYhVcO4WgI|UF8uR6Z6KLc|ytimg/);
  }
  assert.equal((await run(env, 'down')).status, 0);
  assert.equal((await run(env, 'up', '--detach')).status, 0);
  assert.equal((await get('/v1/titles?limit=100')).items.length, 9, 'only at the first start');
});

test('without ZOE_DEMO nothing is made, also later', async () => {
  const env = await place();
  assert.equal((await run(env, 'up', '--detach')).status, 0);
  assert.equal((await run(env, 'down')).status, 0);
  const later = { ...env, ZOE_DEMO: 'on' };
  assert.equal((await run(later, 'up', '--detach')).status, 0);
  assert.equal((await (await fetch(`http://${env.ZOE_LISTEN}/v1/titles`)).json()).items.length, 0);
});
