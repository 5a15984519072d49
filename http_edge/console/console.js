// The pages: a route is the part of the address behind #, a view is a template and a function that fills it.
import { account, isAdmin, login, logout, onSession, register } from './api.js';
import { history, list } from './lists.js';
import { element, showError, tell, view } from './page.js';
import { title } from './title.js';
import { uploading } from './uploading.js';

const main = document.getElementById('main');
const nav = document.getElementById('nav');

let leaving = new AbortController();

function entering(parts, kind) {
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
    const { name, email, password, code } = form.elements;
    parts.submit.disabled = true;
    parts.error.hidden = true;
    try {
      if (registering) await register(name.value.trim(), email.value.trim(), password.value);
      else await login(email.value.trim(), password.value, code.value.trim());
      location.hash = '#/';
    } catch (error) {
      showError(parts.error, error, form);
      if (error.code === 'totp-required') parts.second.hidden = false;
      (parts.second.hidden ? password : code).focus();
    } finally {
      parts.submit.disabled = false;
    }
  });
  form.elements[registering ? 'name' : 'email'].focus();
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

const VIEWS = { list, history, title, login: entering, upload: uploading };

const ROUTES = [
  [/^$/, 'list', 'Catalogue'], [/^login$/, 'login', 'Log in'], [/^register$/, 'login', 'Register'],
  [/^history$/, 'history', 'History'], [/^upload(?:\/(\d+))?$/, 'upload', 'Upload'], [/^title\/(\d+)$/, 'title', 'Title'],
];

async function show() {
  const route = location.hash.replace(/^#\/?/, '');
  const [pattern, name, heading] = ROUTES.find(([one]) => one.test(route)) ?? ROUTES[0];
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  drawNav(route);
  document.title = `${heading} · Zoetrope`;
  const parts = view(name);
  try {
    await VIEWS[name](parts, name === 'login' ? route : route.match(pattern)?.[1], signal);
  } catch (error) {
    if (signal.aborted || error.name === 'AbortError') return;
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
