// What content serves, by one client, at 5,000 and at 100,000 titles: the real TMDB 5000, and titles mixed from them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpus, root, startSet, until } from '../flow/lib.mjs';
import { percentile } from './tools.mjs';

const ASKS = 400;
const MADE = 95_197;
const queries = readFileSync(join(root, 'db/content/queries.sql'), 'utf8');

function query(name) {
  const text = queries.split(/^-- name: /m).find((part) => part.startsWith(`${name}\n`));
  return text.slice(name.length + 1).replaceAll(':ids::', `(select array_agg(id) from titles where external_id like 'made:%')::`);
}

// A title's first word before another's name, a third one's keywords, its own people: as many words as real ones have.
const MULTIPLY = `
create temp table base as select *, row_number() over (order by id) as n from titles where external_id like 'tmdb:%';
insert into titles (title, kind, description, category, categories, year, language, rating, runtime, genres, keywords, popularity, external_id, created_at)
select left(split_part(a.title, ' ', 1) || ' ' || b.title, 100), 'movie', a.description, a.category, a.categories, a.year, a.language, b.rating, a.runtime,
  a.genres, b.keywords, a.popularity * ((a.n * 31 + c * 17) % 100) / 100.0, 'made:' || a.id || ':' || c, now() - ((a.n * 13 + c) % 1000) * interval '1 day'
from generate_series(1, 20) c cross join base a join base b on b.n = (a.n * 7 + c * 131) % (select max(n) from base) + 1 limit ${MADE};
insert into credits (title_id, kind, place, person_id, job, role)
select t.id, k.kind, k.place, k.person_id, k.job, k.role from titles t join credits k on k.title_id = split_part(t.external_id, ':', 2)::bigint
  and (k.kind = 'cast' and k.place < 8 or k.job = 'Director') where t.external_id like 'made:%';
analyze titles; analyze credits; analyze persons;`;

async function multiply(set) {
  for (const step of [MULTIPLY, ...['search_refresh', 'lexicon_learn', 'labels_learn', 'traits_refresh'].map(query)]) await set.sql(`set statement_timeout = 0; set search_path = content, letters; ${step}`);
  for (const table of ['search', 'titles', 'lexicon', 'traits']) await set.sql(`vacuum analyze content.${table}`);
}

const pick = (list, i) => list[(i * 7919) % list.length];

function paths(titles, people) {
  const words = titles.map(({ title }) => title).filter((title) => /\w{4}/.test(title));
  const mistyped = (text) => text.replace(/(\w{4,})/, (word) => word.slice(0, 2) + word.slice(3));
  const genres = ['Drama', 'Comedy', 'Thriller', 'Western', 'Horror', 'Documentary'];
  const sorts = ['newest', 'title', '-title', '-year', '-rating', '-popularity'];
  return {
    list: (i) => `/v1/titles?limit=20&sort=${pick(sorts, i)}&genre=${pick(genres, i)}&year_from=${1950 + (i % 60)}`,
    item: (i) => `/v1/titles/${pick(titles, i).id}`,
    search: (i) => `/v1/search?q=${encodeURIComponent([pick(words, i), mistyped(pick(words, i + 1)), pick(people, i), pick(words, i + 2).split(' ')[0], `${pick(people, i).split(' ').pop()} ${pick(words, i).split(' ')[0]}`][i % 5])}`,
    suggest: (i) => `/v1/search/suggest?q=${encodeURIComponent(pick(words, i).slice(0, 1 + (i % 8)))}&limit=${5 + (i % 8)}`,
    similar: (i) => `/v1/titles/${pick(titles, i).id}/similar`,
  };
}

async function time(set, path) {
  const spent = [];
  for (let i = 0; i < ASKS; i++) {
    const began = performance.now();
    await set.expect(200, 'GET', path(i));
    spent.push(performance.now() - began);
  }
  return { p50: percentile(spent, 0.5), p95: percentile(spent, 0.95), rate: (1000 * ASKS) / spent.reduce((a, b) => a + b) };
}

async function measure(set) {
  const found = {};
  const titles = [];
  for (let next = ''; titles.length < 2000 && next !== null;) {
    const page = (await set.expect(200, 'GET', `/v1/titles?limit=100&sort=title${next && `&cursor=${next}`}`)).body;
    titles.push(...page.items);
    next = page.next;
  }
  const people = (await set.expect(200, 'GET', '/v1/persons?limit=100&q=jo')).body.items.map(({ name }) => name);
  for (const [what, path] of Object.entries(paths(titles, people))) {
    await time(set, (i) => path(i + ASKS));
    found[what] = await time(set, path);
  }
  return found;
}

const stale = (set) => set.sql('select count(*) from content.traits where stale');

async function run() {
  if (!corpus) throw new Error('the TMDB files are not there (ZOE_CORPUS)');
  const set = await startSet({ env: { ZOE_LOG_LEVEL: 'warn' } });
  try {
    const films = join(corpus, 'A_catalogue/tmdb_5000_movies.csv.gz');
    const { status, stderr } = await set.zoectl('import', 'tmdb', films, films.replace('movies', 'credits'));
    if (status) throw new Error(stderr);
    const settled = () => until(async () => Number(await stale(set)) === 0, { ms: 900_000, every: 1000, what: 'similar titles' });
    await settled();
    const small = await measure(set);
    await multiply(set);
    await settled();
    const large = await measure(set);
    process.stderr.write('\n| what | titles | p50 ms | p95 ms | asks/s |\n| --- | ---: | ---: | ---: | ---: |\n');
    for (const what of Object.keys(small)) {
      for (const [count, { p50, p95, rate }] of [[4803, small[what]], [100_000, large[what]]]) process.stderr.write(`| ${what} | ${count} | ${p50.toFixed(2)} | ${p95.toFixed(2)} | ${rate.toFixed(0)} |\n`);
    }
    return { small, large };
  } finally {
    await set.stop();
  }
}

let once;
const row = (what, goal) => ({
  what: `p95 of ${what} at 100,000 titles, one client (the table on stderr has 5,000 too)`, unit: 'ms', goal, less: true,
  run: async () => ({ ours: (await (once ??= run())).large[what].p95, theirs: null }),
});

export const rows = { catalogue_list: row('list', 20), catalogue_item: row('item', 5), catalogue_search: row('search', 20), catalogue_suggest: row('suggest', 20), catalogue_similar: row('similar', 10) };
