// Every hostile file of the corpus as a picture: refused in plain words or made clean, within seconds; nothing is left, nothing but
// the sandboxed child dies.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { corpus, startSet, until } from '../flow/lib.mjs';

const folders = ['C_hostile', 'D_images'];
const files = folders.flatMap((folder) => {
  const at = corpus && join(corpus, folder);
  return at ? readdirSync(at).filter((name) => !name.startsWith('.') && statSync(join(at, name)).isFile()).map((name) => join(folder, name)) : [];
}).sort();
const programs = ['zoe-broker', 'zoe-edge', 'zoe-auth', 'zoe-transcode'];
const verdicts = new Map();
let set, token, pids;

before(async () => {
  if (!files.length) return;
  set = await startSet();
  token = (await set.login()).access_token;
  pids = programs.map((name) => set.pid(name));
});
after(async () => {
  for (const [sentence, count] of [...verdicts].sort((a, b) => b[1] - a[1])) console.log(`# ${count} x ${sentence}`);
  await set?.stop();
});

const stored = (folder) => readdirSync(join(set.dataDir, 'media', folder), { recursive: true }).filter((name) => statSync(join(set.dataDir, 'media', folder, name)).isFile());

describe('pictures of the corpus', { skip: !files.length && 'no corpus beside the checkout' }, () => {
  for (const name of files) {
    test(name, async () => {
      const answer = await set.api('PUT', '/v1/me/picture', { token, body: readFileSync(join(corpus, name)), headers: { 'Content-Type': 'image/png' } });
      assert.ok([200, 400, 413].includes(answer.status), `${answer.status} ${answer.text}`);
      const verdict = answer.status === 200 ? 'made' : answer.body.detail;
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      if (answer.status === 400) assert.match(answer.body.detail, /^[A-Z][^\0]{10,}\.$/);
      if (answer.status !== 200) return;
      const { picture_url: url } = answer.body.account;
      const made = Buffer.from(await (await fetch(set.base + url)).arrayBuffer());
      assert.equal(made.subarray(0, 3).toString('hex'), 'ffd8ff');
      for (const word of ['Exif', 'GPS', '<script', '<?php', '<svg', 'http://', 'root:x:0']) assert.ok(!made.includes(word), word);
    });
  }

  test('no program but the child died', () => assert.deepEqual(programs.map((name) => set.pid(name)), pids));

  test('nothing is left but the last picture', async () => {
    await until(() => stored('incoming').length === 0 && stored('pictures').length === 2, { what: 'the store to be tidy' });
  });
});
