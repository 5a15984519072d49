// The console as a person uses it: log in, upload, watch, come back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { secondFactor, totp } from '../flow/contract.mjs';
import { sleep, startSet, until } from '../flow/lib.mjs';
import { film, launch, logIn, openPage, playsPast, state } from './browser.mjs';

let set;
let browser;
let context;
let page;
let address;

before(async () => {
  set = await startSet();
  browser = await launch();
  context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  page = await openPage(context);
});
after(async () => {
  await browser?.close();
  await set?.stop();
});

test('a wrong password is told, the right one logs in', async () => {
  await page.goto(`${set.base}/console/#/login`);
  await page.getByLabel('E-mail').fill(set.admin.email);
  await page.getByLabel('Password').fill('wrong password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
  await logIn(page, set);
  await page.getByText('Nothing here yet').waitFor();
});

test('an upload shows its progress and then that of the processing', { timeout: 300000 }, async () => {
  await page.getByRole('link', { name: 'Upload' }).click();
  await page.getByLabel('Title', { exact: true }).fill('A real film');
  await page.getByLabel('Category').fill('Drama');
  await page.getByLabel('Description').fill('Twenty-four seconds.');
  await page.locator('input[type=file]').setInputFiles(await film());
  await page.getByRole('button', { name: 'Upload' }).click();
  await page.getByText(/Processing: \d+ %/).waitFor({ timeout: 60000 });
  await page.getByText('Ready to watch').waitFor({ timeout: 240000 });
  await page.getByRole('link', { name: 'Open the title' }).click();
  await page.getByRole('heading', { name: 'A real film' }).waitFor();
  address = page.url();
});

test('the film plays past second 12, and a seek works', { timeout: 120000 }, async () => {
  await page.getByRole('button', { name: 'Play' }).click();
  const played = await playsPast(page, 12);
  assert.equal(played.error, undefined);
  assert.ok(played.frames > 100, `${played.frames} frames`);
  assert.ok(played.audio > 0);
  assert.ok(Math.abs(played.duration - 24) < 1, `duration ${played.duration}`);
  await page.evaluate(() => (document.querySelector('video').currentTime = 3));
  await playsPast(page, 3.5);
  assert.ok((await state(page)).time < 10);
});

test('the position is kept while it plays and comes back', { timeout: 60000 }, async () => {
  await page.evaluate(() => (document.querySelector('video').currentTime = 16));
  const { access_token: token } = await set.login();
  await until(async () => {
    const { items } = (await set.expect(200, 'GET', '/v1/history', { token })).body;
    return items[0]?.position > 16;
  }, { ms: 12000, what: 'the position in the history' });
  await page.evaluate(() => document.querySelector('video').pause());
  await sleep(300);
  const stopped = await state(page);
  await page.getByRole('link', { name: 'History' }).click();
  await page.locator('.lines .tile', { hasText: 'A real film' }).click();
  await page.getByRole('button', { name: 'Play' }).click();
  const { time } = await playsPast(page, stopped.time - 1);
  assert.ok(stopped.time > 16 && time < stopped.time + 4, `came back at ${time}, left at ${stopped.time}`);
});

test('a film elsewhere opens where it is, and a series shows its episodes', { timeout: 60000 }, async () => {
  const { access_token: token } = await set.login();
  const far = await set.createTitle(token, 'A film elsewhere', { source: 'url', source_url: `${set.base}/live` });
  const series = await set.createTitle(token, 'A series', { kind: 'series' });
  await set.expect(201, 'POST', `/v1/titles/${series.id}/episodes`, { token, body: { season: 1, episode: 2, title: 'The second one' } });
  await page.goto(`${set.base}/console/#/`);
  await page.locator(`[data-title="${far.id}"]`).waitFor();
  assert.equal(await page.locator(`[data-title="${far.id}"] .badge, [data-title="${series.id}"] .badge`).count(), 0);
  await page.goto(`${set.base}/console/#/title/${far.id}`);
  const [opened] = await Promise.all([context.waitForEvent('page'), page.getByRole('button', { name: 'Watch where it is' }).click()]);
  await opened.waitForURL(`${set.base}/live`);
  await opened.close();
  await page.goto(`${set.base}/console/#/title/${series.id}`);
  await page.getByRole('link', { name: /The second one/ }).click();
  await page.getByRole('heading', { name: 'The second one' }).waitFor();
  for (const { id } of [far, series]) await set.expect(204, 'DELETE', `/v1/titles/${id}`, { token });
});

test('a catalogue tile has the poster, and the page works on a phone', async () => {
  const phone = await browser.newContext({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  const other = await openPage(phone);
  await other.goto(`${set.base}/console/`);
  await other.locator('.tile', { hasText: 'A real film' }).waitFor();
  await other.waitForFunction(() => document.querySelector('.tile img')?.naturalWidth > 0);
  assert.ok(await other.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no sideways scrolling');
  assert.deepEqual(other.faults, []);
  await phone.close();
});

test('somebody registers and sees no administration', async () => {
  const fresh = await browser.newContext();
  const other = await openPage(fresh);
  await other.goto(`${set.base}/console/#/register`);
  await other.getByLabel('Name').fill('Vera');
  await other.getByLabel('E-mail').fill('vera@example.test');
  await other.getByLabel('Password').fill('a fine password');
  await other.getByRole('button', { name: 'Register' }).click();
  await other.getByRole('button', { name: 'Log out' }).waitFor();
  assert.equal(await other.getByRole('link', { name: 'Upload' }).count(), 0);
  await other.goto(address);
  await other.getByRole('heading', { name: 'A real film' }).waitFor();
  assert.equal(await other.getByRole('button', { name: 'Delete title' }).isVisible(), false);
  await fresh.close();
});

test('an account with a second factor is asked for its code', async () => {
  const { email, password } = await set.register('two@example.test');
  const secret = await secondFactor(set, email, password);
  const fresh = await browser.newContext();
  const other = await openPage(fresh);
  await other.goto(`${set.base}/console/#/login`);
  await other.getByLabel('E-mail').fill(email);
  await other.getByLabel('Password').fill(password);
  assert.equal(await other.getByLabel('Code of the app').isVisible(), false);
  await other.getByRole('button', { name: 'Log in' }).click();
  await other.getByRole('alert').filter({ hasText: /second factor/ }).waitFor();
  await other.getByLabel('Code of the app').fill('000000');
  await other.getByRole('button', { name: 'Log in' }).click();
  await other.getByRole('alert').filter({ hasNotText: /second factor/ }).waitFor();
  await other.getByLabel('Code of the app').fill(totp(secret));
  await other.getByRole('button', { name: 'Log in' }).click();
  await other.getByRole('button', { name: 'Log out' }).waitFor();
  assert.deepEqual(other.faults, []);
  await fresh.close();
});

test('the administrator deletes the title and logs out', async () => {
  await page.goto(address);
  await page.getByRole('button', { name: 'Delete title' }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText('Nothing here yet').waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  assert.deepEqual(page.faults, []);
});
