// The rows of streamify, in both families of its paths.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { claims, contract, expired, malformed, mint, secondFactor, totp } from './contract.mjs';
import { startSet, until } from './lib.mjs';

let set;
const row = contract('streamify');
const password = 'a fine password';
const refusal = (text) => ({ success: false, message: text, error: text });
const post = (path, body, headers = {}) => set.api('POST', path, { body, headers });

before(async () => {
  set = await startSet();
});
after(() => set?.stop());

for (const family of ['', '/api']) {
  const name = `user${family.length}`;
  const email = `${name}@example.test`;
  const known = (body) => assert.deepEqual([body.success, body.error], [false, body.message]);

  row(`POST ${family}/register`, async (is) => {
    const register = (body, headers) => post(`${family}/register`, body, headers);
    is('new', await register({ username: name, email, password }), 201, { message: 'User registered successfully.' });
    is('known address', await register({ username: `${name}x`, email: email.toUpperCase(), password }), 400, refusal('Email already exists'));
    is('known name', await register({ username: name.toUpperCase(), email: `x${email}`, password }), 400, refusal('Username already exists'));
    for (const username of ['a@b.c', 'a b', 'x'.repeat(101)]) is(`name ${username.slice(0, 5)}`, await register({ username, email: `y${email}`, password }), 400, known);
    is('no address', await register({ username: 'other', password }), 400, known);
    is('no password', await register({ username: 'other', email: `y${email}` }), 400, known);
    is('weak', await register({ username: 'other', email: `y${email}`, password: 'password' }), 400, refusal('password is one of the first that anybody would try.'));
    is('short', await register({ username: 'other', email: `y${email}`, password: '1x3y5z7' }), 400, refusal('password must have at least 8 bytes.'));
    is('a name of two words', await register({ username: 'a b', email: `y${email}`, password }), 400, refusal('username must be without blanks and @.'));
    is('no address at all', await register({ username: 'other', email: 'nonsense', password }), 400, known);
  });

  row(`POST ${family}/login`, async (is) => {
    const login = (body, headers) => post(`${family}/login`, body, headers);
    const answer = is('right', await login({ username: name, password }), 200, (body) => {
      assert.deepEqual(Object.keys(body), ['access_token', 'token', 'user']);
      assert.deepEqual([body.token, body.user.username, body.user.email, body.user.name], [body.access_token, name, email, name]);
      assert.deepEqual([claims(body.token).aud, Object.keys(body.user)], ['streamify', ['id', 'email', 'name', 'username']]);
    });
    assert.deepEqual(answer.headers.getSetCookie(), []);
    is('other spelling', await login({ username: ` ${name.toUpperCase()} `, password }), 200);
    is('by address', await login({ username: email, password }), 200);
    is('wrong', await login({ username: name, password: 'wrong' }), 401, refusal('Invalid credentials'));
    is('unknown', await login({ username: 'nobody', password }), 401, refusal('Invalid credentials'));
    is('no password', await login({ username: name }), 400, known);
    is('a number', await login({ username: 5, password }), 400, known);
    is('GET', await set.api('GET', `${family}/login`), 405, (body) => assert.ok(body.message && body.error));
    is('a name logs in everywhere', await post('/v1/login', { email: name, password }), 200);
  });

  row(`GET ${family}/profile`, async (is) => {
    const { body: { token, user } } = await post(`${family}/login`, { username: name, password });
    is('mine', await set.api('GET', `${family}/profile`, { token }), 200, (body) => {
      assert.deepEqual([body.success, body.id, body.username, body.email, body.is_admin], [true, user.id, name, email, false]);
      assert.match(body.join_date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.deepEqual(Object.keys(body.user), ['id', 'username', 'email', 'name', 'join_date', 'is_admin']);
    });
    is('of the other family', await set.api('GET', family ? '/profile' : '/api/profile', { token }), 200);
    is('no header', await set.api('GET', `${family}/profile`), 401, refusal('Authentication token is missing'));
    for (const bad of ['garbage', (await set.login()).access_token, await mint(set, token, expired())])
      is('not valid', await set.api('GET', `${family}/profile`, { token: bad }), 401, refusal('Authentication token is invalid'));
    is('wrong scheme', await set.api('GET', `${family}/profile`, { headers: { Authorization: `Token ${token}` } }), 401, refusal('Authentication token is invalid'));
    is('slash', await set.api('GET', `${family}/profile/`, { token }), 404);
  });
}

row('an administrator', async (is) => {
  const { body: { token } } = await post('/api/login', { username: set.admin.email, password: set.admin.password });
  is('is_admin', await set.api('GET', '/api/profile', { token }), 200, (body) => assert.equal(body.is_admin, true));
});

row('paths that two dialects claim', async (is) => {
  await post('/register', { username: 'shared', email: 'shared@example.test', password });
  const realm = async (path, body) => claims((await set.expect(200, 'POST', path, { body })).body.access_token).aud;
  assert.equal(await realm('/login', { username: 'shared', password }), 'streamify');
  assert.equal(await realm('/login', { email: 'shared@example.test', password }), 'veeplay');
  assert.equal(await realm('/api/login', { email: 'shared@example.test', password }), 'streamify');
  const { body } = await post('/login', { email: 'shared@example.test', password });
  is('the superset', await post('/login', { email: 'shared@example.test', password }), 200, (told) => assert.deepEqual(told.user, { id: body.user.id, email: 'shared@example.test', name: 'shared', username: 'shared' }));
  is('veeplay keeps its tokens', await set.api('GET', '/profile', { token: body.access_token }), 401);
  is('veeplay reads its errors', await post('/login', { email: 'shared@example.test', password: 'wrong' }), 401, { message: 'Invalid credentials', error: 'Invalid credentials' });
  is('/api/login/ is videoflix_hls', await post('/api/login/', { username: 'shared', password }), 401, { message: 'Email or Password wrong' });
  for (const path of ['/login', '/api/login', '/register', '/api/register'])
    for (const [what, data, headers] of malformed) is(`${path} ${what}`, await post(path, data, headers), data === 'x=y' ? 415 : 400, (told) => assert.ok(told.message && told.error));
});

row('second factor', async (is) => {
  await post('/api/register', { username: 'two', email: 'two@example.test', password });
  const secret = await secondFactor(set, 'two@example.test', password);
  is('no code', await post('/api/login', { username: 'two', password }), 401, (body) => assert.match(body.message, /second factor.*code/));
  is('wrong code', await post('/api/login', { username: 'two', password, code: '1' }), 401);
  is('code', await post('/api/login', { username: 'two', password, code: totp(secret) }), 200);
});

const noMovie = refusal('Movie not found');
const keys = ['id', 'title', 'overview', 'description', 'release_year', 'year', 'genre', 'genres', 'rating', 'poster_url', 'banner_url', 'trailer_url', 'duration', 'language'];
let movies;
let viewer;

row('the movies of these tests', async () => {
  const { access_token: admin } = await set.login();
  movies = [];
  for (let n = 0; n < 14; n++)
    movies.push(await set.createTitle(admin, `Movie ${String.fromCharCode(65 + n)}`, { description: `Heist number ${n}`, year: 1990 + n, rating: n / 2, genres: n % 2 ? ['Crime', 'Drama'] : ['Comedy'], keywords: ['heist'] }));
  const person = async (name) => (await set.expect(201, 'POST', '/v1/persons', { token: admin, body: { name } })).body.id;
  const items = [{ person_id: await person('Ann Actor'), kind: 'cast', role: 'The thief' }, { person_id: await person('Bob Actor'), kind: 'cast', role: 'The guard' },
    { person_id: await person('Cy Director'), kind: 'crew', job: 'Director' }, { person_id: await person('Di Writer'), kind: 'crew', job: 'Writer' }];
  for (const at of [1, 3]) await set.expect(200, 'PUT', `/v1/titles/${movies[at].id}/credits`, { token: admin, body: { items } });
  await post('/register', { username: 'viewer', email: 'viewer@example.test', password });
  viewer = (await set.expect(200, 'POST', '/login', { body: { username: 'viewer', password } })).body;
  await until(async () => (await set.api('GET', `/movies/${movies[1].id}/recommendations`)).body.results?.length > 3, { what: 'what is similar' });
  await until(async () => (await set.api('GET', '/recommendations?limit=20', { token: viewer.token })).body.results.length === 14, { what: 'history to know the movies' });
});

for (const family of ['', '/api']) {
  const get = (path, token) => set.api('GET', family + path, { token });
  const names = ({ results }) => results.map(({ title }) => title.slice(-1)).join('');

  row(`GET ${family}/movies`, async (is) => {
    is('the first page', await get('/movies'), 200, (body) => {
      assert.deepEqual([body.success, body.page, body.per_page, body.total, body.pages, names(body)], [true, 1, 12, 14, 2, 'NMLKJIHGFEDC']);
      for (const movie of body.results) assert.deepEqual(Object.keys(movie), keys);
      const [last] = body.results;
      assert.deepEqual([last.description, last.overview, last.release_year, last.genre, last.rating], ['Heist number 13', 'Heist number 13', 2003, 'Crime, Drama', 6.5]);
    });
    is('the second', await get('/movies?page=2'), 200, (body) => assert.deepEqual([names(body), body.page], ['BA', 2]));
    is('behind the end', await get('/movies?page=1000000000'), 200, (body) => assert.deepEqual([body.results, body.total], [[], 14]));
    for (const genre of ['crim', 'CRIME']) is(genre, await get(`/movies?genre=${genre}`), 200, (body) => assert.equal(names(body), 'NLJHFDB'));
    for (const genre of ['', 'all']) is(`genre "${genre}"`, await get(`/movies?genre=${genre}`), 200, ({ total }) => assert.equal(total, 14));
    is('none of it', await get('/movies?genre=%25'), 200, ({ total, results }) => assert.deepEqual([total, results], [0, []]));
    const orders = { rating_asc: 'AB', rating_desc: 'NM', title_asc: 'AB', title_desc: 'NM', year_asc: 'AB', year_desc: 'NM' };
    for (const [sort, first] of Object.entries(orders)) is(sort, await get(`/movies?sort=${sort}`), 200, (body) => assert.equal(names(body).slice(0, 2), first));
    for (const query of ['page=0', 'page=x', 'page=-1', 'sort=newest']) is(query, await get(`/movies?${query}`), 400, ({ success, message, error }) => assert.deepEqual([success, message], [false, error]));
    is('slash', await get('/movies/'), 404);
  });

  row(`GET ${family}/movies/<id>`, async (is) => {
    is('one', await get(`/movies/${movies[1].id}`), 200, ({ success, data }) => {
      assert.deepEqual([success, data.id, data.title, data.director, data.genre], [true, movies[1].id, 'Movie B', 'Cy Director', 'Crime, Drama']);
      assert.deepEqual(data.cast.map(({ name, character }) => [name, character]), [['Ann Actor', 'The thief'], ['Bob Actor', 'The guard']]);
      assert.equal(data.similar_movies.length, 4);
      assert.equal(data.similar_movies[0].title, 'Movie D');
      assert.match(data.video_url, /\/stream\/[\w.-]+\/master\.m3u8$/);
    });
    is('what is like it', await get(`/movies/${movies[1].id}/recommendations?limit=3`), 200, ({ success, results, count }) => {
      assert.deepEqual([success, count, results[0].title], [true, 3, 'Movie D']);
      assert.ok(results.every(({ id }) => id !== movies[1].id));
      assert.deepEqual(Object.keys(results[0]), [...keys, 'similarity_score', 'reason']);
    });
    is('more than there can be', await get(`/movies/${movies[1].id}/recommendations?limit=1000`), 200, ({ count }) => assert.equal(count, 13));
    is('its people', await get(`/movies/${movies[1].id}/credits`), 200, ({ cast }) => assert.deepEqual(cast.map(({ name, character, profile_path: path, order }) => [name, character, path, order]), [['Ann Actor', 'The thief', null, 0], ['Bob Actor', 'The guard', null, 1]]));
    for (const behind of ['', '/recommendations', '/credits']) is(`unknown${behind}`, await get(`/movies/99999${behind}`), 404, noMovie);
    is('no number', await get('/movies/abc'), 404);
  });

  row(`GET ${family}/movies/popular`, async (is) => {
    is('all', await get('/movies/popular'), 200, ({ success, results, count }) => assert.deepEqual([success, results.length, count], [true, 14, 14]));
    is('some', await get('/movies/popular?limit=3'), 200, ({ results }) => assert.equal(results.length, 3));
    for (const limit of ['x', '0', '-1', '']) is(`limit "${limit}"`, await get(`/movies/popular?limit=${limit}`), 400);
  });

  for (const path of ['/search', '/movies/search'])
    row(`GET ${family}${path}`, async (is) => {
      is('found', await get(`${path}?q=movie%20c`), 200, ({ success, results, count, query }) => assert.deepEqual([success, results[0].title, count, query], [true, 'Movie C', results.length, 'movie c']));
      is('by description', await get(`${path}?q=heist`), 200, ({ count }) => assert.equal(count, 14));
      is('comes back as it was', await get(`${path}?q=%22%5C%25'%3Cx`), 200, ({ query }) => assert.equal(query, '"\\%\'<x'));
      for (const query of ['', '?q=']) is(`nothing "${query}"`, await get(path + query), 200, { success: true, results: [], count: 0, total: 0, query: '' });
      is('too long', await get(`${path}?q=${'x'.repeat(1000)}`), 400);
    });

  row(`${family}/watchlist`, async (is) => {
    const { token, user } = viewer;
    const change = (method, id, login = token) => set.api(method, `${family}/watchlist/${id}`, { token: login });
    is('nothing yet', await get('/watchlist', token), 200, { success: true, results: [], watchlist: [], count: 0 });
    is('added', await change('POST', movies[0].id), 200, { success: true, message: 'Added to watchlist', movie_id: movies[0].id });
    is('added again', await change('POST', movies[0].id), 200);
    is('another', await change('POST', movies[2].id), 200);
    is('newest first', await get('/watchlist', token), 200, ({ results, watchlist, count }) => {
      assert.deepEqual(watchlist, results);
      assert.deepEqual([count, results.map(({ movie_id: id, title, user_id: by }) => [id, title, by])], [2, [[movies[2].id, 'Movie C', user.id], [movies[0].id, 'Movie A', user.id]]]);
      assert.ok(results.every(({ added_at: at }) => Number.isFinite(Date.parse(at))));
    });
    is('in the profile', await get('/profile', token), 200, ({ watchlist, favorites, watch_history: history, subscription }) => {
      assert.deepEqual(watchlist.map(({ movie_id: id }) => id), [movies[2].id, movies[0].id]);
      assert.deepEqual([favorites, history, subscription], [[], [], null]);
    });
    for (const at of [0, 2]) is('removed', await change('DELETE', movies[at].id), 200, { success: true, message: 'Removed from watchlist', movie_id: movies[at].id });
    is('removed again', await change('DELETE', movies[0].id), 200);
    is('empty', await get('/watchlist', token), 200, ({ count }) => assert.equal(count, 0));
    is('unknown', await change('POST', 99999), 404, noMovie);
    is('no number', await change('POST', 'x'), 404);
    for (const [method, path] of [['GET', ''], ['POST', `/${movies[0].id}`], ['DELETE', `/${movies[0].id}`]]) {
      is(`${method} without a login`, await set.api(method, `${family}/watchlist${path}`), 401, refusal('Authentication token is missing'));
      is(`${method} with a bad one`, await set.api(method, `${family}/watchlist${path}`, { token: 'a.b.c' }), 401, refusal('Authentication token is invalid'));
    }
    const cors = { Origin: 'http://localhost:4200', 'Access-Control-Request-Method': 'DELETE' };
    is('preflight', await set.api('OPTIONS', `${family}/watchlist/${movies[0].id}`, { headers: cors }), 204, (body, { headers }) => {
      assert.match(headers.get('access-control-allow-methods'), /POST, PUT, PATCH, DELETE/);
      assert.deepEqual([headers.get('access-control-allow-origin'), headers.get('vary')], ['http://localhost:4200', 'Origin']);
    });
  });

  row(`GET ${family}/recommendations (content_pick)`, async (is) => {
    is('usual', await get('/recommendations', viewer.token), 200, ({ success, results, recommendations, count }) => {
      assert.deepEqual([success, count, recommendations], [true, 10, results]);
      assert.deepEqual(Object.keys(results[0]), [...keys, 'similarity_score', 'reason']);
    });
    for (const limit of [50, 1000]) is(`at most 20, ${limit}`, await get(`/recommendations?limit=${limit}`, viewer.token), 200, ({ count }) => assert.equal(count, 14));
    is('some', await get('/recommendations?limit=3', viewer.token), 200, ({ count }) => assert.equal(count, 3));
    for (const limit of ['x', '0', '-1']) is(`limit "${limit}"`, await get(`/recommendations?limit=${limit}`, viewer.token), 400);
    is('no login', await get('/recommendations'), 401, refusal('Authentication token is missing'));
    is('bad login', await get('/recommendations', 'a.b.c'), 401, refusal('Authentication token is invalid'));
  });
}

row('a search tells the best hundred, and how many there are', async (is) => {
  const { access_token: admin } = await set.login();
  for (let n = 0; n < 110; n++) await set.createTitle(admin, `Plenty ${n}`);
  for (const family of ['', '/api'])
    for (const limit of [50, 51, 100, 101, '9'.repeat(30)])
      is(`popular, ${limit}`, await set.api('GET', `${family}/movies/popular?limit=${limit}`), 200, ({ count }) => assert.equal(count, 50));
  await set.createTitle(admin, 'Northbound Train');
  for (const q of ['orthbou', 'ORTHBOU', 'thbound%20tra'])
    for (const path of ['/search', '/api/movies/search', '/v1/search'])
      is(`${path} inside of a word, ${q}`, await set.api('GET', `${path}?q=${q}`), 200, (body) => assert.deepEqual((body.results ?? body.items).map(({ title }) => title), ['Northbound Train']));
  for (const path of ['/search', '/movies/search', '/api/search', '/api/movies/search'])
    is(path, await set.api('GET', `${path}?q=plenty`), 200, ({ results, count, total }) => assert.deepEqual([count, new Set(results.map(({ id }) => id)).size, total], [100, 100, 110]));
});
