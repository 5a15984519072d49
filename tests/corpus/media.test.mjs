// Every good film of the corpus, through tus, edge, broker, actors and child; the result is judged by ffprobe and ffmpeg. Every third
// is made as fragments too.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { corpus, startSet } from '../flow/lib.mjs';
import { judge, probe } from './judge.mjs';

const folder = corpus && join(corpus, 'B_media');
// ZOE_TEST_FILES=part,part: only the files whose names hold one of these.
const parts = process.env.ZOE_TEST_FILES?.split(',') ?? [''];
const files = folder ? readdirSync(folder).filter((name) => !name.startsWith('.') && parts.some((part) => name.includes(part))).sort() : [];
const KINDS = { ts: files, fmp4: files.filter((_, i) => parts[0] || i % 3 === 0) };
const rows = [];

/** What is special about a file, for the table. */
function told(format, streams, video) {
  const count = (type) => streams.filter((stream) => stream.codec_type === type).length, words = [`${video.codec_name} ${video.width}x${video.height}`];
  const [num, den] = (video.avg_frame_rate ?? '0/0').split('/').map(Number), [base] = (video.r_frame_rate ?? '0/0').split('/').map(Number);
  words.push(num ? `${Number((num / den).toFixed(2))} fps` : `base rate ${base}`);
  if (video.pix_fmt !== 'yuv420p') words.push(video.pix_fmt);
  if (!['1:1', '0:1', undefined].includes(video.sample_aspect_ratio)) words.push(`SAR ${video.sample_aspect_ratio}`);
  if (!['progressive', 'unknown', undefined].includes(video.field_order)) words.push('interlaced');
  if (/smpte2084|arib/.test(video.color_transfer)) words.push('HDR');
  const turned = video.side_data_list?.find((side) => side.rotation !== undefined)?.rotation;
  if (turned) words.push(`turned ${turned}`);
  if (Number(format.start_time) > 0.1) words.push(`begins at ${Number(format.start_time).toFixed(1)} s`);
  const sounds = streams.filter((stream) => stream.codec_type === 'audio').map((stream) => `${stream.codec_name} ${stream.channels}ch`);
  words.push(sounds.join(' + ') || 'silent');
  if (count('subtitle')) words.push(`${count('subtitle')} subtitles`);
  return words.join(', ');
}

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
  return { video: true, audio, width, height, seconds: Number(format.duration), text: told(format, streams, video) };
}

after(() => {
  if (rows.length) console.log(['| file | traits | segments | state | rungs | verdict |', '|---|---|---|---|---|---|', ...rows].join('\n'));
});

// Their containers promise what they do not hold; their real length is what their packets say.
const PROMISES = { 'ax_sample_fragmented.mp4': 1.1 };

for (const [kind, list] of Object.entries(KINDS))
  describe(`B_media as ${kind}`, { skip: !list.length && 'no corpus beside the checkout' }, () => {
    let set, session;

    before(async () => {
      if (!list.length) return;
      set = await startSet({ env: { ZOE_DEMO: 'off', ZOE_SEGMENT_TYPE: kind } });
      session = await set.login();
    });
    after(() => set?.stop());

    for (const name of list)
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
        rows.push(`| ${name} | ${source.text ?? 'no video'} | ${kind} | ${title.processing_state}${title.processing_error ? `: ${title.processing_error}` : ''} | ${rungs} | ${verdict.join('; ') || 'good'} |`);
        assert.deepEqual(verdict, []);
      });
  });
