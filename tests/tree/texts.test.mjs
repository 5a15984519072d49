// README against the programs, and words that have no place in finished work.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { build, files, root, text } from './files.mjs';

// Written in two halves, so that this file does not find itself.
const MARKS = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`);
const PHRASES = new RegExp(['\\bfor ' + 'now\\b', 'simpli' + 'fied', '\\bstu' + 'b\\b'].join('|'), 'i');

test('no unfinished work', () => {
  const found = [];
  for (const file of files(/\.(c|h|def|sql|mjs|js|css|html|md|sh|awk|service|conf|txt|json)$|^zoe$|^\.ci\/run$/)) {
    if (/package-lock\.json$|^LICENSE/.test(file)) continue;
    text(file).split('\n').forEach((line, at) => (MARKS.test(line) || PHRASES.test(line)) && found.push(`${file}:${at + 1}: ${line.trim().slice(0, 100)}`));
  }
  assert.deepEqual(found, []);
});

// Debian 12 brings Node.js 18.
const LATER = new RegExp(`\\b(?:${['isWell' + 'Formed', 'toWell' + 'Formed', 'to' + 'Sorted', 'to' + 'Reversed', 'to' + 'Spliced', 'from' + 'Async', 'with' + 'Resolvers', 'group' + 'By',
  'glob' + 'Sync', 'meta\\.dir' + 'name', 'meta\\.file' + 'name'].join('|')})\\b`);

test('the tests need no newer Node.js than the system has', () => {
  const found = files(/^tests\/.*\.mjs$/).flatMap((file) => text(file).split('\n').map((line, at) => [line, `${file}:${at + 1}`]))
    .filter(([line]) => LATER.test(line)).map(([, place]) => place);
  assert.deepEqual(found, []);
});

test('what measures needs no packages of npm', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zoe-tree-'));
  try {
    for (const part of ['tests', 'db']) cpSync(join(root, part), join(folder, part), { recursive: true, filter: (path) => basename(path) !== 'node_modules' });
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'tests/bench/bench.mjs'), 'no_such_row'], { encoding: 'utf8' });
    assert.equal(status, 64, stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the settings in README are those of the programs', () => {
  const readme = text('README.md');
  const table = readme.slice(readme.indexOf('<!-- settings -->') + '<!-- settings -->'.length, readme.indexOf('<!-- /settings -->')).trim();
  const printed = execFileSync(join(build, 'zoectl'), ['settings'], { encoding: 'utf8', env: { PATH: process.env.PATH } }).trim();
  assert.equal(table, printed, 'put the output of `build/zoectl settings` between the settings marks of README.md');
});

test('every path that README names is there', () => {
  const missing = [...text('README.md').matchAll(/`((?:protocol|broker|actors|http_edge|db|tests|systemd)\/[\w./-]*[\w/])`/g)]
    .map(([, path]) => path).filter((path) => !/SERVICE|NAME/.test(path) && !existsSync(join(root, path)));
  assert.deepEqual(missing, []);
});

test('every route of v1 is in README', () => {
  const readme = text('README.md');
  const routes = [...text('http_edge/dialects/v1.def').matchAll(/ROUTE\(\s*(\w+),\s*"([^"]+)"/g)].map(([, method, path]) => `${method} ${path.startsWith('/v1') ? path : `/v1${path}`}`);
  assert.ok(routes.length > 10);
  assert.deepEqual(routes.filter((route) => !readme.includes(route)), []);
});

test('the tests that ASVS.md names are there', () => {
  const wrong = [];
  let named = 0;
  for (const line of text('actors/auth/ASVS.md').split('\n').filter((row) => /^\| \d/.test(row))) {
    const [item, , , shown, ...more] = line.slice(2, -2).split(' | ');
    const groups = [...(shown ?? '').matchAll(/`([^`]+)` (.*?)(?=; `|$)/g)];
    if (more.length || (!groups.length && !shown?.startsWith('no test: '))) wrong.push(`${item}: no test is named`);
    for (const [, path, names] of groups) {
      const source = existsSync(join(root, path)) ? text(path) : '';
      // A name of a test in words may hold commas: what stands there is taken off from the left, as long as it can be.
      for (let rest = names; rest;) {
        const all = [...source.matchAll(/cmocka_unit_test\((\w+)\)|^(?:test|row)\('((?:[^'\\]|\\.)*)'/gm)].map(([, c, node]) => c ?? node);
        const name = all.filter((one) => rest === one || rest.startsWith(`${one}, `)).sort((a, b) => b.length - a.length)[0];
        if (!name) {
          wrong.push(`${item}: ${path}: ${rest}`);
          break;
        }
        named++;
        rest = rest.slice(name.length + 2);
      }
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(named > 60);
});
