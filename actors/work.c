#include <string.h>

#include "actors/actor_parts.h"
#include "protocol/node/clock.h"
#include "protocol/wire/codec.h"

static int encode_answer(const struct call *call, struct buffer *body) {
    if (call->status == OK)
        return body_encode(call->message->reply(), call->reply, body);
    return call->problem ? body_encode(problem_record(), call->problem, body) : 0;
}

/* Hands the answer to the main thread and frees the call. */
void work_answer(struct call *call) {
    struct parcel *parcel = calloc(1, sizeof *parcel);
    if (parcel) {
        *parcel = (struct parcel){.kind = PARCEL_SAY, .broker = call->broker, .header = call->header};
        if (encode_answer(call, &parcel->body)) {
            log_error(call->header.trace, "answer_broken", "message=%s", call->message->name);
            buffer_free(&parcel->body);
            call->status = INTERNAL;
        }
        parcel->header.kind = KIND_SAY;
        parcel->header.status = (uint16_t)call->status;
        parcel->header.once_body = call->replayed;
        out_put(&call->actor->out, parcel);
    }
    arena_free(call->arena);
}

/* Decodes the ask; false when the call was answered already. */
static bool prepare(struct call *call, struct db *db) {
    struct fault fault;
    call->db = db;
    if (clock_ms() >= call->deadline_ms)
        call->status = DEADLINE;
    else if (actor_is_cancelled(call->actor, &call->header.key))
        call->status = CANCELLED;
    else if (!(call->ask = body_decode(call->message->ask(), call->body, call->body_bytes, call->arena, &fault)))
        call_invalid(call, arena_text(call->arena, fault.field), arena_text(call->arena, fault.why));
    else if (!(call->reply = arena_alloc(call->arena, call->message->reply()->about->bytes)))
        call->status = INTERNAL;
    if (call->status == OK)
        return true;
    work_answer(call);
    return false;
}

/* A key that was applied before: the outbox of another service delivers again what it has no answer for. */
static bool seen_before(struct call *call) {
    struct rows *rows = db_run(
        call->db, SEEN_PUT, NULL, NULL,
        ARGS(ARG_INT("edge", (int64_t)call->header.key.edge), ARG_INT("sequence", (int64_t)call->header.key.sequence)));
    bool before = rows && !rows_count(rows);
    call->status = db_status(call->db);
    rows_free(rows);
    return before;
}

/* The work itself, unless it was done before. */
static enum status run_work(const struct handler *handler, struct call *call) {
    bool client_key = header_once(&call->header);
    if (client_key && (once_begin(call) != OK || call->replayed))
        return call->status;
    bool skip = handler->once && seen_before(call);
    if (call->status == OK && !skip)
        call->status = handler->one(call);
    return call->status == OK && client_key ? once_end(call) : call->status;
}

static void run_in_transaction(const struct handler *handler, struct call *call) {
    call->status = db_begin(call->db);
    if (call->status != OK)
        return;
    call->status = run_work(handler, call);
    if (call->status != OK) {
        db_rollback(call->db);
        return;
    }
    call->status = db_commit(call->db);
    if (call->status == OK && call->posted)
        actor_posted(call->actor);
}

/* A connection that the server closed is noticed by its next user; deadlocks pass. Once more is safe where the contract
 * says so. */
static bool worth_again(const struct call *call) {
    bool passing = call->status == UNAVAILABLE || call->status == BUSY || call->status == UNKNOWN_OUTCOME;
    return passing && !call->problem && (call->message->retry || header_once(&call->header));
}

static void begin_anew(struct call *call) {
    call->status = OK;
    call->problem = NULL;
    call->posted = 0;
    call->events = NULL;
    call->replayed = false;
    memset(call->reply, 0, call->message->reply()->about->bytes);
}

static void run_one(const struct handler *handler, struct call *call) {
    for (int attempt = 0; attempt < 2; attempt++) {
        begin_anew(call);
        if (handler->transaction)
            run_in_transaction(handler, call);
        else
            call->status = handler->one(call);
        if (!worth_again(call) || (call->status == UNAVAILABLE && db_connect(call->db) != OK))
            break;
    }
}

static void run_many(const struct handler *handler, struct call **calls, size_t n) {
    struct call *again[BATCH_MAX];
    size_t left = 0;
    handler->many(calls, n);
    for (size_t i = 0; i < n && left < BATCH_MAX; i++)
        if (worth_again(calls[i]))
            again[left++] = calls[i];
    if (!left || db_connect(again[0]->db) != OK)
        return;
    for (size_t i = 0; i < left; i++)
        begin_anew(again[i]);
    handler->many(again, left);
}

void work_run(struct actor *actor, struct db *db, struct call **calls, size_t n) {
    const struct handler *handler = calls[0]->handler;
    size_t ready = 0;
    db_notice_loss(db);
    for (size_t i = 0; i < n; i++)
        if (prepare(calls[i], db))
            calls[ready++] = calls[i];
    if (handler->many && ready)
        run_many(handler, calls, ready);
    for (size_t i = 0; i < ready; i++) {
        if (!handler->many)
            run_one(handler, calls[i]);
        if (calls[i]->status == INTERNAL)
            log_error(calls[i]->header.trace, "handler_failed", "message=%s", calls[i]->message->name);
        for (struct call_events *hint = calls[i]->events; hint && calls[i]->status == OK; hint = hint->next)
            actor_event(actor, &hint->event);
        work_answer(calls[i]);
    }
}
