// Films whose segments are fragmented MP4: HLS and DASH over the same files, and all that comes with a film.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeFilm, sha256, startSet, tool, until } from './lib.mjs';
import { bytes, checkRules, master, media } from './rules.mjs';

let set, session;

before(async () => {
  set = await startSet({ env: { ZOE_DEMO: 'off', ZOE_SEGMENT_TYPE: 'fmp4' } });
  session = await set.login();
}, { timeout: 90000 });
after(() => set?.stop());

const token = () => session.access_token;

async function opened(id) {
  const { body } = await set.expect(200, 'POST', `/v1/titles/${id}/playback`, { token: token() });
  const base = body.playlist_url.replace('master.m3u8', '');
  return { base, body, get: (name, status = 200) => set.expect(status, 'GET', base + name) };
}

/** PTS of all packets of a track, in its own order of decoding: [pts, duration] in seconds. */
function packets(file) {
  return tool('ffprobe', '-v', 'error', '-show_entries', 'packet=pts_time,dts_time,duration_time', '-of', 'csv=p=0', file)
    .trim().split('\n').map((line) => line.split(',').map(Number)).map(([pts, dts, duration]) => ({ pts, dts, duration }));
}

/** A track as one file: its init segment and all that its playlist names. */
async function whole(base, folder) {
  const list = media((await set.expect(200, 'GET', `${base}${folder}/index.m3u8`)).text), file = join(set.dataDir, `${folder}.mp4`);
  const parts = [await bytes(set, `${base}${folder}/init.mp4`)];
  for (const { name } of list.segments) parts.push(await bytes(set, `${base}${folder}/${name}`));
  writeFileSync(file, Buffer.concat(parts));
  return { file, list };
}

let film;

test('one film: rules, times, and what another program makes of it', { timeout: 120000 }, async () => {
  const { title } = await set.film({ session, seconds: 27, size: '640x480', fps: 25 });
  film = title;
  const { base, get } = await opened(title.id), all = await checkRules(set, base, (await get('master.m3u8')).text);
  assert.match(all.text, /#EXT-X-VERSION:7\n/);
  assert.deepEqual(all.media.map((m) => [m.TYPE, m.CHANNELS, m.URI]), [['AUDIO', '2', 'audio_0/index.m3u8']]);
  for (const rung of ['480p', '120p', 'audio_0']) {
    const { file, list } = await whole(base, rung);
    assert.match(list.text, /#EXT-X-VERSION:7\n[^]*#EXT-X-MAP:URI="init.mp4"\n/);
    assert.equal(tool('ffmpeg', '-nostdin', '-v', 'warning', '-xerror', '-i', file, '-f', 'null', '-'), '');
    const all = packets(file), frame = rung === 'audio_0' ? 1024 / 48000 : 1 / 25, shown = all.map((p) => p.pts).sort((a, b) => a - b);
    assert.ok(Math.abs(shown[0] - 10) < 1e-4, `begins at ${shown[0]}`);
    for (let i = 1; i < all.length; i++) {
      assert.ok(all[i].dts > all[i - 1].dts, 'decoding times grow');
      assert.ok(Math.abs(shown[i] - shown[i - 1] - frame) < 1e-4, `a gap of ${shown[i] - shown[i - 1]} at ${shown[i]}`);
    }
    assert.ok(Math.abs(shown.at(-1) + frame - 37) < 0.022, `${rung} ends at ${shown.at(-1)}`);
  }
  // The pictures that stand alone do so with nothing but the init segment.
  const keys = media((await get('120p/keys.m3u8')).text), init = await bytes(set, `${base}120p/init.mp4`);
  for (const { range: [size, offset], name } of [keys.segments[0], keys.segments[4], keys.segments.at(-1)]) {
    const file = join(set.dataDir, 'key.mp4');
    writeFileSync(file, Buffer.concat([init, (await bytes(set, `${base}120p/${name}`)).subarray(offset, offset + size)]));
    assert.equal(tool('ffprobe', '-v', 'error', '-count_frames', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', file).trim(), '1');
  }
  // Types, and what a page elsewhere may read.
  for (const [name, type] of [['360p/segment_000.m4s', 'video/mp4'], ['360p/init.mp4', 'video/mp4'], ['audio_0/segment_000.m4s', 'audio/mp4'], ['manifest.mpd', 'application/dash+xml']]) {
    const { headers } = await set.expect(200, 'GET', base + name, { headers: { Origin: 'http://localhost:4200' } });
    assert.deepEqual([headers.get('content-type'), headers.get('access-control-allow-origin')], [type, 'http://localhost:4200'], name);
  }
  await get('360p/segment_000.ts', 404);
});

const attribute = (text, name) => new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1];

test('the manifest names the same files at the same times', async () => {
  const { base, body, get } = await opened(film.id);
  assert.equal(body.dash_url, `${base}manifest.mpd`);
  const text = (await get('manifest.mpd')).text;
  assert.equal(spawnSync('python3', ['-c', 'import sys,xml.dom.minidom as m; m.parseString(sys.stdin.buffer.read())'], { input: text }).status, 0, text);
  assert.equal(attribute(text, 'type'), 'static');
  assert.ok(Math.abs(Number(/mediaPresentationDuration="PT([\d.]+)S"/.exec(text)[1]) - 27) < 0.001);
  const sets = [...text.matchAll(/<AdaptationSet[^]*?<\/AdaptationSet>/g)].map(([part]) => part);
  assert.deepEqual(sets.map((part) => attribute(part, 'contentType')).slice(0, 2), ['video', 'audio']);
  for (const part of sets.slice(0, 2)) {
    const [scale, offset] = ['timescale', 'presentationTimeOffset'].map((name) => Number(attribute(part, name)));
    const ids = [...part.matchAll(/<Representation id="([^"]*)"/g)].map(([, id]) => id), lines = [];
    for (const [line] of part.matchAll(/<S [^>]*>/g))
      for (let i = 0; i <= Number(attribute(line, 'r') ?? 0); i++) lines.push({ t: Number(attribute(line, 't')) + i * Number(attribute(line, 'd')), d: Number(attribute(line, 'd')) });
    for (const id of ids) {
      const { list } = await whole(base, id), init = await bytes(set, base + attribute(part, 'initialization').replace('$RepresentationID$', id));
      assert.equal(lines.length, list.segments.length, id);
      for (const [i, { t, d }] of lines.entries()) {
        const name = attribute(part, 'media').replace('$RepresentationID$', id).replace('$Number%03d$', String(i).padStart(3, '0')), file = join(set.dataDir, 'one.mp4');
        assert.equal(name, `${id}/${list.segments[i].name}`);
        writeFileSync(file, Buffer.concat([init, await bytes(set, base + name)]));
        const times = packets(file), first = Math.min(...times.map((p) => p.pts));
        assert.ok(Math.abs(first - t / scale) < 1e-4 && Math.abs(d / scale - list.segments[i].seconds) < 1e-4, `${name}: ${first} of ${t / scale}`);
        assert.ok(Math.abs(offset / scale - 10) < 1e-9);
      }
    }
  }
  // Another program plays it, pictures and sound.
  const seen = JSON.parse(tool('ffprobe', '-v', 'error', '-show_streams', '-of', 'json', `${set.base}${base}manifest.mpd`)).streams.map((s) => s.codec_name);
  assert.ok(seen.includes('h264') && seen.includes('aac'), seen.join());
  await until(async () => (await get('manifest.mpd')).text.includes('thumbnail_tile'), { what: 'the storyboard in the manifest', ms: 30000 });
});

test('a file for each rung has the pictures and the sound of the segments', { timeout: 120000 }, async () => {
  await until(async () => (await set.title(film.id)).renditions.every((r) => r.file), { ms: 60000, what: 'the files' });
  const { base } = await opened(film.id);
  for (const { name } of film.renditions) {
    const address = `${set.base}${base}${name}/film.mp4`, seen = JSON.parse(tool('ffprobe', '-v', 'error', '-show_streams', '-show_format', '-of', 'json', address));
    assert.deepEqual(seen.streams.map((s) => s.codec_name), ['h264', 'aac']);
    assert.ok(Math.abs(Number(seen.format.duration) - 27) < 0.06 && Math.abs(Number(seen.streams[0].start_time)) < 0.001);
    for (const [map, folder] of [['0:v', name], ['0:a', 'audio_0']]) {
      const md5 = (from) => spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-i', from, '-map', map, '-f', 'md5', '-'], { encoding: 'utf8' }).stdout;
      assert.match(md5(address), /^MD5=/);
      assert.equal(md5(address), md5((await whole(base, folder)).file), `${name} ${map}`);
    }
  }
});

test('videoflix_hls: one rung has its sound', async () => {
  const login = await set.expect(200, 'POST', '/api/login/', { body: { email: set.admin.email, password: set.admin.password } });
  const cookie = login.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
  const { headers } = await set.expect(302, 'GET', `/api/video/${film.id}/480p/index.m3u8`, { headers: { Cookie: cookie } });
  const place = new URL(headers.get('location')), list = master((await set.expect(200, 'GET', place.pathname)).text);
  assert.match(place.pathname, /^\/play\/[^/]+\/480p\/single\.m3u8$/);
  assert.deepEqual([list.variants.map((v) => v.uri), list.media.map((m) => m.URI)], [['../480p/index.m3u8'], ['../audio_0/index.m3u8']]);
  const seen = JSON.parse(tool('ffprobe', '-v', 'error', '-show_streams', '-of', 'json', place.href)).streams;
  assert.deepEqual(seen.map((s) => s.codec_name).sort(), ['aac', 'h264']);
});

test('a film without sound', async () => {
  const { title } = await set.film({ session, seconds: 2, audio: false, extension: 'mkv' }), { base, get } = await opened(title.id);
  const text = (await get('master.m3u8')).text;
  assert.doesNotMatch(text, /AUDIO|mp4a/);
  assert.doesNotMatch((await get('manifest.mpd')).text, /audio/);
  for (const name of ['master.m3u8', 'manifest.mpd', '120p/single.m3u8'])
    assert.deepEqual([...new Set(JSON.parse(tool('ffprobe', '-v', 'error', '-show_streams', '-of', 'json', `${set.base}${base}${name}`)).streams.map((s) => s.codec_name))], ['h264'], name);
  await until(async () => (await set.title(title.id)).renditions.every((r) => r.file), { ms: 60000, what: 'the files' });
  await get('120p/film.mp4');
});

/** Every file that a title's film has, by name, with what is in it. */
async function hashes(id) {
  const folder = join(set.dataDir, 'media/assets', await set.sql(`select folder from transcode.assets where title_id = ${id} and state = 'ready'`));
  return readdirSync(folder, { recursive: true }).filter((name) => /\.(m4s|mp4|m3u8|mpd)$/.test(name) && !name.endsWith('film.mp4')).sort()
    .map((name) => `${name} ${sha256(join(folder, name))}`);
}

test('one worker makes the same as two, and it grows in order', { timeout: 180000 }, async () => {
  const file = await makeFilm({ seconds: 40, size: '640x360', fps: 30 }), { id } = await set.createTitle(token(), 'Growing'), seen = {};
  await set.upload(token(), id, file);
  for (let state; state !== 'ready';) {
    state = (await set.title(id)).processing_state;
    assert.notEqual(state, 'error');
    const answer = await set.api('POST', `/v1/titles/${id}/playback`, { token: token() });
    if (answer.status === 409) continue;
    // It may have become whole since the state was read.
    assert.ok(!answer.body.dash_url || (await set.title(id)).processing_state === 'ready', 'no manifest before the film is whole');
    const base = answer.body.playlist_url.replace('master.m3u8', ''), text = (await set.expect(200, 'GET', answer.body.playlist_url)).text;
    for (const { URI } of [...master(text).media, ...master(text).variants.map((v) => ({ URI: v.uri }))]) {
      const now = (await set.expect(200, 'GET', base + URI)).text.replace(/#EXT-X-PLAYLIST-TYPE:VOD|#EXT-X-ENDLIST\n/g, (tag) => (tag.startsWith('#EXT-X-PLAYLIST') ? '#EXT-X-PLAYLIST-TYPE:EVENT' : ''));
      assert.ok(now.startsWith(seen[URI] ?? ''), `${URI} only grows`);
      seen[URI] = now;
      for (const { name } of media(now).segments.slice(-1)) assert.equal((await fetch(set.base + base + URI.replace('index.m3u8', name))).status, 200);
    }
  }
  assert.ok(Object.keys(seen).length >= 3);
  await until(async () => (await (await opened(id)).get('manifest.mpd')).text.includes('thumbnail_tile'), { what: 'the storyboard', ms: 30000 });
  const two = await hashes(id);
  await set.halt();
  set.env.ZOE_TRANSCODE_SLOTS = '1';
  await set.start();
  session = await set.login();
  const again = await set.film({ session, file });
  await until(async () => (await (await opened(again.title.id)).get('manifest.mpd')).text.includes('thumbnail_tile'), { what: 'the storyboard', ms: 30000 });
  const one = await hashes(again.title.id);
  assert.ok(one.length > 20);
  assert.deepEqual(one, two);
});

test('subtitles: a list of segments, and one file for the manifest', async () => {
  const lines = '1\n00:00:01,000 --> 00:00:08,000\nHello & "welcome"\n';
  await set.expect(200, 'PUT', `/v1/titles/${film.id}/subtitles/de?name=${encodeURIComponent('Für <alle> & jeden')}`, { token: token(), body: lines });
  const { get } = await opened(film.id), text = (await get('manifest.mpd')).text;
  assert.match(text, /contentType="text" mimeType="text\/vtt" lang="de">\n<Label>Für &lt;alle&gt; &amp; jeden<\/Label>/);
  assert.match(text, /<BaseURL>text_0\/all\.vtt<\/BaseURL>/);
  const one = (await get('text_0/all.vtt')).text;
  assert.equal(one.match(/-->/g).length, 1);
  assert.match(one, /^WEBVTT\n\n00:00:01\.000 --> 00:00:08\.000\nHello &amp; "welcome"\n$/);
  assert.ok(media((await get('text_0/index.m3u8')).text).ended);
});

test('a film keeps the kind it was made with; a new upload takes the one that is set now', { timeout: 120000 }, async () => {
  await set.halt();
  set.env.ZOE_SEGMENT_TYPE = 'ts';
  await set.start();
  session = await set.login();
  const before = await opened(film.id);
  assert.ok(before.body.dash_url);
  await before.get('360p/segment_000.m4s');
  await set.expect(200, 'PUT', `/v1/titles/${film.id}/subtitles/en`, { token: token(), body: '1\n00:00:01,000 --> 00:00:02,000\nHello\n' });
  assert.match((await before.get('manifest.mpd')).text, /lang="en"/);
  await set.upload(token(), film.id, await makeFilm({ seconds: 9, size: '320x180' }));
  await until(async () => (await set.title(film.id)).duration < 10, { ms: 60000, what: 'the new film' });
  const now = await opened(film.id);
  assert.equal(now.body.dash_url, undefined);
  await now.get('120p/segment_000.ts');
  await now.get('manifest.mpd', 404);
  await before.get('360p/segment_000.m4s');
  await set.sql("update transcode.tasks set not_before = now() where kind = 'retire'");
  await until(async () => (await set.api('GET', `${before.base}360p/segment_001.m4s`)).status === 404, { what: 'the old film to go' });
});
