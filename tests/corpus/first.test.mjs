// A long film can be watched within seconds of its last byte, while nearly all of it is still to be made.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { corpus, startSet, until } from '../flow/lib.mjs';
import { mediaOf, masterOf } from './rules.mjs';

const file = corpus && join(corpus, 'B_media/ax_long_1080p_lowbitrate.mp4');
// The figure is for a quiet machine of two processors; the bound is for any.
const GOAL_SECONDS = 5;
const BOUND_SECONDS = 25;
let set, session;

before(async () => {
  if (!file || !existsSync(file)) return;
  set = await startSet({ env: { ZOE_DEMO: 'off' } });
  session = await set.login();
});
after(() => set?.stop());

test('362 s of 1080p: the first segment plays within seconds of the upload\'s end', { skip: !(file && existsSync(file)) && 'no corpus beside the checkout' }, async () => {
  const token = session.access_token, { id } = await set.createTitle(token, 'long');
  await set.upload(token, id, file);
  const from = performance.now();
  const { address, bytes, early } = await until(async () => {
    const playback = await set.api('POST', `/v1/titles/${id}/playback`, { token, body: {} });
    if (playback.status !== 200) {
      assert.equal(playback.status, 409, playback.text);
      return false;
    }
    const base = new URL(playback.body.playlist_url, set.base), master = masterOf((await set.expect(200, 'GET', base.pathname)).text);
    const list = new URL(master.variants[0].uri, base), { segments, whole } = mediaOf((await set.expect(200, 'GET', list.pathname)).text);
    const address = new URL(segments[0].name, list), answer = await fetch(address);
    return answer.ok && { address, bytes: (await answer.arrayBuffer()).byteLength, early: !whole };
  }, { ms: BOUND_SECONDS * 1000, every: 20, what: 'a first segment' });
  const seconds = (performance.now() - from) / 1000;
  console.log(`# ${address.pathname.split('/').slice(-2).join('/')} of ${bytes} bytes after ${seconds.toFixed(2)} s; the goal is ${GOAL_SECONDS} s on a quiet machine`);
  assert.ok(bytes > 0 && early);
  await set.expect(204, 'DELETE', `/v1/titles/${id}`, { token });
});
