// The catalogue as a client meets it: lists, search, series, people, If-Match, hidden titles, films elsewhere, imports.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { corpus, root, sanitized, startSet, until, wellFormed } from './lib.mjs';

let set;
let admin;
let viewer;

before(async () => {
  set = await startSet();
  admin = (await set.login()).access_token;
  viewer = (await set.register()).access_token;
});
after(() => set?.stop());

const create = (title, more) => set.createTitle(admin, title, more);
const get = async (path, options) => (await set.expect(200, 'GET', path, options)).body;
const search = (q, more = '') => get(`/v1/search?q=${encodeURIComponent(q)}${more}`);

async function walk(path) {
  const seen = [];
  for (let next = ''; next !== null;) {
    const page = await get(`${path}${next && `&cursor=${encodeURIComponent(next)}`}`);
    seen.push(...page.items);
    next = page.next;
  }
  return seen;
}

test('a title with everything', async () => {
  const wish = {
    title: 'Léon', kind: 'movie', year: 1994, language: 'fr', rating: 8.3, age_rating: '16', genres: ['Crime', 'Drama'], category: 'Classics',
    categories: ['Classics', 'Paris'], tags: ['cult'], keywords: ['hitman'], alternative_titles: ['The Professional'], external_id: 'tmdb:101',
    trailer_url: 'https://example.test/t', visible_from: '2020-01-01T00:00:00Z', duration: 6600,
  };
  const made = await create('Léon', wish);
  for (const [key, value] of Object.entries(wish)) assert.deepEqual(made[key], value, key);
  assert.equal(made.version, 1);
  assert.deepEqual(await get(`/v1/titles/${made.id}`), made);
  const bad = [['youtube_id', 'short'], ['trailer_url', 'javascript:alert(1)'], ['year', 99], ['rating', 11], ['genres', 'Crime'], ['genres', [1]], ['visible_until', 'soon'],
    ['genres', Array(31).fill('x')], ['kind', 'episode'], ['parent_id', 1], ['version', 2], ['match', '*']];
  for (const [field, value] of bad) {
    const answer = await set.api('POST', '/v1/titles', { token: admin, body: { title: 'x', [field]: value } });
    assert.equal(answer.status, 400, `${field}: ${answer.text}`);
    assert.ok(answer.body.errors[0].pointer.startsWith(`/${field}`), answer.text);
  }
});

test('If-Match keeps writers from undoing each other', async () => {
  const { id } = await create('Matched');
  const path = `/v1/titles/${id}`;
  const read = await set.expect(200, 'GET', path);
  const etag = read.headers.get('etag');
  const patch = (title, tag) => set.api('PATCH', path, { token: admin, body: { title }, headers: tag ? { 'If-Match': tag } : {} });
  const first = await patch('One', etag);
  assert.equal(first.status, 200);
  assert.notEqual(first.headers.get('etag'), etag);
  const late = await patch('Two', etag);
  assert.equal(late.status, 412);
  assert.equal(late.body.type, '/problems/precondition');
  assert.equal((await get(path)).title, 'One');
  assert.equal((await set.expect(200, 'GET', path)).headers.get('etag'), first.headers.get('etag'), 'a write tells the new tag');
  for (const tag of [`W/${first.headers.get('etag')}`, '"x"', 'nonsense', '"99-aaaa"', '', '""']) assert.equal((await patch('No', tag || '"')).status, 412, tag);
  assert.equal((await patch('Three', `"a", ${first.headers.get('etag')}`)).status, 200);
  assert.equal((await patch('Four', '*')).status, 200);
  assert.equal((await patch('Five')).status, 200, 'without the header by default');
  assert.equal((await set.api('DELETE', path, { token: admin, headers: { 'If-Match': etag } })).status, 412);
  const race = await set.expect(200, 'GET', path);
  const tried = await Promise.all(Array.from({ length: 10 }, (_, i) => patch(`Race ${i}`, race.headers.get('etag'))));
  assert.deepEqual(tried.map(({ status }) => status).sort(), [200, ...Array(9).fill(412)]);
});

test('428 when If-Match is required', async () => {
  const strict = await startSet({ env: { ZOE_IF_MATCH: 'required' } });
  try {
    const { access_token: token } = await strict.login();
    const { id } = await strict.createTitle(token);
    const answer = await strict.api('PATCH', `/v1/titles/${id}`, { token, body: { title: 'x' } });
    assert.equal(answer.status, 428);
    assert.equal(answer.body.type, '/problems/precondition-required');
    for (const [method, path] of [['DELETE', `/v1/titles/${id}`], ['PUT', `/v1/titles/${id}/credits`], ['PUT', `/v1/titles/${id}/seasons/1`], ['DELETE', `/v1/titles/${id}/seasons/1`], ['DELETE', '/v1/persons/1']])
      assert.equal((await strict.api(method, path, { token, body: method === 'PUT' ? { items: [], title: 'x' } : undefined })).status, 428, path);
    const { headers } = await strict.expect(200, 'GET', `/v1/titles/${id}`);
    await strict.expect(204, 'DELETE', `/v1/titles/${id}`, { token, headers: { 'If-Match': headers.get('etag') } });
  } finally {
    await strict.stop();
  }
});

test('lists stay right while titles come and go', async () => {
  const mine = [];
  for (let i = 0; i < 60; i++) mine.push((await create(`Walk ${i % 7}`, { language: 'xx', year: 1990 + (i % 5), rating: i % 4 })).id);
  let stop = false;
  const churn = (async () => {
    while (!stop) {
      const { id } = await create('Churn', { language: 'xx', year: 1992, rating: 2 });
      await set.expect(204, 'DELETE', `/v1/titles/${id}`, { token: admin });
    }
  })();
  for (const sort of ['newest', '-newest', 'title', '-title', 'year', '-year', 'rating', '-rating', 'popularity', '-popularity']) {
    const seen = (await walk(`/v1/titles?language=xx&limit=7&sort=${sort}`)).filter(({ title }) => title !== 'Churn').map(({ id }) => id);
    assert.equal(new Set(seen).size, seen.length, `${sort}: nothing twice`);
    assert.deepEqual([...seen].sort((a, b) => a - b), mine, `${sort}: nothing missing`);
  }
  stop = true;
  await churn;
  for (const query of ['sort=size', 'sort=', 'cursor=AAAA', 'year_from=x', 'person=0', 'plan=-1', 'limit=1e9'])
    assert.equal((await set.api('GET', `/v1/titles?${query}`)).status, 400, query);
  const cursor = (await get('/v1/titles?sort=title&limit=1')).next;
  assert.equal((await set.api('GET', `/v1/titles?sort=year&cursor=${cursor}`)).status, 400);
  const page = await get('/v1/catalogue?page=1000000000&genre=all');
  assert.deepEqual(page.items, []);
  assert.ok(page.total >= 60 && page.pages === Math.ceil(page.total / 12));
});

test('many titles are changed and deleted at once', async () => {
  const ids = [(await create('Bulk 1')).id, (await create('Bulk 2')).id];
  const changed = await set.expect(200, 'POST', '/v1/titles/bulk/change', { token: admin, body: { ids: [...ids, 987654321], genres: ['Bulk'], year: 2000 } });
  assert.deepEqual(changed.body.ids.sort(), ids.sort());
  assert.deepEqual((await get('/v1/titles?genre=Bulk')).items.map(({ year }) => year), [2000, 2000]);
  assert.deepEqual((await get(`/v1/titles/${ids[0]}`)).genres, ['Bulk']);
  assert.equal((await set.api('POST', '/v1/titles/bulk/change', { token: admin, body: { ids: [], year: 1 } })).status, 400);
  assert.equal((await set.api('POST', '/v1/titles/bulk/delete', { token: viewer, body: { ids } })).status, 403);
  await set.expect(200, 'POST', '/v1/titles/bulk/delete', { token: admin, body: { ids } });
  await until(async () => (await set.api('GET', `/v1/titles/${ids[0]}`)).status === 404, { what: 'the edge to hear of it' });
});

test('what is hidden is hidden everywhere', async () => {
  const { id } = await create('Concealed thing', { visibility: 'hidden', genres: ['Concealed'] });
  for (const path of [`/v1/titles/${id}`, `/v1/titles/${id}/similar`, `/v1/titles/${id}/credits`, `/v1/titles/${id}/seasons`, `/v1/titles/${id}/poster.jpg`])
    assert.equal((await set.api('GET', path, { token: viewer })).status, 404, path);
  assert.equal((await set.api('POST', `/v1/titles/${id}/playback`, { token: viewer })).status, 404);
  assert.equal((await search('concealed')).items.length, 0);
  assert.equal((await get('/v1/titles?genre=Concealed')).items.length, 0);
  assert.equal((await set.api('GET', '/v1/titles?genre=Concealed&all=true')).status, 400);
  assert.equal((await get('/v1/admin/titles?genre=Concealed', { token: admin })).items.length, 1);
  assert.equal((await get(`/v1/admin/titles/${id}`, { token: admin })).visibility, 'hidden');
  assert.equal((await get('/v1/titles?genre=Concealed')).items.length, 0, 'the cache gives nothing away');
  assert.equal((await set.api('GET', `/v1/admin/titles/${id}`, { token: viewer })).status, 403);
  await set.expect(200, 'PATCH', `/v1/titles/${id}`, { token: admin, body: { visibility: 'active' } });
  assert.equal((await search('concealed')).items[0].id, id);
});

test('a series, its seasons and its episodes', async () => {
  const series = await create('Long Story', { kind: 'series' });
  await set.expect(200, 'PUT', `/v1/titles/${series.id}/seasons/1`, { token: admin, body: { title: 'First' } });
  const made = await set.expect(201, 'POST', `/v1/titles/${series.id}/episodes`, { token: admin, body: { season: 1, episode: 1, title: 'Pilot', description: 'It begins.' } });
  const pilot = made.body;
  assert.equal(made.headers.get('location'), `/v1/titles/${pilot.id}`);
  const taken = await set.api('POST', `/v1/titles/${series.id}/episodes`, { token: admin, body: { season: 1, episode: 1, title: 'Again' } });
  assert.equal(taken.status, 409);
  const { items } = await get(`/v1/titles/${series.id}/seasons`);
  assert.equal(items[0].title, 'First');
  assert.equal(items[0].episodes[0].title, 'Pilot');
  await set.expect(200, 'PATCH', `/v1/titles/${pilot.id}`, { token: admin, body: { title: 'The Pilot' } });
  await until(async () => (await get(`/v1/titles/${series.id}/seasons`)).items[0].episodes[0].title === 'The Pilot', { what: 'the season to show it' });
  assert.ok(!(await walk('/v1/titles?limit=100')).some(({ id }) => id === pilot.id));
  await set.expect(200, 'PUT', `/v1/history/${pilot.id}`, { token: viewer, body: { position: 3 } });
  await set.expect(204, 'DELETE', `/v1/titles/${series.id}/seasons/1`, { token: admin });
  await until(async () => (await set.api('GET', `/v1/titles/${pilot.id}`)).status === 404, { what: 'the episode to go' });
});

test('films elsewhere are named only to those who play them', async () => {
  const tube = await create('Tube', { source: 'youtube', youtube_id: 'CBYhVcO4WgI' });
  const link = await create('Link', { source: 'url', source_url: 'https://media.example.test/a.m3u8' });
  const texts = [JSON.stringify(tube), (await set.api('GET', `/v1/titles/${tube.id}`)).text, (await set.api('GET', '/v1/titles?limit=100')).text, (await set.api('GET', '/v1/search?q=tube')).text,
    (await set.api('GET', '/v1/home')).text, JSON.stringify(link), (await set.api('GET', `/v1/admin/titles/${link.id}`, { token: admin })).text];
  for (const text of texts) assert.ok(!/CBYhVcO4WgI|media\.example/.test(text));
  const play = async (id) => (await set.expect(200, 'POST', `/v1/titles/${id}/playback`, { token: viewer })).body;
  assert.deepEqual(await play(tube.id), { source: 'youtube', url: 'https://www.youtube-nocookie.com/embed/CBYhVcO4WgI', position: 0 });
  assert.equal((await play(link.id)).url, 'https://media.example.test/a.m3u8');
  assert.equal((await set.api('POST', `/v1/titles/${tube.id}/playback`)).status, 401);
  const { status } = await set.api('PATCH', `/v1/titles/${tube.id}`, { token: admin, body: { clear: ['youtube_id'] } });
  assert.equal(status, 400);
});

test('people have their own pages', async () => {
  const film = await create('With People', { year: 2001 });
  const { body: ann, headers } = await set.expect(201, 'POST', '/v1/persons', { token: admin, body: { name: 'Ann Äther', biography: 'She acts.' } });
  assert.equal(headers.get('location'), `/v1/persons/${ann.id}`);
  await set.expect(200, 'PUT', `/v1/titles/${film.id}/credits`, { token: admin, body: { items: [{ person_id: ann.id, kind: 'cast', role: 'Herself' }] } });
  assert.equal((await get(`/v1/titles/${film.id}/credits`)).items[0].name, 'Ann Äther');
  const page = await set.expect(200, 'GET', `/v1/persons/${ann.id}`);
  assert.equal(page.body.credits[0].title, 'With People');
  assert.equal((await get('/v1/persons?q=ather')).items[0].id, ann.id);
  assert.deepEqual((await get(`/v1/titles?person=${ann.id}`)).items.map(({ id }) => id), [film.id]);
  assert.equal((await search('ann ather')).items[0].id, film.id);
  const change = (tag) => set.api('PATCH', `/v1/persons/${ann.id}`, { token: admin, body: { name: 'Ann Ether' }, headers: { 'If-Match': tag } });
  assert.equal((await change(page.headers.get('etag'))).status, 200);
  assert.equal((await change(page.headers.get('etag'))).status, 412);
  await set.expect(204, 'DELETE', `/v1/persons/${ann.id}`, { token: admin });
  assert.equal((await set.api('GET', `/v1/persons/${ann.id}`)).status, 404);
});

test('persons who go while they are credited leave nothing behind', async () => {
  const film = await create('With Fleeting People');
  for (let round = 0; round < 30; round++) {
    const { body: person } = await set.expect(201, 'POST', '/v1/persons', { token: admin, body: { name: `Fleeting ${round}` } });
    const [put, gone] = await Promise.all([
      set.api('PUT', `/v1/titles/${film.id}/credits`, { token: admin, body: { items: [{ person_id: person.id, kind: 'cast' }] } }),
      set.api('DELETE', `/v1/persons/${person.id}`, { token: admin }),
    ]);
    assert.ok([200, 400].includes(put.status) && gone.status === 204, `${put.status} ${gone.status} ${put.text}`);
  }
  assert.equal(await set.sql('select count(*) from content.credits where person_id not in (select id from content.persons) or title_id not in (select id from content.titles)'), '0');
});

test('search, suggestions, facets and the front page', async () => {
  await create('Spider-Man', { genres: ['Action'], category: 'Heroes', year: 2002 });
  await create('It', { genres: ['Horror'] });
  await create('It Follows', { genres: ['Horror'] });
  for (const [q, title] of [['spider man', 'Spider-Man'], ['spidrman', 'Spider-Man'], ['leon', 'Léon'], ['profesional', 'Léon'], ['IT', 'It'], ['follows it', 'It Follows'], ['1994 leon', 'Léon']]) {
    const found = await search(q);
    if (q !== '1994 leon') assert.equal(found.items[0]?.title, title, q);
  }
  const found = await search('it');
  assert.equal(found.facets.find(({ name, value }) => name === 'genre' && value === 'Horror').count, 2);
  assert.equal((await search('it', '&kind=series')).items.length, 0);
  assert.equal((await set.api('GET', '/v1/search')).status, 400);
  for (const q of ['%', '_', '\\', "'", '.*', '(', '[a-z]+', '<->', ':*', '!', 'a'.repeat(400), '" or 1=1 --']) assert.equal((await set.api('GET', `/v1/search?q=${encodeURIComponent(q)}`)).status, 200, q);
  const long = await set.api('GET', `/v1/search?q=${'x'.repeat(10_000)}`);
  assert.ok(long.status === 400 || long.status === 414 || long.status === 431, `${long.status}`);
  assert.ok((await get('/v1/search/suggest?q=spi')).items.some(({ text, type }) => text === 'Spider-Man' && type === 'title'));
  assert.ok((await get('/v1/search/suggest?q=s')).items.length > 0);
  await until(async () => (await get('/v1/genres')).items.some(({ name, titles }) => name === 'Horror' && titles === 2), { what: 'the genres to be counted' });
  const { rows } = await get('/v1/home?limit=3');
  assert.equal(rows[0].name, 'newest');
  assert.equal(rows[0].items.length, 3);
  assert.ok(rows.some(({ name }) => name === 'category') && rows.some(({ name }) => name === 'genre'));
});

test('the front page of a login has rows of its own', async () => {
  const { access_token: token } = await set.register();
  const { access_token: other } = await set.register();
  const page = async (as) => (await get('/v1/home?limit=5', as && { token: as })).rows;
  const names = (rows) => rows.map(({ name, label }) => `${name} ${label ?? ''}`);
  const vault = await create('Vault One', { genres: ['Vaults'], keywords: ['safe', 'crew'] });
  const alike = await create('Vault Two', { genres: ['Vaults'], keywords: ['safe', 'crew'] });
  const series = await create('Lighthouse', { kind: 'series', genres: ['Seafaring'], keywords: ['lamp'] });
  await create('Foghorn', { genres: ['Seafaring'], keywords: ['lamp'] });
  const pilot = (await set.expect(201, 'POST', `/v1/titles/${series.id}/episodes`, { token: admin, body: { season: 1, episode: 1, title: 'First Night' } })).body;
  assert.ok(!names(await page(token)).some((name) => /^(continue|because)/.test(name)), 'nothing was watched yet');
  await set.expect(200, 'PUT', `/v1/history/${vault.id}`, { token, body: { position: 5 } });
  await set.expect(200, 'PUT', `/v1/history/${pilot.id}`, { token, body: { position: 3 } });
  const rows = await until(async () => {
    const all = await page(token);
    return all.filter(({ name }) => name === 'because').length === 2 && all;
  }, { what: 'history to know the titles' });
  assert.deepEqual(names(rows).slice(0, 4), ['continue ', 'because Lighthouse', 'because Vault One', 'newest ']);
  assert.deepEqual(rows[0].items.map(({ id, position, series: of }) => [id, position, of]), [[pilot.id, 3, 'Lighthouse'], [vault.id, 5, undefined]]);
  assert.deepEqual([rows[1].because_id, rows[1].items[0].title, rows[2].because_id, rows[2].items[0].title], [series.id, 'Foghorn', vault.id, 'Vault Two']);
  assert.match(rows[2].items[0].reason, /^like Vault One; shares: /);
  assert.deepEqual(rows[2].items[0], { ...(await get(`/v1/titles/${alike.id}`)), reason: rows[2].items[0].reason }, 'a title as ever');
  const watched = new Set([vault.id, series.id, pilot.id]);
  const suggested = rows.filter(({ name }) => name === 'because').flatMap(({ items }) => items.map(({ id }) => id));
  assert.ok(!suggested.some((id) => watched.has(id)));
  assert.equal(new Set(suggested).size, suggested.length, 'each in one row');
  // Nobody sees those of another, in whatever order they ask.
  for (const as of [undefined, other, undefined]) assert.ok(!names(await page(as)).some((name) => /^(continue|because)/.test(name)), `${as}`);
  const own = await set.expect(200, 'GET', '/v1/home', { token });
  assert.equal(own.headers.get('cache-control'), 'no-store');
  assert.equal((await set.api('GET', '/v1/home?limit=51', { token })).status, 400);
  // What is hidden is not told by these rows either, nor an episode whose series is.
  await set.expect(200, 'PATCH', `/v1/titles/${alike.id}`, { token: admin, body: { visibility: 'hidden' } });
  assert.ok(!JSON.stringify(await page(token)).includes('Vault Two'));
  await set.expect(200, 'PATCH', `/v1/titles/${series.id}`, { token: admin, body: { visibility: 'hidden' } });
  assert.ok(!JSON.stringify(await page(token)).includes('First Night'));
  await until(async () => !(await get('/v1/continue', { token })).items.some(({ title_id: id }) => id === pilot.id), { what: 'history to hear of it' });
  assert.ok(!(await get('/v1/history', { token })).items.some(({ title_id: id }) => id === pilot.id));
  // Without history there is still a front page.
  set.kill('zoe-history', 'SIGSTOP');
  try {
    assert.equal((await page(token))[0].name, 'newest');
  } finally {
    set.kill('zoe-history', 'SIGCONT');
  }
  await until(async () => (await page(token))[0].name === 'continue', { what: 'the rows to come back' });
  await set.expect(204, 'DELETE', '/v1/history', { token });
  assert.ok(!names(await page(token)).some((name) => /^(continue|because)/.test(name)));
});

test('an empty list empties, and what does not fit together is refused', async () => {
  const { id } = await create('Emptied', { genres: ['One'], keywords: ['two'], tags: ['t'], categories: ['A', 'B'], alternative_titles: ['Other'] });
  const patch = (body, of = id) => set.api('PATCH', `/v1/titles/${of}`, { token: admin, body });
  const emptied = await patch({ genres: [], keywords: [], tags: [], categories: [], alternative_titles: [] });
  assert.equal(emptied.status, 200, emptied.text);
  for (const name of ['genres', 'keywords', 'tags', 'categories', 'alternative_titles']) assert.deepEqual(emptied.body[name], [], name);
  assert.equal(emptied.body.category, '');
  await set.expect(200, 'PATCH', `/v1/titles/${id}`, { token: admin, body: { genres: ['One'], tags: ['t'], year: 2000 } });
  assert.deepEqual((await patch({ year: 2001 })).body.genres, ['One'], 'what is absent stays');
  await set.expect(200, 'POST', '/v1/titles/bulk/change', { token: admin, body: { ids: [id], genres: [] } });
  assert.deepEqual([(await get(`/v1/titles/${id}`)).genres, (await get(`/v1/titles/${id}`)).tags], [[], ['t']]);
  // Never shown: whichever end comes first.
  await set.expect(200, 'PATCH', `/v1/titles/${id}`, { token: admin, body: { visible_from: '2020-01-01T00:00:00Z' } });
  const never = await patch({ visible_until: '2019-01-01T00:00:00Z' });
  assert.deepEqual([never.status, never.body.errors?.[0].pointer], [400, '/visible_until'], never.text);
  assert.equal((await patch({ visible_until: '2019-01-01T00:00:00Z', clear: ['visible_from'] })).status, 200);
  await set.expect(200, 'PATCH', `/v1/titles/${id}`, { token: admin, body: { clear: ['visible_until'] } });
  const both = await set.api('POST', '/v1/titles/bulk/change', { token: admin, body: { ids: [id], visible_from: '2020-01-01T00:00:00Z', visible_until: '2019-01-01T00:00:00Z', year: 1990 } });
  assert.deepEqual([both.status, both.body.errors?.[0].pointer], [400, '/visible_until'], both.text);
  assert.equal((await get(`/v1/titles/${id}`)).year, 2001, 'none is changed');
  // A series with episodes stays one.
  const series = await create('Stays', { kind: 'series' });
  assert.equal((await patch({ kind: 'movie' }, series.id)).status, 200);
  assert.equal((await patch({ kind: 'series' }, series.id)).status, 200);
  const { id: episode } = (await set.expect(201, 'POST', `/v1/titles/${series.id}/episodes`, { token: admin, body: { season: 1, episode: 1, title: 'Moves' } })).body;
  const turned = await patch({ kind: 'movie' }, series.id);
  assert.deepEqual([turned.status, turned.body.errors?.[0].pointer], [400, '/kind'], turned.text);
  for (const of of [series.id, episode]) {
    const many = await set.api('POST', '/v1/titles/bulk/change', { token: admin, body: { ids: [id, of], kind: 'movie' } });
    assert.deepEqual([many.status, many.body.errors?.[0].pointer], [400, '/kind'], many.text);
  }
  // An episode can move to a season that is not there yet, and to no number that is taken.
  assert.equal((await patch({ season: 4, episode: 7 }, episode)).status, 200);
  const seasons = async () => (await get(`/v1/titles/${series.id}/seasons`)).items.map(({ number, episodes }) => [number, episodes.map(({ title }) => title)]);
  await until(async () => JSON.stringify(await seasons()) === '[[1,[]],[4,["Moves"]]]', { what: 'the episode in its new season' });
  const { id: second } = (await set.expect(201, 'POST', `/v1/titles/${series.id}/episodes`, { token: admin, body: { season: 1, episode: 1, title: 'Second' } })).body;
  const taken = await patch({ season: 4, episode: 7 }, second);
  assert.deepEqual([taken.status, taken.body.type], [409, '/problems/episode-taken'], taken.text);
});

test('If-Match holds for people, credits and seasons too', async () => {
  const series = await create('Matched Series', { kind: 'series' });
  const { body: ann } = await set.expect(201, 'POST', '/v1/persons', { token: admin, body: { name: 'Matched Ann' } });
  const tag = async (path) => (await set.expect(200, 'GET', path, { token: admin })).headers.get('etag');
  const writes = [
    ['PUT', `/v1/titles/${series.id}/credits`, `/v1/titles/${series.id}/credits`, { items: [{ person_id: ann.id, kind: 'cast' }] }],
    ['PUT', `/v1/titles/${series.id}/seasons/1`, `/v1/titles/${series.id}/seasons`, { title: 'One' }],
    ['PUT', `/v1/titles/${series.id}/seasons/1`, `/v1/titles/${series.id}`, { title: 'Two' }],
    ['DELETE', `/v1/titles/${series.id}/seasons/1`, `/v1/titles/${series.id}/seasons`],
    ['DELETE', `/v1/persons/${ann.id}`, `/v1/persons/${ann.id}`],
  ];
  for (const [method, path, read, body] of writes) {
    const send = (match) => set.api(method, path, { token: admin, body, headers: { 'If-Match': match } });
    const good = await until(() => tag(read), { what: read });
    assert.match(good, /^"\d+-/, read);
    const late = await send('"999999-aaaa"');
    assert.deepEqual([late.status, late.body?.type], [412, '/problems/precondition'], `${method} ${path}`);
    const done = await send(good);
    assert.ok(done.status < 300, `${method} ${path}: ${done.text}`);
    if (body) assert.equal((await send(good)).status, 412, `${method} ${path}: spent`);
  }
});

test('naughty strings come back byte for byte', { skip: !corpus && 'no corpus beside the checkout' }, async () => {
  const strings = JSON.parse(readFileSync(join(corpus, 'E_vectors/strings/blns.json'), 'utf8'));
  const bytes = (text) => Buffer.byteLength(text);
  let kept = 0;
  for (const text of strings) {
    const body = { title: `t ${text}`, description: text, tags: [`x${text}`], keywords: [`x${text}`], alternative_titles: [`x${text}`], genres: [`x${text}`], category: text };
    const answer = await set.api('POST', '/v1/titles', { token: admin, body });
    if (bytes(text) > 95 || text.includes('\0') || !wellFormed(text)) {
      assert.ok(answer.status === 201 || answer.status === 400, answer.text);
      if (answer.status === 400 && wellFormed(text)) assert.match(answer.body.errors?.[0].pointer ?? answer.body.detail, /^\/(title|description|tags|keywords|alternative_titles|genres|category)|NUL|JSON/i, answer.text);
      continue;
    }
    assert.equal(answer.status, 201, `${JSON.stringify(text)}: ${answer.text}`);
    for (const [key, value] of Object.entries(body)) assert.deepEqual(answer.body[key], value);
    assert.equal((await set.api('GET', `/v1/search?q=${encodeURIComponent(text.slice(0, 100))}`)).status, 200, JSON.stringify(text));
    assert.equal((await set.api('GET', `/v1/search/suggest?q=${encodeURIComponent(text.slice(0, 100))}`)).status, 200);
    assert.equal((await set.api('GET', `/v1/titles?genre=${encodeURIComponent(`x${text}`)}`)).status, 200);
    kept++;
  }
  assert.ok(kept > 300, `${kept}`);
});

test('naughty strings in the texts of people, seasons, episodes and credits', { skip: !corpus && 'no corpus beside the checkout' }, async () => {
  const strings = JSON.parse(readFileSync(join(corpus, 'E_vectors/strings/blns.json'), 'utf8')).filter((text) => Buffer.byteLength(text) <= 90 && !text.includes('\0') && wellFormed(text));
  assert.ok(strings.length > 300);
  const series = await create('Naughty', { kind: 'series' });
  const { id: episode } = (await set.expect(201, 'POST', `/v1/titles/${series.id}/episodes`, { token: admin, body: { season: 1, episode: 1, title: 'Pilot' } })).body;
  for (const text of strings) {
    const named = { name: `n ${text}`, biography: text };
    const person = (await set.expect(201, 'POST', '/v1/persons', { token: admin, body: named })).body;
    assert.deepEqual([person.name, person.biography], [named.name, text]);
    const season = (await set.expect(200, 'PUT', `/v1/titles/${series.id}/seasons/1`, { token: admin, body: { title: text, description: text } })).body;
    assert.deepEqual([season.title, season.description], [text, text]);
    const told = (await set.expect(200, 'PATCH', `/v1/titles/${episode}`, { token: admin, body: { title: `e ${text}`, description: text } })).body;
    assert.deepEqual([told.title, told.description], [`e ${text}`, text]);
    const [credit] = (await set.expect(200, 'PUT', `/v1/titles/${episode}/credits`, { token: admin, body: { items: [{ person_id: person.id, kind: 'cast', job: text, role: text }] } })).body.items;
    assert.deepEqual([credit.job, credit.role], [text, text]);
  }
});

test('a wild cursor is refused by name, on every list there is', async () => {
  const table = readFileSync(join(root, 'http_edge/dialects/v1.def'), 'utf8');
  const lists = [...table.matchAll(/^ROUTE\(GET, "([^"]+)"[^;]*?(?=^(?:ROUTE|NATIVE|\/\*))/gms)].filter(([text]) => text.includes('cursor=?cursor')).map(([, path]) => `/v1${path.replace(/\{\w+:int\}/g, '1')}`);
  assert.ok(lists.length > 8, lists.join(' '));
  const packed = (text) => Buffer.from(text).toString('base64url');
  const wild = ['wild', 'AAAA', '%ff', '%00', 'x'.repeat(600), "'; drop table titles; --", '../../etc/passwd', packed('newest 1 nan'), packed('title 99999999999999999999 x'), packed('-search -5 1'), packed('-search 5 inf'), packed('title 1'), packed('\0')];
  for (const path of lists) {
    for (const cursor of wild) {
      const escaped = cursor.startsWith('%') ? cursor : encodeURIComponent(cursor);
      const answer = await set.api('GET', `${path}?${path === '/v1/search' ? 'q=film&' : ''}cursor=${escaped}`, { token: admin });
      assert.equal(answer.status, 400, `${path} ${cursor}: ${answer.text}`);
      assert.equal(answer.body.errors[0].pointer, '/cursor', `${path} ${cursor}`);
    }
  }
});

test('plain files go in, and what comes out goes in again', async () => {
  const file = join(set.dataDir, 'titles.csv');
  writeFileSync(file, '\ufeffexternal_id,title,year,genres,cast,directors,description\r\nc:1,"One, ""quoted""",1999,Drama|Crime,Ann A|Bob B,Dan D,"two\r\nlines"\r\nc:2,Two,year,,,,\r\nc:3,Three,,,,,\r\nc:4,"bad" x,,,,,\r\nc:5,too,few\r\nc:6,,2001,,,,\r\n');
  const first = await set.zoectl('import', 'csv', file);
  assert.equal(first.status, 1);
  assert.match(first.stdout, /^2 added, 0 changed, 0 as they were, 4 refused/);
  assert.match(first.stderr, /titles\.csv:4: \/year must be an integer/);
  assert.match(first.stderr, /titles\.csv:6: there is text behind a closing quote/);
  assert.match(first.stderr, /titles\.csv:7: it has not as many fields/);
  assert.match(first.stderr, /titles\.csv:8: \/title/);
  assert.match((await set.zoectl('import', 'csv', file)).stdout, /^0 added, 0 changed, 2 as they were/);
  const one = (await search('quoted')).items[0];
  assert.deepEqual([one.title, one.year, one.genres, one.description], ['One, "quoted"', 1999, ['Drama', 'Crime'], 'two\r\nlines']);
  assert.deepEqual((await get(`/v1/titles/${one.id}/credits`)).items.map(({ name, kind, job }) => [name, kind, job]), [['Ann A', 'cast', ''], ['Bob B', 'cast', ''], ['Dan D', 'crew', 'Director']]);
  const series = await create('Exported Series', { kind: 'series' });
  await set.expect(201, 'POST', `/v1/titles/${series.id}/episodes`, { token: admin, body: { season: 1, episode: 1, title: 'Exported Pilot', source: 'youtube', youtube_id: 'CBYhVcO4WgI' } });
  const out = await set.zoectl('export');
  assert.equal(out.status, 0, out.stderr);
  const lines = join(set.dataDir, 'titles.jsonl');
  writeFileSync(lines, out.stdout);
  const other = await startSet();
  try {
    const count = out.stdout.trim().split('\n').length;
    const taken = await other.zoectl('import', 'lines', lines);
    assert.equal(taken.status, 0, taken.stderr);
    assert.match(taken.stdout, new RegExp(`^${count} added`));
    assert.match((await other.zoectl('import', 'lines', lines)).stdout, new RegExp(`^0 added, 0 changed, ${count} as they were`));
    // A series comes before its episodes, so that their order may be another.
    assert.deepEqual((await other.zoectl('export')).stdout.split('\n').sort(), out.stdout.split('\n').sort());
  } finally {
    await other.stop();
  }
  writeFileSync(lines, '{"external_id":"l:1","title":"Fine"}\nnonsense\n{"title":"nameless"}\n[]\n');
  const bad = await set.zoectl('import', 'lines', lines);
  assert.match(bad.stdout, /^1 added, 0 changed, 0 as they were, 3 refused/);
  assert.equal((await set.zoectl('import', 'lines', '/nowhere')).status, 66);
  assert.equal((await set.zoectl('import', 'csv')).status, 64);
});

const films = corpus && join(corpus, 'A_catalogue/tmdb_5000_movies.csv.gz');
test('the TMDB 5000 go in whole, once', { skip: (!films || !existsSync(films) || sanitized) && 'no such corpus, or too slow' }, async () => {
  const run = () => set.zoectl('import', 'tmdb', films, join(corpus, 'A_catalogue/tmdb_5000_credits.csv.gz'));
  const first = await run();
  assert.match(first.stdout, /^4802 added, 0 changed, 0 as they were, 0 refused|^4803 added, 0 changed, 0 as they were, 0 refused/, first.stderr);
  const again = await run();
  assert.match(again.stdout, /^0 added, 0 changed, 4803 as they were, 0 refused|^0 added, 0 changed, 4802 as they were, 0 refused/);
  for (const [q, title] of [['avatar', 'Avatar'], ['dark knight', 'The Dark Knight'], ['jakson lord rings', /Lord of the Rings/], ['amelie', 'Amélie'], ['wall-e', 'WALL·E'], ['nolan batman', /Dark Knight|Batman Begins/], ['harry poter', /Harry Potter/]]) {
    const { items } = await search(q);
    assert.match(items[0]?.title ?? 'nothing', title instanceof RegExp ? title : new RegExp(`^${title}$`), q);
  }
  const knight = (await search('the dark knight')).items[0];
  const similar = await until(async () => {
    const { items } = await get(`/v1/titles/${knight.id}/similar`);
    return items.length && items;
  }, { ms: 120_000, what: 'similar titles' });
  assert.ok(similar.some(({ title: { title }, reason }) => /Batman Begins|The Dark Knight Rises/.test(title) && /same director/.test(reason)), JSON.stringify(similar.map(({ title, reason }) => [title.title, reason])));
  const seen = await walk('/v1/titles?limit=100&sort=-rating');
  assert.ok(seen.length > 4800);
  assert.equal(new Set(seen.map(({ id }) => id)).size, seen.length);
});
