// Reads fragmented MP4 box by box, without any library, to check what zoe-media promises about it.
import assert from 'node:assert/strict';

// The boxes of a range: [{type, at, body}]; they fill it.
export function boxes(bytes) {
    const out = [];
    for (let at = 0; at < bytes.length;) {
        const size = bytes.readUInt32BE(at);
        assert.ok(size >= 8 && at + size <= bytes.length, `a box of ${size} at ${at} of ${bytes.length}`);
        out.push({ type: bytes.toString('latin1', at + 4, at + 8), at, body: bytes.subarray(at + 8, at + size) });
        at += size;
    }
    return out;
}

export const find = (bytes, ...path) => path.reduce((inside, type) => boxes(inside).find((box) => box.type === type).body, bytes);

function samples(bytes, moof, data) {
    const traf = find(moof.body, 'traf'), tfhd = find(traf, 'tfhd'), tfdt = find(traf, 'tfdt'), trun = find(traf, 'trun');
    assert.equal(tfhd.readUInt32BE(0), 0x020028, 'offsets from the moof; a duration and flags for all');
    assert.equal(tfdt[0], 1, 'times of 64 bits');
    const flags = trun.readUInt32BE(0) & 0xffffff, count = trun.readUInt32BE(4), out = [];
    let at = 12, place = moof.at + trun.readInt32BE(8), dts = Number(tfdt.readBigUInt64BE(4));
    assert.equal(place, data.at + 8, 'the samples begin where mdat does');
    for (let i = 0; i < count; i++) {
        const duration = flags & 0x100 ? trun.readUInt32BE((at += 4) - 4) : tfhd.readUInt32BE(8), size = trun.readUInt32BE((at += 4) - 4);
        const shift = flags & 0x800 ? trun.readInt32BE((at += 4) - 4) : 0;
        out.push({ dts, pts: dts + shift, duration, key: tfhd.readUInt32BE(12) === 0x02000000, data: bytes.subarray(place, place + size) });
        dts += duration;
        place += size;
    }
    assert.equal(at, trun.length, 'trun has nothing else');
    assert.equal(place, data.at + 8 + data.body.length, 'mdat has nothing else');
    return out;
}

// One segment: its fragments, each {number, at, bytes, samples}.
export function parse(bytes) {
    const list = boxes(bytes);
    assert.equal(list[0].type, 'styp');
    assert.deepEqual([...new Set(list.slice(1).map((box, i) => box.type + (i % 2)))], ['moof0', 'mdat1']);
    return list.filter((box) => box.type === 'moof').map((moof) => {
        const data = list[list.indexOf(moof) + 1];
        return { number: find(moof.body, 'mfhd').readUInt32BE(4), at: moof.at, bytes: data.at + 8 + data.body.length - moof.at, samples: samples(bytes, moof, data) };
    });
}

// Types of the units of an access unit with lengths in front.
export function nals(data) {
    const out = [];
    for (let at = 0; at < data.length; at += 4 + data.readUInt32BE(at))
        out.push(data[at + 4] & 31);
    return out;
}
