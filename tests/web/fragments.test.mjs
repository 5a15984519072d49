// Fragmented MP4 in the browser's own player, in hls.js and in shaka-player, which plays its DASH manifest too.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeFilm, root, startSet, until } from '../flow/lib.mjs';
import { launch, playsPast } from './browser.mjs';

const SCRIPTS = { 'hls.js': 'hls.js/dist/hls.min.js', shaka: 'shaka-player/dist/shaka-player.compiled.js' };

let set, browser, session, title;

before(async () => {
  set = await startSet({ env: { ZOE_DEMO: 'off', ZOE_SEGMENT_TYPE: 'fmp4' } });
  browser = await launch();
  ({ session, title } = await set.film({ title: 'Fragments', seconds: 24, size: '640x360' }));
  await set.expect(200, 'PUT', `/v1/titles/${title.id}/subtitles/de`, { token: session.access_token, body: '1\n00:00:01,000 --> 00:00:20,000\nGuten Tag\n' });
}, { timeout: 300000 });
after(async () => {
  await browser?.close();
  await set?.stop();
});

const playback = async (id = title.id) => (await set.expect(200, 'POST', `/v1/titles/${id}/playback`, { token: session.access_token })).body;

/** A page with nothing but a video and a player's script; what goes wrong lands in `page.faults`. */
async function open(script) {
  const page = await browser.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error.message));
  await page.exposeFunction('fault', (text) => page.faults.push(text));
  await page.route('**/try.html', (route) => route.fulfill({ contentType: 'text/html', body: '<video muted></video>' }));
  await page.goto(`${set.base}/try.html`);
  if (SCRIPTS[script]) await page.addScriptTag({ path: join(root, 'tests/node_modules', SCRIPTS[script]) });
  return page;
}

const START = {
  native: (url) => {
    const video = document.querySelector('video');
    video.src = url;
    return video.play();
  },
  'hls.js': (url) => {
    const video = document.querySelector('video'), hls = new window.Hls();
    hls.on(window.Hls.Events.ERROR, (_, { fatal, details }) => fatal && window.fault(details));
    hls.loadSource(url);
    hls.attachMedia(video);
    return video.play();
  },
  shaka: async (url) => {
    const video = document.querySelector('video');
    window.player = new window.shaka.Player();
    window.player.addEventListener('error', ({ detail }) => window.fault(`shaka ${detail.code}`));
    await window.player.attach(video);
    await window.player.load(url);
    return video.play();
  },
};

async function seeks(page, played) {
  assert.ok(played.frames > 50 && played.audio > 0 && Math.abs(played.duration - 24) < 0.2, JSON.stringify(played));
  await page.evaluate(() => (document.querySelector('video').currentTime = 19));
  await playsPast(page, 19.5);
  await page.evaluate(() => (document.querySelector('video').currentTime = 1));
  await page.waitForFunction(() => document.querySelector('video').currentTime < 10 && document.querySelector('video').currentTime > 1.5);
  assert.deepEqual(page.faults, []);
}

for (const engine of ['native', 'hls.js', 'shaka'])
  test(`${engine}: plays the playlist, seeks forwards and back`, { timeout: 120000 }, async () => {
    const page = await open(engine);
    await page.evaluate(START[engine], (await playback()).playlist_url);
    await seeks(page, await playsPast(page, 7));
    await page.close();
  });

test('shaka: plays the DASH manifest, with sound, subtitles and small pictures', { timeout: 120000 }, async () => {
  const { dash_url } = await playback(), page = await open('shaka');
  await until(async () => (await set.expect(200, 'GET', dash_url)).text.includes('thumbnail_tile'), { what: 'the storyboard', ms: 30000 });
  await page.evaluate(START.shaka, dash_url);
  await seeks(page, await playsPast(page, 7));
  const seen = await page.evaluate(async () => {
    const { player } = window, [image] = player.getImageTracks(), video = document.querySelector('video');
    player.selectTextTrack(player.getTextTracks()[0]);
    await player.setTextTrackVisibility?.(true);
    video.currentTime = 5;
    const { imageHeight, imageWidth, height, width, positionX, uris } = await player.getThumbnails(image.id, 7);
    return {
      live: player.isLive(), heights: [...new Set(player.getVariantTracks().map((track) => track.height))].sort(), texts: player.getTextTracks().map((track) => track.language),
      tile: { imageHeight, imageWidth, height, width, positionX }, picture: (await fetch(uris[0])).status,
    };
  });
  assert.deepEqual(seen, {
    live: false, heights: [120, 360], texts: ['de'], tile: { imageHeight: 180, imageWidth: 1600, height: 90, width: 160, positionX: 480 }, picture: 200,
  });
  await page.waitForFunction(() => [...document.querySelector('video').textTracks].some((track) => [...(track.cues ?? [])].some((cue) => cue.text.includes('Guten Tag') && cue.startTime === 1)));
  assert.deepEqual(page.faults, []);
  await page.close();
});

for (const engine of ['hls.js', 'shaka'])
  test(`${engine}: a film that is still being made`, { timeout: 180000 }, async () => {
    const made = await set.createTitle(session.access_token, 'Growing'), page = await open(engine);
    await set.upload(session.access_token, made.id, await makeFilm({ seconds: 60, size: '1280x720' }));
    const url = await until(async () => {
      const answer = await set.api('POST', `/v1/titles/${made.id}/playback`, { token: session.access_token });
      return answer.status === 200 && answer.body.playlist_url;
    }, { ms: 60000, what: 'the first segment' });
    assert.notEqual((await set.title(made.id)).processing_state, 'ready');
    await page.evaluate(START[engine], url);
    await page.evaluate(() => (document.querySelector('video').currentTime = 0));
    const played = await playsPast(page, 9, 90000);
    assert.ok(played.audio > 0, JSON.stringify(played));
    assert.deepEqual(page.faults, []);
    await page.close();
    await set.waitReady(made.id);
  });
