// Two hosts that share no disk, as network namespaces: everything on one, a second transcode on the other, and between them only TCP: the broker's
// (CURVE), PostgreSQL's and the bucket's. The hosts' own test runs inside the first one: hosts_inside.mjs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const NET = `10.${100 + (process.pid % 100)}.${process.pid % 250}`;
const first = `zoe-a-${process.pid}`;
const second = `zoe-b-${process.pid}`;
const ip = (...args) => spawnSync('ip', args, { encoding: 'utf8' });
const able = process.getuid() === 0 && ip('netns', 'add', first).status === 0;

before(() => {
  if (!able) return;
  const veth = [`za${process.pid}`, `zb${process.pid}`];
  const steps = [
    ['netns', 'add', second], ['link', 'add', veth[0], 'netns', first, 'type', 'veth', 'peer', 'name', veth[1], 'netns', second],
    ...[[first, veth[0], 1], [second, veth[1], 2]].flatMap(([host, link, n]) => [
      ['-n', host, 'addr', 'add', `${NET}.${n}/24`, 'dev', link], ['-n', host, 'link', 'set', link, 'up'], ['-n', host, 'link', 'set', 'lo', 'up'],
    ]),
  ];
  for (const step of steps) {
    const { status, stderr } = ip(...step);
    assert.equal(status, 0, `ip ${step.join(' ')}: ${stderr}`);
  }
});
after(() => {
  ip('netns', 'del', first);
  ip('netns', 'del', second);
});

test('a second host makes the same bytes, over the network alone, and only with the key', { skip: !able && 'needs root, and network namespaces', timeout: 400000 }, () => {
  const inside = join(dirname(fileURLToPath(import.meta.url)), 'hosts_inside.mjs');
  const env = { ...process.env, ZOE_TEST_SECOND: second, ZOE_TEST_NET: NET };
  delete env.NODE_TEST_CONTEXT;
  const { status, stdout, stderr } = spawnSync('ip', ['netns', 'exec', first, process.execPath, inside], { env, encoding: 'utf8', maxBuffer: 64 << 20 });
  assert.equal(status, 0, `${stdout.slice(-4000)}${stderr.slice(-4000)}`);
});
