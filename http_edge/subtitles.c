#include <stdlib.h>
#include <string.h>

#include "http_edge/natives.h"
#include "http_edge/reply.h"
#include "http_edge/send.h"
#include "http_edge/shard.h"
#include "http_edge/text.h"
#include "http_edge/upload.h"
#include "protocol/node/clock.h"

/* Subtitles as a file of their own: the bytes go into the store under a name that nobody can guess, transcode reads
 * them in its sandbox; they are removed at the request's end. */

enum { SUBTITLES_BYTES = 4 << 20 };

static void made(struct request *request) {
    const struct answer *answer = &request->answers[0];
    if (answer->status == OK)
        reply_record(request, answer->value);
    else
        reply_problem(request, answer);
}

static void arrived(struct request *request) {
    bool whole;
    int64_t bytes = upload_offset(request, &whole);
    upload_unlock(request);
    if (bytes < 0) {
        reply_refuse(request, UNAVAILABLE, "store-failed", "The store did not take the subtitles; try again.");
        return;
    }
    if (upload_overflowed(request)) {
        reply_refuse(request, TOO_LARGE, NULL, "Subtitles may have at most four megabytes.");
        return;
    }
    struct subtitles_new ask = {.title_id = request_number(request, "id"),
                                .language = request_param(request, "language"),
                                .name = request_query(request, "name"),
                                .file = request->upload_id};
    request_ask(request, 0, MSG_transcode_subtitles, &ask, made);
}

void subtitles_put_early(struct request *request) {
    const char *length = request->in.content_length;
    const char *file = arena_print(request->arena, "incoming/%016llx%016llx", (unsigned long long)random_u64(),
                                   (unsigned long long)random_u64());
    if (length && strtoull(length, NULL, 10) > SUBTITLES_BYTES) {
        reply_refuse(request, TOO_LARGE, NULL, "Subtitles may have at most four megabytes.");
        return;
    }
    request->upload_id = file ? strchr(file, '/') + 1 : NULL;
    switch (file ? upload_open_temporary(request, file, SUBTITLES_BYTES) : UPLOAD_FAILED) {
    case UPLOAD_OPENED:
        return;
    case UPLOAD_TOO_MANY:
        reply_refuse(request, BUSY, NULL, "Too many uploads are arriving; try again soon.");
        return;
    default:
        reply_refuse(request, UNAVAILABLE, "store-failed", "The store cannot be written to.");
    }
}

void subtitles_put(struct request *request) {
    upload_finish(request, arrived);
}
