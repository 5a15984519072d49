// What a finished film promises, taken from its playlists and bytes alone: timestamps without gap or overlap, counters that run on, one
// grid of IDR pictures over all rungs, rates that are true, and the rules of Apple's authoring specification.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nals, parse as fragments } from '../media/cmaf.mjs';
import { parse } from '../media/ts.mjs';

const AAC_FRAME = 1920;
const CLOCK = 90000;
const GOP_SECONDS = 2;
const TOLD_WITHIN = 0.1;
const DEFAULT_BANDWIDTH = 2e6;

function attributes(text) {
  return Object.fromEntries([...text.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g)].map(([, name, value]) => [name, value.replaceAll('"', '')]));
}

export function masterOf(text) {
  const lines = text.split('\n'), pick = (tag) => lines.filter((line) => line.startsWith(tag)).map((line) => attributes(line.slice(tag.length)));
  const variants = lines.flatMap((line, at) => (line.startsWith('#EXT-X-STREAM-INF:') ? [{ ...attributes(line.slice(18)), uri: lines[at + 1] }] : []));
  return { variants, media: pick('#EXT-X-MEDIA:'), keys: pick('#EXT-X-I-FRAME-STREAM-INF:') };
}

export function mediaOf(text) {
  const segments = [...text.matchAll(/#EXTINF:([\d.]+),\n(?:#EXT-X-BYTERANGE:(\d+)@\d+\n)?(\S+)/g)].map(([, seconds, bytes, name]) => ({ seconds: Number(seconds), bytes: Number(bytes), name }));
  return { segments, target: Number(text.match(/#EXT-X-TARGETDURATION:(\d+)/)?.[1]), whole: text.endsWith('#EXT-X-ENDLIST\n'), vod: text.includes('#EXT-X-PLAYLIST-TYPE:VOD') };
}

const isPicture = (folder) => /\/\d+p$/.test(folder);

/** A segment of either kind: pictures in decoding order, times of sound in ticks of 90 kHz, continuity counters. */
function read(folder, name) {
  const bytes = readFileSync(join(folder, name));
  if (!name.endsWith('.m4s')) return parse(bytes);
  const samples = fragments(bytes).flatMap((fragment) => fragment.samples);
  if (!isPicture(folder)) return { pictures: [], sounds: samples.map(({ pts }) => (pts * CLOCK) / 48000), counters: new Map() };
  return { pictures: samples.map(({ pts, dts, data }) => ({ pts, dts, nals: nals(data) })), sounds: [], counters: new Map() };
}

/** Segments one after the other: problems go to say(); {idr, seconds} of what is there. */
function walk(folder, segments, rate, say) {
  const counters = new Map(), idr = [], pictures = [], sounds = [];
  let dts = -1;
  for (const { name, seconds } of segments) {
    let is;
    try {
      is = read(folder, name);
    } catch (error) {
      say(`${name}: ${error.message.split('\n')[0]}`);
      continue;
    }
    for (const [pid, list] of is.counters)
      for (const counter of list) {
        if (counter !== (counters.get(pid) ?? counter)) say(`${name}: the counter of ${pid} jumps`);
        counters.set(pid, (counter + 1) % 16);
      }
    if (is.pictures.length && (!is.pictures[0].nals.includes(5) || !(name.endsWith('.m4s') || is.pictures[0].nals.includes(7)))) say(`${name} does not begin with an IDR`);
    for (const picture of is.pictures) {
      if (picture.dts <= dts || picture.dts > picture.pts) say(`${name}: DTS ${picture.dts} after ${dts}, PTS ${picture.pts}`);
      dts = picture.dts;
      if (picture.nals.includes(5)) idr.push(picture.pts);
    }
    pictures.push(...is.pictures.map(({ pts }) => pts).sort((a, b) => a - b));
    sounds.push(...is.sounds);
    const length = is.pictures.length ? is.pictures.length / rate : (is.sounds.length * AAC_FRAME) / CLOCK;
    if (Math.abs(length - seconds) > (is.pictures.length ? 0.001 : 0.05)) say(`${name} lasts ${length.toFixed(3)} s, the playlist says ${seconds}`);
  }
  const frame = CLOCK / rate;
  // Exactly a picture apart, but for rounding to ticks; of sound, exactly a frame of AAC.
  pictures.forEach((pts, at) => at && Math.abs(pts - pictures[at - 1] - frame) > 1.01 && say(`pictures ${pts - pictures[at - 1]} ticks apart`));
  sounds.forEach((pts, at) => at && pts - sounds[at - 1] !== AAC_FRAME && say(`sounds ${pts - sounds[at - 1]} ticks apart at ${pts}`));
  if (sounds.length && pictures.length) together({ from: sounds[0], to: sounds.at(-1) + AAC_FRAME }, { from: pictures[0], to: pictures.at(-1) + frame }, say);
  idr.forEach((pts, at) => at && Math.abs((pts - idr[at - 1]) / CLOCK - GOP_SECONDS) > 0.51 / rate && say(`IDR ${(pts - idr[at - 1]) / CLOCK} s apart`));
  const all = pictures.length ? pictures : sounds;
  return { idr, from: all[0], to: all.at(-1) + (pictures.length ? frame : AAC_FRAME) };
}

function together(sound, picture, say) {
  if (Math.abs(sound.from - picture.from) > AAC_FRAME) say(`sound begins ${sound.from - picture.from} ticks after the pictures`);
  if (Math.abs(sound.to - picture.to) > AAC_FRAME) say(`sound ends ${sound.to - picture.to} ticks after the pictures`);
}

const near = (a, b) => Math.abs(a - b) <= TOLD_WITHIN * b;

/** Peak and mean bits per second of a playlist's segments or byte ranges. */
function rates(folder, segments) {
  let bits = 0, seconds = 0, peak = 0;
  for (const segment of segments) {
    const n = 8 * (segment.bytes || readFileSync(join(folder, segment.name)).length);
    bits += n;
    seconds += segment.seconds;
    peak = Math.max(peak, n / segment.seconds);
  }
  return { peak, mean: bits / seconds, seconds };
}

function besides(master, variant) {
  const others = master.media.filter((m) => m.TYPE === 'AUDIO' && m['GROUP-ID'] === variant.AUDIO && m.URI);
  return (folder) => others.map(({ URI }) => rates(join(folder, dirname(URI)), mediaOf(readFileSync(join(folder, URI), 'utf8')).segments))
    .reduce((most, is) => ({ peak: Math.max(most.peak, is.peak), mean: Math.max(most.mean, is.mean) }), { peak: 0, mean: 0 });
}

function checkVariant(folder, master, variant, say) {
  for (const name of ['BANDWIDTH', 'AVERAGE-BANDWIDTH', 'CODECS', 'RESOLUTION', 'FRAME-RATE']) if (!variant[name]) say(`has no ${name}`);
  const rate = Number(variant['FRAME-RATE']), path = join(folder, variant.uri);
  if (!/^avc1\.6400[0-9a-f]{2}(,mp4a\.40\.2)?$/.test(variant.CODECS)) say(`CODECS ${variant.CODECS}`);
  if (rate > 60) say(`${rate} pictures a second`);
  if (parseInt(variant.CODECS.slice(9, 11), 16) > 41 && rate <= 30) say('above level 4.1');
  const list = mediaOf(readFileSync(path, 'utf8')), extra = besides(master, variant)(folder);
  if (!list.whole || !list.vod) say('is no finished VOD playlist');
  for (const { seconds, name } of list.segments) if (seconds > list.target + 0.5) say(`${name} of ${seconds} s, target ${list.target}`);
  const { peak, mean, seconds } = rates(dirname(path), list.segments);
  if (!near(peak + extra.peak, Number(variant.BANDWIDTH))) say(`BANDWIDTH ${variant.BANDWIDTH}, measured ${Math.round(peak + extra.peak)}`);
  if (!near(mean + extra.mean, Number(variant['AVERAGE-BANDWIDTH']))) say(`AVERAGE-BANDWIDTH ${variant['AVERAGE-BANDWIDTH']}, measured ${Math.round(mean + extra.mean)}`);
  // The playlist rounds the rate to thousandths.
  const grid = [24000 / 1001, 30000 / 1001, 60000 / 1001].find((exact) => Math.abs(exact - rate) < 0.001) ?? rate;
  return { ...walk(dirname(path), list.segments, grid, say), seconds };
}

/** Problems of the film in `folder`, a list of sentences; empty when it keeps every rule. */
export function rules(folder) {
  const problems = [], master = masterOf(readFileSync(join(folder, 'master.m3u8'), 'utf8')), seen = new Set(), all = [];
  if (!readFileSync(join(folder, 'master.m3u8'), 'utf8').includes('#EXT-X-INDEPENDENT-SEGMENTS')) problems.push('no INDEPENDENT-SEGMENTS');
  const video = master.variants.filter((variant) => variant.RESOLUTION);
  for (const variant of video) {
    const rung = dirname(variant.uri), said = new Set(), say = (text) => said.size < 4 && said.add(`${rung}: ${text}`);
    if (!seen.has(rung)) all.push({ rung, ...checkVariant(folder, master, variant, say) });
    seen.add(rung);
    problems.push(...said);
  }
  for (const { rung, idr } of all) if (String(idr) !== String(all[0].idr)) problems.push(`${rung}: IDR pictures at other times than ${all[0].rung}`);
  const shapes = video.map(({ RESOLUTION }) => RESOLUTION.split('x').map(Number)).filter(([, height]) => height >= 120).map(([width, height]) => width / height);
  if (Math.max(...shapes) / Math.min(...shapes) > 1.03) problems.push('rungs of several shapes');
  const far = video.map((variant) => Math.abs(Number(variant.BANDWIDTH) - DEFAULT_BANDWIDTH));
  if (far[0] !== Math.min(...far)) problems.push('the variant near 2 Mbit/s is not the first');
  if (master.keys.length !== seen.size) problems.push(`${master.keys.length} playlists of key pictures for ${seen.size} rungs`);
  for (const keys of master.keys) {
    const { segments } = mediaOf(readFileSync(join(folder, keys.URI), 'utf8')), { peak, seconds } = rates(join(folder, dirname(keys.URI)), segments);
    if (!near(peak, Number(keys.BANDWIDTH))) problems.push(`${keys.URI}: BANDWIDTH ${keys.BANDWIDTH}, measured ${Math.round(peak)}`);
    if (Math.abs(seconds - all[0].seconds) > 0.05) problems.push(`${keys.URI} lasts ${seconds} s`);
  }
  for (const { URI, TYPE, NAME, 'GROUP-ID': group } of master.media) {
    if (!NAME || !group) problems.push(`${TYPE} without a name or a group`);
    if (!URI) continue;
    if (!existsSync(join(folder, URI))) problems.push(`${URI} is not there`);
    else if (TYPE === 'AUDIO') {
      const say = (text) => problems.push(`${URI}: ${text}`);
      together(walk(join(folder, dirname(URI)), mediaOf(readFileSync(join(folder, URI), 'utf8')).segments, 25, say), all[0], say);
    }
  }
  return problems;
}

export function rungsOf(folder) {
  return readdirSync(folder).filter((name) => /^\d+p$/.test(name)).sort((a, b) => parseInt(b) - parseInt(a));
}
