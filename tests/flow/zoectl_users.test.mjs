// What an operator does with accounts: zoectl users and zoectl keys, and accounts brought along from another system.
import assert from 'node:assert/strict';
import { pbkdf2Sync, scryptSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startSet, until } from './lib.mjs';

let set;

before(async () => {
  set = await startSet();
});
after(() => set?.stop());

const users = async (...args) => {
  const { status, stdout, stderr } = await set.zoectl('users', ...args);
  return { status, stdout, stderr };
};
const done = async (...args) => {
  const answer = await users(...args);
  assert.equal(answer.status, 0, `${args.join(' ')}: ${answer.stderr}`);
  return answer.stdout;
};
const file = (name, text) => {
  const path = join(set.dataDir, name);
  writeFileSync(path, text);
  return path;
};
const django = (password, salt = 'salt') => `pbkdf2_sha256$1000$${salt}$${pbkdf2Sync(password, salt, 1000, 32, 'sha256').toString('base64')}`;
const werkzeug = (password, salt = 'salt') => `scrypt:1024:8:1$${salt}$${scryptSync(password, salt, 64, { N: 1024, r: 8, p: 1 }).toString('hex')}`;

test('an account is shown, suspended, promoted, logged out and deleted', async () => {
  const ann = await set.register('ann.operator@example.test');
  assert.match(await done('list', 'ann.operator'), /ACCOUNT.*\n +\d+ user +unverified +1 .*ann\.operator@example\.test\n$/);
  assert.match(await done('show', 'ANN.operator@example.test'), /role +user/);
  assert.match(await done('suspend', ann.email, 'a test'), /suspended +a test/);
  assert.match(await done('list', 'suspended'), /ann\.operator/);
  await until(async () => (await set.api('GET', '/v1/me', { token: ann.access_token })).status === 401);
  assert.doesNotMatch(await done('unsuspend', String(ann.account.id)), /suspended/);
  assert.match(await done('promote', ann.email), /role +admin/);
  assert.match(await done('list', 'admin'), /ann\.operator/);
  assert.match(await done('demote', ann.email), /role +user/);
  const again = await set.login(ann.email, ann.password);
  assert.equal(await done('logout', ann.email), '');
  await until(async () => (await set.api('GET', '/v1/me', { token: again.access_token })).status === 401);
  assert.equal(await done('reset', ann.email), '');
  assert.ok(await until(() => set.mails().find(({ name }) => name.includes('reset'))));
  assert.equal(await done('delete', ann.email), '');
  const gone = await users('show', ann.email);
  assert.equal(gone.status, 1);
  assert.match(gone.stderr, /no account of ann\.operator/);
  const last = await users('demote', set.admin.email);
  assert.equal(last.status, 1);
  assert.match(last.stderr, /last-administrator/);
  for (const wrong of [[], ['list', 'x', 'y'], ['burn', '1'], ['show'], ['import'], ['import', 'x', '--wet'], ['show', '1', 'x']]) assert.equal((await users(...wrong)).status, 64, wrong.join(' '));
});

test('keys are listed and rotated', async () => {
  const { access_token: token } = await set.login();
  const rotated = (await set.zoectl('keys', 'rotate')).stdout;
  assert.match(rotated, /^\S{16} +ES256\n$/);
  const { stdout } = await set.zoectl('keys', 'list');
  assert.equal(stdout.trim().split('\n').length, 2);
  assert.ok(stdout.startsWith(rotated));
  assert.equal((await set.api('GET', '/v1/me', { token })).status, 200);
  assert.equal((await set.zoectl('keys', 'burn')).status, 64);
});

test('a CSV file is brought along, what is wrong with it is told, and a second time nothing changes', async () => {
  const path = file('users.csv', `\ufeffid,email,password,first,is_verified,is_superuser,date_joined
1,"Dora@csv.test","${django('a fine password')}","x ""y""",t,f,2020-01-02 03:04:05.678+00
2,flask@csv.test,${werkzeug('a fine password')},"two
lines",f,t,
3,not-an-address,${django('x')},,,,
4,plain@csv.test,a fine password,,,,
5,short@csv.test
6,"quoted"x@csv.test,${django('x')},,,,
7,truth@csv.test,${django('x')},,maybe,,
8,time@csv.test,${django('x')},,,,yesterday
9,last@csv.test,${django('a fine password', 'other')},,1,,1600000000
`);
  const dry = await users('import', path, '--dry-run');
  assert.equal(dry.status, 1);
  assert.match(dry.stdout, /^would be added 3, known 0, refused 6\n$/);
  assert.equal(await set.sql(`select count(*) from auth.accounts where email like '%csv.test'`), '0');
  const first = await users('import', path);
  assert.equal(first.stdout, 'added 3, known 0, refused 6\n');
  for (const line of [/line 5: "not-an-address": the address/, /line 6: "plain@csv\.test": the hash is of no kind/, /line 7: .*not as many fields/, /line 8: there is text behind/, /line 9: "truth@csv\.test": verified/, /line 10: "time@csv\.test": created_at/])
    assert.match(first.stderr, line);
  const kept = await set.sql(`select string_agg(email || roles || (verified_at is not null) || password || created_at, ',' order by id) from auth.accounts where email like '%csv.test'`);
  assert.match(kept, /dora@csv\.test1true.*2020-01-02 03:04:05.678.*flask@csv\.test3false.*last@csv\.test1true.*2020-09-13/s);
  assert.equal((await users('import', path)).stdout, 'added 0, known 3, refused 6\n');
  assert.equal(await set.sql(`select string_agg(email || roles || (verified_at is not null) || password || created_at, ',' order by id) from auth.accounts where email like '%csv.test'`), kept);
  for (const email of ['dora@csv.test', 'flask@csv.test', 'last@csv.test']) {
    assert.equal((await set.api('POST', '/v1/login', { body: { email, password: 'a fine passwore' } })).status, 401);
    assert.ok((await set.login(email, 'a fine password')).access_token);
  }
  assert.equal(await set.sql(`select count(*) from auth.accounts where email like '%csv.test' and password like '$2b$04$%'`), '3');
  for (const email of ['dora@csv.test', 'flask@csv.test']) assert.ok((await set.login(email, 'a fine password')).access_token);
});

test('JSON lines are brought along, thousands of them', async () => {
  const hash = django('a fine password');
  const lines = Array.from({ length: 2500 }, (_, i) => JSON.stringify({ email: `p${i}@lines.test`, name: `Person ${i}`, password_hash: hash, verified: i % 2 === 0, role: 'user', created_at: '2021-05-06T07:08:09Z', external: { id: i } }));
  lines.splice(1000, 0, '{"email":"x@lines.test"', '["x"]', '', '{"email":5,"password_hash":"x"}', '{"email":"nobody@lines.test","password_hash":null}', '{"password_hash":"x"}');
  const path = file('users.jsonl', lines.join('\n'));
  const began = Date.now();
  const answer = await users('import', path);
  const ms = Date.now() - began;
  assert.equal(answer.stdout, 'added 2500, known 0, refused 5\n', answer.stderr);
  assert.match(answer.stderr, /line 1001: it is no JSON\nline 1002: it is no JSON object\nline 1004: "5": the address.*\nline 1005: "nobody@lines\.test": there is no hash\nline 1006: there is no email\n$/);
  assert.ok(ms < 20000, `${ms} ms`);
  assert.ok((await set.login('p2499@lines.test', 'a fine password')).access_token);
  assert.equal((await set.zoectl('users', 'import', file('none.csv', 'a,b\n1,2\n'))).status, 64);
  assert.equal((await set.zoectl('users', 'import', join(set.dataDir, 'nothing.csv'))).status, 66);
});
