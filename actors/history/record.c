#include <stdlib.h>

#include "actors/history/history.h"
#include "protocol/wire/buffer.h"

static const struct progress_ask *ask_of(const struct call *call) {
    return call->ask;
}

static int compare(int64_t account_a, int64_t title_a, int64_t account_b, int64_t title_b) {
    if (account_a != account_b)
        return account_a < account_b ? -1 : 1;
    return title_a == title_b ? 0 : title_a < title_b ? -1 : 1;
}

static int compare_calls(const struct call *a, const struct call *b) {
    return compare(a->header.user, ask_of(a)->title_id, b->header.user, ask_of(b)->title_id);
}

/* A place in the batch; the places of one key stay in the order in which they came. */
struct place {
    struct call *call;
    size_t turn;
};

static int by_key(const void *a, const void *b) {
    const struct place *one = a, *other = b;
    int order = compare_calls(one->call, other->call);
    return order ? order : one->turn < other->turn ? -1 : 1;
}

/* The callers who are logged in, by key. */
static size_t sort(struct call **calls, size_t n, struct place *places) {
    size_t good = 0;
    for (size_t i = 0; i < n; i++)
        if (history_caller(calls[i]) == OK)
            places[good++] = (struct place){calls[i], i};
    if (good > 1)
        qsort(places, good, sizeof *places, by_key);
    return good;
}

static bool last_of_key(const struct place *places, size_t n, size_t i) {
    return i + 1 == n || compare_calls(places[i].call, places[i + 1].call);
}

/* One statement for the whole batch; of several positions for one key the last one is kept. */
static struct rows *put(const struct place *places, size_t n) {
    struct buffer titles = {0}, accounts = {0}, positions = {0};
    struct db *db = places[0].call->db;
    struct rows *rows = NULL;
    for (size_t i = 0; i < n; i++) {
        if (!last_of_key(places, n, i))
            continue;
        char comma = titles.n ? ',' : '{';
        buffer_print(&titles, "%c%lld", comma, (long long)ask_of(places[i].call)->title_id);
        buffer_print(&accounts, "%c%lld", comma, (long long)places[i].call->header.user);
        buffer_print(&positions, "%c%.17g", comma, ask_of(places[i].call)->position);
    }
    buffer_print(&titles, "}");
    buffer_print(&accounts, "}");
    buffer_print(&positions, "}");
    bool failed = titles.failed || accounts.failed || positions.failed;
    if (!failed)
        rows = db_run(db, Q_progress_put, NULL, NULL,
                      ARGS(ARG_TEXT("titles", titles.at), ARG_TEXT("accounts", accounts.at),
                           ARG_TEXT("positions", positions.at)));
    for (size_t i = 0; i < n; i++)
        places[i].call->status = failed ? INTERNAL : db_status(db);
    buffer_free(&titles);
    buffer_free(&accounts);
    buffer_free(&positions);
    return rows;
}

/* A row as it was kept. */
struct kept {
    int64_t account, title, updated_at;
};

static struct kept read_kept(const struct rows *rows, size_t row) {
    return (struct kept){rows_int(rows, row, "account_id"), rows_int(rows, row, "title_id"),
                         rows_int(rows, row, "updated_at")};
}

static int compare_kept(const struct kept *kept, const struct call *call) {
    return compare(kept->account, kept->title, call->header.user, ask_of(call)->title_id);
}

/* Rows come back in the order in which they were put: a walk over both finds each call's. */
static void answer(const struct place *places, size_t n, const struct rows *rows) {
    size_t row = 0, count = rows_count(rows);
    struct kept kept = count ? read_kept(rows, 0) : (struct kept){0};
    for (size_t i = 0; i < n; i++) {
        struct call *call = places[i].call;
        struct progress_reply *reply = call->reply;
        while (row < count && compare_kept(&kept, call) < 0)
            if (++row < count)
                kept = read_kept(rows, row);
        if (row == count || compare_kept(&kept, call))
            call_refuse(call, NOT_FOUND, "title-gone", "This title was deleted.");
        else
            *reply = (struct progress_reply){
                .title_id = kept.title, .position = ask_of(call)->position, .updated_at = kept.updated_at};
    }
}

void history_record(struct call **calls, size_t n) {
    struct place places[RECORD_MOST];
    size_t good = sort(calls, n < RECORD_MOST ? n : RECORD_MOST, places);
    struct rows *rows = good ? put(places, good) : NULL;
    if (rows)
        answer(places, good, rows);
    rows_free(rows);
}
