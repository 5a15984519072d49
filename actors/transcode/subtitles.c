#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "actors/transcode/language.h"
#include "actors/transcode/transcode.h"
#include "db/store/store.h"
#include "protocol/node/config.h"

enum { MEMORY_MB = 512, CPU_SECONDS = 15, SEGMENT_MAX_US = 60000000 };

struct subtitles {
    struct task task; /* only what is known of the film */
    int number, next;
};

static enum outcome take(void *self, const struct media_frame *frame, const uint8_t *payload) {
    struct subtitles *is = self;
    char name[NAME_BYTES];
    if (frame->kind == MEDIA_TEXT)
        return track_keep_text(&is->task, is->number, frame, payload);
    if (frame->kind != MEDIA_SEGMENT)
        return TASK_DONE;
    if ((int)frame->index != is->next || is->next >= is->task.segments || !frame->bytes || frame->a <= 0 ||
        frame->a > SEGMENT_MAX_US)
        return TASK_LATER;
    snprintf(name, sizeof name, "assets/%s/text_%d/segment_%03u.vtt", is->task.folder, is->number, frame->index);
    if (store_put(name, payload, frame->bytes) ||
        segment_add(&is->task, RUNG_TEXT + is->number, frame->index, frame->bytes, frame->a, "") != OK)
        return TASK_LATER;
    is->next++;
    return TASK_DONE;
}

static enum outcome make(struct call *call, struct subtitles *is, int file, const char **why) {
    const char *arguments[] = {"text", arena_print(call->arena, "film=%s", is->task.film), "stream=-1",
                               task_type(&is->task), NULL};
    if (!arguments[1])
        return TASK_LATER;
    struct child_order order = {.actor = call->actor,
                                .arena = call->arena,
                                .arguments = arguments,
                                .film = file,
                                .audio = -1,
                                .memory_mb = MEMORY_MB,
                                .cpu_seconds = CPU_SECONDS,
                                .label = "kind=subtitles",
                                .killed = media_killed_sentence,
                                .frame = take,
                                .self = is};
    enum outcome outcome = child_do(&order, why);
    return outcome == TASK_DONE && is->next != is->task.segments ? TASK_LATER : outcome;
}

enum status subtitles_film(struct call *call, int64_t title, struct task *task) {
    struct rows *rows = call_run(call, Q_asset_of_title, ARGS(ARG_INT("title_id", title)));
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    *task = (struct task){.actor = call->actor, .db = call->db, .arena = call->arena, .title = title};
    task->asset = rows_int(rows, 0, "id");
    rows_free(rows);
    if (!found)
        return call_refuse(call, CONFLICT, "no-film", "This title has no film yet that subtitles could belong to.");
    rows_free(call_run(call, Q_asset_lock, ARGS(ARG_INT("asset", task->asset))));
    if (call->status != OK)
        return call->status;
    return task_load(task) ? INTERNAL : OK;
}

enum status subtitles_remove(struct call *call, struct task *task, const char *tag, bool *any) {
    struct rows *rows = call_run(call, Q_tracks_sent, ARGS(ARG_INT("asset", task->asset), ARG_TEXT("tag", tag)));
    *any = rows && rows_count(rows);
    for (size_t i = 0; rows && call->status == OK && i < rows_count(rows); i++)
        call->status = track_drop(task, "text", (int)rows_int(rows, i, "number"));
    rows_free(rows);
    return call->status;
}

static enum status next_number(struct call *call, struct subtitles *is) {
    struct rows *rows =
        call_run(call, Q_track_number, ARGS(ARG_INT("asset", is->task.asset), ARG_TEXT("kind", "text")));
    if (!rows)
        return call->status;
    is->number = (int)rows_int(rows, 0, "number");
    rows_free(rows);
    return is->number < SUBTITLES_MAX
               ? OK
               : call_refuse(call, CONFLICT, "too-many", "This film has too many subtitles already.");
}

static enum status add(struct call *call, int file, const char *tag) {
    const struct subtitles_new *ask = call->ask;
    struct subtitles_made *reply = call->reply;
    struct subtitles is = {.number = 0};
    const char *why = NULL, *name = ask->name && *ask->name ? ask->name : language_name(tag);
    bool any;
    if (name && strpbrk(name, "\"\r\n"))
        return call_invalid(call, "/name", "must be one line without quotation marks");
    if (subtitles_film(call, ask->title_id, &is.task) != OK || next_number(call, &is) != OK)
        return call->status != OK ? call->status : INTERNAL;
    enum outcome outcome = make(call, &is, file, &why);
    if (outcome == TASK_FILM)
        return call_refuse(call, INVALID, "subtitles-refused", why ? why : media_killed_sentence(0));
    if (outcome != TASK_DONE || subtitles_keep(&is.task, is.number, file))
        return call_refuse(call, UNAVAILABLE, "subtitles-failed", "The subtitles could not be added now; try again.");
    if (subtitles_remove(call, &is.task, tag, &any) != OK)
        return call->status;
    reply->language = tag;
    reply->name = name ? name : tag;
    if (call_do(call, Q_track_add,
                ARGS(ARG_INT("asset", is.task.asset), ARG_TEXT("kind", "text"), ARG_INT("number", is.number),
                     ARG_INT("stream", -1), ARG_TEXT("language", tag), ARG_TEXT("name", reply->name),
                     ARG_INT("channels", 0), ARG_BOOL("preferred", false), ARG_BOOL("forced", false))) != OK)
        return call->status;
    return playlists_write(&is.task, is.task.ready) ? INTERNAL : OK;
}

const char *subtitles_tag(struct call *call, const char *language) {
    char tag[LANGUAGE_BYTES];
    language_tag(language, tag);
    if (!*tag)
        call_invalid(call, "/language", "must be the tag of a language, such as de or pt-BR");
    return *tag ? arena_text(call->arena, tag) : NULL;
}

enum status transcode_subtitles(struct call *call) {
    const struct subtitles_new *ask = call->ask;
    char name[NAME_BYTES];
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    if (!picture_name_good(ask->file))
        return call_invalid(call, "/file", "is no name of an arrived file");
    snprintf(name, sizeof name, "incoming/%s", ask->file);
    const char *tag = subtitles_tag(call, ask->language);
    int file = tag ? store_read(name) : -1;
    if (file < 0)
        return tag ? call_refuse(call, NOT_FOUND, "file-missing", "There is no such file.") : call->status;
    enum status status = add(call, file, tag);
    close(file);
    store_delete(name);
    return status;
}
