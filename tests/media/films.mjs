// Small films with every oddity we know, made with ffmpeg.
import fs from 'node:fs';
import path from 'node:path';
import { ffmpeg, work } from './media.mjs';

const words = (text) => text.split(' ');
const picture = (size = '640x360', rate = 24, seconds = 14) =>
    words(`-f lavfi -i testsrc2=size=${size}:rate=${rate}:duration=${seconds}`);

const voices = {
    mono: '0.3*sin(2*PI*440*t)',
    stereo: '0.3*sin(2*PI*440*t)|0.3*sin(2*PI*660*t)',
    5.1: '0.3*sin(2*PI*440*t)|0.3*sin(2*PI*660*t)|0.1*sin(880*t)|0|0.1*sin(99*t)|0.1*sin(77*t)',
};
const tone = (layout = 'stereo', seconds = 14, rate = 44100) =>
    words(`-f lavfi -i aevalsrc=${voices[layout]}:c=${layout}:s=${rate}:d=${seconds}`);

const h264 = words('-c:v libx264 -preset ultrafast -crf 20 -pix_fmt yuv420p');
const better = [...h264, ...words('-preset veryfast')];
const aac = words('-c:a aac -b:a 96k');
const small = (seconds = 8, rate = 25) => picture('320x180', rate, seconds);
const hdr = words('-color_trc smpte2084 -colorspace bt2020nc -color_primaries bt2020');
const hdr265 = 'log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc';
const fields = words('-vf tinterlace=interleave_top,fieldorder=tff -flags +ildct+ilme -x264-params tff=1');
const irregular = ['-vf', "select='lt(mod(n,30),20)+gt(random(1),0.7)'", '-vsync', 'vfr'];

// name: [file, ffmpeg's arguments, what is known about the film]
const table = {
    plain: ['plain.mp4', [...picture(), ...tone(), ...h264, ...aac], {}],
    silent: ['silent.mkv', [...picture(), ...h264], { audio: false }],
    mono: ['mono.mov', [...small(), ...tone('mono', 8, 22050), ...h264, ...aac], {}],
    surround: ['surround.mkv', [...small(), ...tone('5.1', 8, 48000), ...h264, ...words('-c:a ac3')], {}],
    ntsc: ['ntsc.mkv', [...small(13, '30000/1001'), ...tone('stereo', 13), ...h264, ...aac], { fps: 30000 / 1001 }],
    sixty: ['sixty.mp4', [...small(8, 60), ...h264], { audio: false, fps: 60 }],
    fast: ['fast.mp4', [...small(7, 120), ...h264], { audio: false, fps: 60 }],
    slow: ['slow.mp4', [...small(20, 1), ...h264], { audio: false, fps: 8, seconds: 20 }],
    longgop: ['longgop.mp4', [...small(20), ...better, ...words('-g 9999 -sc_threshold 0')], { audio: false }],
    opengop: ['opengop.mkv', [...small(20), ...better, ...words('-g 50 -x264-params open-gop=1:bframes=3')],
        { audio: false }],
    webm: ['vp9.webm', [...picture('426x240', 30, 8), ...tone('stereo', 8),
        ...words('-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 1M -c:a libopus')], {}],
    avi: ['mpeg4.avi', [...picture('320x240', 25, 8), ...tone('stereo', 8),
        ...words('-c:v mpeg4 -bf 2 -q:v 3 -c:a libmp3lame')], {}],
    flv: ['film.flv', [...small(), ...tone('stereo', 8), ...h264, ...aac], {}],
    ts: ['late.ts', [...small(14), ...tone(), ...h264, ...aac, ...words('-output_ts_offset 18')], {}],
    wrap: ['wrap.ts', [...small(14), ...tone(), ...h264, ...aac, ...words('-output_ts_offset 95437')], {}],
    ogv: ['theora.ogv', [...picture('320x240', 25, 8), ...words('-c:v libtheora -q:v 8')], { audio: false }],
    mpg: ['film.mpg', [...picture('352x288', 25, 8), ...tone('stereo', 8),
        ...words('-c:v mpeg2video -q:v 3 -c:a mp2')], {}],
    nut: ['film.nut', [...small(4), ...tone('stereo', 4), ...words('-c:v magicyuv -pix_fmt yuv420p -c:a wavpack')], {}],
    screen: ['screen.mov', [...small(2), ...tone('stereo', 2), ...words('-c:v png -c:a pcm_s24le')], {}],
    tiny: ['tiny.mp4', [...picture('160x90', 25, 8), ...h264], { audio: false, rungs: ['160x90'] }],
    odd: ['odd.mkv', [...picture('172x132', 25, 4), ...words('-vf crop=161:121:exact=1 -c:v ffv1 -pix_fmt yuv444p')],
        { audio: false, size: '162x122' }],
    sar: ['sar.mp4', [...picture('720x576', 25, 4), ...words('-vf setsar=64/45'), ...h264],
        { audio: false, size: '1024x576' }],
    full: ['full.mp4', [...small(4), ...words('-vf scale=out_range=pc -c:v libx264 -pix_fmt yuvj420p')],
        { audio: false }],
    interlaced: ['interlaced.ts', [...picture('720x576', 50, 14), ...h264, ...fields],
        { audio: false, fps: 25, ssim: 0.8 }],
    vfr: ['vfr.mkv', [...small(14, 30), ...tone(), ...irregular, ...h264, ...aac], {}],
    short: ['short.mp4', [...small(0.12), ...h264], { audio: false }],
    hdr: ['hdr.mkv', [...picture('640x360', 24, 3), ...words('-vf format=yuv420p10le -c:v libx265 -preset ultrafast'),
        '-x265-params', hdr265, ...hdr], { audio: false, hdr: true, ssim: 0 }],
    shortsound: ['shortsound.mp4', [...small(14), ...tone('stereo', 5), ...h264, ...aac], {}],
    longsound: ['longsound.mp4', [...small(7), ...tone('stereo', 14), ...h264, ...aac], { seconds: 14 }],
    latesound: ['latesound.mkv', [...small(14), ...words('-itsoffset 3'), ...tone('stereo', 11), ...h264, ...aac], {}],
    latevideo: ['latevideo.mkv', [...words('-itsoffset 2'), ...small(12), ...tone(), ...h264, ...aac], { seconds: 14 }],
};

function turned(films) {
    for (const turn of [90, 180, 270]) {
        const file = path.join(work, `turn${turn}.mp4`);
        ffmpeg('-i', films.plain.file, ...words(`-t 4 -c copy -metadata:s:v rotate=${turn}`), file);
        films[`turn${turn}`] = { file, known: { size: turn % 180 ? '360x640' : '640x360' } };
    }
}

export function makeFilms() {
    const films = {}, at = (name) => path.join(work, name);
    for (const [name, [file, args, known]] of Object.entries(table)) {
        ffmpeg(...args, '-bitexact', at(file));
        films[name] = { file: at(file), known };
    }
    turned(films);
    const whole = fs.readFileSync(films.ts.file);
    fs.writeFileSync(at('cutoff.ts'), whole.subarray(0, Math.floor(whole.length * 0.6)));
    films.cutoff = { file: at('cutoff.ts'), known: { anyLength: true } };
    ffmpeg(...picture('640x360', 25, 5), ...h264, at('size1.ts'));
    ffmpeg(...picture('320x240', 25, 5), ...h264, ...words('-output_ts_offset 5'), at('size2.ts'));
    fs.writeFileSync(at('sizes.ts'), Buffer.concat([fs.readFileSync(at('size1.ts')), fs.readFileSync(at('size2.ts'))]));
    films.sizes = { file: at('sizes.ts'), known: { audio: false, ssim: 0 } };
    return films;
}

// Files that are no films, with a part of the sentence that says so.
export function makeRefused() {
    const at = (name) => path.join(work, name), cover = words('-map 0 -map 1 -c:a libmp3lame -c:v copy');
    ffmpeg(...tone(), ...aac, at('sound.m4a'));
    ffmpeg(...small(1, 1), ...words('-frames:v 1'), at('cover.png'));
    ffmpeg(...tone(), '-i', at('cover.png'), ...cover, ...words('-disposition:v attached_pic'), at('cover.mp3'));
    ffmpeg(...small(2), ...h264, at('whole.mp4'));
    const whole = fs.readFileSync(at('whole.mp4'));
    fs.writeFileSync(at('headless.mp4'), whole.subarray(0, whole.length / 2));
    fs.writeFileSync(at('empty.mp4'), '');
    fs.writeFileSync(at('words.mp4'), 'This is not a film. '.repeat(500));
    fs.writeFileSync(at('list.mp4'), '#EXTM3U\n#EXTINF:6,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n');
    fs.writeFileSync(at('concat.mp4'), "ffconcat version 1.0\nfile '/etc/passwd'\n");
    const none = /not a video file/;
    return {
        'sound.m4a': /only sound/, 'cover.mp3': /only sound/, 'empty.mp4': /empty/, 'cover.png': none,
        'headless.mp4': none, 'words.mp4': none, 'list.mp4': none, 'concat.mp4': none,
    };
}

const subtitles = `1
00:00:01,000 --> 00:00:03,500
Hello <i>there</i> & <b>welcome</b>

2
00:00:05,000 --> 00:00:07,250
Two lines,
one cue.

3
00:00:12,000 --> 00:00:13,000
{\\an8}Tüpfelhyäne
`;

// Two languages to hear, one in six channels, and two to read.
export function makeTracks() {
    const at = (name) => path.join(work, name);
    fs.writeFileSync(at('lines.srt'), subtitles);
    ffmpeg(...picture('320x180', 25, 14), ...tone('stereo', 14), ...tone(5.1, 14, 48000), '-i', at('lines.srt'), '-i', at('lines.srt'),
        ...words('-map 0 -map 1 -map 2 -map 3 -map 4'), ...h264, ...words('-c:a aac -c:s:0 srt -c:s:1 ass'),
        ...words('-metadata:s:a:0 language=ger -metadata:s:a:1 language=eng -metadata:s:s:0 language=eng'),
        '-metadata:s:s:1', 'language=fra', '-metadata:s:s:1', 'title=Pour tous', ...words('-disposition:s:1 forced'),
        at('tracks.mkv'));
    return { film: at('tracks.mkv'), lines: at('lines.srt') };
}

// A film that flashes white and beeps at `at` s and is black and silent otherwise.
function flash(name, seconds, at, more = []) {
    const file = path.join(work, name), when = `between(t,${at},${at + 0.1})`;
    ffmpeg('-f', 'lavfi', '-i', `color=black:s=320x180:r=25:d=${seconds},drawbox=color=white:t=fill:enable='${when}'`,
        '-f', 'lavfi', '-i', `aevalsrc='0.5*sin(2*PI*1000*t)*${when}':s=44100:d=${seconds}`, ...h264, ...aac, ...more, file);
    return file;
}

export const makeFlash = () => flash('flash.mkv', 9, 5);

// Transport and program streams whose clock goes back, far ahead, or is wrong for one picture.
export function makeJumps() {
    const at = (name) => path.join(work, name), part = (name, ...more) => fs.readFileSync(flash(name, 4, 2, ['-bf', '2', '-preset', 'veryfast', ...more]));
    const near = part('near.ts'), far = part('far.ts', '-output_ts_offset', '50000'), wild = part('wild.ts');
    const old = part('old.mpg', ...words('-c:v mpeg2video -q:v 3 -c:a mp2'));
    // The time stamp of the 60th picture says the clock's beginning.
    for (let packet = 0, n = 0; packet < wild.length; packet += 188) {
        if ((wild.readUInt16BE(packet + 1) & 0x5fff) !== 0x4100 || ++n !== 60)
            continue;
        const pes = packet + 4 + (wild[packet + 3] & 0x20 ? 1 + wild[packet + 4] : 0);
        Buffer.from([(wild[pes + 9] & 0xf0) | 1, 0, 1, 0, 1]).copy(wild, pes + 9);
        if (wild[pes + 7] & 0x40)
            Buffer.from([0x11, 0, 1, 0, 1]).copy(wild, pes + 14);
    }
    const films = {
        back: ['back.ts', [near, near, near], [2, 6, 10], 12], ahead: ['ahead.ts', [near, far, near], [2, 6, 10], 12],
        program: ['program.mpg', [old, old], [2, 6], 8], wild: ['wildly.ts', [wild], [2], 4],
    };
    return Object.fromEntries(Object.entries(films).map(([name, [file, parts, times, seconds]]) => {
        fs.writeFileSync(at(file), Buffer.concat(parts));
        return [name, { file: at(file), times, seconds }];
    }));
}
