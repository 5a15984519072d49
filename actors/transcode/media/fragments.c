#include "actors/transcode/media/fragments.h"
#include "actors/transcode/cmaf.h"
#include "actors/transcode/media/result.h"
#include <stdlib.h>

#define GRAIN 1024 /* samples of an access unit of sound */

static uint8_t *finish(struct buffer *out, size_t *bytes) {
    if (out->failed)
        result_need(NULL);
    *bytes = out->n;
    return (uint8_t *)out->at;
}

/* Appends the pictures from `at` up to `end` as one fragment. */
static void add_pictures(int64_t first, const struct ts_picture *pictures, size_t at, size_t end, int64_t next_90k,
                         struct buffer *out) {
    struct mp4_sample *samples = result_need(calloc(end - at, sizeof *samples));
    size_t room = 0, used = 0;
    for (size_t i = at; i < end; i++)
        room += MP4_UNIT_ROOM(pictures[i].bytes);
    uint8_t *data = result_need(malloc(room));
    for (size_t i = at; i < end; i++) {
        int64_t begins = pictures[i].dts_90k, ends = i + 1 < end ? pictures[i + 1].dts_90k : next_90k;
        size_t n = mp4_unit(pictures[i].data, pictures[i].bytes, data + used, NULL);
        samples[i - at] = (struct mp4_sample){.bytes = (uint32_t)n,
                                              .duration = (uint32_t)(ends - begins),
                                              .shift = (int32_t)(pictures[i].pts_90k - begins),
                                              .key = pictures[i].key};
        used += n;
    }
    cmaf_fragment(&(struct cmaf_fragment){.number = (uint32_t)(first + (int64_t)at + 1),
                                          .begins = (uint64_t)pictures[at].dts_90k,
                                          .samples = samples,
                                          .count = end - at},
                  out);
    buffer_add(out, data, used);
    free(data);
    free(samples);
}

uint8_t *fragments_of_pictures(int64_t first, const struct ts_picture *pictures, size_t count, int64_t next_90k,
                               size_t *bytes, struct ts_key *keys) {
    struct buffer out = {0};
    cmaf_segment(&out);
    for (size_t at = 0, end; at < count; at = end) {
        size_t began = out.n;
        for (end = at + 1; !pictures[at].key && end < count && !pictures[end].key; end++)
            ;
        add_pictures(first, pictures, at, end, end < count ? pictures[end].dts_90k : next_90k, &out);
        if (pictures[at].key)
            *keys++ = (struct ts_key){began, out.n - began};
    }
    return finish(&out, bytes);
}

uint8_t *fragments_of_sound(const struct ts_sound *sounds, size_t count, int64_t number, size_t *bytes) {
    struct buffer out = {0};
    struct mp4_sample *samples = result_need(calloc(count, sizeof *samples));
    for (size_t i = 0; i < count; i++)
        samples[i] = (struct mp4_sample){.bytes = (uint32_t)sounds[i].bytes, .duration = GRAIN, .key = 1};
    cmaf_segment(&out);
    cmaf_fragment(&(struct cmaf_fragment){.number = (uint32_t)number + 1,
                                          .begins = (uint64_t)sounds[0].pts_90k * MEDIA_AUDIO_RATE / 90000,
                                          .samples = samples,
                                          .count = count},
                  &out);
    for (size_t i = 0; i < count; i++)
        buffer_add(&out, sounds[i].data, sounds[i].bytes);
    free(samples);
    return finish(&out, bytes);
}

static void send_init(const struct mp4_track *track, int rung) {
    struct buffer out = {0};
    cmaf_init(track, &out);
    if (out.failed)
        result_need(NULL);
    result_send((struct media_frame){.kind = MEDIA_INIT, .rung = (uint32_t)rung}, out.at, out.n);
    buffer_free(&out);
}

void fragments_send_rung(const struct job *job, int rung, const struct ts_picture *picture) {
    struct mp4_sets sets = {0};
    uint8_t *scratch = result_need(malloc(MP4_UNIT_ROOM(picture->bytes)));
    mp4_unit(picture->data, picture->bytes, scratch, &sets);
    if (!sets.sps || !sets.pps)
        result_fail(MEDIA_BLAME_HOST, "The video could not be encoded: no parameters in it.");
    send_init(&(struct mp4_track){.scale = FRAGMENTS_VIDEO_SCALE,
                                  .width = (uint32_t)job->rungs[rung].width,
                                  .height = (uint32_t)job->rungs[rung].height,
                                  .sps = sets.sps,
                                  .pps = sets.pps,
                                  .sps_bytes = sets.sps_bytes,
                                  .pps_bytes = sets.pps_bytes},
              rung);
    free(scratch);
}

void fragments_send_sound(int channels) {
    send_init(&(struct mp4_track){.scale = MEDIA_AUDIO_RATE, .channels = (uint32_t)channels}, 0);
}
