// v1 as a client meets it: problems, bodies, paths, caches, origins, logins.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { root, startSet, until } from './lib.mjs';

const ORIGIN = 'http://localhost:4200';
let set;
let admin;
let viewer;
let title;

before(async () => {
  set = await startSet();
  admin = (await set.login()).access_token;
  viewer = (await set.register()).access_token;
  title = await set.createTitle(admin, 'One');
});
after(() => set?.stop());

const create = (body, headers = { 'Content-Type': 'application/json' }) => set.api('POST', '/v1/titles', { token: admin, body, headers });

test('what is wrong with a body is told, with the field', async () => {
  const cases = [
    ['{', '', 400], ['', '', 400], ['[]', '', 400], ['"x"', '', 400], ['{"title":"x"}x', '', 400], ['{"title":"a","title":"b"}', '', 400],
    ['{"title":"a\\u0000b"}', undefined, 400], ['\ufeff{"title":"a"}', '', 400], [`${'['.repeat(5000)}`, '', 400],
    [`{"title":${'['.repeat(100)}${']'.repeat(100)}}`, '', 400],
    ['{}', '/title', 400], ['{"title":5}', '/title', 400], ['{"title":""}', '/title', 400], ['{"title":null}', '/title', 400],
    [JSON.stringify({ title: 'x'.repeat(201) }), '/title', 400], ['{"title":"x","kind":"film"}', '/kind', 400], ['{"title":"x","more":1}', '/more', 400],
    ['{"title":"x","id":1}', '/id', 400], [Buffer.from('{"title":"\xff\xfe"}', 'latin1'), undefined, 400],
    [Buffer.from('{"title":"\xed\xa0\x80"}', 'latin1'), undefined, 400],
  ];
  for (const [body, pointer, status] of cases) {
    const answer = await create(body);
    assert.equal(answer.status, status, `${body}: ${answer.text}`);
    assert.match(answer.headers.get('content-type'), /^application\/problem\+json/);
    assert.equal(answer.body.status, status);
    assert.match(answer.body.type, /^\/problems\/[a-z-]+$/);
    for (const member of ['title', 'detail', 'instance']) assert.equal(typeof answer.body[member], 'string');
    if (pointer) assert.equal(answer.body.errors[0].pointer, pointer, answer.text);
  }
  const { status, body } = await set.api('PUT', `/v1/history/${title.id}`, { token: viewer, body: { position: 'x' } });
  assert.equal(status, 400);
  assert.equal(body.errors[0].pointer, '/position');
});

test('other content types are 415, too much is 413', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'multipart/form-data; boundary=x'])
    assert.equal((await create('{"title":"x"}', { 'Content-Type': type })).status, 415, type);
  assert.equal((await create('{"title":"Typed"}', { 'Content-Type': 'application/json; charset=utf-8' })).status, 201);
  // A title's body may carry pictures, a person's may not.
  assert.equal((await set.api('POST', '/v1/persons', { token: admin, body: { name: 'x', biography: 'x'.repeat(300_000) } })).status, 413);
  assert.equal((await create(JSON.stringify({ title: 'x', description: 'x'.repeat(300_000) }))).status, 400);
  const stream = new ReadableStream({ start(controller) {
    for (let i = 0; i < 400; i++) controller.enqueue(new Uint8Array(1024).fill(32));
    controller.close();
  } });
  const answer = await fetch(`${set.base}/v1/persons`, { method: 'POST', duplex: 'half', body: stream, headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' } });
  assert.equal(answer.status, 413, 'also in chunks');
});

test('paths and methods are exact', async () => {
  for (const path of ['/v1', '/v1/titles/', '/v1//titles', `/v1/titles/${title.id}x`, '/v1/titles/%31', '/V1/titles', '/nothing', '/v1/titles/99999999999999999999'])
    assert.equal((await set.api('GET', path)).status, 404, path);
  const answer = await set.api('PUT', `/v1/titles/${title.id}`, { token: admin, body: {} });
  assert.equal(answer.status, 405);
  assert.deepEqual(answer.headers.get('allow').split(', ').sort(), ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH']);
  const head = await set.api('HEAD', `/v1/titles/${title.id}`);
  assert.equal(head.status, 200);
  assert.equal(head.text, '');
  assert.ok(Number(head.headers.get('content-length')) > 0);
  for (const query of ['limit=0', 'limit=101', 'limit=x', 'limit=%31%00', 'limit=%zz', 'kind=film', 'cursor=%ff', 'cursor=nonsense'])
    assert.equal((await set.api('GET', `/v1/titles?${query}`)).status, 400, query);
});

// Every route of the table, so that a new one cannot forget it.
test('a parameter that no route takes is refused by its name', async () => {
  const table = readFileSync(join(root, 'http_edge/dialects/v1.def'), 'utf8');
  const routes = [...table.matchAll(/^(?:ROUTE|NATIVE)\((\w+), "([^"]+)"/gm)].map(([, method, path]) => [method, `/v1${path.replace('{language}', 'en').replace(/\{\w+(:int)?\}/g, '1')}`]);
  assert.ok(routes.length > 100);
  for (const [method, path] of routes.filter(([method]) => method !== 'OPTIONS')) {
    const headers = path.endsWith('/picture') ? { 'Content-Type': 'image/png' } : { 'Tus-Resumable': '1.0.0' };
    const answer = await set.api(method, `${path}?limit=1&genr=Drama`, { token: admin, headers });
    assert.equal(answer.status, 400, `${method} ${path}: ${answer.text}`);
    if (method === 'HEAD') continue;
    assert.match(answer.body.errors[0].pointer, /^#?\/(limit|genr)$/, `${method} ${path}`);
    const other = await set.api(method, `${path}?g%C3%A9nr=Drama`, { token: admin, headers });
    assert.equal(other.status, 400, `${method} ${path}: ${other.text}`);
  }
  for (const name of ['%ff', '%00', '%', '', 'x'.repeat(5000)]) assert.equal((await set.api('GET', `/v1/titles?${name}=1`)).status, 400, name);
  const one = await set.api('GET', '/v1/titles?genr=Drama');
  assert.equal(one.body.detail, 'genr is not known.');
  assert.equal((await set.api('GET', '/content?genr=Drama')).status, 200, 'the other APIs take what comes, as theirs did');
});

test('every answer carries what keeps browsers safe', async () => {
  for (const path of ['/live', '/v1/titles', '/v1/me', '/nothing', '/console/']) {
    const { headers } = await set.api('GET', path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(headers.get('referrer-policy'), 'no-referrer', path);
  }
  assert.equal((await set.api('GET', '/v1/me', { token: viewer })).headers.get('cache-control'), 'no-store');
  assert.match((await set.api('GET', '/console/')).headers.get('content-security-policy'), /default-src 'self'/);
  assert.equal((await set.api('GET', '/', { headers: { Accept: 'text/html' } })).status, 302);
});

test('an account is made with exactly what is promised', async () => {
  const { status, body } = await set.api('POST', '/v1/register', { body: { email: 'exact@example.test', password: 'a fine password', name: 'E' } });
  assert.equal(status, 201);
  assert.deepEqual(Object.keys(body), ['account']);
  for (const key of ['id', 'email', 'name', 'roles', 'verified']) assert.ok(key in body.account, key);
  assert.equal((await set.api('POST', '/v1/activate', { body: { token: 'nonsense' } })).status, 400);
});

test('a trace goes through', async () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const answer = await set.api('GET', '/v1/me', { token: viewer, headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` } });
  assert.equal(answer.headers.get('x-request-id'), trace);
  assert.match(answer.headers.get('traceresponse'), new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
  await until(() => set.logs().split('\n').some((line) => line.includes(`trace=${trace}`) && line.includes('route=/v1/me')), { what: 'the trace in the log' });
  const other = await set.api('GET', '/v1/me', { token: viewer, headers: { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` } });
  assert.match(other.headers.get('x-request-id'), /^(?!0{32})[0-9a-f]{32}$/);
});

test('reads are revalidated, and writers see their own writes', async () => {
  const made = await set.createTitle(admin, 'Cached');
  const path = `/v1/titles/${made.id}`;
  const first = await set.expect(200, 'GET', path);
  const etag = first.headers.get('etag');
  assert.equal(first.headers.get('cache-control'), 'no-cache');
  const same = await set.api('GET', path, { headers: { 'If-None-Match': `"x", W/${etag}` } });
  assert.equal(same.status, 304);
  assert.equal(same.text, '');
  for (let round = 0; round < 20; round++) {
    await set.expect(200, 'PATCH', path, { token: admin, body: { title: `Round ${round}` } });
    for (let again = 0; again < 4; again++)
      assert.equal((await set.expect(200, 'GET', path, { headers: { Connection: again % 2 ? 'close' : 'keep-alive' } })).body.title, `Round ${round}`);
  }
  assert.equal((await set.api('GET', path, { headers: { 'If-None-Match': etag } })).status, 200);
  await set.expect(204, 'DELETE', path, { token: admin });
  assert.equal((await set.api('GET', path)).status, 404);
});

test('listed origins may call with credentials, others may not', async () => {
  for (const path of ['/v1/titles', '/v1/me', `/v1/titles/${title.id}`]) {
    for (let twice = 0; twice < 2; twice++) {
      const { headers } = await set.api('GET', path, { headers: { Origin: ORIGIN } });
      assert.equal(headers.get('access-control-allow-origin'), ORIGIN);
      assert.equal(headers.get('access-control-allow-credentials'), 'true');
      assert.match(headers.get('vary'), /Origin/);
      assert.equal((await set.api('GET', path, { headers: { Origin: 'http://evil.test' } })).headers.get('access-control-allow-origin'), null);
    }
  }
  const preflight = await set.api('OPTIONS', '/v1/titles', { headers: { Origin: ORIGIN, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' } });
  assert.equal(preflight.status, 204);
  assert.match(preflight.headers.get('access-control-allow-methods'), /POST/);
  assert.match(preflight.headers.get('access-control-allow-headers'), /Content-Type/);
  const other = await set.api('OPTIONS', '/v1/titles', { headers: { Origin: 'null', 'Access-Control-Request-Method': 'POST' } });
  assert.equal(other.headers.get('access-control-allow-origin'), null);
});

test('logins are bearers, exactly', async () => {
  const ok = ['Bearer ', 'bearer ', 'BEARER '];
  for (const scheme of ok) assert.equal((await set.api('GET', '/v1/me', { headers: { Authorization: scheme + viewer } })).status, 200, scheme);
  for (const value of [viewer, `Bearer  ${viewer}`, `Bearer\t${viewer}`, `Bearer ${viewer} x`, `Basic ${viewer}`, 'Bearer', 'Bearer x', `Token ${viewer}`, `Bearer ${viewer}=`, `Bearer ${viewer.slice(0, -1)}`, `Bearer ${'x'.repeat(9000)}`]) {
    const answer = await set.api('GET', '/v1/me', { headers: { Authorization: value } });
    assert.equal(answer.status, 401, value.slice(0, 40));
    assert.equal(answer.headers.get('www-authenticate'), 'Bearer error="invalid_token"');
  }
  const none = await set.api('GET', '/v1/me');
  assert.equal(none.headers.get('www-authenticate'), 'Bearer');
  assert.equal((await set.api('GET', '/v1/me', { headers: { Cookie: `access_token=${viewer}` } })).status, 401, 'v1 takes no cookies');
  const forbidden = await set.api('POST', '/v1/titles', { token: viewer, body: { title: 'x' } });
  assert.equal(forbidden.status, 403);
});

test('who may call: nobody without a login, with a wrong one, or with too few rights', async () => {
  const routes = [
    ['POST', '/v1/logout', 'user'], ['GET', '/v1/me', 'user'], ['POST', '/v1/titles', 'admin'], ['PATCH', '/v1/titles/1', 'admin'], ['DELETE', '/v1/titles/1', 'admin'],
    ['GET', '/v1/titles/1/events', 'user'], ['POST', '/v1/titles/1/playback', 'user'], ['POST', '/v1/uploads', 'admin'], ['HEAD', '/v1/uploads/x', 'user'],
    ['PATCH', '/v1/uploads/x', 'user'], ['DELETE', '/v1/uploads/x', 'user'], ['PUT', '/v1/history/1', 'user'], ['GET', '/v1/history', 'user'],
    ['GET', '/api/video/', 'user'], ['GET', '/api/video/1/720p/index.m3u8', 'user'], ['GET', '/api/video/1/720p/segment_000.ts/', 'user'],
  ];
  for (const [method, path, who] of routes) {
    assert.equal((await set.api(method, path)).status, 401, `${method} ${path}`);
    assert.equal((await set.api(method, path, { token: 'a.b.c' })).status, 401, `${method} ${path}`);
    if (who === 'admin') assert.equal((await set.api(method, path, { token: viewer })).status, 403, `${method} ${path}`);
  }
});

test('a closed catalogue asks for a login', async () => {
  const closed = await startSet({ env: { ZOE_PUBLIC_CATALOGUE: 'off' } });
  try {
    assert.equal((await closed.api('GET', '/v1/titles')).status, 401);
    const { access_token: token } = await closed.login();
    const made = await closed.createTitle(token);
    assert.equal((await closed.api('GET', `/v1/titles/${made.id}`)).status, 401);
    const shown = await closed.expect(200, 'GET', `/v1/titles/${made.id}`, { token });
    assert.equal(shown.headers.get('cache-control'), 'no-store');
    assert.equal((await closed.api('GET', `/v1/titles/${made.id}`)).status, 401, 'the cache gives nothing away');
  } finally {
    await closed.stop();
  }
});

test('the state of the set is told', async () => {
  const ready = await set.expect(200, 'GET', '/ready');
  assert.deepEqual(ready.body.services, { auth: true, content: true, history: true, mail: true, transcode: true });
  const { text } = await set.expect(200, 'GET', '/metrics');
  assert.match(text, /zoe_edge_request_seconds_count\{method="GET",route="\/v1\/titles\/\{id:int\}",status="2xx"\} \d+/);
  assert.match(text, /zoe_broker_workers\{service="auth",lane="HEAVY"\} 1/);
  set.kill('zoe-mail', 'SIGSTOP');
  try {
    const gone = await until(async () => {
      const answer = await set.api('GET', '/ready');
      return answer.status === 503 && answer;
    }, { what: 'the edge to see that mail is silent' });
    assert.equal(gone.body.services.mail, false);
    assert.equal(gone.headers.get('retry-after'), '1');
    assert.equal((await set.api('GET', '/live')).status, 200);
  } finally {
    set.kill('zoe-mail', 'SIGCONT');
  }
  await until(async () => (await set.api('GET', '/ready')).status === 200, { what: 'mail to be back' });
});

test('no secret is in the log', async () => {
  const logs = set.logs();
  assert.ok(!logs.includes(viewer) && !logs.includes(admin));
  assert.ok(!logs.includes(set.admin.password));
  assert.match(logs, /route=\/v1\/titles\/\{id:int\}/);
});
