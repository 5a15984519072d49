// One title: its film, what is known of it, and what an administrator may do with it.
import { Problem, account, api, events, isAdmin } from './api.js';
import { awaitsFilm, tile } from './lists.js';
import { clock, element, picture, showError, tell } from './page.js';
import { chooseEngine, engineChosen, play } from './player.js';

// Follows the processing until it ends, whatever happens to the connection.
export async function follow(id, signal, each) {
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

function fillTitle(parts, title, eta) {
  const { processing_state: state, processing_progress: progress } = title;
  const elsewhere = Boolean(title.source && title.source !== 'hosted');
  const kind = { movie: 'Movie', series: 'Series', video: 'Video' }[title.kind] ?? title.kind;
  parts.name.textContent = title.title;
  document.title = `${title.title} · Zoetrope`;
  parts.meta.textContent = [kind, title.category, title.duration ? clock(title.duration) : ''].filter(Boolean).join(' · ');
  parts.description.textContent = title.description;
  parts.working.hidden = !['pending', 'processing'].includes(state);
  parts.workingBar.value = progress;
  parts.workingText.textContent = state === 'pending' ? 'Waiting to be processed' : `Processing: ${Math.round(progress * 100)} %${eta > 0 ? `, about ${clock(eta)} left` : ''}`;
  if (state === 'error') showError(parts.error, new Error(title.processing_error || 'The film could not be processed.'));
  if (awaitsFilm(title)) parts.meta.textContent += ' · no film yet';
  parts.play.hidden = !(elsewhere || state === 'ready' || (state === 'processing' && progress > 0));
  parts.playText.textContent = elsewhere ? `Watch ${title.source === 'youtube' ? 'at YouTube' : 'where it is'}` : state === 'ready' ? 'Play' : 'Play what is there';
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

async function fillSeasons(parts, id) {
  const { items } = await api('GET', `/v1/titles/${id}/seasons`);
  parts.seasons.replaceChildren(...items.flatMap((season) => [
    element('h2', {}, season.title || `Season ${season.number}`),
    element('ul', { class: 'tiles' }, ...season.episodes.map((episode) => tile({
      id: episode.id, title: episode.title, poster: episode.poster_url, state: episode.processing_state, progress: episode.processing_progress,
      duration: episode.duration, note: `Episode ${episode.episode}`,
    })))]));
}

export async function title(parts, id, signal) {
  let title = await api('GET', `/v1/titles/${id}`);
  let player = null;
  if (signal.aborted) return;
  signal.addEventListener('abort', () => player?.stop());
  const failed = (error) => showError(parts.error, error);
  fillTitle(parts, title);
  if (title.kind === 'series') fillSeasons(parts, id).catch(failed);
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
      if (signal.aborted) return player.stop();
      if (player.engine === 'elsewhere') {
        parts.video.hidden = true;
        return;
      }
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
  await follow(id, signal, async (news) => {
    title = { ...title, processing_state: news.state, processing_progress: news.progress, processing_error: news.error ?? '' };
    if (news.state === 'ready') title = await api('GET', `/v1/titles/${id}`);
    fillTitle(parts, title, news.eta);
  });
}
