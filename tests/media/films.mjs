// Small films with every oddity we know, made with ffmpeg.
import path from 'node:path';
import fs from 'node:fs';
import { ffmpeg, work } from './media.mjs';

const picture = (size = '640x360', rate = 24, seconds = 14) =>
    ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`];
const tone = (layout = 'stereo', seconds = 14, rate = 44100) =>
    ['-f', 'lavfi', '-i', `aevalsrc=0.3*sin(2*PI*440*t)${{ mono: '', stereo: '|0.3*sin(2*PI*660*t)' }[layout] ??
        '|0.3*sin(2*PI*660*t)|0.1*sin(880*t)|0|0.1*sin(99*t)|0.1*sin(77*t)'}:c=${layout}:s=${rate}:d=${seconds}`];
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '20', '-pix_fmt', 'yuv420p'];
const aac = ['-c:a', 'aac', '-b:a', '96k'];

// name: [file, ffmpeg arguments, what is known about it]
const table = {
    plain: ['plain.mp4', [...picture(), ...tone(), ...h264, ...aac], {}],
    silent: ['silent.mkv', [...picture(), ...h264], { audio: false }],
    mono: ['mono.mov', [...picture('320x180', 25, 8), ...tone('mono', 8, 22050), ...h264, ...aac], {}],
    surround: ['surround.mkv', [...picture('320x180', 25, 8), ...tone('5.1', 8, 48000), ...h264, '-c:a', 'ac3'], {}],
    ntsc: ['ntsc.mkv', [...picture('320x180', '30000/1001', 13), ...tone('stereo', 13), ...h264, ...aac], { fps: 30000 / 1001 }],
    sixty: ['sixty.mp4', [...picture('320x180', 60, 8), ...h264], { audio: false, fps: 60 }],
    fast: ['fast.mp4', [...picture('320x180', 120, 7), ...h264], { audio: false, fps: 60 }],
    slow: ['slow.mp4', [...picture('320x180', 1, 20), ...h264], { audio: false, fps: 8, seconds: 20 }],
    longgop: ['longgop.mp4', [...picture('320x180', 25, 20), ...h264, '-preset', 'veryfast', '-g', '9999', '-sc_threshold', '0'],
        { audio: false }],
    opengop: ['opengop.mkv', [...picture('320x180', 25, 20), ...h264, '-preset', 'veryfast', '-g', '50', '-x264-params',
        'open-gop=1:bframes=3'], { audio: false }],
    webm: ['vp9.webm', [...picture('426x240', 30, 8), ...tone('stereo', 8), '-c:v', 'libvpx-vp9', '-deadline', 'realtime',
        '-cpu-used', '8', '-b:v', '1M', '-c:a', 'libopus'], {}],
    avi: ['mpeg4.avi', [...picture('320x240', 25, 8), ...tone('stereo', 8), '-c:v', 'mpeg4', '-bf', '2', '-q:v', '3', '-c:a',
        'libmp3lame'], {}],
    flv: ['film.flv', [...picture('320x180', 25, 8), ...tone('stereo', 8), ...h264, ...aac], {}],
    ts: ['late.ts', [...picture('320x180', 25, 14), ...tone(), ...h264, ...aac, '-output_ts_offset', '18'], {}],
    wrap: ['wrap.ts', [...picture('320x180', 25, 14), ...tone(), ...h264, ...aac, '-output_ts_offset', '95437'], {}],
    ogv: ['theora.ogv', [...picture('320x240', 25, 8), '-c:v', 'libtheora', '-q:v', '8'], { audio: false }],
    mpg: ['film.mpg', [...picture('352x288', 25, 8), ...tone('stereo', 8), '-c:v', 'mpeg2video', '-q:v', '3', '-c:a', 'mp2'], {}],
    tiny: ['tiny.mp4', [...picture('160x90', 25, 8), ...h264], { audio: false, rungs: ['160x90'] }],
    odd: ['odd.mkv', [...picture('172x132', 25, 4), '-c:v', 'ffv1', '-pix_fmt', 'yuv444p', '-vf', 'crop=161:121:exact=1'], { audio: false, size: '162x122' }],
    sar: ['sar.mp4', [...picture('720x576', 25, 4), '-vf', 'setsar=64/45', ...h264], { audio: false, size: '1024x576' }],
    full: ['full.mp4', [...picture('320x180', 25, 4), '-vf', 'scale=out_range=pc', '-c:v', 'libx264', '-pix_fmt', 'yuvj420p'],
        { audio: false }],
    interlaced: ['interlaced.ts', [...picture('720x576', 50, 14), '-vf', 'tinterlace=interleave_top,fieldorder=tff', '-c:v',
        'libx264', '-preset', 'ultrafast', '-flags', '+ildct+ilme', '-x264-params', 'tff=1', '-crf', '18'],
        { audio: false, fps: 25, ssim: 0.8 }],
    vfr: ['vfr.mkv', [...picture('320x180', 30, 14), ...tone(), '-vf', "select='lt(mod(n,30),20)+gt(random(1),0.7)'", '-vsync',
        'vfr', ...h264, ...aac], {}],
    short: ['short.mp4', [...picture('320x180', 25, 0.12), ...h264], { audio: false }],
    hdr: ['hdr.mkv', [...picture('640x360', 24, 3), '-vf', 'format=yuv420p10le', '-c:v', 'libx265', '-preset', 'ultrafast',
        '-x265-params', 'log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc', '-color_trc', 'smpte2084',
        '-colorspace', 'bt2020nc', '-color_primaries', 'bt2020'], { audio: false, hdr: true, ssim: 0 }],
    shortsound: ['shortsound.mp4', [...picture('320x180', 25, 14), ...tone('stereo', 5), ...h264, ...aac], {}],
    longsound: ['longsound.mp4', [...picture('320x180', 25, 7), ...tone('stereo', 14), ...h264, ...aac], { seconds: 14 }],
    latesound: ['latesound.mkv', [...picture('320x180', 25, 14), '-itsoffset', '3', ...tone('stereo', 11), ...h264, ...aac], {}],
    latevideo: ['latevideo.mkv', ['-itsoffset', '2', ...picture('320x180', 25, 12), ...tone('stereo', 14), ...h264, ...aac],
        { seconds: 14 }],
};

const turns = { 90: 'clockwise', 180: 'upside down', 270: 'counter-clockwise' };

export function makeFilms() {
    const films = {};
    for (const [name, [file, args, known]] of Object.entries(table)) {
        const target = path.join(work, file);
        ffmpeg(...args, '-bitexact', target);
        films[name] = { file: target, known };
    }
    for (const turn of Object.keys(turns)) {
        const target = path.join(work, `turn${turn}.mp4`);
        ffmpeg('-i', films.plain.file, '-t', '4', '-c', 'copy', '-metadata:s:v', `rotate=${turn}`, target);
        films[`turn${turn}`] = { file: target, known: { size: turn % 180 ? '360x640' : '640x360' } };
    }
    films.cutoff = { file: path.join(work, 'cutoff.ts'), known: { anyLength: true } };
    const whole = fs.readFileSync(films.ts.file);
    fs.writeFileSync(films.cutoff.file, whole.subarray(0, Math.floor(whole.length * 0.6)));
    films.sizes = { file: path.join(work, 'sizes.ts'), known: { audio: false, ssim: 0 } };
    const first = path.join(work, 'size1.ts'), second = path.join(work, 'size2.ts');
    ffmpeg(...picture('640x360', 25, 5), ...h264, first);
    ffmpeg(...picture('320x240', 25, 5), ...h264, '-output_ts_offset', '5', second);
    fs.writeFileSync(films.sizes.file, Buffer.concat([fs.readFileSync(first), fs.readFileSync(second)]));
    return films;
}

// Files that are no films, with a part of the sentence that says so.
export function makeRefused() {
    const at = (name) => path.join(work, name);
    ffmpeg(...tone(), ...aac, at('sound.m4a'));
    ffmpeg(...picture('320x180', 1, 1), '-frames:v', '1', at('cover.png'));
    ffmpeg(...tone(), '-i', at('cover.png'), '-map', '0', '-map', '1', '-c:a', 'libmp3lame', '-c:v', 'copy', '-disposition:v',
        'attached_pic', at('cover.mp3'));
    ffmpeg(...picture('320x180', 25, 2), ...h264, at('whole.mp4'));
    const whole = fs.readFileSync(at('whole.mp4'));
    fs.writeFileSync(at('headless.mp4'), whole.subarray(0, whole.length / 2));
    fs.writeFileSync(at('empty.mp4'), '');
    fs.writeFileSync(at('words.mp4'), 'This is not a film. '.repeat(500));
    fs.writeFileSync(at('list.mp4'), '#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n');
    fs.writeFileSync(at('concat.mp4'), "ffconcat version 1.0\nfile '/etc/passwd'\n");
    return {
        'sound.m4a': /only sound/, 'cover.png': /not a video file/, 'cover.mp3': /only sound/, 'headless.mp4': /not a video file/,
        'empty.mp4': /empty/, 'words.mp4': /not a video file/, 'list.mp4': /not a video file/, 'concat.mp4': /not a video file/,
    };
}

// A film that flashes white and beeps at 5 s and is black and silent otherwise.
export function makeFlash() {
    const file = path.join(work, 'flash.mkv');
    ffmpeg('-f', 'lavfi', '-i', "color=black:size=320x180:rate=25:duration=9,drawbox=color=white:t=fill:enable='between(t,5,5.1)'",
        '-f', 'lavfi', '-i', "aevalsrc=0.5*sin(2*PI*1000*t)*between(t\\,5\\,5.1):s=44100:d=9", ...h264, ...aac, file);
    return file;
}
