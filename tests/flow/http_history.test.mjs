// Positions, going on, lists, habits and recommendations over HTTP.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSet, until } from './lib.mjs';

let set;
let admin;
let titles;

const put = (token, id, body) => set.api('PUT', `/v1/history/${id}`, { token, body });
const get = async (path, token) => (await set.expect(200, 'GET', path, { token })).body;

before(async () => {
  set = await startSet({ env: { ZOE_RECOMMEND_SECONDS: '1' } });
  admin = (await set.login()).access_token;
  titles = [];
  for (const name of ['One', 'Two', 'Three', 'Four']) titles.push((await set.createTitle(admin, name)).id);
  // Titles are learnt through the outbox.
  const first = await set.register();
  await until(async () => (await get('/v1/recommendations', first.access_token)).items.length === titles.length, { what: 'the titles to be known' });
});
after(() => set?.stop());

test('a position that comes late moves nothing back (history_record, history_list)', async () => {
  const { access_token: token } = await set.register();
  const at = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
  const kept = await put(token, titles[0], { position: 50, at: at(10) });
  assert.equal(kept.status, 200, kept.text);
  assert.equal(kept.body.recorded, true);
  const late = await put(token, titles[0], { position: 20, at: at(60) });
  assert.equal(late.body.position, 50);
  assert.equal((await get('/v1/history', token)).items[0].position, 50);
  assert.equal((await put(token, titles[0], { position: 30 })).body.position, 30);
  assert.equal((await put(token, titles[0], { position: 30, at: 'yesterday' })).status, 400);
  assert.equal((await put(token, titles[0], { position: -1 })).status, 400);
  // The episode that a series' player names is a title of its own.
  const episode = await put(token, titles[0], { position: 12, episode_id: titles[1] });
  assert.equal(episode.body.title_id, titles[1]);
  assert.deepEqual((await get('/v1/history', token)).items.map(({ title_id: id }) => id), [titles[1], titles[0]]);
});

test('going on, and forgetting (history_continue, history_next, history_clear)', async () => {
  const { access_token: token } = await set.register();
  await put(token, titles[0], { position: 5 });
  await put(token, titles[1], { position: 6 });
  const row = await get('/v1/continue', token);
  assert.deepEqual(row.items.map(({ title_id: id, position }) => [id, position]), [[titles[1], 6], [titles[0], 5]]);
  assert.equal(row.next, null);
  const next = await get(`/v1/titles/${titles[0]}/next`, token);
  assert.equal(next.title_id, titles[0]);
  assert.equal(next.position, 5);
  assert.equal((await set.api('GET', '/v1/titles/99999/next', { token })).status, 404);
  await set.expect(204, 'DELETE', `/v1/history/${titles[0]}`, { token });
  assert.deepEqual((await get('/v1/continue', token)).items.map(({ title_id: id }) => id), [titles[1]]);
  await set.expect(204, 'DELETE', '/v1/history', { token });
  assert.deepEqual((await get('/v1/history', token)).items, []);
});

test('recording can be paused (history_settings, history_settings_change)', async () => {
  const { access_token: token } = await set.register();
  assert.deepEqual(await get('/v1/history/settings', token), { paused: false, keep_days: null });
  const changed = await set.expect(200, 'PATCH', '/v1/history/settings', { token, body: { paused: true, keep_days: 30 } });
  assert.deepEqual(changed.body, { paused: true, keep_days: 30 });
  assert.equal((await put(token, titles[0], { position: 5 })).body.recorded, false);
  assert.deepEqual((await get('/v1/history', token)).items, []);
  await set.expect(200, 'PATCH', '/v1/history/settings', { token, body: { paused: false, keep_days: 0 } });
  await put(token, titles[0], { position: 5 });
  assert.equal((await get('/v1/history', token)).items.length, 1);
  assert.equal((await set.api('PATCH', '/v1/history/settings', { token, body: { keep_days: 'long' } })).status, 400);
});

test('watch list and favourites (history_mark, history_marks, history_marked)', async () => {
  const { access_token: token } = await set.register();
  const other = (await set.register()).access_token;
  const added = await set.expect(200, 'PUT', `/v1/watchlist/${titles[0]}`, { token });
  assert.deepEqual(added.body, { title_id: titles[0], marked: true, ids: [titles[0]] });
  await set.expect(200, 'PUT', `/v1/watchlist/${titles[1]}`, { token });
  const page = await get('/v1/watchlist?limit=1', token);
  assert.equal(page.items[0].title, 'Two');
  assert.equal((await get(`/v1/watchlist?limit=1&cursor=${page.next}`, token)).items[0].title, 'One');
  assert.deepEqual((await get('/v1/watchlist', other)).items, []);
  await set.expect(200, 'DELETE', `/v1/watchlist/${titles[0]}`, { token });
  assert.deepEqual((await get('/v1/watchlist', token)).items.map(({ title_id: id }) => id), [titles[1]]);
  assert.equal((await set.api('PUT', '/v1/watchlist/99999', { token })).status, 404);

  const toggle = (id) => set.expect(200, 'POST', `/v1/favorites/${id}/toggle`, { token });
  assert.deepEqual((await toggle(titles[2])).body.ids, [titles[2]]);
  assert.deepEqual((await toggle(titles[1])).body.ids, [titles[2], titles[1]]);
  assert.deepEqual((await toggle(titles[2])).body.ids, [titles[1]]);
  assert.deepEqual(await get('/v1/favorites/ids', token), { ids: [titles[1]] });
  // Under one key it turns round once, whatever is sent again.
  const keyed = () => set.expect(200, 'POST', `/v1/favorites/${titles[3]}/toggle`, { token, headers: { 'Idempotency-Key': 'once' } });
  assert.deepEqual([(await keyed()).body.marked, (await keyed()).body.marked], [true, true]);
  const all = await Promise.all(Array.from({ length: 21 }, () => toggle(titles[0])));
  assert.equal(all.filter(({ body }) => body.marked).length, 11, 'twenty-one turns, one after the other');
  const exported = await get('/v1/me/export/history', token);
  assert.deepEqual(exported.watchlist.map(({ title }) => title), ['Two']);
  assert.equal(exported.favorites.length, 3);
});

test('views count after ten seconds, once an hour, and make popular (history_view)', async () => {
  const { access_token: token } = await set.register();
  const view = (seconds, id = titles[2]) => set.api('POST', `/v1/titles/${id}/view`, { token, body: { seconds } });
  assert.equal((await view(9)).body.counted, false);
  assert.equal((await view(10)).body.counted, true);
  assert.equal((await view(600)).body.counted, false);
  assert.equal((await view(10, 99999)).status, 404);
  // On a slow machine the positions of the tests before are a view of another title: two viewers are more than that.
  const { access_token: other } = await set.register();
  assert.equal((await set.api('POST', `/v1/titles/${titles[2]}/view`, { token: other, body: { seconds: 10 } })).body.counted, true);
  await until(async () => {
    const [first] = (await get('/v1/popular?limit=1')).items;
    return first.reason === 'popular' && first.title === 'Three';
  }, { what: 'the view to count' });
  // And the catalogue hears of it (content_watched).
  const title = await until(async () => {
    const shown = (await set.expect(200, 'GET', `/v1/titles/${titles[2]}`)).body;
    return shown.popularity > 1.5 && shown;
  }, { what: 'the catalogue to know' });
  assert.ok(title.popularity > 1.98 && title.popularity <= 2, `${title.popularity}`);
  assert.equal((await get('/v1/titles?sort=-popularity')).items[0].title, 'Three');
});

test('recommendations leave out what was watched, at once (history_recommend)', async () => {
  const { access_token: token } = await set.register();
  const ids = async () => (await get('/v1/recommendations', token)).items.map(({ title_id: id }) => id).sort();
  assert.deepEqual(await ids(), [...titles].sort());
  await put(token, titles[1], { position: 5 });
  assert.deepEqual(await ids(), titles.filter((id) => id !== titles[1]).sort());
  assert.equal((await set.api('GET', '/v1/recommendations?limit=0', { token })).status, 400);
  assert.deepEqual((await get('/v1/recommendations?title_id=99999', token)).items, []);
});

test('nobody gets at lists without a login', async () => {
  for (const [method, path] of [['GET', '/v1/recommendations'], ['GET', '/v1/continue'], ['GET', '/v1/watchlist'], ['PUT', '/v1/watchlist/1'], ['DELETE', '/v1/watchlist/1'], ['GET', '/v1/favorites'],
    ['GET', '/v1/favorites/ids'], ['PUT', '/v1/favorites/1'], ['DELETE', '/v1/favorites/1'], ['POST', '/v1/favorites/1/toggle'], ['GET', '/v1/history/settings'],
    ['PATCH', '/v1/history/settings'], ['DELETE', '/v1/history'], ['DELETE', '/v1/history/1'], ['POST', '/v1/titles/1/view'], ['GET', '/v1/titles/1/next']]) {
    assert.equal((await set.api(method, path)).status, 401, `${method} ${path}`);
  }
});

test('a long history is exported whole, though it is larger than a message', async () => {
  const { account, access_token: token } = await set.register();
  await set.sql(`insert into history.cards (title_id, title, revision) select 500000 + i, repeat('x', 180) || i, 1 from generate_series(1, 10050) i;
    insert into history.progress (account_id, title_id, position, updated_at, known)
    select ${account.id}, 500000 + i, i, now() - i * interval '1 minute', true from generate_series(1, 10050) i`);
  const first = await set.expect(200, 'GET', '/v1/me/export/history', { token });
  assert.ok(first.text.length > 2 << 20);
  assert.equal(first.body.items.length, 10_000);
  const rest = (await set.expect(200, 'GET', `/v1/me/export/history?cursor=${first.body.next}`, { token })).body;
  assert.equal(rest.next, null);
  assert.deepEqual(rest.settings, { paused: false, keep_days: null });
  assert.equal(new Set([...first.body.items, ...rest.items].map(({ title_id: id }) => id)).size, 10_050);
  assert.equal((await set.api('GET', '/v1/me/export/history?cursor=wild', { token })).status, 400);
  await set.sql(`delete from history.progress where account_id = ${account.id}; delete from history.cards where title_id > 500000`);
});
