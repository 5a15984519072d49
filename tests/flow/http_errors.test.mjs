// Errors of every route that the edge lists, in its dialect's own words: wrong methods, wrong slashes, preflights, malformed bodies.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cookies, malformed } from './contract.mjs';
import { routesOf, startSet } from './lib.mjs';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const DJANGO = ['videoflix_hls', 'videoflix_s3'];
const front = 'http://localhost:4200';
/** Whether a refusal has the form that the clients of a dialect read. */
const words = {
  house: ({ type, detail }) => type && detail, v1: ({ type, title, status, detail }) => type && title && status && detail, veeplay: ({ message, error }) => message && error,
  videoapp: (body) => Object.keys(body).join() === 'error', streamify: ({ success, message, error }) => success === false && message && error,
  videoflix_hls: (body) => Object.keys(body).length > 0 && !body.type, videoflix_s3: (body) => Object.keys(body).length > 0 && !body.type,
};

let set;
let routes;
let tokens;
const paths = new Map();

before(async () => {
  set = await startSet({ env: { ZOE_ACCESS_SECONDS: '3600' } });
  routes = routesOf(set.env);
  for (const route of routes) {
    const place = route.path.replaceAll(/\{\w+(:int)?\}/g, (_, number) => (number ? '7' : 'x'));
    paths.set(place, [...(paths.get(place) ?? []), route]);
  }
  const { email, password } = set.admin;
  const login = async (path, name) => set.expect(200, 'POST', path, { body: { [name]: email, password } });
  tokens = {
    v1: (await set.login()).access_token, veeplay: (await login('/login', 'email')).body.access_token, videoapp: (await login('/auth/login', 'email')).body.token,
    streamify: (await login('/login', 'username')).body.token, videoflix_hls: cookies(await login('/api/login/', 'email')).access_token[0],
    videoflix_s3: cookies(await login('/users/login/', 'email')).vf_access[0],
  };
});
after(() => set?.stop());

const inOrder = (methods) => ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'].filter((one) => methods.has(one)).join(', ');

/** What a path takes: its routes' methods, HEAD beside GET, OPTIONS. */
function taken(own) {
  const methods = new Set(own.map(({ method }) => method));
  if (methods.has('GET')) methods.add('HEAD');
  return methods.add('OPTIONS');
}

test('a method that a path does not take is 405, with Allow, in the words of the path', async () => {
  const wrong = [];
  let count = 0;
  for (const [path, own] of paths)
    for (const method of METHODS.filter((one) => !taken(own).has(one))) {
      const dialects = [...new Set(own.map(({ dialect }) => dialect))];
      // Django asks who it is before it looks what is wanted.
      const closed = DJANGO.includes(own[0].dialect) && own[0].who !== 'anyone';
      const stranger = closed && (await set.api(method, path));
      if (stranger && stranger.status !== 401) wrong.push(`${method} ${path}: ${stranger.status} without a login`);
      const answer = await set.api(method, path, { token: closed ? tokens[own[0].dialect] : undefined, body: method === 'GET' ? undefined : '{"a":1}' });
      count++;
      if (answer.status !== 405 || answer.headers.get('allow') !== inOrder(taken(own)) || !dialects.some((dialect) => words[dialect](answer.body)))
        wrong.push(`${method} ${path}: ${answer.status} ${answer.headers.get('allow')} ${answer.text.slice(0, 80)}`);
    }
  assert.ok(count > 300, `${count}`);
  assert.deepEqual(wrong, []);
});

test('slashes are those of the family: Flask knows no other form, Django sends on', async () => {
  const wrong = [];
  for (const [path, [{ dialect }]] of paths) {
    if (path === '/') continue;
    const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
    if (paths.has(other)) continue;
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await set.api(method, `${other}?a=b`);
      // /play and /console have parts of any name; index.m3u8/ is a segment of that name.
      const good = DJANGO.includes(dialect) && path.endsWith('/') ? answer.status === 301 && answer.headers.get('location') === `${path}?a=b`
        : [404, 401, 405].includes(answer.status) && (answer.status === 404 || /\/(index\.m3u8|x|master\.m3u8)\/?$/.test(path));
      if (!good) wrong.push(`${method} ${other}: ${answer.status} ${answer.headers.get('location')}`);
    }
  }
  assert.deepEqual(wrong, []);
});

// A page must be able to read the 405 of a method that a path does not take.
const EVERY_METHOD = 'GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS';

test('a preflight of a listed page is answered for every path, for another page it allows nothing', async () => {
  const wrong = [];
  for (const [path, own] of paths) {
    const ask = (origin) => set.api('OPTIONS', path, { headers: { Origin: origin, 'Access-Control-Request-Method': own[0].method, 'Access-Control-Request-Headers': 'authorization,content-type,x-csrftoken,x-retry' } });
    const listed = await ask(front);
    const told = (name) => listed.headers.get(`access-control-allow-${name}`);
    const allowed = told('headers')?.toLowerCase().split(', ') ?? [];
    if (listed.status !== 204 || told('origin') !== front || told('credentials') !== 'true' || told('methods') !== EVERY_METHOD || listed.headers.get('vary') !== 'Origin' ||
      ['authorization', 'content-type', 'x-csrftoken', 'x-retry'].some((name) => !allowed.includes(name))) wrong.push(`${path}: ${listed.status} ${told('methods')}`);
    const { headers } = await ask('http://evil.test');
    if (['origin', 'credentials', 'methods', 'headers'].some((name) => headers.get(`access-control-allow-${name}`))) wrong.push(`${path} for another page`);
  }
  assert.deepEqual(wrong, []);
});

test('every answer varies by Origin, and only a listed one may read it', async () => {
  const wrong = [];
  for (const [path, [{ method }]] of paths) {
    // Those two are the same for every page, and readable for none but our own.
    if (method !== 'GET' || path.endsWith('/events') || path === '/live' || path.startsWith('/console')) continue;
    for (const origin of [undefined, front, 'http://evil.test', 'null']) {
      const { headers } = await set.api('GET', path, { headers: origin ? { Origin: origin } : {} });
      if (!headers.get('vary')?.includes('Origin') || headers.get('access-control-allow-origin') !== (origin === front ? front : null)) wrong.push(`${path} for ${origin}: ${headers.get('vary')}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('malformed bodies are refused in the words of the dialect, and never end in 5xx', async () => {
  const wrong = [];
  let count = 0;
  const bodies = [...malformed, ['null', 'null', malformed[0][2]], ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), malformed[0][2]],
    ['deep', '['.repeat(5000), malformed[0][2]], ['a member twice', '{"email":"a","email":{"b":[]},"title":[],"id":{},"items":5}', malformed[0][2]]];
  // A logout reads no body; uploads and pictures take any bytes.
  const deaf = /logout|\/uploads|\/me\/picture|\/subtitles\//;
  for (const { method, path, dialect, who } of routes) {
    if (!['POST', 'PUT', 'PATCH'].includes(method) || dialect === 'house' || deaf.test(path)) continue;
    const place = path.replaceAll(/\{\w+(:int)?\}/g, (_, number) => (number ? '999999' : 'x'));
    for (const [what, body, headers] of bodies) {
      const answer = await set.api(method, place, { body, token: who === 'anyone' ? undefined : tokens[dialect], headers: { ...headers, 'If-Match': '*' } });
      count++;
      const refused = answer.status >= 400 && answer.status < 500;
      const dialects = paths.get(path)?.map((one) => one.dialect) ?? [dialect];
      if (answer.status >= 500 || (refused && !dialects.some((one) => words[one](answer.body)))) wrong.push(`${method} ${place} ${what}: ${answer.status} ${answer.text.slice(0, 100)}`);
    }
  }
  assert.ok(count > 300, `${count}`);
  assert.deepEqual(wrong, []);
});

test('HEAD is GET without its body', async () => {
  const wrong = [];
  for (const [path, own] of paths) {
    const route = own.find(({ method }) => method === 'GET');
    if (!route || path.endsWith('/events')) continue;
    const ask = (method) => set.api(method, path, { token: tokens[route.dialect] });
    const [whole, head] = [await ask('GET'), await ask('HEAD')];
    if (head.status !== whole.status || head.text || head.headers.get('content-type') !== whole.headers.get('content-type')) wrong.push(`${path}: ${whole.status} ${head.status} ${head.text.slice(0, 40)}`);
  }
  assert.deepEqual(wrong, []);
});

const doors = {
  v1: ['/v1/login', 'email'], veeplay: ['/login', 'email'], videoapp: ['/auth/login', 'email'], videoflix_hls: ['/api/login/', 'email'],
  videoflix_s3: ['/users/login/', 'email'], streamify: ['/login', 'username'],
};

test('too much is 413 in the words of the dialect', async () => {
  for (const [dialect, [path, name]] of Object.entries(doors)) {
    const answer = await set.api('POST', path, { body: { [name]: 'x'.repeat(600000), password: 'x' } });
    // Below the megabyte that is read to its end; a path that two dialects claim is known by its body, which was not looked at.
    assert.ok(answer.status === 413 && (words[dialect](answer.body) || (path === '/login' && words.veeplay(answer.body))), `${dialect}: ${answer.status} ${answer.text}`);
  }
});

test('a service that does not answer is told in the words of the dialect: 503 with Retry-After, 502 for what may have been done', async () => {
  set.kill('zoe-auth', 'SIGSTOP');
  try {
    await Promise.all(Object.entries(doors).map(async ([dialect, [path, name]]) => {
      const answer = await set.api('POST', path, { body: { [name]: 'somebody@example.test', password: 'a fine password' } });
      assert.ok((answer.status === 502 || (answer.status === 503 && Number(answer.headers.get('retry-after')) > 0)) && words[dialect](answer.body), `${dialect}: ${answer.status} ${answer.text}`);
    }));
  } finally {
    set.kill('zoe-auth', 'SIGCONT');
  }
});
