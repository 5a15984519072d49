// Keys of access tokens over HTTP: what is published, rotation under load, both algorithms, and tokens that somebody else made.
import assert from 'node:assert/strict';
import { createHmac, createPublicKey, sign, verify } from 'node:crypto';
import { after, before, test } from 'node:test';
import { sleep, startSet, until } from './lib.mjs';

let set;

before(async () => {
  set = await startSet({ env: { ZOE_ACCESS_SECONDS: '3600' } });
});
after(() => set?.stop());

const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const json = (text) => JSON.parse(Buffer.from(text, 'base64url').toString());
const kidOf = (token) => json(token.split('.')[0]).kid;
const algOf = (token) => json(token.split('.')[0]).alg;
const me = async (token) => (await set.api('GET', '/v1/me', { token })).status;
const es256 = (text, key) => sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
const hs256 = (text, key) => createHmac('sha256', key).update(text).digest('base64url');

// The key that a token was signed with, from auth's own table.
async function keyOf(token) {
  const [pem, secret] = (await set.sql(`select private_pem || '|' || coalesce(encode(secret, 'hex'), '') from auth.signing_keys where kid = '${kidOf(token)}'`)).split('|');
  return pem || Buffer.from(secret, 'hex');
}

test('the public keys are published, and a token can be checked with them', async () => {
  const { access_token: token } = await set.login();
  const answer = await set.expect(200, 'GET', '/.well-known/jwks.json');
  const [key] = answer.body.keys;
  assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  assert.equal(key.kid, kidOf(token));
  const [head, claims, signature] = token.split('.');
  const publicKey = createPublicKey({ key, format: 'jwk' });
  assert.ok(verify('sha256', Buffer.from(`${head}.${claims}`), { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')));
  const again = await set.api('GET', '/.well-known/jwks.json', { headers: { 'If-None-Match': answer.headers.get('etag') } });
  assert.equal(again.status, 304);
  assert.doesNotMatch(answer.text, /PRIVATE|"d"/);
});

test('a rotation under load refuses nobody', async () => {
  const people = await Promise.all(Array.from({ length: 6 }, () => set.register()));
  const { access_token: root } = await set.login();
  const answers = new Map();
  let working = true;
  const note = (what, status) => answers.set(`${what} ${status}`, (answers.get(`${what} ${status}`) ?? 0) + 1);
  const loops = people.map(async (person) => {
    while (working) {
      const answer = await set.api('POST', '/v1/refresh', { body: { refresh_token: person.refresh_token } });
      note('refresh', answer.status);
      if (answer.status === 200) Object.assign(person, answer.body);
      note('me', await me(person.access_token));
      await sleep(10);
    }
  });
  const seen = [];
  for (let round = 0; round < 2; round++) {
    const { body } = await set.expect(200, 'POST', '/v1/admin/keys/rotate', { token: root });
    seen.push(body.kid);
    const published = (await set.expect(200, 'GET', '/.well-known/jwks.json')).body.keys.map(({ kid }) => kid);
    assert.equal(published[0], body.kid);
    await until(() => people.every((person) => kidOf(person.access_token) === body.kid), { ms: 20000, what: 'tokens of the new key' });
  }
  working = false;
  await Promise.all(loops);
  assert.deepEqual([...answers.keys()].sort(), ['me 200', 'refresh 200'], JSON.stringify([...answers]));
  assert.ok(answers.get('me 200') > 50);
});

test('an edge that does not know a key yet waits for it, and refuses what nobody knows', async () => {
  const { access_token: token } = await set.login();
  const [, claims] = token.split('.');
  const key = await keyOf(token);
  for (let round = 0; round < 5; round++) {
    // Everybody asks for keys that do not exist, so that the edge has just asked.
    const strangers = Array.from({ length: 10 }, (_, i) => me(`${part({ alg: 'ES256', kid: `no-${round}-${i}`, typ: 'JWT' })}.${claims}.${token.split('.')[2]}`));
    const kid = `late-${round}`;
    await set.sql(`insert into auth.signing_keys (kid, private_pem, public_pem, created_at) select '${kid}', private_pem, public_pem, now() - interval '1 hour' from auth.signing_keys where kid = '${kidOf(token)}'`);
    const text = `${part({ alg: 'ES256', kid, typ: 'JWT' })}.${claims}`;
    assert.equal(await me(`${text}.${es256(text, key)}`), 200);
    assert.deepEqual([...new Set(await Promise.all(strangers))], [401]);
  }
  await set.sql(`delete from auth.signing_keys where kid like 'late-%'`);
});

// Tokens that are signed with the right key, or nearly: only one of them may open anything.
async function attack(token) {
  const key = await keyOf(token);
  const [head, claims, signature] = token.split('.');
  const header = json(head);
  const body = json(claims);
  const other = header.alg === 'ES256' ? 'HS256' : 'ES256';
  const put = (h, c) => {
    const text = `${part(h)}.${part(c)}`;
    return `${text}.${header.alg === 'ES256' ? es256(text, key) : hs256(text, key)}`;
  };
  const confused = `${part({ ...header, alg: other })}.${claims}`;
  const pem = header.alg === 'ES256' ? createPublicKey(key).export({ type: 'spki', format: 'pem' }) : '';
  const now = Math.floor(Date.now() / 1000);
  assert.equal(await me(put(header, body)), 200, 'the control');
  const cases = {
    'none': `${part({ ...header, alg: 'none' })}.${claims}.`, 'none, with a signature': put({ ...header, alg: 'none' }, body), 'NONE': put({ ...header, alg: 'NONE' }, body),
    'no alg': put({ kid: header.kid, typ: 'JWT' }, body), 'the other algorithm': put({ ...header, alg: other }, body), 'lower case': put({ ...header, alg: header.alg.toLowerCase() }, body),
    'HS512': put({ ...header, alg: 'HS512' }, body), 'RS256': put({ ...header, alg: 'RS256' }, body),
    'the public key as a secret': `${confused}.${hs256(confused, pem)}`, 'the trimmed public key': `${confused}.${hs256(confused, pem.trim())}`, 'the name as a secret': `${confused}.${hs256(confused, header.kid)}`,
    'the empty secret': `${confused}.${createHmac('sha256', '').update(confused).digest('base64url')}`,
    'no kid': put({ alg: header.alg, typ: 'JWT' }, body), 'a kid as a path': put({ ...header, kid: '../../../dev/null' }, body), 'a kid as SQL': put({ ...header, kid: "x' union select 'aaa'--" }, body),
    'a kid as a command': put({ ...header, kid: 'k;touch /x' }, body), 'a kid as a number': put({ ...header, kid: 1 }, body), 'a kid as a list': put({ ...header, kid: [header.kid] }, body),
    'jku': put({ ...header, jku: 'http://127.0.0.1:9/' }, body), 'x5u': put({ ...header, x5u: 'file:///etc/passwd' }, body), 'jwk': put({ ...header, jwk: { kty: 'oct', k: 'AAAA' } }, body),
    'crit': put({ ...header, crit: ['exp'] }, body), 'b64': put({ ...header, b64: false }, body), 'zip': put({ ...header, zip: 'DEF' }, body), 'cty': put({ ...header, cty: 'JWT' }, body),
    'alg twice': put(`{"alg":"none","alg":"${header.alg}","kid":"${header.kid}","typ":"JWT"}`, body), 'kid twice': put(`{"alg":"${header.alg}","kid":"x","kid":"${header.kid}","typ":"JWT"}`, body),
    'sub twice': put(header, JSON.stringify(body).replace('{', `{"sub":"${body.sub}",`)), 'typ of another kind': put({ ...header, typ: 'at+jwt' }, body), 'no typ': put({ alg: header.alg, kid: header.kid }, body),
    'expired': put(header, { ...body, exp: now - 1 }), 'no exp': put(header, { ...body, exp: undefined }), 'exp as text': put(header, { ...body, exp: String(body.exp) }), 'exp as a fraction': put(header, { ...body, exp: body.exp + 0.5 }),
    'exp beyond 2^63': put(header, JSON.stringify(body).replace(/"exp":\d+/, '"exp":9223372036854775808')), 'exp 1e400': put(header, JSON.stringify(body).replace(/"exp":\d+/, '"exp":1e400')), 'exp null': put(header, { ...body, exp: null }),
    'not yet': put(header, { ...body, nbf: now + 3600 }), 'nbf as text': put(header, { ...body, nbf: '0' }), 'issued tomorrow': put(header, { ...body, iat: now + 86400 }),
    'a playback token': put(header, { ...body, use: 'play' }), 'no use': put(header, { ...body, use: undefined }), 'another issuer': put(header, { ...body, iss: 'else' }),
    'another dialect': put(header, { ...body, aud: 'videoflix_hls' }), 'a list of dialects': put(header, { ...body, aud: ['v1'] }), 'no dialect': put(header, { ...body, aud: undefined }),
    'sub as a number': put(header, { ...body, sub: Number(body.sub) }), 'sub as SQL': put(header, { ...body, sub: '1 or 1=1' }), 'sub below zero': put(header, { ...body, sub: '-1' }), 'sub with zeros': put(header, { ...body, sub: `0${body.sub}` }),
    'sub with a NUL': put(header, { ...body, sub: `${body.sub}\0x` }), 'roles without bounds': put(header, { ...body, roles: 1e6 }), 'roles as text': put(header, { ...body, roles: '3' }),
    'claims as a list': put(header, [body]), 'claims twice': put(header, `${JSON.stringify(body)}{}`), 'a BOM': put(header, `\ufeff${JSON.stringify(body)}`), 'deep claims': put(header, `{"a":${'['.repeat(2000)}`),
    'huge claims': put(header, { ...body, more: 'x'.repeat(7000) }), 'a huge kid': put({ ...header, kid: 'A'.repeat(5000) }, body),
    'two parts': `${head}.${claims}`, 'no signature': `${head}.${claims}.`, 'four parts': `${token}.${signature}`, 'five parts': `${token}.${signature}.x`, 'padded': `${token}=`, 'a letter more': `${token}A`, 'a letter less': token.slice(0, -1),
    'other claims': `${head}.${part({ ...body, sub: String(Number(body.sub) + 1) })}.${signature}`, 'a truncated signature': `${head}.${claims}.${signature.slice(0, 40)}`, 'zeros': `${head}.${claims}.${Buffer.alloc(64).toString('base64url')}`,
  };
  const opened = [];
  for (const [name, changed] of Object.entries(cases)) {
    if (changed === token) continue;
    const status = await me(changed);
    if (![401, 431, 400].includes(status)) opened.push(`${name}: ${status}`);
  }
  assert.deepEqual(opened, []);
  return Object.keys(cases).length;
}

test('tokens of ES256 that are changed in any way open nothing', async () => {
  const { access_token: token } = await set.login();
  assert.equal(algOf(token), 'ES256');
  assert.ok((await attack(token)) > 60);
});

test('from ES256 to HS256 and back, and nobody is logged out', async () => {
  const ann = await set.register();
  const restart = async (env) => {
    await set.halt();
    Object.assign(set.env, env);
    await set.start();
  };
  const fresh = (alg) => until(async () => {
    const { access_token: token } = await set.login(ann.email, ann.password);
    return algOf(token) === alg && token;
  }, { ms: 20000, every: 500, what: `a token of ${alg}` });
  await restart({ ZOE_TOKEN_ALGORITHM: 'HS256' });
  assert.equal(await me(ann.access_token), 200);
  const secret = await fresh('HS256');
  assert.equal(await me(secret), 200);
  assert.equal(await me(ann.access_token), 200);
  const { text } = await set.expect(200, 'GET', '/.well-known/jwks.json');
  assert.doesNotMatch(text, /HS256|oct|"k"/);
  assert.ok((await attack(secret)) > 60);
  await restart({ ZOE_TOKEN_ALGORITHM: 'ES256' });
  const back = await fresh('ES256');
  for (const token of [ann.access_token, secret, back]) assert.equal(await me(token), 200);
  assert.equal((await set.api('POST', '/v1/refresh', { body: { refresh_token: ann.refresh_token } })).status, 200);
});

test('a playback token is no login', async () => {
  const { access_token: token } = await set.login();
  const [, claims] = token.split('.');
  const secret = Buffer.from(await set.sql(`select encode(value, 'hex') from auth.secrets where name = 'playback'`), 'hex');
  const body = json(claims);
  for (const use of ['play', 'access']) {
    const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iss: 'zoetrope', use, sub: body.sub, sid: body.sid, tid: 1, ast: 'x', iat: body.iat, exp: body.exp, aud: 'v1', roles: 3 })}`;
    const played = `${text}.${hs256(text, secret)}`;
    assert.equal(await me(played), 401);
    assert.equal((await set.api('GET', `/play/${played}/master.m3u8`)).status, use === 'play' ? 404 : 403);
  }
});
