// Chromium for the tests of this folder, and the film they show.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { corpus, makeFilm, root } from '../flow/lib.mjs';

const ARGUMENTS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'];

export function launch() {
  return chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: ARGUMENTS });
}

/** A browser with a profile of its own in `folder`, which takes cookies of other sites, as not every browser does by itself. */
export function launchProfile(folder, options) {
  mkdirSync(join(folder, 'Default'), { recursive: true });
  writeFileSync(join(folder, 'Default/Preferences'), JSON.stringify({ profile: { cookie_controls_mode: 0, block_third_party_cookies: false } }));
  return chromium.launchPersistentContext(folder, { executablePath: '/usr/bin/chromium', headless: true, args: ARGUMENTS, ...options });
}

/** A real film of 24 s where the corpus is, else a made one. */
export async function film() {
  const real = corpus && join(corpus, 'B_media/a327_1080p_24s.mp4');
  return real && existsSync(real) ? real : makeFilm({ seconds: 24, size: '1280x720' });
}

/** A page whose uncaught errors land in `page.faults`; hls.js comes from npm when the edge has none. */
export async function openPage(context) {
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error.message));
  page.on('console', (message) => /Content Security Policy|Uncaught/i.test(message.text()) && page.faults.push(message.text()));
  await page.route('**/console/hls.min.js', async (route) => {
    const answer = await route.fetch();
    if (answer.ok()) return route.fulfill({ response: answer });
    return route.fulfill({ path: join(root, 'tests/node_modules/hls.js/dist/hls.min.js'), contentType: 'text/javascript' });
  });
  return page;
}

/** What a video element is doing. */
export function state(page) {
  return page.evaluate(() => {
    const video = document.querySelector('video');
    const { totalVideoFrames: frames } = video.getVideoPlaybackQuality();
    return { time: video.currentTime, duration: video.duration, frames, width: video.videoWidth, paused: video.paused, error: video.error?.message, audio: video.webkitAudioDecodedByteCount };
  });
}

/** Waits until the video has played past `seconds`. */
export async function playsPast(page, seconds, ms = 60000) {
  await page.waitForFunction((past) => document.querySelector('video').currentTime > past, seconds, { timeout: ms });
  return state(page);
}

export async function logIn(page, set, { email, password } = set.admin) {
  await page.goto(`${set.base}/console/#/login`);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Log out' }).waitFor();
}
