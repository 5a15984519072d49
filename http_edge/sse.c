#include "http_edge/sse.h"

#include <string.h>

#include "http_edge/reply.h"
#include "protocol/node/clock.h"

enum { BEAT_MS = 15000, WAITING_BYTES_MAX = 65536 };

void sse_wake(struct sse *sse) {
    sse->said_ms = clock_ms();
    /* A reader that slow has stopped looking. */
    if (sse->out.failed || sse->out.n - sse->sent > WAITING_BYTES_MAX)
        request_abandon(sse->request);
    else
        request_resume(sse->request);
}

void sse_beat(struct sse *sse, int64_t now_ms) {
    if (now_ms - sse->said_ms < BEAT_MS)
        return;
    buffer_text(&sse->out, ": still here\n\n");
    sse_wake(sse);
}

void sse_end(struct sse *sse) {
    sse->ended = true;
    request_resume(sse->request);
}

void sse_free(struct sse *sse) {
    buffer_free(&sse->out);
}

static ssize_t read_stream(void *self, uint64_t position, char *to, size_t size) {
    (void)position;
    struct sse *sse = self;
    size_t n = sse->out.n - sse->sent;
    if (sse->request->gone)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (!n && sse->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (!n) {
        request_park(sse->request);
        return 0;
    }
    n = n < size ? n : size;
    memcpy(to, sse->out.at + sse->sent, n);
    sse->sent += n;
    if (sse->sent == sse->out.n)
        sse->sent = sse->out.n = 0;
    return (ssize_t)n;
}

void sse_start(struct sse *sse, struct request *request) {
    struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream, sse, NULL);
    if (!response) {
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
        return;
    }
    reply_response(request, 200, response, 0);
    reply_common(request, response);
    reply_header(request, "Content-Type", "text/event-stream");
    reply_header(request, "Cache-Control", "no-store");
    reply_header(request, "X-Accel-Buffering", "no");
}
