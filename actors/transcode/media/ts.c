#include "actors/transcode/media/ts.h"
#include <stdlib.h>
#include <string.h>

#define PACKET      188
#define ROUND       16    /* packets of a PID until its counter is 0 again */
#define PCR_LEAD    45000 /* 90 kHz; how long before its decoding a picture arrives */
#define GROUP_BYTES 2800
#define GROUP_MAX   8
#define ADTS_BYTES  7

enum pid { PID_PAT = 0, PID_PMT = 0x1000, PID_VIDEO = 0x100, PID_AUDIO = 0x101 };

struct writer {
    uint8_t *out;
    size_t used;
    size_t room;
    uint8_t counter[4]; /* PAT, PMT, video, audio */
    uint8_t *scratch;   /* one PES packet */
    size_t scratch_room;
    int failed;
};

struct pes {
    size_t bytes;
    int64_t pcr; /* 90 kHz, -1: none */
    int key;
    size_t more; /* packets beyond what its bytes need */
};

static int grow(uint8_t **buffer, size_t *room, size_t need) {
    if (*buffer && need <= *room)
        return 0;
    size_t wanted = need + need / 2 + 65536;
    uint8_t *bigger = realloc(*buffer, wanted);
    if (!bigger)
        return -1;
    *buffer = bigger;
    *room = wanted;
    return 0;
}

static uint8_t *packet(struct writer *w, unsigned pid, int slot, int start) {
    if (w->failed || grow(&w->out, &w->room, w->used + PACKET)) {
        w->failed = 1;
        return NULL;
    }
    uint8_t *p = w->out + w->used;
    w->used += PACKET;
    p[0] = 0x47;
    p[1] = (uint8_t)((start ? 0x40 : 0) | pid >> 8);
    p[2] = (uint8_t)pid;
    p[3] = (uint8_t)(0x10 | (w->counter[slot]++ & 15));
    return p;
}

static uint32_t crc32(const uint8_t *data, size_t bytes) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < bytes; i++) {
        crc ^= (uint32_t)data[i] << 24;
        for (int bit = 0; bit < 8; bit++)
            crc = crc << 1 ^ (crc >> 31 ? 0x04c11db7 : 0);
    }
    return crc;
}

static void table(struct writer *w, unsigned pid, int slot, const uint8_t *section, size_t bytes) {
    uint8_t *p = packet(w, pid, slot, 1);
    if (!p)
        return;
    memset(p + 4, 0xff, PACKET - 4);
    p[4] = 0;
    memcpy(p + 5, section, bytes);
    uint32_t crc = crc32(section, bytes);
    for (int i = 0; i < 4; i++)
        p[5 + bytes + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
}

static void tables(struct writer *w, const struct ts_segment *s) {
    static const uint8_t pat[] = {0x00, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe0 | PID_PMT >> 8, PID_PMT & 0xff};
    unsigned clock = s->picture_count ? PID_VIDEO : PID_AUDIO;
    uint8_t pmt[22] = {0x02, 0xb0, 0, 0, 1, 0xc1, 0, 0, (uint8_t)(0xe0 | clock >> 8), (uint8_t)clock, 0xf0, 0};
    size_t used = 12;
    for (int sound = s->picture_count == 0; sound <= (s->has_sound != 0); sound++) {
        unsigned pid = sound ? PID_AUDIO : PID_VIDEO;
        const uint8_t stream[] = {sound ? 0x0f : 0x1b, (uint8_t)(0xe0 | pid >> 8), (uint8_t)pid, 0xf0, 0};
        memcpy(pmt + used, stream, sizeof stream);
        used += sizeof stream;
    }
    pmt[2] = (uint8_t)(used + 1);
    table(w, PID_PAT, 0, pat, sizeof pat);
    table(w, PID_PMT, 1, pmt, used);
}

static size_t fixed_bytes(const struct pes *pes) {
    return pes->pcr >= 0 ? 8 : pes->key ? 2 : 0;
}

static size_t packets_of(const struct pes *pes) {
    size_t first = PACKET - 4 - fixed_bytes(pes), each = PACKET - 4;
    return pes->bytes <= first ? 1 : 1 + (pes->bytes - first + each - 1) / each;
}

static void put_pcr(uint8_t *at, int64_t pcr) {
    uint64_t base = (uint64_t)pcr & 0x1ffffffff;
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(base >> (25 - 8 * i));
    at[4] = (uint8_t)((base & 1) << 7 | 0x7e);
    at[5] = 0;
}

/* Cuts the PES packet in the scratch buffer into transport packets; what does not fill one is stuffed in front. */
static void cut(struct writer *w, unsigned pid, int slot, const struct pes *pes) {
    size_t left = packets_of(pes) + pes->more, at = 0;
    for (int first = 1; left > 0; first = 0, left--) {
        uint8_t *p = packet(w, pid, slot, first);
        if (!p)
            return;
        size_t fixed = first ? fixed_bytes(pes) : 0, room = PACKET - 4 - fixed, take = pes->bytes - at;
        /* Every packet still to come gets at least one byte. */
        if (take > left - 1)
            take -= left - 1;
        take = take > room ? room : take;
        size_t adaptation = PACKET - 4 - take;
        if (adaptation > 0) {
            p[3] |= 0x20;
            p[4] = (uint8_t)(adaptation - 1);
        }
        if (adaptation > 1) {
            memset(p + 5, 0xff, adaptation - 1);
            p[5] = (uint8_t)((first && pes->key ? 0x40 : 0) | (first && pes->pcr >= 0 ? 0x10 : 0));
            if (first && pes->pcr >= 0)
                put_pcr(p + 6, pes->pcr);
        }
        memcpy(p + 4 + adaptation, w->scratch + at, take);
        at += take;
    }
}

static void put_stamp(uint8_t *at, unsigned mark, int64_t stamp) {
    uint64_t t = (uint64_t)stamp & 0x1ffffffff;
    at[0] = (uint8_t)(mark << 4 | (t >> 30) << 1 | 1);
    at[1] = (uint8_t)(t >> 22);
    at[2] = (uint8_t)(t >> 14 | 1);
    at[3] = (uint8_t)(t >> 7);
    at[4] = (uint8_t)(t << 1 | 1);
}

/* The PES header with room for stuffing, so that even the smallest packet can be cut into 16 with its header in the
 * first. */
static size_t head(uint8_t *at, uint8_t stream, size_t payload, int64_t pts, int64_t dts) {
    size_t stamps = dts == pts ? 5 : 10, stuffing = payload < 64 ? 20 : 0, fields = stamps + stuffing;
    size_t length = stream == 0xe0 ? 0 : 3 + fields + payload;
    const uint8_t start[9] = {
        0, 0, 1, stream, (uint8_t)(length >> 8), (uint8_t)length, 0x84, stamps == 5 ? 0x80 : 0xc0, (uint8_t)fields};
    memcpy(at, start, sizeof start);
    put_stamp(at + 9, stamps == 5 ? 2 : 3, pts);
    if (stamps == 10)
        put_stamp(at + 14, 1, dts);
    memset(at + 9 + stamps, 0xff, stuffing);
    return 9 + fields;
}

static struct pes video_pes(struct writer *w, const struct ts_picture *picture) {
    struct pes pes = {.pcr = picture->dts_90k - PCR_LEAD, .key = picture->key};
    if (grow(&w->scratch, &w->scratch_room, picture->bytes + 64)) {
        w->failed = 1;
        return pes;
    }
    size_t used = head(w->scratch, 0xe0, picture->bytes, picture->pts_90k, picture->dts_90k);
    memcpy(w->scratch + used, picture->data, picture->bytes);
    pes.bytes = used + picture->bytes;
    return pes;
}

/* How many access units go into one PES packet, to save headers. */
static size_t group(const struct ts_segment *s, size_t first) {
    size_t count = 0, bytes = 0;
    while (first + count < s->sound_count && count < GROUP_MAX) {
        size_t next = s->sounds[first + count].bytes + ADTS_BYTES;
        if (count > 0 && bytes + next > GROUP_BYTES)
            break;
        bytes += next;
        count++;
    }
    return count;
}

static struct pes audio_pes(struct writer *w, const struct ts_segment *s, size_t first, size_t count) {
    const struct ts_sound *sounds = s->sounds + first;
    struct pes pes = {.pcr = s->picture_count ? -1 : sounds[0].pts_90k - PCR_LEAD, .key = 1};
    size_t payload = 0;
    for (size_t i = 0; i < count; i++)
        payload += sounds[i].bytes + ADTS_BYTES;
    if (grow(&w->scratch, &w->scratch_room, payload + 64)) {
        w->failed = 1;
        return pes;
    }
    size_t used = head(w->scratch, 0xc0, payload, sounds[0].pts_90k, sounds[0].pts_90k);
    for (size_t i = 0; i < count; i++) {
        size_t bytes = sounds[i].bytes + ADTS_BYTES;
        /* AAC-LC, 48 kHz, no CRC. */
        const uint8_t adts[ADTS_BYTES] = {0xff,
                                          0xf1,
                                          (uint8_t)(0x4c | s->channels >> 2),
                                          (uint8_t)((s->channels & 3) << 6 | bytes >> 11),
                                          (uint8_t)(bytes >> 3),
                                          (uint8_t)(bytes << 5 | 0x1f),
                                          0xfc};
        memcpy(w->scratch + used, adts, sizeof adts);
        memcpy(w->scratch + used + ADTS_BYTES, sounds[i].data, sounds[i].bytes);
        used += bytes;
    }
    pes.bytes = used;
    return pes;
}

static size_t missing(size_t packets) {
    return (ROUND - packets % ROUND) % ROUND;
}

/* Packets the video still needs, and the audio, to come out even. Their last PES packets take them up. */
static void count(struct writer *w, const struct ts_segment *s, size_t *video_more, size_t *audio_more) {
    size_t video = 0, audio = 0;
    for (size_t i = 0; i < s->picture_count; i++) {
        struct pes pes = {.bytes = s->pictures[i].bytes, .pcr = 0, .key = s->pictures[i].key};
        uint8_t scratch[64];
        pes.bytes += head(scratch, 0xe0, s->pictures[i].bytes, s->pictures[i].pts_90k, s->pictures[i].dts_90k);
        video += packets_of(&pes);
    }
    for (size_t i = 0, n; i < s->sound_count; i += n) {
        n = group(s, i);
        struct pes pes = audio_pes(w, s, i, n);
        audio += packets_of(&pes);
    }
    *video_more = missing(video);
    *audio_more = missing(audio);
}

uint8_t *ts_write(const struct ts_segment *s, size_t *bytes, struct ts_key *keys) {
    struct writer w = {0};
    size_t video_more, audio_more, sound = 0, written = 0;
    count(&w, s, &video_more, &audio_more);
    for (size_t i = 0; i <= s->picture_count; i++) {
        int last = i == s->picture_count;
        for (size_t n; sound < s->sound_count && (last || s->sounds[sound].pts_90k <= s->pictures[i].dts_90k);
             sound += n) {
            /* The first thing in a segment is its tables. */
            if (written == 0) {
                tables(&w, s);
                written++;
            }
            n = group(s, sound);
            struct pes pes = audio_pes(&w, s, sound, n);
            pes.more = sound + n == s->sound_count ? audio_more : 0;
            cut(&w, PID_AUDIO, 3, &pes);
        }
        for (; written < ROUND && (last || written * s->picture_count <= i * ROUND); written++)
            tables(&w, s);
        if (last)
            break;
        struct pes pes = video_pes(&w, &s->pictures[i]);
        pes.more = i + 1 == s->picture_count ? video_more : 0;
        size_t began = w.used;
        cut(&w, PID_VIDEO, 2, &pes);
        if (keys && s->pictures[i].key)
            *keys++ = (struct ts_key){began, w.used - began};
    }
    free(w.scratch);
    if (w.failed) {
        free(w.out);
        return NULL;
    }
    *bytes = w.used;
    return w.out;
}
