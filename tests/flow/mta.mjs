// A real mail server for a set: aiosmtpd, which keeps every mail it took as a file.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, root, until } from './lib.mjs';

/** Starts it; {port, mails(), stop()}. mails(): [{to, id, text}] in the order of arrival, id the Message-ID, text all of it with soft line ends joined. */
export async function startMta(port) {
  const folder = mkdtempSync(join(tmpdir(), 'zoe-test-mta-'));
  const number = port ?? (await freePort());
  const server = spawn('/usr/bin/python3', [join(root, 'tests/actor/smtpd.py'), folder, String(number), 'plain'], { stdio: 'ignore' });
  await until(() => readdirSync(folder).includes('listening'), { what: 'the mail server' });
  return {
    port: number,
    mails() {
      return readdirSync(folder).filter((name) => name.endsWith('.eml')).sort().map((name) => ({
        to: JSON.parse(readFileSync(join(folder, name.replace('.eml', '.json')), 'utf8')).to[0],
        id: readFileSync(join(folder, name), 'latin1').match(/^Message-ID:\s*(\S+)/im)[1],
        text: readFileSync(join(folder, name), 'latin1').replaceAll(/=\r?\n/g, '').replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
      }));
    },
    stop() {
      server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
