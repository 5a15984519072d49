// Logins against raw bcrypt, and what other requests feel meanwhile.
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, sleep, startSet } from '../flow/lib.mjs';
import { CORES, alternate, output, percentile } from './tools.mjs';

const ROUNDS = 3;
const SECONDS = 10;
const FLOOD_SECONDS = 20;
const ASKERS = 4 * CORES;
const OTHERS_A_SECOND = 100;

function send(set, agent, method, path, body, token) {
  return new Promise((resolve, reject) => {
    const asked = request(`${set.base}${path}`, { agent, method, headers: {
      ...(body ? { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) } : {}), ...(token ? { Authorization: `Bearer ${token}` } : {}),
    } }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Logs in from many clients for some seconds; logins a second. Until `stopped()` when given. */
async function logins(set, seconds = SECONDS) {
  const agent = new Agent({ keepAlive: true, maxSockets: ASKERS });
  const body = JSON.stringify(set.admin);
  const from = performance.now();
  let good = 0;
  let last = from;
  await Promise.all(Array.from({ length: ASKERS }, async () => {
    while (performance.now() - from < seconds * 1000) {
      if ((await send(set, agent, 'POST', '/v1/login', body)) === 200) {
        good++;
        last = performance.now();
      } else {
        await sleep(100);
      }
    }
  }));
  agent.destroy();
  return good / ((last - from) / 1000);
}

// Requests leave at their times whatever is answered; latency in ms.
async function others(set, path, { seconds = SECONDS, token } = {}) {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const times = [];
  const waiting = [];
  const from = performance.now();
  for (let number = 0; number < seconds * OTHERS_A_SECOND; number++) {
    const due = from + (number * 1000) / OTHERS_A_SECOND;
    await sleep(Math.max(0, due - performance.now()));
    const sent = performance.now();
    waiting.push(send(set, agent, 'GET', path, undefined, token).then(() => times.push(performance.now() - sent)));
  }
  await Promise.all(waiting);
  agent.destroy();
  return percentile(times, 0.99);
}

async function withSet(work) {
  const set = await startSet({ env: { ZOE_BCRYPT_COST: '12', ZOE_LOG_LEVEL: 'warn' } });
  try {
    return await work(set);
  } finally {
    await set.stop();
  }
}

async function rate() {
  const folder = mkdtempSync(join(tmpdir(), 'zoe-bcrypt-'));
  const program = join(folder, 'bcrypt');
  await output('cc', ['-O2', '-pthread', '-o', program, join(root, 'tests/bench/bcrypt.c'), '-lcrypt']);
  try {
    return await withSet((set) => alternate(ROUNDS, () => logins(set), async () => Number(await output(program, [String(CORES), String(SECONDS)]))));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function meanwhile() {
  return withSet(async (set) => {
    const { access_token: token } = await set.login();
    const title = await set.createTitle(token, 'Meanwhile');
    const path = `/v1/titles/${title.id}`;
    await others(set, path, { seconds: 2 });
    return alternate(ROUNDS, async () => {
      const load = logins(set, SECONDS + 1);
      await sleep(500);
      const time = await others(set, path);
      await load;
      return time;
    }, () => others(set, path));
  });
}

// Logins that leave at their times, whatever is answered: the milliseconds of those that were refused.
async function flood(set, aSecond) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1000 });
  const body = JSON.stringify(set.admin);
  const refused = [];
  const waiting = [];
  const from = performance.now();
  for (let number = 0; number < aSecond * FLOOD_SECONDS; number++) {
    await sleep(Math.max(0, from + (number * 1000) / aSecond - performance.now()));
    const sent = performance.now();
    waiting.push(send(set, agent, 'POST', '/v1/login', body).then((status) => {
      if (status === 429 || status === 503) refused.push(performance.now() - sent);
      else if (status !== 200) throw new Error(`a login of the flood was answered ${status}`);
    }));
  }
  await Promise.all(waiting);
  agent.destroy();
  return refused;
}

// Twice of what can be hashed, for twenty seconds; what those feel who look at their account and who play a film.
let floods;
async function flooded() {
  return withSet(async (set) => {
    const { title, session } = await set.film({ seconds: 4 });
    const token = session.access_token;
    const { playlist_url: master } = (await set.expect(200, 'POST', `/v1/titles/${title.id}/playback`, { token, body: {} })).body;
    const [rung] = (await set.expect(200, 'GET', master)).text.match(/^[^#\n].*index\.m3u8/m);
    const segment = master.replace('master.m3u8', rung.replace('index.m3u8', 'segment_000.ts'));
    const both = async () => Promise.all([others(set, '/v1/me', { seconds: FLOOD_SECONDS, token }), others(set, segment, { seconds: FLOOD_SECONDS })]);
    const capacity = await logins(set);
    await sleep(1000);
    const [me, played] = await both();
    const pressing = flood(set, capacity * 2);
    const [meThen, playedThen] = await both();
    return { me: { ours: meThen, theirs: me }, segment: { ours: playedThen, theirs: played }, refused: { ours: percentile(await pressing, 0.99), theirs: null } };
  });
}
const ofFlood = (which) => async () => (await (floods ??= flooded()))[which];

export const rows = {
  logins: { what: `logins against raw bcrypt of cost 12 on ${CORES} cores`, unit: 'logins/s', goal: 0.9, run: rate },
  logins_p99: { what: 'p99 of another request during a flood of logins against none', unit: 'ms', goal: 1.5, less: true, run: meanwhile },
  flood_me: { what: 'p99 of GET /v1/me while twice as many logins come as can be hashed, for 20 s, against none', unit: 'ms', goal: 1.5, less: true, run: ofFlood('me') },
  flood_segment: { what: 'p99 of a segment meanwhile against none', unit: 'ms', goal: 1.5, less: true, run: ofFlood('segment') },
  flood_refused: { what: 'p99 of the refusals of the logins beyond', unit: 'ms', goal: 250, less: true, run: ofFlood('refused') },
};
