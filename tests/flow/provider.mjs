// A payment provider for tests: events as Stripe writes them, signed as Stripe signs them.
import { createHmac } from 'node:crypto';

export const SECRET = 'whsec_for_tests_only';
const clock = () => Math.floor(Date.now() / 1000);
let turn = 0;

export function signature(payload, { secret = SECRET, at = clock(), scheme = 'v1' } = {}) {
  return `t=${at},${scheme}=${createHmac('sha256', secret).update(`${at}.${payload}`).digest('hex')}`;
}

export function event(type, object, { id = `evt_${Date.now()}_${++turn}`, created = clock(), previous } = {}) {
  return { id, object: 'event', api_version: '2024-06-20', created, livemode: false, pending_webhooks: 1, type, data: { object, ...(previous ? { previous_attributes: previous } : {}) } };
}

/** Tells the set of an event; the answer. */
export function tell(set, told, options = {}) {
  const payload = typeof told === 'string' ? told : JSON.stringify(told, null, 2);
  return set.api('POST', '/v1/webhooks/payments', { body: payload, headers: { 'Content-Type': 'application/json', 'Stripe-Signature': options.signature ?? signature(payload, options) } });
}

/** Objects of one provider's subscription. */
export function objects({ account, plan, subscription, amount = 999, currency = 'eur' }) {
  const metadata = { account: String(account), plan: String(plan) };
  const invoice = (number, more) => ({ id: `in_${subscription}_${number}`, object: 'invoice', subscription, currency, payment_intent: `pi_${subscription}_${number}`, charge: `ch_${subscription}_${number}`, lines: { data: [] }, ...more });
  return {
    session: (more = {}) => ({ id: `cs_${subscription}`, object: 'checkout.session', mode: 'subscription', payment_status: 'paid', subscription, client_reference_id: `${account}-${plan}`, invoice: `in_${subscription}_1`, currency, amount_total: amount, metadata: {}, ...more }),
    paid: (number, end, more = {}) => invoice(number, { amount_paid: amount, amount_due: amount, lines: { data: [{ period: { start: end - 2592000, end }, metadata: {} }] }, ...more }),
    failed: (number, more = {}) => invoice(number, { amount_paid: 0, amount_due: amount, ...more }),
    subscription: (more = {}) => ({ id: subscription, object: 'subscription', status: 'active', cancel_at_period_end: false, metadata, ...more }),
    refund: (number, refunded, more = {}) => ({ id: `ch_${subscription}_${number}`, object: 'charge', amount, amount_refunded: refunded, currency, payment_intent: `pi_${subscription}_${number}`, invoice: `in_${subscription}_${number}`, metadata: {}, ...more }),
  };
}
