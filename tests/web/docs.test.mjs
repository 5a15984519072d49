// The page that describes the APIs, as a person reads it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSet } from '../flow/lib.mjs';
import { launch, openPage } from './browser.mjs';

let set;
let browser;

before(async () => {
  set = await startSet();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await set?.stop();
});

test('found by the filter, read, and tried with the server it came from', async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await openPage(context);
  await page.goto(`${set.base}/docs`);
  const entries = page.locator('.index li:visible');
  const many = await entries.count();
  assert.ok(many > 100, `${many} operations of v1`);
  await page.getByLabel('Filter').fill('watchlist put');
  assert.equal(await entries.count(), 1);
  await entries.getByRole('link').click();
  const place = page.locator('article:target');
  assert.match(await place.locator('h3').innerText(), /put\s+\/v1\/watchlist\/\{title_id\}/i);
  await page.waitForFunction(() => document.querySelector('article:target').getBoundingClientRect().top >= document.querySelector('header').getBoundingClientRect().bottom - 1);
  assert.match(await place.locator('.call').innerText(), new RegExp(`^curl -X PUT '${set.base}/v1/watchlist/1'`));
  assert.match(await place.locator('pre').nth(1).innerText(), /"marked": true/);
  await place.getByRole('button', { name: 'Copy' }).waitFor();
  await page.getByRole('link', { name: 'videoapp' }).click();
  await page.getByRole('heading', { name: 'videoapp', level: 1 }).waitFor();
  await page.getByText('{"error":"Invalid email or password"}').first().waitFor();
  assert.deepEqual(page.faults, []);
  await context.close();
});

test('nothing stands out at the width of a phone, in both schemes, and without scripts', async () => {
  for (const [colorScheme, javaScriptEnabled] of [['dark', true], ['light', false]]) {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, colorScheme, javaScriptEnabled });
    const page = await openPage(context);
    for (const dialect of ['v1', 'streamify', 'videoflix_hls', 'house']) {
      await page.goto(`${set.base}/docs?dialect=${dialect}`);
      const box = await page.locator('main').boundingBox();
      assert.ok(box.x >= 0 && box.x + box.width <= 390, `${dialect}: ${JSON.stringify(box)}`);
      if (javaScriptEnabled) assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, dialect);
      else assert.ok(await page.locator('article .call').first().isVisible());
    }
    assert.deepEqual(page.faults, []);
    await context.close();
  }
});
