// The published suites against the real edge: JSON, tokens, raw requests, naughty strings. Skipped without the corpus.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { corpus, startSet, wellFormed } from './lib.mjs';

const vectors = corpus && join(corpus, 'E_vectors');
const options = { skip: !vectors || !existsSync(vectors) ? 'no corpus' : false };
let set;
let admin;
let title;

before(async () => {
  if (options.skip) return;
  set = await startSet({ env: { ZOE_ACCESS_SECONDS: '3600' } });
  admin = (await set.login()).access_token;
  title = await set.createTitle(admin);
});
after(() => set?.stop());

test('JSONTestSuite: what is no JSON is 400, nothing is 500', options, async () => {
  const folder = join(vectors, 'json/JSONTestSuite/test_parsing');
  const wrong = [];
  let count = 0;
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    const body = readFileSync(join(folder, name));
    const answer = await set.api('PATCH', `/v1/titles/${title.id}`, { token: admin, body, headers: { 'Content-Type': 'application/json' } });
    count++;
    const syntax = answer.status === 400 && !answer.body.errors && /JSON/.test(answer.body.detail);
    // A good value is seldom a good title: then the complaint is about its fields, not about its syntax.
    const bad = answer.status >= 500 || (name.startsWith('n_') && answer.status !== 400) || (name.startsWith('y_') && syntax);
    if (bad) wrong.push(`${name}: ${answer.status} ${answer.text.slice(0, 200)}`);
  }
  assert.ok(count > 300);
  // jansson refuses NUL in texts and numbers it cannot hold, which no field of ours takes anyway.
  const known = /^y_(object_escaped_null_in_key|string_null_escape|number_.*|object_extreme_numbers|object_duplicated_key.*)\.json/;
  assert.deepEqual(wrong.filter((line) => !known.test(line)), []);
});

test('tokens of others open nothing, whatever they claim', options, async () => {
  const { tests } = JSON.parse(readFileSync(join(vectors, 'jwt/jwt-attack-samples.json'), 'utf8'));
  assert.ok(tests.length > 80);
  const opened = [];
  for (const { name, token } of tests) {
    // What no header line can carry cannot be sent.
    const sent = token.replace(/[^\x21-\x7e]/g, '');
    const answer = await set.api('GET', '/v1/me', { headers: { Authorization: `Bearer ${sent}` } }).catch((error) => ({ status: 400, error }));
    if (![400, 401, 431].includes(answer.status)) opened.push(`${name}: ${answer.status}`);
    const played = await set.api('GET', `/play/${encodeURIComponent(sent).slice(0, 8000) || 'x'}/master.m3u8`).catch(() => ({ status: 400 }));
    if (![400, 403, 404, 414].includes(played.status)) opened.push(`${name}: played with ${played.status}`);
  }
  assert.deepEqual(opened, []);
});

test('a good token that is changed in any way opens nothing', options, async () => {
  const [head, claims, signature] = admin.split('.');
  const json = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());
  const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const header = json(head);
  const body = json(claims);
  const { pem } = JSON.parse((await set.zoectl('ask', 'auth_keys', '{}')).stdout).keys[0];
  const { createHmac } = await import('node:crypto');
  const hmac = (text, key) => createHmac('sha256', key).update(text).digest('base64url');
  const confused = `${part({ ...header, alg: 'HS256' })}.${claims}`;
  const changed = {
    'none': `${part({ ...header, alg: 'none' })}.${claims}.`, 'None with its signature': `${part({ ...header, alg: 'None' })}.${claims}.${signature}`,
    'the public key as a secret': `${confused}.${hmac(confused, pem)}`, 'the trimmed public key as a secret': `${confused}.${hmac(confused, pem.trim())}`,
    'another user': `${head}.${part({ ...body, sub: '2' })}.${signature}`, 'other roles': `${head}.${part({ ...body, roles: 3, exp: body.exp + 1 })}.${signature}`,
    'another kid': `${part({ ...header, kid: 'x' })}.${claims}.${signature}`, 'a kid that is a path': `${part({ ...header, kid: '../../dev/null' })}.${claims}.${signature}`,
    'a key in the header': `${part({ ...header, jwk: {}, jku: 'http://127.0.0.1/' })}.${claims}.${signature}`,
    'no signature': `${head}.${claims}.`, 'two parts': `${head}.${claims}`, 'four parts': `${admin}.${signature}`, 'padding': `${admin}=`,
    'standard letters': `${head}.${claims}.${signature.replaceAll('-', '+').replaceAll('_', '/')}=`, 'zeros': `${head}.${claims}.${Buffer.alloc(64).toString('base64url')}`,
    'a signature in DER': `${head}.${claims}.${Buffer.concat([Buffer.from([0x30, 0x44, 2, 32]), Buffer.alloc(32, 1), Buffer.from([2, 32]), Buffer.alloc(32, 1)]).toString('base64url')}`,
  };
  assert.equal((await set.api('GET', '/v1/me', { token: admin })).status, 200);
  for (const [name, token] of Object.entries(changed)) assert.equal((await set.api('GET', '/v1/me', { token })).status, 401, name);
});

function raw(bytes) {
  return new Promise((resolve) => {
    const socket = connect(set.port, '127.0.0.1');
    let text = '';
    const timer = setTimeout(() => socket.destroy(), 400);
    socket.on('data', (data) => (text += data.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    socket.write(bytes);
  });
}

// The files hold their escapes as text, and their line ends mean nothing.
function unescape(text) {
  return Buffer.from(text.replace(/\r?\n/g, '').replace(/\\(r|n|t|0|\\|x[0-9a-fA-F]{2})/g, (_, code) =>
    ({ r: '\r', n: '\n', t: '\t', 0: '\0', '\\': '\\' })[code] ?? String.fromCharCode(parseInt(code.slice(1), 16))), 'latin1');
}

test('gunicorn requests: invalid ones are refused or left waiting, none breaks the edge', options, async () => {
  const served = [];
  for (const kind of ['invalid', 'valid']) {
    const folder = join(vectors, 'http/gunicorn-requests', kind);
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.http'))) {
      const answer = await raw(unescape(readFileSync(join(folder, name), 'latin1')));
      assert.ok(!/^HTTP\/1\.1 50[0234]/m.test(answer), `${kind}/${name}: ${answer.slice(0, 200)}`);
      if (kind === 'invalid' && /^HTTP\/1\.1 [23]/m.test(answer)) served.push(name);
    }
  }
  // gunicorn's own limit of a header's length, not a fault of form.
  assert.deepEqual(served.filter((name) => name !== 'limit_header_default_01.http'), []);
  assert.equal((await set.api('GET', '/live')).status, 200);
});

test('naughty strings come back as they went', options, async () => {
  const strings = JSON.parse(readFileSync(join(vectors, 'strings/blns.json'), 'utf8'));
  for (const text of strings) {
    const answer = await set.api('PATCH', `/v1/titles/${title.id}`, { token: admin, body: { title: text, description: text } });
    const bytes = Buffer.byteLength(text);
    // Content takes no title of blanks alone, in any alphabet.
    const blank = /^[\p{White_Space}\p{Cf}\p{Cc}]*$/u.test(text);
    if (blank) assert.ok([200, 400].includes(answer.status), `${JSON.stringify(text)}: ${answer.text}`);
    else if (bytes <= 200 && wellFormed(text)) {
      assert.equal(answer.status, 200, `${JSON.stringify(text)}: ${answer.text}`);
      assert.equal(answer.body.title, text);
    } else
      assert.equal(answer.status, 400, `${JSON.stringify(text)}: ${answer.text}`);
    const listed = await set.api('GET', `/v1/titles?category=${encodeURIComponent(Buffer.from(text).toString())}`);
    assert.ok([200, 400].includes(listed.status), `${JSON.stringify(text)}: ${listed.status}`);
    const login = await set.api('POST', '/v1/login', { body: { email: text, password: text } });
    assert.ok([400, 401].includes(login.status), `${JSON.stringify(text)}: ${login.status}`);
  }
});
