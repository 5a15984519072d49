#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"
#include "protocol/node/config.h"

enum { CHUNK_SEGMENTS = 8, QUICK_HEIGHT = 360, FPS_MAX = 120 };

struct probe {
    struct task *task;
    struct media_info info;
    struct media_track tracks[MEDIA_TRACKS_MAX];
    size_t track_count;
    bool told;
};

static bool plausible(const struct media_info *info) {
    return info->version == MEDIA_INFO_VERSION && info->has_video && info->frames > 0 && info->fps_num > 0 &&
           info->fps_den > 0 && info->fps_num / info->fps_den <= FPS_MAX && info->width >= 2 && info->height >= 2 &&
           info->width <= MEDIA_SIDE_MAX && info->height <= MEDIA_SIDE_MAX && info->duration_us > 0 &&
           media_segment_count(info->frames, info->fps_num, info->fps_den) <= MEDIA_SEGMENTS_MAX;
}

/* Texts of a child that may be in a stranger's hands. */
static bool good_track(struct media_track *track) {
    track->language[sizeof track->language - 1] = track->name[sizeof track->name - 1] = 0;
    return (track->kind == MEDIA_TRACK_AUDIO || track->kind == MEDIA_TRACK_TEXT) && track->stream >= 0;
}

/* Every film with sound has a track that it is made of: its pictures wait for it. */
static bool has_its_sound(const struct probe *probe) {
    for (size_t i = 0; i < probe->track_count; i++)
        if (probe->tracks[i].kind == MEDIA_TRACK_AUDIO)
            return true;
    return !probe->info.has_audio;
}

static enum outcome take(void *self, const struct media_frame *frame, const uint8_t *payload) {
    struct probe *probe = self;
    if (frame->kind == MEDIA_INFO && frame->bytes == sizeof probe->info) {
        memcpy(&probe->info, payload, sizeof probe->info);
        probe->told = plausible(&probe->info);
    }
    if (frame->kind == MEDIA_TRACK && frame->bytes == sizeof *probe->tracks && probe->track_count < MEDIA_TRACKS_MAX) {
        struct media_track *track = &probe->tracks[probe->track_count];
        memcpy(track, payload, sizeof *track);
        probe->track_count += good_track(track);
    }
    return TASK_DONE;
}

static enum status add_task(struct task *task, const char *kind, enum rank rank, int first, int count, int make) {
    rows_free(db_run(task->db, Q_task_add, NULL, NULL,
                     ARGS(ARG_INT("asset", task->asset), ARG_TEXT("kind", kind), ARG_INT("rank", rank),
                          ARG_INT("first", first), ARG_INT("count", count), ARG_INT("make", make))));
    return db_status(task->db);
}

static enum status add_rungs(struct task *task) {
    enum status status = OK;
    for (size_t i = 0; status == OK && i < task->rung_count; i++) {
        const struct rung *rung = &task->rungs[i];
        rows_free(db_run(task->db, Q_rendition_add, NULL, NULL,
                         ARGS(ARG_INT("asset", task->asset), ARG_INT("rung", (int64_t)i), ARG_TEXT("name", rung->name),
                              ARG_INT("width", rung->width), ARG_INT("height", rung->quality.height),
                              ARG_INT("crf", rung->quality.crf), ARG_INT("maxrate", rung->quality.maxrate),
                              ARG_INT("bufsize", rung->quality.bufsize))));
        status = db_status(task->db);
    }
    return status;
}

/* The rungs that are quick to make; the lowest at least. */
static int quick_rungs(const struct task *task) {
    int make = task->rung_count ? 1 << (task->rung_count - 1) : 0;
    for (size_t i = 0; i < task->rung_count; i++)
        if (task->rungs[i].quality.height <= QUICK_HEIGHT)
            make |= 1 << i;
    return make;
}

/* Long chunks cost less: each starts a process and decodes up to its first picture. At the film's start they are short,
 * because somebody may watch while it is made, and towards its end, so that all processors end together. */
static int chunk_size(int first, int segments) {
    int size = (first + 1) / 2, end = (segments - first + 3) / 4;
    size = size < end ? size : end;
    return size < CHUNK_SEGMENTS ? size : CHUNK_SEGMENTS;
}

/* The first segment comes first, its low rungs before its high ones: that is what a viewer waits for. */
static enum status add_tasks(struct task *task, int segments) {
    int all = (1 << task->rung_count) - 1, quick = quick_rungs(task);
    enum status status = add_task(task, "chunk", RANK_FIRST, 0, 1, quick);
    if (status == OK && all != quick)
        status = add_task(task, "chunk", RANK_CHUNK, 0, 1, all & ~quick);
    for (int first = 1, size; status == OK && first < segments; first += size) {
        size = chunk_size(first, segments);
        status = add_task(task, "chunk", RANK_CHUNK, first, size, all);
    }
    if (status == OK)
        status = add_task(task, "poster", RANK_POSTER, 0, 0, 0);
    return status == OK ? add_task(task, "finish", RANK_FINISH, 0, 0, 0) : status;
}

/* The rungs' rates are capped, so this is what the film can take at the most: each rung as segments and as one file,
 * and the sounds beside them. Sound costs up to twice its rate in small packets. */
static int64_t most_bytes(const struct probe *probe) {
    const struct task *task = probe->task;
    double seconds = (double)probe->info.duration_us / 1e6, copies = strcmp(config()->files, "on") ? 1 : 2, bits = 0;
    for (size_t i = 0; i < task->rung_count; i++) {
        const struct media_rung *quality = &task->rungs[i].quality;
        bits += copies * (quality->bufsize + (quality->maxrate + 2.0 * MEDIA_AUDIO_BITRATE) * seconds);
    }
    for (size_t i = 0; i < probe->track_count; i++)
        if (probe->tracks[i].kind == MEDIA_TRACK_AUDIO)
            bits +=
                2.0 * (MEDIA_AUDIO_BITRATE + (probe->tracks[i].channels > 2 ? MEDIA_SURROUND_BITRATE : 0)) * seconds;
    return (int64_t)(bits / 8);
}

static enum outcome plan(struct probe *probe) {
    struct task *task = probe->task;
    const struct media_info *info = &probe->info;
    char film[MEDIA_FILM_TEXT_BYTES];
    int segments = (int)media_segment_count(info->frames, info->fps_num, info->fps_den);
    task->rung_count = ladder_for(info->width, info->height, task->rungs, task->arena);
    if (!task->rung_count || media_film_text(info, film, sizeof film) >= (int)sizeof film)
        return TASK_LATER;
    enum outcome outcome = commit_begin(task);
    if (outcome != TASK_DONE)
        return outcome;
    int64_t reserved = most_bytes(probe);
    outcome = room_reserve(task, reserved);
    if (outcome != TASK_DONE) {
        db_rollback(task->db);
        return outcome;
    }
    rows_free(db_run(
        task->db, Q_asset_plan, NULL, NULL,
        ARGS(ARG_INT("asset", task->asset), ARG_TEXT("film", film), ARG_INT("duration_us", info->duration_us),
             ARG_INT("frames", info->frames), ARG_INT("fps_num", info->fps_num), ARG_INT("fps_den", info->fps_den),
             ARG_INT("segments", segments), ARG_BOOL("has_audio", info->has_audio),
             ARG_BOOL("fragments", !strcmp(config()->segment_type, "fmp4")), ARG_INT("reserved", reserved))));
    task->segments = segments;
    if (db_status(task->db) == OK && add_rungs(task) == OK &&
        tracks_add(task, probe->tracks, probe->track_count) == OK && add_tasks(task, segments) == OK)
        return commit_end(task, true);
    db_rollback(task->db);
    return TASK_LATER;
}

enum outcome task_probe(struct task *task, const char **why) {
    char name[NAME_BYTES];
    struct probe probe = {.task = task};
    enum outcome outcome = partials_join(task);
    if (outcome != TASK_DONE)
        return outcome;
    snprintf(name, sizeof name, "uploads/%s", task->upload);
    int film = film_open(name);
    if (film < 0)
        return TASK_LATER;
    const char *arguments[] = {"probe", NULL};
    outcome = child_run(task, arguments, film, -1, &(struct child_calls){.frame = take, .self = &probe}, why);
    close(film);
    if (outcome != TASK_DONE)
        return outcome;
    if (!probe.told || !has_its_sound(&probe)) {
        *why = media_killed_sentence(0);
        return TASK_FILM;
    }
    return plan(&probe);
}
