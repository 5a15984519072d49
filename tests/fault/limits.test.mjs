// What takes too much memory or time ends, and the sentence says what it took too much of. The processor's time is in film.test.mjs:
// on a loaded machine the clock is faster.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFilm, startSet, until } from '../flow/lib.mjs';

async function refused(env, film, during) {
  const set = await startSet({ env: { ZOE_DEMO: 'off', ...env } });
  try {
    const { access_token } = await set.login(), { id } = await set.createTitle(access_token, 'too much');
    await set.upload(access_token, id, film);
    await during?.(set);
    const title = await set.waitDone(id);
    assert.equal(title.processing_state, 'error');
    return title.processing_error;
  } finally {
    await set.stop();
  }
}

const large = () => makeFilm({ seconds: 6, size: '1920x1080' });

test('memory', async () => {
  const megabytes = 384;
  assert.equal(await refused({ ZOE_CHILD_MEMORY_BYTES: String(megabytes << 20) }, await large()), 'The film needs more memory than allowed.');
});

test('time on the clock, when a child stands still', async () => {
  const said = await refused({ ZOE_CHILD_CPU_SECONDS: '3', ZOE_LADDER: '120' }, await makeFilm({ seconds: 30, size: '640x360' }), async (set) => {
    const stopped = await until(() => spawnSync('pkill', ['-STOP', '-P', String(set.pid('zoe-transcode')), '-x', 'zoe-media']).status === 0, { every: 2, what: 'a child' });
    assert.ok(stopped);
  });
  assert.equal(said, 'The film takes longer to process than allowed.');
});

/** Bytes of all files below a folder; what goes meanwhile does not count. */
function stored(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce((sum, entry) => {
    try {
      return sum + (entry.isFile() ? statSync(join(entry.parentPath ?? entry.path, entry.name)).size : 0);
    } catch {
      return sum;
    }
  }, 0);
}

test('disk: never more than the source, what is made of it, and one chunk', async () => {
  const set = await startSet({ env: { ZOE_DEMO: 'off' } });
  try {
    const { access_token } = await set.login(), { id } = await set.createTitle(access_token, 'measured'), media = join(set.dataDir, 'media');
    await set.upload(access_token, id, await makeFilm({ seconds: 60, size: '640x360' }));
    let peak = 0;
    await until(async () => {
      peak = Math.max(peak, stored(media));
      return (await set.sql("select count(*) from transcode.tasks where state <> 'done'")) === '0' && (await set.title(id)).processing_state === 'ready';
    }, { ms: 240000, every: 10, what: 'all that is made of the film' });
    const whole = stored(media);
    // A film of ten segments has chunks of two.
    const chunk = Number(await set.sql('select max(a.bytes + b.bytes) from (select number, sum(bytes) as bytes from transcode.segments where rung < 100 group by number) a join (select number, sum(bytes) as bytes from transcode.segments where rung < 100 group by number) b on b.number = a.number + 1'));
    console.log(`# at most ${peak} bytes, in the end ${whole}; a chunk has ${chunk}`);
    assert.ok(peak <= whole + chunk, `${peak} bytes once, ${whole} in the end`);
  } finally {
    await set.stop();
  }
});
