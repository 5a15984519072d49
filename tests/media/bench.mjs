// The ladder of one film: two children side by side against one ffmpeg with one decode and the same encoder settings.
// `node tests/media/bench.mjs [--json] [film]`
import fs from 'node:fs';
import path from 'node:path';
import * as media from './media.mjs';

const json = process.argv.includes('--json');
const film = process.argv.slice(2).find((arg) => !arg.startsWith('--')) ??
    path.join(media.corpus, 'B_media/a327_1080p_24s.mp4');
if (!fs.existsSync(film)) {
    console.error(`bench: no film at ${film}`);
    process.exit(66);
}
const runs = Number(process.env.ZOE_BENCH_RUNS || 3);

// Processor seconds of all children that have ended.
function childCpu() {
    const fields = fs.readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
    return (Number(fields[13]) + Number(fields[14])) / 100;
}

async function timed(work) {
    const cpu = childCpu(), started = performance.now();
    await work();
    return { wall: (performance.now() - started) / 1000, cpu: childCpu() - cpu };
}

async function ours() {
    const { info: i } = await media.probe(film), rungs = media.ladder(i);
    const audio = [], ready = [], waits = Array.from({ length: media.segmentCount(i) }, (_, n) =>
        new Promise((resolve) => (ready[n] = resolve)));
    // A segment's pictures start when its sound is there, not when all of it is.
    const take = (frame) => {
        if (frame.kind !== media.Kind.audio)
            return;
        audio[frame.index] = frame.data;
        ready[frame.index]();
    };
    const sound = i.hasAudio ? media.run(['audio', `film=${media.filmText(i)}`], { film, take }) : null;
    let next = 0;
    const worker = async () => {
        while (next < media.segmentCount(i)) {
            const index = next++;
            if (sound)
                await waits[index];
            await media.chunk(film, i, rungs, sound ? audio : null, index, 1);
        }
    };
    await Promise.all([worker(), worker(), sound]);
}

function theirs(rungs, gop) {
    const split = `[0:v]split=${rungs.length}${rungs.map((_, n) => `[s${n}]`).join('')}`;
    const scales = rungs.map((r, n) => `[s${n}]scale=${r.width}:${r.height}[v${n}]`).join(';');
    const args = ['-i', film, '-filter_complex', `${split};${scales}`];
    const encoder = `-c:v libx264 -preset veryfast -profile:v high -g ${gop} -sc_threshold 0`.split(' ');
    rungs.forEach((r, n) => args.push('-map', `[v${n}]`, ...encoder,
        ...`-crf ${r.crf} -maxrate ${r.rate} -bufsize ${r.rate} -f mpegts`.split(' '),
        path.join(media.work, `v${n}.ts`)));
    args.push('-map', '0:a?', '-c:a', 'aac', '-b:a', '128k', '-ac', '2', '-ar', '48000', '-f', 'mpegts',
        path.join(media.work, 'a.ts'));
    media.ffmpeg(...args);
}

const median = (list, key) => list.map((one) => one[key]).sort((a, b) => a - b)[list.length >> 1];
const { info } = await media.probe(film), rungs = media.ladder(info), mine = [], other = [];
for (let n = 0; n < runs; n++) {
    mine.push(await timed(ours));
    other.push(await timed(() => theirs(rungs, media.gopFrames(info))));
}
const audio = await media.sound(film, info);
const low = 1 << (rungs.length - 1);
const first = await timed(() => media.chunk(film, info, rungs, audio, 0, 1, [`make=${low}`]));
const all = await timed(() => media.chunk(film, info, rungs, audio, 0, 1));
const result = {
    ours: median(mine, 'wall'), theirs: median(other, 'wall'),
    ratio: median(mine, 'wall') / median(other, 'wall'), goal: 0.95, unit: 's wall',
};
if (json) {
    console.log(JSON.stringify({ ladder: result }));
} else {
    const row = (name, ...seconds) =>
        console.log(name.padEnd(46) + seconds.map((value) => value.toFixed(2).padStart(9)).join(''));
    console.log(`${path.basename(film)}: ${rungs.length} rungs, median of ${runs}`);
    console.log(`${''.padEnd(46)}${'wall s'.padStart(9)}${'CPU s'.padStart(9)}`);
    row('two children, whole film with sound', result.ours, median(mine, 'cpu'));
    row('one ffmpeg, one decode, split', result.theirs, median(other, 'cpu'));
    console.log(`ratio ${result.ratio.toFixed(3)}, goal at most ${result.goal}`);
    row('first segment, lowest rung only', first.wall, first.cpu);
    row('first segment, all rungs, one child', all.wall, all.cpu);
}
