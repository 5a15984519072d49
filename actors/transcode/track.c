#include <stdio.h>
#include <string.h>

#include "actors/transcode/language.h"
#include "actors/transcode/transcode.h"
#include "db/store/store.h"
#include "protocol/node/config.h"
#include "protocol/wire/check.h"

enum { STEREO = 2, SURROUND = 6, TRACK_NAME_BYTES = 100 };

struct adding {
    struct task *task;
    int numbers[MEDIA_TRACK_TEXT + 1];
    char names[MEDIA_TRACKS_MAX][TRACK_NAME_BYTES];
    size_t count;
};

/* A line of text of its own among the names: what the container says, the language, or its number. */
static const char *name_of(struct adding *adding, const struct media_track *track, const char *tag, int number) {
    char *name = adding->names[adding->count];
    bool usable = *track->name && text_valid(track->name, strlen(track->name)) && !strpbrk(track->name, "\"\r\n");
    if (usable)
        snprintf(name, TRACK_NAME_BYTES - 8, "%s", track->name);
    else if (language_name(tag))
        snprintf(name, TRACK_NAME_BYTES - 8, "%s", language_name(tag));
    else
        snprintf(name, TRACK_NAME_BYTES - 8, "%s%d", *tag ? tag : "Track ", number + 1);
    for (size_t i = 0; i < adding->count; i++)
        if (!strcmp(adding->names[i], name)) {
            size_t n = strlen(name);
            snprintf(name + n, TRACK_NAME_BYTES - n, " %d", number + 1);
            break;
        }
    return name;
}

static enum status add(struct adding *adding, const struct media_track *track, int channels) {
    char tag[LANGUAGE_BYTES];
    struct task *task = adding->task;
    bool text = track->kind == MEDIA_TRACK_TEXT;
    if (adding->count == MEDIA_TRACKS_MAX)
        return OK;
    int number = adding->numbers[track->kind]++;
    language_tag(track->language, tag);
    const char *name = name_of(adding, track, tag, number);
    adding->count++;
    rows_free(
        db_run(task->db, Q_track_add, NULL, NULL,
               ARGS(ARG_INT("asset", task->asset), ARG_TEXT("kind", text ? "text" : "audio"), ARG_INT("number", number),
                    ARG_INT("stream", track->stream), ARG_TEXT("language", tag), ARG_TEXT("name", name),
                    ARG_INT("channels", channels), ARG_BOOL("preferred", track->preferred && channels != SURROUND),
                    ARG_BOOL("forced", track->forced))));
    if (db_status(task->db) != OK)
        return db_status(task->db);
    rows_free(db_run(task->db, Q_task_add, NULL, NULL,
                     ARGS(ARG_INT("asset", task->asset), ARG_TEXT("kind", text ? "text" : "audio"),
                          ARG_INT("rank", !text && number == 0 ? RANK_AUDIO : RANK_CHUNK), ARG_INT("first", 0),
                          ARG_INT("count", task->segments), ARG_INT("make", number))));
    return db_status(task->db);
}

enum status tracks_add(struct task *task, const struct media_track *tracks, size_t n) {
    struct adding adding = {.task = task};
    enum status status = OK;
    for (size_t i = 0; status == OK && i < n; i++) {
        bool audio = tracks[i].kind == MEDIA_TRACK_AUDIO;
        status = add(&adding, &tracks[i], audio ? STEREO : 0);
    }
    for (size_t i = 0; status == OK && !strcmp(config()->surround, "on") && i < n; i++)
        if (tracks[i].kind == MEDIA_TRACK_AUDIO && tracks[i].channels >= SURROUND)
            status = add(&adding, &tracks[i], SURROUND);
    return status;
}

enum status track_load(struct task *task, const char *kind, int number, struct track *track) {
    struct rows *rows = db_run(task->db, Q_track_show, NULL, NULL,
                               ARGS(ARG_INT("asset", task->asset), ARG_TEXT("kind", kind), ARG_INT("number", number)));
    if (!rows)
        return db_status(task->db);
    track->known = (int64_t)rows_count(rows);
    track->stream = (int)rows_int(rows, 0, "stream");
    track->channels = (int)rows_int(rows, 0, "channels");
    rows_free(rows);
    return OK;
}

enum status track_drop(struct task *task, const char *kind, int number) {
    int rung = number + (kind[0] == 't' ? RUNG_TEXT : RUNG_AUDIO);
    rows_free(db_run(
        task->db, Q_track_delete, NULL, NULL,
        ARGS(ARG_INT("asset", task->asset), ARG_TEXT("kind", kind), ARG_INT("number", number), ARG_INT("rung", rung))));
    return db_status(task->db);
}

enum outcome track_keep_text(const struct task *task, int number, const struct media_frame *frame,
                             const uint8_t *payload) {
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "assets/%s/text_%d/all.vtt", task->folder, number);
    return !frame->bytes || store_put(name, payload, frame->bytes) ? TASK_LATER : TASK_DONE;
}

enum status segment_add(struct task *task, int rung, uint32_t number, uint64_t bytes, int64_t duration_us,
                        const char *keys) {
    rows_free(
        db_run(task->db, Q_segment_add, NULL, NULL,
               ARGS(ARG_INT("asset", task->asset), ARG_INT("rung", rung), ARG_INT("number", number),
                    ARG_INT("bytes", (int64_t)bytes), ARG_INT("duration_us", duration_us), ARG_TEXT("keys", keys))));
    return db_status(task->db);
}
