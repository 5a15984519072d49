// The catalogue and the history: lists of tiles.
import { account, api, isAdmin } from './api.js';
import { clock, element, picture, tell } from './page.js';

const PAGE = 24;
const REFRESH_MS = 3000;
const REFRESHED = 8;
const STATES = { none: 'No film yet', pending: 'Waiting', processing: 'Processing', error: 'Failed' };

// A series has its films in its episodes, and a film elsewhere is none of ours.
export const awaitsFilm = ({ source, kind, processing_state: state }) => state === 'none' && kind !== 'series' && (!source || source === 'hosted');

export function tile({ id, title, poster, state, progress, duration, position, note }) {
  const working = state === 'processing' ? ` ${Math.round(progress * 100)} %` : '';
  const frame = element('span', { class: 'frame' },
    element('span', { class: 'letter', 'aria-hidden': 'true' }, (title || '?').slice(0, 1).toUpperCase()),
    poster ? picture(poster) : null,
    STATES[state] ? element('span', { class: `badge${state === 'error' ? ' error-badge' : ''}` }, STATES[state] + working) : null,
    duration ? element('span', { class: 'length' }, clock(duration)) : null,
    position && duration ? element('progress', { class: 'seen', max: duration, value: position, 'aria-label': 'watched' }) : null);
  const text = element('span', {}, element('strong', {}, title), element('small', {}, note ?? ''));
  return element('li', { 'data-title': id }, element('a', { class: 'tile', href: `#/title/${id}` }, frame, text));
}

function fromTitle(title) {
  return tile({
    id: title.id, title: title.title, poster: title.poster_url, progress: title.processing_progress,
    state: title.processing_state === 'none' && !awaitsFilm(title) ? null : title.processing_state, duration: title.duration, note: title.category || { movie: 'Movie', series: 'Series', video: 'Video' }[title.kind],
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

async function refreshTiles(list) {
  const waiting = [...list.children].filter((tileOf) => tileOf.querySelector('.badge:not(.error-badge)'));
  for (const tileOf of waiting.slice(0, REFRESHED)) {
    const title = await api('GET', `/v1/titles/${tileOf.dataset.title}`).catch(() => null);
    if (title && tileOf.isConnected) tileOf.replaceWith(fromTitle(title));
  }
}

export async function list(parts, arg, signal) {
  const count = await pages(parts.list, parts.more, '/v1/titles', fromTitle);
  parts.empty.hidden = count > 0;
  parts.empty.textContent = isAdmin() ? 'Nothing here yet. Upload the first film.' : 'Nothing here yet.';
  if (signal.aborted) return;
  const timer = setInterval(() => refreshTiles(parts.list), REFRESH_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
  if (!account()) return;
  const { items } = await api('GET', '/v1/history?limit=8');
  const open = items.filter((item) => item.position > 5 && (!item.duration || item.position < item.duration - 15));
  parts.continueList.append(...open.map(fromHistory));
  parts.continue.hidden = !open.length;
}

export async function history(parts) {
  parts.empty.hidden = (await pages(parts.list, parts.more, '/v1/history', fromHistory)) > 0;
}
