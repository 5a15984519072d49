// Objects to and from a real S3 server against curl, with the same bytes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../flow/lib.mjs';
import { bucket, KEYS, signedAddress, startGateway } from '../s3/lib.mjs';
import { alternate, output } from './tools.mjs';

const ROUNDS = 3;
const MEGABYTES = 64;

// Each side's rate in MB/s; the transfer is what the programs do, their start included.
async function rate(work) {
  const from = performance.now();
  await work();
  return MEGABYTES / ((performance.now() - from) / 1000);
}

async function withGateway(work) {
  const gateway = await startGateway();
  const folder = mkdtempSync(join(tmpdir(), 'zoe-s3-bench-'));
  try {
    mkdirSync(join(folder, 'media'));
    writeFileSync(join(folder, 'media', 'film'), randomBytes(MEGABYTES << 20));
    return await work(gateway, folder);
  } finally {
    rmSync(folder, { recursive: true });
    await gateway.stop();
  }
}

const move = (from, to) => output(join(build, 'zoectl'), ['media', 'move', from, to], { env: { PATH: process.env.PATH, ...KEYS } });

const put = () => withGateway((gateway, folder) => alternate(ROUNDS,
  async () => {
    const { url } = await bucket(gateway);
    return rate(() => move(`file://${folder}/media`, url));
  },
  async () => {
    const { name } = await bucket(gateway);
    return rate(() => output('curl', ['-fsS', '-T', join(folder, 'media', 'film'), signedAddress(gateway.endpoint, 'PUT', `/${name}/film`)]));
  }));

const get = () => withGateway(async (gateway, folder) => {
  const { name, url } = await bucket(gateway);
  await move(`file://${folder}/media`, url);
  let turn = 0;
  return alternate(ROUNDS, () => rate(() => move(url, `file://${folder}/got${turn++}`)),
    () => rate(() => output('curl', ['-fsS', '-o', join(folder, 'curled'), signedAddress(gateway.endpoint, 'GET', `/${name}/film`)])));
});

export const rows = {
  s3_put: { what: '64 MiB into a bucket in signed parts, against one PUT of curl', unit: 'MB/s', goal: 0.8, run: put },
  s3_get: { what: '64 MiB out of a bucket by ranges, against one GET of curl', unit: 'MB/s', goal: 0.8, run: get },
};
