// Recommendations: their quality on MovieLens, their time at 100,000 titles, and the writes that they are made of.
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, corpus, startSet, until } from '../flow/lib.mjs';
import { films, hundredK, latestSmall } from './movielens.mjs';
import { output } from './tools.mjs';

const TITLES = 100000;
const PEOPLE = 4000;
const WATCHES_EACH = 40;
const METHODS = ['popularity', 'content', 'item-kNN', 'EASE', 'ours'];
const SETS = [['movielens-latest-small, with TMDB 5000', latestSmall], ['movielens-100k', hundredK]];

function needCorpus() {
  if (!corpus || !existsSync(join(corpus, 'A_catalogue'))) throw new Error('the MovieLens files are not here (ZOE_CORPUS names their folder)');
}

async function quality() {
  needCorpus();
  const folder = mkdtempSync(join(tmpdir(), 'zoe-movielens-'));
  const lines = ['| set | method | nDCG@10 | recall@10 | hit rate@10 | few: nDCG@10 | few: recall@10 | few: hit rate@10 |', '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |'];
  const results = [];
  const notes = [];
  try {
    for (const [name, prepare] of SETS) {
      const { titles, watches } = prepare(corpus, folder);
      const said = JSON.parse(await output(join(build, 'recommend-bench'), [folder, '0.8', '1']));
      for (const method of METHODS) {
        const { all, few } = said[method];
        lines.push(`| ${name} | ${method} | ${[all.ndcg, all.recall, all.hit, few.ndcg, few.recall, few.hit].map((value) => value.toFixed(3)).join(' | ')} |`);
      }
      notes.push(`${name}: ${titles} titles, ${watches} watches; ${said.ours.all.people} people are asked about, ${said.ours.few.people} of them for titles with few watches.`);
      results.push({ ours: said.ours.all.ndcg, theirs: Math.max(...METHODS.filter((method) => method !== 'ours').map((method) => said[method].all.ndcg)) });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const [worst] = results.sort((a, b) => a.ours / a.theirs - b.ours / b.theirs);
  return { ...worst, table: [...lines, '', ...notes].join('\n') };
}

// The same numbers in every run (mulberry32).
function dice(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

// Titles made of parts of real ones: what is rare stays rare, what is common stays common.
function makeCards(file) {
  needCorpus();
  const real = films(corpus);
  const random = dice(1);
  const any = () => real[Math.floor(random() * real.length)];
  const rows = [];
  for (let id = 1; id <= TITLES; id++) {
    const [one, two, three, four] = [any(), any(), any(), any()];
    const half = (list) => list.filter(() => random() < 0.5);
    const about = { genres: one.genres, keywords: [...half(one.keywords), ...half(two.keywords)].slice(0, 60), directors: three.directors.slice(0, 10), cast: [...half(three.cast), ...half(four.cast)].slice(0, 10), year: one.year, text: one.text.slice(0, 2000) };
    const text = JSON.stringify(about).replaceAll('\\', '\\\\');
    rows.push(`${id}\tTitle ${id}\t1\t${5400 + (id % 3600)}\t${text}\n`);
  }
  writeFileSync(file, rows.join(''));
  chmodSync(file, 0o644);
}

// Few titles are watched by many: the chance falls with the rank.
function makeWatches(file) {
  const random = dice(2);
  const rows = [];
  for (let person = 1; person <= PEOPLE; person++) {
    const seen = new Set();
    while (seen.size < WATCHES_EACH) seen.add(1 + Math.floor(TITLES ** random() - 1 + random() * 20) % TITLES);
    for (const title of seen) rows.push(`${person}\t${title}\t100\tt\t2026-01-0${1 + (title % 9)}Z\t2026-01-01Z\n`);
  }
  writeFileSync(file, rows.join(''));
  chmodSync(file, 0o644);
}

async function load(set, message, ask, ...options) {
  const said = JSON.parse(await output(join(build, 'zoe-load'), [message, JSON.stringify(ask), '--user', '1', ...options, '--json'], { env: set.env }));
  if (Object.keys(said.statuses).some((status) => status !== 'OK')) throw new Error(`answers: ${JSON.stringify(said.statuses)}`);
  return said;
}

const times = (said) => `p50 ${said.p50_us / 1000} ms, p90 ${said.p90_us / 1000} ms, p99 ${said.p99_us / 1000} ms`;

async function latency() {
  const set = await startSet({ start: false, env: { ZOE_LOG_LEVEL: 'info', ZOE_RECOMMEND_SECONDS: '3600' } });
  const folder = mkdtempSync(join(tmpdir(), 'zoe-titles-'));
  chmodSync(folder, 0o755);
  try {
    makeCards(join(folder, 'cards'));
    makeWatches(join(folder, 'watches'));
    await set.sql(`copy history.cards (title_id, title, revision, duration, about) from '${folder}/cards'`);
    await set.sql(`copy history.progress (account_id, title_id, position, known, updated_at, viewed_at) from '${folder}/watches'`);
    await set.sql('analyze history.cards, history.progress');
    await set.start();
    const learnt = await until(() => set.logs().match(/event=learnt .*/)?.[0], { ms: 300000, what: 'the watches to be learnt' });
    await load(set, 'history_recommend', { limit: 20 }, '--window', '1', '--users', String(PEOPLE), '--count', '200');
    const alone = await load(set, 'history_recommend', { limit: 20 }, '--window', '1', '--users', String(PEOPLE), '--seconds', '10');
    return { ours: alone.p99_us / 1000, theirs: null, table: `Recommendations at ${TITLES} titles: ${times(alone)}, ${Math.round(alone.rate)} a second; ${learnt}` };
  } finally {
    rmSync(folder, { recursive: true });
    await set.stop();
  }
}

async function writes() {
  const set = await startSet({ env: { ZOE_LOG_LEVEL: 'warn' } });
  const viewers = ['--users', '10000'];
  try {
    await set.sql("insert into history.cards (title_id, title, revision, duration) values (1, 'One', 1, 6000)");
    await load(set, 'history_record', { title_id: 1, position: 10 }, ...viewers, '--rate', '2000', '--seconds', '5');
    const said = await load(set, 'history_record', { title_id: 1, position: 12.5 }, ...viewers, '--rate', '2000', '--seconds', '20');
    const most = await load(set, 'history_record', { title_id: 1, position: 13.5 }, ...viewers, '--window', '1024', '--seconds', '10');
    return { ours: said.p99_us / 1000, theirs: null, table: `Positions at 2000 a second: ${times(said)}; as many as it takes: ${Math.round(most.rate)} a second, ${times(most)}` };
  } finally {
    await set.stop();
  }
}

export const rows = {
  recommendations: { what: 'nDCG@10 of recommendations on MovieLens against the best of the other methods, the worse of two sets', unit: 'nDCG', goal: 1, run: quality },
  recommend_p99: { what: `p99 of the top 20 of ${TITLES} titles, one client`, unit: 'ms', goal: 10, less: true, run: latency },
  history_p99: { what: 'p99 of 2,000 positions a second from 10,000 viewers, one history process', unit: 'ms', goal: 50, less: true, run: writes },
};
