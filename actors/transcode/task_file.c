#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actors/transcode/cmaf.h"
#include "actors/transcode/transcode.h"
#include "actors/transcode/unpack.h"
#include "db/store/store.h"

/* A rung as one file that plays while it is fetched: what its segments hold, with the tables in front. They are read
 * twice, for the tables and for the bytes, so that only the tables are in memory. */

enum { VIDEO, AUDIO, KINDS, VIDEO_SCALE = 90000, AUDIO_SCALE = 48000, GRAIN = 1024, SAMPLES_MAX = 1 << 25 };

struct samples {
    struct mp4_sample *list;
    struct mp4_run *runs;
    size_t sample_count, sample_room, run_count;
    uint32_t run; /* samples of the present segment */
    uint64_t run_bytes;
    int64_t last_dts, last_duration, first_shift;
};

struct file {
    struct task *task;
    const struct rung *rung;
    struct place_writer *to; /* NULL while the tables are made */
    struct samples kinds[KINDS];
    uint8_t *sps, *pps;
    struct mp4_sets sets;
    struct buffer pictures, sounds; /* of the present segment, as they stand in the file */
    uint64_t bytes;
    size_t sound_count; /* segments of sound alone, where it does not go with the pictures */
};

static bool same(const uint8_t *a, size_t a_bytes, const uint8_t *b, size_t b_bytes) {
    return a_bytes == b_bytes && !memcmp(a, b, a_bytes);
}

/* The parameter sets stand once in front, so they must be the same in all segments. */
static int keep_sets(struct file *file, const struct mp4_sets *found) {
    if (!found->sps || !found->pps)
        return 0;
    if (file->sps)
        return same(file->sps, file->sets.sps_bytes, found->sps, found->sps_bytes) &&
                       same(file->pps, file->sets.pps_bytes, found->pps, found->pps_bytes)
                   ? 0
                   : -1;
    file->sps = arena_alloc(file->task->arena, found->sps_bytes);
    file->pps = arena_alloc(file->task->arena, found->pps_bytes);
    if (!file->sps || !file->pps || found->sps_bytes > UINT16_MAX || found->pps_bytes > UINT16_MAX)
        return -1;
    memcpy(file->sps, found->sps, found->sps_bytes);
    memcpy(file->pps, found->pps, found->pps_bytes);
    file->sets = (struct mp4_sets){file->sps, file->pps, found->sps_bytes, found->pps_bytes};
    return 0;
}

static int add_sample(struct samples *kind, struct mp4_sample sample, int64_t dts) {
    if (kind->sample_count == kind->sample_room) {
        size_t room = 2 * kind->sample_room + 4096;
        struct mp4_sample *more = room > SAMPLES_MAX ? NULL : realloc(kind->list, room * sizeof *more);
        if (!more)
            return -1;
        kind->list = more;
        kind->sample_room = room;
    }
    if (kind->sample_count) {
        kind->last_duration = dts - kind->last_dts;
        if (kind->last_duration <= 0 || kind->last_duration > INT32_MAX)
            return -1;
        kind->list[kind->sample_count - 1].duration = (uint32_t)kind->last_duration;
    }
    kind->last_dts = dts;
    kind->list[kind->sample_count++] = sample;
    kind->run++;
    kind->run_bytes += sample.bytes;
    return 0;
}

/* A unit's bytes are in place; what the tables say of it. */
static int tell(struct file *file, bool sound, size_t bytes, int64_t dts, int64_t pts, bool key) {
    struct samples *kind = &file->kinds[sound ? AUDIO : VIDEO];
    int64_t begins = sound ? (int64_t)kind->sample_count * GRAIN : dts, shift = pts - dts;
    if (shift < 0 || shift > INT32_MAX)
        return -1;
    if (!kind->sample_count)
        kind->first_shift = shift;
    return add_sample(kind, (struct mp4_sample){(uint32_t)bytes, sound ? GRAIN : 0, (int32_t)shift, key}, begins);
}

static int take(void *self, const struct unpack_unit *unit) {
    struct file *file = self;
    struct buffer *to = unit->sound ? &file->sounds : &file->pictures;
    size_t began = to->n, bytes = unit->bytes;
    struct mp4_sets found = {0};
    if (unit->sound) {
        buffer_add(to, unit->data, unit->bytes);
    } else {
        uint8_t *room = malloc(MP4_UNIT_ROOM(unit->bytes));
        if (!room)
            return -1;
        bytes = mp4_unit(unit->data, unit->bytes, room, &found);
        buffer_add(to, room, bytes);
        free(room);
    }
    if (to->failed || to->n - began != bytes || !bytes || bytes > UINT32_MAX)
        return -1;
    if (file->to)
        return 0;
    return keep_sets(file, &found) ? -1 : tell(file, unit->sound, bytes, unit->dts, unit->pts, found.sps != NULL);
}

/* The same of a fragment, whose samples are as they are in the file. */
static int take_one(struct file *file, bool sound, const struct cmaf_unit *unit) {
    struct buffer *to = sound ? &file->sounds : &file->pictures;
    buffer_add(to, unit->data, unit->bytes);
    if (to->failed || unit->bytes > UINT32_MAX)
        return -1;
    return file->to ? 0 : tell(file, sound, unit->bytes, unit->begins, unit->shown, unit->key);
}

static int take_picture(void *self, const struct cmaf_unit *unit) {
    return take_one(self, false, unit);
}

static int take_sound(void *self, const struct cmaf_unit *unit) {
    return take_one(self, true, unit);
}

/* The pictures of a segment come before its sound. */
static int end_segment(struct file *file) {
    if (file->to) {
        int rc = place_writer_append(file->to, file->pictures.at, file->pictures.n) ||
                 (file->sounds.n && place_writer_append(file->to, file->sounds.at, file->sounds.n));
        file->pictures.n = file->sounds.n = 0;
        return rc ? -1 : 0;
    }
    file->pictures.n = file->sounds.n = 0;
    for (int i = 0; i < KINDS; i++) {
        struct samples *kind = &file->kinds[i];
        if (kind->run)
            kind->runs[kind->run_count++] = (struct mp4_run){file->bytes, kind->run};
        file->bytes += kind->run_bytes;
        kind->run = 0;
        kind->run_bytes = 0;
    }
    return 0;
}

static int read_whole(const char *name, struct buffer *to) {
    uint8_t part[65536];
    int fd = name ? store_read(name) : -1;
    ssize_t n = -1;
    while (fd >= 0 && (n = read(fd, part, sizeof part)) != 0 && (n > 0 || errno == EINTR))
        if (n > 0)
            buffer_add(to, part, (size_t)n);
    if (fd >= 0)
        close(fd);
    return n || to->failed ? -1 : 0;
}

static int read_fragments(struct file *file, size_t number) {
    struct buffer segment = {0}, sound = {0};
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "assets/%s/%s/segment_%03zu.m4s", file->task->folder, file->rung->name, number);
    int rc = read_whole(name, &segment) || cmaf_read((const uint8_t *)segment.at, segment.n, take_picture, file);
    if (!rc && number < file->sound_count) {
        snprintf(name, sizeof name, "assets/%s/audio_0/segment_%03zu.m4s", file->task->folder, number);
        rc = read_whole(name, &sound) || cmaf_read((const uint8_t *)sound.at, sound.n, take_sound, file);
    }
    buffer_free(&segment);
    buffer_free(&sound);
    return rc ? -1 : end_segment(file);
}

static int read_segment(struct file *file, size_t number) {
    struct task *task = file->task;
    char name[NAME_BYTES];
    struct buffer segment = {0};
    if (task->fragments)
        return read_fragments(file, number);
    snprintf(name, sizeof name, "assets/%s/%s/segment_%03zu.ts", task->folder, file->rung->name, number);
    int rc = read_whole(name, &segment) || unpack((const uint8_t *)segment.at, segment.n, take, file) ? -1 : 0;
    buffer_free(&segment);
    return rc ? -1 : end_segment(file);
}

/* What TS says with every key picture stands once for all: the parameter sets, and how far the sound goes. */
static int read_init(struct file *file) {
    struct task *task = file->task;
    struct buffer init = {0};
    struct mp4_sets sets = {0};
    int rc = read_whole(arena_print(task->arena, "assets/%s/%s/init.mp4", task->folder, file->rung->name), &init) ||
             cmaf_sets((const uint8_t *)init.at, init.n, &sets) || keep_sets(file, &sets);
    buffer_free(&init);
    struct rows *rows =
        rc ? NULL
           : db_run(task->db, Q_segments, NULL, NULL, ARGS(ARG_INT("asset", task->asset), ARG_INT("rung", RUNG_AUDIO)));
    file->sound_count = rows ? rows_count(rows) : 0;
    rc = rows ? 0 : -1;
    rows_free(rows);
    return rc;
}

static enum outcome read_all(struct file *file) {
    for (int i = 0; i < file->task->segments; i++) {
        if (!task_renew(file->task))
            return TASK_LOST;
        if (actor_stopping(file->task->actor) || read_segment(file, (size_t)i))
            return TASK_LATER;
    }
    return TASK_DONE;
}

static size_t describe(const struct file *file, struct mp4_track tracks[KINDS]) {
    const struct samples *video = &file->kinds[VIDEO], *audio = &file->kinds[AUDIO];
    tracks[VIDEO] = (struct mp4_track){.scale = VIDEO_SCALE,
                                       .width = file->rung->width,
                                       .height = file->rung->quality.height,
                                       .sps = file->sets.sps,
                                       .pps = file->sets.pps,
                                       .sps_bytes = file->sets.sps_bytes,
                                       .pps_bytes = file->sets.pps_bytes,
                                       .samples = video->list,
                                       .sample_count = video->sample_count,
                                       .runs = video->runs,
                                       .run_count = video->run_count,
                                       .skip = video->first_shift};
    tracks[AUDIO] = (struct mp4_track){.scale = AUDIO_SCALE,
                                       .channels = 2,
                                       .samples = audio->list,
                                       .sample_count = audio->sample_count,
                                       .runs = audio->runs,
                                       .run_count = audio->run_count};
    return audio->sample_count ? 2 : 1;
}

static enum outcome write_file(struct file *file) {
    struct mp4_track tracks[KINDS];
    struct buffer head = {0};
    struct samples *video = &file->kinds[VIDEO];
    if (!video->sample_count || !file->sps)
        return TASK_LATER;
    video->list[video->sample_count - 1].duration = (uint32_t)(video->last_duration ? video->last_duration : 1);
    mp4_movie(tracks, describe(file, tracks), file->bytes, &head);
    const char *name = arena_print(file->task->arena, "assets/%s/%s/film.mp4", file->task->folder, file->rung->name);
    file->to = head.failed || !name ? NULL : place_writer_open(store_place(), name, (int64_t)(head.n + file->bytes));
    enum outcome outcome = file->to && !place_writer_append(file->to, head.at, head.n) ? read_all(file) : TASK_LATER;
    buffer_free(&head);
    if (outcome == TASK_DONE)
        return place_writer_finish(file->to) ? TASK_LATER : TASK_DONE;
    if (file->to)
        place_writer_abort(file->to);
    return outcome;
}

static enum outcome run(struct file *file) {
    for (int i = 0; i < KINDS; i++) {
        file->kinds[i].runs = calloc((size_t)file->task->segments + 1, sizeof *file->kinds[i].runs);
        if (!file->kinds[i].runs)
            return TASK_LATER;
    }
    if (file->task->fragments && read_init(file))
        return TASK_LATER;
    enum outcome outcome = read_all(file);
    return outcome == TASK_DONE ? write_file(file) : outcome;
}

enum outcome task_file(struct task *task, const char **why) {
    (void)why;
    struct file file = {.task = task};
    if (task->make < 0 || (size_t)task->make >= task->rung_count)
        return TASK_LATER;
    file.rung = &task->rungs[task->make];
    enum outcome outcome = run(&file);
    for (int i = 0; i < KINDS; i++) {
        free(file.kinds[i].list);
        free(file.kinds[i].runs);
    }
    buffer_free(&file.pictures);
    buffer_free(&file.sounds);
    if (outcome == TASK_DONE)
        outcome = commit_begin(task);
    if (outcome != TASK_DONE)
        return outcome;
    rows_free(db_run(task->db, Q_rendition_file, NULL, NULL,
                     ARGS(ARG_INT("asset", task->asset), ARG_INT("rung", task->make))));
    if (db_status(task->db) != OK) {
        db_rollback(task->db);
        return TASK_LATER;
    }
    return commit_end(task, true);
}
