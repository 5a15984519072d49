// ./zoe bench [--json] [row...]: runs the rows side by side with what they are compared to.
import { answers } from '../flow/lib.mjs';
import { rows as catalogue } from './catalogue.mjs';
import { rows as films } from './films.mjs';
import { rows as http } from './http.mjs';
import { rows as logins } from './logins.mjs';
import { rows as messages } from './messages.mjs';
import { rows as processes } from './processes.mjs';
import { rows as recommendations } from './recommendations.mjs';
import { rows as s3 } from './s3.mjs';
import { rows as viewers } from './viewers.mjs';

answers.checked = false;

const ROWS = { ...http, ...messages, ...logins, ...films, ...viewers, ...s3, ...processes, ...catalogue, ...recommendations };

// The first part of several rows' names stands for all of them.
const rowsOf = (word) => (ROWS[word] ? [word] : Object.keys(ROWS).filter((name) => name.startsWith(`${word}_`)));
const words = process.argv.slice(2).filter((word) => word !== '--json');
const wanted = words.flatMap((word) => (rowsOf(word).length ? rowsOf(word) : [word]));
const json = process.argv.includes('--json');
const unknown = wanted.filter((name) => !ROWS[name]);
if (unknown.length) {
  console.error(`zoe bench: no such row: ${unknown.join(' ')}\nrows: ${Object.keys(ROWS).join(' ')}`);
  process.exit(64);
}

function round(number) {
  return number === null ? null : Number(number.toPrecision(4));
}

const results = {};
let failures = 0;
for (const name of wanted.length ? wanted : Object.keys(ROWS)) {
  const { what, unit, goal, less = false, run } = ROWS[name];
  process.stderr.write(`${name}: ${what} ...`);
  try {
    const { ours, theirs, table } = await run();
    const ratio = theirs === null ? null : ours / theirs;
    const measure = ratio ?? ours;
    results[name] = { what, ours: round(ours), theirs: round(theirs), ratio: round(ratio), goal, unit, met: less ? measure <= goal : measure >= goal, ...(table ? { table } : {}) };
    process.stderr.write(` ${round(ours)}${theirs === null ? '' : ` against ${round(theirs)}`} ${unit}\n`);
  } catch (error) {
    failures++;
    results[name] = { what, ours: null, theirs: null, ratio: null, goal, unit, met: false, error: error.message };
    process.stderr.write(` failed: ${error.message}\n`);
  }
}

if (json) {
  console.log(JSON.stringify(results, null, 2));
} else {
  console.log(`| row | what | ours | theirs | unit | ratio | goal | met |\n| --- | --- | ---: | ---: | --- | ---: | ---: | --- |`);
  for (const [name, { what, ours, theirs, ratio, goal, unit, met }] of Object.entries(results)) {
    const bound = `${ROWS[name].less ? '<=' : '>='} ${goal}`;
    console.log(`| ${name} | ${what} | ${ours ?? '-'} | ${theirs ?? '-'} | ${unit} | ${ratio ?? '-'} | ${bound} | ${met ? 'yes' : 'no'} |`);
  }
  for (const { table } of Object.values(results)) if (table) console.log(`\n${table}`);
}
process.exit(failures ? 1 : 0);
