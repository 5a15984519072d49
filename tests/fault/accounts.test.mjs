// Accounts and mail under kill -9 of auth, mail and the broker: one effect each, nothing lost, nothing twice. Mails are counted at the
// mail server by Message-ID: one that was sent and whose sender died before it could say so comes again under the same one.
// 502 says that the outcome is unknown: who was asked died.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sleep, startSet, until } from '../flow/lib.mjs';
import { startMta } from '../flow/mta.mjs';

const VICTIMS = ['zoe-auth', 'zoe-mail', 'zoe-broker'];
const KILLING_MS = 25000;
let set;
let mta;

before(async () => {
  mta = await startMta();
  set = await startSet({ env: { ZOE_MAIL_URL: `smtp://127.0.0.1:${mta.port}` } });
});
after(async () => {
  await set?.stop();
  mta?.stop();
});

const register = (email) => set.api('POST', '/v1/register', { body: { email, password: 'a fine password' } });
const refresh = (token) => set.api('POST', '/v1/refresh', { body: { refresh_token: token } });
const accounts = async (pattern) => Number(await set.sql(`select count(*) from auth.accounts where email like '${pattern}'`));
// A letter whose sender died is sent again when its lease of 90 seconds ran out.
const settled = () => until(async () => (await set.sql(`select (select count(*) from auth.outbox) + (select count(*) from mail.letters where state = 'queued')`)) === '0',
  { ms: 200000, every: 200, what: 'all mail to be sent' });

/** Kills at random until `done()`; how often. */
async function killAtRandom(done) {
  let kills = 0;
  while (!done()) {
    await sleep(150 + Math.random() * 700);
    const name = VICTIMS[Math.floor(Math.random() * VICTIMS.length)];
    if (!set.pid(name)) continue;
    try {
      set.kill(name);
      kills++;
    } catch {
      // It died between the look and the kill.
    }
  }
  await until(async () => (await set.api('GET', '/ready')).status === 200, { ms: 20000, what: 'the set to heal' });
  return kills;
}

/** Letters to an address: how many of the link, and of the word that it has an account already. */
const letters = (email) => ['activation-', 'registered-again-'].map(
  (event) => new Set(mta.mails().filter(({ to, id }) => to === email && id.includes(event)).map(({ id }) => id)).size);

test('a hundred registrations of one address: one account, one mail', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, () => register('hundred@example.test')));
  const statuses = answers.map(({ status }) => status);
  assert.ok(statuses.every((status) => [201, 502, 503].includes(status)), statuses.join());
  const ids = answers.filter(({ status }) => status === 201).map(({ body }) => String(body.account.id));
  assert.equal(new Set(ids).size, ids.length, 'each looks like an account of its own');
  assert.equal(await accounts('hundred@%'), 1);
  assert.ok(ids.includes(await set.sql("select id from auth.accounts where email = 'hundred@example.test'")));
  await settled();
  assert.deepEqual(letters('hundred@example.test'), [1, 1]);
  assert.equal(mta.mails().filter(({ to }) => to === 'hundred@example.test').length, 2);
});

test('a hundred registrations of one address while auth is killed: one account, one mail', async () => {
  for (let round = 0; round < 5; round++) {
    const email = `killed${round}@example.test`;
    const answers = Promise.all(Array.from({ length: 100 }, () => register(email)));
    await sleep(20 + round * 15);
    set.kill('zoe-auth');
    const statuses = (await answers).map(({ status }) => status);
    assert.ok(statuses.every((status) => [201, 502, 503, 504].includes(status)), statuses.join());
    await until(async () => (await register(email)).status === 201, { what: 'auth to be back' });
    assert.equal(await accounts(email), 1);
    await settled();
    assert.deepEqual(letters(email), [1, 1]);
  }
});

test('twenty refreshes of one token: one new pair, and nobody is logged out', async () => {
  const ann = await set.register('twenty@example.test');
  let token = ann.refresh_token;
  for (let round = 0; round < 6; round++) {
    const answers = Promise.all(Array.from({ length: 20 }, () => refresh(token)));
    if (round >= 3) {
      await sleep(round);
      set.kill('zoe-auth');
    }
    const good = (await answers).filter(({ status }) => status === 200);
    assert.ok((await answers).every(({ status }) => [200, 502, 503, 504].includes(status)), (await answers).map(({ status }) => status).join());
    const again = await until(async () => {
      const answer = await refresh(token);
      assert.notEqual(answer.status, 401, answer.text);
      return answer.status === 200 && answer;
    }, { what: 'auth to be back' });
    const pairs = new Set([...good, again].map(({ body }) => body.refresh_token));
    assert.equal(pairs.size, 1);
    if (round < 3) assert.equal(good.length, 20);
    token = again.body.refresh_token;
    assert.equal((await set.api('GET', '/v1/me', { token: again.body.access_token })).status, 200);
  }
  assert.equal(await set.sql(`select count(*) from auth.sessions s join auth.accounts a on a.id = s.account_id where a.email = 'twenty@example.test' and ended_at is null`), '1');
});

test('mails under kill -9 of auth, mail and the broker: none is lost, none is another one', async () => {
  const end = Date.now() + KILLING_MS;
  const acknowledged = [];
  const tried = [];
  const unanswered = [];
  const clients = Array.from({ length: 4 }, async (_, client) => {
    for (let i = 0; Date.now() < end; i++) {
      const email = `storm${client}.${i}@example.test`;
      tried.push(email);
      try {
        const { status } = await register(email);
        if (status === 201) acknowledged.push(email);
        else assert.ok([502, 503, 504].includes(status), `${status}`);
      } catch (error) {
        unanswered.push(String(error.cause ?? error));
      }
      await sleep(20);
    }
  });
  const kills = await killAtRandom(() => Date.now() >= end);
  await Promise.all(clients);
  assert.deepEqual(unanswered, []);
  await settled();
  const ids = new Map();
  const mails = mta.mails().filter(({ to }) => to.startsWith('storm'));
  for (const { to, id } of mails) ids.set(to, (ids.get(to) ?? new Set()).add(id));
  assert.deepEqual(acknowledged.filter((email) => !ids.has(email)), [], 'lost');
  assert.deepEqual([...ids].filter(([, set]) => set.size > 1), [], 'two letters for one registration');
  const made = Number(await set.sql(`select count(*) from auth.accounts where email like 'storm%'`));
  assert.equal(ids.size, made, 'every account has its letter, and nobody else');
  assert.ok(made >= acknowledged.length && made <= tried.length);
  assert.ok(acknowledged.length > 20 && kills > 10, `${acknowledged.length} registrations, ${kills} kills`);
  console.log(`# ${kills} kills, ${tried.length} registrations tried, ${acknowledged.length} acknowledged, ${made} made, ${mails.length} mails of ${ids.size} letters`);
});
