// 1,000 viewers of one film at once, who play its real playlists.
import { join } from 'node:path';
import { build, makeFilm, startSet } from '../flow/lib.mjs';
import { output } from './tools.mjs';

const VIEWERS = 1000;
const SECONDS = 30;

/** What zoe-load says about so many viewers of a film of about 1.3 Mbit/s. */
export async function watch(set, token, title, viewers = VIEWERS, seconds = SECONDS) {
  const { playlist_url: url } = (await set.expect(200, 'POST', `/v1/titles/${title.id}/playback`, { token })).body;
  return JSON.parse(await output(join(build, 'zoe-load'), ['viewers', `${set.base}${url}`, '--window', String(viewers), '--seconds', String(seconds)], { env: set.env }));
}

/** Pictures that x264 cannot make small. */
export function noisyFilm() {
  return makeFilm({ seconds: 36, size: '640x480', video: ['-vf', 'noise=alls=60:allf=t', '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '24', '-pix_fmt', 'yuv420p'] });
}

async function run() {
  const set = await startSet({ env: { ZOE_LADDER: '480', ZOE_LOG_LEVEL: 'warn' } });
  try {
    const { session, title } = await set.film({ file: await noisyFilm() });
    const seen = await watch(set, session.access_token, title);
    process.stderr.write(` ${JSON.stringify(seen)}`);
    if (seen.errors || seen.rebuffers) throw new Error(JSON.stringify(seen));
    return { ours: seen.megabits, theirs: null };
  } finally {
    await set.stop();
  }
}

export const rows = {
  viewers: { what: '1,000 viewers of one film, no error and no rebuffer', unit: 'Mbit/s', goal: 1000, run },
};
