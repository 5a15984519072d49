#include <stdio.h>
#include <unistd.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"
#include "protocol/wire/buffer.h"

/* The storyboard: one picture of small pictures, and the WebVTT that says which is when (as players expect it). */

struct sheet {
    const struct task *task;
    struct sheet_shape shape;
    bool made;
};

static void clock_text(struct buffer *to, int64_t us) {
    int64_t ms = us / 1000;
    buffer_print(to, "%02lld:%02lld:%02lld.%03lld", (long long)(ms / 3600000), (long long)(ms / 60000 % 60),
                 (long long)(ms / 1000 % 60), (long long)(ms % 1000));
}

static int put_list(const struct sheet *sheet) {
    struct buffer text = {0};
    char name[NAME_BYTES];
    buffer_text(&text, "WEBVTT\n");
    for (int64_t i = 0; i * sheet->shape.every_us < sheet->shape.length_us && i < MEDIA_TILES_MAX; i++) {
        int64_t end_us = (i + 1) * sheet->shape.every_us;
        buffer_text(&text, "\n");
        clock_text(&text, i * sheet->shape.every_us);
        buffer_text(&text, " --> ");
        clock_text(&text, end_us < sheet->shape.length_us ? end_us : sheet->shape.length_us);
        buffer_print(&text, "\nstoryboard_0.jpg#xywh=%lld,%lld,%u,%u\n",
                     (long long)(i % MEDIA_TILE_COLUMNS * sheet->shape.width),
                     (long long)(i / MEDIA_TILE_COLUMNS * sheet->shape.height), sheet->shape.width,
                     sheet->shape.height);
    }
    snprintf(name, sizeof name, "assets/%s/storyboard.vtt", sheet->task->folder);
    int rc = text.failed ? -1 : store_put(name, text.at, text.n);
    buffer_free(&text);
    return rc;
}

static enum outcome take(void *self, const struct media_frame *frame, const uint8_t *payload) {
    struct sheet *sheet = self;
    char name[NAME_BYTES];
    if (frame->kind != MEDIA_SHEET || !frame->bytes || frame->bytes > MEDIA_POSTER_MAX_BYTES)
        return TASK_DONE;
    snprintf(name, sizeof name, "assets/%s/storyboard_0.jpg", sheet->task->folder);
    if (store_put(name, payload, frame->bytes) || put_list(sheet))
        return TASK_LATER;
    sheet->made = true;
    return TASK_DONE;
}

/* A film without a storyboard is still a film. */
enum outcome task_sheet(struct task *task, const char **why) {
    char name[NAME_BYTES];
    struct sheet sheet = {.task = task};
    snprintf(name, sizeof name, "uploads/%s", task->upload);
    int film = film_open(name);
    if (film < 0 || !task->rung_count)
        return TASK_LATER;
    sheet_measure(task, &sheet.shape);
    const char *arguments[] = {"sheet", arena_print(task->arena, "film=%s", task->film),
                               arena_print(task->arena, "size=%ux%u", sheet.shape.width, sheet.shape.height),
                               arena_print(task->arena, "every=%lld", (long long)sheet.shape.every_us), NULL};
    enum outcome outcome =
        child_run(task, arguments, film, -1, &(struct child_calls){.frame = take, .self = &sheet}, why);
    close(film);
    if (outcome == TASK_FILM || (outcome == TASK_DONE && !sheet.made))
        log_warn(NULL, "storyboard_failed", "asset=%lld", (long long)task->asset);
    else if (outcome != TASK_DONE)
        return outcome;
    outcome = commit_begin(task);
    if (outcome == TASK_DONE && task->fragments && playlists_write(task, true)) {
        db_rollback(task->db);
        return TASK_LATER;
    }
    return outcome == TASK_DONE ? commit_end(task, false) : outcome;
}
