// What content serves, by one client, at 5,000 and at 100,000 titles: the real TMDB 5000, and titles mixed from them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpus, root, startSet, until } from '../flow/lib.mjs';
import { percentile } from './tools.mjs';

const ASKS = 400;
const MADE = 95_197;
const queries = readFileSync(join(root, 'db/content/queries.sql'), 'utf8');

// A query of content for the made titles, or for one of two halves of them.
function query(name, half) {
  const text = queries.split(/^-- name: /m).find((part) => part.startsWith(`${name}\n`));
  const which = half === undefined ? '' : ` and id % 2 = ${half}`;
  return text.slice(name.length + 1).replaceAll(':ids::', `(select array_agg(id) from titles where external_id like 'made:%'${which})::`);
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
  const run = (step) => set.sql(`set statement_timeout = 0; set maintenance_work_mem = '256MB'; set search_path = content, letters; ${step}`);
  const halves = (name) => Promise.all([0, 1].map((half) => run(query(name, half))));
  await run(MULTIPLY);
  // Indexes are made anew from all rows, which is much sooner done.
  const indexes = (await set.sql(`select indexdef from pg_indexes where schemaname = 'content' and tablename = 'search' and indexname <> 'search_pkey'`)).split('\n');
  await run(indexes.map((definition) => `drop index ${definition.match(/INDEX (\w+)/)[1]}`).join(';'));
  await Promise.all([halves('search_refresh'), run(query('labels_learn'))]);
  await run(`${indexes.join(';')}; analyze search`);
  await Promise.all([run(query('lexicon_learn')), halves('traits_refresh')]);
  await run(query('changes_note'));
  for (const table of ['search', 'titles', 'lexicon', 'traits']) await set.sql(`vacuum analyze content.${table}`);
}

const pick = (list, i) => list[(i * 7919) % list.length];

// What is asked, by kind; `search` takes the five below it in turn.
function paths(titles, people) {
  const words = titles.map(({ title }) => title).filter((title) => /\w{4}/.test(title));
  const mistyped = (text) => text.replace(/(\w{4,})/, (word) => word.slice(0, 2) + word.slice(3));
  const genres = ['Drama', 'Comedy', 'Thriller', 'Western', 'Horror', 'Documentary'];
  const sorts = ['newest', 'title', '-title', '-year', '-rating', '-popularity'];
  // Another limit for each hundred, so that no answer lies in the edge's cache.
  const limit = (i) => 20 + Math.floor(i / 100);
  const find = (text, i) => `/v1/search?q=${encodeURIComponent(text)}&limit=${limit(i)}`;
  const searches = {
    'search, a whole title': (i) => find(pick(words, i), i),
    'search, a letter missing': (i) => find(mistyped(pick(words, i)), i),
    'search, a person': (i) => find(pick(people, i), i),
    'search, the first word': (i) => find(pick(words, i).split(' ')[0], i),
    'search, surname and first word': (i) => find(`${pick(people, i).split(' ').pop()} ${pick(words, i).split(' ')[0]}`, i),
  };
  return {
    list: (i) => `/v1/titles?limit=${limit(i)}&sort=${pick(sorts, i)}&genre=${pick(genres, i)}&year_from=${1950 + (i % 60)}`,
    'pages by number': (i) => `/v1/catalogue?page=${1 + (i % 40)}&size=${limit(i)}&genre=${i % 3 ? pick(genres, i) : 'all'}&sort=${pick(['rating_desc', 'title_asc', 'year_desc'], i)}`,
    item: (i) => `/v1/titles/${pick(titles, i).id}`,
    search: (i) => Object.values(searches)[i % 5](i),
    ...searches,
    suggest: (i) => `/v1/search/suggest?q=${encodeURIComponent(pick(words, i).slice(0, 1 + (i % 8)))}&limit=${5 + (i % 8)}`,
    similar: (i) => `/v1/titles/${pick(titles, i).id}/similar?limit=${limit(i) % 10 + 10}`,
    recommendations: (i) => `/v1/recommendations?limit=${limit(i)}`,
  };
}

async function time(set, path, token) {
  const spent = [];
  for (let i = 0; i < ASKS; i++) {
    const began = performance.now();
    await set.expect(200, 'GET', path(i), { token });
    spent.push(performance.now() - began);
  }
  return { p50: percentile(spent, 0.5), p95: percentile(spent, 0.95), rate: (1000 * ASKS) / spent.reduce((a, b) => a + b) };
}

/** {what: {p50, p95, rate}} of a running set. */
export async function measure(set) {
  const found = {};
  const titles = [];
  for (let next = ''; titles.length < 2000 && next !== null;) {
    const page = (await set.expect(200, 'GET', `/v1/titles?limit=100&sort=title${next && `&cursor=${next}`}`)).body;
    titles.push(...page.items);
    next = page.next;
  }
  const people = (await set.expect(200, 'GET', '/v1/persons?limit=100&q=jo')).body.items.map(({ name }) => name);
  const { access_token: token } = await set.login();
  // A past to recommend from.
  for (let i = 0; i < 12; i++) await set.expect(200, 'PUT', `/v1/history/${pick(titles, i).id}`, { token, body: { position: 600 } });
  for (const [what, path] of Object.entries(paths(titles, people))) {
    const own = what === 'recommendations' ? token : undefined;
    for (let i = 0; i < 40; i++) await set.expect(200, 'GET', path(ASKS + i), { token: own });
    found[what] = await time(set, path, own);
  }
  return found;
}

/** The table of two sizes: how an answer's time grows with them is the last column. */
export function table(small, large, sizes = [4803, 100_000]) {
  const rows = Object.keys(small).map((what) => {
    const [a, b] = [small[what], large[what]];
    return `| ${what} | ${a.p50.toFixed(1)} | ${a.p95.toFixed(1)} | ${a.rate.toFixed(0)} | ${b.p50.toFixed(1)} | ${b.p95.toFixed(1)} | ${b.rate.toFixed(0)} | ${(b.p50 / a.p50).toFixed(1)} |`;
  });
  const heads = sizes.map((n) => `p50 ms at ${n} | p95 ms | a second`).join(' | ');
  return `| what | ${heads} | growth of p50 |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n${rows.join('\n')}`;
}

// Neighbours are worked out, popular ones marked and labels counted.
const behind = (set) => set.sql(`select (select count(*) from content.traits where stale) + (select count(*) from content.titles where parent_id is null)
  - (select titles from content.labels where kind = 'all') + (select abs(3000 - count(*)) / 1500 from content.search where popular)`);

async function run() {
  if (!corpus) throw new Error('the TMDB files are not there (ZOE_CORPUS)');
  const set = await startSet({ env: { ZOE_LOG_LEVEL: 'warn' } });
  try {
    const films = join(corpus, 'A_catalogue/tmdb_5000_movies.csv.gz');
    const { status, stderr } = await set.zoectl('import', 'tmdb', films, films.replace('movies', 'credits'));
    if (status) throw new Error(stderr);
    const settled = () => until(async () => Number(await behind(set)) === 0, { ms: 900_000, every: 1000, what: 'similar titles, labels and popular titles' });
    await settled();
    const small = await measure(set);
    await multiply(set);
    await settled();
    const large = await measure(set);
    return { small, large, table: table(small, large) };
  } finally {
    await set.stop();
  }
}

let once;
let told = false;
const row = (what, goal) => ({
  what: `p95 of ${what} at 100,000 titles, one client`, unit: 'ms', goal, less: true,
  run: async () => {
    const said = await (once ??= run());
    const first = !told;
    told = true;
    return { ours: said.large[what].p95, theirs: null, ...(first ? { table: said.table } : {}) };
  },
});

export const rows = {
  catalogue_list: row('list', 20), catalogue_item: row('item', 5), catalogue_search: row('search', 20), catalogue_suggest: row('suggest', 20),
  catalogue_similar: row('similar', 10), catalogue_recommendations: row('recommendations', 20),
};
