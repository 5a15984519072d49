// Plays a title: the browser's own HLS where it has one, hls.js otherwise; keeps the position.
import { account, api } from './api.js';

const HLS_TYPE = 'application/vnd.apple.mpegurl';
const SAVE_MS = 5000;
const FROM_SECONDS = 5;
const END_SECONDS = 15;
const CHOSEN = 'zoetrope.player';

export function engineChosen() {
  return localStorage.getItem(CHOSEN) ?? '';
}

export function chooseEngine(name) {
  localStorage.setItem(CHOSEN, name);
}

function loadHls() {
  if (window.Hls) return Promise.resolve(window.Hls);
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = 'hls.min.js';
    script.onload = () => resolve(window.Hls);
    script.onerror = () => reject(new Error('This browser cannot play HLS by itself, and this server has no hls.js.'));
    document.head.append(script);
  });
}

function playNative(video, address) {
  video.src = address;
  return { stop: () => video.removeAttribute('src') };
}

async function playHls(video, address, failed) {
  const Hls = await loadHls();
  if (!Hls.isSupported()) throw new Error('This browser can play neither HLS nor media source extensions.');
  const hls = new Hls({ enableWorker: false });
  hls.on(Hls.Events.ERROR, (event, data) => {
    if (!data.fatal) return;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    else failed(new Error('The film could not be loaded.'));
  });
  hls.loadSource(address);
  hls.attachMedia(video);
  return { stop: () => hls.destroy() };
}

// Writes the position while it moves; the last one also when the page goes.
function keepPosition(video, id) {
  let written = -1;
  const save = (keepalive) => {
    const position = Math.round(video.currentTime * 10) / 10;
    if (!account() || video.readyState === 0 || position === written) return;
    written = position;
    api('PUT', `/v1/history/${id}`, { position }, { keepalive }).catch(() => (written = -1));
  };
  const timer = setInterval(() => !video.paused && save(false), SAVE_MS);
  const paused = () => save(false);
  const hidden = () => document.visibilityState === 'hidden' && save(true);
  video.addEventListener('pause', paused);
  document.addEventListener('visibilitychange', hidden);
  return () => {
    clearInterval(timer);
    video.removeEventListener('pause', paused);
    document.removeEventListener('visibilitychange', hidden);
    save(true);
  };
}

function resumeAt(video, position) {
  if (position < FROM_SECONDS) return;
  const go = () => {
    if (!Number.isFinite(video.duration) || position < video.duration - END_SECONDS || video.duration < FROM_SECONDS + END_SECONDS) {
      video.currentTime = Math.min(position, Number.isFinite(video.duration) ? Math.max(0, video.duration - 1) : position);
    }
  };
  if (video.readyState >= 1) go();
  else video.addEventListener('loadedmetadata', go, { once: true });
}

/** Starts a title in a video element, or one that is elsewhere in a tab of its own. Gives {engine, stop()}; `failed(error)` when it breaks later. */
export async function play(video, id, failed) {
  const { playlist_url: address, position, url } = await api('POST', `/v1/titles/${id}/playback`, {});
  if (url) {
    window.open(url, '_blank', 'noopener');
    return { engine: 'elsewhere', stop() {} };
  }
  const engine = engineChosen() || (video.canPlayType(HLS_TYPE) ? 'native' : 'hls.js');
  video.onerror = () => video.error && failed(new Error('The film could not be played.'));
  const player = engine === 'native' ? playNative(video, address) : await playHls(video, address, failed);
  resumeAt(video, position);
  const release = keepPosition(video, id);
  // A browser may want another tap; the controls are there for it.
  video.play().catch(() => {});
  return {
    engine,
    stop() {
      release();
      video.onerror = null;
      video.pause();
      player.stop();
    },
  };
}
