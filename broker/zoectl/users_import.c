#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "broker/zoectl/csv.h"
#include "broker/zoectl/zoectl.h"
#include "protocol/node/log.h"
#include "protocol/wire/header.h"

/* zoectl users import: accounts of another system, a hundred in a message. */

enum { BATCH = 100, COLUMNS_MAX = 64, TEXT_BYTES_MAX = 1000 };

enum member { EMAIL, NAME, HASH, VERIFIED, ROLE, CREATED, IGNORED };

/* What the members are called by those who write such files. */
static const struct {
    const char *name;
    enum member member;
} names[] = {{"email", EMAIL},
             {"name", NAME},
             {"username", NAME},
             {"full_name", NAME},
             {"password_hash", HASH},
             {"password", HASH},
             {"hash", HASH},
             {"verified", VERIFIED},
             {"is_verified", VERIFIED},
             {"email_verified", VERIFIED},
             {"role", ROLE},
             {"is_superuser", ROLE},
             {"created_at", CREATED},
             {"date_joined", CREATED}};

struct import {
    struct zoectl_call call;
    struct arena *texts; /* of the rows that wait */
    struct waiting {
        struct import_row row;
        size_t line;
        const char *why; /* it cannot be taken: it waits only for its turn to be told */
    } waiting[BATCH];
    size_t count;
    size_t added, known, refused;
    bool dry;
};

static enum member member_of(const char *name) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcasecmp(names[i].name, name))
            return names[i].member;
    return IGNORED;
}

/* 1, 0, or -1 when it is neither. */
static int truth(const char *text) {
    static const char *const yes[] = {"true", "t", "1", "yes", "y"}, *const no[] = {"false", "f", "0", "no", "n", ""};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!strcasecmp(text, yes[i]))
            return 1;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (!strcasecmp(text, no[i]))
            return 0;
    return -1;
}

static int role_of(const char *text) {
    if (!strcasecmp(text, "admin") || !strcasecmp(text, "administrator"))
        return 1;
    return !strcasecmp(text, "user") ? 0 : truth(text);
}

/* Why the text cannot be taken; NULL when it was. */
static const char *set(struct import_row *row, enum member member, const char *text, struct arena *arena) {
    int flag = member == VERIFIED ? truth(text) : member == ROLE ? role_of(text) : 0;
    if (member == IGNORED)
        return NULL;
    if (!text_valid(text, strlen(text)))
        return "is not UTF-8";
    if (strlen(text) > TEXT_BYTES_MAX)
        return "is too long";
    const char *kept = arena_text(arena, text);
    switch (member) {
    case EMAIL:
        row->email = kept;
        return NULL;
    case NAME:
        row->name = kept;
        return NULL;
    case HASH:
        row->password_hash = kept;
        return NULL;
    case VERIFIED:
        row->verified = flag > 0;
        row->has_verified = true;
        return flag < 0 ? "verified is neither yes nor no" : NULL;
    case ROLE:
        row->admin |= flag > 0;
        row->has_admin = true;
        return flag < 0 ? "there is no such role" : NULL;
    default:
        row->has_created_at = *text != 0;
        return *text && zoectl_time(text, &row->created_at) ? "created_at is no time" : NULL;
    }
}

static void refuse(struct import *import, size_t line, const char *email, const char *why) {
    fprintf(stderr, "%sline %zu: %s%s%s\n", isatty(2) ? "\r" : "", line, email ? log_value(email) : "",
            email ? ": " : "", why);
    import->refused++;
}

/* The fates are those of the rows that were sent, in the order of the file. */
static void tell_fates(struct import *import, const struct import_reply *reply) {
    size_t n = 0;
    for (size_t i = 0; i < import->count; i++) {
        const struct waiting *row = &import->waiting[i];
        const struct import_fate *fate =
            !row->why && reply && n < reply->fates.n ? &LIST_AT(reply->fates, struct import_fate, n++) : NULL;
        const char *why = row->why;
        if (!why && fate && !strcmp(fate->fate, "refused"))
            why = fate->reason ? fate->reason : "refused";
        if (why)
            refuse(import, row->line, row->row.email, why);
        import->added += fate && !strcmp(fate->fate, "added");
        import->known += fate && !strcmp(fate->fate, "known");
    }
}

static int flush(struct import *import) {
    struct import_row rows[BATCH];
    struct import_ask ask = {.rows = {rows, 0}, .dry = import->dry, .has_dry = true};
    for (size_t i = 0; i < import->count; i++)
        if (!import->waiting[i].why)
            rows[ask.rows.n++] = import->waiting[i].row;
    arena_reset(import->call.arena);
    int rc = ask.rows.n ? zoectl_tell(MSG_auth_import, &ask, &import->call) : 0;
    if (!rc)
        tell_fates(import, ask.rows.n ? import->call.answer : NULL);
    import->count = 0;
    arena_reset(import->texts);
    if (isatty(2))
        fprintf(stderr, "\r%zu rows", import->added + import->known + import->refused);
    return rc;
}

/* Takes a row whose members are set; `why` is what is wrong with it already. */
static int take(struct import *import, const struct import_row *row, size_t line, const char *why) {
    import->waiting[import->count++] = (struct waiting){*row, line, why || row->email ? why : "there is no email"};
    return import->count == BATCH ? flush(import) : 0;
}

static int read_heading(struct csv *csv, enum member members[COLUMNS_MAX], size_t *columns) {
    struct csv_row row;
    bool email = false, hash = false;
    if (csv_read(csv, &row) != CSV_ROW || row.count > COLUMNS_MAX)
        return zoectl_usage("users import: the first line must name the columns");
    for (size_t i = 0; i < row.count; i++) {
        members[i] = member_of(row.fields[i]);
        email |= members[i] == EMAIL;
        hash |= members[i] == HASH;
    }
    *columns = row.count;
    return email && hash ? 0 : zoectl_usage("users import: there must be columns email and password_hash");
}

static int read_csv(struct import *import, FILE *file) {
    enum member members[COLUMNS_MAX];
    size_t columns;
    struct csv_row row;
    enum csv_got got = CSV_END;
    struct csv *csv = csv_open(file);
    int rc = csv ? read_heading(csv, members, &columns) : EX_OSERR;
    while (!rc && (got = csv_read(csv, &row)) != CSV_END && got != CSV_FAILED) {
        struct import_row account = {0};
        const char *why = got == CSV_BROKEN      ? row.why
                          : row.count != columns ? "it has not as many fields as the first line"
                                                 : NULL;
        for (size_t i = 0; !why && i < columns; i++)
            why = set(&account, members[i], row.fields[i], import->texts);
        rc = take(import, &account, row.line, why);
    }
    csv_close(csv);
    return rc || got != CSV_FAILED ? rc : EX_IOERR;
}

static const char *set_member(struct import_row *row, enum member member, const json_t *value, struct arena *arena) {
    if (json_is_null(value))
        return NULL;
    if (json_is_string(value))
        return set(row, member, json_string_value(value), arena);
    if (json_is_boolean(value))
        return set(row, member, json_is_true(value) ? "true" : "false", arena);
    if (!json_is_integer(value))
        return member == IGNORED ? NULL : "a member is of the wrong type";
    const char *text = arena_print(arena, "%lld", (long long)json_integer_value(value));
    return text ? set(row, member, text, arena) : "memory is out";
}

static int read_lines(struct import *import, FILE *file) {
    char *text = NULL;
    size_t room = 0, line = 0;
    int rc = 0;
    for (ssize_t n; !rc && (n = getline(&text, &room, file)) >= 0;) {
        struct import_row account = {0};
        struct fault fault = {0};
        const char *why = NULL, *name;
        json_t *value;
        line++;
        if (strspn(text, " \t\r\n") == (size_t)n)
            continue;
        json_t *json = json_parse(text, (size_t)n, &fault);
        if (!json_is_object(json))
            why = json ? "it is no JSON object" : "it is no JSON";
        json_object_foreach(json, name, value) if (!why) why =
            set_member(&account, member_of(name), value, import->texts);
        rc = take(import, &account, line, why);
        json_decref(json);
    }
    free(text);
    return rc || !ferror(file) ? rc : EX_IOERR;
}

static bool is_json(FILE *file) {
    int c;
    while ((c = getc(file)) != EOF && isspace(c))
        ;
    ungetc(c, file);
    return c == '{';
}

static int import_file(struct import *import, FILE *file) {
    int rc = is_json(file) ? read_lines(import, file) : read_csv(import, file);
    if (!rc)
        rc = flush(import);
    if (isatty(2))
        fputc('\n', stderr);
    printf("%s %zu, known %zu, refused %zu\n", import->dry ? "would be added" : "added", import->added, import->known,
           import->refused);
    if (rc)
        zoectl_complain("users import stopped; run it again, what is there already stays");
    return rc ? rc : import->refused > 0;
}

int zoectl_users_import(const char *path, bool dry) {
    struct import *import = calloc(1, sizeof *import);
    FILE *file = strcmp(path, "-") != 0 ? fopen(path, "r") : stdin;
    int rc = EX_OSERR;
    if (!file)
        zoectl_complain("%s cannot be read", path);
    if (import && file) {
        import->dry = dry;
        import->texts = arena_new();
        import->call.arena = arena_new();
        if (import->texts && import->call.arena)
            rc = import_file(import, file);
        arena_free(import->texts);
        arena_free(import->call.arena);
    }
    if (file && file != stdin)
        fclose(file);
    free(import);
    return file ? rc : EX_NOINPUT;
}
