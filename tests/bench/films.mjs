// Films: the ladder against one ffmpeg process with the same settings, and the time to the first playable segment.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { corpus, makeFilm, startSet, until } from '../flow/lib.mjs';
import { alternate, median, output } from './tools.mjs';

const ROUNDS = 3;
const LADDER = [[1080, 23, 6000000], [720, 23, 3200000], [480, 23, 1500000], [360, 24, 800000], [120, 26, 160000]];

function film() {
  return corpus ? join(corpus, 'B_media/a327_1080p_24s.mp4') : makeFilm({ seconds: 24, size: '1920x1080', video: ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '16', '-pix_fmt', 'yuv420p'] });
}

// One decode, each rung scaled from the one above, five encoders, one audio: the best a single process can do.
async function oneProcess(file) {
  const folder = mkdtempSync(join(tmpdir(), 'zoe-ladder-'));
  const scales = LADDER.map(([height], at) => `[${at ? `s${at}` : '0:v'}]scale=-2:${height}:flags=bicubic${at + 1 < LADDER.length ? `,split[v${at}][s${at + 1}]` : `[v${at}]`}`).join(';');
  const outputs = LADDER.flatMap(([height, crf, rate], at) => [
    '-map', `[v${at}]`, '-map', '0:a:0?', '-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high', '-crf', String(crf), '-maxrate', String(rate), '-bufsize', String(rate),
    '-pix_fmt', 'yuv420p', '-sc_threshold', '0', '-force_key_frames', 'expr:gte(t,n_forced*2)', '-flags', '+cgop', '-c:a', 'aac', '-b:a', '128k',
    '-f', 'hls', '-hls_time', '6', '-hls_playlist_type', 'vod', '-hls_segment_filename', join(folder, `${height}_%03d.ts`), join(folder, `${height}.m3u8`),
  ]);
  const from = performance.now();
  try {
    await output('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-i', file, '-filter_complex', scales, ...outputs]);
    return (performance.now() - from) / 1000;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// From the upload's last byte to `ready`: everything that is done to a film, verification and poster included.
async function whole(set, token, file) {
  const title = await set.createTitle(token, 'Ladder');
  await set.upload(token, title.id, file);
  const from = performance.now();
  await until(async () => (await set.title(title.id)).processing_state === 'ready', { ms: 600000, every: 20, what: 'the ladder' });
  return (performance.now() - from) / 1000;
}

async function ladder() {
  const set = await startSet();
  const file = await film();
  try {
    const { access_token: token } = await set.login();
    return await alternate(ROUNDS, () => whole(set, token, file), () => oneProcess(file));
  } finally {
    await set.stop();
  }
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
  ladder: { what: 'five rungs of a 1080p film against one ffmpeg process with the same settings', unit: 's', goal: 0.95, less: true, run: ladder },
  first_segment: { what: 'from the last byte of a ten-minute upload to the first segment that plays', unit: 's', goal: 5, less: true, run: firstSegment },
};
