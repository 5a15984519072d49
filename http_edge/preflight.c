#include "http_edge/preflight.h"

#include "http_edge/cors.h"
#include "http_edge/reply.h"

void preflight_answer(struct request *request) {
    char methods[96];
    reply_empty(request, 204);
    if (!request->in.preflight_method || cors_origin(request->in.origin) < 0) {
        cors_methods(request->match.methods | 1u << METHOD_OPTIONS, methods);
        reply_header(request, "Allow", methods);
        return;
    }
    /* Every one: that a path does not take a method is told by a 405 that the page can read. */
    cors_methods((1u << METHOD_COUNT) - 1, methods);
    reply_header(request, "Access-Control-Allow-Methods", methods);
    reply_header(request, "Access-Control-Allow-Headers",
                 "Content-Type, Authorization, X-CSRFToken, X-Retry, Range, If-None-Match, If-Match, Idempotency-Key, "
                 "Traceparent, Tus-Resumable, Upload-Length, Upload-Offset, Upload-Metadata, Upload-Concat, "
                 "Upload-Checksum, X-HTTP-Method-Override, Last-Event-ID");
    reply_header(request, "Access-Control-Max-Age", "600");
}
