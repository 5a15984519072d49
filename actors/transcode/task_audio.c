#include <stdio.h>
#include <unistd.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"
#include "protocol/node/clock.h"

enum { TELL_MS = 200, SEGMENT_MAX_US = 60000000 };

struct audio {
    struct task *task;
    int number; /* of the track; the first goes with the pictures too */
    int next, told;
    int64_t told_ms;
};

/* Lets chunks begin as soon as their own audio is there. */
static enum outcome tell(struct audio *audio) {
    struct task *task = audio->task;
    if (audio->number)
        return TASK_DONE;
    rows_free(db_run(task->db, Q_asset_audio, NULL, NULL,
                     ARGS(ARG_INT("asset", task->asset), ARG_INT("segments", audio->next))));
    if (db_status(task->db) != OK)
        return TASK_LATER;
    audio->told = audio->next;
    audio->told_ms = clock_ms();
    bell_ring();
    return TASK_DONE;
}

static enum outcome keep_units(struct audio *audio, const struct media_frame *frame, const uint8_t *payload) {
    char name[NAME_BYTES];
    if ((int)frame->index != audio->next || audio->next >= audio->task->segments)
        return TASK_LATER;
    snprintf(name, sizeof name, "assets/%s/sound/audio_%05u", audio->task->folder, frame->index);
    if (audio->number == 0 && !audio->task->fragments && store_put(name, payload, frame->bytes))
        return TASK_LATER;
    audio->next++;
    return audio->told == 0 || clock_ms() - audio->told_ms > TELL_MS ? tell(audio) : TASK_DONE;
}

/* Written before the lease is checked, which does no harm: whoever makes it makes the same. */
static enum outcome keep_segment(struct audio *audio, const struct media_frame *frame, const uint8_t *payload) {
    struct task *task = audio->task;
    char name[NAME_BYTES];
    if (frame->index >= (uint32_t)task->segments || !frame->bytes || frame->a <= 0 || frame->a > SEGMENT_MAX_US)
        return TASK_LATER;
    snprintf(name, sizeof name, "assets/%s/audio_%d/segment_%03u.%s", task->folder, audio->number, frame->index,
             task_extension(task));
    if (store_put(name, payload, frame->bytes) ||
        segment_add(task, RUNG_AUDIO + audio->number, frame->index, frame->bytes, frame->a, "") != OK)
        return TASK_LATER;
    return TASK_DONE;
}

static enum outcome keep_init(struct audio *audio, const struct media_frame *frame, const uint8_t *payload) {
    struct task *task = audio->task;
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "assets/%s/audio_%d/init.mp4", task->folder, audio->number);
    return !task->fragments || !frame->bytes || store_put(name, payload, frame->bytes) ? TASK_LATER : TASK_DONE;
}

static enum outcome take(void *self, const struct media_frame *frame, const uint8_t *payload) {
    if (frame->kind == MEDIA_AUDIO)
        return keep_units(self, frame, payload);
    if (frame->kind == MEDIA_INIT)
        return keep_init(self, frame, payload);
    return frame->kind == MEDIA_SEGMENT ? keep_segment(self, frame, payload) : TASK_DONE;
}

static enum outcome run(struct audio *audio, const struct track *track, const char **why) {
    struct task *task = audio->task;
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "uploads/%s", task->upload);
    int film = film_open(name);
    if (film < 0)
        return TASK_LATER;
    const char *arguments[] = {"audio",
                               arena_print(task->arena, "film=%s", task->film),
                               arena_print(task->arena, "stream=%d", track->stream),
                               arena_print(task->arena, "channels=%d", track->channels),
                               task_type(task),
                               NULL};
    enum outcome outcome =
        child_run(task, arguments, film, -1, &(struct child_calls){.frame = take, .self = audio}, why);
    close(film);
    return outcome == TASK_DONE && audio->next != task->segments ? TASK_LATER : outcome;
}

enum outcome task_audio(struct task *task, const char **why) {
    struct audio audio = {.task = task, .number = task->make};
    struct track track;
    if (track_load(task, "audio", audio.number, &track) != OK)
        return TASK_LATER;
    enum outcome outcome = run(&audio, &track, why);
    bool drop = outcome == TASK_FILM && audio.number > 0;
    if (outcome == TASK_DONE)
        outcome = tell(&audio);
    if (outcome == TASK_DONE || drop)
        outcome = commit_begin(task);
    if (outcome != TASK_DONE)
        return outcome;
    if (drop && track_drop(task, "audio", audio.number) != OK) {
        db_rollback(task->db);
        return TASK_LATER;
    }
    return commit_end(task, false);
}
