// Looks at finished renditions with ffprobe and ffmpeg, which share no code with what made them.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

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

async function firstPicture(file) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_frames', '-read_intervals', '%+#1', '-show_entries', 'frame=key_frame,pict_type', '-of', 'json', file]);
  return JSON.parse(stdout).frames[0];
}

export function playlist(file) {
  const text = readFileSync(file, 'utf8');
  const durations = [...text.matchAll(/#EXTINF:([\d.]+),\n(\S+)/g)].map(([, seconds, name]) => ({ seconds: Number(seconds), name }));
  return { text, segments: durations, whole: text.endsWith('#EXT-X-ENDLIST\n') };
}

function isIdr(bytes) {
  // The first picture's NAL unit after parameter sets is of type 5.
  for (let i = 0; i + 4 < bytes.length; i++) {
    if (bytes[i] || bytes[i + 1] || bytes[i + 2] !== 1) continue;
    const type = bytes[i + 3] & 31;
    if (type === 5) return true;
    if (type === 1) return false;
  }
  return false;
}

/**
 * Problems of a finished film in `folder` made from a source that is `width` x `height` as displayed, `seconds` long: a list of
 * sentences, empty when it is good.
 */
export async function judge(folder, source) {
  const problems = [];
  const say = (rung, text) => problems.push(`${rung}: ${text}`);
  const rungs = readdirSync(folder).filter((name) => /^\d+p$/.test(name));
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
    const files = readdirSync(join(folder, rung)).filter((name) => name.endsWith('.ts'));
    if (files.length !== segments.length) say(rung, `${files.length} files, ${segments.length} segments listed`);
    const errors = await complaints(list);
    if (errors) say(rung, `decodes with: ${errors.slice(0, 200)}`);
    const whole_ = await probe(list);
    const video = whole_.streams.find((stream) => stream.codec_type === 'video');
    const audio = whole_.streams.find((stream) => stream.codec_type === 'audio');
    if (video.height > source.height + 1) say(rung, `is ${video.height} high, the source ${source.height}`);
    if (`${video.height}p` !== rung) say(rung, `is ${video.height} high`);
    const aspect = video.width / video.height, wanted = source.width / source.height;
    if (Math.abs(aspect - wanted) / wanted > 2.1 / Math.min(video.width, video.height) + 0.01) say(rung, `aspect ${aspect.toFixed(3)} instead of ${wanted.toFixed(3)}`);
    if (Boolean(audio) !== source.audio) say(rung, audio ? 'has sound, the source has none' : 'has no sound');
    const total = segments.reduce((sum, { seconds }) => sum + seconds, 0);
    if (Math.abs(total - source.seconds) > 0.1) say(rung, `lasts ${total.toFixed(3)} s, the source ${source.seconds.toFixed(3)} s`);
    for (const { seconds, name } of segments) {
      const file = join(folder, rung, name);
      const first = await firstPicture(file);
      if (!first || first.key_frame !== 1 || first.pict_type !== 'I' || !isIdr(await elementary(file))) say(rung, `${name} does not begin with an IDR`);
      const frames = (await probe(file, '-count_packets', '-select_streams', 'v')).streams[0];
      const [num, den] = frames.r_frame_rate.split('/').map(Number);
      const length = (Number(frames.nb_read_packets) * den) / num;
      if (Math.abs(length - seconds) > 0.05) say(rung, `${name} lasts ${length.toFixed(3)} s, the playlist says ${seconds}`);
    }
  }
  return problems;
}

async function elementary(file) {
  const { stdout } = await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', file, '-map', '0:v', '-c', 'copy', '-frames:v', '1', '-f', 'h264', '-'], { encoding: 'buffer', maxBuffer: 64 << 20 });
  return stdout;
}
