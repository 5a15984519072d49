#include <string.h>

#include "broker/zoectl/bring.h"

enum { BATCH = 100, TEXT_BYTES_MAX = 1000 };
static const int64_t last_moment_ms = 253402300799000;

struct people {
    struct bring *bring;
    struct import_row rows[BATCH];
    size_t numbers[BATCH], n;
    const char *keys[BATCH]; /* of bring->accounts */
    json_t *seen;            /* numbers of the accounts that came already */
};

static void keep(struct people *people, size_t i, const struct import_fate *fate) {
    struct bring *bring = people->bring;
    struct source_row row = {.number = people->numbers[i]};
    const char *email = people->rows[i].email;
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)fate->id);
    bool again = !strcmp(fate->fate, "known") && (!fate->has_id || json_object_get(people->seen, number));
    if (!strcmp(fate->fate, "refused")) {
        bring_fault(bring, &bring->people, &row, email, fate->reason ? fate->reason : "refused");
        return;
    }
    json_object_set_new(bring->accounts, people->keys[i], json_integer(fate->has_id ? fate->id : 0));
    json_object_set_new(people->seen, number, json_true());
    if (again)
        bring_note(bring, &row, email, "this address was there before: what it did goes to that account");
    if (strcmp(fate->fate, "added") != 0) {
        bring->people.same++;
        return;
    }
    bring->people.added++;
    if (fate->reason)
        bring_note(bring, &row, email, fate->reason);
    if (people->rows[i].admin)
        bring_note(bring, &row, email, "becomes an administrator, with the password of the old system");
}

static int flush(struct people *people) {
    struct bring *bring = people->bring;
    struct import_ask ask = {.rows = {people->rows, people->n}, .dry = bring->dry, .has_dry = true};
    int rc = people->n ? bring_ask(bring, MSG_auth_import, &ask) : 0;
    if (!rc && people->n && bring->call.status != OK)
        rc = zoectl_refused(&bring->call);
    const struct import_reply *reply = people->n && !rc ? bring->call.answer : NULL;
    for (size_t i = 0; reply && i < people->n && i < reply->fates.n; i++)
        keep(people, i, &LIST_AT(reply->fates, struct import_fate, i));
    people->n = 0;
    arena_reset(bring->texts);
    return rc;
}

static bool fits(const char *text) {
    return !text || strlen(text) <= TEXT_BYTES_MAX;
}

/* Why it cannot be taken; NULL when *to is filled in. */
static const char *read_row(struct bring *bring, const struct source_row *row, struct import_row *to) {
    const struct people_columns *columns = &bring->system->people;
    *to = (struct import_row){.email = row_text(row, columns->email, bring->texts),
                              .name = row_text(row, columns->name, bring->texts),
                              .username = row_text(row, columns->username, bring->texts),
                              .password_hash = row_text(row, columns->hash, bring->texts),
                              .verified = row_true(row, columns->verified),
                              .has_verified = true,
                              .admin = row_true(row, columns->admin),
                              .has_admin = true};
    int time = row_time(row, columns->created, &to->created_at);
    to->has_created_at = !time && to->created_at >= 0 && to->created_at <= last_moment_ms;
    if (!to->email)
        return "there is no address";
    if (!fits(to->email) || !fits(to->name) || !fits(to->username) || !fits(to->password_hash))
        return "a value is too long";
    if (to->name && strchr(to->name, '@'))
        to->name = NULL; /* Django's user name is often the address */
    return NULL;
}

static int each(void *self, const struct source_row *row) {
    struct people *people = self;
    struct bring *bring = people->bring;
    struct import_row *to = &people->rows[people->n];
    char key[EXTERNAL_BYTES];
    bring->rows++;
    if (!row->row) {
        bring_fault(bring, &bring->people, row, NULL, row->why);
        return 0;
    }
    const char *why =
        external_id(bring, "account", row_value(row, "id"), key) ? read_row(bring, row, to) : "there is no id";
    if (why) {
        bring_fault(bring, &bring->people, row, to->email, why);
        return 0;
    }
    people->numbers[people->n] = row->number;
    people->keys[people->n++] = arena_text(bring->texts, key);
    return people->n == BATCH ? flush(people) : 0;
}

int bring_people(struct bring *bring) {
    struct people people = {.bring = bring, .seen = json_object()};
    int rc = bring_table(bring, source_table(bring->source, bring->system->people.table), each, &people);
    rc = rc ? rc : flush(&people);
    json_decref(people.seen);
    return rc;
}
