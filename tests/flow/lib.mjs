// A whole set for a test: its own data folder, PostgreSQL, port and programs, and what a client does with it.
import assert from 'node:assert/strict';
import { execFile, spawn, execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, openSync, closeSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

// The fetch of Debian 12's Node.js joins them with commas. Ours have no dates, so a comma ends one where a name follows.
Headers.prototype.getSetCookie ??= function () {
  return (this.get('set-cookie') ?? '').split(/, (?=[^;, =]+=)/).filter(Boolean);
};

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const build = absolute(process.env.ZOE_BUILD || 'build');
/** Programs with sanitizers are larger and slower than those that users get. */
export const sanitized = /asan|tsan/.test(build);
export const corpus = [process.env.ZOE_CORPUS, join(root, '..', 'shared', 'corpus')].find((path) => path && existsSync(path));
export { sleep };
/** Whether every answer is held to the set's description. Who measures turns it off: it costs more than many an answer, and needs npm's packages. */
export const answers = { checked: true };

const PREFIX = 'zoe-test-';
const SANITIZER = /(ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:)/;
const ADMIN = { email: 'admin@example.test', password: 'correct horse battery' };

function absolute(path) {
  return path.startsWith('/') ? path : join(root, path);
}

function run(program, args, env) {
  return new Promise((resolve) => {
    execFile(program, args, { env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      resolve({ status: error ? (typeof error.code === 'number' ? error.code : -1) : 0, stdout, stderr });
    });
  });
}

async function must(program, args, env) {
  const done = await run(program, args, env);
  if (done.status) throw new Error(`${basename(program)} ${args.join(' ')}: status ${done.status}\n${done.stdout}${done.stderr}`);
  return done.stdout;
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Waits until `probe()` gives something true, and returns it. */
export async function until(probe, { ms = 15000, every = 50, what = 'the condition' } = {}) {
  const end = Date.now() + ms;
  let error;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      error = undefined;
    } catch (thrown) {
      error = thrown;
    }
    if (Date.now() >= end) throw new Error(`waited ${ms} ms for ${what}${error ? `: ${error.message}` : ''}`);
    await sleep(every);
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

// What a killed test run left behind.
function sweep() {
  for (const name of readdirSync(tmpdir())) {
    const folder = join(tmpdir(), name);
    try {
      if (!name.startsWith(PREFIX) || statSync(folder).uid !== process.getuid()) continue;
      if (alive(Number(readFileSync(join(folder, 'owner'), 'utf8')))) continue;
      execFileSync(join(root, 'zoe'), ['database', 'stop'], { env: { ...clean(), ZOE_DATA: folder }, stdio: 'ignore' });
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Somebody else's, or just being made.
    }
  }
}

// The caller's environment without settings of a set.
function clean() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ZOE_') || name.startsWith('ZOE_TEST')));
}

/**
 * Starts a set. `env` adds settings; `start: false` only prepares the database; `port` is where it listens. Returns a RunningSet; call its stop().
 */
export async function startSet({ env = {}, start = true, port } = {}) {
  sweep();
  const set = new RunningSet(mkdtempSync(join(tmpdir(), PREFIX)), port ?? (await freePort()), env);
  try {
    await set.database('start');
    await must(join(build, 'zoectl'), ['migrate'], set.env);
    if (start) await set.start();
    return set;
  } catch (error) {
    await set.stop().catch(() => {});
    throw error;
  }
}

/** What an edge with these settings serves: [{method, path, dialect, who, when}] */
export function routesOf(env) {
  return execFileSync(join(build, 'zoe-edge'), ['--routes'], { env, encoding: 'utf8' }).trim().split('\n').map((line) => {
    const [method, path, dialect, who, when] = line.split(' ');
    return { method, path, dialect, who, when };
  });
}

class RunningSet {
  constructor(dataDir, port, env) {
    this.dataDir = dataDir;
    this.port = port;
    this.base = `http://127.0.0.1:${port}`;
    this.admin = { ...ADMIN };
    writeFileSync(join(dataDir, 'owner'), String(process.pid));
    this.env = {
      ...clean(), ZOE_DATA: dataDir, ZOE_LISTEN: `127.0.0.1:${port}`, ZOE_ADMIN_EMAIL: ADMIN.email, ZOE_ADMIN_PASSWORD: ADMIN.password,
      ZOE_BCRYPT_COST: '4', ZOE_DRAIN_SECONDS: '5', ZOE_RATE_LIMITS: 'off', ...env,
    };
    // The last resort when a test ends without stop(): programs die with the supervisor, the database is stopped here.
    this.atExit = () => {
      this.supervisor?.kill('SIGKILL');
      try {
        execFileSync(join(root, 'zoe'), ['database', 'stop'], { env: this.env, stdio: 'ignore' });
      } catch {
        // Nothing to tell anybody any more.
      }
    };
    process.on('exit', this.atExit);
  }

  /** Starts the programs and waits for the first ready answer. */
  async start() {
    this.described = undefined;
    const errors = openSync(join(this.dataDir, 'supervise.err'), 'a');
    this.supervisor = spawn('setpriv', ['--pdeathsig', 'KILL', join(build, 'zoe-supervise')], { env: this.env, stdio: ['ignore', errors, errors] });
    closeSync(errors);
    this.ended = new Promise((resolve) => this.supervisor.once('exit', (code, signal) => resolve({ code, signal })));
    let ended;
    this.ended.then((how) => (ended = how));
    await until(async () => ended || (await fetch(`${this.base}/ready`)).ok, { ms: 40000, every: 20, what: 'a ready set' }).catch((error) => {
      throw new Error(`${error.message}\n${this.logs().slice(-4000)}`);
    });
    if (ended) throw new Error(`the supervisor ended: ${JSON.stringify(ended)}\n${this.logs().slice(-4000)}`);
  }

  /** Stops the programs only; {code, signal} of the supervisor. */
  async halt(signal = 'SIGTERM') {
    if (!this.supervisor) return { code: 0 };
    this.supervisor.kill(signal);
    const how = await this.ended;
    this.supervisor = undefined;
    return how;
  }

  /** Stops everything and removes the data. Fails when a program reported a memory or thread error. */
  async stop() {
    const how = await this.halt();
    process.off('exit', this.atExit);
    await this.database('stop').catch(() => {});
    const report = this.logs().split('\n').findIndex((line) => SANITIZER.test(line));
    const text = report < 0 ? '' : this.logs().split('\n').slice(report, report + 40).join('\n');
    if (!process.env.ZOE_TEST_KEEP) rmSync(this.dataDir, { recursive: true, force: true });
    if (text) throw new Error(`a sanitizer reported:\n${text}`);
    return how;
  }

  /** start, stop or restart the set's PostgreSQL. */
  async database(action) {
    const steps = action === 'restart' ? ['stop', 'start'] : [action];
    for (const step of steps) await must(join(root, 'zoe'), ['database', step], this.env);
  }

  /** One statement as the owner of the database; rows as text. */
  async sql(statement) {
    return (await must('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-h', join(this.dataDir, 'pg/run'), '-U', 'zoetrope', '-d', 'zoetrope', '-c', statement], this.env)).trimEnd();
  }

  /** Process id of a program such as zoe-auth, or undefined while it is not there. */
  pid(name) {
    const supervisor = this.supervisor?.pid;
    const children = supervisor ? readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8').trim().split(' ') : [];
    return children.map(Number).find((pid) => {
      try {
        return pid && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === name;
      } catch {
        return false;
      }
    });
  }

  kill(name, signal = 'SIGKILL') {
    const pid = this.pid(name);
    if (!pid) throw new Error(`${name} is not running`);
    process.kill(pid, signal);
    return pid;
  }

  /** Another edge of the same set, at an address of its own: {base, stop}. */
  async secondEdge() {
    const port = await freePort();
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', join(build, 'zoe-edge')], { env: { ...this.env, ZOE_LISTEN: `127.0.0.1:${port}` }, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const base = `http://127.0.0.1:${port}`;
    await until(async () => (await fetch(`${base}/ready`)).ok, { what: 'the second edge' });
    return { base, stop: () => (child.kill('SIGTERM'), ended) };
  }

  logs() {
    return ['log/zoe.log.1', 'log/zoe.log', 'supervise.err'].map((name) => join(this.dataDir, name)).filter(existsSync)
      .map((path) => readFileSync(path, 'utf8')).join('');
  }

  /** {status, stdout, stderr} of zoectl. */
  zoectl(...args) {
    return run(join(build, 'zoectl'), args, this.env);
  }

  /** {asked: {method, path}, status, headers, text, body}; body is parsed JSON where the answer is JSON. `body` given: an object is sent as JSON. */
  async api(method, path, { token, body, headers = {}, base = this.base, ...rest } = {}) {
    const plain = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    const answer = await fetch(base + path, {
      // A lost answer fails the test and does not hang it.
      method, redirect: 'manual', signal: AbortSignal.timeout(60000), body: plain ? body : JSON.stringify(body), ...rest,
      headers: { ...(plain ? {} : { 'Content-Type': 'application/json' }), ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers },
    });
    const text = await answer.text();
    const json = /json/.test(answer.headers.get('content-type') ?? '');
    const told = { asked: { method, path }, status: answer.status, headers: answer.headers, text, body: json && text ? JSON.parse(text) : undefined };
    if (base === this.base) (await this.description())?.check(method, base + path, told, plain ? undefined : body);
    return told;
  }

  /** What the set says of its own APIs, asked once; undefined while it cannot be asked. */
  description() {
    if (!answers.checked) return undefined;
    this.described ??= import('./described.mjs').then(({ Described }) => Described.of(this.base).catch(() => {
      this.described = undefined;
    }));
    return this.described;
  }

  /** api() that insists on a status. */
  async expect(status, method, path, options) {
    const answer = await this.api(method, path, options);
    if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} instead of ${status}: ${answer.text.slice(0, 600)}`);
    return answer;
  }

  /** A session: {access_token, refresh_token, expires_in, account}. The administrator's by default. */
  async login(email = this.admin.email, password = this.admin.password) {
    return (await this.expect(200, 'POST', '/v1/login', { body: { email, password } })).body;
  }

  /** Makes an account and logs in: {email, password, account, ...session}. */
  async register(email = `u${Date.now()}${Math.floor(Math.random() * 1e6)}@example.test`, password = 'a fine password', name = 'Some One') {
    const { account } = (await this.expect(201, 'POST', '/v1/register', { body: { email, password, name } })).body;
    return { email, password, ...(await this.login(email, password)), account };
  }

  /** Mails written so far: [{name, text}], oldest first. */
  mails(folder = join(this.dataDir, 'mail')) {
    return !existsSync(folder) ? [] : readdirSync(folder).filter((name) => name.endsWith('.eml')).sort()
      .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
  }

  /** Waits for a mail to an address. */
  mailTo(address, options) {
    const to = new RegExp(`^To:.*${address.replace(/[.+]/g, '\\$&')}`, 'im');
    // Long header lines are folded.
    return until(() => this.mails().find(({ text }) => to.test(text.split(/\r?\n\r?\n/)[0].replaceAll(/\r?\n[ \t]+/g, ' '))), { what: `a mail to ${address}`, ...options });
  }

  async createTitle(token, title = 'A film', more = {}) {
    return (await this.expect(201, 'POST', '/v1/titles', { token, body: { title, kind: 'movie', ...more } })).body;
  }

  /** Uploads a file through tus in pieces; the upload's address. */
  async upload(token, titleId, file, { piece = 8 << 20, filename = basename(file) } = {}) {
    const size = statSync(file).size;
    const metadata = `title_id ${Buffer.from(String(titleId)).toString('base64')},filename ${Buffer.from(filename).toString('base64')}`;
    const made = await this.expect(201, 'POST', '/v1/uploads', { token, headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': String(size), 'Upload-Metadata': metadata } });
    const place = new URL(made.headers.get('location'), this.base).pathname;
    const source = await open(file);
    try {
      for (let offset = 0; offset < size || size === 0;) {
        const length = Math.min(piece, size - offset);
        const { bytesRead, buffer } = await source.read(Buffer.alloc(length), 0, length, offset);
        if (bytesRead !== length) throw new Error(`${file} ended at ${offset + bytesRead} of ${size}`);
        await this.expect(204, 'PATCH', place, {
          token, body: buffer.subarray(0, bytesRead),
          headers: { 'Tus-Resumable': '1.0.0', 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' },
        });
        offset += bytesRead;
        if (size === 0) break;
      }
    } finally {
      await source.close();
    }
    return place;
  }

  title(id, token) {
    return this.expect(200, 'GET', `/v1/titles/${id}`, { token }).then((answer) => answer.body);
  }

  /** Waits until a title's film is ready or in error; the title. */
  waitDone(id, { ms = 180000, token } = {}) {
    return until(async () => {
      const title = await this.title(id, token);
      return ['ready', 'error'].includes(title.processing_state) && title;
    }, { ms, every: 200, what: `title ${id} to be processed` });
  }

  /** The same, insisting on ready. */
  async waitReady(id, options) {
    const title = await this.waitDone(id, options);
    if (title.processing_state !== 'ready') throw new Error(`title ${id}: ${title.processing_error}`);
    return title;
  }

  /** A title with a finished film: {title, session}. */
  async film(options = {}) {
    const session = options.session ?? (await this.login());
    const made = await this.createTitle(session.access_token, options.title);
    await this.upload(session.access_token, made.id, options.file ?? (await makeFilm(options)));
    return { session, title: await this.waitReady(made.id) };
  }
}

/** Runs a tool of ffmpeg: what ffprobe found, or what the others said on stderr. */
export function tool(name, ...args) {
  const done = spawnSync(name, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
  assert.equal(done.status, 0, `${name} ${args.join(' ')}: ${done.stderr}`);
  return name === 'ffprobe' ? done.stdout : done.stderr;
}

/** Whether a text has no half of a surrogate pair (its own method came with Node.js 20). */
export function wellFormed(text) {
  return Buffer.from(text).toString() === text;
}

export function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** A film of a test pattern with a tone, made once and kept. Its path. */
export async function makeFilm({ seconds = 4, size = '320x180', fps = 25, audio = true, extension = 'mp4', video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'], more = [] } = {}) {
  const key = createHash('sha256').update(JSON.stringify([seconds, size, fps, audio, extension, video, more])).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), `zoe-films-${userInfo().uid}`);
  const file = join(folder, `${size}_${seconds}s_${key}.${extension}`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fresh = join(folder, `${process.pid}.${key}.${extension}`);
  const tone = audio ? ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-c:a', 'aac'] : [];
  await must('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${fps}`, ...tone, ...video, ...more, '-t', String(seconds), fresh], clean());
  renameSync(fresh, file);
  return file;
}
