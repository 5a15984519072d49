#include "actors/page.h"
#include "actors/transcode/transcode.h"

enum status transcode_jobs(struct call *call) {
    const struct job_list_ask *ask = call->ask;
    struct job_page *reply = call->reply;
    struct page page;
    if (call_needs(call, ROLE_ADMIN) != OK || page_open(call, ask->limit, ask->cursor, &page) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_jobs_page, ARGS(PAGE_ARGS(page)));
    if (!rows)
        return call->status;
    size_t n = page_take(&page, rows, call->arena, &reply->next), all = rows_count(rows);
    reply->items = rows_list(rows, film_job_record(), call->arena);
    bool whole = reply->items.n == all;
    reply->items.n = n;
    rows_free(rows);
    return whole ? OK : INTERNAL;
}
