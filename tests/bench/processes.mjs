// The set at rest and at its start: memory, and the time to the first ready answer.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { sleep, startSet } from '../flow/lib.mjs';
import { median } from './tools.mjs';

const STARTS = 7;
const ASK_MS = 1;
const IDLE_MS = 10000;
const PROGRAMS = ['zoe-broker', 'zoe-auth', 'zoe-content', 'zoe-history', 'zoe-mail', 'zoe-transcode', 'zoe-edge'];

// One GET /ready on a connection of its own; true when it is answered with 200.
function ready(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /ready HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('HTTP/1.1 200'));
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

async function coldStart() {
  const set = await startSet({ start: false });
  const times = [];
  try {
    // The first start makes the administrator and the keys.
    await set.start();
    for (let round = 0; round < STARTS; round++) {
      await set.halt();
      const from = performance.now();
      const started = set.start();
      // A pause between two asks: whoever asks without one takes a processor from what it waits for.
      while (!(await ready(set.port))) await sleep(ASK_MS);
      times.push(performance.now() - from);
      await started;
    }
    return { ours: median(times), theirs: null };
  } finally {
    await set.stop();
  }
}

function pssMegabytes(pid) {
  return Number(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+) kB/m)[1]) / 1024;
}

async function memory() {
  const set = await startSet();
  try {
    await sleep(IDLE_MS);
    const each = Object.fromEntries(PROGRAMS.map((name) => [name, pssMegabytes(set.pid(name))]));
    each['zoe-supervise'] = pssMegabytes(set.supervisor.pid);
    return each;
  } finally {
    await set.stop();
  }
}

let measured;
const once = () => (measured ??= memory());

export const rows = {
  cold_start: { what: 'start of the whole set to the first ready answer, PostgreSQL running', unit: 'ms', goal: 50, less: true, run: coldStart },
  pss_set: { what: 'idle PSS of the set', unit: 'MB', goal: 48, less: true, run: async () => ({ ours: Object.values(await once()).reduce((sum, one) => sum + one, 0), theirs: null }) },
  ...Object.fromEntries(PROGRAMS.map((name) => [`pss_${name.slice(4)}`, {
    what: `idle PSS of ${name}`, unit: 'MB', goal: name === 'zoe-transcode' ? 16 : 8, less: true, run: async () => ({ ours: (await once())[name], theirs: null }),
  }])),
};
