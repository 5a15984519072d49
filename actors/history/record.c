#include <stdlib.h>

#include "actors/history/history.h"
#include "protocol/node/clock.h"
#include "protocol/wire/buffer.h"

static const struct progress_ask *ask_of(const struct call *call) {
    return call->ask;
}

/* An episode is a title of its own. */
static int64_t title_of(const struct call *call) {
    const struct progress_ask *ask = ask_of(call);
    return ask->has_episode_id ? ask->episode_id : ask->title_id;
}

static int compare(int64_t account_a, int64_t title_a, int64_t account_b, int64_t title_b) {
    if (account_a != account_b)
        return account_a < account_b ? -1 : 1;
    return title_a == title_b ? 0 : title_a < title_b ? -1 : 1;
}

static int compare_calls(const struct call *a, const struct call *b) {
    return compare(a->header.user, title_of(a), b->header.user, title_of(b));
}

/* A place in the batch; the places of one key stand in the order of their times, and of one time in the order in which
 * they came. */
struct place {
    struct call *call;
    int64_t at_ms;
    size_t turn;
};

static int by_key(const void *a, const void *b) {
    const struct place *one = a, *other = b;
    int order = compare_calls(one->call, other->call);
    if (!order && one->at_ms != other->at_ms)
        return one->at_ms < other->at_ms ? -1 : 1;
    return order ? order : one->turn < other->turn ? -1 : 1;
}

/* A clock that is ahead of ours must not keep all later positions out. */
static int64_t time_of(const struct call *call, int64_t now_ms) {
    const struct progress_ask *ask = ask_of(call);
    return ask->has_at && ask->at < now_ms ? ask->at : now_ms;
}

/* The callers who are logged in, by key. */
static size_t sort(struct call **calls, size_t n, struct place *places) {
    int64_t now_ms = clock_wall_ms();
    size_t good = 0;
    for (size_t i = 0; i < n; i++)
        if (history_caller(calls[i]) == OK)
            places[good++] = (struct place){calls[i], time_of(calls[i], now_ms), i};
    if (good > 1)
        qsort(places, good, sizeof *places, by_key);
    return good;
}

static bool last_of_key(const struct place *places, size_t n, size_t i) {
    return i + 1 == n || compare_calls(places[i].call, places[i + 1].call);
}

/* One statement for the whole batch; of several positions for one key the last one is kept. */
static struct rows *put(const struct place *places, size_t n) {
    struct buffer titles = {0}, accounts = {0}, positions = {0}, times = {0};
    struct buffer *all[] = {&titles, &accounts, &positions, &times};
    struct db *db = places[0].call->db;
    struct rows *rows = NULL;
    bool failed = false;
    for (size_t i = 0; i < n; i++) {
        if (!last_of_key(places, n, i))
            continue;
        char comma = titles.n ? ',' : '{';
        buffer_print(&titles, "%c%lld", comma, (long long)title_of(places[i].call));
        buffer_print(&accounts, "%c%lld", comma, (long long)places[i].call->header.user);
        buffer_print(&positions, "%c%.17g", comma, ask_of(places[i].call)->position);
        /* Without a time the database's clock speaks: it is the same for all of us. */
        if (ask_of(places[i].call)->has_at)
            buffer_print(&times, "%c%lld", comma, (long long)places[i].at_ms);
        else
            buffer_print(&times, "%cNULL", comma);
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        buffer_print(all[i], "}");
        failed = failed || all[i]->failed;
    }
    if (!failed)
        rows = db_run(db, Q_progress_put, NULL, NULL,
                      ARGS(ARG_TEXT("titles", titles.at), ARG_TEXT("accounts", accounts.at),
                           ARG_TEXT("positions", positions.at), ARG_TEXT("times", times.at)));
    for (size_t i = 0; i < n; i++)
        places[i].call->status = failed ? INTERNAL : db_status(db);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buffer_free(all[i]);
    return rows;
}

/* A row as it was kept. */
struct kept {
    int64_t account, title, updated_at;
    double position;
    bool gone, paused, watched;
};

static struct kept read_kept(const struct rows *rows, size_t row) {
    return (struct kept){.account = rows_int(rows, row, "account_id"),
                         .title = rows_int(rows, row, "title_id"),
                         .updated_at = rows_int(rows, row, "updated_at"),
                         .position = rows_real(rows, row, "position"),
                         .gone = rows_bool(rows, row, "gone"),
                         .paused = rows_bool(rows, row, "paused"),
                         .watched = rows_bool(rows, row, "watched")};
}

static void answer_one(const struct place *place, const struct kept *kept) {
    const struct progress_ask *ask = ask_of(place->call);
    if (kept->gone) {
        call_refuse(place->call, NOT_FOUND, "title-gone", "This title was deleted.");
        return;
    }
    struct progress_reply *reply = place->call->reply;
    *reply = (struct progress_reply){.title_id = kept->title,
                                     .position = kept->position,
                                     .updated_at = kept->updated_at,
                                     .watched = kept->watched,
                                     .recorded = !kept->paused,
                                     .has_watched = !kept->paused,
                                     .has_recorded = true};
    /* Without a time it was kept, if only until the next of the batch. */
    if (kept->paused || !ask->has_at)
        reply->position = ask->position;
    if (kept->paused)
        reply->updated_at = place->at_ms;
}

/* Rows come back in the order in which they were put, one for each key: a walk over both finds each call's. */
static void answer(const struct place *places, size_t n, const struct rows *rows) {
    size_t row = 0, count = rows_count(rows);
    for (size_t i = 0; i < n && row < count; row++) {
        struct kept kept = read_kept(rows, row);
        for (; i < n && !compare(kept.account, kept.title, places[i].call->header.user, title_of(places[i].call)); i++)
            answer_one(&places[i], &kept);
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
