// tus 1.0 in pieces, going on where it stopped: after a broken line, a pause, or a closed page.
import { Problem, request } from './api.js';

const PIECE_BYTES = 8 << 20;
const TUS = { 'Tus-Resumable': '1.0.0' };
const KEPT = 'zoetrope.upload.';
const WAIT_MS = [500, 1000, 2000, 4000, 8000];

function key(file) {
  return `${KEPT}${file.name}|${file.size}|${file.lastModified}`;
}

function encode(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** What is known of an unfinished upload of this file: {place, title}, or null. */
export function unfinished(file) {
  try {
    return JSON.parse(localStorage.getItem(key(file)));
  } catch {
    return null;
  }
}

export function forget(file) {
  localStorage.removeItem(key(file));
}

async function open(file, title) {
  const answer = await request('POST', '/v1/uploads', {
    headers: { ...TUS, 'Upload-Length': String(file.size), 'Upload-Metadata': `title_id ${encode(String(title))},filename ${encode(file.name)}` },
  });
  const place = new URL(answer.headers.get('Location'), location.href).pathname;
  localStorage.setItem(key(file), JSON.stringify({ place, title }));
  return place;
}

async function offsetOf(place, signal) {
  const answer = await request('HEAD', place, { headers: TUS, signal });
  return Number(answer.headers.get('Upload-Offset'));
}

async function sendPiece(place, file, offset, signal) {
  const answer = await request('PATCH', place, {
    signal, body: file.slice(offset, offset + PIECE_BYTES),
    headers: { ...TUS, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' },
  });
  return Number(answer.headers.get('Upload-Offset'));
}

function lasting(error) {
  return error instanceof Problem && error.status < 500 && ![409, 423, 429].includes(error.status);
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}

/** Uploads `file` for the title with this id; `progress(bytes, total)`; `signal` pauses it. Ends when the server has all of it. */
export async function upload(file, title, progress, signal) {
  const known = unfinished(file);
  let place = known?.title === title ? known.place : null;
  let offset = place ? null : 0;
  let failures = 0;
  place ??= await open(file, title);
  while (offset === null || offset < file.size) {
    try {
      offset ??= await offsetOf(place, signal);
      progress(offset, file.size);
      if (offset < file.size) offset = await sendPiece(place, file, offset, signal);
      progress(offset, file.size);
      failures = 0;
    } catch (error) {
      if (signal.aborted) throw error;
      if (lasting(error)) {
        forget(file);
        throw error;
      }
      if (failures === WAIT_MS.length) throw error;
      await pause(WAIT_MS[failures++], signal);
      offset = null;
    }
  }
  forget(file);
}
