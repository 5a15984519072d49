#include <stdio.h>
#include <unistd.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"

enum { SEGMENT_MAX_US = 60000000 };

struct text {
    struct task *task;
    int next;
};

static enum outcome take(void *self, const struct media_frame *frame, const uint8_t *payload) {
    struct text *text = self;
    struct task *task = text->task;
    char name[NAME_BYTES];
    if (frame->kind == MEDIA_TEXT)
        return track_keep_text(task, task->make, frame, payload);
    if (frame->kind != MEDIA_SEGMENT)
        return TASK_DONE;
    if ((int)frame->index != text->next || text->next >= task->segments || !frame->bytes || frame->a <= 0 ||
        frame->a > SEGMENT_MAX_US)
        return TASK_LATER;
    snprintf(name, sizeof name, "assets/%s/text_%d/segment_%03u.vtt", task->folder, task->make, frame->index);
    if (store_put(name, payload, frame->bytes) ||
        segment_add(task, RUNG_TEXT + task->make, frame->index, frame->bytes, frame->a, "") != OK)
        return TASK_LATER;
    text->next++;
    return TASK_DONE;
}

static enum outcome run(struct text *text, const struct track *track, const char **why) {
    struct task *task = text->task;
    char name[NAME_BYTES];
    if (track->stream >= 0)
        snprintf(name, sizeof name, "uploads/%s", task->upload);
    else
        snprintf(name, sizeof name, "assets/%s/text_%d/source", task->folder, task->make);
    int film = film_open(name);
    if (film < 0)
        return TASK_LATER;
    const char *arguments[] = {"text", arena_print(task->arena, "film=%s", task->film),
                               arena_print(task->arena, "stream=%d", track->stream), task_type(task), NULL};
    enum outcome outcome =
        child_run(task, arguments, film, -1, &(struct child_calls){.frame = take, .self = text}, why);
    close(film);
    return outcome == TASK_DONE && text->next != task->segments ? TASK_LATER : outcome;
}

/* Subtitles that cannot be read are left out: the film is good without them. */
enum outcome task_text(struct task *task, const char **why) {
    struct text text = {.task = task};
    struct track track;
    if (track_load(task, "text", task->make, &track) != OK)
        return TASK_LATER;
    enum outcome outcome = track.known ? run(&text, &track, why) : TASK_DONE;
    bool drop = outcome == TASK_FILM;
    if (outcome == TASK_DONE || drop)
        outcome = commit_begin(task);
    if (outcome != TASK_DONE)
        return outcome;
    if (drop)
        log_warn(NULL, "subtitles_dropped", "asset=%lld number=%d why=%s", (long long)task->asset, task->make,
                 log_value(*why ? *why : ""));
    if ((drop && track_drop(task, "text", task->make) != OK) || playlists_write(task, task->ready)) {
        db_rollback(task->db);
        return TASK_LATER;
    }
    return commit_end(task, false);
}
