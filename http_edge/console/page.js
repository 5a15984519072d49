// What all pages are made of.
import { Problem, request } from './api.js';

const main = document.getElementById('main');
const notice = document.getElementById('notice');
let noticeTimer;

export function tell(text) {
  notice.textContent = text;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => (notice.textContent = ''), 5000);
}

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, '');
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function view(name) {
  main.replaceChildren(document.getElementById(`view-${name}`).content.cloneNode(true));
  const found = {};
  for (const part of main.querySelectorAll('*')) {
    for (const key of Object.keys(part.dataset)) found[key] ??= part;
  }
  return found;
}

export function showError(place, error, form) {
  place.textContent = error instanceof Problem || error instanceof Error ? error.message : String(error);
  if (error instanceof TypeError) place.textContent = 'The server cannot be reached.';
  place.hidden = false;
  for (const input of form?.elements ?? []) {
    if (input.name) input.setAttribute('aria-invalid', String(Boolean(error.fields?.[input.name])));
  }
}

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}` : `${Math.floor(whole / 60)}:${two(whole % 60)}`;
}

export function size(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

// A picture that may need the session: the browser tries by itself first, then we do.
export function picture(address, image = element('img', { alt: '', loading: 'lazy' })) {
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
