#include <string.h>
#include <unistd.h>

#include "broker/zoectl/bring.h"

enum { BATCH = 200, WAITS = 60, WAIT_US = 200000 };
static const int64_t last_moment_ms = 4102444800000;

struct past {
    struct bring *bring;
    const struct past_columns *columns;
    struct past_row rows[BATCH];
    size_t numbers[BATCH], n;
};

/* Counts what became of the rows; those whose titles history has not heard of yet stay. */
static void keep_unknown(struct past *past, const struct past_reply *reply) {
    struct bring *bring = past->bring;
    size_t unknown = 0;
    for (size_t i = 0; i < past->n && i < reply->fates.n; i++) {
        const struct past_fate *fate = &LIST_AT(reply->fates, struct past_fate, i);
        struct source_row row = {.number = past->numbers[i]};
        if (!strcmp(fate->fate, "refused"))
            bring_fault(bring, &bring->past, &row, NULL, fate->reason ? fate->reason : "refused");
        else if (!strcmp(fate->fate, "unknown")) {
            past->rows[unknown] = past->rows[i];
            past->numbers[unknown++] = past->numbers[i];
        } else {
            bring->past.added += !strcmp(fate->fate, "added");
            bring->past.changed += !strcmp(fate->fate, "changed");
            bring->past.same += !strcmp(fate->fate, "same");
        }
    }
    past->n = unknown;
}

/* New titles come to history by the outbox, a moment later. */
static int flush(struct past *past) {
    struct bring *bring = past->bring;
    int rc = 0;
    for (int i = 0; i < WAITS && past->n && !rc; i++) {
        struct past_ask ask = {.rows = {past->rows, past->n}, .dry = bring->dry, .has_dry = true};
        if (i)
            usleep(WAIT_US);
        rc = bring_ask(bring, MSG_history_import, &ask);
        if (!rc && bring->call.status != OK)
            rc = zoectl_refused(&bring->call);
        if (!rc)
            keep_unknown(past, bring->call.answer);
    }
    for (size_t i = 0; i < past->n && !rc; i++)
        bring_fault(bring, &bring->past, &(struct source_row){.number = past->numbers[i]}, NULL,
                    "its title has not become known in time; run it again");
    past->n = 0;
    return rc;
}

static const json_t *find(struct bring *bring, const json_t *map, const char *kind, const json_t *id) {
    char key[EXTERNAL_BYTES];
    return external_id(bring, kind, id, key) ? json_object_get(map, key) : NULL;
}

/* Why it cannot be taken; NULL when *to is filled in. A number may be 0 in a dry run. */
static const char *read_row(struct past *past, const struct source_row *row, struct past_row *to) {
    struct bring *bring = past->bring;
    const struct past_columns *columns = past->columns;
    const json_t *episode = row_value(row, columns->episode), *position = row_value(row, columns->position);
    const json_t *account = find(bring, bring->accounts, "account", row_value(row, columns->user));
    const json_t *title =
        find(bring, bring->titles, episode ? "episode" : "title", episode ? episode : row_value(row, columns->title));
    *to = (struct past_row){.list = columns->list};
    if (!account)
        return "its account did not come along";
    if (!title)
        return "its title did not come along";
    to->account_id = json_integer_value(account);
    to->title_id = json_integer_value(title);
    to->has_at = !row_time(row, columns->at, &to->at);
    if (to->has_at && (to->at < 0 || to->at > last_moment_ms))
        return "its time is out of bounds";
    to->position = position ? json_number_value(position) : 0;
    to->has_position = true;
    return to->position >= 0 && to->position <= 1e7 ? NULL : "its position is out of bounds";
}

static int each(void *self, const struct source_row *row) {
    struct past *past = self;
    struct bring *bring = past->bring;
    struct past_row *to = &past->rows[past->n];
    bring->rows++;
    const char *why = row->row ? read_row(past, row, to) : row->why;
    if (why)
        bring_fault(bring, &bring->past, row, NULL, why);
    else if (!to->account_id || !to->title_id) /* a dry run: one of them is not there, so nothing can be */
        bring->past.added++;
    else
        past->numbers[past->n++] = row->number;
    return past->n == BATCH ? flush(past) : 0;
}

int bring_past(struct bring *bring) {
    int rc = 0;
    for (size_t i = 0; i < PASTS_MAX && !rc; i++) {
        struct past past = {.bring = bring, .columns = &bring->system->pasts[i]};
        const char *table = bring_find(bring, past.columns->table);
        rc = table ? bring_table(bring, table, each, &past) : 0;
        rc = rc ? rc : flush(&past);
    }
    return rc;
}
