#ifndef ZOE_MEDIA_JOB_H
#define ZOE_MEDIA_JOB_H

/* One call of zoe-media, read from its arguments. */

#include "actors/transcode/media/media.h"

struct job_film {
    int video_stream;
    int audio_stream; /* -1: none */
    uint32_t fps_num;
    uint32_t fps_den;
    int64_t zero_us;
    int64_t start_us;
    int64_t frames;
    int interlaced;
    int exact;
};

struct job_rung {
    int width;
    int height;
    int crf;
    int64_t maxrate;
    int64_t bufsize;
};

#define JOB_PLACES_MAX 16

struct job {
    const char *verb;
    int mem_mb;
    int cpu_s;
    int wall_s;
    int nice;
    int log;
    int fragments; /* type=fmp4 */
    int has_film;
    struct job_film film;
    int64_t first;
    int64_t count;
    int rung_count;
    struct job_rung rungs[MEDIA_RUNGS_MAX];
    uint32_t make;
    int width; /* of the poster's film */
    int height;
    int stream;   /* of `audio` and `text`; -1: none named */
    int channels; /* of `audio` */
    int64_t every_us;
    int place_count;
    int64_t places_us[JOB_PLACES_MAX];
    int square; /* shape of the picture, -1: not said */
    int size_count;
    int sizes[MEDIA_SIZES_MAX];
};

/* 0, or -1 with the argument at fault in *wrong. */
int job_parse(struct job *job, int argc, char **argv, const char **wrong);

#endif
