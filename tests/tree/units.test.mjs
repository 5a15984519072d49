// The systemd units: one a process, valid, and tight.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { build, files, root, text } from './files.mjs';

const EXPOSURE = 20; // times ten
const folder = mkdtempSync(join(tmpdir(), 'zoe-units-'));
const units = readdirSync(join(root, 'systemd')).filter((name) => name.endsWith('.service'));
const services = units.map((unit) => unit.replace('.service', ''));

// systemd wants to see the programs: those that were just built stand for the installed ones.
cpSync(join(root, 'systemd'), folder, { recursive: true });
for (const unit of units) {
  writeFileSync(join(folder, unit), readFileSync(join(folder, unit), 'utf8').replaceAll('/usr/lib/zoetrope/', `${build}/`));
}
after(() => rmSync(folder, { recursive: true }));

function analyze(...args) {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { cwd: folder, encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

test('verify finds nothing', () => {
  assert.deepEqual(analyze('verify', ...[...units, 'zoetrope.target'].map((unit) => `./${unit}`)), { status: 0, text: '' });
});

for (const unit of units) {
  test(`${unit} is tight`, () => {
    const { status, text: said } = analyze('security', '--offline=true', `--threshold=${EXPOSURE}`, `./${unit}`);
    assert.equal(status, 0, said);
  });
}

test('units, target and supervisor name the same programs', () => {
  const supervised = [...text('systemd/children.c').matchAll(/\.name = "([\w-]+)"/g)].map(([, name]) => name);
  const wanted = [...text('systemd/zoetrope.target').matchAll(/zoe-[a-z]+(?=\.service)/g)].map(([name]) => name);
  const actors = files(/^actors\/\w+\/main\.c$/).map((file) => `zoe-${file.split('/')[1]}`);
  assert.deepEqual([...supervised].sort(), services.filter((name) => name !== 'zoe-migrate').sort());
  assert.deepEqual([...wanted].sort(), [...services].sort());
  assert.deepEqual([...actors, 'zoe-broker', 'zoe-edge'].sort(), [...supervised].sort());
});

test('what the sysusers and tmpfiles say is understood', () => {
  for (const [tool, name] of [['systemd-sysusers', 'zoetrope.sysusers.conf'], ['systemd-tmpfiles', 'zoetrope.tmpfiles.conf']]) {
    const rootFolder = mkdtempSync(join(tmpdir(), 'zoe-units-'));
    writeFileSync(join(rootFolder, 'passwd'), '');
    const args = tool === 'systemd-sysusers' ? ['--dry-run', `--root=${rootFolder}`, join(folder, name)] : ['--cat-config', join(folder, name)];
    const { status, stderr } = spawnSync(tool, args, { encoding: 'utf8' });
    rmSync(rootFolder, { recursive: true });
    assert.equal(status, 0, stderr);
  }
});
