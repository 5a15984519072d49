// tus-js-client, the reference client: aborted in the middle, resumed by another instance, the same bytes in the end.
import assert from 'node:assert/strict';
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import * as tus from 'tus-js-client';
import { sha256, startSet, until } from '../flow/lib.mjs';
import { film } from './browser.mjs';

const PIECE = 256 * 1024;
let set;
let folder;

before(async () => {
  set = await startSet();
  folder = mkdtempSync(join(tmpdir(), 'zoe-tus-'));
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await set?.stop();
});

test('aborted in the middle and resumed: the stored source has the right SHA-256', { timeout: 300000 }, async () => {
  const file = await film();
  const { access_token: token } = await set.login();
  const title = await set.createTitle(token, 'Resumed');
  const options = {
    endpoint: `${set.base}/v1/uploads`, chunkSize: PIECE, uploadSize: statSync(file).size, retryDelays: [100, 500, 1000],
    headers: { Authorization: `Bearer ${token}` }, metadata: { title_id: String(title.id), filename: basename(file) },
    storeFingerprintForResuming: true, urlStorage: new tus.FileUrlStorage(join(folder, 'urls.json')), fingerprint: async () => 'film',
  };
  let sent = 0;
  await new Promise((resolve, reject) => {
    const upload = new tus.Upload(createReadStream(file), {
      ...options, onError: reject, onSuccess: () => reject(new Error('it was to be aborted')),
      onProgress(bytes, total) {
        if (bytes < total / 2) return;
        sent = bytes;
        upload.abort().then(resolve, reject);
      },
    });
    upload.start();
  });
  assert.ok(sent < statSync(file).size);
  assert.equal((await set.title(title.id)).processing_state, 'none');

  const [previous] = await options.urlStorage.findUploadsByFingerprint('film');
  assert.ok(previous, 'the client remembers the upload');
  const offsets = [];
  const place = await new Promise((resolve, reject) => {
    const upload = new tus.Upload(createReadStream(file), { ...options, onError: reject, onSuccess: () => resolve(upload.url), onProgress: (bytes) => offsets.push(bytes) });
    upload.resumeFromPreviousUpload(previous);
    upload.start();
  });
  assert.ok(Math.min(...offsets) > 0, 'it went on and did not begin again');
  const stored = join(set.dataDir, 'media/uploads', place.split('/').at(-1));
  assert.ok(existsSync(stored), 'the source is in the store');
  assert.equal(sha256(stored), sha256(file));
  await until(async () => ['pending', 'processing', 'ready'].includes((await set.title(title.id)).processing_state), { what: 'the processing to begin' });
});

test('three connections at once: partial uploads become one film (concatenation)', { timeout: 300000 }, async () => {
  const file = await film();
  const { access_token: token } = await set.login();
  const title = await set.createTitle(token, 'Parallel');
  const place = await new Promise((resolve, reject) => {
    const upload = new tus.Upload(createReadStream(file), {
      endpoint: `${set.base}/v1/uploads`, parallelUploads: 3, chunkSize: PIECE, retryDelays: [100, 500, 1000],
      headers: { Authorization: `Bearer ${token}` }, metadata: { title_id: String(title.id), filename: basename(file) },
      onError: reject, onSuccess: () => resolve(upload.url),
    });
    upload.start();
  });
  const stored = join(set.dataDir, 'media/uploads', place.split('/').at(-1));
  await until(() => existsSync(stored), { ms: 60000, what: 'the parts to be joined' });
  assert.equal(sha256(stored), sha256(file));
  await until(async () => ['processing', 'ready'].includes((await set.title(title.id)).processing_state), { ms: 60000, what: 'the processing to begin' });
});
