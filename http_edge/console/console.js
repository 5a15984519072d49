// The pages: a route is the part of the address behind #, a view is a template and a function that fills it.
import { Problem, account, api, events, isAdmin, login, logout, onSession, register, request } from './api.js';
import { chooseEngine, engineChosen, play } from './player.js';
import { forget, unfinished, upload } from './upload.js';

const main = document.getElementById('main');
const nav = document.getElementById('nav');
const notice = document.getElementById('notice');
const PAGE = 24;

let leave = null;
let shown = 0;
let noticeTimer;

function tell(text) {
  notice.textContent = text;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => (notice.textContent = ''), 5000);
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, '');
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function view(name) {
  main.replaceChildren(document.getElementById(`view-${name}`).content.cloneNode(true));
  const found = {};
  for (const part of main.querySelectorAll('*')) {
    for (const key of Object.keys(part.dataset)) found[key] ??= part;
  }
  return found;
}

function showError(place, error, form) {
  place.textContent = error instanceof Problem || error instanceof Error ? error.message : String(error);
  if (error instanceof TypeError) place.textContent = 'The server cannot be reached.';
  place.hidden = false;
  for (const input of form?.elements ?? []) {
    if (input.name) input.setAttribute('aria-invalid', String(Boolean(error.fields?.[input.name])));
  }
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}` : `${Math.floor(whole / 60)}:${two(whole % 60)}`;
}

function size(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

// A picture that may need the session: the browser tries by itself first, then we do.
function picture(address, image = element('img', { alt: '', loading: 'lazy' })) {
  image.addEventListener('error', async () => {
    try {
      image.src = URL.createObjectURL(await (await request('GET', address)).blob());
    } catch {
      image.hidden = true;
    }
  }, { once: true });
  image.addEventListener('load', () => image.src.startsWith('blob:') && URL.revokeObjectURL(image.src));
  image.src = address;
  return image;
}

const STATES = { none: 'No film yet', pending: 'Waiting', processing: 'Processing', error: 'Failed' };

function tile({ id, title, poster, state, progress, duration, position, note }) {
  const working = state === 'processing' ? ` ${Math.round(progress * 100)} %` : '';
  const frame = element('span', { class: 'frame' },
    element('span', { class: 'letter', 'aria-hidden': 'true' }, (title || '?').slice(0, 1).toUpperCase()),
    poster ? picture(poster) : null,
    STATES[state] ? element('span', { class: `badge${state === 'error' ? ' error-badge' : ''}` }, STATES[state] + working) : null,
    duration ? element('span', { class: 'length' }, clock(duration)) : null,
    position && duration ? element('progress', { class: 'seen', max: duration, value: position, 'aria-label': 'watched' }) : null);
  frame.style.display = 'block';
  const text = element('span', {}, element('strong', {}, title), element('small', {}, note ?? ''));
  return element('li', { 'data-title': id }, element('a', { class: 'tile', href: `#/title/${id}` }, frame, text));
}

function fromTitle(title) {
  return tile({
    id: title.id, title: title.title, poster: title.poster_url, state: title.processing_state, progress: title.processing_progress,
    duration: title.duration, note: title.category || { movie: 'Movie', series: 'Series', video: 'Video' }[title.kind],
  });
}

function fromHistory(item) {
  return tile({
    id: item.title_id, title: item.title, poster: item.poster_url, duration: item.duration, position: item.position,
    note: item.duration ? `${clock(item.position)} of ${clock(item.duration)}` : clock(item.position),
  });
}

// Fills a list page by page behind its "more" button; `failed` gets what goes wrong. Returns the first page's length.
async function pages(list, more, path, make) {
  let next = null;
  const load = async () => {
    const page = await api('GET', `${path}?limit=${PAGE}${next ? `&cursor=${encodeURIComponent(next)}` : ''}`);
    list.append(...page.items.map(make));
    next = page.next;
    more.hidden = !next;
    return page.items.length;
  };
  more.addEventListener('click', () => load().catch((error) => tell(error.message)));
  return load();
}

const views = {
  async login(parts, kind = 'login') {
    const registering = kind === 'register';
    for (const part of main.querySelectorAll('[data-only]')) part.hidden = !registering;
    const form = main.querySelector('form');
    if (registering) {
      parts.heading.textContent = 'Register';
      parts.submit.textContent = 'Register';
      parts.other.textContent = 'Have an account? Log in';
      parts.other.href = '#/login';
      form.elements.password.autocomplete = 'new-password';
    }
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const { name, email, password } = form.elements;
      parts.submit.disabled = true;
      parts.error.hidden = true;
      try {
        if (registering) await register(name.value.trim(), email.value.trim(), password.value);
        else await login(email.value.trim(), password.value);
        location.hash = '#/';
      } catch (error) {
        showError(parts.error, error, form);
        password.focus();
      } finally {
        parts.submit.disabled = false;
      }
    });
    form.elements[registering ? 'name' : 'email'].focus();
  },

  async list(parts) {
    const count = await pages(parts.list, parts.more, '/v1/titles', fromTitle);
    parts.empty.hidden = count > 0;
    parts.empty.textContent = isAdmin() ? 'Nothing here yet. Upload the first film.' : 'Nothing here yet.';
    const timer = setInterval(() => refreshTiles(parts.list), 3000);
    leave = () => clearInterval(timer);
    if (!account()) return;
    const { items } = await api('GET', '/v1/history?limit=8');
    const open = items.filter((item) => item.position > 5 && (!item.duration || item.position < item.duration - 15));
    parts.continueList.append(...open.map(fromHistory));
    parts.continue.hidden = !open.length;
  },

  async history(parts) {
    parts.empty.hidden = (await pages(parts.list, parts.more, '/v1/history', fromHistory)) > 0;
  },

  async title(parts, id) {
    let title = await api('GET', `/v1/titles/${id}`);
    let player = null;
    const stopEvents = new AbortController();
    leave = () => {
      stopEvents.abort();
      player?.stop();
    };
    const failed = (error) => showError(parts.error, error);
    fillTitle(parts, title);
    parts.engine.value = engineChosen();
    parts.engine.addEventListener('change', () => {
      chooseEngine(parts.engine.value);
      tell('Used the next time a film starts.');
    });
    parts.play.addEventListener('click', async () => {
      if (!account()) {
        location.hash = '#/login';
        return;
      }
      parts.play.disabled = true;
      parts.error.hidden = true;
      try {
        parts.video.hidden = false;
        player = await play(parts.video, id, failed);
        parts.cover.hidden = true;
        parts.engineUsed.textContent = player.engine === 'native' ? "Playing with the browser's own player." : 'Playing with hls.js.';
        parts.video.focus();
      } catch (error) {
        parts.video.hidden = true;
        failed(error);
      } finally {
        parts.play.disabled = false;
      }
    });
    wireAdmin(parts, id);
    if (!account() || !['none', 'pending', 'processing'].includes(title.processing_state)) return;
    await follow(id, stopEvents.signal, async (news) => {
      title = { ...title, processing_state: news.state, processing_progress: news.progress, processing_error: news.error ?? '' };
      if (news.state === 'ready') title = await api('GET', `/v1/titles/${id}`);
      fillTitle(parts, title, news.eta);
    });
  },

  async upload(parts, id) {
    if (!isAdmin()) {
      location.hash = '#/login';
      return;
    }
    const given = id ? await api('GET', `/v1/titles/${id}`) : null;
    const form = parts.form;
    if (given) {
      parts.heading.textContent = `Another film for “${given.title}”`;
      parts.new.hidden = true;
      form.elements.title.required = false;
    }
    wireFile(parts, form, !given);
    let running = null;
    leave = () => running?.abort();
    const go = async (title) => {
      running = new AbortController();
      await carry(parts, form.elements.file.files[0], title, running.signal);
    };
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      parts.error.hidden = true;
      parts.submit.disabled = true;
      try {
        const title = given ?? (await titleFor(form));
        form.hidden = true;
        parts.progress.hidden = false;
        parts.open.href = `#/title/${title.id}`;
        parts.stop.onclick = () => {
          if (running) {
            running.abort();
            running = null;
            parts.stop.textContent = 'Go on';
          } else {
            parts.stop.textContent = 'Pause';
            go(title).catch((error) => showError(parts.error, error));
          }
        };
        await go(title);
      } catch (error) {
        if (error.name === 'AbortError') return;
        form.hidden = false;
        parts.progress.hidden = true;
        showError(parts.error, error, form);
      } finally {
        parts.submit.disabled = false;
      }
    });
  },
};

async function refreshTiles(list) {
  const waiting = [...list.children].filter((tileOf) => tileOf.querySelector('.badge:not(.error-badge)'));
  for (const tileOf of waiting.slice(0, 8)) {
    const title = await api('GET', `/v1/titles/${tileOf.dataset.title}`).catch(() => null);
    if (title && tileOf.isConnected) tileOf.replaceWith(fromTitle(title));
  }
}

function fillTitle(parts, title, eta) {
  const { processing_state: state, processing_progress: progress } = title;
  const kind = { movie: 'Movie', series: 'Series', video: 'Video' }[title.kind] ?? title.kind;
  parts.name.textContent = title.title;
  document.title = `${title.title} · Zoetrope`;
  parts.meta.textContent = [kind, title.category, title.duration ? clock(title.duration) : ''].filter(Boolean).join(' · ');
  parts.description.textContent = title.description;
  parts.working.hidden = !['pending', 'processing'].includes(state);
  parts.workingBar.value = progress;
  parts.workingText.textContent = state === 'pending' ? 'Waiting to be processed' : `Processing: ${Math.round(progress * 100)} %${eta > 0 ? `, about ${clock(eta)} left` : ''}`;
  if (state === 'error') showError(parts.error, new Error(title.processing_error || 'The film could not be processed.'));
  if (state === 'none') parts.meta.textContent += ' · no film yet';
  parts.play.hidden = !(state === 'ready' || (state === 'processing' && progress > 0));
  parts.playText.textContent = state === 'ready' ? 'Play' : 'Play what is there';
  if (title.poster_url && parts.poster.hidden) {
    parts.poster.hidden = false;
    picture(title.poster_url, parts.poster);
  }
  parts.rungs.hidden = !title.renditions?.length;
  parts.rungs.tBodies[0].replaceChildren(...(title.renditions ?? []).map((rung) => element('tr', {},
    element('td', {}, rung.name), element('td', {}, `${rung.width} × ${rung.height}`), element('td', {}, `${(rung.bandwidth / 1e6).toFixed(2)} Mbit/s`))));
}

function wireAdmin(parts, id) {
  parts.admin.hidden = !isAdmin();
  parts.replace.href = `#/upload/${id}`;
  parts.delete.addEventListener('click', () => parts.confirm.showModal());
  parts.confirm.addEventListener('close', async () => {
    if (parts.confirm.returnValue !== 'yes') return;
    try {
      await api('DELETE', `/v1/titles/${id}`);
      tell('Deleted.');
      location.hash = '#/';
    } catch (error) {
      showError(parts.error, error);
    }
  });
}

// Follows the processing until it ends, whatever happens to the connection.
async function follow(id, signal, each) {
  for (let last = ''; !signal.aborted && !['ready', 'error'].includes(last);) {
    try {
      await events(`/v1/titles/${id}/events`, ({ data }) => {
        last = data.state;
        each(data);
      }, signal);
    } catch (error) {
      if (signal.aborted || (error instanceof Problem && error.status < 500 && error.status !== 429)) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

// A file that is known from before keeps its title.
async function titleFor(form) {
  const file = form.elements.file.files[0];
  const known = unfinished(file);
  if (known) {
    try {
      return await api('GET', `/v1/titles/${known.title}`);
    } catch (error) {
      if (error.status !== 404) throw error;
      forget(file);
    }
  }
  const { title, kind, category, description } = form.elements;
  return api('POST', '/v1/titles', { title: title.value.trim(), kind: kind.value, category: category.value.trim(), description: description.value.trim() });
}

function wireFile(parts, form, fresh) {
  const { file, title } = form.elements;
  const chosen = () => {
    const one = file.files[0];
    parts.dropText.textContent = one ? `${one.name} · ${size(one.size)}` : 'Choose a film, or drop it here';
    parts.resume.hidden = !(one && fresh && unfinished(one));
    if (one && !title.value) title.value = one.name.replace(/\.[^.]*$/, '').replaceAll(/[._]+/g, ' ').trim();
  };
  file.addEventListener('change', chosen);
  for (const name of ['dragenter', 'dragover']) {
    parts.drop.addEventListener(name, (event) => {
      event.preventDefault();
      parts.drop.classList.add('over');
    });
  }
  for (const name of ['dragleave', 'drop']) parts.drop.addEventListener(name, () => parts.drop.classList.remove('over'));
  parts.drop.addEventListener('drop', (event) => {
    event.preventDefault();
    file.files = event.dataTransfer.files;
    chosen();
  });
}

async function carry(parts, file, title, signal) {
  const from = performance.now();
  let first = null;
  await upload(file, title.id, (done, total) => {
    first ??= done;
    const seconds = (performance.now() - from) / 1000;
    parts.step.textContent = `Uploading: ${Math.floor((done / total) * 100)} %`;
    parts.bar.value = total ? done / total : 1;
    parts.detail.textContent = `${size(done)} of ${size(total)}${done > first ? ` · ${size((done - first) / seconds)}/s` : ''}`;
  }, signal);
  parts.stop.hidden = true;
  parts.open.hidden = false;
  parts.step.textContent = 'Uploaded. Waiting to be processed';
  parts.detail.textContent = '';
  parts.bar.removeAttribute('value');
  await follow(title.id, signal, (news) => {
    if (news.state === 'none') return;
    parts.bar.value = news.progress;
    parts.step.textContent = { pending: 'Uploaded. Waiting to be processed', processing: `Processing: ${Math.round(news.progress * 100)} %`, ready: 'Ready to watch', error: 'The film could not be processed' }[news.state];
    parts.detail.textContent = news.state === 'error' ? news.error : news.eta > 0 ? `About ${clock(news.eta)} left` : '';
  });
}

function drawNav(route) {
  const link = (to, text) => element('a', { href: to, 'aria-current': to === `#/${route}` ? 'page' : null }, text);
  const items = [link('#/', 'Catalogue')];
  if (account()) {
    const out = element('button', { type: 'button', title: account().email }, 'Log out');
    out.addEventListener('click', () => logout().then(() => (location.hash = '#/login'), (error) => tell(error.message)));
    items.push(link('#/history', 'History'), ...(isAdmin() ? [link('#/upload', 'Upload')] : []), out);
  } else {
    items.push(link('#/login', 'Log in'));
  }
  nav.replaceChildren(...items);
}

const ROUTES = [
  [/^$/, 'list', 'Catalogue'], [/^login$/, 'login', 'Log in'], [/^register$/, 'login', 'Register'],
  [/^history$/, 'history', 'History'], [/^upload(?:\/(\d+))?$/, 'upload', 'Upload'], [/^title\/(\d+)$/, 'title', 'Title'],
];

async function show() {
  const turn = ++shown;
  const route = location.hash.replace(/^#\/?/, '');
  const [pattern, name, heading] = ROUTES.find(([one]) => one.test(route)) ?? ROUTES[0];
  leave?.();
  leave = null;
  drawNav(route);
  document.title = `${heading} · Zoetrope`;
  const parts = view(name);
  try {
    await views[name](parts, route === 'register' ? 'register' : route.match(pattern)?.[1]);
  } catch (error) {
    if (turn !== shown || error.name === 'AbortError') return;
    if (error.status === 401) location.hash = '#/login';
    else main.replaceChildren(element('p', { class: 'error', role: 'alert' }, error instanceof TypeError ? 'The server cannot be reached.' : error.message));
  }
}

addEventListener('hashchange', () => {
  show();
  if (!main.contains(document.activeElement)) main.focus();
});
onSession(() => {
  if (account()) drawNav(location.hash.replace(/^#\/?/, ''));
  else show();
});
show();
