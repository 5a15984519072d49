#include "http_edge/take.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_edge/token.h"

enum { ITEMS_MAX = 32, NAME_MAX_BYTES = 64 };

enum rest { REST_NONE, REST_STRICT, REST_LOOSE };

enum written { WRITTEN_PLAIN, WRITTEN_TRIM, WRITTEN_BASE64, WRITTEN_BASE36, WRITTEN_HEX, WRITTEN_MOST };

struct item {
    struct field field; /* of the record, under the name that the client knows */
    const struct field *own;
    enum take_from from;
    enum written written;
    char name[NAME_MAX_BYTES];
    int64_t most; /* of most:N:, else 0 */
    bool wanted;
};

struct take {
    const struct record *record;
    struct item items[ITEMS_MAX];
    size_t count;
    enum rest rest;
    bool body;
};

/* 50: before the source. */
static int read_most(struct item *item, const char **text, size_t *n) {
    size_t digits = strspn(*text, "0123456789");
    if (!digits || digits > 18 || digits + 1 >= *n || (*text)[digits] != ':')
        return -1;
    item->most = strtoll(*text, NULL, 10);
    *text += digits + 1;
    *n -= digits + 1;
    return item->most > 0 ? 0 : -1;
}

static int read_source(struct item *item, const char *text, size_t n) {
    static const struct {
        const char *mark;
        enum take_from from;
        char end;
    } marks[] = {{".", TAKE_BODY, 0},         {"{", TAKE_PATH, '}'}, {"?", TAKE_QUERY, 0},
                 {"cookie:", TAKE_COOKIE, 0}, {"@", TAKE_HERE, 0},   {"'", TAKE_CONSTANT, '\''}};
    static const char *const ways[] = {[WRITTEN_TRIM] = "trim:",
                                       [WRITTEN_BASE64] = "base64:",
                                       [WRITTEN_BASE36] = "base36:",
                                       [WRITTEN_HEX] = "hex:",
                                       [WRITTEN_MOST] = "most:"};
    if (n && text[n - 1] == '!') {
        item->wanted = true;
        n--;
    }
    for (enum written way = WRITTEN_TRIM; way <= WRITTEN_MOST; way++) {
        size_t mark = strlen(ways[way]);
        if (n <= mark || strncmp(text, ways[way], mark) != 0)
            continue;
        item->written = way;
        text += mark;
        n -= mark;
        break;
    }
    if (item->written == WRITTEN_MOST && read_most(item, &text, &n))
        return -1;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t mark = strlen(marks[i].mark), end = marks[i].end != 0;
        if (n < mark + end || strncmp(text, marks[i].mark, mark) != 0 || (end && text[n - 1] != marks[i].end))
            continue;
        if (n - mark - end >= sizeof item->name)
            return -1;
        memcpy(item->name, text + mark, n - mark - end);
        item->from = marks[i].from;
        return 0;
    }
    return -1;
}

static int add_item(struct take *take, const char *text, size_t n, char why[200]) {
    char name[NAME_MAX_BYTES] = "";
    const char *equals = memchr(text, '=', n);
    snprintf(why, 200, "%.*s is not understood", (int)n, text);
    if (!equals || (size_t)(equals - text) >= sizeof name || take->count == ITEMS_MAX)
        return -1;
    memcpy(name, text, (size_t)(equals - text));
    struct item *item = &take->items[take->count++];
    item->own = record_field(take->record, name);
    if (!item->own) {
        snprintf(why, 200, "%s has no field %s", take->record->about->name, name);
        return -1;
    }
    if (read_source(item, equals + 1, n - (size_t)(equals + 1 - text)))
        return -1;
    item->field = *item->own;
    if (item->from != TAKE_CONSTANT && item->from != TAKE_HERE)
        item->field.name = item->name;
    take->body |= item->from == TAKE_BODY;
    return 0;
}

struct take *take_new(const struct record *record, const char *text, char why[200]) {
    struct take *take = calloc(1, sizeof *take);
    if (!take)
        return NULL;
    take->record = record;
    for (const char *at = text; *at;) {
        size_t n = strcspn(at, " ");
        if (n == 1 && (*at == '*' || *at == '~')) {
            take->rest = *at == '*' ? REST_STRICT : REST_LOOSE;
            take->body = true;
        } else if (n && add_item(take, at, n, why)) {
            free(take);
            return NULL;
        }
        at += n;
        at += strspn(at, " ");
    }
    return take;
}

void take_free(struct take *take) {
    free(take);
}

bool take_needs_body(const struct take *take) {
    return take->body;
}

bool take_needs_no_more(const struct take *take) {
    return take->rest == REST_LOOSE;
}

bool take_has_rest(const struct take *take) {
    return take->rest != REST_NONE;
}

bool take_part(const struct take *take, size_t i, struct take_part *part) {
    if (i >= take->count)
        return false;
    const struct item *item = &take->items[i];
    *part = (struct take_part){item->own,
                               item->from,
                               item->name,
                               item->wanted,
                               item->written != WRITTEN_PLAIN && item->written != WRITTEN_MOST,
                               item->most};
    return true;
}

static const struct item *mapped(const struct take *take, const struct field *field) {
    for (size_t i = 0; i < take->count; i++)
        if (take->items[i].own == field)
            return &take->items[i];
    return NULL;
}

const char *take_name(const struct take *take, const char *field) {
    const struct item *item = mapped(take, record_field(take->record, field));
    return item ? item->field.name : field;
}

bool take_asks(const struct take *take, const char *name) {
    for (size_t i = 0; i < take->count; i++)
        if (take->items[i].from == TAKE_QUERY && !strcmp(take->items[i].name, name))
            return true;
    return false;
}

/* A name of the body that no field takes. */
static bool stranger(const struct take *take, const char *name) {
    for (size_t i = 0; i < take->count; i++)
        if (take->items[i].from == TAKE_BODY && !strcmp(take->items[i].name, name))
            return false;
    const struct field *field = record_field(take->record, name);
    return take->rest == REST_NONE || !field || mapped(take, field);
}

static int refuse_strangers(const struct take *take, const json_t *json, struct fault *fault) {
    const char *name;
    json_t *entry;
    json_object_foreach((json_t *)json, name, entry) {
        if (!stranger(take, name))
            continue;
        fault_set(fault, "is not known");
        fault_in(fault, name, 0);
        return -1;
    }
    return 0;
}

/* Digits of `base` below 2^60, else 0. */
static int64_t number_of(const char *text, int base) {
    int64_t number = 0;
    for (; *text; text++) {
        int digit = *text >= '0' && *text <= '9'   ? *text - '0'
                    : *text >= 'a' && *text <= 'z' ? *text - 'a' + 10
                    : *text >= 'A' && *text <= 'Z' ? *text - 'A' + 10
                                                   : base;
        if (digit >= base || number > (INT64_C(1) << 60) / base - 1)
            return 0;
        number = number * base + digit;
    }
    return number;
}

/* Unpadded base64url of decimal digits. */
static int64_t number_of_base64(const char *text) {
    char digits[24] = "";
    size_t n = strlen(text);
    if (n > 24 || token_decode(text, n, (uint8_t *)digits) < 1)
        return 0;
    return strspn(digits, "0123456789") == strlen(digits) ? number_of(digits, 10) : 0;
}

/* The text as the field shall get it. */
static const char *rewrite(const struct item *item, const char *text, struct arena *arena) {
    static const char blanks[] = " \t\r\n\v\f";
    switch (item->written) {
    case WRITTEN_PLAIN:
        return text;
    case WRITTEN_TRIM: {
        text += strspn(text, blanks);
        size_t n = strlen(text);
        while (n && strchr(blanks, text[n - 1]))
            n--;
        return arena_copy(arena, text, n);
    }
    case WRITTEN_BASE64:
        return arena_print(arena, "%lld", (long long)number_of_base64(text));
    case WRITTEN_BASE36:
        return arena_print(arena, "%lld", (long long)number_of(text, 36));
    case WRITTEN_HEX:
        return arena_print(arena, "%lld", (long long)(strlen(text) == 24 ? number_of(text, 16) : 0));
    case WRITTEN_MOST: {
        size_t digits = strspn(text, "0123456789");
        bool beyond = digits && !text[digits] && strtoll(text, NULL, 10) > item->most;
        return beyond ? arena_print(arena, "%lld", (long long)item->most) : text;
    }
    }
    return text;
}

/* The text of an item; NULL when there is none, or when the body has something else than a text without NUL: *json says
 * what. */
static const char *text_of(const struct item *item, const struct take_source *source, const json_t **json) {
    *json = NULL;
    if (item->from == TAKE_CONSTANT)
        return item->name;
    if (item->from != TAKE_BODY)
        return source->text(source->self, item->from, item->name);
    *json = json_object_get(source->json, item->name);
    const char *text = json_string_value(*json);
    return text && strlen(text) == json_string_length(*json) ? text : NULL;
}

/* Sets *key when a wanted item has nothing. */
static int run_item(const struct item *item, const struct take_source *source, struct arena *arena, void *value,
                    struct fault *fault, const char **key) {
    const json_t *json;
    const char *text = text_of(item, source, &json);
    bool something = text || (json && !json_is_null(json)), blank = text && !*text;
    if (text && item->written != WRITTEN_PLAIN && !(text = rewrite(item, text, arena)))
        return -1;
    blank |= text && !*text;
    *key = !item->wanted || (something && !blank) ? NULL : something ? "blank" : "missing";
    if (*key) {
        fault_set(fault, something ? "may not be empty" : "is required");
        fault_in(fault, item->name, 0);
        return -1;
    }
    if (json && (!text || item->written == WRITTEN_PLAIN))
        return field_from_json(&item->field, json, arena, value, fault);
    return text ? field_from_text(&item->field, text, arena, value, fault) : 0;
}

/* Faults of a required field must carry the name that the client knows. */
static int complete(const struct take *take, const void *value, struct fault *fault) {
    for (size_t i = 0; i < take->record->count; i++) {
        const struct field *field = &take->record->fields[i];
        if (field->need != NEED_REQUIRED || field_present(field, value))
            continue;
        const struct item *item = mapped(take, field);
        fault_set(fault, "is required");
        fault_in(fault, item ? item->field.name : field->name, 0);
        return -1;
    }
    return 0;
}

static int run_rest(const struct take *take, const struct take_source *source, struct arena *arena, void *value,
                    struct fault *fault) {
    for (size_t i = 0; take->rest != REST_NONE && i < take->record->count; i++) {
        const struct field *field = &take->record->fields[i];
        if (!mapped(take, field) &&
            field_from_json(field, json_object_get(source->json, field->name), arena, value, fault))
            return -1;
    }
    return 0;
}

void *take_run(const struct take *take, const struct take_source *source, struct arena *arena,
               struct take_faults *faults) {
    faults->n = 0;
    memset(&faults->at[0], 0, sizeof faults->at[0]);
    struct fault *first = &faults->at[0].fault;
    void *value = arena_alloc(arena, take->record->about->bytes);
    if (!value)
        return NULL;
    if (take->body && !json_is_object(source->json)) {
        fault_set(first, "must be an object");
        faults->n = 1;
        return NULL;
    }
    if (take->body && take->rest != REST_LOOSE && refuse_strangers(take, source->json, first)) {
        faults->n = 1;
        return NULL;
    }
    for (size_t i = 0; i < take->count && faults->n < faults->most; i++)
        if (run_item(&take->items[i], source, arena, value, &faults->at[faults->n].fault, &faults->at[faults->n].key) &&
            ++faults->n < faults->most)
            memset(&faults->at[faults->n], 0, sizeof faults->at[0]);
    if (faults->n)
        return NULL;
    if (!run_rest(take, source, arena, value, first)) {
        if (!complete(take, value, first))
            return value;
        faults->at[0].key = "required";
    }
    faults->n = 1;
    return NULL;
}
