// /v1 never breaks: what it answers is held to what it answered once (golden/v1.json). Members may be added, nothing may
// go, change its type or its status. After a change that is wanted: ZOE_TEST_GOLDEN=write node --test tests/flow/http_golden.test.mjs
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeFilm, root, startSet } from './lib.mjs';
import { SECRET } from './provider.mjs';
import { walkV1 } from './walk.mjs';

const FILE = join(root, 'tests/flow/golden/v1.json');
const HEADERS = ['etag', 'location', 'allow', 'www-authenticate', 'retry-after', 'content-disposition', 'upload-offset', 'upload-length', 'tus-resumable', 'tus-version', 'upload-expires'];
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
let set;

before(async () => {
  set = await startSet({ env: { ZOE_WEBHOOK_SECRET: SECRET } });
});
after(() => set?.stop());

/** What a client can rely on of a value: ids, times and tokens differ from run to run. */
function shape(value) {
  if (Array.isArray(value)) return value.length ? [value.map(shape).reduce(merge)] : [];
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value === 'string' && TIME.test(value) ? 'time' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shape(inner)]));
}

// Of the entries of a list: what all of them have.
function merge(one, other) {
  if (one === 'null') return other;
  if (other === 'null' || JSON.stringify(one) === JSON.stringify(other)) return one;
  if (Array.isArray(one) && Array.isArray(other)) return one.length && other.length ? [merge(one[0], other[0])] : one.length ? one : other;
  if (typeof one !== 'object' || typeof other !== 'object') return 'any';
  return Object.fromEntries(Object.entries(one).filter(([name]) => name in other).map(([name, inner]) => [name, merge(inner, other[name])]));
}

function answered({ status, headers, body, text }) {
  const type = headers.get('content-type')?.split(';')[0] ?? null;
  const told = { status, type, headers: HEADERS.filter((name) => headers.has(name)) };
  if (type === 'application/problem+json') told.problem = body.type;
  if (body !== undefined) told.body = shape(body);
  else if (text && /mpegurl|vtt/.test(type)) told.begins = text.split('\n')[0];
  return told;
}

/** What a client of then would miss now, as sentences. */
function broken(then, now, at = 'the body') {
  if (then === 'null' || then === 'any') return [];
  if (Array.isArray(then)) {
    if (!Array.isArray(now)) return [`${at} was a list and is ${JSON.stringify(now)}`];
    return then.length && now.length ? broken(then[0], now[0], `${at}[]`) : [];
  }
  if (typeof then !== 'object') return then === now ? [] : [`${at} was ${then} and is ${JSON.stringify(now)}`];
  if (now === null || typeof now !== 'object' || Array.isArray(now)) return [`${at} was an object and is ${JSON.stringify(now)}`];
  return Object.entries(then).flatMap(([name, inner]) => (name in now ? broken(inner, now[name], `${at}.${name}`) : [`${at}.${name} is gone`]));
}

test('what breaks a client is told', () => {
  const then = { id: 'number', at: 'time', gone: 'string', items: [{ name: 'string' }], next: 'null' };
  assert.deepEqual(broken(then, { ...then, more: 'string', next: 'string' }), []);
  assert.deepEqual(broken(then, { id: 'string', at: 'string', items: [{}], next: 'null' }),
    ['the body.id was number and is "string"', 'the body.at was time and is "string"', 'the body.gone is gone', 'the body.items[].name is gone']);
});

test('/v1 answers as it always did', async () => {
  const now = {};
  await walkV1(set, readFileSync(await makeFilm({ seconds: 4 })), (operation, answer) => {
    if (/^\w+ \/v1\//.test(operation)) now[`${operation} ${answer.status}`] ??= answered(answer);
  });
  if (process.env.ZOE_TEST_GOLDEN === 'write') {
    const lines = Object.keys(now).sort().map((key) => `${JSON.stringify(key)}: ${JSON.stringify(now[key])}`);
    writeFileSync(FILE, `{\n${lines.join(',\n')}\n}\n`);
  }
  const golden = JSON.parse(readFileSync(FILE, 'utf8'));
  const faults = Object.entries(golden).flatMap(([key, then]) => {
    const found = now[key];
    if (!found) return [`${key}: nothing answers so any more`];
    return [
      ...(then.type === found.type ? [] : [`${key}: the type was ${then.type} and is ${found.type}`]),
      ...(then.problem === found.problem ? [] : [`${key}: the problem was ${then.problem} and is ${found.problem}`]),
      ...(then.begins === found.begins ? [] : [`${key}: began with ${then.begins} and begins with ${found.begins}`]),
      ...then.headers.filter((name) => !found.headers.includes(name)).map((name) => `${key}: the header ${name} is gone`),
      ...(then.body === undefined ? [] : broken(then.body, found.body).map((fault) => `${key}: ${fault}`)),
    ];
  });
  assert.deepEqual(faults, []);
  const document = (await set.description()).documents.v1;
  const walked = new Set(Object.keys(golden).filter((key) => / [23]\d\d$/.test(key)).map((key) => key.replace(/ \d+$/, '')));
  const missing = Object.entries(document.paths).flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`)).filter((key) => !walked.has(key));
  assert.deepEqual(missing, [], 'these have no golden answer: add a step to walk.mjs and run with ZOE_TEST_GOLDEN=write');
});
