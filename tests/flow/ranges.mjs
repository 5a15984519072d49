// What RFC 9110 asks of whoever sends a file in parts, and readers that are slow.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { sleep, until } from './lib.mjs';

/** Asks for `bytes` at `path` in every way. */
export async function checkRanges(set, path, bytes) {
  const ask = async (headers = {}, method = 'GET') => {
    const answer = await fetch(set.base + path, { method, headers });
    return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
  };
  const whole = await ask();
  assert.equal(whole.status, 200);
  assert.ok(whole.body.equals(bytes), 'the same bytes');
  assert.equal(whole.headers.get('accept-ranges'), 'bytes');
  const tag = whole.headers.get('etag');
  const n = bytes.length;
  for (const [range, from, to] of [
    ['bytes=0-0', 0, 1], ['bytes=100-', 100, n], ['bytes=-1000', n - 1000, n], [`bytes=${n - 5}-${n + 500}`, n - 5, n], [`bytes=-${n * 2}`, 0, n],
    [`bytes=${(1 << 20) - 3}-${(3 << 20) + 5}`, (1 << 20) - 3, (3 << 20) + 6], [`bytes=${33 << 20}-${34 << 20}`, 33 << 20, (34 << 20) + 1],
  ]) {
    const part = await ask({ Range: range });
    assert.equal(part.status, 206, range);
    assert.equal(part.headers.get('content-range'), `bytes ${from}-${to - 1}/${n}`);
    assert.equal(part.headers.get('content-length'), String(to - from));
    assert.ok(part.body.equals(bytes.subarray(from, to)), range);
  }
  for (const range of [`bytes=${n}-`, 'bytes=-0']) {
    const none = await ask({ Range: range });
    assert.equal(none.status, 416, range);
    assert.equal(none.headers.get('content-range'), `bytes */${n}`);
  }
  assert.equal((await ask({ Range: 'bytes=0-9', 'If-Range': tag })).status, 206);
  assert.equal((await ask({ Range: 'bytes=0-9', 'If-Range': '"another"' })).status, 200);
  assert.equal((await ask({ 'If-None-Match': tag })).status, 304);
  const head = await ask({}, 'HEAD');
  assert.deepEqual([head.status, head.headers.get('content-length'), head.body.length], [200, String(n), 0]);
}

const memory = (set) => Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${set.pid('zoe-edge')}/status`, 'utf8'))[1]) * 1024;

/** Clients that ask and read no more than the beginning: what the edge's memory grows by, in bytes, and how many were not served. */
export async function slowReaders(set, path, count, live) {
  const before = memory(set);
  let served = 0;
  const sockets = Array.from({ length: count }, () => {
    const socket = connect({ port: set.port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.once('data', (data) => {
      served += /^HTTP\/1.1 200/.test(data.toString('latin1'));
      socket.pause();
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    return socket;
  });
  let most = 0;
  for (let turn = 0; turn < 15 || (served < count && turn < 100); turn++) {
    await sleep(100);
    most = Math.max(most, memory(set) - before);
  }
  await live();
  for (const socket of sockets) socket.destroy();
  await until(async () => (await fetch(`${set.base}/ready`)).ok, { what: 'the edge' });
  return { grown: most, refused: count - served };
}
