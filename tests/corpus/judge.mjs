// Looks at finished renditions with ffprobe and ffmpeg, which share no code with what made them, and holds them to the rules.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rules, rungsOf } from './rules.mjs';

const run = promisify(execFile);

export async function probe(file, ...more) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', ...more, file], { maxBuffer: 64 << 20 });
  return JSON.parse(stdout);
}

/** What ffmpeg complains about when it decodes all of a file; empty when nothing. */
async function complaints(file) {
  const { stderr } = await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', file, '-f', 'null', '-'], { maxBuffer: 64 << 20 });
  return stderr.trim();
}

export function playlist(file) {
  const text = readFileSync(file, 'utf8');
  const durations = [...text.matchAll(/#EXTINF:([\d.]+),\n(\S+)/g)].map(([, seconds, name]) => ({ seconds: Number(seconds), name }));
  return { text, segments: durations, whole: text.endsWith('#EXT-X-ENDLIST\n') };
}

/**
 * Problems of a finished film in `folder` made from a source that is `width` x `height` as displayed, `seconds` long: a list of
 * sentences, empty when it is good.
 */
export async function judge(folder, source) {
  const problems = [];
  const say = (rung, text) => problems.push(`${rung}: ${text}`);
  const rungs = rungsOf(folder);
  const master = readFileSync(join(folder, 'master.m3u8'), 'utf8');
  if (!rungs.length) problems.push('no rung');
  for (const rung of rungs) {
    const list = join(folder, rung, 'index.m3u8');
    if (!master.includes(`${rung}/index.m3u8`)) say(rung, 'is not in the master playlist');
    if (!existsSync(list)) {
      say(rung, 'has no playlist');
      continue;
    }
    const { segments, whole } = playlist(list);
    if (!whole) say(rung, 'playlist has no end');
    const files = readdirSync(join(folder, rung)).filter((name) => /^segment_\d+\.(ts|m4s)$/.test(name));
    if (files.length !== segments.length) say(rung, `${files.length} files, ${segments.length} segments listed`);
    const errors = await complaints(list);
    if (errors) say(rung, `decodes with: ${errors.slice(0, 200)}`);
    const whole_ = await probe(list);
    const video = whole_.streams.find((stream) => stream.codec_type === 'video');
    // With fragments all sound stands beside the pictures.
    const audio = whole_.streams.some((stream) => stream.codec_type === 'audio') || (files[0]?.endsWith('.m4s') && existsSync(join(folder, 'audio_0/index.m3u8')));
    if (video.height > source.height + 1) say(rung, `is ${video.height} high, the source ${source.height}`);
    if (`${video.height}p` !== rung) say(rung, `is ${video.height} high`);
    const aspect = video.width / video.height, wanted = source.width / source.height;
    if (Math.abs(aspect - wanted) / wanted > 2.1 / Math.min(video.width, video.height) + 0.01) say(rung, `aspect ${aspect.toFixed(3)} instead of ${wanted.toFixed(3)}`);
    if (audio !== source.audio) say(rung, audio ? 'has sound, the source has none' : 'has no sound');
    const total = segments.reduce((sum, { seconds }) => sum + seconds, 0);
    if (Math.abs(total - source.seconds) > 0.1) say(rung, `lasts ${total.toFixed(3)} s, the source ${source.seconds.toFixed(3)} s`);
  }
  const manifest = join(folder, 'manifest.mpd');
  if (existsSync(manifest)) {
    // ffprobe tells its length in whole seconds.
    const { streams } = await probe(manifest, '-allowed_extensions', 'ALL'), [, seconds] = readFileSync(manifest, 'utf8').match(/mediaPresentationDuration="PT([\d.]+)S"/);
    if (Math.abs(Number(seconds) - source.seconds) > 0.1) problems.push(`the manifest lasts ${seconds} s, the source ${source.seconds.toFixed(3)} s`);
    if (streams.filter((stream) => stream.codec_type === 'video').length !== rungs.length) problems.push('the manifest has other rungs');
  }
  problems.push(...rules(folder));
  return problems;
}
