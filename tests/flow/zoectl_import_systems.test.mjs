// Everything of another system comes along: zoectl import veeplay, videoapp, videoflix_hls, videoflix_s3, streamify.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, makeFilm, startSet, until } from './lib.mjs';
import { password, sqlite, streamify, veeplay, videoapp, videoflixHls, videoflixS3, werkzeug } from './systems.mjs';

let set;
before(async () => {
  set = await startSet();
});
after(() => set?.stop());

// Rows of all tables; what a dump says of sequences is left out, because a row that is refused as known has taken its number.
function dump() {
  return execFileSync('pg_dump', ['-a', '-h', join(set.dataDir, 'pg/run'), '-U', 'zoetrope', 'zoetrope'], { env: set.env, encoding: 'utf8', maxBuffer: 1 << 28, stdio: 'pipe' })
    .split('\n').filter((line) => !/^(SELECT pg_catalog\.setval|\\(un)?restrict)/.test(line)).sort().join('\n');
}

// What follows an import by itself: messages to others, letters, counts of views, neighbours, marks of popular titles.
const underWay = () => set.sql(`select (select count(*) from auth.outbox) + (select count(*) from content.outbox) + (select count(*) from history.outbox)
  + (select count(*) from mail.outbox) + (select count(*) from transcode.outbox) + (select count(*) from mail.letters where state = 'queued')
  + (select count(*) from history.views where not counted) + (select count(*) from content.traits where stale)
  + (select greatest(0, least(count(*), 3000) - count(*) filter (where popular)) from content.search)`).then(Number);

// It has come to its end, and by the clock as well: none of those that look every few seconds has found anything.
async function settled(every = 6000) {
  let last = '';
  return until(async () => {
    const [now, before] = [dump(), last];
    last = now;
    return !(await underWay()) && now === before && now;
  }, { ms: 120000, every, what: 'a database that does not change' });
}

function same(now, then, what) {
  const [a, b] = [now, then].map((text) => new Set(text.split('\n')));
  assert.deepEqual([[...a].filter((line) => !b.has(line)), [...b].filter((line) => !a.has(line))], [[], []], what);
}

/** A dry run, which changes nothing; the import; the same again, which changes nothing. */
async function bring(system, source, { said, again, faults, options = [] }) {
  const before = await settled(1000); // mail of the last logins
  const dry = await set.zoectl('import', system, source, '--dry-run', ...options);
  same(dump(), before, 'a dry run changed something');
  const first = await set.zoectl('import', system, source, ...options);
  assert.deepEqual(first.stdout.split('\n').filter((line) => /^(accounts|titles|history|films|pictures)/.test(line)), said, first.stderr);
  assert.equal(first.status, faults.length ? 1 : 0, first.stderr);
  assert.deepEqual(dry.stdout.split('\n').filter((line) => /^(accounts|titles)/.test(line)).map((line) => line.replace(' would be:', '')), said.slice(0, 2), dry.stderr);
  for (const fault of faults) assert.match(first.stderr, fault);
  const kept = await settled();
  const second = await set.zoectl('import', system, source, ...options);
  assert.deepEqual(second.stdout.split('\n').filter((line) => /^(accounts|titles|history|films|pictures)/.test(line)), again, second.stderr);
  same(dump(), kept, 'the second run changed something');
  return first;
}

/** A folder as Django keeps its media, with one film, a picture, and something that is called one. */
async function oldMedia(name) {
  const media = join(set.dataDir, `media-of-${name}`);
  mkdirSync(join(media, 'videos'), { recursive: true });
  const film = await makeFilm({ seconds: 2, size: '854x480' });
  copyFileSync(film, join(media, 'videos', `${name}.mp4`));
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-i', film, '-frames:v', '1', join(media, `${name}.jpg`)]);
  writeFileSync(join(media, 'noise.jpg'), 'this is no picture');
  return media;
}

const number = (external) => set.sql(`select id from content.titles where external_id = '${external}'`).then(Number);

test('what is no source is told', async () => {
  for (const wrong of [['veeplay'], ['nosystem', 'x'], ['veeplay', 'x', '--wet'], ['veeplay', 'x', '--media']]) assert.equal((await set.zoectl('import', ...wrong)).status, 64, wrong.join(' '));
  for (const none of ['/nowhere/at/all', 'postgres://127.0.0.1:1/none', '/etc/hostname']) {
    const { status, stderr } = await set.zoectl('import', 'veeplay', none);
    assert.equal(status, 66, none);
    assert.match(stderr, /^zoectl: .+\n$/, none);
  }
});

test('veeplay: PostgreSQL, bcrypt, series with their episodes, history', async () => {
  const source = veeplay(set);
  const { stderr, stdout } = await bring('veeplay', source, {
    said: ['accounts  3 added, 0 changed, 1 as they were, 3 refused', 'titles    6 added, 0 changed, 0 as they were, 5 refused', 'history   4 added, 0 changed, 1 as they were, 5 refused', 'films     0 taken, 0 there, 2 missing', 'pictures  0 taken, 0 there, 0 missing'],
    again: ['accounts  0 added, 0 changed, 4 as they were, 3 refused', 'titles    0 added, 0 changed, 6 as they were, 5 refused', 'history   0 added, 0 changed, 5 as they were, 5 refused', 'films     0 taken, 0 there, 2 missing', 'pictures  0 taken, 0 there, 0 missing'],
    faults: [/user:3: "vera@VEEPLAY\.test": this address was there before/, /user:4: "boss@veeplay\.test": becomes an administrator/, /user:5: "plain@veeplay\.test": the hash is of no kind/, /user:6: there is no address/, /user:7: "nohash@veeplay\.test": there is no hash/,
      /content:3: "title": must not be blank/, /content:4: "description": it is too long and was cut/, /content:4: "title": it is too long and was cut/, /season:3: its series is not there/, /season:4: "number"/, /episode:4: its series is not there/, /episode:5: an episode needs/, /watch_history:6: its account did not come along/, /watch_history:7: its title did not come along/, /watch_history:9: its account/],
  });
  assert.match(stdout, /veeplay:title:8 needs its film: "movies\/long\.mp4"/);
  assert.match(stdout, /veeplay:episode:11 needs its film: "shows\/2\.mp4"/);
  assert.doesNotMatch(stderr, /\$2[aby]\$/, 'hashes are nobody\'s to read');
  const login = await set.expect(200, 'POST', '/login', { body: { email: 'vera@veeplay.test', password } });
  assert.equal(login.body.user.name, 'Vera 🎬');
  await set.expect(401, 'POST', '/login', { body: { email: 'vera@veeplay.test', password: 'another password' } });
  await set.expect(200, 'POST', '/login', { body: { email: 'bytes@veeplay.test', password } });
  const show = await number('veeplay:title:2');
  const token = login.body.access_token;
  const { body: history } = await set.expect(200, 'GET', '/watch-history', { token });
  assert.deepEqual(history.map(({ title, position, last_watched: at, content_id: id }) => [title, position, at, id === show]), [
    ['Example Show', 5, '2025-08-13T10:00:00Z', true], ['Some Movie 🍿', 90, '2025-08-12T10:00:00Z', false], ['Example Show', 1200, '2025-08-11T14:32:00Z', true]]);
  const { body: content } = await set.expect(200, 'GET', `/content/${show}`, { token });
  assert.deepEqual(content.seasons.map(({ season_number: season, title, episodes }) => [season, title, episodes.map((one) => [one.episode_number, one.title])]), [
    [1, 'One', [[1, 'Episode One'], [2, 'Episode Two']]], [2, '', [[1, 'Later']]]]);
  const list = (await set.expect(200, 'GET', '/content')).body;
  assert.equal(list.at(-1).title, 'Example Show', 'the days of the old system order the list');
  const url = await set.expect(200, 'POST', `/v1/titles/${await number('veeplay:title:4')}/playback`, { token: (await set.login('vera@veeplay.test', password)).access_token });
  assert.deepEqual([url.body.source, url.body.url, url.body.position], ['url', 'https://films.example.test/some.mp4?signed=1', 90]);
});

test('videoapp: what mongoexport writes', async () => {
  await bring('videoapp', videoapp(set), {
    said: ['accounts  2 added, 0 changed, 1 as they were, 3 refused', 'titles    2 added, 0 changed, 0 as they were, 1 refused', 'history   0 added, 0 changed, 0 as they were, 0 refused', 'films     0 taken, 0 there, 0 missing', 'pictures  0 taken, 0 there, 0 missing'],
    again: ['accounts  0 added, 0 changed, 3 as they were, 3 refused', 'titles    0 added, 0 changed, 2 as they were, 1 refused', 'history   0 added, 0 changed, 0 as they were, 0 refused', 'films     0 taken, 0 there, 0 missing', 'pictures  0 taken, 0 there, 0 missing'],
    faults: [/users:2: "JOHN@videoapp\.test": this address was there before/, /users:3: it is no JSON/, /users:5: it is no JSON object/, /users:6: there is no id/, /videos:3: "youtube_id"/],
  });
  const { body: { token, user } } = await set.expect(200, 'POST', '/auth/login', { body: { email: 'John@videoapp.test', password } });
  assert.equal(user.name, 'John Doe');
  assert.equal((await set.expect(200, 'GET', '/auth/me', { token })).body.user.created_at, '2026-01-28T10:30:00');
  const { text, body: { videos } } = await set.expect(200, 'GET', '/dashboard', { token });
  const video = videos.find(({ title }) => title === 'How to Start a Startup - Sam Altman (Y Combinator)');
  assert.ok(video, text);
  assert.ok(!videos.some(({ title }) => title === 'Hidden'));
  const { body: stream } = await set.expect(200, 'GET', `/video/${video.id}/stream?token=${video.playback_token}`, { token });
  assert.match(stream.stream_url, /^https:\/\/www\.youtube-nocookie\.com\/embed\/CBYhVcO4WgI\?/);
});

test('videoflix_hls: Django on PostgreSQL, a film; who was not activated still is not', async () => {
  const media = await oldMedia('waves');
  await bring('videoflix_hls', videoflixHls(set), {
    said: ['accounts  2 added, 0 changed, 0 as they were, 2 refused', 'titles    2 added, 0 changed, 0 as they were, 0 refused', 'history   0 added, 0 changed, 0 as they were, 0 refused', 'films     1 taken, 0 there, 1 missing', 'pictures  1 taken, 0 there, 0 missing'],
    again: ['accounts  0 added, 0 changed, 2 as they were, 2 refused', 'titles    0 added, 0 changed, 2 as they were, 0 refused', 'history   0 added, 0 changed, 0 as they were, 0 refused', 'films     0 taken, 1 there, 1 missing', 'pictures  0 taken, 1 there, 0 missing'],
    faults: [/auth_user:1: there is no address/, /auth_user:4: "gone@hls\.test": the hash/],
    options: ['--media', media],
  });
  await set.expect(401, 'POST', '/api/login/', { body: { email: 'new@hls.test', password } });
  const { headers } = await set.expect(200, 'POST', '/api/login/', { body: { email: 'hanna@hls.test', password } });
  const cookie = headers.getSetCookie().map((one) => one.split(';')[0]).join('; ');
  const waves = await number('videoflix_hls:title:1');
  await set.waitReady(waves);
  const { body } = await set.expect(200, 'GET', '/api/video/', { headers: { Cookie: cookie } });
  const { title, category, created_at: at, description, thumbnail_url: thumbnail } = body.find(({ id }) => id === waves);
  assert.deepEqual([title, category, at, description], ['Waves', 'Drama', '2025-02-01T10:00:00Z', 'The sea.']);
  const picture = await fetch(thumbnail);
  assert.deepEqual([picture.status, picture.headers.get('content-type'), new URL(thumbnail).pathname.split('/')[1]], [200, 'image/jpeg', 'pictures']);
  await set.expect(200, 'GET', `/api/video/${waves}/480p/index.m3u8`, { headers: { Cookie: cookie } });
  const hills = await set.title(await number('videoflix_hls:title:2'));
  assert.deepEqual([hills.title, hills.category, hills.processing_state], ['Hills 🏔', 'Documentary', 'none']);
});

test('videoflix_s3: Django on SQLite, favourites, and films out of a folder', async () => {
  const media = await oldMedia('river');
  const { stdout } = await bring('videoflix_s3', videoflixS3(set), {
    said: ['accounts  2 added, 0 changed, 0 as they were, 0 refused', 'titles    2 added, 0 changed, 0 as they were, 0 refused', 'history   3 added, 0 changed, 0 as they were, 2 refused', 'films     1 taken, 0 there, 1 missing', 'pictures  0 taken, 0 there, 2 missing'],
    again: ['accounts  0 added, 0 changed, 2 as they were, 0 refused', 'titles    0 added, 0 changed, 2 as they were, 0 refused', 'history   0 added, 0 changed, 3 as they were, 2 refused', 'films     0 taken, 1 there, 1 missing', 'pictures  0 taken, 0 there, 2 missing'],
    faults: [/videoflix_s3:title:5: its picture was not taken\nzoectl: INVALID/, /favorite_videos:4: its account/, /favorite_videos:5: its title/],
    options: ['--media', media],
  });
  assert.match(stdout, /videoflix_s3:title:7 needs its picture: "images\/none\.jpg"/);
  assert.match(stdout, /videoflix_s3:title:7 needs its film: "videos\/lost\.mp4"/);
  const [river, lost] = [await number('videoflix_s3:title:5'), await number('videoflix_s3:title:7')];
  await set.waitReady(river);
  const { headers, body } = await set.expect(200, 'POST', '/users/login/', { body: { email: 'velo@s3.test', password } });
  assert.deepEqual([body.username, body.favorite_videos.sort()], ['velo', [river, lost].sort()]);
  const cookie = headers.getSetCookie().map((one) => one.split(';')[0]).join('; ');
  const list = (await set.expect(200, 'GET', '/content/', { headers: { Cookie: cookie } })).body;
  assert.deepEqual([list.find(({ id }) => id === river).processing_state, list.find(({ id }) => id === lost).category], ['ready', 'Other']);
  const { body: { url } } = await set.expect(200, 'GET', `/content/video-url/${river}/?quality=120p`, { headers: { Cookie: cookie } });
  assert.equal((await fetch(url)).status, 200);
  assert.equal(await set.sql(`select roles from auth.accounts where email = 'root@s3.test'`), '3');
});

test('streamify: SQLite, login names, watch list, favourites, history', async () => {
  await bring('streamify', streamify(set), {
    said: ['accounts  2 added, 0 changed, 0 as they were, 0 refused', 'titles    3 added, 0 changed, 0 as they were, 0 refused', 'history   6 added, 0 changed, 1 as they were, 1 refused', 'films     0 taken, 0 there, 0 missing', 'pictures  0 taken, 0 there, 0 missing'],
    again: ['accounts  0 added, 0 changed, 2 as they were, 0 refused', 'titles    0 added, 0 changed, 3 as they were, 0 refused', 'history   0 added, 0 changed, 7 as they were, 1 refused', 'films     0 taken, 0 there, 0 missing', 'pictures  0 taken, 0 there, 0 missing'],
    faults: [/user:2: "other@streamify\.test": its login name is somebody else's/, /movie:2: "year": left out/, /movie:2: "rating": left out/, /watch_history:4: its position is out of bounds/],
  });
  const { body: { access_token: token } } = await set.expect(200, 'POST', '/login', { body: { username: 'user123', password } });
  await set.expect(200, 'POST', '/login', { body: { username: 'other@streamify.test', password } });
  const { body } = await set.expect(200, 'GET', '/profile', { token });
  assert.deepEqual([body.username, body.email, body.join_date, body.is_admin], ['user123', 'user123@streamify.test', '2025-05-06T07:08:09Z', false]);
  assert.deepEqual(body.watch_history.map(({ title, progress, watched_at: at }) => [title, progress, at]), [['Plain', 30, '2025-06-02T10:00:00Z'], ['Heat', 10000, '2025-06-01T10:00:00Z']]);
  assert.deepEqual(body.watchlist.map(({ title, added_at: at }) => [title, at]), [['Odd', '2025-06-04T10:00:00Z'], ['Plain', '2025-06-03T10:00:00Z']]);
  assert.deepEqual(body.favorites.map(({ title, added_at: at }) => [title, at]), [['Heat', '2025-06-06T10:00:00Z']]);
  const heat = (await set.expect(200, 'GET', `/movies/${await number('streamify:title:1')}`)).body.data;
  assert.deepEqual([heat.title, heat.release_year, heat.genre, heat.rating, heat.duration, heat.language], ['Heat', 1995, 'Crime, Drama', 8.3, 10200, 'en']);
  const odd = (await set.expect(200, 'GET', `/movies/${await number('streamify:title:2')}`)).body.data;
  assert.deepEqual([odd.release_year ?? null, odd.rating ?? null], [null, null]);
});

test('a second system of the same kind comes beside the first under another name', async () => {
  const { stdout } = await set.zoectl('import', 'streamify', join(set.dataDir, 'streamify.db'), '--as', 'cinema');
  assert.match(stdout, /^accounts {2}0 added, 0 changed, 2 as they were.*\ntitles {4}3 added/);
  assert.ok(await number('cinema:title:1'));
});

test('what a source lacks is told, and what cannot be read costs only its row', async () => {
  const path = sqlite(set, 'part.db', `
create table users (id text primary key, username, email, password_hash, is_admin);
insert into users values ('a', 'part', cast(x'ff40706172742e74657374' as text), '${werkzeug()}', 0), ('b', 'part', 'part@part.test', '${werkzeug()}', 'no'), (x'00', 'none', 'none@part.test', '${werkzeug()}', 0);
create table movies (id integer primary key, title, release_year, rating, duration);
insert into movies values (1, 'Whole', '1999', '7.5', 'long'), (2, 5, 1e300, -1, 1e300), (3, null, null, null, null);
`);
  const { status, stdout, stderr } = await set.zoectl('import', 'streamify', path, '--as', 'part');
  assert.equal(status, 1);
  assert.match(stdout, /^accounts {2}1 added, 0 changed, 0 as they were, 2 refused\ntitles {4}2 added, 0 changed, 0 as they were, 1 refused\n/);
  for (const line of [/^users:1: there is no address$/m, /^users:3: there is no id$/m, /^movies:1: "duration": left out/m, /^movies:2: "year": left out/m, /^movies:2: "rating": left out/m, /^movies:2: "duration": left out/m, /^movies:3: "title": /m, /^there is no table watchlist/m]) assert.match(stderr, line);
  const whole = await set.title(await number('part:title:1'));
  assert.deepEqual([whole.title, whole.year, whole.rating], ['Whole', 1999, 7.5]);
  for (const [name, bytes] of [['noise.db', 'SQLite format 3\0 and then nothing that is one'], ['empty.db', '']]) {
    writeFileSync(join(set.dataDir, name), bytes);
    const broken = await set.zoectl('import', 'streamify', join(set.dataDir, name));
    assert.ok([64, 66].includes(broken.status) && /^zoectl: .+\n$/.test(broken.stderr) && !broken.stdout, `${name}: ${broken.status} ${broken.stderr}`);
  }
});

test('thousands of rows; killed on the way, the next run goes on and the end is the same', async () => {
  const path = sqlite(set, 'large.db', `
create table user (id integer primary key, username varchar(80), email varchar(120), password_hash varchar(128), join_date datetime, is_admin boolean);
create table movie (id integer primary key, title varchar(200), description text, release_year integer, genre varchar(100), rating float, video_url varchar(200), duration integer, language varchar(50));
create table watch_history (id integer primary key, user_id integer, movie_id integer, watched_at datetime, progress integer);
insert into user with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000) select i, 'large' || i, 'p' || i || '@large.test', '${werkzeug()}', '2025-05-06 07:08:09', 0 from n;
insert into movie with recursive n(i) as (select 1 union all select i + 1 from n where i < 500) select i, 'Large ' || i, 'About ' || i, 2000 + i % 20, 'Drama', i % 10, 'https://films.example.test/' || i, 90, 'en' from n;
insert into watch_history with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) select i, 1 + i % 2000, 1 + (i / 2000) * 7 % 500, '2025-06-01 10:00:00', 60 from n;
`);
  const zoectl = spawn(join(build, 'zoectl'), ['import', 'streamify', path, '--as', 'large'], { env: set.env, stdio: 'ignore' });
  const ended = new Promise((resolve) => zoectl.once('exit', (code, signal) => resolve(signal ?? code)));
  const kept = () => set.sql(`select count(*) from history.progress p join auth.accounts a on a.id = p.account_id where a.email like '%@large.test'`).then(Number);
  await until(async () => (await kept()) > 0, { every: 10, what: 'the first of the history' });
  zoectl.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL');
  const began = await kept();
  assert.ok(began < 20000, `${began} rows were there already`);
  const answer = await set.zoectl('import', 'streamify', path, '--as', 'large');
  assert.equal(answer.status, 0, answer.stderr);
  assert.match(answer.stdout, /^accounts {2}0 added, 0 changed, 2000 as they were, 0 refused\ntitles {4}0 added, 0 changed, 500 as they were, 0 refused\nhistory/);
  const [, added, there] = answer.stdout.match(/history +(\d+) added, 0 changed, (\d+) as they were, 0 refused/).map(Number);
  assert.equal(added + there, 20000);
  assert.ok(there >= began && added > 0);
  assert.equal(await kept(), 20000);
  assert.equal(await set.sql(`select count(*) from content.titles where external_id like 'large:%'`), '500');
});
