// What the rows of the bench share: servers to compare with, load, medians.
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, until } from '../flow/lib.mjs';

export const CORES = cpus().length;

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function percentile(numbers, part) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/** Standard output of a program; throws when it fails. */
export function output(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    execFile(program, args, { maxBuffer: 64 << 20, ...options }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} ${args.join(' ')}: ${error.message}\n${stderr}`));
      else resolve(stdout);
    });
  });
}

/** Runs both sides in turn, so that a slow minute of the machine hurts both: {ours, theirs}, medians of `rounds`. */
export async function alternate(rounds, ours, theirs) {
  const got = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    got.ours.push(await ours());
    got.theirs.push(await theirs());
  }
  return { ours: median(got.ours), theirs: median(got.theirs) };
}

/** Requests a second by wrk: one thread, so that one serving thread has a core of its own. */
export async function wrk(url, { connections = 64, seconds = 3, headers = {}, script } = {}) {
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const said = await output('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', ...given, ...(script ? ['-s', script] : []), url]);
  const bad = said.match(/Non-2xx or 3xx responses: (\d+)/) ?? said.match(/Socket errors: (.*)/);
  if (bad) throw new Error(`wrk ${url}: ${bad[0]}`);
  return Number(said.match(/Requests\/sec:\s+([\d.]+)/)[1]);
}

/** nginx with one worker; `locations` is configuration text. {base, stop()}. */
export async function startNginx(locations) {
  const folder = mkdtempSync(join(tmpdir(), 'zoe-nginx-'));
  const port = await freePort();
  mkdirSync(join(folder, 'temp'));
  writeFileSync(join(folder, 'nginx.conf'), `
worker_processes 1;
daemon off;
pid ${folder}/pid;
error_log ${folder}/error.log;
${process.getuid() === 0 ? 'user root;' : ''}
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=1000 inactive=60s;
  keepalive_requests 1000000000;
  client_body_temp_path ${folder}/temp;
  proxy_temp_path ${folder}/temp;
  fastcgi_temp_path ${folder}/temp;
  uwsgi_temp_path ${folder}/temp;
  scgi_temp_path ${folder}/temp;
  server {
    listen 127.0.0.1:${port} reuseport;
    ${locations}
  }
}
`);
  const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], { stdio: ['ignore', 'ignore', 'inherit'] });
  const base = `http://127.0.0.1:${port}`;
  await until(() => fetch(base).then(() => true), { what: 'nginx' });
  return {
    base, folder,
    stop() {
      return new Promise((resolve) => {
        nginx.once('exit', () => {
          rmSync(folder, { recursive: true, force: true });
          resolve();
        });
        nginx.kill('SIGTERM');
      });
    },
  };
}

/** What nginx has to write so that both answers have the same body. */
export function nginxText(text) {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('$', '')}'`;
}
