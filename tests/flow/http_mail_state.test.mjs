// The state of the outgoing mail in /ready and /metrics: told, and no reason to be unready.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { freePort, startSet, until } from './lib.mjs';
import { startMta } from './mta.mjs';

let set;
after(() => set?.stop());

test('a mail server that is away, refuses, and comes back', async () => {
  const port = await freePort();
  set = await startSet({ env: { ZOE_MAIL_URL: `smtp://127.0.0.1:${port}` } });
  const mail = async () => (await set.expect(200, 'GET', '/ready')).body.mail;
  const calm = await until(mail, { what: 'the state of mail' });
  assert.deepEqual(calm, { queued: 0, oldest_seconds: 0, dead: 0, failing: null });
  await set.register('waits@example.test');
  const number = await set.sql('select id from mail.letters');
  // Each thread of the edge looks once a second.
  const ready = await until(async () => {
    const answer = await set.expect(200, 'GET', '/ready');
    return answer.body.mail?.failing === 'connection' && answer;
  }, { what: 'the failing connection' });
  assert.equal(ready.body.ready, true);
  assert.deepEqual(ready.body.degraded, ['mail']);
  assert.equal(ready.body.mail.queued, 1);
  assert.doesNotMatch(ready.text, /waits@|127\.0\.0\.1/);
  const metrics = (await set.expect(200, 'GET', '/metrics')).text;
  for (const line of ['zoe_mail_up 1', 'zoe_mail_letters{state="queued"} 1', 'zoe_mail_letters{state="dead"} 0', 'zoe_mail_failing{class="connection"} 1', 'zoe_mail_failing{class="login"} 0']) assert.ok(metrics.includes(`${line}\n`), line);
  // A server that puts everybody off.
  const deferring = createServer((socket) => {
    socket.on('error', () => {});
    socket.end('451 not now\r\n');
  });
  await new Promise((resolve) => deferring.listen(port, '127.0.0.1', resolve));
  await set.zoectl('mail', 'retry', number);
  await until(async () => (await mail())?.failing === 'deferred', { what: 'the deferring server' });
  await new Promise((resolve) => deferring.close(resolve));
  // A real one.
  const server = await startMta(port);
  try {
    await until(async () => {
      await set.zoectl('mail', 'retry', number);
      return (await mail())?.queued === 0;
    }, { every: 500, what: 'an empty queue' });
    assert.deepEqual(server.mails().map(({ to }) => to), ['waits@example.test']);
    const well = await until(async () => {
      const { body } = await set.expect(200, 'GET', '/ready');
      return body.mail?.queued === 0 && body;
    }, { what: 'the calm after it' });
    assert.deepEqual(well.degraded, []);
    assert.equal(well.mail.failing, null);
  } finally {
    server.stop();
  }
  // Mail that does not answer at all is unready, and its state is unknown.
  set.kill('zoe-mail', 'SIGSTOP');
  try {
    const gone = await until(async () => {
      const answer = await set.api('GET', '/ready');
      return answer.status === 503 && answer;
    }, { what: 'the edge to see that mail is silent' });
    assert.equal(gone.body.mail, undefined);
  } finally {
    set.kill('zoe-mail', 'SIGCONT');
  }
});
