// The same film in the browser's own player, in hls.js, and with the cookies of the videoflix_hls API.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSet } from '../flow/lib.mjs';
import { film, launch, logIn, openPage, playsPast, state } from './browser.mjs';

let set;
let browser;
let title;

before(async () => {
  set = await startSet();
  browser = await launch();
  ({ title } = await set.film({ title: 'Player test', file: await film() }));
}, { timeout: 300000 });
after(async () => {
  await browser?.close();
  await set?.stop();
});

for (const [engine, says] of [['native', "the browser's own"], ['hls.js', 'hls.js']]) {
  test(`${engine}: plays past second 12, seeks forwards and back`, { timeout: 120000 }, async () => {
    const context = await browser.newContext();
    const page = await openPage(context);
    await logIn(page, set);
    await page.evaluate((name) => localStorage.setItem('zoetrope.player', name), engine);
    await page.goto(`${set.base}/console/#/title/${title.id}`);
    await page.getByRole('button', { name: 'Play' }).click();
    const played = await playsPast(page, 12);
    assert.ok(played.frames > 100 && played.audio > 0, JSON.stringify(played));
    await page.getByText('Technical details').click();
    await page.getByText(`Playing with ${says}`).waitFor();
    await page.evaluate(() => (document.querySelector('video').currentTime = 20));
    await playsPast(page, 20.5);
    await page.evaluate(() => (document.querySelector('video').currentTime = 2));
    await page.waitForFunction(() => document.querySelector('video').currentTime < 10 && document.querySelector('video').currentTime > 2.5);
    assert.equal((await state(page)).error, undefined);
    assert.deepEqual(page.faults, []);
    await context.close();
  });
}

test('videoflix_hls: a login by cookie lists and plays', { timeout: 120000 }, async () => {
  const context = await browser.newContext();
  const page = await openPage(context);
  await page.goto(`${set.base}/console/`);
  const said = await page.evaluate(async ({ email, password }) => {
    const login = await fetch('/api/login/', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ email, password }) });
    const list = await fetch('/api/video/');
    return { login: await login.json(), list: await list.json() };
  }, set.admin);
  assert.equal(said.login.detail, 'Login successful');
  assert.deepEqual(said.list.map(({ id, title: name }) => [id, name]), [[title.id, 'Player test']]);
  const cookies = await context.cookies(set.base);
  assert.ok(cookies.every(({ name, httpOnly }) => !/_token$/.test(name) || httpOnly));
  await page.evaluate((id) => {
    const video = document.createElement('video');
    video.muted = true;
    document.body.replaceChildren(video);
    video.src = `/api/video/${id}/480p/index.m3u8`;
    video.play();
  }, title.id);
  const played = await playsPast(page, 7);
  assert.equal(played.error, undefined);
  await context.close();
});
