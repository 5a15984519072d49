// Drives zoe-media the way the transcode actor does.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const build = path.resolve(root, process.env.ZOE_BUILD || 'build');
export const program = path.join(build, 'zoe-media');
export const corpus = path.resolve(process.env.ZOE_CORPUS || path.join(root, '../shared/corpus'));
export const work = fs.mkdtempSync(path.join(process.env.ZOE_TMP || os.tmpdir(), 'zoe-media-'));
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }));

export const Kind = { info: 1, track: 20, keys: 21, sheet: 22, audio: 2, segment: 3, progress: 4, poster: 5, eofAt: 6, failed: 7, done: 8, picture: 9, init: 23, text: 24 };
export const ptsOffset = 900000;

// Takes what comes through the pipe apart as it arrives.
function reader(take) {
    let bytes = Buffer.alloc(0), parts = [], size = 0;
    const list = [];
    const push = (data) => {
        parts.push(data);
        size += data.length;
        for (;;) {
            if (size < 40)
                return;
            bytes = parts.length > 1 && (parts[0].length < 40 || Number(parts[0].readBigUInt64LE(32)) + 40 <= size)
                ? Buffer.concat(parts) : parts[0];
            const length = Number(bytes.readBigUInt64LE(32));
            if (bytes.length < 40 + length)
                return;
            const frame = {
                kind: bytes.readUInt32LE(0), rung: bytes.readUInt32LE(4), index: bytes.readUInt32LE(8),
                flags: bytes.readUInt32LE(12), a: Number(bytes.readBigInt64LE(16)), b: Number(bytes.readBigInt64LE(24)),
                data: bytes.subarray(40, 40 + length),
            };
            parts = [bytes.subarray(40 + length)];
            size = parts[0].length;
            list.push(frame);
            take?.(frame);
        }
    };
    return { push, list, left: () => size };
}

let files = 0;

// Runs one verb. `audio` is what descriptor 4 gives; `before` is a command to run the program under; `take` sees
// every frame as it comes.
export function run(args, { film, audio, before = [], wall_ms = 0, take } = {}) {
    const fds = [fs.openSync(film, 'r')];
    if (audio) {
        const name = path.join(work, `audio-${files++}`);
        fs.writeFileSync(name, audio);
        fds.push(fs.openSync(name, 'r'));
        fs.unlinkSync(name);
    }
    const command = [...before, program, ...args];
    const started = process.hrtime.bigint();
    return new Promise((resolve, reject) => {
        const child = spawn(command[0], command.slice(1), {
            stdio: ['ignore', 'inherit', 'pipe', fds[0], audio ? fds[1] : 'ignore', 'pipe'],
        });
        const results = reader(take), complaints = [];
        const timer = wall_ms ? setTimeout(() => child.kill('SIGKILL'), wall_ms) : null;
        child.on('error', reject);
        child.stdio[5].on('data', results.push);
        child.stderr.on('data', (data) => complaints.push(data));
        child.on('close', (code, signal) => {
            clearTimeout(timer);
            fds.forEach((fd) => fs.closeSync(fd));
            const { list } = results;
            const failed = list.find((frame) => frame.kind === Kind.failed);
            resolve({
                code, signal, frames: list, left: results.left(), sentence: failed ? failed.data.toString() : '',
                done: list.at(-1)?.kind === Kind.done, stderr: Buffer.concat(complaints).toString(),
                ms: Number(process.hrtime.bigint() - started) / 1e6,
                of: (kind) => list.filter((frame) => frame.kind === kind),
            });
        });
    });
}

function info(d) {
    const text = (at) => d.subarray(at, at + 16).toString().replace(/\0.*$/s, '');
    const wide = (at) => Number(d.readBigInt64LE(at));
    return {
        version: d.readUInt32LE(0), video: d.readInt32LE(4), audio: d.readInt32LE(8), rotation: d.readInt32LE(12),
        duration: wide(16) / 1e6, zero: wide(24), start: wide(32), frames: wide(40), num: d.readUInt32LE(48),
        den: d.readUInt32LE(52), width: d.readUInt32LE(56), height: d.readUInt32LE(60), sourceWidth: d.readUInt32LE(64),
        sourceHeight: d.readUInt32LE(68), channels: d.readUInt32LE(72), rate: d.readUInt32LE(76), hasVideo: d[80],
        hasAudio: d[81], interlaced: d[82], hdr: d[83], exact: d[84], container: text(88), videoCodec: text(104),
        audioCodec: text(120),
    };
}

function track(d) {
    const text = (at, end) => d.subarray(at, end).toString().replace(/\0.*$/s, '');
    return { kind: ['', 'audio', 'text'][d.readUInt32LE(0)], stream: d.readInt32LE(4), channels: d.readUInt32LE(8),
        preferred: d[12], forced: d[13], language: text(16, 32), name: text(32, 96) };
}

export async function probe(film, options = []) {
    const result = await run(['probe', ...options], { film });
    const frame = result.of(Kind.info)[0];
    return { ...result, info: frame ? info(frame.data) : null, tracks: result.of(Kind.track).map((f) => track(f.data)) };
}

export const filmText = (i) =>
    [i.video, i.audio, i.num, i.den, i.zero, i.start, i.frames, i.interlaced, i.exact].join(',');
export const gopFrames = (i) => Math.max(1, Math.floor((4 * i.num + i.den) / (2 * i.den)));
export const segmentFrames = (i) => 3 * gopFrames(i);
export const segmentCount = (i) => Math.ceil(i.frames / segmentFrames(i));
export const pts = (i, frame) => Number((BigInt(frame) * 90000n * BigInt(i.den)) / BigInt(i.num));

// The default ladder of media.h for this film.
export function ladder(i) {
    const all = [[1080, 23, 6000000], [720, 23, 3200000], [480, 23, 1500000], [360, 24, 800000], [120, 26, 160000]];
    const fit = all.filter(([height]) => height <= i.height);
    return (fit.length ? fit : [[i.height, 26, 160000]]).map(([height, crf, rate]) => ({
        width: Math.max(2, Math.floor((height * i.width + i.height) / (2 * i.height)) * 2), height, crf, rate,
    }));
}

export const rungText = (rungs) =>
    rungs.map((r) => `${r.width}x${r.height}:${r.crf}:${r.rate}:${r.rate}`).join(',');

export async function sound(film, i) {
    if (!i.hasAudio)
        return null;
    const result = await run(['audio', `film=${filmText(i)}`], { film });
    if (result.code !== 0 || !result.done)
        throw new Error(`audio: ${result.code} ${result.signal} ${result.sentence}`);
    return result.of(Kind.audio).map((frame) => frame.data);
}

export async function chunk(film, i, rungs, audio, first, count, more = []) {
    const part = audio ? Buffer.concat(audio.slice(first, first + count)) : undefined;
    const result = await run(
        ['chunk', `film=${filmText(i)}`, `first=${first}`, `count=${count}`, `rungs=${rungText(rungs)}`, ...more],
        { film, audio: part });
    if (result.code !== 0 || !result.done)
        throw new Error(`chunk ${first}: ${result.code} ${result.signal} ${result.sentence}`);
    return result;
}

// A whole film in chunks of `each` segments: info, rungs and segments[rung][index].
export async function transcode(film, { each = 4, make = 0 } = {}) {
    const probed = await probe(film);
    if (!probed.info)
        return { failed: probed };
    const i = probed.info, rungs = ladder(i), segments = rungs.map(() => []), audio = await sound(film, i);
    for (let first = 0; first < segmentCount(i); first += each) {
        const count = Math.min(each, segmentCount(i) - first);
        const result = await chunk(film, i, rungs, audio, first, count, make ? [`make=${make}`] : []);
        for (const frame of result.of(Kind.segment))
            segments[frame.rung][frame.index] = frame;
    }
    return { info: i, rungs, segments, audio };
}

export function tool(name, args, options = {}) {
    const result = spawnSync(name, args, { encoding: 'utf8', maxBuffer: 256 << 20, ...options });
    if (result.error)
        throw result.error;
    return result;
}

export function ffmpeg(...args) {
    const result = tool('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args]);
    if (result.status !== 0)
        throw new Error(`ffmpeg ${args.join(' ')}: ${result.stderr}`);
    return result;
}
