// A film under fire: whatever is killed while it is made, the same bytes come out, little is done twice, and only what a film does
// by itself counts against it.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, makeFilm, sha256, sleep, startSet, until } from '../flow/lib.mjs';

const KILLS = 50;
const TAKEOVER_MS = 3000;
let set, admin, second;

function startSecond() {
  second = spawn('setpriv', ['--pdeathsig', 'KILL', join(build, 'zoe-transcode')], { env: set.env, stdio: 'ignore' });
}

before(async () => {
  // One piece at a time, so that a killed worker loses one.
  set = await startSet({ env: { ZOE_TRANSCODE_SLOTS: '1' } });
  admin = await set.login();
  startSecond();
});
after(async () => {
  second?.kill('SIGKILL');
  await set?.stop();
});

/** Everything that is in the store for the title's film, with its hash. */
function sums(id) {
  const assets = join(set.dataDir, 'media/assets'), folder = join(assets, readdirSync(assets).find((name) => name.startsWith(`${id}-`)));
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name)).map((file) => `${file.slice(folder.length)} ${sha256(file)}`).sort();
}

async function upload(file, name = 'under fire') {
  const { id } = await set.createTitle(admin.access_token, name);
  await set.upload(admin.access_token, id, file);
  return id;
}

const asset = (id) => `(select max(id) from transcode.assets where title_id = ${id})`;

/** The title as the database has it: the edge and the broker may be away. */
async function finished(id, ms = 240000) {
  await until(async () => (await set.sql(`select count(*) from transcode.tasks where asset_id = ${asset(id)} and state <> 'done'`)) === '0' &&
    (await set.sql(`select state from transcode.assets where id = ${asset(id)}`)) === 'ready', { ms, every: 100, what: `title ${id} to be whole` });
}

function children(pid, name = 'zoe-media') {
  return spawnSync('pgrep', ['-P', String(pid), '-x', name], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean).map(Number);
}

function kill(pid, signal = 'SIGKILL') {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

test(`${KILLS} random kills of workers, broker, edge and history: the same bytes, at most one chunk redone for each`, async () => {
  const film = await makeFilm({ seconds: 60, size: '1280x720' });
  const began = Date.now();
  const calm = await upload(film, 'undisturbed');
  await finished(calm);
  const wanted = sums(calm), undisturbed = Date.now() - began;
  const worker = () => {
    const pid = second.pid;
    kill(pid);
    startSecond();
    return true;
  };
  const supervised = (name) => () => {
    const pid = set.pid(name);
    return pid !== undefined && kill(pid);
  };
  const targets = { 'first worker': supervised('zoe-transcode'), 'second worker': worker, broker: supervised('zoe-broker'), edge: supervised('zoe-edge'), history: supervised('zoe-history') };
  const names = Object.keys(targets), killed = Object.fromEntries(names.map((name) => [name, 0]));
  const titles = [await upload(film)];
  const from = Date.now();
  for (let kills = 0; kills < KILLS;) {
    await sleep(150 + Math.random() * 700);
    // A film that got through is followed by the next, so that every kill meets one.
    if ((await set.sql(`select state from transcode.assets where id = ${asset(titles.at(-1))}`)) === 'ready') titles.push(await until(() => upload(film), { ms: 20000, what: 'an upload' }));
    const name = names[Math.floor(Math.random() * names.length)];
    if (!targets[name]()) continue;
    killed[name]++;
    kills++;
  }
  const fire = Date.now() - from;
  for (const id of titles) await finished(id);
  const workers = killed['first worker'] + killed['second worker'];
  const redone = Number(await set.sql(`select coalesce(sum(attempt - 1), 0) from transcode.tasks where kind = 'chunk' and asset_id in (${titles.map(asset)})`));
  const failures = await set.sql(`select coalesce(sum(failures), 0) from transcode.tasks where asset_id in (${titles.map(asset)})`);
  console.log(`# undisturbed ${(undisturbed / 1000).toFixed(1)} s; ${titles.length} film(s) under ${KILLS} kills in ${(fire / 1000).toFixed(1)} s (${names.map((name) => `${name} ${killed[name]}`).join(', ')}), whole after ${((Date.now() - from) / 1000).toFixed(1)} s; ${redone} chunks begun again after ${workers} kills of workers`);
  for (const id of titles) assert.deepEqual(sums(id), wanted);
  assert.ok(redone <= workers, `${redone} chunks redone after ${workers} kills`);
  assert.equal(failures, '0', 'nobody blames the film');
  await until(async () => (await set.title(titles.at(-1))).processing_state === 'ready', { what: 'the news of it' });
});

test('the piece of a dead worker goes on within three seconds, after the last segment that was whole', async () => {
  const film = await makeFilm({ seconds: 120, size: '1280x720' });
  const id = await upload(film);
  const waits = [];
  for (let round = 0; round < 3; round++) {
    const lost = await until(async () => {
      const only = async () => {
        const rows = (await set.sql(`select id, attempt, kind from transcode.tasks where state = 'running' and lease_until > now() and worker like '%:${second.pid}:%'`)).split('\n');
        const [id, attempt, kind] = rows[0].split('|');
        return rows.length === 1 && kind === 'chunk' && children(second.pid).length === 1 && { id: Number(id), attempt: Number(attempt) };
      };
      const before = await only(), [child] = children(second.pid);
      if (!before || !kill(child, 'SIGSTOP')) return undefined;
      // Halted, so that the piece is not whole before the kill; the child may have been another's by then.
      const halted = await only();
      if (halted && halted.id === before.id && children(second.pid)[0] === child) return before;
      kill(child, 'SIGCONT');
      return undefined;
    }, { ms: 60000, every: 20, what: 'a chunk of the second worker' });
    // The other one must have free hands, or it is no wonder that it waits.
    await set.sql(`update transcode.tasks set not_before = 'infinity' where asset_id = ${asset(id)} and state = 'waiting' and id <> ${lost.id}`);
    await until(async () => (await set.sql(`select count(*) from transcode.tasks where asset_id = ${asset(id)} and state = 'running' and id <> ${lost.id}`)) === '0', { ms: 60000, every: 20, what: 'free hands' });
    kill(second.pid);
    const from = Date.now();
    await until(async () => Number(await set.sql(`select attempt from transcode.tasks where id = ${lost.id}`)) > lost.attempt, { ms: 20000, every: 10, what: 'the other worker' });
    waits.push(Date.now() - from);
    startSecond();
    await set.sql(`update transcode.tasks set not_before = now() where asset_id = ${asset(id)} and state = 'waiting'`);
  }
  await finished(id);
  console.log(`# taken over after ${waits.join(', ')} ms`);
  for (const ms of waits) assert.ok(ms <= TAKEOVER_MS, `${ms} ms`);
});

/** Sends a signal to each child that makes the title's one chunk, `times` times. */
async function shoot(id, signal, times) {
  for (let shots = 0; shots < times;) {
    const running = await until(async () => (await set.sql(`select worker from transcode.tasks where asset_id = ${asset(id)} and kind = 'chunk' and state = 'running' order by id limit 1`)) ||
      ((await set.sql(`select state from transcode.assets where id = ${asset(id)}`)) === 'error' && 'none'), { ms: 30000, every: 10, what: 'a chunk at work' });
    if (running === 'none') return;
    const [, pid] = running.split(':');
    // The child of a moment ago may be dead and not yet seen.
    for (const child of children(pid)) if (/\0chunk\0/.test(readFileSync(`/proc/${child}/cmdline`, 'utf8')) && kill(child, signal)) shots++;
    await sleep(30);
  }
}

test('a child killed from outside, however often, is not the film\'s fault', async () => {
  const id = await upload(await makeFilm({ seconds: 6, size: '1280x720' }));
  await shoot(id, 'SIGKILL', 10);
  await finished(id);
  const [lost, failures] = (await set.sql(`select sum(lost), sum(failures) from transcode.tasks where asset_id = ${asset(id)}`)).split('|').map(Number);
  assert.ok(lost >= 10, `${lost} lost`);
  assert.equal(failures, 0);
});

const SENTENCES = {
  SIGSEGV: 'The film is damaged and cannot be read.',
  SIGSYS: 'The film is damaged in a way that is not safe to play.',
  SIGXCPU: 'The film takes more processor time than allowed.',
  SIGALRM: 'The film takes longer to process than allowed.',
};

for (const [signal, sentence] of Object.entries(SENTENCES))
  test(`a child that dies of ${signal} ends its film with a plain sentence`, async () => {
    const id = await upload(await makeFilm({ seconds: 6, size: '1280x720' }));
    await shoot(id, signal, 1);
    const title = await set.waitDone(id);
    assert.equal(title.processing_state, 'error');
    assert.equal(title.processing_error, sentence);
  });

test('a piece that costs one worker after the other ends', async () => {
  const id = await upload(await makeFilm({ seconds: 7, size: '640x360' }));
  await set.sql(`update transcode.tasks set lost = 64 where asset_id = ${asset(id)} and kind = 'finish'`);
  await until(async () => {
    await set.sql(`update transcode.tasks set lost = 64 where asset_id = ${asset(id)} and kind = 'finish'`);
    return (await set.sql(`select state from transcode.assets where id = ${asset(id)}`)) === 'error';
  }, { ms: 60000, every: 20, what: 'the end of it' });
  assert.match((await set.waitDone(id)).processing_error, /^The film could not be processed, although it was tried several times\.$/);
});
