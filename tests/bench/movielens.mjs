// The sets of the evaluation, from the published files to the two tables that recommend-bench reads.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const CAST_MOST = 5;

function table(file, encoding = 'utf8') {
  return gunzipSync(readFileSync(file)).toString(encoding);
}

/** Rows of RFC 4180 text as objects by the names of the first row. */
function csv(text) {
  const rows = [[]];
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/gy;
  while (field.lastIndex < text.length) {
    const [, value, end] = field.exec(text);
    rows.at(-1).push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (end !== ',' && field.lastIndex < text.length) rows.push([]);
  }
  const [names, ...rest] = rows;
  return rest.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]])));
}

const clean = (text) => String(text).replace(/[\t\n\r]/g, ' ').trim();

function write(folder, titles, watches) {
  writeFileSync(join(folder, 'titles.tsv'), titles.map(([id, features]) => [id, ...features.map(([kind, text]) => `${kind}:${clean(text)}`)].join('\t')).join('\n') + '\n');
  writeFileSync(join(folder, 'watches.tsv'), watches.map((watch) => watch.join('\t')).join('\n') + '\n');
}

const decade = (year) => (year > 0 ? [['years', `${String(year).slice(0, 3)}0s`]] : []);

/** The films of TMDB 5000: {id, title, genres, keywords, directors, cast, year, text}. */
export function films(corpus) {
  const at = (name) => join(corpus, 'A_catalogue', name);
  const credits = new Map(csv(table(at('tmdb_5000_credits.csv.gz'))).map((row) => [row.movie_id, row]));
  const names = (json) => JSON.parse(json).map(({ name }) => name);
  return csv(table(at('tmdb_5000_movies.csv.gz'))).map((film) => {
    const { cast, crew } = credits.get(film.id);
    return {
      id: film.id, title: film.title, genres: names(film.genres), keywords: names(film.keywords), year: Number(film.release_date.slice(0, 4)) || undefined, text: film.overview,
      directors: JSON.parse(crew).filter(({ job }) => job === 'Director').map(({ name }) => name),
      cast: JSON.parse(cast).sort((a, b) => a.order - b.order).slice(0, CAST_MOST).map(({ name }) => name),
    };
  });
}

/** movielens-latest-small, the films that TMDB 5000 describes; a rating is a watch. */
export function latestSmall(corpus, folder) {
  const at = (name) => join(corpus, 'A_catalogue/movielens-latest-small', name);
  const movieOf = new Map(csv(table(at('links.csv.gz'))).map(({ movieId, tmdbId }) => [tmdbId, movieId]));
  const as = (kind, list) => list.map((text) => [kind, text]);
  const titles = films(corpus).filter(({ id }) => movieOf.has(id)).map((film) => [movieOf.get(film.id), [
    ...as('genre', film.genres), ...as('keyword', film.keywords), ...as('director', film.directors), ...as('cast', film.cast), ...decade(film.year),
    ['text', `${film.title} ${film.text}`],
  ]]);
  const known = new Set(titles.map(([id]) => id));
  const watches = csv(table(at('ratings.csv.gz'))).filter(({ movieId }) => known.has(movieId)).map(({ userId, movieId, timestamp }) => [userId, movieId, timestamp]);
  write(folder, titles, watches);
  return { titles: titles.length, watches: watches.length };
}

/** movielens-100k with what it says of its films itself: genres, year, title. */
export function hundredK(corpus, folder) {
  const at = (name) => join(corpus, 'A_catalogue/movielens-100k', name);
  const genres = readFileSync(at('u.genre'), 'utf8').split('\n').filter(Boolean).map((line) => line.split('|')[0]);
  const titles = table(at('u.item.gz'), 'latin1').split('\n').filter(Boolean).map((line) => {
    const [id, title, date, , , ...flags] = line.split('|');
    return [id, [
      ...flags.flatMap((flag, number) => (flag === '1' ? [['genre', genres[number]]] : [])),
      ...decade(date.slice(-4)),
      ['text', title.replace(/\(\d+\)/, '')],
    ]];
  });
  const watches = table(at('u.data.gz')).split('\n').filter(Boolean).map((line) => {
    const [user, title, , time] = line.split('\t');
    return [user, title, time];
  });
  write(folder, titles, watches);
  return { titles: titles.length, watches: watches.length };
}
