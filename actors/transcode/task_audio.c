#include <stdio.h>
#include <unistd.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"
#include "protocol/node/clock.h"

enum { TELL_MS = 200 };

struct audio {
    struct task *task;
    int next, told;
    int64_t told_ms;
};

/* Lets chunks begin as soon as their own audio is there. */
static enum outcome tell(struct audio *audio) {
    struct task *task = audio->task;
    rows_free(db_run(task->db, Q_asset_audio, NULL, NULL,
                     ARGS(ARG_INT("asset", task->asset), ARG_INT("segments", audio->next))));
    if (db_status(task->db) != OK)
        return TASK_LATER;
    audio->told = audio->next;
    audio->told_ms = clock_ms();
    runner_wake();
    return TASK_DONE;
}

static enum outcome take(void *self, const struct media_frame *frame, const uint8_t *payload) {
    struct audio *audio = self;
    char name[NAME_BYTES];
    if (frame->kind != MEDIA_AUDIO)
        return TASK_DONE;
    if ((int)frame->index != audio->next || audio->next >= audio->task->segments)
        return TASK_LATER;
    snprintf(name, sizeof name, "assets/%s/sound/audio_%05u", audio->task->folder, frame->index);
    if (store_put(name, payload, frame->bytes))
        return TASK_LATER;
    audio->next++;
    return audio->told == 0 || clock_ms() - audio->told_ms > TELL_MS ? tell(audio) : TASK_DONE;
}

enum outcome task_audio(struct task *task, const char **why) {
    char name[NAME_BYTES];
    struct audio audio = {.task = task};
    snprintf(name, sizeof name, "uploads/%s", task->upload);
    int film = store_read(name);
    if (film < 0)
        return TASK_LATER;
    const char *arguments[] = {"audio", arena_print(task->arena, "film=%s", task->film), NULL};
    enum outcome outcome =
        child_run(task, arguments, film, -1, &(struct child_calls){.frame = take, .self = &audio}, why);
    close(film);
    if (outcome != TASK_DONE)
        return outcome;
    if (audio.next != task->segments)
        return TASK_LATER;
    outcome = tell(&audio);
    if (outcome == TASK_DONE)
        outcome = commit_begin(task);
    return outcome == TASK_DONE ? commit_end(task, false) : outcome;
}
