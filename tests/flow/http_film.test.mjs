// Films as those who watch and those who upload see them: replacing, playlists, tracks, files, the queue.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeFilm, startSet, until } from './lib.mjs';

let set, session;

before(async () => {
  set = await startSet({ env: { ZOE_DEMO: 'off' } });
  session = await set.login();
}, { timeout: 90000 });
after(() => set?.stop());

const assets = () => readdirSync(join(set.dataDir, 'media/assets'));
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
