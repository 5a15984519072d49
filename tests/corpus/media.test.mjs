// Every good film of the corpus, through tus, edge, broker, actors and child; the result is judged by ffprobe and ffmpeg.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { corpus, startSet } from '../flow/lib.mjs';
import { judge, probe } from './judge.mjs';

const folder = corpus && join(corpus, 'B_media');
const files = folder ? readdirSync(folder).filter((name) => !name.startsWith('.')).sort() : [];
const rows = [];
let set, session;

/** As displayed: upright and with square pixels. What ffprobe cannot read has no video. */
async function traits(file) {
  const { format, streams } = await probe(file).catch(() => ({ streams: [] }));
  const video = streams.find((stream) => stream.codec_type === 'video' && !stream.disposition?.attached_pic);
  const audio = streams.some((stream) => stream.codec_type === 'audio');
  if (!video) return { video: false };
  const turned = Math.abs(video.side_data_list?.find((side) => side.rotation !== undefined)?.rotation ?? 0) % 180 === 90;
  const [num, den] = (video.sample_aspect_ratio ?? '1:1').split(':').map(Number);
  const shown = [Math.round((video.width * (num || 1)) / (den || 1)), video.height];
  const [width, height] = turned ? shown.reverse() : shown;
  return { video: true, audio, width, height, seconds: Number(format.duration) };
}

before(async () => {
  if (!files.length) return;
  set = await startSet();
  session = await set.login();
});
after(async () => {
  if (rows.length) console.log(['| file | state | rungs | verdict |', '|---|---|---|---|', ...rows].join('\n'));
  await set?.stop();
});

// Their containers promise what they do not hold; their real length is what their packets say.
const PROMISES = { 'ax_sample_fragmented.mp4': 1.1 };

describe('B_media', { skip: !files.length && 'no corpus beside the checkout' }, () => {
  for (const name of files) {
    test(name, async () => {
      const source = await traits(join(folder, name));
      if (PROMISES[name]) source.seconds = PROMISES[name];
      const made = await set.createTitle(session.access_token, name);
      await set.upload(session.access_token, made.id, join(folder, name));
      const title = await set.waitDone(made.id, { ms: 900000 });
      const rungs = title.renditions.map(({ name: rung }) => rung).join(' ');
      const verdict = [];
      if (title.processing_state === 'error') {
        if (source.video) verdict.push(`error although it has video: ${title.processing_error}`);
        if (!/^[A-Z].{10,}\.$/.test(title.processing_error)) verdict.push(`no sentence: ${title.processing_error}`);
      } else {
        const asset = readdirSync(join(set.dataDir, 'media/assets')).find((entry) => entry.startsWith(`${made.id}-`));
        verdict.push(...(await judge(join(set.dataDir, 'media/assets', asset), source)));
        if (Math.abs(title.duration - source.seconds) > 0.1) verdict.push(`title says ${title.duration} s instead of ${source.seconds}`);
      }
      rows.push(`| ${name} | ${title.processing_state}${title.processing_error ? `: ${title.processing_error}` : ''} | ${rungs} | ${verdict.join('; ') || 'good'} |`);
      assert.deepEqual(verdict, []);
    });
  }
});
