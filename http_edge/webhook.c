#include "http_edge/natives.h"
#include "http_edge/reply.h"
#include "http_edge/request.h"

/* What a payment provider tells: handed on byte for byte, because its signature is made of the bytes. */

static void told(struct request *request) {
    struct buffer json = {0};
    if (request->answers[0].status != OK) {
        reply_problem(request, &request->answers[0]);
        return;
    }
    buffer_text(&json, "{\"received\":true}");
    reply_json(request, 200, &json);
}

void webhook_take(struct request *request) {
    struct webhook_ask ask = {.payload = {(const uint8_t *)request->body.at, request->body.n},
                              .signature = request->in.stripe_signature};
    if (request->body.n)
        request_ask(request, 0, MSG_auth_webhook, &ask, told);
    else
        reply_refuse(request, INVALID, "malformed", "A body is needed.");
}
