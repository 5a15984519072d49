// A walk over all of /v1: each operation with a good answer, and with the refusals that need no special state. The same
// steps in the same order, so that what is answered can be compared with what was answered once.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { totp } from './contract.mjs';
import { root, until } from './lib.mjs';
import { signature } from './provider.mjs';

const NOBODY = 987654;
const PICTURE = readFileSync(join(root, 'http_edge/pictures/default.jpg'));
const TUS = { 'Tus-Resumable': '1.0.0' };

/** Fills /v1/titles/{id} from {id: 5}. */
export const fill = (template, params = {}) => template.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name] ?? NOBODY));

/** The head of an answer that does not end: a stream of events. */
export async function head(set, path, headers) {
  const stop = new AbortController();
  const answer = await fetch(set.base + path, { headers, signal: stop.signal });
  const told = { status: answer.status, headers: answer.headers, text: '', body: undefined };
  stop.abort();
  (await set.description()).check('GET', set.base + path, told);
  return told;
}

/** Walks; `told(operation, answer)` gets every answer, operation as "GET /v1/titles/{id}". Returns what later steps may need. */
export async function walkV1(set, bytes, told) {
  const admin = (await set.login()).access_token;
  const call = async (status, operation, { params, query = '', ...options } = {}) => {
    const [method, template] = operation.split(' ');
    const answer = await set.expect(status, method, fill(template, params) + query, options);
    told(operation, answer);
    return answer;
  };
  const password = 'a fine password';
  const email = 'walker@example.test';
  const linkOf = async (address, about) => {
    const mail = await set.mailTo(address, { what: `a mail about ${about}` });
    return mail.text.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=').match(/(?:token=|#\/\w+\/)([\w-]{20,})/)[1];
  };

  // --- accounts
  const { account } = (await call(201, 'POST /v1/register', { body: { email, password, name: 'Walker' } })).body;
  await call(400, 'POST /v1/register', { body: { email: 'none', password } });
  await call(202, 'POST /v1/activate/resend', { body: { email: 'nobody@example.test' } });
  await call(400, 'POST /v1/activate', { body: { token: 'x'.repeat(32) } });
  await call(200, 'POST /v1/activate', { body: { token: await linkOf(email, 'activation') } });
  let session = (await call(200, 'POST /v1/login', { body: { email, password } })).body;
  await call(401, 'POST /v1/login', { body: { email, password: 'wrong' } });
  await call(400, 'POST /v1/login', { body: { email, other: 1 } });
  session = (await call(200, 'POST /v1/refresh', { body: { refresh_token: session.refresh_token } })).body;
  await call(401, 'POST /v1/refresh', { body: { refresh_token: 'nonsense' } });
  let token = session.access_token;
  await call(200, 'GET /v1/me', { token });
  await call(401, 'GET /v1/me');
  await call(200, 'PATCH /v1/me', { token, body: { name: 'Walker the Second' } });
  await call(200, 'PUT /v1/me/picture', { token, body: PICTURE, headers: { 'Content-Type': 'image/jpeg' } });
  const pictured = (await call(200, 'GET /v1/me', { token })).body.account.picture_url;
  await call(200, 'GET /pictures/{name}', { params: { name: pictured.split('/').pop() } });
  await call(404, 'GET /pictures/{name}', { params: { name: 'nothing.jpg' } });
  await call(200, 'DELETE /v1/me/picture', { token });
  await call(204, 'POST /v1/me/password', { token, body: { current: password, password: 'another fine one' } });
  await call(403, 'POST /v1/me/password', { token, body: { current: password, password: 'another fine one' } });
  const other = (await call(200, 'POST /v1/login', { body: { email, password: 'another fine one' } })).body;
  const sessions = (await call(200, 'GET /v1/me/sessions', { token })).body.items;
  await call(204, 'DELETE /v1/me/sessions/{id}', { token, params: { id: sessions.find(({ current }) => !current).id } });
  await call(404, 'DELETE /v1/me/sessions/{id}', { token });
  await call(204, 'DELETE /v1/me/sessions', { token });
  const two = (await call(200, 'POST /v1/me/two-factor', { token, body: { password: 'another fine one' } })).body;
  await call(200, 'POST /v1/me/two-factor/confirm', { token, body: { code: totp(two.secret, -1) } });
  await call(409, 'POST /v1/me/two-factor', { token, body: { password: 'another fine one' } });
  await call(401, 'POST /v1/login', { body: { email, password: 'another fine one' } });
  const { codes } = (await call(200, 'POST /v1/me/recovery-codes', { token, body: { password: 'another fine one', code: totp(two.secret, 0) } })).body;
  await call(204, 'POST /v1/me/two-factor/off', { token, body: { password: 'another fine one', code: codes[0] } });
  await call(202, 'POST /v1/me/email', { token, body: { email: 'walked@example.test', password: 'another fine one' } });
  await call(403, 'POST /v1/me/email', { token, body: { email: 'walked@example.test', password: 'wrong' } });
  await call(202, 'POST /v1/forgot-password', { body: { email: 'nobody@example.test' } });
  await call(400, 'POST /v1/reset-password', { body: { token: 'x'.repeat(32), password } });

  // --- plans and payments
  const plan = (await call(201, 'POST /v1/admin/plans', { token: admin, body: { name: 'Free', price: 0, currency: 'EUR', interval: 'month' } })).body;
  await call(409, 'POST /v1/admin/plans', { token: admin, body: { name: 'Free', price: 0, currency: 'EUR', interval: 'month' } });
  await call(403, 'POST /v1/admin/plans', { token, body: {} });
  await call(200, 'GET /v1/plans');
  await call(200, 'GET /v1/admin/plans', { token: admin });
  await call(200, 'GET /v1/admin/plans/{id}', { token: admin, params: plan });
  await call(200, 'PATCH /v1/admin/plans/{id}', { token: admin, params: plan, body: { description: 'For nothing' } });
  await call(404, 'GET /v1/me/subscription', { token });
  await call(404, 'DELETE /v1/me/subscription', { token });
  await call(201, 'POST /v1/me/subscription', { token, body: { plan_id: plan.id } });
  await call(200, 'GET /v1/me/subscription', { token });
  await call(200, 'DELETE /v1/me/subscription', { token });
  await call(409, 'DELETE /v1/admin/plans/{id}', { token: admin, params: plan });
  await call(404, 'POST /v1/me/subscription', { token, body: { plan_id: NOBODY } });
  await call(200, 'GET /v1/me/payments', { token });
  const event = JSON.stringify({ id: 'evt_walk', object: 'event', type: 'ping', created: 1, data: { object: {} } });
  const signed = (mark) => ({ body: event, headers: { 'Content-Type': 'application/json', 'Stripe-Signature': mark } });
  await call(200, 'POST /v1/webhooks/payments', signed(signature(event)));
  await call(400, 'POST /v1/webhooks/payments', signed('t=1,v1=00'));
  await call(200, 'GET /v1/admin/payments', { token: admin });
  await call(201, 'POST /v1/admin/users/{id}/subscription', { token: admin, params: account, body: { plan_id: plan.id } });
  await call(200, 'GET /v1/admin/users/{id}/subscriptions', { token: admin, params: account });
  await call(204, 'DELETE /v1/admin/users/{id}/subscription', { token: admin, params: account });
  const spare = (await call(201, 'POST /v1/admin/plans', { token: admin, body: { name: 'Spare', price: 1, currency: 'EUR', interval: 'year' } })).body;
  await call(204, 'DELETE /v1/admin/plans/{id}', { token: admin, params: spare });

  // --- catalogue
  const made = (await call(201, 'POST /v1/titles', { token: admin, body: { title: 'A heist', kind: 'movie', description: 'Of gold.', year: 1999, genres: ['Crime'], categories: ['Drama'], keywords: ['gold'], rating: 7.5, language: 'en' } })).body;
  const twin = (await call(201, 'POST /v1/titles', { token: admin, body: { title: 'Another heist', kind: 'movie', description: 'Of gold, too.', year: 2001, genres: ['Crime'], categories: ['Drama'], keywords: ['gold'] } })).body;
  const gone = (await call(201, 'POST /v1/titles', { token: admin, body: { title: 'Short-lived' } })).body;
  await call(400, 'POST /v1/titles', { token: admin, body: { title: '' } });
  await call(403, 'POST /v1/titles', { token, body: { title: 'Mine' } });
  await call(200, 'PATCH /v1/titles/{id}', { token: admin, params: made, body: { year: 2000 }, headers: { 'If-Match': '*' } });
  await call(412, 'PATCH /v1/titles/{id}', { token: admin, params: made, body: { year: 2000 }, headers: { 'If-Match': '"1-0"' } });
  await call(412, 'DELETE /v1/titles/{id}', { token: admin, params: made, headers: { 'If-Match': '"1-0"' } });
  await call(204, 'DELETE /v1/titles/{id}', { token: admin, params: gone, headers: { 'If-Match': '*' } });
  await call(404, 'GET /v1/titles/{id}', { params: gone });
  await call(200, 'GET /v1/titles/{id}', { params: made });
  await call(200, 'GET /v1/titles');
  await call(400, 'GET /v1/titles', { query: '?limit=0' });
  await call(200, 'GET /v1/admin/titles', { token: admin });
  await call(200, 'GET /v1/admin/titles/{id}', { token: admin, params: made });
  await call(200, 'POST /v1/titles/bulk/change', { token: admin, body: { ids: [made.id, twin.id], language: 'de' } });
  const extra = (await call(201, 'POST /v1/titles', { token: admin, body: { title: 'To go' } })).body;
  await call(200, 'POST /v1/titles/bulk/delete', { token: admin, body: { ids: [extra.id] } });
  const person = (await call(201, 'POST /v1/persons', { token: admin, body: { name: 'Grace Example' } })).body;
  const idle = (await call(201, 'POST /v1/persons', { token: admin, body: { name: 'Idle Example' } })).body;
  await call(200, 'PATCH /v1/persons/{id}', { token: admin, params: person.person ?? person, body: { biography: 'She acts.' }, headers: { 'If-Match': '*' } });
  await call(204, 'DELETE /v1/persons/{id}', { token: admin, params: idle.person ?? idle });
  const who = (person.person ?? person).id;
  for (const title of [made, twin])
    await call(200, 'PUT /v1/titles/{id}/credits', { token: admin, params: title, body: { items: [{ person_id: who, kind: 'cast', role: 'The thief' }, { person_id: who, kind: 'crew', job: 'Director' }] } });
  await call(200, 'GET /v1/titles/{id}/credits', { params: made });
  await call(200, 'GET /v1/admin/titles/{id}/credits', { token: admin, params: made });
  await call(200, 'GET /v1/persons');
  await call(200, 'GET /v1/persons/{id}', { params: { id: who } });
  await call(404, 'GET /v1/persons/{id}');
  const series = (await call(201, 'POST /v1/titles', { token: admin, body: { title: 'A show', kind: 'series' } })).body;
  await call(201, 'POST /v1/titles/{id}/episodes', { token: admin, params: series, body: { season: 1, episode: 1, title: 'Pilot' } });
  await call(201, 'POST /v1/titles/{id}/episodes', { token: admin, params: series, body: { season: 2, episode: 1, title: 'Later' } });
  await call(409, 'POST /v1/titles/{id}/episodes', { token: admin, params: series, body: { season: 1, episode: 1, title: 'Pilot' } });
  await call(200, 'PUT /v1/titles/{id}/seasons/{season}', { token: admin, params: { ...series, season: 1 }, body: { title: 'The first' } });
  await call(204, 'DELETE /v1/titles/{id}/seasons/{season}', { token: admin, params: { ...series, season: 2 } });
  await call(200, 'GET /v1/titles/{id}/seasons', { params: series });
  await call(200, 'GET /v1/admin/titles/{id}/seasons', { token: admin, params: series });
  await until(async () => (await set.api('GET', `/v1/titles/${made.id}/similar`)).body.items?.length, { what: 'a similar title' });
  await call(200, 'GET /v1/titles/{id}/similar', { params: made, query: '?limit=1' });
  await call(200, 'GET /v1/home');
  await call(200, 'GET /v1/catalogue');
  await call(200, 'GET /v1/search', { query: '?q=heist' });
  await call(400, 'GET /v1/search');
  await call(200, 'GET /v1/search/suggest', { query: '?q=hei' });
  await call(200, 'GET /v1/genres');
  await call(200, 'GET /v1/categories');

  // --- a film
  await call(204, 'OPTIONS /v1/uploads');
  await call(409, 'POST /v1/titles/{id}/playback', { token, params: made });
  const metadata = `title_id ${btoa(String(made.id))},filename ${btoa('film.mp4')}`;
  const open = (length) => ({ token: admin, headers: { ...TUS, 'Upload-Length': String(length), 'Upload-Metadata': metadata } });
  const unfinished = (await call(201, 'POST /v1/uploads', { ...open(10), headers: { ...open(10).headers, 'Upload-Metadata': `title_id ${btoa(String(twin.id))},filename ${btoa('x.mp4')}` } })).headers.get('location').split('/').pop();
  await call(412, 'POST /v1/uploads', { token: admin });
  await call(204, 'OPTIONS /v1/uploads/{upload}', { params: { upload: unfinished } });
  await call(200, 'HEAD /v1/uploads/{upload}', { token: admin, params: { upload: unfinished }, headers: TUS });
  await call(204, 'DELETE /v1/uploads/{upload}', { token: admin, params: { upload: unfinished }, headers: TUS });
  const upload = (await call(201, 'POST /v1/uploads', open(bytes.length))).headers.get('location').split('/').pop();
  const patch = (offset) => ({ token: admin, params: { upload }, body: bytes, headers: { ...TUS, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' } });
  await call(409, 'PATCH /v1/uploads/{upload}', patch(1));
  await call(204, 'PATCH /v1/uploads/{upload}', patch(0));
  told('GET /v1/titles/{id}/events', await head(set, `/v1/titles/${made.id}/events`, { Authorization: `Bearer ${admin}` }));
  await set.waitReady(made.id);
  await call(200, 'GET /v1/titles/{id}', { params: made });
  await call(200, 'GET /v1/titles/{id}/poster.jpg', { params: made });
  await call(404, 'GET /v1/titles/{id}/poster.jpg', { params: twin });
  const offer = (await call(200, 'POST /v1/titles/{id}/playback', { token, params: made })).body;
  const play = offer.playlist_url.split('/')[2];
  const list = (await call(200, 'GET /play/{token}/master.m3u8', { params: { token: play } })).text;
  const rung = list.match(/^([^#\s/]+)\/index\.m3u8$/m)[1];
  const media = (await call(200, 'GET /play/{token}/{rung}/index.m3u8', { params: { token: play, rung } })).text;
  await call(200, 'GET /play/{token}/{rung}/{segment}', { params: { token: play, rung, segment: media.match(/^[^#\s]+$/m)[0] } });
  await call(200, 'GET /play/{token}/poster.jpg', { params: { token: play } });
  await call(403, 'GET /play/{token}/master.m3u8', { params: { token: 'a.b.c' } });
  await call(404, 'GET /play/{token}/{file}', { params: { token: play, file: 'nothing.vtt' } });
  await until(async () => (await set.api('GET', `/play/${play}/storyboard.vtt`)).status === 200, { ms: 30000, what: 'the storyboard' });
  await call(200, 'GET /play/{token}/{file}', { params: { token: play, file: 'storyboard.vtt' } });
  for (const which of ['poster', 'banner', 'thumbnail']) {
    const picture = { token: admin, params: made, headers: { 'Content-Type': 'image/jpeg' } };
    await call(200, `PUT /v1/titles/{id}/${which}`, { ...picture, body: PICTURE });
    await call(400, `PUT /v1/titles/{id}/${which}`, { ...picture, body: 'no picture' });
    await call(200, `DELETE /v1/titles/{id}/${which}`, { token: admin, params: made });
    await call(404, `DELETE /v1/titles/{id}/${which}`, { token: admin, params: { id: 999999 } });
  }
  const subtitles = { token: admin, params: { ...made, language: 'de' }, query: '?name=Deutsch' };
  await call(200, 'PUT /v1/titles/{id}/subtitles/{language}', { ...subtitles, body: 'WEBVTT\n\n00:00.000 --> 00:01.000\nHallo\n' });
  await call(400, 'PUT /v1/titles/{id}/subtitles/{language}', { ...subtitles, body: 'no lines at all' });
  await call(204, 'DELETE /v1/titles/{id}/subtitles/{language}', { token: admin, params: { ...made, language: 'de' } });
  const job = (await call(200, 'GET /v1/admin/jobs', { token: admin })).body.items[0];
  await call(200, 'GET /v1/admin/jobs/{id}', { token: admin, params: job });
  await call(404, 'GET /v1/admin/jobs/{id}', { token: admin });
  await jobs(set, admin, call, twin, bytes);

  // --- history
  await until(async () => (await set.api('PUT', `/v1/watchlist/${made.id}`, { token })).status === 200, { what: 'history to know the title' });
  await call(200, 'PUT /v1/history/{title_id}', { token, params: { title_id: made.id }, body: { position: 2.5 } });
  await call(400, 'PUT /v1/history/{title_id}', { token, params: { title_id: made.id }, body: { position: -1 } });
  await call(200, 'GET /v1/history', { token });
  await call(200, 'GET /v1/continue', { token });
  await call(200, 'GET /v1/titles/{title_id}/next', { token, params: { title_id: made.id } });
  await call(200, 'POST /v1/titles/{title_id}/view', { token, params: { title_id: made.id }, body: { seconds: 2 } });
  await call(200, 'PATCH /v1/history/settings', { token, body: { keep_days: 30 } });
  await call(200, 'GET /v1/history/settings', { token });
  for (const name of ['watchlist', 'favorites']) {
    await call(200, `PUT /v1/${name}/{title_id}`, { token, params: { title_id: made.id } });
    await call(404, `PUT /v1/${name}/{title_id}`, { token });
    await call(200, `GET /v1/${name}`, { token });
    if (name === 'favorites') await call(200, 'GET /v1/favorites/ids', { token });
    await call(200, `DELETE /v1/${name}/{title_id}`, { token, params: { title_id: made.id } });
  }
  await call(200, 'POST /v1/favorites/{title_id}/toggle', { token, params: { title_id: made.id } });
  await call(200, 'GET /v1/recommendations', { token });
  await call(200, 'GET /v1/popular');
  await call(200, 'GET /v1/me/export/history', { token });
  await call(200, 'GET /v1/me/export', { token });
  await call(204, 'DELETE /v1/history/{title_id}', { token, params: { title_id: made.id } });
  await call(204, 'DELETE /v1/history', { token });

  // --- notifications
  const preferences = (await call(200, 'GET /v1/notifications/preferences', { token })).body.items;
  await call(200, 'PUT /v1/notifications/preferences', { token, body: { items: [{ kind: preferences.at(-1).kind, way: preferences.at(-1).way }] } });
  await call(400, 'PUT /v1/notifications/preferences', { token, body: { items: [{ kind: 'nothing', way: 'mail' }] } });
  await until(async () => (await set.api('GET', '/v1/notifications', { token })).body.items.length, { what: 'a notification' });
  const [notice] = (await call(200, 'GET /v1/notifications', { token })).body.items;
  await call(200, 'GET /v1/notifications/unread', { token });
  await call(204, 'POST /v1/notifications/{id}/read', { token, params: notice });
  await call(404, 'POST /v1/notifications/{id}/read', { token });
  await call(204, 'POST /v1/notifications/read', { token });
  told('GET /v1/notifications/events', await head(set, '/v1/notifications/events', { Authorization: `Bearer ${token}` }));

  // --- administration
  await call(200, 'GET /v1/admin/users', { token: admin });
  await call(400, 'GET /v1/admin/users', { token: admin, query: '?state=none' });
  await call(403, 'GET /v1/admin/users', { token });
  await call(200, 'GET /v1/admin/users/{id}', { token: admin, params: account });
  await call(404, 'GET /v1/admin/users/{id}', { token: admin });
  await call(200, 'GET /v1/admin/users/{id}/sessions', { token: admin, params: account });
  await call(200, 'POST /v1/admin/users/{id}/promote', { token: admin, params: account });
  await call(200, 'POST /v1/admin/users/{id}/demote', { token: admin, params: account });
  await call(202, 'POST /v1/admin/users/{id}/reset', { token: admin, params: account });
  await call(200, 'POST /v1/admin/users/{id}/suspend', { token: admin, params: account, body: { reason: 'For a while' } });
  await call(200, 'POST /v1/admin/users/{id}/unsuspend', { token: admin, params: account });
  await call(204, 'DELETE /v1/admin/users/{id}/sessions', { token: admin, params: account });
  await call(200, 'GET /v1/admin/audit', { token: admin });
  await call(200, 'POST /v1/admin/keys/rotate', { token: admin });
  await call(200, 'GET /.well-known/jwks.json');
  await call(200, 'GET /v1/admin/mail', { token: admin });
  await letters(set, admin, call);
  await until(async () => (await set.api('POST', '/v1/login', { body: { email, password: 'another fine one' } })).status === 200, { what: 'a login' });
  token = (await call(200, 'POST /v1/login', { body: { email, password: 'another fine one' } })).body.access_token;
  await call(204, 'POST /v1/logout', { token });
  token = (await call(200, 'POST /v1/login', { body: { email, password: 'another fine one' } })).body.access_token;
  await call(403, 'POST /v1/me/delete', { token, body: { password: 'wrong' } });
  await call(204, 'POST /v1/me/delete', { token, body: { password: 'another fine one' } });
  const leaver = await set.register('leaver@example.test');
  await call(204, 'DELETE /v1/admin/users/{id}', { token: admin, params: leaver.account });
  await resetPassword(set, call, linkOf);
  return { admin, made, twin, series, play, rung, other };
}

// A film that is paused, cancelled and begun again.
async function jobs(set, admin, call, title, bytes) {
  const metadata = `title_id ${btoa(String(title.id))},filename ${btoa('film.mp4')}`;
  const place = (await set.expect(201, 'POST', '/v1/uploads', { token: admin, headers: { ...TUS, 'Upload-Length': String(bytes.length), 'Upload-Metadata': metadata } })).headers.get('location');
  await set.expect(204, 'PATCH', new URL(place, set.base).pathname, { token: admin, body: bytes, headers: { ...TUS, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' } });
  const job = await until(async () => (await set.api('GET', `/v1/admin/jobs?title_id=${title.id}`, { token: admin })).body.items[0], { what: 'the job' });
  await call(200, 'PATCH /v1/admin/jobs/{id}', { token: admin, params: job, body: { paused: true, priority: 1 } });
  await call(200, 'POST /v1/admin/jobs/{id}/cancel', { token: admin, params: job });
  await call(200, 'POST /v1/admin/jobs/{id}/retry', { token: admin, params: job });
  // The catalogue may still tell of the cancelled one.
  await until(async () => (await set.title(title.id)).processing_state === 'ready', { ms: 120000, what: 'the film that began again' });
  await call(409, 'POST /v1/admin/jobs/{id}/cancel', { token: admin, params: job });
  await call(409, 'POST /v1/admin/jobs/{id}/retry', { token: admin, params: job });
}

async function letters(set, admin, call) {
  const { items } = (await set.expect(200, 'GET', '/v1/admin/mail?state=sent', { token: admin })).body;
  const [first, second] = items;
  await call(200, 'GET /v1/admin/mail/{id}', { token: admin, params: first });
  await call(404, 'GET /v1/admin/mail/{id}', { token: admin });
  await call(409, 'POST /v1/admin/mail/{id}/retry', { token: admin, params: first });
  await set.sql(`update mail.letters set state = 'dead' where id = ${second.id}`);
  await call(200, 'POST /v1/admin/mail/{id}/retry', { token: admin, params: second });
  await call(204, 'DELETE /v1/admin/mail/{id}', { token: admin, params: first });
}

async function resetPassword(set, call, linkOf) {
  await set.register('forgetful@example.test');
  await call(202, 'POST /v1/forgot-password', { body: { email: 'forgetful@example.test' } });
  const mail = await until(() => set.mails().reverse().find(({ name, text }) => /forgetful@example\.test/.test(text) && /reset/i.test(name + text.split(/\r?\n\r?\n/)[0])), { what: 'the letter with the link' });
  const token = mail.text.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=').match(/token=([\w-]{20,})/)?.[1] ?? (await linkOf('forgetful@example.test', 'a new password'));
  await call(204, 'POST /v1/reset-password', { body: { token, password: 'a third fine one' } });
}
