#include <string.h>

#include "actors/transcode/transcode.h"

static int load_rungs(struct task *task) {
    struct rows *rows = db_run(task->db, Q_renditions, NULL, NULL, ARGS(ARG_INT("asset", task->asset)));
    if (!rows)
        return -1;
    for (size_t i = 0; i < rows_count(rows) && i < MEDIA_RUNGS_MAX; i++) {
        task->rungs[task->rung_count++] =
            (struct rung){.quality = {(uint32_t)rows_int(rows, i, "height"), (uint32_t)rows_int(rows, i, "crf"),
                                      (uint32_t)rows_int(rows, i, "maxrate"), (uint32_t)rows_int(rows, i, "bufsize")},
                          .width = (uint32_t)rows_int(rows, i, "width"),
                          .name = arena_text(task->arena, rows_text(rows, i, "name"))};
    }
    rows_free(rows);
    return 0;
}

int task_load(struct task *task) {
    struct rows *rows = db_run(task->db, Q_asset_show, NULL, NULL, ARGS(ARG_INT("asset", task->asset)));
    if (!rows || !rows_count(rows)) {
        rows_free(rows);
        return -1;
    }
    task->title = rows_int(rows, 0, "title_id");
    task->folder = arena_text(task->arena, rows_text(rows, 0, "folder"));
    task->upload = arena_text(task->arena, rows_text(rows, 0, "upload_id"));
    task->film = arena_text(task->arena, rows_text(rows, 0, "film"));
    task->segments = (int)rows_int(rows, 0, "segments");
    task->frames = rows_int(rows, 0, "frames");
    task->fps_num = (uint32_t)rows_int(rows, 0, "fps_num");
    task->fps_den = (uint32_t)rows_int(rows, 0, "fps_den");
    task->has_audio = rows_bool(rows, 0, "has_audio");
    task->fragments = rows_bool(rows, 0, "fragments");
    task->ready = !strcmp(rows_text(rows, 0, "state"), "ready");
    task->progress = rows_real(rows, 0, "progress");
    task->running_seconds = rows_real(rows, 0, "running_seconds");
    rows_free(rows);
    return task->folder && task->upload && task->film ? load_rungs(task) : -1;
}

const char *task_extension(const struct task *task) {
    return task->fragments ? "m4s" : "ts";
}

const char *task_type(const struct task *task) {
    return task->fragments ? "type=fmp4" : "type=ts";
}

void task_hint(const struct task *task, double progress) {
    double left = progress > 0.01 ? task->running_seconds * (1 - progress) / progress : 0;
    actor_event(task->actor, &(struct bus_event){.topic = "progress",
                                                 .id = task->title,
                                                 .has_id = true,
                                                 .state = "processing",
                                                 .progress = progress,
                                                 .has_progress = true,
                                                 .eta_seconds = (int64_t)left,
                                                 .has_eta_seconds = left > 0});
}
