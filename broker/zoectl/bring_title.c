#include <string.h>
#include <strings.h>

#include "broker/zoectl/bring_title.h"

/* What a row says of a title, as JSON of import_title. */

static const char *const series_names[] = {"series", "show", "tv", "tv_show", "tvshow", "serie"};

static bool one_of(const char *text, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!strcasecmp(text, names[i]))
            return true;
    return false;
}

static const char *kind_of(const struct title_columns *columns, const char *said) {
    if (!said)
        return columns->usual_kind;
    if (one_of(said, series_names, sizeof series_names / sizeof *series_names))
        return "series";
    return !strcasecmp(said, "video") ? "video" : "movie";
}

/* Cut where a letter ends. */
static void set_text(struct bring *bring, const struct source_row *row, json_t *json, const char *name,
                     const char *columns, size_t most) {
    const char *text = row_text(row, columns, bring->texts);
    size_t n = text ? strlen(text) : 0;
    if (!text)
        return;
    if (n > most) {
        for (n = most; n && ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--;
        bring_note(bring, row, name, "it is too long and was cut");
    }
    json_object_set_new(json, name, json_stringn(text, n));
}

/* What is no number stays a text, and is refused as one. */
static void set_number(const struct source_row *row, json_t *json, const char *name, const char *columns,
                       double factor) {
    const json_t *value = row_value(row, columns);
    const char *text = json_string_value(value);
    json_t *number = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    if (text && json_is_number(number))
        value = number;
    if (json_is_integer(value) && factor == 1)
        json_object_set_new(json, name, json_integer(json_integer_value(value)));
    else if (json_is_number(value))
        json_object_set_new(json, name, json_real(json_number_value(value) * factor));
    else if (text)
        json_object_set_new(json, name, json_string(text));
    json_decref(number);
}

/* "Action, Drama" and "Action|Drama". */
static void set_genres(struct bring *bring, const struct source_row *row, json_t *json, const char *columns) {
    const char *text = row_text(row, columns, bring->texts);
    json_t *list = text ? json_array() : NULL;
    for (size_t n; list && *text; text += n + (text[n] != 0)) {
        text += strspn(text, " \t");
        n = strcspn(text, ",|/;");
        size_t end = n;
        while (end && text[end - 1] == ' ')
            end--;
        if (end)
            json_array_append_new(list, json_stringn(text, end));
    }
    if (list)
        json_object_set_new(json, "genres", list);
}

static void set_created(const struct source_row *row, json_t *json, const char *columns) {
    char text[32];
    int64_t ms;
    if (row_time(row, columns, &ms) || ms < 0)
        return;
    time_to_text(ms, text);
    json_object_set_new(json, "created_at", json_string(text));
}

/* The id in an address of YouTube, or NULL. */
static const char *youtube_id(const char *address) {
    static const char *const before[] = {"youtu.be/", "youtube.com/watch?v=", "youtube.com/embed/",
                                         "youtube-nocookie.com/embed/"};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        const char *at = strstr(address, before[i]);
        if (at)
            return at + strlen(before[i]);
    }
    return NULL;
}

/* An address is played from there; what is none is a file that the title still needs. */
static void set_film(struct bring *bring, const struct source_row *row, json_t *json, const char *columns) {
    const char *film = row_text(row, columns, bring->texts), *id = film ? youtube_id(film) : NULL;
    if (!film)
        return;
    if (strncmp(film, "http://", 7) && strncmp(film, "https://", 8)) {
        json_object_set_new(bring->films, json_string_value(json_object_get(json, "external_id")), json_string(film));
        return;
    }
    json_object_set_new(json, "source", json_string(id ? "youtube" : "url"));
    if (id)
        json_object_set_new(json, "youtube_id", json_stringn(id, strcspn(id, "?&#/")));
    else
        json_object_set_new(json, "source_url", json_string(film));
}

static void note_picture(struct bring *bring, const struct source_row *row, const char *external) {
    const char *picture = row_text(row, bring->system->titles.picture, bring->texts);
    if (picture && strncmp(picture, "http://", 7) && strncmp(picture, "https://", 8))
        json_object_set_new(bring->pictures, external, json_string(picture));
}

json_t *title_json(struct bring *bring, const struct source_row *row, const char *external) {
    const struct title_columns *columns = &bring->system->titles;
    json_t *json = json_object();
    const char *youtube = row_text(row, columns->youtube, bring->texts);
    json_object_set_new(json, "external_id", json_string(external));
    json_object_set_new(json, "kind", json_string(kind_of(columns, row_text(row, columns->kind, bring->texts))));
    set_text(bring, row, json, "title", columns->title, 200);
    set_text(bring, row, json, "description", columns->description, 5000);
    set_text(bring, row, json, "category", columns->category, 100);
    set_text(bring, row, json, "language", columns->language, 35);
    set_genres(bring, row, json, columns->genres);
    set_number(row, json, "year", columns->year, 1);
    set_number(row, json, "rating", columns->rating, 1);
    set_number(row, json, "duration", columns->minutes, 60);
    set_created(row, json, columns->created);
    if (columns->active && row_value(row, columns->active) && !row_true(row, columns->active))
        json_object_set_new(json, "visibility", json_string("hidden"));
    if (youtube) {
        json_object_set_new(json, "source", json_string("youtube"));
        json_object_set_new(json, "youtube_id", json_string(youtube));
    } else
        set_film(bring, row, json, columns->film);
    note_picture(bring, row, external);
    return json;
}

json_t *episode_json(struct bring *bring, const struct source_row *row, const char *external) {
    const struct episode_columns *columns = &bring->system->episodes;
    json_t *json = json_object();
    json_object_set_new(json, "external_id", json_string(external));
    json_object_set_new(json, "kind", json_string("episode"));
    set_text(bring, row, json, "title", columns->title, 200);
    set_text(bring, row, json, "description", columns->description, 5000);
    set_number(row, json, "season", columns->season_number, 1);
    set_number(row, json, "episode", columns->number, 1);
    set_number(row, json, "duration", columns->minutes, 60);
    set_created(row, json, columns->created);
    set_film(bring, row, json, columns->film);
    return json;
}

json_t *season_json(struct bring *bring, const struct source_row *row) {
    const struct season_columns *columns = &bring->system->seasons;
    json_t *json = json_object();
    set_number(row, json, "number", columns->number, 1);
    set_text(bring, row, json, "title", columns->title, 200);
    set_text(bring, row, json, "description", columns->description, 5000);
    return json;
}
