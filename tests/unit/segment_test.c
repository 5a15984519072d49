#include <stdlib.h>
#include <string.h>

#include "actors/transcode/cmaf.h"
#include "actors/transcode/media/ts.h"
#include "tests/unit/unit.h"

enum { PICTURES = 50, SOUNDS = 94, PICTURE_BYTES_MAX = 1600, SOUND_BYTES_MAX = 400 };

static uint64_t fingerprint(const uint8_t *data, size_t bytes) {
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ data[i]) * 0x100000001b3;
    return hash;
}

struct sample {
    uint8_t pictures_data[PICTURES][PICTURE_BYTES_MAX], sounds_data[SOUNDS][SOUND_BYTES_MAX];
    struct ts_picture pictures[PICTURES];
    struct ts_sound sounds[SOUNDS];
};

/* Two seconds whose bytes follow from their places alone: B pictures, keys at 0 and 25, units of many lengths. */
static struct ts_segment make(struct sample *is) {
    static const int shown[5] = {0, 4, 2, 1, 3};
    for (int i = 0; i < PICTURES; i++) {
        size_t bytes = 40 + (size_t)i * 31 % (PICTURE_BYTES_MAX - 40);
        for (size_t k = 0; k < bytes; k++)
            is->pictures_data[i][k] = (uint8_t)(i * 7 + (int)k * 13);
        is->pictures[i] = (struct ts_picture){.data = is->pictures_data[i],
                                              .bytes = bytes,
                                              .pts_90k = 900000 + 3600ll * (i / 5 * 5 + shown[i % 5]),
                                              .dts_90k = 900000 + 3600ll * (i - 2),
                                              .key = i % 25 == 0};
    }
    for (int i = 0; i < SOUNDS; i++) {
        memset(is->sounds_data[i], i, SOUND_BYTES_MAX);
        is->sounds[i] = (struct ts_sound){is->sounds_data[i], 10 + (size_t)i * 17 % 390, 900000 + 1920ll * i};
    }
    return (struct ts_segment){.pictures = is->pictures,
                               .picture_count = PICTURES,
                               .sounds = is->sounds,
                               .sound_count = SOUNDS,
                               .has_sound = 1,
                               .channels = 2};
}

/* Films that were made once are compared and continued by their bytes: these must never change. */
static void transport_streams_stay_as_they_are(void **state) {
    struct sample *is = *state;
    struct ts_segment segment = make(is), alone = segment;
    struct ts_key keys[2] = {0};
    size_t bytes = 0;
    uint8_t *out = ts_write(&segment, &bytes, keys);
    assert_non_null(out);
    assert_int_equal(bytes, 75200);
    assert_int_equal(fingerprint(out, bytes), 0xaeb4453a1acd4bab);
    free(out);
    alone.picture_count = 0;
    alone.channels = 6;
    out = ts_write(&alone, &bytes, NULL);
    assert_non_null(out);
    assert_int_equal(fingerprint(out, bytes), 0xa9d4fec8922ccc66);
    free(out);
}

struct expected {
    const struct mp4_sample *samples;
    const uint8_t *data;
    int64_t begins;
    size_t count;
};

static int compare(void *self, const struct cmaf_unit *unit) {
    struct expected *is = self;
    assert_int_equal(unit->begins, is->begins);
    assert_int_equal(unit->shown - unit->begins, is->samples->shift);
    assert_int_equal(unit->bytes, is->samples->bytes);
    assert_int_equal(unit->key, is->samples->key);
    assert_memory_equal(unit->data, is->data, unit->bytes);
    is->begins += is->samples->duration;
    is->data += is->samples->bytes;
    is->samples++;
    is->count++;
    return 0;
}

/* Equal lengths stand once, others with every sample: both come back as they were. */
static void a_fragment_is_read_as_it_was_written(void **state) {
    (void)state;
    uint8_t data[60];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 5);
    const struct mp4_sample key[] = {{20, 3753, 7507, 1}},
                            rest[] = {{10, 3754, 0, 0}, {11, 3753, 3754, 0}, {19, 3754, 0, 0}};
    struct buffer out = {0};
    cmaf_segment(&out);
    cmaf_fragment(&(struct cmaf_fragment){1, 9000000000, key, 1}, &out);
    buffer_add(&out, data, 20);
    cmaf_fragment(&(struct cmaf_fragment){2, 9000003753, rest, 3}, &out);
    buffer_add(&out, data + 20, 40);
    assert_false(out.failed);
    const struct mp4_sample all[] = {key[0], rest[0], rest[1], rest[2]};
    struct expected expected = {all, data, 9000000000, 0};
    assert_int_equal(cmaf_read((const uint8_t *)out.at, out.n, compare, &expected), 0);
    assert_int_equal(expected.count, 4);
    for (size_t n = 1; n < out.n; n++) {
        struct expected part = {all, data, 9000000000, 0};
        int rc = cmaf_read((const uint8_t *)out.at, n, compare, &part);
        assert_true(rc == -1 || part.count < 4);
    }
    buffer_free(&out);
}

static void an_init_segment_has_the_parameter_sets(void **state) {
    (void)state;
    static const uint8_t sps[] = {0x67, 0x64, 0, 0x1f, 0xac, 0xd9}, pps[] = {0x68, 0xeb, 0xe3};
    struct buffer out = {0};
    struct mp4_sets sets = {0};
    struct mp4_track track = {.scale = 90000, .width = 640, .height = 360, .sps = sps, .pps = pps};
    track.sps_bytes = sizeof sps, track.pps_bytes = sizeof pps;
    cmaf_init(&track, &out);
    assert_int_equal(cmaf_sets((const uint8_t *)out.at, out.n, &sets), 0);
    assert_int_equal(sets.sps_bytes, sizeof sps);
    assert_memory_equal(sets.sps, sps, sizeof sps);
    assert_int_equal(sets.pps_bytes, sizeof pps);
    assert_memory_equal(sets.pps, pps, sizeof pps);
    for (size_t n = 0; n < out.n; n++)
        cmaf_sets((const uint8_t *)out.at, n, &sets);
    buffer_free(&out);
    cmaf_init(&(struct mp4_track){.scale = 48000, .channels = 2}, &out);
    assert_int_equal(cmaf_sets((const uint8_t *)out.at, out.n, &sets), -1);
    buffer_free(&out);
}

static int set_up(void **state) {
    return (*state = calloc(1, sizeof(struct sample))) ? 0 : -1;
}

static int take_down(void **state) {
    free(*state);
    return 0;
}

int segment_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transport_streams_stay_as_they_are),
        cmocka_unit_test(a_fragment_is_read_as_it_was_written),
        cmocka_unit_test(an_init_segment_has_the_parameter_sets),
    };
    return cmocka_run_group_tests_name("segment", tests, set_up, take_down);
}
