// Idempotency-Key: a request that is sent again is answered like the first, and takes effect once.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { sleep, startSet, until } from './lib.mjs';

let set;
let admin;

before(async () => {
  set = await startSet();
  admin = (await set.login()).access_token;
});
after(() => set?.stop());

const make = (key, body, token = admin) => set.api('POST', '/v1/titles', { token, body, headers: { 'Idempotency-Key': key } });
const count = async (name) => Number(await set.sql(`select count(*) from content.titles where title = '${name}'`));
const replayed = (answer) => answer.headers.get('idempotency-replayed');

function told(answer, status, code) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.body.type, `/problems/${code}`, answer.text);
}

test('the same key: the same answer, one effect', async () => {
  const key = randomUUID();
  const first = await make(key, { title: 'Once' });
  assert.equal(first.status, 201, first.text);
  assert.equal(replayed(first), null);
  for (let i = 0; i < 3; i++) {
    const again = await make(key, { title: 'Once' });
    assert.equal(again.status, 201);
    assert.deepEqual(again.body, first.body);
    assert.equal(again.headers.get('location'), first.headers.get('location'));
    assert.equal(replayed(again), 'true');
  }
  assert.equal(await count('Once'), 1);
  assert.equal((await make(randomUUID(), { title: 'Once' })).status, 201);
  assert.equal(await count('Once'), 2);
});

test('fifty at the same time are one', async () => {
  const key = randomUUID();
  const answers = await Promise.all(Array.from({ length: 50 }, () => make(key, { title: 'Fifty' })));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201]);
  assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
  assert.equal(answers.filter((answer) => !replayed(answer)).length, 1);
  assert.equal(await count('Fifty'), 1);
});

test('another body or another path under the same key is refused', async () => {
  const key = randomUUID();
  assert.equal((await make(key, { title: 'Mine' })).status, 201);
  told(await make(key, { title: 'Yours' }), 422, 'idempotency-reused');
  assert.equal(await count('Yours'), 0);
  const reset = (id, name) => set.api('POST', `/v1/admin/users/${id}/reset`, { token: admin, headers: { 'Idempotency-Key': name } });
  const ann = await set.register();
  const bob = await set.register();
  assert.equal((await reset(ann.account.id, key)).status, 202, 'another route has keys of its own');
  assert.equal(replayed(await reset(ann.account.id, key)), 'true');
  told(await reset(bob.account.id, key), 422, 'idempotency-reused');
});

test('a refusal is not kept', async () => {
  const key = randomUUID();
  told(await make(key, { title: '   ' }), 400, 'invalid');
  told(await make(key, { title: 'x', kind: 'opera' }), 400, 'invalid');
  const corrected = await make(key, { title: 'Corrected' });
  assert.equal(corrected.status, 201, corrected.text);
  assert.equal(replayed(corrected), null);
});

test('what is no key is refused; where nothing is made none is looked at', async () => {
  for (const key of ['', ' ', 'two words', 'k'.repeat(256), 'tab\tbed']) told(await make(key, { title: 'Keyless' }), 400, 'idempotency-key');
  assert.equal(await count('Keyless'), 0);
  assert.equal((await make('k'.repeat(255), { title: 'Keyless' })).status, 201);
  assert.equal((await make('"!~"', { title: 'Keyless' })).status, 201);
  const login = { method: 'POST', body: { email: set.admin.email, password: set.admin.password }, headers: { 'Idempotency-Key': 'same' } };
  const one = await set.expect(200, 'POST', '/v1/login', login);
  const two = await set.expect(200, 'POST', '/v1/login', login);
  assert.notEqual(one.body.refresh_token, two.body.refresh_token, 'tokens are kept nowhere');
});

test('a key belongs to its user', async () => {
  const key = randomUUID();
  const ann = await set.register();
  await set.api('POST', `/v1/admin/users/${ann.account.id}/promote`, { token: admin });
  const other = (await set.login(ann.email, ann.password)).access_token;
  const mine = await make(key, { title: 'Two of us' });
  const hers = await make(key, { title: 'Two of us' }, other);
  assert.equal(hers.status, 201, hers.text);
  assert.equal(replayed(hers), null);
  assert.notEqual(hers.body.id, mine.body.id);
});

test('registration: one account, one letter, the same answer; the password is nowhere', async () => {
  const email = `once${Date.now()}@example.test`;
  const body = { email, password: 'a secret worth keeping', name: 'Once' };
  const send = () => set.api('POST', '/v1/register', { body, headers: { 'Idempotency-Key': 'registration-1' } });
  const answers = await Promise.all(Array.from({ length: 8 }, send));
  assert.deepEqual(answers.map(({ status }) => status), Array(8).fill(201));
  assert.equal(new Set(answers.map(({ body: { account } }) => account.id)).size, 1);
  assert.equal((await send()).status, 201);
  await set.mailTo(email);
  await sleep(500);
  assert.equal(set.mails().filter(({ text }) => text.includes(email)).length, 1);
  assert.equal(await set.sql(`select count(*) from auth.once where position('a secret worth keeping'::bytea in answer) > 0`), '0');
});

test('registration: a stranger with the same key is not in the way', async () => {
  const send = (name) => set.api('POST', '/v1/register', {
    body: { email: `${name}${Date.now()}@example.test`, password: 'a secret worth keeping' }, headers: { 'Idempotency-Key': '1' },
  });
  for (const name of ['first', 'second']) {
    const { status, body } = await send(name);
    assert.equal(status, 201);
    assert.ok(body.account.email.startsWith(name));
  }
});

test('uploads: one place, also when its bytes came along', async () => {
  const title = await set.createTitle(admin);
  const metadata = `title_id ${btoa(String(title.id))},filename ${btoa('film.mp4')}`;
  const create = (key, length, body, more = {}) => set.api('POST', '/v1/uploads', {
    token: admin, body,
    headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': String(length), 'Upload-Metadata': metadata, 'Idempotency-Key': key, ...(body ? { 'Content-Type': 'application/offset+octet-stream' } : {}), ...more },
  });
  const key = randomUUID();
  const first = await create(key, 100);
  assert.equal(first.status, 201, first.text);
  const again = await create(key, 100);
  assert.equal(again.status, 201, again.text);
  assert.equal(again.headers.get('location'), first.headers.get('location'));
  assert.equal(replayed(again), 'true');
  told(await create(key, 101), 422, 'idempotency-reused');
  const bytes = new Uint8Array(40).fill(7);
  const partly = randomUUID();
  const begun = await create(partly, 100, bytes);
  assert.equal(begun.headers.get('upload-offset'), '40');
  const repeated = await create(partly, 100, bytes);
  assert.equal(repeated.status, 201, repeated.text);
  assert.equal(repeated.headers.get('location'), begun.headers.get('location'));
  assert.equal(repeated.headers.get('upload-offset'), '40', 'the bytes are not taken twice');
  const whole = randomUUID();
  const done = await create(whole, 40, bytes);
  assert.equal(done.headers.get('upload-offset'), '40');
  assert.equal((await create(whole, 40, bytes)).headers.get('upload-offset'), '40');
  assert.equal(await set.sql(`select count(*) from transcode.uploads where title_id = ${title.id}`), '3');
});

test('kill -9 of the actor between: asked until it is answered, it is made once', async () => {
  const keys = Array.from({ length: 12 }, (_, i) => ({ key: randomUUID(), title: `Killed ${i}` }));
  let working = true;
  const killer = (async () => {
    while (working) {
      await sleep(400);
      if (set.pid('zoe-content')) set.kill('zoe-content');
    }
  })();
  const statuses = new Set();
  const asked = keys.map(async ({ key, title }, i) => {
    await sleep(i * 150);
    return until(async () => {
      const answer = await make(key, { title });
      statuses.add(answer.status);
      return answer.status === 201 && answer;
    }, { ms: 30000, every: 20, what: title });
  });
  const answers = await Promise.all(asked);
  await sleep(300);
  working = false;
  await killer;
  await until(async () => (await set.api('GET', '/ready')).status === 200);
  for (const [i, { key, title }] of keys.entries()) {
    assert.equal((await make(key, { title })).body.id, answers[i].body.id);
    assert.equal(await count(title), 1, title);
  }
  assert.deepEqual([...statuses].filter((status) => ![201, 502, 503, 504].includes(status)), []);
});
