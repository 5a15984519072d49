// kill -9 of every program and a restart of PostgreSQL while clients work: every request gets a status, what was acknowledged
// is there afterwards, and the set heals by itself.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeFilm, sleep, startSet, until } from '../flow/lib.mjs';
import { SECRET, event, objects, tell } from '../flow/provider.mjs';

const VIEWERS = 4;
const HEAL_MS = 10000;
let set, admin, title;

before(async () => {
  set = await startSet({ env: { ZOE_WEBHOOK_SECRET: SECRET } });
  admin = await set.login();
  title = await set.createTitle(admin.access_token, 'A film to be interrupted');
});
after(() => set?.stop());

/** Viewers that write positions without end; stop() tells what was acknowledged and what else was answered. */
async function startViewers() {
  const viewers = await Promise.all(Array.from({ length: VIEWERS }, () => set.register()));
  let working = true;
  const statuses = new Map();
  const unanswered = [];
  const loops = viewers.map(async (viewer) => {
    viewer.acknowledged = 0;
    for (let position = 1; working; position++) {
      try {
        const answer = await set.api('PUT', `/v1/history/${title.id}`, { token: viewer.access_token, body: { position }, signal: AbortSignal.timeout(8000) });
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        if (answer.status === 200) viewer.acknowledged = position;
        else assert.ok(answer.body?.type, `${answer.status} without a problem: ${answer.text}`);
      } catch (error) {
        unanswered.push(String(error.cause ?? error));
      }
      await sleep(5);
    }
  });
  return {
    async stop() {
      working = false;
      await Promise.all(loops);
      return { viewers, statuses, unanswered };
    },
  };
}

async function assertKept(viewers) {
  for (const viewer of viewers) {
    const { items } = (await set.expect(200, 'GET', '/v1/history', { token: viewer.access_token })).body;
    assert.ok(items[0]?.position >= viewer.acknowledged, `${viewer.acknowledged} was acknowledged, ${items[0]?.position} is kept`);
    assert.ok(viewer.acknowledged > 0);
  }
}

function healed() {
  return until(async () => (await set.api('GET', '/ready')).status === 200 && (await set.api('GET', '/v1/me', { token: admin.access_token })).status === 200,
    { ms: HEAL_MS, what: 'the set to heal' });
}

for (const name of ['zoe-history', 'zoe-auth', 'zoe-content', 'zoe-mail', 'zoe-transcode', 'zoe-broker']) {
  test(`kill -9 of ${name}: every request is answered, nothing acknowledged is lost`, async () => {
    const work = await startViewers();
    for (let i = 0; i < 3; i++) {
      await sleep(700);
      const pid = set.kill(name);
      await until(() => set.pid(name) && set.pid(name) !== pid, { ms: HEAL_MS, what: `${name} to come back` });
    }
    const began = Date.now();
    await healed();
    const seconds = (Date.now() - began) / 1000;
    await sleep(500);
    const { viewers, statuses, unanswered } = await work.stop();
    assert.deepEqual(unanswered, []);
    assert.ok(![...statuses.keys()].includes(500), `statuses ${[...statuses]}`);
    await assertKept(viewers);
    console.log(`# ${name}: healed in ${seconds.toFixed(1)} s, statuses ${[...statuses].map(([s, n]) => `${s}x${n}`).join(' ')}`);
  });
}

test('kill -9 of the edge: it is back within seconds, nothing acknowledged is lost', async () => {
  const work = await startViewers();
  await sleep(500);
  set.kill('zoe-edge');
  await healed();
  await sleep(500);
  const { viewers } = await work.stop();
  await assertKept(viewers);
});

test('a restart of PostgreSQL: errors have a status, then all goes on without a restart of ours', async () => {
  const work = await startViewers();
  const names = ['zoe-auth', 'zoe-content', 'zoe-history', 'zoe-mail', 'zoe-transcode'];
  const pids = names.map((name) => set.pid(name));
  await sleep(500);
  await set.database('restart');
  await healed();
  await sleep(1500);
  const { viewers, statuses, unanswered } = await work.stop();
  assert.deepEqual(unanswered, []);
  assert.ok(statuses.get(200) > 50);
  assert.deepEqual(names.map((name) => set.pid(name)), pids);
  await assertKept(viewers);
});

test('a registration interrupted by kill -9 of mail still sends its one letter', async () => {
  set.kill('zoe-mail');
  const viewer = await set.register();
  set.kill('zoe-auth');
  await set.mailTo(viewer.email, { ms: 20000 });
  await sleep(1500);
  assert.equal(set.mails().filter(({ text }) => text.includes(viewer.email)).length, 1);
});

test('kill -9 of transcode and of its child in the middle of a film: it ends ready', async () => {
  const file = await makeFilm({ seconds: 40, size: '640x480', fps: 30 });
  const film = await set.createTitle(admin.access_token, 'Killed often');
  await set.upload(admin.access_token, film.id, file);
  for (let i = 0; i < 4; i++) {
    await sleep(1200);
    set.kill('zoe-transcode');
    await until(() => set.pid('zoe-transcode'), { ms: HEAL_MS, what: 'transcode' });
  }
  const done = await set.waitReady(film.id);
  assert.equal(done.processing_progress, 1);
  assert.ok(Math.abs(done.duration - 40) < 0.1);
});

test('payment events under kill -9 of auth, mail and the broker: each has its one effect', async () => {
  const plan = (await set.expect(201, 'POST', '/v1/admin/plans', { token: admin.access_token, body: { name: 'Interrupted', price: 999, currency: 'EUR', interval: 'month' } })).body;
  const people = await Promise.all(Array.from({ length: 12 }, () => set.register()));
  const end = Math.floor(Date.now() / 1000) + 30 * 86400;
  const MONTHS = 6;
  const stories = people.map(({ account: { id } }, who) => {
    const make = objects({ account: id, plan: plan.id, subscription: `sub_fault_${id}` });
    const paid = Array.from({ length: MONTHS }, (_, i) => event('invoice.paid', make.paid(i + 1, end + i * 2592000)));
    const story = [event('checkout.session.completed', make.session()), ...paid, event('charge.refunded', make.refund(2, 999), { previous: { amount_refunded: 0 } })];
    return who % 2 ? story.reverse() : story;
  });
  let working = true;
  let kills = 0;
  const killer = (async () => {
    for (; working; kills++) {
      const name = ['zoe-auth', 'zoe-broker', 'zoe-auth', 'zoe-mail'][kills % 4];
      const pid = set.kill(name);
      await until(() => set.pid(name) && set.pid(name) !== pid, { ms: HEAL_MS, what: `${name} to come back` });
      await sleep(400 + Math.random() * 600);
    }
  })();
  const statuses = new Map();
  // The provider tells until it hears 200, and then some more: it does not always hear it.
  const deliver = (told) => until(async () => {
    const { status } = await tell(set, told);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    return status === 200;
  }, { ms: 60000, every: 30, what: told.id });
  await Promise.all(stories.map(async (story) => {
    for (const told of story) {
      await deliver(told);
      await sleep(600);
    }
  }));
  working = false;
  await killer;
  await healed();
  await Promise.all(stories.flat().map(deliver));
  for (const { account: { id } } of people) {
    const lines = await set.sql(`select status || ' ' || count(*) from auth.payments where account_id = ${id} group by status order by status`);
    assert.equal(lines, `completed ${MONTHS}\nrefunded 1`);
    assert.equal(await set.sql(`select state || ' ' || extract(epoch from end_at)::bigint from auth.subscriptions where account_id = ${id}`), `active ${end + (MONTHS - 1) * 2592000}`);
  }
  const expected = people.length * (MONTHS + 1);
  const letters = () => set.mails().filter(({ name, text }) => /-payment\.eml$/.test(name) && text.includes('Interrupted'));
  await until(() => letters().length >= expected, { ms: 30000, what: 'the letters' });
  await sleep(1000);
  const ids = letters().map(({ text }) => text.match(/^Message-ID: *(\S+)/im)[1]);
  assert.equal(new Set(ids).size, expected);
  assert.ok(![...statuses.keys()].includes(500), `statuses ${[...statuses]}`);
  assert.ok(kills >= 4, `${kills} kills`);
  console.log(`# payment events: ${kills} kills, statuses ${[...statuses].map(([s, n]) => `${s}x${n}`).join(' ')}, ${letters().length} letters of ${expected}`);
});
