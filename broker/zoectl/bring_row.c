#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "broker/zoectl/bring.h"
#include "protocol/node/clock.h"
#include "protocol/node/log.h"
#include "protocol/wire/header.h"

enum { TRIES = 5, BAR = 30, BAR_MS = 100, NAME_BYTES = 64 };

static void show(struct bring *bring, bool last) {
    int64_t now_ms = clock_ms(), of = bring->expected > bring->rows ? bring->expected : bring->rows;
    if (!isatty(STDERR_FILENO) || (!last && now_ms - bring->told_ms < BAR_MS))
        return;
    bring->told_ms = now_ms;
    int filled = of ? (int)(bring->rows * BAR / of) : BAR;
    fprintf(stderr, "\r[%.*s%.*s] %s %lld%s", filled, "##############################", BAR - filled,
            "..............................", bring->table, (long long)bring->rows, last ? "\n" : " ");
}

const char *bring_find(const struct bring *bring, const char *names) {
    const char *table = names ? source_table(bring->source, names) : NULL;
    if (names && !table)
        fprintf(stderr, "there is no table %s: nothing of it comes along\n", names);
    return table;
}

int bring_table(struct bring *bring, const char *table, source_each *each, void *self) {
    bring->table = table;
    bring->rows = 0;
    bring->expected = isatty(STDERR_FILENO) ? source_count(bring->source, table) : 0;
    int rc = source_rows(bring->source, table, each, self);
    show(bring, true);
    return rc;
}

void bring_note(const struct bring *bring, const struct source_row *row, const char *what, const char *note) {
    fprintf(stderr, "%s%s:%zu: %s%s%s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "", bring->table, row->number,
            what ? log_value(what) : "", what ? ": " : "", note);
}

void bring_fault(struct bring *bring, struct tally *tally, const struct source_row *row, const char *what,
                 const char *why) {
    tally->refused++;
    bring_note(bring, row, what, why);
}

int bring_ask(struct bring *bring, unsigned message, const void *value) {
    int rc = 0;
    show(bring, false);
    for (int try = 0; try < TRIES; try++) {
        struct arena *arena = bring->call.arena;
        arena_reset(arena);
        bring->call = (struct zoectl_call){
            .side = "ask", .message = message_row(message), .value = value, .roles = ROLE_ADMIN, .arena = arena};
        rc = zoectl_call(&bring->call);
        if (!rc && !status_row(bring->call.status)->retry && bring->call.status != UNKNOWN_OUTCOME)
            return 0;
        usleep(200000U << try);
    }
    return rc ? rc : zoectl_refused(&bring->call);
}

const json_t *row_value(const struct source_row *row, const char *names) {
    char name[NAME_BYTES];
    for (size_t n; names && *names; names += n + (names[n] == ' ')) {
        n = strcspn(names, " ");
        if (n >= sizeof name)
            continue;
        memcpy(name, names, n);
        name[n] = 0;
        const json_t *value = json_object_get(row->row, name);
        const char *text = json_string_value(value);
        if (value && !json_is_null(value) && !(text && !*text))
            return value;
    }
    return NULL;
}

static int digit(char letter) {
    return isdigit((unsigned char)letter) ? letter - '0' : (letter | 32) - 'a' + 10;
}

/* A bytea column shows its bytes as \x and digits: bcrypt of Flask is often kept so. */
static const char *unhex(const char *text, struct arena *arena) {
    size_t n = strlen(text + 2) / 2;
    char *bytes = strspn(text + 2, "0123456789abcdef") == 2 * n && !text[2 + 2 * n] ? arena_alloc(arena, n + 1) : NULL;
    for (size_t i = 0; bytes && i < n; i++)
        bytes[i] = (char)(digit(text[2 + 2 * i]) << 4 | digit(text[3 + 2 * i]));
    return bytes ? bytes : text;
}

const char *row_text(const struct source_row *row, const char *names, struct arena *arena) {
    const json_t *value = row_value(row, names);
    if (json_is_integer(value))
        return arena_print(arena, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value))
        return arena_print(arena, "%.17g", json_real_value(value));
    const char *text = json_string_value(value);
    if (!text)
        return NULL;
    return !strncmp(text, "\\x", 2) ? unhex(text, arena) : arena_text(arena, text);
}

bool row_true(const struct source_row *row, const char *names) {
    static const char *const yes[] = {"t", "true", "1", "yes", "admin", "administrator"};
    const json_t *value = row_value(row, names);
    const char *text = json_string_value(value);
    for (size_t i = 0; text && i < sizeof yes / sizeof *yes; i++)
        if (!strcasecmp(text, yes[i]))
            return true;
    return json_is_true(value) || (json_is_integer(value) && json_integer_value(value) == 1);
}

int row_time(const struct source_row *row, const char *names, int64_t *ms) {
    static const int64_t seconds_most = 100000000000;
    const json_t *value = row_value(row, names);
    const char *text = json_string_value(value);
    if (!value)
        return 1;
    if (text)
        return zoectl_time(text, ms);
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > 4102444800000)
        return -1;
    int64_t number = json_integer_value(value);
    *ms = number < seconds_most ? number * 1000 : number;
    return 0;
}

const char *external_id(struct bring *bring, const char *kind, const json_t *id, char to[EXTERNAL_BYTES]) {
    int n = json_is_integer(id)
                ? snprintf(to, EXTERNAL_BYTES, "%s:%s:%lld", bring->prefix, kind, (long long)json_integer_value(id))
            : json_is_string(id) && *json_string_value(id)
                ? snprintf(to, EXTERNAL_BYTES, "%s:%s:%s", bring->prefix, kind, json_string_value(id))
                : -1;
    return n > 0 && n < EXTERNAL_BYTES ? to : NULL;
}
