// The upload page: a new title or another film for one, the upload, and the processing after it.
import { api, isAdmin } from './api.js';
import { clock, showError, size } from './page.js';
import { follow } from './title.js';
import { forget, unfinished, upload } from './tus.js';

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

export async function uploading(parts, id, signal) {
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
  signal.addEventListener('abort', () => running?.abort());
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
}
