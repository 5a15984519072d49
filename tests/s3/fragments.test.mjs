// Films of fragmented MP4 on a bucket: made there, played from there by signed addresses, HLS and DASH, moved and removed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startSet, until } from '../flow/lib.mjs';
import { bucket, keys, KEYS, startGateway } from './lib.mjs';

let gateway, place, set, session, film, base;

before(async () => {
  gateway = await startGateway();
  place = await bucket(gateway);
  set = await startSet({ env: { ...KEYS, ZOE_DEMO: 'off', ZOE_MEDIA_URL: place.url, ZOE_MEDIA_DELIVERY: 'presigned', ZOE_SEGMENT_TYPE: 'fmp4' } });
  ({ session, title: film } = await set.film({ seconds: 14 }));
  const { body } = await set.expect(200, 'POST', `/v1/titles/${film.id}/playback`, { token: session.access_token });
  base = body.playlist_url.replace('master.m3u8', '');
  assert.equal(body.dash_url, `${base}manifest.mpd`);
}, { timeout: 180000 });
after(async () => {
  await set?.stop();
  await gateway?.stop();
});

const streams = (address) => execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', address], { encoding: 'utf8' }).split('\n').map((line) => line.split(',')[0]).filter(Boolean);

test('the playlists lead to the bucket, init segments too', async () => {
  assert.deepEqual([...new Set(streams(`${set.base}${base}master.m3u8`))].sort(), ['aac', 'h264']);
  for (const folder of ['120p', 'audio_0']) {
    const text = (await set.expect(200, 'GET', `${base}${folder}/index.m3u8`)).text, init = /#EXT-X-MAP:URI="([^"]*)"/.exec(text)[1];
    for (const address of [init, ...text.split('\n').filter((line) => line && !line.startsWith('#'))]) {
      assert.ok(address.startsWith(`${gateway.endpoint}/${place.name}/assets/`), address);
      const answer = await fetch(address);
      assert.deepEqual([answer.status, Buffer.from(await answer.arrayBuffer()).toString('latin1', 4, 8)], [200, address === init ? 'ftyp' : 'styp']);
    }
  }
  const single = (await set.expect(200, 'GET', `${base}120p/single.m3u8`)).text;
  assert.match(single, /\n\.\.\/120p\/index\.m3u8\n/);
});

test('the manifest is as it was written; what it names is sent on to the bucket', async () => {
  const text = (await set.expect(200, 'GET', `${base}manifest.mpd`)).text;
  assert.match(text, /media="\$RepresentationID\$\/segment_\$Number%03d\$\.m4s"/);
  assert.match(text, /<\/MPD>\n$/);
  for (const name of ['120p/init.mp4', '120p/segment_001.m4s', 'audio_0/segment_002.m4s']) {
    const answer = await set.expect(307, 'GET', base + name);
    assert.equal((await fetch(answer.headers.get('location'))).status, 200, name);
  }
  assert.ok(['aac', 'h264'].every((name) => streams(`${set.base}${base}manifest.mpd`).includes(name)));
});

test('the file of a rung is there, and nothing was on the disk', async () => {
  await until(async () => (await set.title(film.id)).renditions.every((r) => r.file), { ms: 60000, what: 'the files' });
  assert.deepEqual(streams(`${set.base}${base}120p/film.mp4`), ['h264', 'aac']);
  assert.equal(existsSync(join(set.dataDir, 'media')), false);
});

test('a move to a folder takes all of it', async () => {
  const folder = join(set.dataDir, 'moved'), done = await set.zoectl('media', 'move', place.url, `file://${folder}`);
  assert.equal(done.status, 0, done.stderr);
  const names = (await keys(gateway, place.name)).filter((key) => key.startsWith('assets/'));
  assert.ok(names.some((name) => name.endsWith('manifest.mpd')) && names.some((name) => name.endsWith('.m4s')));
  for (const name of names) assert.ok(existsSync(join(folder, name)), name);
  assert.match(readFileSync(join(folder, names.find((name) => name.endsWith('manifest.mpd'))), 'utf8'), /<MPD /);
});

test('a film that goes leaves nothing in the bucket', async () => {
  await set.expect(204, 'DELETE', `/v1/titles/${film.id}`, { token: session.access_token });
  await until(async () => !(await keys(gateway, place.name)).some((key) => key.startsWith('assets/')), { what: 'an empty bucket' });
});
