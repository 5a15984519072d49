// The form of requests: what may be smuggled, cut or folded is refused, over raw sockets.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { startSet } from './lib.mjs';

let set;
before(async () => {
  set = await startSet();
});
after(() => set?.stop());

/** Sends bytes; {text, closed}: all that came until the connection closed or was silent for a while. */
function raw(bytes, { quiet = 300 } = {}) {
  return new Promise((resolve) => {
    const socket = connect(set.port, '127.0.0.1');
    let text = '';
    let timer;
    const end = (closed) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, closed, statuses: [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status)) });
    };
    const rest = () => {
      clearTimeout(timer);
      timer = setTimeout(() => end(false), text ? quiet : 3000);
    };
    socket.on('data', (data) => {
      text += data.toString('latin1');
      rest();
    });
    socket.on('close', () => end(true));
    socket.on('error', () => end(true));
    socket.write(Buffer.from(bytes, 'latin1'));
    rest();
  });
}

const lines = (...all) => `${all.join('\r\n')}\r\n\r\n`;
const post = (...headers) => lines('POST /v1/login HTTP/1.1', 'Host: a', 'Content-Type: application/json', ...headers);

const refused = {
  'both lengths': `${post('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  'both lengths, the other way round': `${post('Transfer-Encoding: chunked', 'Content-Length: 5')}0\r\n\r\n`,
  'a coding before chunked': `${post('Transfer-Encoding: gzip, chunked')}0\r\n\r\n`,
  'a coding that only looks like chunked': `${post('Transfer-Encoding: xchunked')}0\r\n\r\n`,
  'chunked twice': `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  'chunked with a vertical tab': `${post('Transfer-Encoding: \x0bchunked')}0\r\n\r\n`,
  'two lengths': `${post('Content-Length: 2', 'Content-Length: 2')}{}`,
  'a length with a plus': `${post('Content-Length: +2')}{}`,
  'a negative length': `${post('Content-Length: -2')}{}`,
  'a list of lengths': `${post('Content-Length: 2, 2')}{}`,
  'a length in hexadecimal': `${post('Content-Length: 0x2')}{}`,
  'a length beyond all numbers': `${post('Content-Length: 99999999999999999999999')}{}`,
  'a blank before the colon': `${post('Content-Length : 2')}{}`,
  'a folded header': lines('GET /live HTTP/1.1', 'Host: a', 'X-One: a', ' b', 'X-Two: c'),
  'a header folded by a tab': lines('GET /live HTTP/1.1', 'Host: a', 'X-One: a', '\tTransfer-Encoding: chunked', 'X-Two: c'),
  'a fold before the first header': lines('GET /live HTTP/1.1', ' X: y', 'Host: a'),
  'a NUL in a header': lines('GET /live HTTP/1.1', 'Host: a', 'X: a\0b'),
  'a bell in a header': lines('GET /live HTTP/1.1', 'Host: a', 'X: a\x07b'),
  'a lone carriage return': lines('GET /live HTTP/1.1', 'Host: a', 'X: a\rb'),
  'a line without a colon': lines('GET /live HTTP/1.1', 'Host: a', 'nonsense'),
  'a name that is no token': lines('GET /live HTTP/1.1', 'Host: a', 'X(y): z'),
  'no host': lines('GET /live HTTP/1.1'),
  'two hosts': lines('GET /live HTTP/1.1', 'Host: a', 'Host: b'),
  'a host with a path': lines('GET /live HTTP/1.1', 'Host: a/b@c'),
  'two logins': lines('GET /v1/me HTTP/1.1', 'Host: a', 'Authorization: Bearer x', 'Authorization: Bearer y'),
  'another version': lines('GET /live HTTP/2.0', 'Host: a'),
  'a version with a tail': lines('GET /live HTTP/1.1x', 'Host: a'),
  'no version': 'GET /live\r\n\r\n',
  'a chunk size with a prefix': `${post('Transfer-Encoding: chunked')}0x2\r\n{}\r\n0\r\n\r\n`,
  'a negative chunk size': `${post('Transfer-Encoding: chunked')}-2\r\n{}\r\n0\r\n\r\n`,
  'headers larger than the buffer': lines('GET /live HTTP/1.1', 'Host: a', `X: ${'a'.repeat(70000)}`),
  'a hundred headers': lines('GET /live HTTP/1.1', 'Host: a', ...Array.from({ length: 100 }, (_, i) => `X-${i}: a`)),
};

for (const [name, bytes] of Object.entries(refused)) {
  test(`refused: ${name}`, async () => {
    const answer = await raw(bytes);
    assert.ok(answer.closed, `stays open after ${answer.text}`);
    assert.ok(answer.statuses.every((status) => (status >= 400 && status < 500) || status === 501 || status === 505), answer.text);
  });
}

test('what is unusual but right is served', async () => {
  for (const bytes of [
    lines('GET /live HTTP/1.1', 'Host:   a  ', 'X-Y:\tb\t', 'Empty:'),
    lines('GET http://a/live HTTP/1.1', 'Host: a'),
    lines('GET /live HTTP/1.0'),
    lines('HEAD /live HTTP/1.1', 'Host: [::1]:80'),
  ]) assert.deepEqual((await raw(bytes)).statuses, [200], bytes);
  assert.deepEqual((await raw(lines('GET /live HTTP/1.1', 'Host: a').repeat(3))).statuses, [200, 200, 200], 'pipelined');
  assert.deepEqual((await raw(lines('OPTIONS * HTTP/1.1', 'Host: a'))).statuses, [204]);
});

test('a smuggled second request is never answered', async () => {
  const hidden = lines('GET /metrics HTTP/1.1', 'Host: a');
  for (const headers of [['Content-Length: 6', 'Transfer-Encoding: chunked'], ['Transfer-Encoding: chunked\0', 'Content-Length: 6'], ['Transfer-Encoding: identity', 'Content-Length: 6']]) {
    const answer = await raw(`${post(...headers)}0\r\n\r\n${hidden}`);
    assert.ok(answer.closed);
    assert.ok(!answer.text.includes('zoe_edge'), answer.text);
  }
});

test('a body that is too large is refused before it is sent', async () => {
  const answer = await raw(post('Expect: 100-continue', 'Content-Length: 99999999'));
  assert.deepEqual(answer.statuses, [413]);
  assert.ok(answer.closed);
  const small = await raw(post('Expect: 100-continue', 'Content-Length: 2'));
  assert.deepEqual(small.statuses, [100]);
});

test('the edge is still there', async () => {
  assert.equal((await set.api('GET', '/live')).status, 200);
  assert.match((await set.expect(200, 'GET', '/metrics')).text, /^zoe_edge_malformed_requests_total [1-9]/m);
});
