// What the stories need around a set: front ends on origins of their own, TLS before the API, and a certificate for both.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../flow/lib.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** A self-signed certificate: {key, cert} */
export function certificate() {
  const folder = mkdtempSync(join(tmpdir(), 'zoe-test-cert-'));
  try {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
      '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', join(folder, 'key'), '-out', join(folder, 'cert')], { stdio: 'ignore' });
    return { key: readFileSync(join(folder, 'key')), cert: readFileSync(join(folder, 'cert')) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function listening(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: server.address().port, stop: () => (server.closeAllConnections(), server.close()) };
}

/** Serves one client program; every path is its one page. `config` is what the page knows of the API. {port, config, stop()} */
export async function front(name, tls) {
  const place = { config: {} };
  const answer = (req, res) => {
    const path = new URL(req.url, 'http://x').pathname;
    const send = (type, body) => res.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
    if (path === '/config.js') send('text/javascript', `window.config = ${JSON.stringify(place.config)};`);
    else if (path === '/client.js') send('text/javascript', readFileSync(join(here, `${name}.js`)));
    else if (path === '/hls.min.js') send('text/javascript', readFileSync(join(root, 'tests/node_modules/hls.js/dist/hls.min.js')));
    else send('text/html', readFileSync(join(here, 'index.html')));
  };
  return Object.assign(place, await listening(tls ? createTlsServer(tls, answer) : createServer(answer)));
}

/** TLS before a port, as a front proxy: it tells the client's address and that TLS was there. {port, stop()} */
export function tlsProxy(tls, port) {
  return listening(createTlsServer(tls, (req, res) => {
    const onward = request({ host: '127.0.0.1', port, method: req.method, path: req.url, headers: { ...req.headers, 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' } }, (answer) => {
      res.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(res);
    });
    onward.on('error', () => res.destroy());
    res.on('close', () => onward.destroy());
    req.pipe(onward);
  }));
}
