// Playlists taken apart, and the rules that Apple's authoring specification has for them.
import assert from 'node:assert/strict';

const attributes = (line) => Object.fromEntries([...line.slice(line.indexOf(':') + 1).matchAll(/([A-Z-]+)=("[^"]*"|[^,]*)/g)].map(([, k, v]) => [k, v.replaceAll('"', '')]));

/** A multivariant playlist taken apart. */
export function master(text) {
  const lines = text.trim().split('\n');
  assert.equal(lines[0], '#EXTM3U');
  const found = { variants: [], media: [], keys: [], text };
  lines.forEach((line, i) => {
    if (line.startsWith('#EXT-X-STREAM-INF:')) found.variants.push({ ...attributes(line), uri: lines[i + 1] });
    if (line.startsWith('#EXT-X-MEDIA:')) found.media.push(attributes(line));
    if (line.startsWith('#EXT-X-I-FRAME-STREAM-INF:')) found.keys.push(attributes(line));
  });
  return found;
}

/** A media playlist: target, segments with length, name, and range. */
export function media(text) {
  const lines = text.trim().split('\n'), segments = [];
  let seconds, range;
  for (const line of lines) {
    if (line.startsWith('#EXTINF:')) seconds = Number.parseFloat(line.slice(8));
    if (line.startsWith('#EXT-X-BYTERANGE:')) range = line.slice(17).split('@').map(Number);
    if (!line.startsWith('#')) segments.push({ seconds, range, name: line });
  }
  return { target: Number(/TARGETDURATION:(\d+)/.exec(text)[1]), type: /PLAYLIST-TYPE:(\w+)/.exec(text)?.[1], ended: text.includes('#EXT-X-ENDLIST'), segments, text };
}

export const bytes = async (set, address) => new Uint8Array(await (await fetch(set.base + address)).arrayBuffer());

/** Peak and mean bits a second of a media playlist, by its real bytes. */
export async function rates(set, base, list) {
  let peak = 0, bits = 0, seconds = 0;
  for (const segment of list.segments) {
    const size = segment.range ? segment.range[0] : (await bytes(set, base + segment.name)).length;
    peak = Math.max(peak, (size * 8) / segment.seconds);
    bits += size * 8;
    seconds += segment.seconds;
  }
  return { peak, mean: bits / seconds, seconds };
}

export const near = (a, b, part) => Math.abs(a - b) <= part * b;

/** What the largest sound of a variant's group takes, where it does not go with the pictures. */
async function besides(set, base, all, variant) {
  const most = { peak: 0, mean: 0 };
  for (const { URI } of all.media.filter((m) => m.TYPE === 'AUDIO' && m['GROUP-ID'] === variant.AUDIO && m.URI)) {
    const { peak, mean } = await rates(set, base + URI.replace('index.m3u8', ''), media((await set.expect(200, 'GET', base + URI)).text));
    most.peak = Math.max(most.peak, peak);
    most.mean = Math.max(most.mean, mean);
  }
  return most;
}

/** The rules that Apple's authoring specification has for what we make. */
export async function checkRules(set, base, text) {
  const all = master(text), video = all.variants.filter((v) => v.RESOLUTION), told = [];
  assert.match(text, /#EXT-X-INDEPENDENT-SEGMENTS/);
  for (const variant of video) {
    for (const name of ['BANDWIDTH', 'AVERAGE-BANDWIDTH', 'CODECS', 'RESOLUTION', 'FRAME-RATE']) assert.ok(variant[name], `${name} of ${variant.uri}`);
    assert.match(variant.CODECS, /^avc1\.6400[0-9a-f]{2}(,mp4a\.40\.2)?$/);
    assert.ok(Number.parseInt(variant.CODECS.slice(9, 11), 16) <= 41 || Number(variant['FRAME-RATE']) > 30, 'level at most 4.1');
    const list = media((await set.expect(200, 'GET', base + variant.uri)).text);
    assert.ok(list.ended && list.type === 'VOD');
    for (const { seconds, name } of list.segments) assert.ok(seconds <= list.target + 0.5, `${name} is ${seconds} s`);
    const folder = base + variant.uri.replace('index.m3u8', ''), { peak, mean, seconds } = await rates(set, folder, list);
    const sound = await besides(set, base, all, variant);
    assert.ok(near(peak + sound.peak, Number(variant.BANDWIDTH), 0.1), `peak ${peak} of ${variant.BANDWIDTH}`);
    assert.ok(near(mean + sound.mean, Number(variant['AVERAGE-BANDWIDTH']), 0.1), `mean ${mean} of ${variant['AVERAGE-BANDWIDTH']}`);
    assert.ok(peak <= 2 * mean || list.segments.length < 4, 'the peak is at most twice the mean');
    told.push({ ...variant, seconds, count: list.segments.length });
  }
  const shapes = video.map((v) => v.RESOLUTION.split('x')).map(([w, h]) => w / h);
  assert.ok(Math.max(...shapes) / Math.min(...shapes) < 1.03, 'one shape');
  assert.equal(new Set(told.map((v) => v.count)).size, 1, 'the same segments in all');
  const first = video.map((v) => Math.abs(Number(v.BANDWIDTH) - 2e6));
  assert.equal(first[0], Math.min(...first), 'the one near 2 Mbit/s first');
  for (const keys of all.keys) {
    const list = media((await set.expect(200, 'GET', base + keys.URI)).text), folder = base + keys.URI.replace('keys.m3u8', '');
    assert.match(list.text, /#EXT-X-I-FRAMES-ONLY/);
    const { peak, seconds } = await rates(set, folder, list);
    assert.ok(near(peak, Number(keys.BANDWIDTH), 0.1));
    assert.ok(Math.abs(seconds - told[0].seconds) < 0.05, 'key pictures over the whole film');
    for (const { range: [size, offset], name } of list.segments) {
      const part = (await bytes(set, folder + name)).subarray(offset, offset + size);
      if (name.endsWith('.m4s'))
        assert.equal(Buffer.from(part.subarray(4, 8)).toString(), 'moof', 'a range is a fragment');
      else
        assert.ok(part[0] === 0x47 && size % 188 === 0 && (part[1] & 0x5f) === 0x41 && part[2] === 0, 'a range begins with a picture');
    }
  }
  assert.equal(all.keys.length, new Set(video.map((v) => v.uri)).size, 'key pictures of every rung');
  return all;
}

