#include <stdio.h>
#include <unistd.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"

struct poster {
    struct task *task;
    bool made;
};

static enum outcome take(void *self, const struct media_frame *frame, const uint8_t *payload) {
    struct poster *poster = self;
    char name[NAME_BYTES];
    if (frame->kind != MEDIA_POSTER || !frame->bytes || frame->bytes > MEDIA_POSTER_MAX_BYTES)
        return TASK_DONE;
    snprintf(name, sizeof name, "assets/%s/poster.jpg", poster->task->folder);
    if (store_put(name, payload, frame->bytes))
        return TASK_LATER;
    poster->made = true;
    return TASK_DONE;
}

/* A film whose poster cannot be made is still a film: only a full disk or a lost lease stops here. */
enum outcome task_poster(struct task *task, const char **why) {
    char name[NAME_BYTES];
    struct poster poster = {.task = task};
    snprintf(name, sizeof name, "uploads/%s", task->upload);
    int film = film_open(name);
    if (film < 0 || !task->rung_count)
        return TASK_LATER;
    const char *arguments[] = {
        "poster", arena_print(task->arena, "film=%s", task->film),
        arena_print(task->arena, "size=%ux%u", task->rungs[0].width, task->rungs[0].quality.height), NULL};
    enum outcome outcome =
        child_run(task, arguments, film, -1, &(struct child_calls){.frame = take, .self = &poster}, why);
    close(film);
    if (outcome == TASK_FILM)
        log_warn(NULL, "poster_failed", "asset=%lld", (long long)task->asset);
    else if (outcome != TASK_DONE)
        return outcome;
    outcome = commit_begin(task);
    if (outcome != TASK_DONE)
        return outcome;
    if (poster.made)
        rows_free(db_run(task->db, Q_asset_poster, NULL, NULL, ARGS(ARG_INT("asset", task->asset))));
    return commit_end(task, poster.made);
}
