// The table of the contract tests. As a program: prints what the tests of a run wrote to FILE, and fails when a line has no case.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { documented } from './contract_rows.mjs';

const verdict = ({ cases, good }) => (!cases ? 'NO CASE' : good ? 'as documented' : 'FAILED');

/** Lines of the table for [{dialect, line: [method, path, status, text], cases, good}] */
export function lines(found) {
  return found.filter(({ line }) => line).map(({ dialect, line: [method, path, status, text], cases, good }) =>
    `${dialect.padEnd(14)} ${`${method} ${path}`.padEnd(46)} ${status} ${text.slice(0, 50).padEnd(50)} ${String(cases).padStart(4)} cases  ${verdict({ cases, good })}`);
}

/** One sentence about all of them. */
export function summary(found) {
  const rows = found.filter(({ line }) => line);
  const count = (word) => rows.filter((one) => verdict(one) === word).length;
  const cases = found.filter(({ test }) => test).reduce((sum, one) => sum + one.cases, 0);
  return `${rows.length} documented answers, ${cases} cases: ${count('as documented')} as documented, ${count('FAILED')} failed, ${count('NO CASE') || 'nothing'} skipped`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
  for (const [dialect, rows] of Object.entries(documented))
    if (!found.some((one) => one.dialect === dialect)) found.push(...rows.map((line) => ({ dialect, line, cases: 0, good: false })));
  console.log(`${lines(found).join('\n')}\n${summary(found)}`);
  process.exitCode = found.some(({ line, good }) => line && !good) ? 1 : 0;
}
