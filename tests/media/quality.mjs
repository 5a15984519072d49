// What cutting costs: our segments, each from an encoder of its own, against one run of x264 over the whole film with the same
// settings. ffmpeg judges both against the film. `node tests/media/quality.mjs [film...]`; ends with 1 where a bound is missed.
import fs from 'node:fs';
import path from 'node:path';
import * as media from './media.mjs';

const SSIM_LESS = 0.002, SIZE_MORE = 0.03;
const named = process.argv.slice(2), folder = path.join(media.corpus, 'B_media');
const films = named.length ? named : ['a327_1080p_24s.mp4', 'bbb_720p_30s_vp8_vorbis.webm', 'bbb_360p_60s_hinted.mp4', 'fx_street.mp4']
    .map((name) => path.join(folder, name));
const at = (name) => path.join(media.work, name);

// The rung's pictures without loss: what both encode, to the last bit, and what both are held against.
function exactly(film, i, rung) {
    const scale = `fps=${i.num}/${i.den},scale=${rung.width}:${rung.height}:flags=bicubic+bitexact+accurate_rnd:out_color_matrix=bt709:out_range=tv`;
    const tags = '-color_range tv -colorspace bt709 -color_primaries bt709 -color_trc bt709';
    media.ffmpeg('-i', film, '-map', '0:v:0', '-vf', `${scale},format=yuv420p,setsar=1`, ...`-c:v libx264 -preset ultrafast -qp 0 -g 48 ${tags} -video_track_timescale ${i.num * 100}`.split(' '), at('exact.mp4'));
    return at('exact.mp4');
}

async function chunked(exact, rung) {
    const { info: i } = await media.probe(exact), parts = [];
    for (let first = 0; first < media.segmentCount(i); first += 8)
        parts.push(...(await media.chunk(exact, i, [rung], null, first, Math.min(8, media.segmentCount(i) - first))).of(media.Kind.segment));
    fs.writeFileSync(at('ours.ts'), Buffer.concat(parts.map((segment) => segment.data)));
    media.ffmpeg('-i', at('ours.ts'), '-map', '0:v', '-c', 'copy', '-f', 'h264', at('ours.h264'));
    return i;
}

function whole(exact, i, rung) {
    media.ffmpeg('-i', exact, ...('-c:v libx264 -preset veryfast -profile:v high -threads 1 -sc_threshold 0 -x264-params open-gop=0:cpu-independent=1 ' +
        `-crf ${rung.crf} -maxrate ${rung.rate} -bufsize ${rung.rate} -g ${media.gopFrames(i)} -f h264`).split(' '), at('whole.h264'));
}

function likeness(exact, i, name) {
    const same = `settb=1/90000,setpts=N*90000*${i.den}/${i.num}`;
    const result = media.tool('ffmpeg', ['-v', 'info', '-nostdin', '-i', at(name), '-i', exact, '-lavfi', `[0:v]${same}[a];[1:v]${same}[b];[a][b]ssim`, '-f', 'null', '-']);
    const found = /SSIM.*All:([0-9.]+)/.exec(result.stderr);
    if (!found)
        throw new Error(result.stderr.slice(-1000));
    return Number(found[1]);
}

let missed = 0;
console.log('| film | rung | SSIM whole | SSIM chunked | difference | kB whole | kB chunked | more |\n| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const film of films) {
    const { info } = await media.probe(film);
    for (const rung of media.ladder(info)) {
        const exact = exactly(film, info, rung), i = await chunked(exact, rung);
        whole(exact, i, rung);
        const [theirs, ours] = ['whole.h264', 'ours.h264'].map((name) => likeness(exact, i, name));
        const [a, b] = ['whole.h264', 'ours.h264'].map((name) => fs.statSync(at(name)).size), more = b / a - 1;
        missed += theirs - ours > SSIM_LESS || more > SIZE_MORE;
        console.log(`| ${path.basename(film)} | ${rung.height}p | ${theirs.toFixed(4)} | ${ours.toFixed(4)} | ${(ours - theirs).toFixed(4)} | ${Math.round(a / 1000)} | ${Math.round(b / 1000)} | ${(more * 100).toFixed(1)} % |`);
    }
}
process.exit(missed ? 1 : 0);
