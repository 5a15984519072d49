// Films: the ladder against one ffmpeg process with the same settings and against one for each rung, several workers, and the time to
// the first playable segment.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { build, corpus, makeFilm, sha256, startSet, until } from '../flow/lib.mjs';
import { alternate, median, output } from './tools.mjs';

const ROUNDS = 3;
const SEEDS_ROUNDS = 2;
const WORKERS = [1, 2, 4];
const LADDER = [[1080, 23, 6000000], [720, 23, 3200000], [480, 23, 1500000], [360, 24, 800000], [120, 26, 160000]];

function film() {
  return corpus ? join(corpus, 'B_media/a327_1080p_24s.mp4') : makeFilm({ seconds: 24, size: '1920x1080', video: ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '16', '-pix_fmt', 'yuv420p'] });
}

const sound = ['-map', '0:a:0?', '-c:a', 'aac', '-b:a', '128k'];
const hls = (folder, name) => ['-f', 'hls', '-hls_time', '6', '-hls_playlist_type', 'vod', '-hls_segment_filename', join(folder, `${name}_%03d.ts`), join(folder, `${name}.m3u8`)];
const video = ([, crf, rate]) => ['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high', '-crf', String(crf), '-maxrate', String(rate), '-bufsize', String(rate),
  '-pix_fmt', 'yuv420p', '-sc_threshold', '0', '-force_key_frames', 'expr:gte(t,n_forced*2)', '-flags', '+cgop'];

/** Seconds that ffmpeg needs for all its calls in turn. */
async function timed(calls) {
  const folder = mkdtempSync(join(tmpdir(), 'zoe-ladder-'));
  const from = performance.now();
  try {
    for (const call of calls(folder)) await output('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...call]);
    return (performance.now() - from) / 1000;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// One decode, each rung scaled from the one above, five encoders, one audio: the best a single process can do.
function oneProcess(file) {
  const scales = LADDER.map(([height], at) => `[${at ? `s${at}` : '0:v'}]scale=-2:${height}:flags=bicubic${at + 1 < LADDER.length ? `,split[v${at}][s${at + 1}]` : `[v${at}]`}`).join(';');
  return timed((folder) => [['-i', file, '-filter_complex', scales, ...LADDER.flatMap((rung, at) => ['-map', `[v${at}]`, ...video(rung), ...hls(folder, rung[0])]), ...sound, ...hls(folder, 'sound')]]);
}

// How the seeds do it: one run of ffmpeg after the other, each with its sound.
function oneForEach(file) {
  return timed((folder) => LADDER.map((rung) => ['-i', file, '-map', '0:v:0', '-vf', `scale=-2:${rung[0]}:flags=bicubic`, ...video(rung), ...sound, ...hls(folder, rung[0])]));
}

// From the upload's last byte to `ready`: everything that is done to a film, verification and poster included.
async function whole(set, token, file) {
  const title = await set.createTitle(token, 'Ladder');
  await set.upload(token, title.id, file);
  const from = performance.now();
  await until(async () => (await set.title(title.id)).processing_state === 'ready', { ms: 600000, every: 20, what: 'the ladder' });
  return (performance.now() - from) / 1000;
}

async function against(rounds, theirs) {
  const set = await startSet();
  const file = await film();
  try {
    const { access_token: token } = await set.login();
    return await alternate(rounds, () => whole(set, token, file), () => theirs(file));
  } finally {
    await set.stop();
  }
}

/** Processor seconds of a process and of its children that have ended. */
function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').map(Number);
  return fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0) / 100;
}

/** One hash of all segments of the newest film. */
function segments(set) {
  const assets = join(set.dataDir, 'media/assets'), folder = join(assets, readdirSync(assets).sort((a, b) => parseInt(a) - parseInt(b)).at(-1));
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts')).sort();
  return createHash('sha256').update(names.map((name) => `${name} ${sha256(join(folder, name))}\n`).join('')).digest('hex').slice(0, 16);
}

// Each worker does one piece at a time.
async function withWorkers(count, file) {
  const set = await startSet({ env: { ZOE_TRANSCODE_SLOTS: '1' } });
  const more = Array.from({ length: count - 1 }, () => spawn('setpriv', ['--pdeathsig', 'KILL', join(build, 'zoe-transcode')], { env: set.env, stdio: 'ignore' }));
  try {
    const { access_token: token } = await set.login();
    const pids = [set.pid('zoe-transcode'), ...more.map(({ pid }) => pid)], used = () => pids.reduce((sum, pid) => sum + cpu(pid), 0);
    const before = used(), wall = await whole(set, token, file);
    return { wall, cpu: used() - before, hash: segments(set) };
  } finally {
    for (const worker of more) worker.kill('SIGKILL');
    await set.stop();
  }
}

async function workers() {
  const file = await film(), rows = new Map(WORKERS.map((count) => [count, []]));
  for (let round = 0; round < SEEDS_ROUNDS; round++) for (const count of WORKERS) rows.get(count).push(await withWorkers(count, file));
  const wall = (count) => median(rows.get(count).map((row) => row.wall)), hashes = new Set([...rows.values()].flat().map(({ hash }) => hash));
  if (hashes.size !== 1) throw new Error(`${hashes.size} different results`);
  const lines = WORKERS.map((count) => `| ${count} | ${wall(count).toFixed(1)} | ${median(rows.get(count).map((row) => row.cpu)).toFixed(1)} | ${[...hashes][0]} |`);
  return { ours: wall(2), theirs: wall(1), table: ['| workers | wall s | CPU s | hash of all segments |', '| ---: | ---: | ---: | --- |', ...lines].join('\n') };
}

async function firstSegment() {
  const set = await startSet();
  const file = await makeFilm({ seconds: 600, size: '1280x720' });
  const times = [];
  try {
    const { access_token: token } = await set.login();
    for (let round = 0; round < ROUNDS; round++) {
      const title = await set.createTitle(token, 'First segment');
      await set.upload(token, title.id, file);
      const from = performance.now();
      await until(async () => {
        const answer = await set.api('POST', `/v1/titles/${title.id}/playback`, { token, body: {} });
        if (answer.status !== 200) return false;
        const master = await set.api('GET', answer.body.playlist_url);
        const rung = master.text.split('\n').find((line) => line && !line.startsWith('#'));
        const media = new URL(rung, `${set.base}${answer.body.playlist_url}`);
        const list = await set.api('GET', media.pathname);
        const segment = list.text.split('\n').find((line) => line && !line.startsWith('#'));
        return segment && (await fetch(new URL(segment, media))).ok;
      }, { ms: 120000, every: 20, what: 'a first segment' });
      times.push((performance.now() - from) / 1000);
      await set.expect(204, 'DELETE', `/v1/titles/${title.id}`, { token });
    }
    return { ours: median(times), theirs: null };
  } finally {
    await set.stop();
  }
}

export const rows = {
  ladder: { what: 'five rungs of a 1080p film against one ffmpeg process with the same settings', unit: 's', goal: 0.95, less: true, run: () => against(ROUNDS, oneProcess) },
  ladder_seeds: { what: 'the same against one run of ffmpeg for each rung', unit: 's', goal: 0.8, less: true, run: () => against(SEEDS_ROUNDS, oneForEach) },
  workers: { what: 'the same by two workers of one piece at a time against one', unit: 's', goal: 1, less: true, run: workers },
  first_segment: { what: 'from the last byte of a ten-minute upload to the first segment that plays', unit: 's', goal: 5, less: true, run: firstSegment },
};
