// The edge against nginx: canned answers, a cached page, an item through broker and actor, a hot segment.
import { copyFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startSet } from '../flow/lib.mjs';
import { alternate, nginxText, startNginx, wrk } from './tools.mjs';

const ROUNDS = 5;
const SEGMENT_BYTES = 600 * 1024;

// One shard against one worker: the load generator has the other core.
const ONE_SHARD = { ZOE_EDGE_SHARDS: '1', ZOE_LOG_LEVEL: 'warn' };

async function withSet(work, env = {}) {
  const set = await startSet({ env: { ...ONE_SHARD, ...env } });
  try {
    return await work(set);
  } finally {
    await set.stop();
  }
}

async function withNginx(locations, work) {
  const nginx = await startNginx(locations);
  try {
    return await work(nginx);
  } finally {
    await nginx.stop();
  }
}

async function canned(set) {
  const { text, headers } = await set.expect(200, 'GET', '/live');
  return withNginx(`location = /live { default_type ${headers.get('content-type')?.split(';')[0] ?? 'text/plain'}; return 200 ${nginxText(text)}; }`,
    (nginx) => alternate(ROUNDS, () => wrk(`${set.base}/live`), () => wrk(`${nginx.base}/live`)));
}

async function page(set) {
  const { access_token: token } = await set.login();
  for (let number = 1; number <= 20; number++) {
    await set.createTitle(token, `Title number ${number}`, { description: 'A few sentences about it. '.repeat(4), category: 'Drama' });
  }
  const { text } = await set.expect(200, 'GET', '/v1/titles');
  return withNginx(`location = / { return 204; } location /page { default_type application/json; alias ${set.dataDir}/page.json; }`, async (nginx) => {
    writeFileSync(join(set.dataDir, 'page.json'), text);
    return alternate(ROUNDS, () => wrk(`${set.base}/v1/titles`), () => wrk(`${nginx.base}/page`));
  });
}

// The caller's own account: personal, so that no cache may answer it; one message, one query.
async function item(set) {
  const { access_token: token } = await set.login();
  const headers = { Authorization: `Bearer ${token}` };
  return alternate(ROUNDS, () => wrk(`${set.base}/v1/me`, { headers }), () => wrk(`${set.base}/live`));
}

function find(folder, name) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const found = entry.isDirectory() ? find(path, name) : entry.name === name ? path : undefined;
    if (found) return found;
  }
  return undefined;
}

// A segment of a real film, filled up to the size in question. `tuning` is nginx configuration: as Debian ships it nginx sends
// files by sendfile(2), on loopback it is faster without.
async function segment(set, tuning = '') {
  const { title, session } = await set.film({ seconds: 4 });
  const { playlist_url: playlist } = (await set.expect(200, 'POST', `/v1/titles/${title.id}/playback`, { token: session.access_token, body: {} })).body;
  const file = find(join(set.dataDir, 'media/assets'), 'segment_000.ts');
  const rung = file.split('/').at(-2);
  writeFileSync(`${file}.fresh`, randomBytes(SEGMENT_BYTES), { mode: statSync(file).mode & 0o777 });
  renameSync(`${file}.fresh`, file);
  const url = `${set.base}${playlist.replace('master.m3u8', `${rung}/segment_000.ts`)}`;
  return withNginx(`location = / { return 204; } location /segment.ts { ${tuning} alias ${set.dataDir}/segment.ts; }`, async (nginx) => {
    copyFileSync(file, join(set.dataDir, 'segment.ts'));
    return alternate(ROUNDS, () => wrk(url, { connections: 16 }), () => wrk(`${nginx.base}/segment.ts`, { connections: 16 }));
  });
}

export const rows = {
  canned: { what: 'GET /live against nginx `return 200`', unit: 'requests/s', goal: 0.95, run: () => withSet(canned) },
  page: { what: 'cached catalogue page against nginx serving the same bytes as a file', unit: 'requests/s', goal: 0.9, run: () => withSet(page) },
  item: { what: 'uncached item through broker and actor against the canned answer', unit: 'requests/s', goal: 0.35, run: () => withSet(item) },
  segment: { what: 'hot 600 kB segment against nginx as Debian ships it', unit: 'requests/s', goal: 1.0, run: () => withSet((set) => segment(set)) },
  segment_tuned: {
    what: 'the same against nginx tuned for it (sendfile off, output_buffers 2 1m)', unit: 'requests/s', goal: 1.0,
    run: () => withSet((set) => segment(set, 'sendfile off; output_buffers 2 1m;')),
  },
};
