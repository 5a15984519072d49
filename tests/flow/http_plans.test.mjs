// Plans, subscriptions, the ledger, the provider's webhook, and titles that need a plan.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startSet, until } from './lib.mjs';
import { SECRET, event, objects, signature, tell } from './provider.mjs';

const DAY = 86400;
const now = () => Math.floor(Date.now() / 1000);
let set;
let root;
let turn = 0;

before(async () => {
  set = await startSet({ env: { ZOE_WEBHOOK_SECRET: SECRET } });
  root = (await set.login()).access_token;
});
after(() => set?.stop());

const call = (method, path, token, body, headers) => set.api(method, path, { token, body, headers });

function told(answer, status, code, pointer) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.body.type, `/problems/${code}`, answer.text);
  if (pointer) assert.equal(answer.body.errors[0].pointer, pointer);
}

async function makePlan(more = {}) {
  const body = { name: `Plan ${++turn}`, price: 999, currency: 'EUR', interval: 'month', ...more };
  return (await set.expect(201, 'POST', '/v1/admin/plans', { token: root, body })).body;
}

async function person() {
  const made = await set.register();
  return { id: made.account.id, email: made.email, token: made.access_token };
}

const mine = async (who) => (await call('GET', '/v1/me/subscription', who.token)).body;
const ledger = async (who) => (await set.expect(200, 'GET', '/v1/me/payments', { token: who.token })).body.items;
const lines = async (who) => (await ledger(who)).map(({ status, amount, currency }) => `${status} ${amount} ${currency}`).sort();
const told200 = async (...events) => {
  for (const one of events) assert.equal((await tell(set, one)).status, 200);
};
const outcome = (id) => set.sql(`select outcome from auth.webhook_events where id = '${id}'`);

function letters(email) {
  const folder = join(set.dataDir, 'mail');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('-payment.eml')) : [];
  return names.map((name) => readFileSync(join(folder, name), 'utf8')).filter((text) => text.includes(`<${email}>`)).map((text) => text.replaceAll('=\r\n', ''));
}

test('plans: made, changed, shown, deleted by administrators', async () => {
  const made = await set.expect(201, 'POST', '/v1/admin/plans', { token: root, body: { name: 'Gold', description: 'All of it', price: 1299, currency: 'EUR', interval: 'month', checkout_url: 'https://pay.example.test/gold' } });
  const { id } = made.body;
  assert.equal(made.headers.get('location'), `/v1/admin/plans/${id}`);
  assert.deepEqual({ ...made.body, id: 0, created_at: '', updated_at: '' },
    { id: 0, name: 'Gold', description: 'All of it', price: 1299, currency: 'EUR', interval: 'month', active: true, created_at: '', updated_at: '', checkout_url: 'https://pay.example.test/gold' });
  const shown = (await set.expect(200, 'GET', '/v1/plans')).body.items.find((plan) => plan.id === id);
  assert.equal(shown.price, 1299);
  assert.ok(!('checkout_url' in shown), 'a stranger pays nothing without an account');
  const changed = await set.expect(200, 'PATCH', `/v1/admin/plans/${id}`, { token: root, body: { price: 1399, active: false } });
  assert.deepEqual([changed.body.price, changed.body.active, changed.body.name], [1399, false, 'Gold']);
  assert.ok(!(await set.expect(200, 'GET', '/v1/plans')).body.items.some((plan) => plan.id === id), 'the list is told at once');
  assert.ok((await set.expect(200, 'GET', '/v1/admin/plans', { token: root })).body.items.some((plan) => plan.id === id));
  assert.equal((await set.expect(200, 'GET', `/v1/admin/plans/${id}`, { token: root })).body.price, 1399);
  assert.equal((await call('DELETE', `/v1/admin/plans/${id}`, root)).status, 204);
  for (const method of ['GET', 'DELETE']) told(await call(method, `/v1/admin/plans/${id}`, root), 404, 'plan-missing');
  told(await call('PATCH', `/v1/admin/plans/${id}`, root, { price: 1 }), 404, 'plan-missing');
  const actions = (await set.expect(200, 'GET', '/v1/admin/audit?limit=3', { token: root })).body.items.map(({ action }) => action);
  assert.deepEqual(actions, ['plan-delete', 'plan-change', 'plan-create']);
});

test('plans: what is wrong is told', async () => {
  const { name } = await makePlan();
  const good = { name: 'Silver', price: 1, currency: 'EUR', interval: 'month' };
  const post = (body) => call('POST', '/v1/admin/plans', root, body);
  told(await post({ ...good, name }), 409, 'plan-name');
  for (const [change, pointer] of [[{ price: -1 }, '/price'], [{ price: 9.99 }, '/price'], [{ currency: 'eur' }, '/currency'], [{ currency: 'EURO' }, '/currency'],
    [{ interval: 'week' }, '/interval'], [{ name: '' }, '/name'], [{ checkout_url: 'http://pay.example.test' }, '/checkout_url'], [{ checkout_url: 'https://a b' }, '/checkout_url'], [{ owner: 1 }, '/owner']]) {
    told(await post({ ...good, ...change }), 400, 'invalid', pointer);
  }
});

test('who may call', async () => {
  const viewer = await person();
  const routes = [
    ['GET', '/v1/me/subscription'], ['POST', '/v1/me/subscription'], ['DELETE', '/v1/me/subscription'], ['GET', '/v1/me/payments'],
    ['GET', '/v1/admin/plans', true], ['POST', '/v1/admin/plans', true], ['GET', '/v1/admin/plans/1', true], ['PATCH', '/v1/admin/plans/1', true], ['DELETE', '/v1/admin/plans/1', true],
    ['GET', '/v1/admin/payments', true], ['GET', '/v1/admin/users/1/subscriptions', true], ['POST', '/v1/admin/users/1/subscription', true], ['DELETE', '/v1/admin/users/1/subscription', true],
  ];
  for (const [method, path, admin] of routes) {
    assert.equal((await call(method, path)).status, 401, `${method} ${path}`);
    assert.equal((await call(method, path, 'a.b.c')).status, 401, `${method} ${path}`);
    if (admin) assert.equal((await call(method, path, viewer.token)).status, 403, `${method} ${path}`);
  }
});

test('a free plan runs at once and renews itself; one that is cancelled ends', async () => {
  const plan = await makePlan({ price: 0 });
  const ann = await person();
  told(await call('GET', '/v1/me/subscription', ann.token), 404, 'subscription-none');
  told(await call('DELETE', '/v1/me/subscription', ann.token), 404, 'subscription-none');
  told(await call('POST', '/v1/me/subscription', ann.token, { plan_id: 999999 }), 404, 'plan-missing');
  const made = await set.expect(201, 'POST', '/v1/me/subscription', { token: ann.token, body: { plan_id: plan.id } });
  assert.deepEqual([made.body.state, made.body.active, made.body.auto_renew, made.body.plan], ['active', true, true, plan.name]);
  const month = (Date.parse(made.body.end_at) - Date.parse(made.body.start_at)) / 1000 / DAY;
  assert.ok(month >= 28 && month <= 31);
  told(await call('POST', '/v1/me/subscription', ann.token, { plan_id: plan.id }), 409, 'subscription-active');
  assert.deepEqual(await ledger(ann), []);
  await set.sql(`update auth.subscriptions set end_at = now() - interval '1 second' where account_id = ${ann.id}`);
  await until(async () => Date.parse((await mine(ann)).end_at) > Date.now(), { what: 'the renewal' });
  assert.equal((await mine(ann)).active, true);
  const off = await set.expect(200, 'DELETE', '/v1/me/subscription', { token: ann.token });
  assert.deepEqual([off.body.state, off.body.active, off.body.auto_renew], ['active', true, false], 'it runs to its end');
  await set.sql(`update auth.subscriptions set end_at = now() - interval '1 second' where account_id = ${ann.id}`);
  assert.equal((await mine(ann)).active, false, 'the end needs no chore');
  await until(async () => (await mine(ann)).state === 'ended', { what: 'the end' });
  assert.ok(await until(() => letters(ann.email).find((text) => text.includes(`Your subscription to ${plan.name} has ended.`))));
  told(await call('DELETE', `/v1/admin/plans/${plan.id}`, root), 409, 'plan-used');
});

test('a plan that is paid for: pending, paid, renewed, grace, end', async () => {
  const plan = await makePlan({ checkout_url: 'https://pay.example.test/p?x=1' });
  const bob = await person();
  const body = { plan_id: plan.id };
  const key = { 'Idempotency-Key': randomUUID() };
  const made = await call('POST', '/v1/me/subscription', bob.token, body, key);
  assert.equal(made.status, 201, made.text);
  assert.equal((await call('POST', '/v1/me/subscription', bob.token, body, key)).headers.get('idempotency-replayed'), 'true');
  assert.deepEqual([made.body.state, made.body.active, made.body.end_at], ['pending', false, null]);
  assert.equal(made.body.checkout_url, `https://pay.example.test/p?x=1&client_reference_id=${bob.id}-${plan.id}`);
  assert.equal((await call('POST', '/v1/me/subscription', bob.token, body)).body.id, made.body.id, 'the same order');
  assert.deepEqual(await lines(bob), ['pending 999 EUR']);
  const subscription = `sub_${randomUUID().slice(0, 8)}`;
  const make = objects({ account: bob.id, plan: plan.id, subscription });
  const end = now() + 31 * DAY;
  await told200(event('checkout.session.completed', make.session()), event('invoice.paid', make.paid(1, end)));
  let has = await mine(bob);
  assert.deepEqual([has.id, has.state, has.active, has.auto_renew], [made.body.id, 'active', true, true]);
  assert.equal(Date.parse(has.end_at) / 1000, end);
  assert.deepEqual(await lines(bob), ['completed 999 EUR', 'pending 999 EUR']);
  assert.ok(await until(() => letters(bob.email).find((text) => /we received 9\.99 EUR for Plan/.test(text))));
  await told200(event('invoice.payment_failed', make.failed(2)), event('invoice.paid', make.paid(2, end + 30 * DAY)));
  assert.equal(Date.parse((await mine(bob)).end_at) / 1000, end + 30 * DAY);
  assert.deepEqual(await lines(bob), ['completed 999 EUR', 'completed 999 EUR', 'failed 999 EUR', 'pending 999 EUR']);
  assert.ok(await until(() => letters(bob.email).find((text) => /payment of 9\.99 EUR for Plan \d+ failed/.test(text))));
  // Grace: open though it is past its end, then closed.
  await set.sql(`update auth.subscriptions set end_at = now() - interval '2 days' where account_id = ${bob.id}`);
  assert.equal((await mine(bob)).active, true);
  await set.sql(`update auth.subscriptions set end_at = now() - interval '4 days' where account_id = ${bob.id}`);
  assert.equal((await mine(bob)).active, false);
  await until(async () => (await mine(bob)).state === 'ended', { what: 'the end of the grace' });
  // A payment that comes late opens it again.
  await told200(event('invoice.paid', make.paid(3, end + 60 * DAY)));
  has = await mine(bob);
  assert.deepEqual([has.state, has.active], ['active', true]);
  await told200(event('customer.subscription.deleted', make.subscription({ status: 'canceled', ended_at: now() })));
  has = await mine(bob);
  assert.deepEqual([has.state, has.active, has.auto_renew], ['ended', false, false]);
});

test('a refund is a line of its own; parts of it are', async () => {
  const plan = await makePlan();
  const who = await person();
  const make = objects({ account: who.id, plan: plan.id, subscription: `sub_${randomUUID().slice(0, 8)}` });
  const first = event('charge.refunded', make.refund(1, 300), { previous: { amount_refunded: 0 } });
  const second = event('charge.refunded', make.refund(1, 999), { previous: { amount_refunded: 300 } });
  await told200(second);
  assert.equal(await outcome(second.id), 'waiting', 'nobody knows whose it is');
  await told200(event('invoice.paid', make.paid(1, now() + 30 * DAY)), event('checkout.session.completed', make.session()), first);
  assert.deepEqual(await lines(who), ['completed 999 EUR', 'refunded 300 EUR', 'refunded 699 EUR']);
  assert.equal(await outcome(second.id), 'applied');
});

test('a single payment buys one interval each time', async () => {
  const plan = await makePlan({ interval: 'year', currency: 'JPY', price: 5000 });
  const who = await person();
  const session = (n) => ({ id: `cs_${who.id}_${n}`, mode: 'payment', payment_status: 'paid', payment_intent: `pi_${who.id}_${n}`, currency: 'jpy', amount_total: 5000, metadata: { account: String(who.id), plan: String(plan.id) } });
  await told200(event('checkout.session.completed', session(1)), event('checkout.session.completed', session(2)));
  const has = await mine(who);
  assert.deepEqual([has.state, has.auto_renew], ['active', false]);
  const days = (Date.parse(has.end_at) - Date.now()) / 1000 / DAY;
  assert.ok(days > 729 && days < 732, String(days));
  assert.deepEqual(await lines(who), ['completed 5000 JPY', 'completed 5000 JPY']);
  assert.ok(await until(() => letters(who.email).find((text) => text.includes('5000 JPY for'))), 'a currency without decimals');
});

test('events count once and in any order end the same', async () => {
  const plan = await makePlan();
  const other = await makePlan();
  const base = now();
  const story = (who, name) => {
    const make = objects({ account: who.id, plan: plan.id, subscription: `sub_${name}` });
    const at = (seconds, n) => ({ id: `evt_${name}_${n}`, created: base - 1000 + seconds });
    return [
      event('checkout.session.completed', make.session(), at(0, 0)),
      event('invoice.paid', make.paid(1, base + 10 * DAY), at(1, 1)),
      event('customer.subscription.updated', make.subscription({ cancel_at_period_end: true }), at(100, 2)),
      event('customer.subscription.updated', make.subscription({ cancel_at_period_end: false, metadata: { account: String(who.id), plan: String(other.id) } }), at(200, 3)),
      event('invoice.payment_failed', make.failed(2), at(300, 4)),
      event('invoice.paid', make.paid(2, base + 40 * DAY), at(400, 5)),
      event('charge.refunded', make.refund(2, 999), { ...at(500, 6), previous: { amount_refunded: 0 } }),
    ];
  };
  let seed = 7;
  const chance = (n) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % n;
  };
  for (let round = 0; round < 40; round++) {
    const who = await person();
    const events = story(who, `order${round}_${who.id}`);
    if (round === 1) events.reverse();
    if (round > 1) for (let i = events.length - 1; i > 0; i--) {
      const j = chance(i + 1);
      [events[i], events[j]] = [events[j], events[i]];
    }
    // Some come twice, and some at the same time.
    const answers = await Promise.all(events.slice(0, round % 3).map((one) => tell(set, one)));
    for (const { status } of answers) assert.equal(status, 200);
    for (const one of events) {
      await told200(one);
      if (chance(3) === 0) await told200(one);
    }
    const has = await mine(who);
    const order = events.map(({ id }) => id.at(-1)).join('');
    assert.deepEqual([has.state, has.active, has.auto_renew, has.plan_id, Date.parse(has.end_at) / 1000], ['active', true, true, other.id, base + 40 * DAY], order);
    assert.deepEqual(await lines(who), ['completed 999 EUR', 'completed 999 EUR', 'failed 999 EUR', 'refunded 999 EUR'], order);
    assert.equal(await set.sql(`select count(*) from auth.subscriptions where account_id = ${who.id}`), '1', order);
  }
});

test('an older word never undoes a newer one', async () => {
  const plan = await makePlan();
  const who = await person();
  const make = objects({ account: who.id, plan: plan.id, subscription: `sub_${randomUUID().slice(0, 8)}` });
  await told200(event('invoice.paid', { ...make.paid(1, now() + 20 * DAY), subscription_details: { metadata: { account: String(who.id), plan: String(plan.id) } } }),
    event('customer.subscription.updated', make.subscription({ cancel_at_period_end: true }), { created: now() - 10 }),
    event('customer.subscription.updated', make.subscription(), { created: now() - 100 }));
  assert.equal((await mine(who)).auto_renew, false);
  await told200(event('customer.subscription.deleted', make.subscription({ status: 'canceled', ended_at: now() })),
    event('invoice.paid', make.paid(0, now() + 5 * DAY), { created: now() - 5000 }), event('customer.subscription.updated', make.subscription(), { created: now() - 50 }));
  assert.equal((await mine(who)).state, 'ended');
  // What its owner said counts until the provider knows something newer.
  const another = objects({ account: who.id, plan: plan.id, subscription: `sub_${randomUUID().slice(0, 8)}` });
  await told200(event('customer.subscription.updated', another.subscription(), { created: now() - 10 }), event('invoice.paid', another.paid(1, now() + 20 * DAY)));
  assert.equal((await set.expect(200, 'DELETE', '/v1/me/subscription', { token: who.token })).body.auto_renew, false);
  await told200(event('invoice.paid', another.paid(2, now() + 50 * DAY)));
  assert.equal((await mine(who)).auto_renew, false);
  await told200(event('customer.subscription.updated', another.subscription(), { created: now() + 10 }));
  assert.equal((await mine(who)).auto_renew, true);
});

test('signatures', async () => {
  const payload = JSON.stringify(event('ping', {}));
  const post = (header, body = payload) => set.api('POST', '/v1/webhooks/payments', { body, headers: header === undefined ? {} : { 'Stripe-Signature': header } });
  const good = signature(payload);
  const [t, v1] = good.split(',');
  assert.equal((await post(good)).status, 200);
  assert.equal((await post(`${t},v1=${'0'.repeat(64)},${v1}`)).status, 200, 'several signatures, for rotation');
  assert.equal((await post(`${t},v0=${'0'.repeat(64)},${v1},v9=x`)).status, 200, 'unknown schemes are passed over');
  assert.equal((await post(`${v1},${t}`)).status, 200);
  for (const bad of [undefined, '', 't=', v1, t, `${t},v1=`, `${t},v1=${'0'.repeat(64)}`, `${t},${v1.slice(0, -2)}`, `${t},${v1}00`, good.replace('v1=', 'v0='), `t=${now() + 1},${v1}`,
    signature(payload, { secret: 'whsec_other' }), signature(payload, { at: now() - 301 }), signature(payload, { at: now() + 301 }), `t=${'9'.repeat(30)},${v1}`, `t=x,${v1}`, ','.repeat(3000)]) {
    told(await post(bad), 400, 'signature-refused');
  }
  told(await post(good, payload.replace('ping', 'pong')), 400, 'signature-refused');
  told(await post(good, `${payload} `), 400, 'signature-refused');
  const spaced = JSON.stringify(event('ping', { text: 'ünï\u0000code' }), null, 7);
  assert.equal((await tell(set, spaced)).status, 200, 'the bytes as they came');
  for (const malformed of ['x', '[]', 'null', '{}', '{"id":"evt_1"}', '{"id":"a b","type":"x","created":1}', '{"id":"evt_1","type":"x","created":-1}', '{"id":"evt_1","type":7,"created":1}', '{"id":"evt_2","id":"evt_3","type":"x","created":1}']) {
    told(await tell(set, malformed), 400, 'event-malformed');
  }
  assert.equal((await tell(set, 'x'.repeat(262145))).status, 413);
  const large = JSON.stringify(event('ping', { text: 'x'.repeat(261000) }));
  assert.equal((await tell(set, large)).status, 200);
});

test('what nobody understands is taken, and does nothing', async () => {
  const before = await set.sql('select count(*) from auth.payments');
  const strange = event('customer.tax_id.created', { id: 'txi_1' });
  await told200(strange, strange);
  assert.equal(await outcome(strange.id), 'ignored');
  const orphan = event('invoice.paid', objects({ account: 0, plan: 0, subscription: 'sub_orphan' }).paid(1, now() + DAY));
  await told200(orphan);
  assert.equal(await outcome(orphan.id), 'waiting');
  for (const object of [null, [], 7, {}, { subscription: 7 }, { subscription: "sub_x'; drop table plans; --" }, { metadata: { account: '-1', plan: '1e9' } }, { lines: { data: [{ period: { end: 'x' } }] } },
    { client_reference_id: '-' }, { client_reference_id: '99999999999999999999-1' }, { client_reference_id: '1-2-3' }, { amount_paid: -5, currency: 'eur', subscription: 'sub_minus' }]) {
    for (const type of ['checkout.session.completed', 'invoice.paid', 'invoice.payment_failed', 'customer.subscription.updated', 'customer.subscription.deleted', 'charge.refunded']) {
      assert.equal((await tell(set, event(type, object))).status, 200, JSON.stringify([type, object]));
    }
  }
  assert.equal(await set.sql('select count(*) from auth.payments'), before);
});

test('without a secret there is no webhook', async () => {
  const bare = await startSet();
  try {
    told(await tell(bare, event('ping', {})), 404, 'webhook-off');
  } finally {
    await bare.stop();
  }
});

test('the ledger is append-only', async () => {
  const service = (sql) => set.sql(`set role zoe_auth; ${sql}`);
  const line = Number(await set.sql('select max(id) from auth.payments'));
  for (const sql of [`update auth.payments set amount = 1 where id = ${line}`, `update auth.payments set status = 'completed' where id = ${line}`, `update auth.payments set account_id = 1 where id = ${line}`,
    `update auth.payments set account_id = null, amount = 1 where id = ${line}`, `delete from auth.payments where id = ${line}`, 'truncate auth.payments']) {
    await assert.rejects(service(sql), /append-only/, sql);
  }
});

test('administrators see the ledger, and give subscriptions away', async () => {
  const plan = await makePlan();
  const who = await person();
  const path = `/v1/admin/users/${who.id}/subscription`;
  told(await call('POST', '/v1/admin/users/999999/subscription', root, { plan_id: plan.id }), 404, 'account-gone');
  told(await call('POST', path, root, { plan_id: 999999 }), 404, 'plan-missing');
  told(await call('POST', path, root, { plan_id: plan.id, end_at: '2020-01-01T00:00:00Z' }), 400, 'invalid', '/end_at');
  const given = await set.expect(201, 'POST', path, { token: root, body: { plan_id: plan.id, end_at: '2090-01-01T00:00:00Z' } });
  assert.deepEqual([given.body.active, given.body.auto_renew, given.body.end_at], [true, false, '2090-01-01T00:00:00Z']);
  assert.equal((await mine(who)).id, given.body.id);
  await set.expect(201, 'POST', path, { token: root, body: { plan_id: plan.id } });
  const list = (await set.expect(200, 'GET', `${path}s`, { token: root })).body.items;
  assert.deepEqual(list.map(({ state }) => state), ['active', 'ended']);
  assert.equal((await call('DELETE', path, root)).status, 204);
  told(await call('DELETE', path, root), 404, 'subscription-none');
  told(await call('GET', '/v1/admin/users/999999/subscriptions', root), 404, 'account-gone');
  const log = (await set.expect(200, 'GET', '/v1/admin/audit?limit=3', { token: root })).body.items;
  assert.deepEqual(log.map(({ action, target_id: target }) => `${action} ${target}`), [`grant-end ${who.id}`, `grant ${who.id}`, `grant ${who.id}`]);
  const all = [];
  for (let next = ''; next !== null;) {
    const page = (await set.expect(200, 'GET', `/v1/admin/payments?limit=7${next && `&cursor=${next}`}`, { token: root })).body;
    all.push(...page.items.map(({ id }) => id));
    next = page.next;
  }
  assert.equal(all.length, Number(await set.sql('select count(*) from auth.payments')));
  assert.equal(new Set(all).size, all.length);
  const refunded = (await set.expect(200, 'GET', '/v1/admin/payments?status=refunded&limit=100', { token: root })).body.items;
  assert.ok(refunded.length && refunded.every(({ status }) => status === 'refunded'));
});

test('orders without end are refused', async () => {
  const plans = [await makePlan(), await makePlan()];
  const who = await person();
  const answers = [];
  for (let i = 0; i < 21; i++) answers.push(await call('POST', '/v1/me/subscription', who.token, { plan_id: plans[i % 2].id }));
  assert.deepEqual([...new Set(answers.slice(0, 20).map(({ status }) => status))], [201]);
  told(answers[20], 429, 'too-many-orders');
  assert.equal(await set.sql(`select count(*) from auth.subscriptions where account_id = ${who.id} and state = 'pending'`), '1');
});

test('a title that needs a plan', async () => {
  const [plan, other] = [await makePlan({ price: 0 }), await makePlan({ price: 0 })];
  const { title } = await set.film({ seconds: 4, size: '640x480' });
  const viewer = await person();
  await set.sql(`update auth.accounts set verified_at = now() where id = ${viewer.id}`);
  const cookies = { Cookie: (await set.api('POST', '/api/login/', { body: { email: viewer.email, password: 'a fine password' } })).headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ') };
  const open = (token = viewer.token) => call('POST', `/v1/titles/${title.id}/playback`, token);
  const rung = () => set.api('GET', `/api/video/${title.id}/480p/index.m3u8`, { headers: cookies });
  assert.equal((await open()).status, 200);
  assert.equal((await rung()).status, 200);
  const asked = () => set.api('GET', '/metrics').then(({ text }) => Number(text.match(/message="auth_entitled"[^}]*} (\d+)/)?.[1] ?? 0));
  assert.equal(await asked(), 0, 'a free title asks nobody');
  await set.expect(200, 'PATCH', `/v1/titles/${title.id}`, { token: root, body: { plan_id: plan.id } });
  assert.equal((await set.title(title.id)).plan_id, plan.id);
  told(await open(), 402, 'plan-required');
  await until(async () => (await rung()).status === 402, { ms: 2000, what: 'the rung to be closed' });
  assert.ok(await until(asked), 'the count counts');
  assert.equal((await open(root)).status, 200, 'administrators see everything');
  const began = Date.now();
  await set.expect(201, 'POST', `/v1/admin/users/${viewer.id}/subscription`, { token: root, body: { plan_id: other.id } });
  told(await open(), 403, 'plan-other');
  await until(async () => (await rung()).status === 403, { ms: 2000, every: 20, what: 'the rung to hear of the other plan' });
  assert.ok(Date.now() - began < 1500);
  await set.expect(201, 'POST', `/v1/admin/users/${viewer.id}/subscription`, { token: root, body: { plan_id: plan.id } });
  const playing = await set.expect(200, 'POST', `/v1/titles/${title.id}/playback`, { token: viewer.token });
  await until(async () => (await rung()).status === 200, { ms: 2000, every: 20, what: 'the rung to open' });
  assert.equal((await call('DELETE', `/v1/admin/users/${viewer.id}/subscription`, root)).status, 204);
  told(await open(), 402, 'plan-required');
  assert.equal((await set.api('GET', playing.body.playlist_url)).status, 200, 'what plays may play on');
  await set.expect(200, 'PATCH', `/v1/titles/${title.id}`, { token: root, body: { plan_id: 0 } });
  assert.equal((await set.title(title.id)).plan_id, null);
  assert.equal((await open()).status, 200);
});

test('export, and what stays when an account goes', async () => {
  const plan = await makePlan();
  const who = await person();
  const subscription = `sub_${randomUUID().slice(0, 8)}`;
  const make = objects({ account: who.id, plan: plan.id, subscription });
  await told200(event('checkout.session.completed', make.session()), event('invoice.paid', make.paid(1, now() + 30 * DAY)));
  const exported = (await set.expect(200, 'GET', '/v1/me/export', { token: who.token })).body;
  assert.deepEqual(exported.subscriptions.map(({ plan: name }) => name), [plan.name]);
  assert.deepEqual(exported.payments.map(({ status, amount }) => [status, amount]), [['completed', 999]]);
  const lines = () => set.sql(`select coalesce(account_id::text, 'nobody') || ' ' || status || ' ' || amount from auth.payments where reference = '${subscription}' order by id`);
  assert.equal(await lines(), `${who.id} completed 999`);
  assert.equal((await call('POST', '/v1/me/delete', who.token, { password: 'a fine password' })).status, 204);
  assert.equal(await lines(), 'nobody completed 999');
  assert.equal(await set.sql(`select count(*) from auth.subscriptions where account_id = ${who.id}`), '0');
  await told200(event('invoice.paid', make.paid(2, now() + 60 * DAY)), event('checkout.session.completed', make.session({ mode: 'payment', subscription: null, payment_intent: 'pi_late' })));
  assert.equal(await lines(), 'nobody completed 999\nnobody completed 999', 'the books go on');
  assert.equal(await set.sql(`select count(*) from auth.payments where account_id = ${who.id}`), '0');
});
