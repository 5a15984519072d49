// Objects to and from a real S3 server against curl, with the same bytes.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../flow/lib.mjs';
import { bucket, hash, KEYS, signedAddress, signedHeaders, startGateway } from '../s3/lib.mjs';
import { alternate, output } from './tools.mjs';

const ROUNDS = 5;
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

/** curl's PUT: with the payload's SHA-256 in its signature, as ours, which it has to find out before, or without. */
async function curl(gateway, folder, { signed }) {
  const { name } = await bucket(gateway);
  const file = join(folder, 'media', 'film');
  return rate(async () => {
    const headers = signed ? signedHeaders(gateway.endpoint, 'PUT', `/${name}/film`, { content: hash(readFileSync(file)) }) : {};
    const given = Object.entries({ ...headers, Expect: '' }).flatMap(([key, value]) => ['-H', `${key}: ${value}`.trim()]);
    await output('curl', ['-fsS', '-T', file, ...given, signed ? `${gateway.endpoint}/${name}/film` : signedAddress(gateway.endpoint, 'PUT', `/${name}/film`)]);
  });
}

const put = (how) => withGateway((gateway, folder) => alternate(ROUNDS,
  async () => {
    const { url } = await bucket(gateway);
    return rate(() => move(`file://${folder}/media`, url));
  },
  () => curl(gateway, folder, how)));

// Ours is on the disk when it ends, so curl's has to be too.
const get = ({ synced }) => withGateway(async (gateway, folder) => {
  const { name, url } = await bucket(gateway);
  await move(`file://${folder}/media`, url);
  let turn = 0;
  return alternate(ROUNDS, () => rate(() => move(url, `file://${folder}/got${turn++}`)),
    () => rate(async () => {
      const file = join(folder, `curled${turn}`);
      await output('curl', ['-fsS', '-o', file, signedAddress(gateway.endpoint, 'GET', `/${name}/film`)]);
      if (synced) await output('sync', ['-d', file]);
    }));
});

export const rows = {
  s3_put: { what: '64 MiB into a bucket in signed parts, against one PUT of curl with a signed payload', unit: 'MB/s', goal: 0.8, run: () => put({ signed: true }) },
  s3_put_unsigned: { what: 'the same against one PUT of curl that signs no payload', unit: 'MB/s', goal: 0.8, run: () => put({ signed: false }) },
  s3_get: { what: '64 MiB out of a bucket by ranges, against one GET of curl, both on the disk (fdatasync)', unit: 'MB/s', goal: 0.8, run: () => get({ synced: true }) },
  s3_get_unsynced: { what: 'the same against curl, which leaves its file to the page cache', unit: 'MB/s', goal: 0.8, run: () => get({ synced: false }) },
};
