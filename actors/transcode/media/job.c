#include "actors/transcode/media/job.h"
#include <errno.h>
#include <stdlib.h>

/* Reads one number within bounds and moves on; 0 or -1. */
static int number(const char **text, int64_t low, int64_t high, int64_t *value) {
    char *end;
    errno = 0;
    long long read = strtoll(*text, &end, 10);
    if (end == *text || errno || read < low || read > high)
        return -1;
    *text = end;
    *value = read;
    return 0;
}

static int whole(const char *text, int64_t low, int64_t high, int64_t *value) {
    return number(&text, low, high, value) || *text ? -1 : 0;
}

/* Reads `count` numbers divided by the characters of `marks`. */
static int numbers(const char **text, const char *marks, const int64_t (*bounds)[2], int count, int64_t *values) {
    for (int i = 0; i < count; i++) {
        if (i > 0 && *(*text)++ != marks[i - 1])
            return -1;
        if (number(text, bounds[i][0], bounds[i][1], &values[i]))
            return -1;
    }
    return 0;
}

static int film(struct job *job, const char *text) {
    const int64_t far_us = 1ll << 53;
    const int64_t bounds[9][2] = {{0, 9999},         {-1, 9999},     {1, 1 << 30}, {1, 1 << 30}, {-far_us, far_us},
                                  {-far_us, far_us}, {1, 1ll << 31}, {0, 1},       {0, 2}};
    int64_t v[9];
    if (numbers(&text, ",,,,,,,,", bounds, 9, v) || *text)
        return -1;
    job->film = (struct job_film){.video_stream = (int)v[0],
                                  .audio_stream = (int)v[1],
                                  .fps_num = (uint32_t)v[2],
                                  .fps_den = (uint32_t)v[3],
                                  .zero_us = v[4],
                                  .start_us = v[5],
                                  .frames = v[6],
                                  .interlaced = (int)v[7],
                                  .exact = (int)v[8]};
    job->has_film = 1;
    return v[2] / v[3] > 120 || v[3] / v[2] > 10 ? -1 : 0;
}

static int rungs(struct job *job, const char *text) {
    const int64_t bounds[5][2] = {
        {2, MEDIA_SIDE_MAX}, {2, MEDIA_SIDE_MAX}, {0, 51}, {10000, 200000000}, {10000, 400000000}};
    for (job->rung_count = 0;; text++) {
        int64_t v[5];
        if (job->rung_count == MEDIA_RUNGS_MAX || numbers(&text, "x:::", bounds, 5, v) || v[0] % 2 || v[1] % 2)
            return -1;
        job->rungs[job->rung_count++] = (struct job_rung){(int)v[0], (int)v[1], (int)v[2], v[3], v[4]};
        if (*text != ',')
            return *text ? -1 : 0;
    }
}

static int places(struct job *job, const char *text) {
    for (job->place_count = 0;; text++) {
        if (job->place_count == JOB_PLACES_MAX || number(&text, 0, 1ll << 53, &job->places_us[job->place_count++]))
            return -1;
        if (*text != ',')
            return *text ? -1 : 0;
    }
}

static int size(struct job *job, const char *text) {
    const int64_t bounds[2][2] = {{2, 2 * MEDIA_SIDE_MAX}, {2, 2 * MEDIA_SIDE_MAX}};
    int64_t v[2];
    if (numbers(&text, "x", bounds, 2, v) || *text)
        return -1;
    job->width = (int)v[0];
    job->height = (int)v[1];
    return 0;
}

static int sizes(struct job *job, const char *text) {
    for (job->size_count = 0;; text++) {
        int64_t side;
        if (job->size_count == MEDIA_SIZES_MAX || number(&text, 16, 4096, &side))
            return -1;
        job->sizes[job->size_count++] = (int)side;
        if (*text != ',')
            return *text ? -1 : 0;
    }
}

static int shape(struct job *job, const char *text) {
    job->square = !strcmp(text, "square");
    return job->square || !strcmp(text, "keep") ? 0 : -1;
}

static int small(const char *text, int64_t low, int64_t high, int *value) {
    int64_t v;
    if (whole(text, low, high, &v))
        return -1;
    *value = (int)v;
    return 0;
}

static int argument(struct job *job, const char *key, size_t key_bytes, const char *text) {
    int64_t v;
#define KEY(name) (key_bytes == sizeof name - 1 && !memcmp(key, name, sizeof name - 1))
    if (KEY("mem_mb"))
        return small(text, 64, 1 << 20, &job->mem_mb);
    if (KEY("cpu_s"))
        return small(text, 1, 1 << 20, &job->cpu_s);
    if (KEY("wall_s"))
        return small(text, 1, 1 << 20, &job->wall_s);
    if (KEY("nice"))
        return small(text, 0, 19, &job->nice);
    if (KEY("log"))
        return small(text, 0, 1, &job->log);
    if (KEY("type")) {
        job->fragments = !strcmp(text, "fmp4");
        return job->fragments || !strcmp(text, "ts") ? 0 : -1;
    }
    if (KEY("film"))
        return film(job, text);
    if (KEY("first"))
        return whole(text, 0, MEDIA_SEGMENTS_MAX, &job->first);
    if (KEY("count"))
        return whole(text, 1, MEDIA_CHUNK_MAX, &job->count);
    if (KEY("rungs"))
        return rungs(job, text);
    if (KEY("make")) {
        if (whole(text, 1, (1 << MEDIA_RUNGS_MAX) - 1, &v))
            return -1;
        job->make = (uint32_t)v;
        return 0;
    }
    if (KEY("size"))
        return size(job, text);
    if (KEY("stream"))
        return small(text, -1, 9999, &job->stream);
    if (KEY("every"))
        return whole(text, 100000, 1ll << 53, &job->every_us);
    if (KEY("channels"))
        return small(text, 2, 6, &job->channels) || (job->channels != 2 && job->channels != 6) ? -1 : 0;
    if (KEY("at"))
        return places(job, text);
    if (KEY("shape"))
        return shape(job, text);
    if (KEY("sizes"))
        return sizes(job, text);
#undef KEY
    return -1;
}

int job_parse(struct job *job, int argc, char **argv, const char **wrong) {
    *job = (struct job){.verb = argc > 1 ? argv[1] : "",
                        .mem_mb = MEDIA_MEM_MB,
                        .cpu_s = MEDIA_CPU_S,
                        .wall_s = MEDIA_WALL_S,
                        .make = UINT32_MAX,
                        .square = -1,
                        .stream = -1,
                        .channels = 2};
    for (int i = 2; i < argc; i++) {
        const char *sign = strchr(argv[i], '=');
        if (!sign || argument(job, argv[i], (size_t)(sign - argv[i]), sign + 1)) {
            *wrong = argv[i];
            return -1;
        }
    }
    int known = !strcmp(job->verb, "probe") || (!strcmp(job->verb, "audio") && job->has_film) ||
                (!strcmp(job->verb, "chunk") && job->has_film && job->count > 0 && job->rung_count > 0) ||
                (!strcmp(job->verb, "poster") && job->has_film && job->width > 0) ||
                (!strcmp(job->verb, "sheet") && job->has_film && job->every_us > 0 && job->width > 0 &&
                 job->width <= 640 && job->height <= 640 && job->width % 2 == 0 && job->height % 2 == 0) ||
                (!strcmp(job->verb, "text") && job->has_film) ||
                (!strcmp(job->verb, "picture") && job->square >= 0 && job->size_count > 0);
    *wrong = known ? NULL : job->verb;
    return known ? 0 : -1;
}
