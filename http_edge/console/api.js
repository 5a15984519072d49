// What the console knows of the server: the session, and requests with it.
const KEPT = 'zoetrope.session';
const EARLY_MS = 30000;

let session = read();
let renewing = null;
const listeners = new Set();

/** An answer that was no success; `status`, `code` (last part of the problem's type) and `fields` ({name: text}). */
export class Problem extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.errors?.[0]?.detail ?? problem.detail ?? problem.title ?? 'The server did not answer as expected.');
    this.status = status;
    this.code = (problem.type ?? '').split('/').pop();
    this.retryAfter = Number(retryAfter) || 0;
    this.fields = Object.fromEntries((problem.errors ?? []).map((error) => [(error.pointer ?? '').replace(/^#?\//, ''), error.detail]));
  }
}

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

function keep(answer) {
  session = answer && {
    access: answer.access_token,
    refresh: answer.refresh_token,
    until: Date.now() + answer.expires_in * 1000,
    account: answer.account,
  };
  if (session) localStorage.setItem(KEPT, JSON.stringify(session));
  else localStorage.removeItem(KEPT);
  listeners.forEach((listener) => listener());
}

// Another tab logged in, out, or renewed.
addEventListener('storage', (event) => {
  if (event.key !== KEPT) return;
  const before = session?.account.id;
  session = read();
  if (before !== session?.account.id) listeners.forEach((listener) => listener());
});

export function onSession(listener) {
  listeners.add(listener);
}

export function account() {
  return session?.account ?? null;
}

export function isAdmin() {
  return Boolean(session?.account.roles?.includes('admin'));
}

async function send(method, path, { body, headers, signal, keepalive } = {}) {
  const json = body !== undefined && !(body instanceof Blob);
  return fetch(path, {
    method, signal, keepalive, cache: 'no-cache', credentials: 'same-origin',
    body: json ? JSON.stringify(body) : body,
    headers: { ...(json ? { 'Content-Type': 'application/json' } : {}), ...(session ? { Authorization: `Bearer ${session.access}` } : {}), ...headers },
  });
}

async function problem(answer) {
  const text = await answer.text();
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {
    body = { title: `The server answered ${answer.status}.` };
  }
  return new Problem(answer.status, body, answer.headers.get('Retry-After'));
}

async function exchange(path, body) {
  const answer = await send('POST', path, { body });
  if (!answer.ok) throw await problem(answer);
  return answer.json();
}

/** A new pair of tokens, asked for once even when several requests want it. Logs out when the server refuses. */
function renew() {
  renewing ??= (async () => {
    const { refresh } = session;
    try {
      keep(await exchange('/v1/refresh', { refresh_token: refresh }));
    } catch (error) {
      const now = read();
      // Another tab was faster.
      if (now && now.refresh !== refresh) session = now;
      else if (error instanceof Problem && error.status < 500 && error.status !== 429) keep(null);
      else throw error;
    } finally {
      renewing = null;
    }
  })();
  return renewing;
}

/** The raw answer of a successful request; throws a Problem. Renews the session when needed. */
export async function request(method, path, options) {
  if (session && session.until - Date.now() < EARLY_MS) await renew();
  let answer = await send(method, path, options);
  if (answer.status === 401 && session) {
    await renew();
    if (session) answer = await send(method, path, options);
  }
  if (!answer.ok) throw await problem(answer);
  return answer;
}

/** The JSON of a successful request, or null. */
export async function api(method, path, body, options = {}) {
  const answer = await request(method, path, { ...options, body });
  return answer.status === 204 ? null : answer.json();
}

/** Throws a Problem with the code totp-required when the account has a second factor and `code` is missing. */
export async function login(email, password, code) {
  keep(await exchange('/v1/login', { email, password, ...(code ? { code } : {}) }));
}

export async function register(name, email, password) {
  await exchange('/v1/register', { email, password, ...(name ? { name } : {}) });
  await login(email, password);
}

export async function logout() {
  try {
    await request('POST', '/v1/logout');
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
  keep(null);
}

/** Server-sent events with the session: calls `each({event, data})` until the stream or `signal` ends it. */
export async function events(path, each, signal) {
  const answer = await request('GET', path, { signal, headers: { Accept: 'text/event-stream' } });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value.replaceAll('\r\n', '\n');
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const of = (name) => lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trimStart()).join('\n');
      const data = of('data');
      if (data) each({ event: of('event') || 'message', data: JSON.parse(data) });
    }
  }
}
