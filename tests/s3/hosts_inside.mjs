// What hosts.test.mjs runs on its first host. Status 0: all is well.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, makeFilm, sleep, startSet, until } from '../flow/lib.mjs';
import { bucket, keys, KEYS, run, signedAddress, startGateway } from './lib.mjs';

const { ZOE_TEST_NET: net, ZOE_TEST_SECOND: second } = process.env;
const BROKER = `tcp://${net}.1:27100`;
process.env.RGW_ADDRESS = `${net}.1`;

/** zoe-transcode on the second host, whose file system has nothing of the set's. */
function startSecond(set, place, env) {
  const data = mkdtempSync(join(tmpdir(), 'zoe-second-'));
  mkdirSync(join(data, 'secrets'), { mode: 0o700 });
  cpSync(join(set.dataDir, 'secrets/db_transcode'), join(data, 'secrets/db_transcode'));
  const own = {
    ...KEYS, PATH: process.env.PATH, ZOE_DATA: data, ZOE_MEDIA_URL: place.url, ZOE_BROKERS: BROKER,
    ZOE_DATABASE_URL: `host=${net}.1 port=5432 dbname=zoetrope`, ...env,
  };
  const hide = `mount -t tmpfs none ${set.dataDir} && exec ${join(build, 'zoe-transcode')}`;
  const child = spawn('ip', ['netns', 'exec', second, 'unshare', '-m', 'sh', '-c', hide], { env: own });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log += text));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    log: () => log, files: () => readdirSync(data, { recursive: true }),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(data, { recursive: true });
    },
  };
}

async function hashes(gateway, place, set, title) {
  const folder = (await set.sql(`select folder from transcode.assets where title_id = ${title.id}`)).trim();
  const found = {};
  for (const key of (await keys(gateway, place.name)).filter((name) => name.startsWith(`assets/${folder}/`) && /segment_|poster/.test(name))) {
    const answer = await fetch(signedAddress(gateway.endpoint, 'GET', `/${place.name}/${key}`));
    found[key.slice(`assets/${folder}/`.length)] = createHash('sha256').update(Buffer.from(await answer.arrayBuffer())).digest('hex');
  }
  return found;
}

const tasks = (log) => [...log.matchAll(/event=task .*kind=(\w+) .*outcome=done/g)].map(([, kind]) => kind);

async function story(gateway, stops) {
  const place = await bucket(gateway);
  const key = (await run(join(build, 'zoectl'), ['keys', 'cluster'])).stdout.trim();
  assert.match(key, /^\S{40}$/);
  const set = await startSet({ env: { ...KEYS, ZOE_MEDIA_URL: place.url, ZOE_DEMO: 'off', ZOE_BROKER_LISTEN: BROKER, ZOE_CLUSTER_KEY: key, ZOE_TRANSCODE_SLOTS: '1' } });
  stops.push(() => set.stop());
  // PostgreSQL listens on the network, too.
  const pg = join(set.dataDir, 'pg/data');
  appendFileSync(join(pg, 'postgresql.conf'), `listen_addresses = '${net}.1'\n`);
  appendFileSync(join(pg, 'pg_hba.conf'), `host all all ${net}.0/24 scram-sha-256\n`);
  await set.database('restart');
  const file = await makeFilm({ seconds: 26, size: '640x360' });
  const alone = await set.film({ file });

  const stranger = startSecond(set, place, { ZOE_CLUSTER_KEY: (await run(join(build, 'zoectl'), ['keys', 'cluster'])).stdout.trim() });
  await sleep(4000);
  assert.doesNotMatch(stranger.log(), /broker_found/, 'the wrong key does not get in');
  await stranger.stop();

  const other = startSecond(set, place, { ZOE_CLUSTER_KEY: key, ZOE_TRANSCODE_SLOTS: '2' });
  stops.push(other.stop);
  await until(() => /event=broker_found/.test(other.log()), { what: 'the second host at the broker' });
  const before = tasks(other.log()).length;
  const both = await set.film({ file });
  const done = tasks(other.log()).slice(before);
  assert.ok(done.includes('chunk') || done.includes('audio'), `the second host did ${done}`);
  assert.deepEqual(await hashes(gateway, place, set, both.title), await hashes(gateway, place, set, alone.title), 'the same bytes');
  assert.deepEqual(other.files().filter((name) => !name.startsWith('secrets')), [], 'nothing of it was on its disk');
  assert.equal(existsSync(join(set.dataDir, 'media')), false);
  console.log(`the second host did ${done.length} of its pieces: ${done}`);
}

const stops = [];
let status = 0;
try {
  const gateway = await startGateway();
  stops.push(gateway.stop);
  await story(gateway, stops);
} catch (error) {
  console.error(error);
  status = 1;
}
for (const stop of stops.reverse()) await stop().catch((error) => console.error(error));
process.exit(status);
