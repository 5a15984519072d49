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
  await sleep(300);
  going = false;
  await Promise.all(clients);
  assert.ok(answers.filter((status) => status === 200).length > 20);
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
