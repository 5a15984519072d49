#include <string.h>

#include "broker/zoectl/bring_title.h"

enum { BATCH = 50, FIELDS_LEFT_OUT_MAX = 8 };

struct titles {
    struct bring *bring;
    json_t *seasons;   /* by season: {series, number} */
    json_t *of_series; /* by external id of the series: a list of import_season */
    struct import_title items[BATCH];
    size_t numbers[BATCH], n;
};

/* Takes the numbers of what is there from `first` on; in a dry run what is not there would be added. */
static int learn_numbers(struct titles *titles, size_t first, size_t n) {
    struct bring *bring = titles->bring;
    const char *ids[BATCH];
    struct externals_ask ask = {.external_ids = {ids, n}};
    for (size_t i = 0; i < n; i++) {
        ids[i] = titles->items[first + i].external_id;
        json_object_set_new(bring->titles, ids[i], json_integer(0));
    }
    int rc = bring_ask(bring, MSG_content_external, &ask);
    if (rc || bring->call.status != OK)
        return rc ? rc : zoectl_refused(&bring->call);
    const struct external_list *list = bring->call.answer;
    for (size_t i = 0; i < list->items.n; i++) {
        const struct external_title *one = &LIST_AT(list->items, struct external_title, i);
        json_object_set_new(bring->titles, one->external_id, json_integer(one->id));
    }
    if (bring->dry) {
        bring->catalogue.same += (int64_t)list->items.n;
        bring->catalogue.added += (int64_t)(n - list->items.n);
    }
    return 0;
}

static int send(struct titles *titles, size_t first, size_t n);

/* One of them is at fault: each goes alone, so that the others get in. */
static int send_each(struct titles *titles, size_t first, size_t n) {
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++)
        rc = send(titles, first + i, 1);
    return rc;
}

/* Of a title that does not come along. */
static void forget_files(struct bring *bring, const char *external) {
    json_object_del(bring->films, external);
    json_object_del(bring->pictures, external);
}

static int refused(struct titles *titles, size_t i) {
    struct bring *bring = titles->bring;
    const struct problem *problem = bring->call.answer;
    struct source_row row = {.number = titles->numbers[i]};
    const char *field =
        problem && problem->field && !strncmp(problem->field, "/items/0/", 9) ? problem->field + 9 : NULL;
    bring_fault(bring, &bring->catalogue, &row, field,
                problem && problem->detail ? problem->detail : status_row(bring->call.status)->text);
    forget_files(bring, titles->items[i].external_id);
    return bring->call.status == FORBIDDEN ? 1 : 0;
}

static int send(struct titles *titles, size_t first, size_t n) {
    struct bring *bring = titles->bring;
    struct import_batch batch = {.items = {titles->items + first, n}};
    int rc = bring->dry ? 0 : bring_ask(bring, MSG_content_import, &batch);
    if (rc)
        return rc;
    if (!bring->dry && bring->call.status != OK)
        return n > 1 ? send_each(titles, first, n) : refused(titles, first);
    if (!bring->dry) {
        const struct import_done *done = bring->call.answer;
        bring->catalogue.added += done->added;
        bring->catalogue.changed += done->changed;
        bring->catalogue.same += done->same;
    }
    return learn_numbers(titles, first, n);
}

static int flush(struct titles *titles) {
    int rc = titles->n ? send(titles, 0, titles->n) : 0;
    titles->n = 0;
    arena_reset(titles->bring->texts);
    return rc;
}

/* Without these it would be another title. */
static bool can_be_left_out(const char *name) {
    static const char *const needed[] = {"youtube_id", "source_url", "season", "episode", "parent"};
    const struct field *field = record_field(import_title_record(), name);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!strcmp(name, needed[i]))
            return false;
    return field && field->need != NEED_REQUIRED;
}

/* What content would refuse, so that a dry run tells it too. */
static bool whole(const struct import_title *item, struct fault *fault) {
    bool episode = item->kind && !strcmp(item->kind, "episode");
    if (strspn(item->title, " \t\r\n") == strlen(item->title)) {
        fault_set(fault, "must not be blank");
        fault_in(fault, "title", 0);
    } else if (episode && (!item->has_season || !item->has_episode))
        fault_set(fault, "an episode needs a season and a number");
    else
        return true;
    return false;
}

/* What is wrong with an optional member costs only that member. */
static struct import_title *read_title(struct bring *bring, const struct source_row *row, json_t *json,
                                       struct fault *fault) {
    const struct record *record = import_title_record();
    for (int i = 0; i <= FIELDS_LEFT_OUT_MAX; i++) {
        *fault = (struct fault){0};
        struct import_title *item = record_from_json(record, json, true, bring->texts, fault);
        if (item && !record_complete(record, item, fault))
            return whole(item, fault) ? item : NULL;
        char name[sizeof fault->field];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(fault->field + (*fault->field == '/'), "/"),
                 fault->field + (*fault->field == '/'));
        if (!can_be_left_out(name) || json_object_del(json, name))
            return NULL;
        char note[sizeof fault->why + 20];
        snprintf(note, sizeof note, "left out: %s", fault->why);
        bring_note(bring, row, name, note);
    }
    return NULL;
}

/* Takes `json`. */
static int add(struct titles *titles, const struct source_row *row, json_t *json) {
    struct bring *bring = titles->bring;
    struct fault fault = {0};
    struct import_title *item = read_title(bring, row, json, &fault);
    if (item) {
        titles->items[titles->n] = *item;
        titles->numbers[titles->n++] = row->number;
    } else {
        const char *external = json_string_value(json_object_get(json, "external_id"));
        bring_fault(bring, &bring->catalogue, row, *fault.field ? fault.field + 1 : NULL, fault.why);
        forget_files(bring, external ? external : "");
    }
    json_decref(json);
    return titles->n == BATCH ? flush(titles) : 0;
}

static int each_season(void *self, const struct source_row *row) {
    struct titles *titles = self;
    struct bring *bring = titles->bring;
    char key[EXTERNAL_BYTES], series[EXTERNAL_BYTES];
    bring->rows++;
    if (!row->row || !external_id(bring, "season", row_value(row, "id"), key) ||
        !external_id(bring, "title", row_value(row, bring->system->seasons.series), series)) {
        bring_fault(bring, &bring->catalogue, row, NULL, row->row ? "it names no series" : row->why);
        return 0;
    }
    struct fault fault = {0};
    json_t *season = season_json(bring, row), *list = json_object_get(titles->of_series, series);
    const struct record *record = import_season_record();
    const void *read = record_from_json(record, season, true, bring->texts, &fault);
    if (!read || record_complete(record, read, &fault)) {
        bring_fault(bring, &bring->catalogue, row, *fault.field ? fault.field + 1 : NULL, fault.why);
        json_decref(season);
        return 0;
    }
    if (!list)
        json_object_set_new(titles->of_series, series, list = json_array());
    json_object_set_new(titles->seasons, key,
                        json_pack("{s:s, s:O?, s:I}", "series", series, "number", json_object_get(season, "number"),
                                  "row", (json_int_t)row->number));
    json_array_append_new(list, season);
    return 0;
}

static int each_title(void *self, const struct source_row *row) {
    struct titles *titles = self;
    struct bring *bring = titles->bring;
    char external[EXTERNAL_BYTES];
    bring->rows++;
    if (!row->row || !external_id(bring, "title", row_value(row, "id"), external)) {
        bring_fault(bring, &bring->catalogue, row, NULL, row->row ? "there is no id" : row->why);
        return 0;
    }
    json_t *json = title_json(bring, row, external), *seasons = json_object_get(titles->of_series, external);
    if (seasons)
        json_object_set(json, "seasons", seasons);
    return add(titles, row, json);
}

static int each_episode(void *self, const struct source_row *row) {
    struct titles *titles = self;
    struct bring *bring = titles->bring;
    const struct episode_columns *columns = &bring->system->episodes;
    char external[EXTERNAL_BYTES], series[EXTERNAL_BYTES], key[EXTERNAL_BYTES];
    bring->rows++;
    if (!row->row || !external_id(bring, "episode", row_value(row, "id"), external)) {
        bring_fault(bring, &bring->catalogue, row, NULL, row->row ? "there is no id" : row->why);
        return 0;
    }
    const char *season_key = external_id(bring, "season", row_value(row, columns->season), key);
    const json_t *season = season_key ? json_object_get(titles->seasons, season_key) : NULL;
    const char *parent = season ? json_string_value(json_object_get(season, "series"))
                                : external_id(bring, "title", row_value(row, columns->series), series);
    if (!parent || !json_object_get(bring->titles, parent)) {
        bring_fault(bring, &bring->catalogue, row, NULL, "its series is not there");
        return 0;
    }
    json_t *json = episode_json(bring, row, external);
    json_object_set_new(json, "parent", json_string(parent));
    if (season)
        json_object_set(json, "season", json_object_get(season, "number"));
    return add(titles, row, json);
}

static void check_seasons(struct titles *titles, const char *table) {
    struct bring *bring = titles->bring;
    const char *key;
    json_t *season;
    bring->table = table;
    json_object_foreach(titles->seasons, key, season) {
        struct source_row row = {.number = (size_t)json_integer_value(json_object_get(season, "row"))};
        if (!json_object_get(bring->titles, json_string_value(json_object_get(season, "series"))))
            bring_fault(bring, &bring->catalogue, &row, NULL, "its series is not there");
    }
}

static int read_tables(struct titles *titles) {
    struct bring *bring = titles->bring;
    const struct system *system = bring->system;
    const char *seasons = bring_find(bring, system->seasons.table);
    const char *table = bring_find(bring, system->titles.table);
    const char *episodes = bring_find(bring, system->episodes.table);
    int rc = seasons ? bring_table(bring, seasons, each_season, titles) : 0;
    if (!rc && table)
        rc = bring_table(bring, table, each_title, titles);
    /* Episodes need their series to be there. */
    rc = rc ? rc : flush(titles);
    if (!rc && seasons)
        check_seasons(titles, seasons);
    if (!rc && episodes)
        rc = bring_table(bring, episodes, each_episode, titles);
    return rc ? rc : flush(titles);
}

int bring_titles(struct bring *bring) {
    struct titles titles = {.bring = bring, .seasons = json_object(), .of_series = json_object()};
    int rc = titles.seasons && titles.of_series ? read_tables(&titles) : EX_OSERR;
    json_decref(titles.seasons);
    json_decref(titles.of_series);
    return rc;
}
