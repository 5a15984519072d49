// The Debian package: what is in it is valid, and runs from where it was unpacked.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, root } from '../tree/files.mjs';

const PROGRAMS = ['zoe-auth', 'zoe-broker', 'zoe-content', 'zoe-edge', 'zoe-history', 'zoe-mail', 'zoe-media', 'zoe-transcode', 'zoectl'];
const folder = mkdtempSync(join(tmpdir(), 'zoe-package-'));
const unpacked = join(folder, 'root'), control = join(folder, 'control');
const programs = join(unpacked, 'usr/lib/zoetrope');
let deb, set;

before(() => {
  deb = execFileSync(join(root, 'zoe'), ['package'], { encoding: 'utf8' }).trim();
  execFileSync('dpkg-deb', ['-x', deb, unpacked]);
  execFileSync('dpkg-deb', ['-e', deb, control]);
});
after(async () => {
  await set?.stop();
  rmSync(folder, { recursive: true });
});

test('the package has every program, unit and setting, and names what it needs', () => {
  assert.deepEqual(readdirSync(programs).sort(), PROGRAMS);
  const units = readdirSync(join(root, 'systemd')).filter((name) => /\.(service|target)$/.test(name));
  for (const unit of units) assert.ok(statSync(join(unpacked, 'usr/lib/systemd/system', unit)).isFile(), unit);
  assert.equal(readFileSync(join(unpacked, 'etc/zoetrope/zoetrope.conf'), 'utf8'), execFileSync(join(build, 'zoectl'), ['settings', '--file'], { encoding: 'utf8' }));
  assert.match(readFileSync(join(control, 'conffiles'), 'utf8'), /^\/etc\/zoetrope\/zoetrope\.conf$/m);
  const needed = execFileSync('dpkg-deb', ['-f', deb, 'Depends'], { encoding: 'utf8' });
  for (const name of ['libzmq5', 'libczmq4', 'libpq5', 'libavcodec59', 'libmicrohttpd12', 'libcurl4']) assert.match(needed, new RegExp(`\\b${name}\\b`));
});

test('scripts of the package are sound shell, and its user and folders are understood', () => {
  for (const script of ['postinst', 'prerm', 'postrm']) {
    assert.equal(spawnSync('sh', ['-n', join(control, script)]).status, 0, script);
    assert.equal(statSync(join(control, script)).mode & 0o777, 0o755);
  }
  mkdirSync(join(unpacked, 'etc'), { recursive: true });
  for (const [tool, ...args] of [['systemd-sysusers'], ['systemd-tmpfiles', '--create']]) {
    const { status, stderr } = spawnSync(tool, [...args, `--root=${unpacked}`, 'zoetrope.conf'], { encoding: 'utf8' });
    assert.equal(status, 0, `${tool}: ${stderr}`);
  }
  assert.match(readFileSync(join(unpacked, 'etc/passwd'), 'utf8'), /^zoetrope:/m);
  assert.equal(statSync(join(unpacked, 'var/lib/zoetrope/secrets')).mode & 0o777, 0o700);
});

test('the unpacked programs run, and make a film playable', async () => {
  // What the units do is done by the supervisor of `./zoe up`, which is not in the package.
  copyFileSync(join(build, 'zoe-supervise'), join(programs, 'zoe-supervise'));
  process.env.ZOE_BUILD = programs;
  const { startSet } = await import('../flow/lib.mjs');
  set = await startSet();
  const { title } = await set.film();
  assert.equal(title.processing_state, 'ready');
  assert.match(set.logs(), new RegExp(`event=starting programs=${programs}`));
});
