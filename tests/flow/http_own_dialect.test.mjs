// "Bring your own API": dialects/kino.def is a seventh dialect, a table and nothing else. Its edge is the usual one with
// that table compiled in; all other programs are those of everybody.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const built = resolve(root, process.env.ZOE_BUILD || 'build');
const folder = mkdtempSync(join(tmpdir(), 'zoe-own-'));
let set;
let email;
const password = 'a fine password';

// The supervisor starts what lies beside it.
for (const name of readdirSync(built).filter((one) => /^(zoe-|zoectl)/.test(one) && statSync(join(built, one)).isFile())) {
  if (name === 'zoe-supervise') copyFileSync(join(built, name), join(folder, name));
  else if (name !== 'zoe-edge') symlinkSync(join(built, name), join(folder, name === 'zoe-edge-example' ? 'zoe-edge' : name));
}
process.env.ZOE_BUILD = folder;

before(async () => {
  const { startSet } = await import('./lib.mjs');
  set = await startSet({ env: { ZOE_DIALECTS: 'v1,veeplay,videoapp,videoflix_hls,videoflix_s3,streamify,kino' } });
  ({ email } = await set.register());
});
after(async () => {
  await set?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const login = async () => (await set.expect(200, 'POST', '/kino/anmelden', { body: { adresse: ` ${email} `, kennwort: password } })).body;
const is = (answer, status, body) => assert.deepEqual([answer.status, answer.body], [status, body]);

test('it logs in with accounts of v1, in its own words', async () => {
  assert.ok(existsSync(join(folder, 'zoe-edge')));
  const { zugang, name, seit } = await login();
  assert.match(zugang, /^[\w-]+\.[\w-]+\.[\w-]+$/);
  assert.deepEqual([name, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?$/.test(seit)], ['Some One', true]);
  const form = { body: new URLSearchParams({ adresse: email, kennwort: password }).toString(), headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
  await set.expect(200, 'POST', '/kino/anmelden', form);
  is(await set.api('POST', '/kino/anmelden', { body: { kennwort: 'x' } }), 422, { fehler: 'Die Adresse fehlt.', code: 'adresse' });
  is(await set.api('POST', '/kino/anmelden', { body: { adresse: email, kennwort: 'wrong' } }), 403, { fehler: 'Adresse oder Kennwort stimmt nicht.', code: 'falsch' });
  is(await set.api('GET', '/kino/merkliste'), 401, { fehler: 'Bitte anmelden.', code: 'anmelden' });
  is(await set.api('GET', '/kino/merkliste', { token: 'a.b.c' }), 401, { fehler: 'Die Anmeldung gilt nicht mehr.', code: 'abgelaufen' });
  is(await set.api('DELETE', '/kino/filme'), 405, { fehler: 'DELETE geht hier nicht.', code: 'methode' });
  is(await set.api('GET', '/kino/nichts'), 404, { fehler: 'Das gibt es nicht.', code: 'fehlt' });
  await set.expect(204, 'POST', '/kino/abmelden', { token: zugang });
});

test('it shows films, marks them and keeps positions', async () => {
  const { until } = await import('./lib.mjs');
  const { zugang: token } = await login();
  const admin = (await set.login()).access_token;
  const film = await set.createTitle(admin, 'Der Zug', { year: 1895, genres: ['Kurzfilm', 'Drama'], description: 'Ein Zug kommt an.' });
  const { anzahl, filme } = (await set.expect(200, 'GET', '/kino/filme')).body;
  assert.deepEqual([anzahl, filme], [1, [{ nr: film.id, titel: 'Der Zug', jahr: 1895, genres: 'Kurzfilm, Drama', bild: null, art: 'Film' }]]);
  is(await set.api('GET', '/kino/filme?genre=Western'), 200, { anzahl: 0, filme: [] });
  const one = (await set.expect(200, 'GET', `/kino/filme/${film.id}`)).body;
  assert.deepEqual([one.nr, one.inhalt, one.bereit], [film.id, 'Ein Zug kommt an.', 'none']);
  assert.match(one.ansehen, /^http:\/\/127\.0\.0\.1:\d+\/stream\/[\w.-]+\/master\.m3u8$/);
  is(await set.api('GET', '/kino/filme/987654'), 404, { fehler: 'Das gibt es nicht.', code: 'fehlt' });
  await until(async () => (await set.api('PUT', `/kino/merkliste/${film.id}`, { token })).status === 200, { what: 'history to know the title' });
  is(await set.api('PUT', `/kino/merkliste/${film.id}`, { token }), 200, { gemerkt: true, nummern: [film.id] });
  assert.deepEqual((await set.expect(200, 'GET', '/kino/merkliste', { token })).body.map(({ nr, titel }) => [nr, titel]), [[film.id, 'Der Zug']]);
  is(await set.api('POST', '/kino/stelle', { token, body: { nr: film.id, sekunde: 12.5 } }), 200, { nr: film.id, sekunde: 12.5 });
});

test('it is described as every other, and the others are as ever', async () => {
  const { body } = await set.expect(200, 'GET', '/openapi.json?dialect=kino');
  assert.deepEqual(Object.keys(body.paths), ['/kino/anmelden', '/kino/abmelden', '/kino/filme', '/kino/filme/{nr}', '/kino/merkliste/{nr}', '/kino/merkliste', '/kino/stelle']);
  assert.deepEqual(body.paths['/kino/anmelden'].post.requestBody.content['application/json'].schema.required, ['adresse', 'kennwort']);
  assert.match((await set.expect(200, 'GET', '/docs?dialect=kino')).text, /front end, in German words/);
  const { zugang } = await login();
  await set.expect(200, 'GET', '/v1/me', { token: zugang });
  await set.expect(401, 'GET', '/auth/me', { token: zugang });
  await set.expect(200, 'GET', '/v1/titles');
});
