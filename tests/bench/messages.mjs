// Messages: round trips through the broker against a bare proxy, and progress writes against pgbench.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, startSet } from '../flow/lib.mjs';
import { alternate, output } from './tools.mjs';

const ROUNDS = 5;
const SECONDS = 4;
const USERS = 20000;
const TITLES = 50;
const WINDOW = 1024;

async function broker() {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ZOE_')));
  const [row] = Object.values(JSON.parse(await output(join(build, 'zoe-load'), ['bench-broker', '--json'], { env })));
  return row;
}

// The same write by hand: one row, one statement, one commit, on the same cluster.
const TABLE = `create schema bench; create table bench.progress (user_id bigint, title_id bigint, position double precision, updated_at timestamptz,
  primary key (user_id, title_id))`;
const UPSERT = `\\set user random(1, ${USERS})
\\set title random(1, ${TITLES})
insert into bench.progress values (:user, :title, 12.5, now())
on conflict (user_id, title_id) do update set position = excluded.position, updated_at = excluded.updated_at;
`;

async function progress() {
  const set = await startSet({ env: { ZOE_LOG_LEVEL: 'warn' } });
  const folder = mkdtempSync(join(tmpdir(), 'zoe-pgbench-'));
  const script = join(folder, 'upsert.sql');
  let title = 0;
  writeFileSync(script, UPSERT);
  try {
    await set.sql(TABLE);
    return await alternate(ROUNDS, async () => {
      title = (title % TITLES) + 1;
      const said = JSON.parse(await output(join(build, 'zoe-load'), ['history_record', JSON.stringify({ title_id: title, position: 12.5 }),
        '--window', String(WINDOW), '--seconds', String(SECONDS), '--user', '1', '--users', String(USERS), '--json'], { env: set.env }));
      if (Object.keys(said.statuses).some((status) => status !== 'OK')) throw new Error(`answers: ${JSON.stringify(said.statuses)}`);
      return said.rate;
    }, async () => {
      const said = await output('/usr/lib/postgresql/15/bin/pgbench', ['-n', '-M', 'prepared', '-c', '8', '-j', '2', '-T', String(SECONDS), '-f', script,
        '-h', join(set.dataDir, 'pg/run'), '-U', 'zoetrope', 'zoetrope'], { env: set.env });
      return Number(said.match(/tps = ([\d.]+)/)[1]);
    });
  } finally {
    rmSync(folder, { recursive: true });
    await set.stop();
  }
}

export const rows = {
  broker: { what: 'round trips through the broker, window 64, one worker, against a bare ROUTER-ROUTER proxy', unit: 'messages/s', goal: 0.8, run: broker },
  progress: { what: 'progress writes through the mailbox against pgbench single-row upserts of 8 clients', unit: 'writes/s', goal: 5, run: progress },
};
