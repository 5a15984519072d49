#include "actors/actor_parts.h"
#include "protocol/wire/codec.h"

static enum status refuse(struct call *call, enum status status, struct problem problem) {
    call->problem = arena_alloc(call->arena, sizeof problem);
    if (call->problem)
        *call->problem = problem;
    return call->status = status;
}

enum status call_needs(struct call *call, uint32_t roles) {
    return call->header.roles & roles ? OK : call_refuse(call, FORBIDDEN, "forbidden", "This account may not do that.");
}

/* A hint that finds no memory is dropped: nothing depends on its arrival. */
void call_event(struct call *call, const struct bus_event *event) {
    struct call_events *entry = arena_alloc(call->arena, sizeof *entry);
    struct call_events **end = &call->events;
    if (!entry)
        return;
    entry->event = *event;
    while (*end)
        end = &(*end)->next;
    *end = entry;
}

enum status call_refuse(struct call *call, enum status status, const char *code, const char *detail) {
    return refuse(call, status, (struct problem){.code = code, .detail = detail});
}

enum status call_invalid(struct call *call, const char *pointer, const char *detail) {
    return refuse(call, INVALID, (struct problem){.code = "invalid", .detail = detail, .field = pointer});
}

struct rows *call_run(struct call *call, unsigned query, const struct db_arg *args) {
    struct rows *rows = db_run(call->db, query, call->message->ask(), call->ask, args);
    call->status = db_status(call->db);
    return rows;
}

enum status call_do(struct call *call, unsigned query, const struct db_arg *args) {
    rows_free(call_run(call, query, args));
    return call->status;
}

enum status call_fetch(struct call *call, unsigned query, const struct db_arg *args) {
    struct rows *rows = call_run(call, query, args);
    if (!rows)
        return call->status;
    if (!rows_count(rows))
        call->status = NOT_FOUND;
    else if (rows_fill(rows, 0, call->message->reply(), call->reply, call->arena))
        call->status = INTERNAL;
    rows_free(rows);
    return call->status;
}

enum status outbox_put(struct db *db, unsigned message, const void *value) {
    struct buffer body = {0};
    enum status status = INTERNAL;
    if (!body_encode(message_row(message)->ask(), value, &body)) {
        rows_free(
            db_run(db, OUTBOX_PUT, NULL, NULL, ARGS(ARG_INT("message", message), ARG_BYTES("body", body.at, body.n))));
        status = db_status(db);
    }
    buffer_free(&body);
    return status;
}

enum status call_post(struct call *call, unsigned message, const void *value) {
    call->status = outbox_put(call->db, message, value);
    call->posted += call->status == OK;
    return call->status;
}
