#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"
#include "protocol/wire/buffer.h"

struct picture {
    const struct picture_ask *ask;
    const char *folder;
    struct picture_size sizes[MEDIA_SIZES_MAX];
    size_t made;
};

/* The outputs come in the order in which they were asked for. */
static enum outcome take(void *self, const struct media_frame *frame, const uint8_t *payload) {
    struct picture *picture = self;
    char name[NAME_BYTES + 32];
    bool good = frame->kind == MEDIA_PICTURE && frame->index == picture->made && frame->index < picture->ask->sizes.n &&
                frame->bytes && frame->bytes <= MEDIA_POSTER_MAX_BYTES && frame->a > 0 && frame->a <= 4096 &&
                frame->b > 0 && frame->b <= 4096;
    if (!good)
        return TASK_LATER;
    int64_t size = LIST_AT(picture->ask->sizes, int64_t, frame->index);
    snprintf(name, sizeof name, "%s/%" PRId64 ".jpg", picture->folder, size);
    if (store_put(name, payload, frame->bytes))
        return TASK_LATER;
    picture->sizes[picture->made++] = (struct picture_size){
        .size = size, .has_size = true, .width = frame->a, .has_width = true, .height = frame->b, .has_height = true};
    return TASK_DONE;
}

static enum outcome make(struct call *call, struct picture *picture, int file, const char **why) {
    struct buffer sizes = {0};
    for (size_t i = 0; i < picture->ask->sizes.n; i++)
        buffer_print(&sizes, "%s%" PRId64, i ? "," : "sizes=", LIST_AT(picture->ask->sizes, int64_t, i));
    const char *arguments[] = {"picture", arena_print(call->arena, "shape=%s", picture->ask->shape),
                               arena_copy(call->arena, sizes.at ? sizes.at : "", sizes.n), NULL};
    buffer_free(&sizes);
    if (!arguments[1] || !arguments[2])
        return TASK_LATER;
    struct child_order order = {.actor = call->actor,
                                .arena = call->arena,
                                .arguments = arguments,
                                .film = file,
                                .audio = -1,
                                .memory_mb = MEDIA_PICTURE_MEM_MB,
                                .cpu_seconds = MEDIA_PICTURE_CPU_S,
                                .label = "kind=picture",
                                .killed = media_killed_picture,
                                .frame = take,
                                .self = picture};
    enum outcome outcome = child_do(&order, why);
    return outcome == TASK_DONE && picture->made != picture->ask->sizes.n ? TASK_LATER : outcome;
}

static enum status reply(struct call *call, const struct picture *picture, const char *name) {
    struct picture_made *reply = call->reply;
    struct picture_size *sizes = arena_alloc(call->arena, picture->made * sizeof *sizes);
    reply->name = arena_text(call->arena, name);
    if (!sizes || !reply->name)
        return INTERNAL;
    for (size_t i = 0; i < picture->made; i++)
        sizes[i] = picture->sizes[i];
    reply->sizes = (struct list){sizes, picture->made};
    return OK;
}

/* The row comes first: whatever dies from here on, the sweep finds the files. */
static enum status work(struct call *call, int file) {
    char name[PICTURE_NAME_BYTES], folder[NAME_BYTES];
    const char *why = NULL;
    struct picture picture = {.ask = call->ask, .folder = folder};
    snprintf(name, sizeof name, "%016" PRIx64 "%016" PRIx64, random_u64(), random_u64());
    picture_folder(name, folder);
    if (call_do(call, Q_picture_add, ARGS(ARG_TEXT("name", name))) != OK)
        return call->status;
    enum outcome outcome = make(call, &picture, file, &why);
    if (outcome == TASK_DONE)
        return reply(call, &picture, name);
    if (!store_delete(folder))
        rows_free(db_run(call->db, Q_picture_delete, NULL, NULL, ARGS(ARG_TEXT("name", name))));
    if (outcome == TASK_FILM)
        return call_refuse(call, INVALID, "picture-refused", why ? why : media_killed_picture(0));
    return call_refuse(call, UNAVAILABLE, "picture-failed", "The picture could not be made now; try again.");
}

enum status transcode_picture(struct call *call) {
    const struct picture_ask *ask = call->ask;
    char name[NAME_BYTES];
    if (!picture_name_good(ask->file))
        return call_invalid(call, "/file", "is no name of an arrived file");
    if (!ask->sizes.n)
        return call_invalid(call, "/sizes", "must not be empty");
    for (size_t i = 0; i < ask->sizes.n; i++)
        if (LIST_AT(ask->sizes, int64_t, i) < 16 || LIST_AT(ask->sizes, int64_t, i) > 4096)
            return call_invalid(call, "/sizes", "must be from 16 to 4096");
    snprintf(name, sizeof name, "incoming/%s", ask->file);
    int file = store_read(name);
    if (file < 0)
        return call_refuse(call, NOT_FOUND, "picture-missing", "There is no such file.");
    enum status status = work(call, file);
    close(file);
    store_delete(name);
    return status;
}
