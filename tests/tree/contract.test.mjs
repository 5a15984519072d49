// One message = one row of the contract = one file of an actor = a test that names it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { files, text } from './files.mjs';

const rows = [];
for (const file of files(/^protocol\/contract\/[a-z]+\.def$/)) {
  const source = text(file);
  const [, service, number] = source.match(/^SERVICE\((\w+),\s*(\d+)\)/m) ?? [];
  for (const [, id, name, lane, retry] of source.matchAll(/^MESSAGE\((\d+),\s*(\w+),\s*(\w+),\s*(\w+)/gm)) {
    rows.push({ file, service, range: Number(number), id: Number(id), name, lane, retry });
  }
}

test('numbers and names are unique and lie in the range of their service', () => {
  assert.ok(rows.length > 20);
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
  assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length);
  for (const { service, range, id, name } of rows) {
    assert.ok(name.startsWith(`${service}_`), `${name} does not begin with ${service}_`);
    assert.equal(Math.floor(id / 100), range, `${name} has number ${id}`);
  }
});

test('every message has its file in its actor', () => {
  const present = new Set(files(/^actors\/.*\.c$/));
  const expected = rows.filter(({ service }) => service !== 'broker').map(({ service, name }) => `actors/${service}/${name.slice(service.length + 1)}.c`);
  assert.deepEqual(expected.filter((file) => !present.has(file)), []);
});

test('every message is named by a test', () => {
  const tests = files(/^tests\/.*\.(c|mjs)$/).filter((file) => !file.startsWith('tests/tree/')).map(text).join('\n');
  assert.deepEqual(rows.filter(({ name }) => !new RegExp(`\\b(?:MSG_)?${name}\\b`).test(tests)).map(({ name }) => name), []);
});

test('every route of the dialects sends messages that exist', () => {
  const known = new Set(rows.map(({ name }) => name));
  const services = [...new Set(rows.map(({ service }) => service))].join('|');
  const unknown = [];
  for (const file of files(/^http_edge\/dialects\/.*\.def$/)) {
    for (const [word] of text(file).matchAll(new RegExp(`(?<![\\w/."'-])(?:${services})_[a-z_]+\\b(?!\\s*[/"'])`, 'g'))) {
      if (!known.has(word)) unknown.push(`${file}: ${word}`);
    }
  }
  assert.deepEqual([...new Set(unknown)], []);
});

test('what a key makes happen once runs in a transaction, and v1 takes a key wherever it makes something', () => {
  const transactions = new Set();
  for (const file of files(/^actors\/[a-z]+\/main\.c$/)) {
    for (const [, name] of text(file).matchAll(/\.message = MSG_(\w+), \.one = \w+, \.transaction = true/g)) transactions.add(name);
  }
  const routes = text('http_edge/dialects/v1.def').split(/^(?=(?:ROUTE|NATIVE)\()/m).filter((row) => /^(ROUTE|NATIVE)\(/.test(row));
  const keyed = routes.filter((row) => /\.once = true/.test(row));
  assert.ok(keyed.length > 3);
  const asked = keyed.flatMap((row) => row.match(/^ROUTE\(\w+, "[^"]+", \w+, (\w+)/)?.[1] ?? []);
  assert.deepEqual(asked.filter((name) => !transactions.has(name)), []);
  assert.deepEqual(routes.filter((row) => /\.code = 201/.test(row) && !keyed.includes(row)).map((row) => row.split('\n')[0]), []);
});

test('a migration has a number of its own', () => {
  const numbers = files(/^db\/(?:[a-z]+\/)?\d{3}_\w+\.sql$/).map((file) => file.replace(/(\d{3})_\w+\.sql$/, '$1'));
  assert.ok(numbers.length > 10);
  assert.deepEqual(numbers.filter((number, at) => numbers.indexOf(number) !== at), []);
});
