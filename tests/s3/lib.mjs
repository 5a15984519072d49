// A real S3 server for the tests, and a proxy before it that makes trouble.
import { execFile } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../flow/lib.mjs';

const here = dirname(fileURLToPath(import.meta.url));
export const KEYS = { ZOE_MEDIA_KEY: 'testaccesskey', ZOE_MEDIA_SECRET: 'testsecretkey0123456789' };

export function run(program, args, env = process.env) {
  return new Promise((resolve) => {
    execFile(program, args, { env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => resolve({ status: error ? error.code ?? -1 : 0, stdout, stderr }));
  });
}

/** Ceph's gateway: {endpoint, stop}. ZOE_TEST_S3 names one that runs already. */
export async function startGateway() {
  if (process.env.ZOE_TEST_S3) return { endpoint: process.env.ZOE_TEST_S3, stop: async () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'zoe-rgw-'));
  const port = await freePort();
  const script = join(here, 'radosgw.sh');
  const { status, stdout, stderr } = await run('bash', [script, 'start', folder, String(port)]);
  if (status) throw new Error(`radosgw: ${stdout}${stderr}`);
  return { endpoint: stdout.trim().split(' ')[0], stop: () => run('bash', [script, 'wipe', folder]) };
}

/** Swift's s3api, the second opinion: {endpoint, keys, stop}. */
export async function startSwift() {
  const folder = mkdtempSync(join(tmpdir(), 'zoe-swift-'));
  // Four ports in a row, and one that nobody listens on.
  const port = 28000 + (process.pid % 600) * 5;
  const script = join(here, 'swift.sh');
  const { status, stdout, stderr } = await run('bash', [script, 'start', folder, String(port)]);
  if (status) throw new Error(`swift: ${stdout}${stderr}`);
  const [endpoint, key, secret] = stdout.trim().split(' ');
  return { endpoint, keys: { ZOE_MEDIA_KEY: key, ZOE_MEDIA_SECRET: secret }, stop: () => run('bash', [script, 'stop', folder]) };
}

const mac = (key, text) => createHmac('sha256', key).update(text).digest();
export const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** The headers of a signed request, written apart from the programs' own signing; `content` is the body's SHA-256. */
export function signedHeaders(endpoint, method, path, { query = '', content = hash(''), keys = KEYS } = {}) {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${date.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const names = 'host;x-amz-content-sha256;x-amz-date';
  const canonical = [method, path, query, `host:${new URL(endpoint).host}`, `x-amz-content-sha256:${content}`, `x-amz-date:${date}`, '', names, content].join('\n');
  const key = [date.slice(0, 8), 'us-east-1', 's3', 'aws4_request'].reduce(mac, `AWS4${keys.ZOE_MEDIA_SECRET}`);
  const signature = mac(key, ['AWS4-HMAC-SHA256', date, scope, hash(canonical)].join('\n')).toString('hex');
  return { 'x-amz-content-sha256': content, 'x-amz-date': date, Authorization: `AWS4-HMAC-SHA256 Credential=${keys.ZOE_MEDIA_KEY}/${scope}, SignedHeaders=${names}, Signature=${signature}` };
}

/** One signed request: {status, headers, text}. */
export async function s3(endpoint, method, path, { query = '', body = '', keys = KEYS } = {}) {
  const headers = signedHeaders(endpoint, method, path, { query, content: hash(body), keys });
  const answer = await fetch(`${endpoint}${path}${query ? `?${query}` : ''}`, { method, body: body || undefined, headers });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** An address that anybody may use for ten minutes, signed apart from the programs. */
export function signedAddress(endpoint, method, path) {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${date.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(`${KEYS.ZOE_MEDIA_KEY}/${scope}`)}&X-Amz-Date=${date}&X-Amz-Expires=600&X-Amz-SignedHeaders=host`;
  const canonical = [method, path, query, `host:${new URL(endpoint).host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  const key = [date.slice(0, 8), 'us-east-1', 's3', 'aws4_request'].reduce(mac, `AWS4${KEYS.ZOE_MEDIA_SECRET}`);
  return `${endpoint}${path}?${query}&X-Amz-Signature=${mac(key, ['AWS4-HMAC-SHA256', date, scope, hash(canonical)].join('\n')).toString('hex')}`;
}

let buckets = 0;
/** A fresh bucket: its ZOE_MEDIA_URL, by way of `through` when that is given. */
export async function bucket(gateway, { through = gateway.endpoint, prefix = '', style = 'path' } = {}) {
  const name = `zoe-${process.pid}-${Date.now()}-${buckets++}`;
  const { status, text } = await s3(gateway.endpoint, 'PUT', `/${name}`, { keys: gateway.keys });
  if (status !== 200) throw new Error(`bucket: ${status} ${text}`);
  return { name, url: `s3://${name}${prefix}?endpoint=${encodeURIComponent(through)}&region=us-east-1&style=${style}` };
}

/** Keys in a bucket. */
export async function keys(gateway, name) {
  const { text } = await s3(gateway.endpoint, 'GET', `/${name}`, { query: 'list-type=2' });
  return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key);
}

/** Uploads in parts that were begun and neither completed nor aborted. */
export async function unfinished(gateway, name) {
  const { text } = await s3(gateway.endpoint, 'GET', `/${name}`, { query: 'uploads=' });
  return [...text.matchAll(/<UploadId>([^<]*)<\/UploadId>/g)].map(([, id]) => id);
}

/**
 * Stops when the test `t` ends. A proxy that spoils requests before it lets them through: `spoil(number)` names the trouble of the n-th request, or
 * nothing. busy: 503 with SlowDown; broken: 500; cut: no answer; half: half an answer; lost: done, but no answer; mute: nothing at all, and the
 * connection stays; late: done, and answered after 25 s. Trouble passes, unless it is `lasting`.
 */
export async function startProxy(t, target, spoil, { lasting = false } = {}) {
  const { hostname, port } = new URL(target);
  const seen = { requests: 0, spoiled: {} };
  const before = new Set();
  const server = createServer((incoming, outgoing) => {
    // Never the same request twice in a row.
    const which = `${incoming.method} ${incoming.url}`;
    const trouble = before.delete(which) ? undefined : spoil(seen.requests++, incoming);
    if (trouble && !lasting) before.add(which);
    if (trouble) seen.spoiled[trouble] = (seen.spoiled[trouble] ?? 0) + 1;
    const refuse = (status, code) => {
      outgoing.writeHead(status, { 'Content-Type': 'application/xml', Connection: 'close' });
      outgoing.end(incoming.method === 'HEAD' ? undefined : `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
    };
    if (trouble === 'busy' || trouble === 'broken') {
      incoming.resume().on('end', () => (trouble === 'busy' ? refuse(503, 'SlowDown') : refuse(500, 'InternalError')));
      return;
    }
    if (trouble === 'mute') {
      incoming.resume();
      return;
    }
    if (trouble === 'cut') {
      incoming.once('data', () => incoming.socket.destroy()).once('end', () => incoming.socket.destroy());
      return;
    }
    const onward = request({ hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
        const body = Buffer.concat(chunks);
        if (trouble === 'late') {
          setTimeout(() => outgoing.writeHead(answer.statusCode, answer.headers).end(body), 25000).unref();
          return;
        }
        if (trouble === 'lost') {
          incoming.socket.destroy();
          return;
        }
        outgoing.writeHead(answer.statusCode, answer.headers);
        if (trouble === 'half' && body.length) {
          outgoing.write(body.subarray(0, body.length >> 1), () => incoming.socket.destroy());
          return;
        }
        outgoing.end(body);
      });
    });
    onward.on('error', () => incoming.socket.destroy());
    incoming.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { endpoint: `http://127.0.0.1:${server.address().port}`, seen };
}
