// Contract tests of a dialect: every documented answer of every row has its case. contract_table.mjs prints them as one table.
import assert from 'node:assert/strict';
import { createHmac, sign } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { documented } from './contract_rows.mjs';
import { until } from './lib.mjs';
import { lines, summary } from './contract_table.mjs';

/** Whether a case is one of a documented line: the path part by part, the text where one is told. */
function belongs([method, path, status, text], { asked, status: got, text: said }) {
  const parts = path.split('/');
  const place = asked.path.split('?')[0].split('/');
  return method === asked.method && status === got && said.includes(text) && parts.length === place.length &&
    parts.every((part, at) => (part.startsWith('<') ? (part !== '<id>' || /^\w+$/.test(place[at])) && place[at] : part === place[at]));
}

/**
 * row(name, body) makes a test; `body` gets is(what, answer, status, expected): `expected` is the body as an object (compared to the
 * letter, keys in order), as text, or a function that looks at (body, answer). After all of them every line of the dialect's documents
 * must have had a case; not so when only some tests were asked for (--test-name-pattern).
 */
export function contract(dialect) {
  const rows = [];
  after(() => {
    const cases = rows.flatMap((row) => row.cases.map((one) => ({ ...one, good: row.good })));
    const found = documented[dialect].map((line) => {
      const own = cases.filter((one) => belongs(line, one));
      return { dialect, line, cases: own.length, good: own.length > 0 && own.every(({ good }) => good) };
    });
    found.push(...rows.map(({ name, good, cases: own }) => ({ dialect, test: name, cases: own.length, good })));
    if (process.env.ZOE_TEST_CONTRACT) appendFileSync(process.env.ZOE_TEST_CONTRACT, found.map((one) => `${JSON.stringify(one)}\n`).join(''));
    else console.log(`${lines(found).join('\n')}\n${summary(found)}`);
    const skipped = found.filter(({ line, cases: count }) => line && !count).map(({ line }) => line.join(' '));
    if (!skipped.length || process.execArgv.some((one) => one.startsWith('--test-name-pattern'))) return;
    console.error(`${dialect}: without a case: ${skipped.join(', ')}`);
    // An error here would keep later hooks from stopping the set.
    process.on('exit', () => (process.exitCode = 1));
  });
  return function row(name, body) {
    test(`${dialect}: ${name}`, async () => {
      const entry = { name, cases: [], good: false };
      rows.push(entry);
      await body((what, answer, status, expected) => {
        entry.cases.push(answer);
        assert.equal(answer.status, status, `${name}, ${what}: ${answer.text}`);
        if (typeof expected === 'function') expected(answer.body, answer);
        else if (expected !== undefined) assert.equal(answer.text, typeof expected === 'string' ? expected : JSON.stringify(expected), `${name}, ${what}`);
        return answer;
      });
      entry.good = true;
    });
  };
}

/** The claims of a JWT. */
export const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());

/** The same token with other claims, signed with the set's own key: what the set would have made in other circumstances. */
export async function mint(set, token, change) {
  const head = JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString());
  const key = await set.sql(`select private_pem from auth.signing_keys where kid = '${head.kid}'`);
  const text = [head, { ...claims(token), ...change }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** Claims of a token that has run out. */
export const expired = () => ({ iat: Math.floor(Date.now() / 1000) - 7200, exp: Math.floor(Date.now() / 1000) - 1 });

/** Cookies that an answer sets: {name: [value, attributes in order]}. */
export const cookies = (answer) => Object.fromEntries(answer.headers.getSetCookie().map((line) => {
  const [pair, ...attributes] = line.split('; ');
  const at = pair.indexOf('=');
  return [pair.slice(0, at), [pair.slice(at + 1), attributes.join('; ')]];
}));

/** A Cookie header of such cookies. */
export const jar = (set) => ({ Cookie: Object.entries(set).map(([name, [value]]) => `${name}=${value}`).join('; ') });

/** The newest letter of a kind to an address: {text, subject}, soft line ends joined. */
export function letter(set, email, subject) {
  return until(() => set.mails().reverse().map(({ text }) => text.replaceAll(/=\r?\n/g, '').replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))))
    .find((text) => text.includes(`<${email}>`) && text.includes(`Subject: ${subject}`)), { what: `a mail "${subject}" to ${email}` });
}

/** A code of an authenticator app (RFC 6238), `step` half minutes from now. */
export function totp(secret, step = 0) {
  const bits = [...secret].map((one) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0')).join('');
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + step));
  const mac = createHmac('sha1', Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)))).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

/** Switches the second factor of an account on, through v1; the app's secret. */
export async function secondFactor(set, email, password) {
  const { access_token: token } = await set.login(email, password);
  const { secret } = (await set.expect(200, 'POST', '/v1/me/two-factor', { token, body: { password } })).body;
  await set.expect(200, 'POST', '/v1/me/two-factor/confirm', { token, body: { code: totp(secret, -1) } });
  return secret;
}

/** Bodies that are none: [what, body, headers]. */
export const malformed = [
  ['broken JSON', '{"email":', { 'Content-Type': 'application/json' }],
  ['a list', '[]', { 'Content-Type': 'application/json' }],
  ['a number', '5', { 'Content-Type': 'application/json' }],
  ['a text', 'x=y', { 'Content-Type': 'text/plain' }],
];
