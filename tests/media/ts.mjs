// Reads MPEG transport streams byte by byte, without any library, to check what zoe-media promises about them.
import assert from 'node:assert/strict';

const stamp = (d, at) =>
    ((d[at] >> 1) & 7) * 2 ** 30 + d[at + 1] * 2 ** 22 + (d[at + 2] >> 1) * 2 ** 15 + d[at + 3] * 2 ** 7 +
    (d[at + 4] >> 1);

function packets(bytes) {
    assert.equal(bytes.length % 188, 0, 'whole packets');
    const out = [];
    for (let at = 0; at < bytes.length; at += 188) {
        const d = bytes.subarray(at, at + 188), field = (d[3] >> 4) & 3;
        assert.equal(d[0], 0x47, 'sync byte');
        assert.equal(d[1] & 0x80, 0, 'no error flag');
        let from = 4, pcr = null, random = false;
        if (field & 2) {
            from = 5 + d[4];
            assert.ok(from <= 188, 'adaptation field fits');
            if (d[4] > 0) {
                random = (d[5] & 0x40) !== 0;
                if (d[5] & 0x10)
                    pcr = d[6] * 2 ** 25 + d[7] * 2 ** 17 + d[8] * 2 ** 9 + d[9] * 2 + (d[10] >> 7);
            }
        }
        assert.ok(field & 1 && from < 188, 'every packet carries payload');
        out.push({ pid: ((d[1] & 31) << 8) | d[2], start: (d[1] & 0x40) !== 0, counter: d[3] & 15, pcr, random,
            payload: d.subarray(from) });
    }
    return out;
}

function pes(list) {
    const units = [];
    for (const packet of list) {
        if (packet.start)
            units.push([]);
        assert.ok(units.length, 'begins with the start of a unit');
        units.at(-1).push(packet.payload);
    }
    return units.map((parts) => {
        const d = Buffer.concat(parts);
        assert.equal(d.readUIntBE(0, 3), 1, 'PES start code');
        const length = d.readUInt16BE(4), both = d[7] >> 6 === 3, from = 9 + d[8];
        if (length)
            assert.equal(length + 6, d.length, 'PES length');
        return { pts: stamp(d, 9), dts: both ? stamp(d, 14) : stamp(d, 9), data: d.subarray(from) };
    });
}

function nals(d) {
    const out = [];
    for (let at = d.indexOf('000001', 0, 'hex'); at >= 0 && at + 3 < d.length; at = d.indexOf('000001', at + 3, 'hex'))
        out.push(d[at + 3] & 31);
    return out;
}

// One segment: its pictures in decoding order, its sound, and its continuity counters by PID.
export function parse(bytes) {
    const list = packets(bytes), counters = new Map();
    for (const packet of list) {
        if (!counters.has(packet.pid))
            counters.set(packet.pid, []);
        counters.get(packet.pid).push(packet.counter);
    }
    assert.equal(list[0].pid, 0, 'PAT first');
    assert.equal(list[1].pid, 0x1000, 'PMT second');
    const video = list.filter((p) => p.pid === 0x100), audio = list.filter((p) => p.pid === 0x101);
    const pictures = pes(video).map((unit) => ({ ...unit, nals: nals(unit.data) }));
    const sounds = [];
    for (const unit of pes(audio)) {
        let at = 0;
        for (let n = 0; at < unit.data.length; n++) {
            const d = unit.data, length = ((d[at + 3] & 3) << 11) | (d[at + 4] << 3) | (d[at + 5] >> 5);
            assert.equal(d.readUInt16BE(at), 0xfff1, 'ADTS');
            assert.ok(length > 7 && at + length <= d.length, 'ADTS length');
            sounds.push(unit.pts + n * 1920);
            at += length;
        }
    }
    const channels = audio.length ? ((pes(audio)[0].data[2] & 1) << 2) | (pes(audio)[0].data[3] >> 6) : 0;
    return { counters, pictures, sounds, channels, pcrs: list.filter((p) => p.pcr !== null).map((p) => p.pcr), first: video[0] };
}
