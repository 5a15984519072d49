// The media child alone: every segment is what the playlist will promise, whatever the film and however it is cut.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { makeFilms, makeFlash, makeJumps, makeRefused, makeTracks } from './films.mjs';
import { find, nals, parse as fragments } from './cmaf.mjs';
import * as media from './media.mjs';
import { parse } from './ts.mjs';

const { Kind } = media;
const has = (name) => !media.tool('sh', ['-c', `command -v ${name}`]).status;

function write(name, ...buffers) {
    const file = path.join(media.work, name);
    fs.writeFileSync(file, Buffer.concat(buffers));
    return file;
}

function checkDecodes(file) {
    const result = media.tool('ffmpeg', ['-v', 'error', '-xerror', '-nostdin', '-i', file, '-f', 'null', '-']);
    assert.equal(result.stderr, '', `decodes cleanly: ${path.basename(file)}`);
    assert.equal(result.status, 0);
}

// Every promise about the bytes of one rung.
function checkRung(i, list, audio) {
    const each = media.segmentFrames(i), gop = media.gopFrames(i), next = new Map(), sounds = [];
    let frame = 0, dts = -1, pcr = -1;
    assert.equal(list.length, media.segmentCount(i), 'all segments are there');
    for (const segment of list) {
        const is = parse(segment.data), count = Math.min(each, i.frames - frame);
        for (const [pid, counters] of is.counters) {
            assert.equal(counters[0], 0, `counter of ${pid} begins with 0`);
            assert.equal(counters.at(-1), 15, `counter of ${pid} ends with 15`);
            for (const counter of counters) {
                assert.equal(counter, next.get(pid) ?? 0, `counter of ${pid} runs on`);
                next.set(pid, (counter + 1) % 16);
            }
        }
        assert.ok(is.first.random && is.first.pcr !== null, 'the first picture is a random access point with a PCR');
        assert.deepEqual(is.pictures[0].nals.filter((type) => [7, 8, 5].includes(type)).slice(0, 3), [7, 8, 5],
            'SPS, PPS, IDR');
        assert.equal(is.pictures.length, count, 'as many pictures as the grid has');
        assert.deepEqual(is.pictures.map((p) => p.pts).sort((a, b) => a - b),
            Array.from({ length: count }, (_, n) => media.ptsOffset + media.pts(i, frame + n)), 'PTS are the grid');
        for (const picture of is.pictures) {
            assert.ok(picture.dts > dts && picture.dts <= picture.pts, 'DTS grow and precede PTS');
            dts = picture.dts;
            const at = Math.round(((picture.pts - media.ptsOffset) * i.num) / (90000 * i.den)) - frame;
            assert.equal(picture.nals.includes(5), at % gop === 0, `an IDR every ${gop} pictures and nowhere else`);
        }
        for (const value of is.pcrs) {
            assert.ok(value > pcr, 'PCR grows');
            pcr = value;
        }
        assert.equal(segment.b, media.ptsOffset + media.pts(i, frame));
        const end = frame + count, length = ((end - frame) * 1e6 * i.den) / i.num;
        assert.ok(Math.abs(segment.a - length) <= 1, 'duration of the frame header');
        assert.equal(segment.flags >> 16, 0x64, 'High profile');
        sounds.push(...is.sounds);
        frame = end;
    }
    if (!audio)
        return assert.equal(sounds.length, 0);
    assert.deepEqual(sounds, sounds.map((_, n) => media.ptsOffset + 1920 * n), 'sound without a gap from 0');
    const ends = (sounds.length * 1920) / 90000, film = (i.frames * i.den) / i.num;
    assert.ok(Math.abs(ends - film) < 0.022, `sound ends with the film: ${ends}, ${film}`);
}

// Structural similarity of a rung and the source as ffmpeg shows it, on the same grid.
function similarity(film, i, rung, file) {
    const lead = Math.max(0, (i.start - i.zero) / 1e6);
    const chain = `[0:v]setpts=PTS-STARTPTS[a];[1:v]${i.interlaced ? 'bwdif=mode=send_frame,' : ''}` +
        `setpts=PTS-STARTPTS,fps=${i.num}/${i.den}:start_time=0,tpad=start_duration=${lead}:start_mode=clone,` +
        `scale=${rung.width}:${rung.height}:flags=bicubic:out_color_matrix=bt709:out_range=tv,` +
        `format=yuv420p,setsar=1,setpts=PTS-STARTPTS[b];[a][b]ssim=shortest=1`;
    const result = media.tool('ffmpeg',
        ['-v', 'info', '-nostdin', '-i', file, '-i', film, '-lavfi', chain, '-f', 'null', '-']);
    const found = /SSIM.*All:([0-9.]+)/.exec(result.stderr);
    assert.ok(found, result.stderr.slice(-500));
    return Number(found[1]);
}

const duration = (file) => {
    const args = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file];
    return Number.parseFloat(media.tool('ffprobe', args).stdout);
};

async function checkFilm(film, known) {
    const made = await media.transcode(film);
    assert.ok(made.info, `readable: ${made.failed?.sentence}`);
    const { info: i, rungs, segments, audio } = made;
    assert.equal(Boolean(audio), known.audio ?? true, 'has sound');
    if (known.size)
        assert.equal(`${i.width}x${i.height}`, known.size);
    if (known.fps)
        assert.ok(Math.abs(i.num / i.den - known.fps) < 0.01, `rate ${i.num}/${i.den}`);
    if (known.rungs)
        assert.deepEqual(rungs.map((r) => `${r.width}x${r.height}`), known.rungs);
    if (known.hdr)
        assert.equal(i.hdr, 1);
    const length = (i.frames * i.den) / i.num, told = known.seconds ?? duration(film);
    if (!known.anyLength)
        assert.ok(Math.abs(length - told) < 0.1, `lasts ${told} s: ${length}`);
    for (const [number, rung] of rungs.entries()) {
        checkRung(i, segments[number], audio);
        const name = `${path.basename(film)}-${number}`;
        for (const [index, segment] of segments[number].entries())
            checkDecodes(write(`${name}-${index}.ts`, segment.data));
        const whole = write(`${name}.ts`, ...segments[number].map((segment) => segment.data));
        checkDecodes(whole);
        assert.ok(Math.abs(duration(whole) - length) < 0.06);
        if (known.ssim !== 0) {
            const like = similarity(film, i, rung, whole);
            const least = known.ssim ?? (rung.height > 120 ? 0.9 : 0.85);
            assert.ok(like > least, `SSIM of ${rung.height} is ${like}`);
        }
    }
    return made;
}

async function checkCuts(film, made) {
    const { info: i, rungs, segments, audio } = made;
    for (let index = 0; index < media.segmentCount(i); index++) {
        const alone = await media.chunk(film, i, rungs, audio, index, 1);
        for (const segment of alone.of(Kind.segment))
            assert.ok(segment.data.equals(segments[segment.rung][index].data), `rung ${segment.rung} segment ${index}`);
    }
}

const films = makeFilms();
for (const [name, { file, known }] of Object.entries(films))
    test(`film: ${name}`, async () => {
        await checkCuts(file, await checkFilm(file, known));
    });

test('only some rungs: the same bytes', async () => {
    const { file } = films.plain, made = await media.transcode(file, { make: 0b100 });
    const all = await media.chunk(file, made.info, made.rungs, made.audio, 0, 1);
    const some = await media.chunk(file, made.info, made.rungs, made.audio, 0, 1, ['make=2']);
    assert.deepEqual(some.of(Kind.segment).map((s) => s.rung), [1]);
    assert.ok(some.of(Kind.segment)[0].data.equals(all.of(Kind.segment).find((s) => s.rung === 1).data));
});

// When it flashes and when it beeps, in seconds; 25 pictures a second.
function seenAndHeard(film) {
    const raw = (text) => media.tool('ffmpeg', ['-v', 'error', '-i', film, ...text.split(' '), '-'],
        { encoding: 'buffer' }).stdout;
    const luma = raw('-map 0:v -vf scale=1:1,format=gray -f rawvideo'), pcm = raw('-map 0:a -ac 1 -f s16le');
    const flashes = [...luma].flatMap((value, at) => (value > 128 && !(luma[at - 1] > 128) ? [at / 25] : [])), beeps = [];
    for (let at = 0, last = -48000; at * 2 < pcm.length; at++)
        if (Math.abs(pcm.readInt16LE(at * 2)) > 1000) {
            if (at - last > 24000)
                beeps.push(at / 48000);
            last = at;
        }
    return { flashes, beeps };
}

function checkTogether(film, times) {
    const { flashes, beeps } = seenAndHeard(film);
    assert.deepEqual([flashes.length, beeps.length], [times.length, times.length], `flashes ${flashes}, beeps ${beeps}`);
    flashes.forEach((flash, n) => assert.ok(Math.abs(flash - times[n]) < 0.09, `flash at ${flash}`));
    beeps.forEach((beep, n) => assert.ok(Math.abs(beep - flashes[n]) < 0.045, `beep at ${beep}, flash at ${flashes[n]}`));
}

test('picture and sound stay together', async () => {
    const made = await media.transcode(makeFlash()), whole = write('flash.ts', ...made.segments[0].map((s) => s.data));
    const { flashes: [flash], beeps: [beep] } = seenAndHeard(whole);
    assert.ok(Math.abs(flash - 5) < 0.05, `flash at ${flash}`);
    assert.ok(Math.abs(beep - flash) < 0.012, `beep at ${beep}, flash at ${flash}`);
});

// Recordings joined end to end, a sender that began anew: time goes on, and wherever a chunk begins it is the same.
test('a clock that jumps', async () => {
    for (const [name, { file, times, seconds }] of Object.entries(makeJumps())) {
        const made = await checkFilm(file, { seconds, ssim: 0 });
        assert.equal(made.info.exact, 2, name);
        checkTogether(write('jump.ts', ...made.segments[0].map((s) => s.data)), times);
        await checkCuts(file, made);
        const poster = await media.run(['poster', `film=${media.filmText(made.info)}`, 'size=320x180', `at=${Math.round(times.at(-1) * 1e6) + 40000}`], { film: file });
        assert.ok(poster.done, poster.sentence);
    }
});

test('key pictures: where they lie', async () => {
    const { file } = films.plain, { info: i } = await media.probe(file), rungs = media.ladder(i);
    const result = await media.chunk(file, i, rungs, await media.sound(file, i), 0, 3);
    for (const frame of result.of(Kind.keys)) {
        const { data } = result.of(Kind.segment).find((s) => s.rung === frame.rung && s.index === frame.index);
        let seconds = 0;
        for (let at = 0; at < frame.data.length; at += 16) {
            const offset = frame.data.readUInt32LE(at), bytes = frame.data.readUInt32LE(at + 4);
            const alone = parse(Buffer.concat([data.subarray(0, 376), data.subarray(offset, offset + bytes)]));
            assert.equal(alone.pictures.length, 1);
            assert.ok(alone.pictures[0].nals.includes(5) && alone.first.random);
            seconds += Number(frame.data.readBigInt64LE(at + 8)) / 1e6;
        }
        const segment = result.of(Kind.segment).find((s) => s.rung === frame.rung && s.index === frame.index);
        assert.ok(Math.abs(seconds - segment.a / 1e6) < 1e-5);
    }
    assert.equal(result.of(Kind.keys).length, result.of(Kind.segment).length);
});

// The same pictures at the same times as in the transport stream, whoever makes a segment.
test('fragments', async () => {
    for (const name of ['plain', 'ntsc']) {
        const { file } = films[name], { info: i } = await media.probe(file), rungs = media.ladder(i);
        const sound = await media.sound(file, i), streams = await media.chunk(file, i, rungs, sound, 0, 3);
        const made = await media.chunk(file, i, rungs, null, 0, 3, ['type=fmp4']), inits = made.of(Kind.init);
        assert.deepEqual(inits.map((f) => f.rung).sort(), rungs.map((_, n) => n), 'an init segment for each rung');
        for (const init of inits) {
            const avc = find(init.data, 'moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd').subarray(8);
            assert.deepEqual([avc.toString('latin1', 4, 8), avc.readUInt16BE(32), avc.readUInt16BE(34)], ['avc1', rungs[init.rung].width, rungs[init.rung].height]);
        }
        for (const segment of made.of(Kind.segment)) {
            const same = streams.of(Kind.segment).find((s) => s.rung === segment.rung && s.index === segment.index), is = parse(same.data);
            const list = fragments(segment.data), all = list.flatMap((f) => f.samples), gop = media.gopFrames(i);
            assert.deepEqual(all.map(({ dts, pts }) => [dts, pts]), is.pictures.map(({ dts, pts }) => [dts, pts]), 'times of the transport stream');
            all.slice(1).forEach((one, n) => assert.equal(all[n].dts + all[n].duration, one.dts));
            const next = made.of(Kind.segment).find((s) => s.rung === segment.rung && s.index === segment.index + 1);
            if (next) {
                assert.equal(all.at(-1).dts + all.at(-1).duration, fragments(next.data)[0].samples[0].dts, 'the next segment follows');
                assert.ok(fragments(next.data)[0].number > list.at(-1).number);
            }
            for (const { samples } of list)
                assert.ok(samples.every((one) => one.key === nals(one.data).includes(5)) && (!samples[0].key || samples.length === 1), 'a key is a fragment of its own');
            assert.ok(all.every((one) => nals(one.data).every((type) => ![7, 8, 9].includes(type))), 'no parameter sets in between');
            assert.equal(all.filter((one) => one.key).length, Math.ceil(all.length / gop));
            const keys = made.of(Kind.keys).find((f) => f.rung === segment.rung && f.index === segment.index).data;
            assert.deepEqual(list.filter((f) => f.samples[0].key).map((f) => [f.at, f.bytes]),
                Array.from({ length: keys.length / 16 }, (_, n) => [keys.readUInt32LE(16 * n), keys.readUInt32LE(16 * n + 4)]));
            const alone = await media.chunk(file, i, rungs, null, segment.index, 1, ['type=fmp4', `make=${1 << segment.rung}`]);
            assert.ok(alone.of(Kind.segment)[0].data.equals(segment.data), 'the same bytes when it is made alone');
            assert.equal(alone.of(Kind.init).length, segment.index ? 0 : 1);
        }
        const heard = await media.run(['audio', `film=${media.filmText(i)}`, 'type=fmp4'], { film: file });
        const plain = await media.run(['audio', `film=${media.filmText(i)}`], { film: file });
        const units = heard.of(Kind.segment).flatMap((s) => fragments(s.data).flatMap((f) => f.samples));
        assert.deepEqual(units.map((u) => [u.dts, u.pts, u.duration]), units.map((_, n) => [480000 + 1024 * n, 480000 + 1024 * n, 1024]), 'sound without a gap');
        assert.deepEqual(units.map((u) => (u.dts * 15) / 8), plain.of(Kind.segment).flatMap((s) => parse(s.data).sounds), 'and at the times of the transport stream');
        assert.deepEqual(heard.of(Kind.audio).map((f) => f.data), plain.of(Kind.audio).map((f) => f.data));
        assert.equal(heard.of(Kind.init).length, 1);
        checkDecodes(write(`${name}.sound.mp4`, heard.of(Kind.init)[0].data, ...heard.of(Kind.segment).map((s) => s.data)));
        checkDecodes(write(`${name}.rung.mp4`, inits.find((f) => f.rung === 0).data, ...made.of(Kind.segment).filter((s) => s.rung === 0).map((s) => s.data)));
    }
});

test('tracks: sounds alone and subtitles', async () => {
    const { film, lines } = makeTracks(), { info: i, tracks } = await media.probe(film), text = `film=${media.filmText(i)}`;
    assert.deepEqual(tracks.map((t) => [t.kind, t.language, t.channels, t.preferred, t.forced, t.name]), [
        ['audio', 'eng', 6, 1, 0, ''], ['audio', 'ger', 2, 0, 0, ''], ['text', 'eng', 0, 0, 0, ''],
        ['text', 'fra', 0, 0, 1, 'Pour tous'],
    ]);
    for (const [track, channels] of [[tracks[0], 2], [tracks[0], 6], [tracks[1], 2]]) {
        const result = await media.run(['audio', text, `stream=${track.stream}`, `channels=${channels}`], { film });
        assert.ok(result.done, result.sentence);
        const parts = result.of(Kind.segment).map((s) => parse(s.data)), sounds = parts.flatMap((p) => p.sounds);
        assert.deepEqual(sounds, sounds.map((_, n) => media.ptsOffset + 1920 * n), 'without a gap from 0');
        assert.ok(Math.abs((sounds.length * 1920) / 90000 - (i.frames * i.den) / i.num) < 0.022);
        assert.ok(parts.every((p) => p.channels === channels && p.pcrs.length > 0 && !p.pictures.length));
        const whole = write(`sound-${track.stream}-${channels}.ts`, ...result.of(Kind.segment).map((s) => s.data));
        checkDecodes(whole);
        assert.equal(media.tool('ffprobe', ['-v', 'error', '-show_entries', 'stream=channels', '-of', 'csv=p=0', whole]).stdout.trim().split('\n')[0],
            String(channels));
    }
    // The sound begins before the pictures, and the timeline with it.
    const at = (ms, shift) => new Date(ms + shift).toISOString().slice(11, 23);
    const cue = (from, to, text) => (shift) => `\n${at(from, shift)} --> ${at(to, shift)}\n${text}\n`;
    const wanted = [cue(1000, 3500, 'Hello <i>there</i> &amp; <b>welcome</b>'), cue(5000, 7250, 'Two lines,\none cue.'),
        cue(12000, 13000, 'Tüpfelhyäne')];
    for (const [stream, file] of [[tracks[2].stream, film], [tracks[3].stream, film], [-1, lines]]) {
        const result = await media.run(['text', text, `stream=${stream}`], { film: file });
        assert.ok(result.done, result.sentence);
        const parts = result.of(Kind.segment).map((s) => s.data.toString());
        assert.equal(parts.length, 3);
        for (const part of parts)
            assert.match(part, /^WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n/);
        const [hello, two, last] = wanted.map((make) => make(Math.round((i.start - i.zero) / 1000)));
        assert.ok(parts[0].includes(hello) && parts[0].includes(two), parts[0]);
        assert.ok(parts[1].includes(two) && !parts[1].includes('Hello'), 'what lasts beyond a segment stands in the next one');
        assert.ok(parts[2].includes(last), parts[2]);
    }
    const own = write('own.ass', Buffer.from('[Script Info]\nScriptType: v4.00+\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n' +
        'Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\an8\\i1}Up{\\i0} there{a note}\nDialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 9 9{\\p0}\n'));
    const drawn = (await media.run(['text', text, 'stream=-1'], { film: own })).of(Kind.segment)[0].data.toString();
    assert.match(drawn, /\n<i>Up<\/i> there\n$/, 'styles stay, notes and drawings do not');
    const none = await media.run(['text', text, 'stream=-1'], { film: write('none.srt', Buffer.from('no lines')) });
    assert.match(none.sentence, /not subtitles/);
});

test('a container that promises too much: EOF_AT', async () => {
    const { file } = films.plain, { info } = await media.probe(file), rungs = media.ladder(info);
    const lie = { ...info, frames: 24 * 60, exact: 0 };
    const audio = await media.sound(file, lie);
    const result = await media.chunk(file, lie, rungs, audio, 2, 3);
    const beyond = await media.chunk(file, lie, rungs, audio, 6, 1);
    assert.equal(result.of(Kind.eofAt)[0].a, 24 * 14);
    assert.deepEqual([...new Set(result.of(Kind.segment).map((s) => s.index))], [2]);
    assert.equal(parse(result.of(Kind.segment)[0].data).pictures.length, 24 * 14 - 2 * 144);
    assert.equal(beyond.of(Kind.eofAt)[0].a, 24 * 14);
    assert.equal(beyond.of(Kind.segment).length, 0);
});

test('posters', async () => {
    for (const [name, size] of [['plain', '640x360'], ['turn90', '360x640'], ['sar', '1024x576'], ['hdr', '640x360'],
        ['interlaced', '720x576']]) {
        const { file } = films[name], { info: i } = await media.probe(file);
        const result = await media.run(['poster', `film=${media.filmText(i)}`, `size=${i.width}x${i.height}`],
            { film: file });
        const poster = result.of(Kind.poster)[0];
        assert.ok(result.done && poster, `${name}: ${result.sentence}`);
        const seen = media.tool('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name,width,height',
            '-of', 'csv=p=0', write('poster.jpg', poster.data)]).stdout.trim();
        assert.equal(seen, `mjpeg,${size.replace('x', ',')}`);
    }
    const flash = makeFlash(), { info: i } = await media.probe(flash);
    const at = await media.run(['poster', `film=${media.filmText(i)}`, 'size=320x180', 'at=1000000,5040000'],
        { film: flash });
    assert.ok(at.done);
});

test('storyboards', async () => {
    for (const [name, size, wanted] of [['plain', '160x90', '1600,90'], ['longgop', '160x90', '1600,90'], ['short', '160x90', '1600,90']]) {
        const { file } = films[name], { info: i } = await media.probe(file);
        const result = await media.run(['sheet', `film=${media.filmText(i)}`, `size=${size}`, 'every=2000000'], { film: file });
        const sheet = result.of(Kind.sheet)[0];
        assert.ok(result.done && sheet, `${name}: ${result.sentence}`);
        const seen = media.tool('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name,width,height',
            '-of', 'csv=p=0', write('sheet.jpg', sheet.data)]).stdout.trim();
        assert.equal(seen, `mjpeg,${wanted}`);
    }
});

test('no film', async () => {
    for (const [name, sentence] of Object.entries(makeRefused())) {
        const result = await media.probe(path.join(media.work, name));
        assert.equal(result.code, 1, name);
        assert.match(result.sentence, sentence, name);
    }
});

test('a wrong call', async () => {
    const { file } = films.short;
    for (const line of ['', 'sing', 'probe cpu_s=-1', 'probe film=1', 'chunk', 'chunk film=0,-1,25,0,0,0,1,0,1',
        'chunk film=0,-1,25,1,0,0,3,0,1 first=0 count=1 rungs=3x3:23:100000:100000', 'audio film=x']) {
        const result = await media.run(line.split(' '), { film: file });
        assert.equal(result.code, 64, line);
        assert.equal(result.frames.length, 0);
    }
});

test('sound that is not what the actor made', async () => {
    const { file } = films.plain, { info } = await media.probe(file), rungs = media.ladder(info);
    const head = Buffer.alloc(12);
    head.writeUInt32LE(4000, 8);
    for (const bad of [Buffer.from('abc'), head, Buffer.concat([head, Buffer.alloc(100)])])
        await assert.rejects(media.chunk(file, info, rungs, [bad], 0, 1), /sound is/);
});

test('limits', async () => {
    const { file } = films.sar, { info: i } = await media.probe(file);
    const args = ['chunk', `film=${media.filmText(i)}`, 'first=0', 'count=1', 'rungs=4096x2304:10:90000000:90000000'];
    const memory = await media.run([...args, 'mem_mb=200'], { film: file });
    assert.equal(memory.code, 1);
    assert.match(memory.sentence, /needs more memory than allowed/);
    const processor = await media.run([...args, 'cpu_s=1'], { film: file });
    assert.equal(processor.signal, 'SIGXCPU');
    const wall = await media.run([...args, 'wall_s=1'], { film: file });
    assert.equal(wall.signal, 'SIGALRM');
});

// Nothing is opened, connected or started once the sandbox stands; returns what was tried and succeeded.
async function traced(args, film, audio) {
    const log = path.join(media.work, `trace-${Math.random()}`);
    const result = await media.run(args, {
        film, audio, wall_ms: 120000,
        before: ['strace', '-f', '-qq', '-e', 'trace=%file,%network,execve,fork,vfork,ptrace,kill,seccomp', '-o', log],
    });
    const lines = fs.readFileSync(log, 'utf8').split('\n');
    fs.unlinkSync(log);
    const walls = lines.findIndex((line) => /seccomp\(SECCOMP_SET_MODE_FILTER/.test(line));
    assert.ok(walls >= 0, 'the sandbox was entered');
    const broken = lines.slice(walls + 1).filter((line) => /= (0|[1-9]\d*)$/.test(line) && !/seccomp\(/.test(line));
    return { result, broken };
}

async function checkHostile(film, run) {
    const limits = ['mem_mb=2048', 'cpu_s=30', 'wall_s=60'];
    const probed = await run(['probe', ...limits], film);
    const ended = (r) => assert.ok((r.code === 0 && r.done) || (r.code === 1 && r.sentence) || r.signal,
        `${film}: ${r.code}`);
    ended(probed);
    assert.ok(!/passwd|root:/.test(probed.sentence));
    if (probed.code !== 0)
        return probed.signal || 'refused';
    const { info: i } = await media.probe(film), text = `film=${media.filmText(i)}`;
    let audio;
    if (i.hasAudio) {
        const sound = await run(['audio', text, ...limits], film);
        ended(sound);
        audio = sound.of(Kind.audio)[0]?.data ?? Buffer.alloc(0);
    }
    const rungs = `rungs=${media.rungText(media.ladder(i))}`;
    const chunk = await run(['chunk', text, 'first=0', 'count=1', rungs, ...limits], film, audio);
    ended(chunk);
    for (const segment of chunk.of(Kind.segment))
        parse(segment.data);
    ended(await run(['poster', text, `size=${i.width}x${i.height}`, ...limits], film));
    return chunk.code === 0 ? 'playable' : chunk.signal || 'failed';
}

async function inPairs(list, work) {
    let next = 0;
    const one = async () => {
        while (next < list.length)
            await work(list[next++]);
    };
    await Promise.all([one(), one()]);
}

const good = path.join(media.corpus, 'B_media'), bad = path.join(media.corpus, 'C_hostile');
const listed = (folder) => fs.readdirSync(folder).map((name) => path.join(folder, name));

test('corpus: good films', { skip: !fs.existsSync(good) }, async (t) => {
    await inPairs(listed(good), async (film) => {
        const { info: i, sentence } = await media.probe(film), name = path.basename(film);
        if (!i)
            return t.diagnostic(`${name}: ${sentence}`);
        // Long films with the two lowest rungs only; their upper rungs hold nothing new.
        const rungs = media.ladder(i), all = (1 << rungs.length) - 1;
        const make = media.segmentCount(i) > 12 ? (0b11 << rungs.length >> 2) & all : all;
        const made = await media.transcode(film, { make });
        const told = duration(film), length = (i.frames * i.den) / i.num;
        if (told && told < 1000)
            assert.ok(Math.abs(length - told) < 0.1, `${name} lasts ${told} s: ${length}`);
        const likes = [];
        for (const [number, rung] of rungs.entries()) {
            if (!((make >> number) & 1))
                continue;
            assert.ok(rung.height <= Math.max(i.height, 2));
            checkRung(i, made.segments[number], made.audio);
            const whole = write(`${name}-${number}.ts`, ...made.segments[number].map((s) => s.data));
            checkDecodes(whole);
            likes.push(i.hdr ? 'hdr' : similarity(film, i, rung, whole).toFixed(3));
        }
        t.diagnostic(`${name}: ${i.frames} frames, ${i.width}x${i.height}, SSIM ${likes.join(' ')}`);
    });
});

test('corpus: hostile files', { skip: !fs.existsSync(bad) }, async (t) => {
    const counts = {};
    await inPairs(listed(bad), async (film) => {
        const ended = await checkHostile(film,
            (args, file, audio) => media.run(args, { film: file, audio, wall_ms: 120000 }));
        counts[ended] = (counts[ended] ?? 0) + 1;
    });
    t.diagnostic(JSON.stringify(counts));
});

test('nothing is opened, connected or started', { skip: !has('strace') }, async (t) => {
    const list = [...(fs.existsSync(bad) ? listed(bad) : []), films.plain.file, films.hdr.file, films.webm.file];
    await inPairs(list, async (film) => {
        const tries = [];
        await checkHostile(film, async (args, file, audio) => {
            const { result, broken } = await traced(args, file, audio);
            tries.push(...broken);
            return result;
        });
        assert.deepEqual(tries, [], film);
    });
    t.diagnostic(`${list.length} files`);
});
