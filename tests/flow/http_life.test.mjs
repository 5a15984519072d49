// The edge when others stop, die or go away: every request gets its answer, nobody's work goes on for nothing.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { sleep, startSet, until } from './lib.mjs';

let set;
let admin;
let title;

before(async () => {
  set = await startSet({ env: { ZOE_EDGE_SHARDS: '2' } });
  admin = (await set.login()).access_token;
  title = await set.createTitle(admin);
});
after(() => set?.stop());

const counters = async (name) => JSON.parse((await set.zoectl('status', '--json')).stdout).messages.find(({ message }) => message === name);
const change = (text) => set.api('PATCH', `/v1/titles/${title.id}`, { token: admin, body: { description: text } });

test('a client that goes away takes its ask with it', async () => {
  const before = (await counters('history_list'))?.cancelled ?? 0;
  set.kill('zoe-history', 'SIGSTOP');
  try {
    const socket = connect(set.port, '127.0.0.1');
    socket.write(`GET /v1/history HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${admin}\r\n\r\n`);
    await sleep(300);
    socket.destroy();
    await until(async () => (await counters('history_list'))?.cancelled === before + 1, { what: 'the ask to be cancelled', ms: 2000 });
  } finally {
    set.kill('zoe-history', 'SIGCONT');
  }
  await until(async () => (await set.api('GET', '/v1/history', { token: admin })).status === 200, { what: 'history to be back' });
});

test('an actor that stops costs a deadline, not an answer', async () => {
  set.kill('zoe-history', 'SIGSTOP');
  try {
    const from = Date.now();
    const answer = await set.api('GET', '/v1/history', { token: admin });
    assert.ok([503, 504].includes(answer.status), answer.text);
    assert.ok(Date.now() - from < 6000);
    assert.match(answer.headers.get('content-type'), /problem\+json/);
    assert.equal((await set.api('GET', '/v1/titles')).status, 200, 'others are not held up');
  } finally {
    set.kill('zoe-history', 'SIGCONT');
  }
  await until(async () => (await set.api('GET', '/v1/history', { token: admin })).status === 200, { what: 'history to be back' });
});

test('playback goes on without history', async () => {
  const film = await set.film({ seconds: 4 });
  set.kill('zoe-history', 'SIGSTOP');
  try {
    const answer = await set.api('POST', `/v1/titles/${film.title.id}/playback`, { token: film.session.access_token, body: {} });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.position, 0);
  } finally {
    set.kill('zoe-history', 'SIGCONT');
  }
});

test('a killed broker loses no answer: what may be repeated is repeated', async () => {
  const answers = [];
  let going = true;
  const client = async (ask) => {
    while (going) answers.push((await ask()).status);
  };
  const clients = [client(() => set.api('GET', '/v1/me', { token: admin })), client(() => set.api('GET', '/v1/history', { token: admin })), client(() => change('again')),
    client(() => set.api('GET', `/v1/titles?limit=${1 + Math.floor(Math.random() * 90)}`))];
  await sleep(300);
  set.kill('zoe-broker');
  await sleep(200);
  await until(async () => (await set.api('GET', '/ready')).status === 200, { what: 'the set to heal' });
  await until(() => answers.filter((status) => status === 200).length > 20, { ms: 15000, what: 'all to go on' });
  going = false;
  await Promise.all(clients);
  assert.deepEqual([...new Set(answers)].filter((status) => ![200, 502, 503, 504].includes(status)), []);
});

test('without a broker the answer is 503 at once', async () => {
  set.kill('zoe-broker', 'SIGSTOP');
  try {
    await until(async () => {
      const from = Date.now();
      const answer = await set.api('GET', '/v1/me', { token: admin });
      assert.ok([502, 503, 504].includes(answer.status), answer.text);
      return answer.status === 503 && answer.headers.get('retry-after') && Date.now() - from < 200;
    }, { what: 'a quick 503' });
    assert.equal((await set.api('GET', '/ready')).status, 503);
    assert.equal((await set.api('GET', '/live')).status, 200);
  } finally {
    set.kill('zoe-broker', 'SIGCONT');
  }
  await until(async () => (await set.api('GET', '/ready')).status === 200, { what: 'the set to be ready again' });
});

test('a stopping edge answers what it holds and ends well', async () => {
  const pid = set.pid('zoe-edge');
  const connection = connect(set.port, '127.0.0.1');
  let text = '';
  connection.on('data', (data) => (text += data));
  connection.on('error', () => {});
  const closed = new Promise((resolve) => connection.once('close', resolve));
  set.kill('zoe-history', 'SIGSTOP');
  connection.write(`GET /v1/history HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${admin}\r\n\r\n`);
  await sleep(200);
  process.kill(pid, 'SIGTERM');
  await sleep(300);
  set.kill('zoe-history', 'SIGCONT');
  await closed;
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.match(text, /^Connection: close\r$/im);
  await until(() => set.logs().includes(`pid=${pid} event=stopped`), { what: 'the edge to say that it stopped' });
  await until(async () => set.pid('zoe-edge') !== pid && (await set.api('GET', '/ready')).status === 200, { what: 'another edge' });
});

test('a statement that does not fit its tables fails the migration by its name, and its service does not serve', async () => {
  await set.sql('alter table mail.letters rename to lost');
  try {
    const told = await set.zoectl('migrate');
    assert.equal(told.status, 69);
    assert.match(told.stderr.trim().split('\n').at(-1), /event=query_broken query=\w*letter\w* /);
    const pid = set.kill('zoe-mail');
    await until(() => set.pid('zoe-mail') && set.pid('zoe-mail') !== pid && set.logs().includes(`pid=${set.pid('zoe-mail')} event=query_broken`), { what: 'mail to find it' });
    await until(async () => (await set.api('GET', '/ready')).body.services.mail === false, { what: 'the edge to tell it', ms: 3000 });
    await sleep(500);
    assert.equal((await set.api('GET', '/ready')).status, 503, 'as long as it is broken');
  } finally {
    await set.sql('alter table mail.lost rename to letters');
  }
  await until(async () => (await set.api('GET', '/ready')).status === 200, { what: 'mail to serve again' });
  assert.equal((await set.zoectl('migrate')).status, 0);
});
