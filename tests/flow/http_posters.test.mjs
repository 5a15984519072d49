// Pictures of titles over HTTP: as a body, in base64 beside other fields, for series, episodes and the other APIs; hostile ones are refused by name.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { corpus, makeFilm, startSet, until } from './lib.mjs';

const KINDS = { poster: [1080, 360], banner: [1920, 960], thumbnail: [640, 320] };
let set;
let work;
let admin;
let viewer;

before(async () => {
  work = mkdtempSync(join(tmpdir(), 'zoe-posters-'));
  set = await startSet({ env: { ZOE_PICTURE_BYTES: '2000000' } });
  admin = (await set.login()).access_token;
  viewer = (await set.register()).access_token;
});
after(async () => {
  await set?.stop();
  rmSync(work, { recursive: true, force: true });
});

function make(color, size = '2400x1600', extension = 'png') {
  const file = join(work, `${color}_${size}.${extension}`);
  if (!existsSync(file)) execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', `color=c=${color}:s=${size}`, '-frames:v', '1', file]);
  return readFileSync(file);
}

async function fetched(path, token) {
  const answer = await fetch(path.startsWith('http') ? path : set.base + path, { headers: token ? { Authorization: `Bearer ${token}` } : {} });
  return { status: answer.status, type: answer.headers.get('content-type'), bytes: Buffer.from(await answer.arrayBuffer()) };
}

// Width, height and the colour of the middle.
function look(jpeg) {
  const file = join(work, 'look.jpg');
  writeFileSync(file, jpeg);
  const [width, height] = execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'stream=width,height', '-of', 'csv=p=0', file]).toString().trim().split(',').map(Number);
  const [r, g, b] = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-vf', 'scale=1:1:flags=area', '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-']);
  return [width, height, r > 200 && g < 60 ? 'red' : b > 200 ? 'blue' : g > 100 && r < 60 ? 'green' : `${r},${g},${b}`];
}

const put = (id, which, body, options = {}) => set.api('PUT', `/v1/titles/${id}/${which}`, { token: admin, body, ...options, headers: { 'Content-Type': 'image/png', ...options.headers } });

test('each picture is sized, shown, replaced and taken away (content_picture)', async () => {
  const { id, version } = await set.createTitle(admin, 'With pictures');
  for (const [which, [large, small]] of Object.entries(KINDS)) {
    const answer = await put(id, which, make('red'));
    assert.equal(answer.status, 200, answer.text);
    const url = answer.body[`${which}_url`];
    assert.match(url, new RegExp(`^/pictures/[0-9a-f]{32}-${large}\\.jpg$`));
    assert.deepEqual(look((await fetched(url)).bytes), [large, Math.round(large * 2 / 3), 'red'], which);
    assert.deepEqual(look((await fetched(url.replace(`-${large}`, `-${small}`))).bytes).slice(0, 1), [small], which);
    assert.equal((await set.title(id))[`${which}_url`], url, 'the cache knows');
  }
  const title = await set.title(id);
  assert.equal(title.version, version + 3);
  assert.deepEqual(look((await fetched(`/v1/titles/${id}/poster.jpg`)).bytes), [1080, 720, 'red']);
  const stale = await put(id, 'poster', make('blue'), { headers: { 'If-Match': '"1-x"' } });
  assert.equal(stale.status, 412, stale.text);
  assert.equal((await put(id, 'poster', make('blue'))).status, 200);
  await until(async () => (await fetched(title.poster_url)).status === 404, { what: 'the old poster to go' });
  const bare = await set.expect(200, 'DELETE', `/v1/titles/${id}/poster`, { token: admin });
  assert.equal(bare.body.poster_url, undefined);
  assert.equal((await fetched(`/v1/titles/${id}/poster.jpg`)).status, 404);
  assert.equal((await put(999999, 'poster', make('red'))).status, 404);
  assert.equal((await put(id, 'poster', make('red'), { token: viewer })).status, 403);
  assert.equal((await put(id, 'poster', make('red'), { headers: { 'Content-Type': 'text/html' } })).status, 415);
  assert.equal((await put(id, 'logo', make('red'))).status, 404);
  const { banner_url: banner, thumbnail_url: thumbnail } = await set.title(id);
  await set.expect(204, 'DELETE', `/v1/titles/${id}`, { token: admin });
  for (const url of [banner, thumbnail]) await until(async () => (await fetched(url)).status === 404, { what: 'the pictures of a deleted title to go' });
});

test('base64 and data: URLs beside the other fields, also of an episode', async () => {
  const red = make('red', '400x200').toString('base64');
  const blue = `data:image/png;base64,${make('blue', '200x400').toString('base64')}`;
  const body = { title: 'In one', kind: 'series', poster: red, banner: blue, thumbnail: red };
  const headers = { 'Idempotency-Key': 'pictures-once' };
  const made = await set.expect(201, 'POST', '/v1/titles', { token: admin, body, headers });
  assert.deepEqual(look((await fetched(made.body.poster_url)).bytes), [400, 200, 'red']);
  assert.deepEqual(look((await fetched(made.body.banner_url)).bytes), [200, 400, 'blue']);
  assert.deepEqual(look((await fetched(made.body.thumbnail_url)).bytes), [400, 200, 'red']);
  const again = await set.expect(201, 'POST', '/v1/titles', { token: admin, body, headers });
  assert.equal(again.body.id, made.body.id);
  assert.equal(again.body.poster_url, made.body.poster_url);
  const { id } = made.body;
  const changed = await set.expect(200, 'PATCH', `/v1/titles/${id}`, { token: admin, body: { year: 2001, poster: blue, banner: '' } });
  assert.deepEqual(look((await fetched(changed.body.poster_url)).bytes), [200, 400, 'blue']);
  assert.equal(changed.body.banner_url, undefined);
  assert.equal(changed.body.thumbnail_url, made.body.thumbnail_url);
  assert.equal(changed.body.year, 2001);
  const episode = await set.expect(201, 'POST', `/v1/titles/${id}/episodes`, { token: admin, body: { season: 1, episode: 1, title: 'Pilot', thumbnail: red } });
  assert.deepEqual(look((await fetched(episode.body.thumbnail_url)).bytes), [400, 200, 'red']);
  const [season] = (await set.expect(200, 'GET', `/v1/titles/${id}/seasons`)).body.items;
  assert.equal(season.episodes[0].thumbnail_url, episode.body.thumbnail_url);
  const list = (await set.expect(200, 'GET', '/v1/titles?limit=1')).body.items[0];
  assert.equal(list.poster_url, changed.body.poster_url);
});

test('what is no picture is refused by its field, and nothing is made', async () => {
  const { id } = await set.createTitle(admin, 'Stays bare');
  const before = (await set.expect(200, 'GET', '/v1/titles?limit=100')).body.items.length;
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
  for (const which of Object.keys(KINDS)) {
    for (const text of ['???', 'data:text/html;base64,AAAA', svg.toString('base64'), '0123456789abcdef0123456789abcdef', 'AAAA']) {
      for (const [method, path] of [['POST', '/v1/titles'], ['PATCH', `/v1/titles/${id}`]]) {
        const answer = await set.api(method, path, { token: admin, body: { title: 'Hostile', [which]: text } });
        assert.equal(answer.status, 400, `${method} ${which} ${text.slice(0, 30)}: ${answer.text}`);
        assert.equal(answer.body.errors[0].pointer, `/${which}`);
      }
    }
    for (const value of [5, true, [], {}]) assert.equal((await set.api('PATCH', `/v1/titles/${id}`, { token: admin, body: { [which]: value } })).body.errors[0].pointer, `/${which}`);
    const answer = await put(id, which, svg);
    assert.equal(answer.status, 400);
    assert.equal(answer.body.errors[0].pointer, `/${which}`);
  }
  assert.equal((await set.api('PATCH', `/v1/titles/${id}`, { token: admin, body: { poster: 'AAAA'.repeat(700_000) } })).status, 413);
  const title = await set.title(id);
  assert.deepEqual([title.title, title.poster_url, title.banner_url, title.thumbnail_url], ['Stays bare', undefined, undefined, undefined]);
  assert.equal((await set.expect(200, 'GET', '/v1/titles?limit=100')).body.items.length, before);
});

test('an uploaded poster goes before the one that is made of the film', async () => {
  const { id } = await set.createTitle(admin, 'A film with its own');
  await set.expect(200, 'PUT', `/v1/titles/${id}/poster`, { token: admin, body: make('green', '600x900'), headers: { 'Content-Type': 'image/png' } });
  await set.upload(admin, id, await makeFilm());
  await set.waitReady(id);
  const { poster_url: url } = await set.title(id);
  assert.deepEqual(look((await fetched(url)).bytes), [600, 900, 'green']);
  assert.deepEqual(look((await fetched(`/v1/titles/${id}/poster.jpg`)).bytes), [600, 900, 'green']);
  await set.expect(200, 'PUT', `/v1/history/${id}`, { token: viewer, body: { position: 2 } });
  assert.equal((await set.expect(200, 'GET', '/v1/history', { token: viewer })).body.items[0].poster_url, url, 'history shows it too');
  await set.expect(200, 'DELETE', `/v1/titles/${id}/poster`, { token: admin });
  await until(async () => (await set.title(id)).poster_url === `/v1/titles/${id}/poster.jpg`, { what: 'the poster that was made' });
  assert.equal((await fetched(`/v1/titles/${id}/poster.jpg`)).type, 'image/jpeg');
});

test('an administrator sees the poster of a hidden title, others do not', async () => {
  const { id } = await set.createTitle(admin, 'Concealed', { visibility: 'hidden' });
  assert.equal((await put(id, 'poster', make('red', '400x200'))).status, 200);
  const place = `/v1/titles/${id}/poster.jpg`;
  assert.equal((await fetched(place, admin)).status, 200);
  assert.equal((await fetched(place, viewer)).status, 404);
  assert.equal((await fetched(place)).status, 404);
});

test('the poster that veeplay sends in base64', async () => {
  const { email, password } = set.admin;
  const token = (await set.expect(200, 'POST', '/login', { body: { email, password } })).body.access_token;
  const poster = make('red', '400x200').toString('base64');
  const made = await set.expect(201, 'POST', '/content', { token, body: { title: 'From veeplay', type: 'movie', description: 'x', poster } });
  const { id } = made.body;
  const shown = (await set.expect(200, 'GET', `/content/${id}`)).body.poster_url;
  assert.deepEqual(look((await fetched(shown)).bytes), [400, 200, 'red']);
  await set.expect(200, 'PUT', `/content/${id}`, { token, body: { title: 'Other', poster: `data:image/png;base64,${make('blue', '200x400').toString('base64')}` } });
  assert.deepEqual(look((await fetched((await set.expect(200, 'GET', `/content/${id}`)).body.poster_url)).bytes), [200, 400, 'blue']);
  await set.expect(200, 'PUT', `/content/${id}`, { token, body: { description: 'no word of the poster' } });
  assert.deepEqual(look((await fetched((await set.expect(200, 'GET', `/content/${id}`)).body.poster_url)).bytes), [200, 400, 'blue']);
  // streamify shows the poster where there is no banner.
  const { text } = await set.expect(200, 'GET', `/movies/${id}`);
  assert.ok(text.includes(`"banner_url":"${shown.replace(/\/pictures.*/, '')}/pictures/`), text);
  assert.equal((await set.api('POST', '/content', { token, body: { title: 'Bad', poster: '???' } })).status, 400);
});

test('pictures of the corpus, real and hostile, never end anything', { skip: !corpus && 'no corpus beside the checkout' }, async () => {
  const { id } = await set.createTitle(admin, 'Corpus');
  const media = set.pid('zoe-transcode');
  let refused = 0;
  for (const folder of ['D_images', 'C_hostile']) {
    for (const file of readdirSync(join(corpus, folder), { recursive: true })) {
      const path = join(corpus, folder, file);
      if (!statSync(path).isFile() || statSync(path).size > 1_900_000) continue;
      const answer = await put(id, 'banner', readFileSync(path));
      assert.ok([200, 400].includes(answer.status), `${file}: ${answer.status} ${answer.text}`);
      if (answer.status === 200) continue;
      refused++;
      assert.equal(answer.body.errors[0].pointer, '/banner', file);
    }
  }
  assert.ok(refused > 0);
  assert.equal(set.pid('zoe-transcode'), media);
  assert.equal((await set.api('GET', '/ready')).status, 200);
});
