// Every hostile file of the corpus: each ends, nothing but the sandboxed child dies, nothing is read or connected to, memory and
// disk stay in bounds, and the next good film works.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { corpus, makeFilm, startSet } from '../flow/lib.mjs';

const folder = corpus && join(corpus, 'C_hostile');
const files = folder ? readdirSync(folder).filter((name) => !name.startsWith('.') && statSync(join(folder, name)).size > 0).sort() : [];
const programs = ['zoe-broker', 'zoe-edge', 'zoe-auth', 'zoe-content', 'zoe-history', 'zoe-mail', 'zoe-transcode'];
const MEMORY_KIB = 300000;
const OUTPUT_KIB = 400000;
const verdicts = new Map();
let set, session, pids, trap;
let connections = 0;

before(async () => {
  if (!files.length) return;
  // Hosts of the SSRF files were rewritten to this address.
  trap = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise((resolve) => trap.listen(9, '127.0.0.1', resolve).on('error', resolve));
  set = await startSet({ env: { ZOE_CHILD_CPU_SECONDS: '25', ZOE_CHILD_MEMORY_BYTES: String(2 ** 31) } });
  session = await set.login();
  pids = programs.map((name) => set.pid(name));
});
after(async () => {
  for (const [sentence, names] of [...verdicts].sort((a, b) => b[1].length - a[1].length)) console.log(`# ${names.length} x ${sentence}`);
  trap?.close();
  await set?.stop();
});

describe('C_hostile', { skip: !files.length && 'no corpus beside the checkout' }, () => {
  for (const name of files) {
    test(name, async () => {
      const made = await set.createTitle(session.access_token, 'hostile');
      await set.upload(session.access_token, made.id, join(folder, name), { filename: name });
      const title = await set.waitDone(made.id, { ms: 240000 });
      if (title.processing_state === 'error') assert.match(title.processing_error, /^[A-Z][^\0]{10,}\.$/);
      else assert.ok(title.renditions.length > 0);
      const verdict = title.processing_state === 'error' ? title.processing_error : 'ready';
      verdicts.set(verdict, [...(verdicts.get(verdict) ?? []), name]);
      await set.expect(204, 'DELETE', `/v1/titles/${made.id}`, { token: session.access_token });
    });
  }

  test('no program but the child died', () => assert.deepEqual(programs.map((name) => set.pid(name)), pids));

  test('nothing was connected to', () => assert.equal(connections, 0));

  test('memory stayed in bounds', () => {
    for (const name of programs) {
      const [, kib] = readFileSync(`/proc/${set.pid(name)}/status`, 'utf8').match(/VmHWM:\s+(\d+)/);
      assert.ok(Number(kib) < MEMORY_KIB, `${name} once had ${kib} KiB`);
    }
  });

  test('no file of the system is in what was made', () => {
    const media = join(set.dataDir, 'media');
    const kib = Number(execFileSync('du', ['-sk', media]).toString().split('\t')[0]);
    assert.ok(kib < OUTPUT_KIB, `${kib} KiB`);
    const found = execFileSync('sh', ['-c', `grep -rl 'root:x:0:0' ${media}/assets || true`]).toString();
    assert.equal(found, '');
  });

  test('the next good film works', async () => {
    const { title } = await set.film({ session, file: await makeFilm({ seconds: 7 }) });
    assert.equal(title.processing_state, 'ready');
  });
});
