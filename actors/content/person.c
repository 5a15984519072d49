#include "actors/content/content.h"

enum status content_person(struct call *call) {
    struct artist_page *reply = call->reply;
    struct artist *artist = arena_alloc(call->arena, sizeof *artist);
    struct rows *rows = artist ? call_run(call, Q_person, NULL) : NULL;
    if (!rows)
        return artist ? call->status : INTERNAL;
    if (!rows_count(rows))
        call->status = NOT_FOUND;
    else if (rows_fill(rows, 0, artist_record(), artist, call->arena))
        call->status = INTERNAL;
    rows_free(rows);
    if (call->status != OK || !(rows = call_run(call, Q_person_credits, NULL)))
        return call->status;
    size_t n = rows_count(rows);
    reply->person = artist;
    reply->credits = rows_list(rows, artist_credit_record(), call->arena);
    rows_free(rows);
    return reply->credits.n == n ? OK : INTERNAL;
}
