#include "actors/actor_parts.h"
#include "protocol/wire/codec.h"

/* Asks with a key of their client's (header.once) take effect once for 24 hours: the answer is kept in the transaction
 * of the work, and given again to whoever asks the same under the same key. */

/* The kept answer becomes the reply. */
static enum status give_again(struct call *call, const struct rows *rows) {
    struct fault fault;
    if (!rows_count(rows) || rows_int(rows, 0, "body") != (int64_t)call->header.once_body)
        return call_refuse(call, UNPROCESSABLE, "idempotency-reused",
                           "This Idempotency-Key was used for another request.");
    struct bytes answer = rows_bytes(rows, 0, "answer", call->arena);
    void *reply = body_decode(call->message->reply(), answer.at, answer.n, call->arena, &fault);
    if (!reply)
        return call_refuse(call, CONFLICT, "idempotency-outdated",
                           "The answer that is kept for this Idempotency-Key cannot be read any more.");
    call->reply = reply;
    call->replayed = true;
    return OK;
}

enum status once_begin(struct call *call) {
    struct rows *rows = call_run(
        call, ONCE_BEGIN,
        ARGS(ARG_BYTES("key", call->header.once, ONCE_BYTES), ARG_INT("body", (int64_t)call->header.once_body)));
    if (!rows)
        return call->status;
    bool ours = rows_count(rows) > 0;
    rows_free(rows);
    if (ours)
        return OK;
    if (!(rows = call_run(call, ONCE_KEPT, ARGS(ARG_BYTES("key", call->header.once, ONCE_BYTES)))))
        return call->status;
    call->status = give_again(call, rows);
    rows_free(rows);
    return call->status;
}

enum status once_end(struct call *call) {
    struct buffer answer = {0};
    call->status = INTERNAL;
    if (!body_encode(call->message->reply(), call->reply, &answer))
        call_do(call, ONCE_END,
                ARGS(ARG_BYTES("key", call->header.once, ONCE_BYTES), ARG_BYTES("answer", answer.at, answer.n)));
    buffer_free(&answer);
    return call->status;
}
