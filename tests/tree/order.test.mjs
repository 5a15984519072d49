// A folder includes only what stands before it: contract < wire < node < db < actors, broker, http_edge.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { files, text } from './files.mjs';

const LAYERS = ['protocol/contract', 'protocol/wire', 'protocol/node', 'db'];
const TOPS = ['actors', 'broker', 'http_edge', 'systemd', 'tests'];

function place(path) {
  const layer = LAYERS.findIndex((folder) => path.startsWith(`${folder}/`));
  return layer >= 0 ? { layer } : { top: TOPS.find((folder) => path.startsWith(`${folder}/`)) };
}

// Why `file` must not include `included`, or undefined.
function complaint(file, included) {
  const from = place(file);
  const to = place(included);
  if (from.top === 'tests') return undefined;
  if (to.layer !== undefined) {
    if (from.top === 'systemd') return 'the supervisor stands alone';
    if (from.layer !== undefined && to.layer > from.layer) return 'it stands later';
    const database = to.layer === 3 && !included.startsWith('db/store/');
    if (database && from.top === 'http_edge') return 'the edge has no database';
    if (database && file.startsWith('broker/') && !file.startsWith('broker/zoectl/')) return 'the broker has no database';
    if (to.layer === 3 && file.startsWith('actors/transcode/media/')) return 'the media child stands alone';
    return undefined;
  }
  if (!to.top) return undefined;
  if (from.top !== to.top) return 'these folders do not know each other';
  const [, service] = file.match(/^actors\/([a-z]+)\//) ?? [];
  const [, other] = included.match(/^actors\/([a-z]+)\//) ?? [];
  return other && service !== other ? 'actors do not know each other' : undefined;
}

test('every include points backwards', () => {
  const wrong = [];
  for (const file of files(/\.[ch]$/)) {
    for (const [, included] of text(file).matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)) {
      const why = complaint(file, included);
      if (why) wrong.push(`${file} includes ${included}: ${why}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('the check sees what is wrong', () => {
  assert.ok(complaint('protocol/wire/codec.c', 'protocol/node/link.h'));
  assert.ok(complaint('actors/auth/me.c', 'actors/content/content.h'));
  assert.ok(complaint('http_edge/shard.c', 'db/pg.h'));
  assert.ok(complaint('broker/main.c', 'http_edge/shard.h'));
  assert.equal(complaint('http_edge/play.c', 'db/store/store.h'), undefined);
  assert.equal(complaint('actors/auth/me.c', 'actors/actor.h'), undefined);
});
