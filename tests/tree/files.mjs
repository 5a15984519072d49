// The files of the tree, as git would take them.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const build = resolve(root, process.env.ZOE_BUILD || 'build');

/** Paths below the root that match; a checkout without git is walked by find. */
export function files(pattern) {
  const list = existsSync(join(root, '.git'))
    ? execFileSync('git', ['-C', root, 'ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
    : execFileSync('find', ['.', '-type', 'f', '-not', '-path', './build*', '-not', '-path', './var/*', '-not', '-path', '*/node_modules/*', '-printf', '%P\n'], { cwd: root, encoding: 'utf8' });
  return list.split('\n').filter((path) => path && pattern.test(path) && existsSync(join(root, path)));
}

export function text(path) {
  return readFileSync(join(root, path), 'utf8');
}
