// The five systems as their documents and frameworks make them: schemas and rows to import from, odd ones among them.
import { pbkdf2Sync, scryptSync } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const password = 'a fine password';
export const django = (text = password) => `pbkdf2_sha256$1000$seasalt$${pbkdf2Sync(text, 'seasalt', 1000, 32, 'sha256').toString('base64')}`;
export const werkzeug = (text = password) => `scrypt:1024:8:1$seasalt$${scryptSync(text, 'seasalt', 64, { N: 1024, r: 8, p: 1 }).toString('hex')}`;

/** A PostgreSQL database of its own in the set's server, filled by `sql`; its address. */
export function database(set, name, sql) {
  const host = join(set.dataDir, 'pg/run');
  const psql = (to, ...args) => execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-h', host, '-U', 'zoetrope', '-d', to, ...args], { env: set.env, encoding: 'utf8' });
  psql('postgres', '-c', `create database ${name} owner zoetrope`);
  psql(name, '-c', sql);
  return `host=${host} user=zoetrope dbname=${name}`;
}

export function sqlite(set, name, sql) {
  const path = join(set.dataDir, name);
  execFileSync('sqlite3', ['-bail', path], { input: sql });
  return path;
}

// Flask-SQLAlchemy; Flask-Bcrypt, whose bytes also stand in the column as PostgreSQL shows bytes.
export const veeplay = (set) => database(set, 'veeplay', `
create extension pgcrypto;
create table "user" (id serial primary key, name varchar(120), email varchar(120), password varchar(200), profile_picture varchar(200), is_admin boolean, created_at timestamp);
create table content (id serial primary key, title varchar(300), type varchar(20), description text, poster_url varchar(300), video_url varchar(500), created_at timestamp);
create table season (id serial primary key, content_id integer, season_number integer, title varchar(200));
create table episode (id serial primary key, season_id integer, episode_number integer, title varchar(200), description text, video_url varchar(500));
create table watch_history (id serial primary key, user_id integer, content_id integer, episode_id integer, position integer, last_watched timestamptz);
insert into "user" (id, name, email, password, is_admin, created_at) values
  (3, 'Vera 🎬', 'Vera@Veeplay.test', crypt('${password}', gen_salt('bf', 4)), false, '2024-02-03 04:05:06.789'),
  (5, null, 'bytes@veeplay.test', '\\x' || encode(convert_to(crypt('${password}', gen_salt('bf', 4)), 'UTF8'), 'hex'), null, null),
  (7, 'Twice', 'vera@VEEPLAY.test', crypt('another password', gen_salt('bf', 4)), false, null),
  (8, 'Boss', 'boss@veeplay.test', crypt('${password}', gen_salt('bf', 4)), true, null),
  (9, 'Plain', 'plain@veeplay.test', 'a fine password', false, null),
  (10, 'None', null, crypt('${password}', gen_salt('bf', 4)), false, null),
  (11, 'No hash', 'nohash@veeplay.test', null, false, null);
insert into content (id, title, type, description, video_url, created_at) values
  (2, 'Example Show', 'series', 'A great show.', null, '2024-05-01 00:00:00'),
  (4, 'Some Movie 🍿', 'movie', null, 'https://films.example.test/some.mp4?signed=1', '2024-05-02 00:00:00'),
  (6, '  ', 'movie', 'nameless', null, null),
  (8, 'Long ' || repeat('é', 150), 'film', repeat('ü', 4000), 'movies/long.mp4', null);
insert into season (id, content_id, season_number, title) values (20, 2, 1, 'One'), (21, 2, 2, null), (22, 99, 1, 'of nothing'), (23, 2, null, 'of no number');
insert into episode (id, season_id, episode_number, title, video_url) values
  (10, 20, 1, 'Episode One', 'https://films.example.test/1.mp4'), (11, 20, 2, 'Episode Two', 'shows/2.mp4'), (12, 21, 1, 'Later', null), (13, 77, 1, 'Lost', null), (14, 21, null, 'No number', null);
insert into watch_history (user_id, content_id, episode_id, position, last_watched) values
  (3, 2, 10, 1200, '2025-08-11T14:32:00Z'), (3, 4, null, 60, '2025-08-10T10:00:00Z'), (3, 4, null, 90, '2025-08-12T10:00:00.5Z'),
  (7, 2, 11, 5, '2025-08-13T10:00:00Z'), (5, 4, null, null, null), (99, 4, null, 1, now()), (3, 99, null, 1, now()), (3, null, null, 1, now()), (9, 4, null, 1, now()), (3, 6, null, 1, now());
`);

// mongoexport: a file for each collection, canonical and relaxed values.
export function videoapp(set) {
  const folder = join(set.dataDir, 'videoapp');
  const hash = execFileSync('psql', ['-XAtq', '-h', join(set.dataDir, 'pg/run'), '-U', 'zoetrope', '-d', 'veeplay', '-c', `select crypt('${password}', gen_salt('bf', 4))`], { env: set.env, encoding: 'utf8' }).trim();
  mkdirSync(folder);
  const id = (end) => ({ $oid: `507f1f77bcf86cd7994390${end}` });
  const lines = (name, documents) => writeFileSync(join(folder, `${name}.json`), documents.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n') + '\n');
  lines('users', [
    { _id: id('11'), name: 'John Doe', email: 'john@videoapp.test', password_hash: hash, created_at: { $date: '2026-01-28T10:30:00Z' } },
    { _id: id('12'), name: 'Jane', email: 'JOHN@videoapp.test', password_hash: hash, created_at: { $date: { $numberLong: '1769596200123' } } },
    '{"_id":{"$oid":"507f1f77bcf86cd799439013"},"email":',
    { _id: id('14'), name: 'Kate', email: 'kate@videoapp.test', password_hash: hash, created_at: { $date: { $numberLong: '1769596200000' } } },
    '["nobody"]',
    { name: 'No id', email: 'noid@videoapp.test', password_hash: hash },
  ]);
  lines('videos', [
    { _id: id('21'), title: 'How to Start a Startup - Sam Altman (Y Combinator)', description: 'Learn the fundamentals.', youtube_id: 'CBYhVcO4WgI', thumbnail_url: 'https://i.ytimg.com/vi/CBYhVcO4WgI/hqdefault.jpg', is_active: true, created_at: { $date: '2026-01-28T10:30:00Z' } },
    { _id: id('22'), title: 'Hidden', description: null, youtube_id: 'UF8uR6Z6KLc', is_active: false, created_at: { $date: '2026-01-29T10:30:00Z' } },
    { _id: id('23'), title: 'No such id', youtube_id: 'short', is_active: true },
  ]);
  return folder;
}

// Django's own accounts; the application's videos.
export const videoflixHls = (set) => database(set, 'videoflix', `
create table auth_user (id integer primary key, password varchar(128) not null, last_login timestamptz, is_superuser boolean not null, username varchar(150) not null, first_name varchar(150) not null,
  last_name varchar(150) not null, email varchar(254) not null, is_staff boolean not null, is_active boolean not null, date_joined timestamptz not null);
create table content_app_video (id bigint primary key, created_at timestamptz not null, title varchar(255) not null, description text not null, thumbnail varchar(100), category varchar(50) not null, video_file varchar(100) not null);
insert into auth_user values
  (1, '${django()}', null, true, 'admin', '', '', '', true, true, '2025-01-01'),
  (2, '${django()}', null, false, 'hanna@hls.test', '', '', 'hanna@hls.test', false, true, '2025-01-02 03:04:05.678+01'),
  (3, '${django()}', null, false, 'new@hls.test', '', '', 'new@hls.test', false, false, '2025-01-03'),
  (4, '!unusable', null, false, 'gone@hls.test', '', '', 'gone@hls.test', false, true, '2025-01-04');
insert into content_app_video values
  (1, '2025-02-01 10:00:00+00', 'Waves', 'The sea.', 'waves.jpg', 'Drama', 'videos/waves.mp4'),
  (2, '2025-02-02 10:00:00+00', 'Hills 🏔', '', null, 'Documentary', 'videos/../../etc/passwd');
`);

// Django on SQLite, as its document allows; favourites by a table between accounts and videos.
export const videoflixS3 = (set) => sqlite(set, 'db.sqlite3', `
create table users_app_userprofile (id integer primary key, password varchar(128) not null, last_login datetime, is_superuser bool not null, username varchar(150) not null, first_name varchar(150) not null,
  last_name varchar(150) not null, is_staff bool not null, is_active bool not null, date_joined datetime not null, email varchar(254) not null, phone varchar(20), address varchar(200));
create table content_app_video (id integer primary key, created_at datetime not null, title varchar(100) not null, description text not null, category varchar(50) not null, image_file varchar(100),
  video_file varchar(100) not null, converted_files text, processing_state varchar(20), processing_error text);
create table users_app_userprofile_favorite_videos (id integer primary key, userprofile_id integer not null, video_id integer not null);
insert into users_app_userprofile values
  (1, '${django()}', null, 0, 'velo', '', '', 0, 1, '2025-03-04 05:06:07.891011', 'velo@s3.test', null, null),
  (2, '${django()}', null, 1, 'root', 'Root', '', 1, 1, '2025-03-04 05:06:07', 'root@s3.test', null, null);
insert into content_app_video values
  (5, '2025-04-01 10:00:00', 'River', 'Water.', 'Action', 'noise.jpg', 'videos/river.mp4', '{}', 'ready', ''),
  (7, '2025-04-02 10:00:00', 'Lost film', '', 'Other', 'images/none.jpg', 'videos/lost.mp4', '{}', 'ready', '');
insert into users_app_userprofile_favorite_videos values (1, 1, 7), (2, 1, 5), (3, 2, 5), (4, 9, 5), (5, 1, 99);
`);

// Flask-SQLAlchemy on SQLite.
export const streamify = (set) => sqlite(set, 'streamify.db', `
create table user (id integer primary key, username varchar(80), email varchar(120), password_hash varchar(128), join_date datetime, is_admin boolean);
create table movie (id integer primary key, title varchar(200), description text, release_year integer, genre varchar(100), rating float, poster_url varchar(200), banner_url varchar(200), video_url varchar(200), duration integer, language varchar(50));
create table watch_history (id integer primary key, user_id integer, movie_id integer, watched_at datetime, progress integer);
create table watchlist (id integer primary key, user_id integer, movie_id integer, added_at datetime);
create table favorite (id integer primary key, user_id integer, movie_id integer, added_at datetime);
create table subscription (id integer primary key, user_id integer, plan varchar(50), start_date datetime, end_date datetime, is_active boolean, auto_renew boolean);
insert into user values
  (1, 'user123', 'user123@streamify.test', '${werkzeug()}', '2025-05-06 07:08:09.000001', 0),
  (2, 'USER123', 'other@streamify.test', cast('${werkzeug()}' as blob), '2025-05-06', 0);
insert into movie values
  (1, 'Heat', 'Cops and robbers.', 1995, 'Crime, Drama', 8.3, null, null, 'https://youtu.be/0xbBLJ1WGwQ?t=1', 170, 'en'),
  (2, 'Odd', null, 0, null, 83.0, null, null, null, null, null),
  (3, 'Plain', '', 2001, 'Drama', 7, null, null, 'https://films.example.test/plain.mp4', 90, 'en');
insert into watch_history values (1, 1, 1, '2025-06-01 10:00:00.000000', 10000), (2, 1, 3, '2025-06-02 10:00:00', 30), (3, 2, 1, null, 5), (4, 1, 3, 'nonsense', -1);
insert into watchlist values (1, 1, 3, '2025-06-03 10:00:00'), (2, 1, 2, '2025-06-04 10:00:00');
insert into favorite values (1, 1, 1, '2025-06-05 10:00:00'), (2, 1, 1, '2025-06-06 10:00:00');
insert into subscription values (1, 1, 'Premium', '2025-06-01', '2025-07-01', 1, 1);
`);
