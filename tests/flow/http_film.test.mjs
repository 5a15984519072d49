// Films as those who watch and those who upload see them: replacing, playlists, tracks, files, the queue.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, makeFilm, sanitized, sha256, startSet, tool, until } from './lib.mjs';
import { checkRules, master, media, near, rates } from './rules.mjs';
import { checkRanges, slowReaders } from './ranges.mjs';

let set, session;

before(async () => {
  set = await startSet({ env: { ZOE_DEMO: 'off', ZOE_SURROUND: 'on' } });
  session = await set.login();
}, { timeout: 90000 });
after(() => set?.stop());

const ffmpeg = (...args) => tool('ffmpeg', '-nostdin', '-v', 'error', '-y', ...args);

const assets = () => (existsSync(join(set.dataDir, 'media/assets')) ? readdirSync(join(set.dataDir, 'media/assets')) : []);
const token = () => session.access_token;

/** GET of a playlist or file under a playback address. */
async function opened(id) {
  const { body } = await set.expect(200, 'POST', `/v1/titles/${id}/playback`, { token: token() });
  const base = body.playlist_url.replace('master.m3u8', '');
  return { base, get: (name, status = 200) => set.expect(status, 'GET', base + name) };
}

test('a new upload never hides the film that is there', async () => {
  const { title } = await set.film({ session, seconds: 4 });
  const [first] = assets();
  const early = await opened(title.id);
  await set.upload(token(), title.id, await makeFilm({ seconds: 9, size: '640x360' }));
  await until(async () => {
    const now = await set.title(title.id);
    assert.equal(now.processing_state, 'ready');
    const { get } = await opened(title.id);
    assert.match((await get('master.m3u8')).text, now.duration < 5 ? /RESOLUTION=320x180|RESOLUTION=212x120/ : /RESOLUTION=640x360/);
    return now.duration > 8;
  }, { ms: 60000, what: 'the new film' });
  // Who opened the old one watches it to its end; then it goes.
  await early.get('120p/segment_000.ts');
  assert.equal(assets().length, 2);
  await set.sql("update transcode.tasks set not_before = now() where kind = 'retire'");
  await until(() => assets().length === 1, { what: 'the old film to go' });
  assert.ok(!existsSync(join(set.dataDir, 'media/assets', first)));
  assert.equal(await set.sql(`select count(*) from transcode.assets where title_id = ${title.id}`), '1');
  assert.equal(readdirSync(join(set.dataDir, 'media/uploads')).length, 1);
});

test('a failed replacement leaves the film as it was', async () => {
  const { title } = await set.film({ session, seconds: 4 });
  const page = join(set.dataDir, 'no-film.mp4');
  writeFileSync(page, 'This is not a film. '.repeat(500));
  await set.upload(token(), title.id, page);
  await until(() => set.sql(`select 1 from transcode.assets where title_id = ${title.id} and state = 'error'`), { what: 'the error' });
  const now = await set.title(title.id);
  assert.equal(now.processing_state, 'ready');
  await (await opened(title.id)).get('master.m3u8');
});

test('one film: the playlist keeps the rules', async () => {
  const { title } = await set.film({ session, seconds: 27, size: '640x360', fps: 25 });
  const { base, get } = await opened(title.id), all = await checkRules(set, base, (await get('master.m3u8')).text);
  assert.deepEqual(all.media.map((m) => [m.TYPE, m.CHANNELS, m.URI]), [['AUDIO', '2', undefined]]);
  const alone = all.variants.find((v) => !v.RESOLUTION);
  assert.equal(alone.CODECS, 'mp4a.40.2');
  const list = media((await get(alone.uri)).text), { mean } = await rates(set, `${base}audio_0/`, list);
  assert.ok(near(mean, Number(alone['AVERAGE-BANDWIDTH']), 0.05));
  assert.ok(list.ended && Math.abs(list.segments.reduce((sum, s) => sum + s.seconds, 0) - 27) < 0.05);
});

test('several languages to hear and to read', async () => {
  const folder = set.dataDir, lines = join(folder, 'lines.srt'), film = join(folder, 'tracks.mkv');
  writeFileSync(lines, '1\n00:00:01,000 --> 00:00:03,000\nHello\n\n2\n00:00:07,000 --> 00:00:08,000\nThere\n');
  const plain = await makeFilm({ seconds: 13, size: '320x180' });
  ffmpeg('-i', plain, '-f', 'lavfi', '-i', "aevalsrc='0.1*sin(200*t)|0|0|0|0|0':c=5.1:s=48000:d=13", '-i', lines, '-map', '0:v', '-map', '0:a', '-map', '1', '-map', '2', '-c', 'copy', '-c:a:1', 'ac3', '-c:s', 'srt',
    '-metadata:s:a:0', 'language=ger', '-disposition:a:0', 'default', '-metadata:s:a:1', 'language=eng', '-disposition:a:1', '0', '-metadata:s:s:0', 'language=fre', film);
  const { title } = await set.film({ session, file: film });
  const { base, get } = await opened(title.id), text = (await get('master.m3u8')).text, list = master(text);
  assert.deepEqual(list.media.map((m) => [m.TYPE, m['GROUP-ID'], m.LANGUAGE, m.NAME, m.CHANNELS, m.DEFAULT, m.URI]), [
    ['AUDIO', 'audio', 'de', 'Deutsch', '2', 'YES', undefined], ['AUDIO', 'audio', 'en', 'English', '2', 'NO', 'audio_1/index.m3u8'],
    ['AUDIO', 'surround', 'en', 'English 3', '6', 'NO', 'audio_2/index.m3u8'],
    ['SUBTITLES', 'subtitles', 'fr', 'Français', undefined, 'NO', 'text_0/index.m3u8'],
  ]);
  const video = list.variants.filter((v) => v.RESOLUTION);
  assert.deepEqual([...new Set(video.map((v) => v.AUDIO))], ['audio', 'surround']);
  assert.ok(video.every((v) => v.SUBTITLES === 'subtitles'));
  const words = media((await get('text_0/index.m3u8')).text);
  assert.ok(words.ended && words.segments.length === 3);
  assert.match((await get('text_0/segment_001.vtt')).text, /00:00:07.0[04]0 --> 00:00:08.0[04]0\nThere\n/);
  // What another program makes of it: every stream is found and plays to the end.
  const seen = JSON.parse(tool('ffprobe', '-v', 'error', '-show_streams', '-of', 'json', `${set.base}${base}master.m3u8`)).streams;
  assert.ok(['h264', 'aac'].every((name) => seen.some((s) => s.codec_name === name)));
  assert.ok(seen.some((s) => s.channels === 6));
  for (const name of ['audio_1/index.m3u8', 'audio_2/index.m3u8', '120p/index.m3u8'])
    assert.equal(tool('ffmpeg', '-v', 'error', '-xerror', '-i', `${set.base}${base}${name}`, '-f', 'null', '-'), '');
});

test('a file for each rung, and a storyboard', async () => {
  const { title } = await set.film({ session, seconds: 13, size: '640x360' });
  const { base, get } = await opened(title.id);
  await until(async () => (await set.title(title.id)).renditions.every((r) => r.file), { ms: 60000, what: 'the files' });
  for (const { name, width, height } of title.renditions) {
    const address = `${set.base}${base}${name}/film.mp4`;
    const seen = JSON.parse(tool('ffprobe', '-v', 'error', '-show_streams', '-show_format', '-of', 'json', address));
    const [video, audio] = seen.streams;
    assert.deepEqual([video.codec_name, video.width, video.height, video.r_frame_rate, audio.codec_name, audio.sample_rate], ['h264', width, height, '25/1', 'aac', '48000']);
    assert.ok(Math.abs(Number(seen.format.duration) - 13) < 0.06 && Math.abs(Number(video.start_time)) < 0.001, JSON.stringify(seen.format));
    // The tables are in front, and a part can be had.
    const head = await fetch(address, { headers: { Range: 'bytes=0-39' } });
    const first = Buffer.from(await head.arrayBuffer());
    assert.deepEqual([head.status, first.subarray(4, 8).toString(), first.subarray(36, 40).toString()], [206, 'ftyp', 'moov']);
    assert.equal(tool('ffmpeg', '-v', 'error', '-xerror', '-i', address, '-f', 'null', '-'), '');
    // The same pictures and the same sound as in the segments.
    for (const map of ['0:v', '0:a']) {
      const md5 = (from) => spawnSync('ffmpeg', ['-v', 'error', '-i', from, '-map', map, '-f', 'md5', '-'], { encoding: 'utf8' }).stdout;
      assert.match(md5(address), /^MD5=/);
      assert.equal(md5(address), md5(`${set.base}${base}${name}/index.m3u8`), map);
    }
  }
  const list = (await get('storyboard.vtt')).text, cues = [...list.matchAll(/(\S+) --> (\S+)\nstoryboard_0.jpg#xywh=(\d+),(\d+),(\d+),(\d+)/g)];
  assert.ok(list.startsWith('WEBVTT\n'));
  assert.deepEqual([cues.length, cues[0][1], cues.at(-1)[2].slice(0, 9)], [7, '00:00:00.000', '00:00:13.']);
  const [image] = JSON.parse(tool('ffprobe', '-v', 'error', '-show_streams', '-of', 'json', `${set.base}${base}storyboard_0.jpg`)).streams;
  assert.deepEqual([image.width, image.height, Number(cues[0][5]), Number(cues[0][6])], [1600, 90, 160, 90]);
});

test('a file of more than is kept in memory is sent whole and in parts', async () => {
  const { title } = await set.film({ session, title: 'Long' });
  const folder = await set.sql(`select folder from transcode.assets where title_id = ${title.id}`);
  const { base } = await opened(title.id);
  await until(async () => (await set.title(title.id)).renditions.every((r) => r.file), { ms: 60000, what: 'the files' });
  const bytes = randomBytes((40 << 20) + 77);
  writeFileSync(join(set.dataDir, 'media/assets', folder.trim(), '120p/film.mp4'), bytes);
  await checkRanges(set, `${base}120p/film.mp4`, bytes);
});

test('500 clients that ask and do not read hold no memory of the edge', async () => {
  const { title } = await set.film({ session, title: 'Slow' });
  const folder = join(set.dataDir, 'media/assets', (await set.sql(`select folder from transcode.assets where title_id = ${title.id}`)).trim(), '120p');
  const { base } = await opened(title.id);
  await until(async () => (await set.title(title.id)).renditions.every((r) => r.file), { ms: 60000, what: 'the files' });
  // As long as those of a film of a day may be, and a large segment; a film as one file goes from the disk.
  const sizes = { 'index.m3u8': 3 << 20, 'segment_000.ts': 5 << 20, 'film.mp4': 40 << 20 };
  for (const [name, size] of Object.entries(sizes)) {
    writeFileSync(join(folder, `${name}.fresh`), randomBytes(size));
    renameSync(join(folder, `${name}.fresh`), join(folder, name));
    const { grown, refused } = await slowReaders(set, `${base}120p/${name}`, 500, () => set.expect(200, 'GET', `${base}master.m3u8`));
    assert.equal(refused, 0, name);
    assert.ok(sanitized || grown < 60 << 20, `${name}: ${grown >> 20} MB for 500 readers`);
  }
});

const jobs = async (query = '') => (await set.expect(200, 'GET', `/v1/admin/jobs${query}`, { token: token() })).body.items;
const job = async (title) => (await jobs(`?title_id=${title}`))[0];
const change = (id, body) => set.expect(200, 'PATCH', `/v1/admin/jobs/${id}`, { token: token(), body }).then((a) => a.body);
const act = (id, verb, status = 200) => set.expect(status, 'POST', `/v1/admin/jobs/${id}/${verb}`, { token: token() }).then((a) => a.body);

test('the queue: pause, move, cancel, retry', async () => {
  const film = await makeFilm({ seconds: 40, size: '640x360' }), ids = [];
  for (const name of ['first', 'second', 'third']) {
    const { id } = await set.createTitle(token(), name);
    await set.upload(token(), id, film);
    ids.push(id);
  }
  const [first, second, third] = await Promise.all(ids.map(job));
  assert.equal((await change(first.id, { paused: true })).state, 'paused');
  const moved = await change(third.id, { priority: 7 });
  assert.deepEqual([moved.position, moved.priority, moved.filename.endsWith('.mp4')], [1, 7, true]);
  assert.ok((await job(ids[1])).position === 2 || (await job(ids[2])).state === 'ready');
  assert.equal((await act(second.id, 'cancel')).state, 'cancelled');
  assert.equal((await act(second.id, 'cancel')).state, 'cancelled', 'twice is once');
  await until(async () => (await set.title(ids[1])).processing_state === 'error', { what: 'the title to know' });
  assert.equal((await set.title(ids[1])).processing_error, 'The processing was cancelled.');
  await set.waitReady(ids[2]);
  assert.equal((await job(ids[0])).state, 'paused');
  assert.ok((await job(ids[0])).progress < 1);
  // The same by the operator's tool.
  const listed = await set.zoectl('jobs', 'list', 'paused');
  assert.equal(listed.status, 0, listed.stderr);
  assert.match(listed.stdout, new RegExp(`^ +${first.id} +${ids[0]} paused`, 'm'));
  assert.equal((await set.zoectl('jobs', 'resume', String(first.id))).status, 0);
  await set.waitReady(ids[0]);
  const again = await set.zoectl('jobs', 'retry', String(second.id));
  assert.match(again.stdout, /pending/);
  await until(async () => (await set.title(ids[1])).processing_state !== 'error', { what: 'the second try' });
  await set.waitReady(ids[1]);
  await (await opened(ids[1])).get('120p/index.m3u8');
  await act(second.id, 'retry', 409);
  await act(second.id, 'cancel', 409);
  assert.equal((await set.zoectl('jobs', 'pause', '999999')).status === 0, false);
  const user = await set.register();
  await set.expect(403, 'GET', '/v1/admin/jobs', { token: user.access_token });
  assert.equal((await set.expect(200, 'GET', `/v1/admin/jobs/${first.id}`, { token: token() })).body.state, 'ready');
});

test('the time that is left: not known while a film is paused, and the pause does not count', async () => {
  const { id } = await set.createTitle(token(), 'slow');
  await set.upload(token(), id, await makeFilm({ seconds: 62, size: '640x360' }));
  const running = await until(async () => {
    const now = await job(id);
    return now.progress > 0.05 && now;
  }, { ms: 60000, what: 'the film to be under way' });
  assert.equal(running.position, 1);
  assert.ok(running.eta_seconds > 0 && running.eta_seconds < 1000, `${running.eta_seconds} s`);
  const paused = await change(running.id, { paused: true });
  assert.deepEqual([paused.state, paused.position, paused.eta_seconds], ['paused', undefined, undefined]);
  // As if it had been paused for ten hours.
  await set.sql(`update transcode.assets set started_at = started_at - interval '10 hours', held_at = held_at - interval '10 hours' where id = ${running.id}`);
  const again = await change(running.id, { paused: false });
  assert.ok(again.eta_seconds > 0 && again.eta_seconds < 1000, `${again.eta_seconds} s`);
  await set.expect(204, 'DELETE', `/v1/titles/${id}`, { token: token() });
});

test('a short clip does not wait for a long film', async () => {
  const long = await set.createTitle(token(), 'long');
  await set.upload(token(), long.id, await makeFilm({ seconds: 62, size: '640x360' }));
  await until(async () => (await set.title(long.id)).renditions.length > 0, { ms: 60000, what: 'the long film to begin' });
  const clip = await set.createTitle(token(), 'clip');
  await set.upload(token(), clip.id, await makeFilm({ seconds: 3 }));
  await set.waitReady(clip.id);
  const waiting = Number(await set.sql(`select count(*) from transcode.tasks t join transcode.assets a on a.id = t.asset_id where a.title_id = ${long.id} and t.kind = 'chunk' and t.state = 'waiting'`));
  assert.ok(waiting > 2, `the clip was whole when ${waiting} chunks of the long film were left`);
  await set.expect(204, 'DELETE', `/v1/titles/${long.id}`, { token: token() });
});

test('a deleted film leaves nothing, also when work on it fails at that moment', async () => {
  const before = assets();
  const { id } = await set.createTitle(token(), 'gone');
  await set.upload(token(), id, await makeFilm({ seconds: 62, size: '640x360' }));
  await until(async () => (await set.title(id)).renditions.length > 0, { ms: 60000, what: 'the film to begin' });
  const folder = join(set.dataDir, 'media/assets', assets().find((name) => !before.includes(name)));
  // What a deletion may meet: rows gone, the folder half there, so that the next segment cannot be written.
  await set.sql(`delete from transcode.assets where title_id = ${id}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const rung of ['120p', '240p', '360p', 'audio']) writeFileSync(join(folder, rung), 'no folder');
  await until(() => !existsSync(folder), { what: 'the folder to go' });
  await set.expect(204, 'DELETE', `/v1/titles/${id}`, { token: token() });
});

test('what the store would not delete goes later', async (t) => {
  const { title } = await set.film({ session, seconds: 3 });
  const name = await set.sql(`select folder from transcode.assets where title_id = ${title.id}`), folder = join(set.dataDir, 'media/assets', name);
  // Where something is mounted nothing can be removed.
  if (spawnSync('mount', ['-t', 'tmpfs', 'none', join(folder, '120p')]).status) return t.skip('no file system may be mounted here');
  try {
    await set.expect(204, 'DELETE', `/v1/titles/${title.id}`, { token: token() });
    await until(async () => (await set.sql('select folder from transcode.leftovers')).includes(name), { what: 'the note of it' });
    assert.ok(existsSync(folder));
    await set.sql("update transcode.leftovers set since = '2000-01-01'");
    process.kill(set.pid('zoe-transcode'), 'SIGKILL'); // a sweep at each start
    await until(async () => (await set.sql("select count(*) from transcode.leftovers where since > '2001-01-01'")) === '1', { what: 'a try in vain' });
  } finally {
    spawnSync('umount', [join(folder, '120p')]);
  }
  await set.sql("update transcode.leftovers set since = since - interval '1 hour'");
  process.kill(set.pid('zoe-transcode'), 'SIGKILL');
  await until(async () => (await set.sql('select count(*) from transcode.leftovers')) === '0', { what: 'the sweep' });
  assert.ok(!existsSync(folder));
});

test('only administrators manage jobs', async () => {
  for (const message of ['transcode_jobs', 'transcode_job', 'transcode_job_change', 'transcode_job_cancel', 'transcode_job_retry']) {
    const body = message === 'transcode_jobs' ? '{}' : '{"id":1}';
    const refused = await set.zoectl('ask', message, body, '--user', '1');
    assert.match(refused.stderr, /forbidden|may not/i, message);
    if (message !== 'transcode_jobs') assert.notEqual((await set.zoectl('ask', message, '{"id":987654}', '--admin')).status, 0, message);
  }
});

test('several workers, one killed: the same bytes, and its piece goes on within three seconds', async () => {
  const film = await makeFilm({ seconds: 62, size: '640x360' });
  const sums = () => {
    const folder = join(set.dataDir, 'media/assets', assets().at(-1));
    return readdirSync(folder, { recursive: true }).filter((name) => /segment_\d+\.ts$/.test(name)).sort().map((name) => `${name} ${sha256(join(folder, name))}`);
  };
  await set.sql("update transcode.tasks set not_before = now() where kind = 'retire'");
  for (const { id } of (await set.expect(200, 'GET', '/v1/titles?limit=100')).body.items) await set.expect(204, 'DELETE', `/v1/titles/${id}`, { token: token() });
  await until(() => assets().length === 0, { ms: 60000, what: 'an empty store' });
  const alone = await set.film({ session, file: film });
  const wanted = sums();
  await set.expect(204, 'DELETE', `/v1/titles/${alone.title.id}`, { token: token() });
  await until(() => assets().length === 0, { ms: 60000, what: 'an empty store' });
  const more = [1, 2, 3].map(() => spawn('setpriv', ['--pdeathsig', 'KILL', join(build, 'zoe-transcode')], { env: set.env, stdio: 'ignore' }));
  try {
    const { id } = await set.createTitle(token(), 'by four');
    await set.upload(token(), id, film);
    const held = (pid) => set.sql(`select count(*) from transcode.tasks where kind = 'chunk' and state = 'running' and worker like '%:${pid}:%'`).then(Number);
    const victim = await until(async () => {
      for (const { pid } of more) if (await held(pid)) return more.find((p) => p.pid === pid);
      return undefined;
    }, { ms: 60000, what: 'a worker with a chunk' });
    const lost = (await set.sql(`select string_agg(id::text, ',') from transcode.tasks where state = 'running' and worker like '%:${victim.pid}:%'`)).split(',');
    victim.kill('SIGKILL');
    const killed = Date.now();
    await until(async () => Number(await set.sql(`select count(*) from transcode.tasks where id in (${lost}) and (state = 'done' or attempt > 1)`)) === lost.length, { ms: 20000, every: 20, what: 'somebody else to take it' });
    // Free hands are needed to take it; they may be full here.
    const free = Number(await set.sql("select count(*) from transcode.tasks where state = 'waiting' and kind = 'chunk'")) === 0;
    assert.ok(!free || Date.now() - killed < 3200, `taken over after ${Date.now() - killed} ms`);
    await set.waitReady(id);
    assert.deepEqual(sums(), wanted);
  } finally {
    for (const process of more) process.kill('SIGKILL');
  }
});

test('no room: the film waits, says so, and goes on by itself', async (t) => {
  const folder = join(set.dataDir, 'small');
  mkdirSync(folder);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=36m', 'none', folder]).status) return t.skip('no file system may be mounted here');
  const small = await startSet({ env: { ZOE_DEMO: 'off', ZOE_MEDIA_URL: `file://${folder}` } });
  try {
    const { access_token } = await small.login(), { id } = await small.createTitle(access_token, 'large');
    await small.upload(access_token, id, await makeFilm({ seconds: 20, size: '854x480' }));
    const waiting = await until(async () => {
      const title = await small.title(id);
      return title.processing_error && title;
    }, { what: 'the sentence' });
    assert.equal(waiting.processing_state, 'pending');
    assert.match(waiting.processing_error, /no room/);
    assert.equal(spawnSync('mount', ['-o', 'remount,size=200m', folder]).status, 0);
    const title = await small.waitReady(id);
    assert.equal(title.processing_error, '');
  } finally {
    await small.stop();
    spawnSync('umount', [folder]);
  }
});

test('no film takes more room than was reserved for it', async () => {
  // Noise costs as much as the rungs' caps let it, a second language as much as the first.
  const noise = await makeFilm({ seconds: 20, size: '640x360', more: ['-vf', 'noise=alls=100:allf=t'] }), film = join(set.dataDir, 'noise.mkv');
  ffmpeg('-i', noise, '-map', '0:v', '-map', '0:a', '-map', '0:a', '-c', 'copy', '-metadata:s:a:0', 'language=ger', '-metadata:s:a:1', 'language=eng', film);
  const { title } = await set.film({ session, file: film });
  const asset = await until(async () => {
    const [id, folder, reserved, open] = (await set.sql(`select id, folder, reserved_bytes, (select count(*) from transcode.tasks t where t.asset_id = a.id and t.state <> 'done')
      from transcode.assets a where title_id = ${title.id}`)).split('|');
    return open === '0' && { id, folder, reserved: Number(reserved) };
  }, { ms: 60000, what: 'the files of its rungs' });
  const taken = Number(execFileSync('du', ['-sb', join(set.dataDir, 'media/assets', asset.folder)], { encoding: 'utf8' }).split('\t')[0]);
  const segments = Number(await set.sql(`select sum(bytes) from transcode.segments where asset_id = ${asset.id}`));
  assert.ok(taken > 1.8 * segments, `${taken} bytes, of segments ${segments}`);
  assert.ok(taken <= asset.reserved, `${taken} bytes of ${asset.reserved} that were reserved`);
});

test('subtitles as a file of their own: sent, replaced, taken away', async () => {
  const { title } = await set.film({ session, seconds: 8 }), path = (language) => `/v1/titles/${title.id}/subtitles/${language}`;
  const put = (language, body, status = 200, query = '') => set.expect(status, 'PUT', path(language) + query, { token: token(), body, headers: { 'Content-Type': 'application/x-subrip' } });
  const listed = async () => master((await (await opened(title.id)).get('master.m3u8')).text).media.filter((m) => m.TYPE === 'SUBTITLES').map((m) => [m.LANGUAGE, m.NAME, m.URI]);
  assert.deepEqual((await put('ger', '1\n00:00:01,000 --> 00:00:02,000\nHallo, Tüpfelhyäne\n')).body, { language: 'de', name: 'Deutsch' });
  await put('pt-BR', 'WEBVTT\n\n00:07.000 --> 00:09.000\nOlá <i>você</i>\n', 200, '?name=Brasil');
  assert.deepEqual(await listed(), [['de', 'Deutsch', 'text_0/index.m3u8'], ['pt-BR', 'Brasil', 'text_1/index.m3u8']]);
  const { get } = await opened(title.id);
  assert.match((await get('text_0/segment_000.vtt')).text, /00:00:01.0[024]\d --> 00:00:02.0[024]\d\nHallo, Tüpfelhyäne\n/);
  assert.match((await get('text_1/segment_001.vtt')).text, /Olá <i>você<\/i>\n/);
  assert.ok(media((await get('text_0/index.m3u8')).text).ended);
  await put('de', '1\n00:00:03,000 --> 00:00:04,000\nBesser\n');
  assert.deepEqual(await listed(), [['pt-BR', 'Brasil', 'text_1/index.m3u8'], ['de', 'Deutsch', 'text_2/index.m3u8']]);
  assert.equal((await put('de', 'no lines at all', 400)).body.type.split('/').pop(), 'subtitles-refused');
  await put('not a language', 'WEBVTT\n', 400);
  await set.expect(204, 'DELETE', path('de'), { token: token() });
  await set.expect(404, 'DELETE', path('de'), { token: token() });
  assert.deepEqual(await listed(), [['pt-BR', 'Brasil', 'text_1/index.m3u8']]);
  const { id } = await set.createTitle(token(), 'no film');
  assert.equal((await set.api('PUT', `/v1/titles/${id}/subtitles/de`, { token: token(), body: 'WEBVTT\n' })).status, 409);
  for (const message of ['transcode_subtitles', 'transcode_subtitles_drop'])
    assert.match((await set.zoectl('ask', message, JSON.stringify({ title_id: 1, language: 'de', ...(message === 'transcode_subtitles' ? { file: '0'.repeat(32) } : {}) }), '--user', '1')).stderr, /forbidden|may not/i);
  const user = await set.register();
  await set.expect(403, 'PUT', path('de'), { token: user.access_token, body: 'x' });
});

test('subtitles that were sent stay with the title when a new film is uploaded', async () => {
  const { title } = await set.film({ session, seconds: 8 });
  await set.expect(200, 'PUT', `/v1/titles/${title.id}/subtitles/de?name=Meine`, { token: token(), body: '1\n00:00:01,000 --> 00:00:10,000\nHallo\n' });
  await set.upload(token(), title.id, await makeFilm({ seconds: 14 }));
  await until(async () => (await set.title(title.id)).duration > 13, { ms: 60000, what: 'the new film' });
  const carried = await until(async () => {
    const { get } = await opened(title.id), all = master((await get('master.m3u8')).text).media.filter((m) => m.TYPE === 'SUBTITLES');
    return all.length && { get, all };
  }, { what: 'the subtitles of the new film' });
  assert.deepEqual(carried.all.map((m) => [m.LANGUAGE, m.NAME, m.URI]), [['de', 'Meine', 'text_0/index.m3u8']]);
  assert.equal(media((await carried.get('text_0/index.m3u8')).text).segments.length, 3, 'cut like the new film');
  assert.match((await carried.get('text_0/segment_001.vtt')).text, /00:00:10\.\d+\nHallo/);
  // What is sent meanwhile is sent for the film that is shown, and stays too; what was taken away does not come back.
  await set.expect(204, 'DELETE', `/v1/titles/${title.id}/subtitles/de`, { token: token() });
  await set.upload(token(), title.id, await makeFilm({ seconds: 9 }));
  await set.expect(200, 'PUT', `/v1/titles/${title.id}/subtitles/fr`, { token: token(), body: '1\n00:00:01,000 --> 00:00:02,000\nBonjour\n' });
  await until(async () => (await set.title(title.id)).duration < 10, { ms: 60000, what: 'the third film' });
  await until(async () => {
    const list = master((await (await opened(title.id)).get('master.m3u8')).text).media.filter((m) => m.TYPE === 'SUBTITLES');
    return JSON.stringify(list.map((m) => m.LANGUAGE)) === '["fr"]';
  }, { what: 'only the French ones' });
});
