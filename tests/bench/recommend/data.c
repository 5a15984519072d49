#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/recommend/evaluate.h"

static void fail(const char *what, const char *name) {
    fprintf(stderr, "recommend-bench: %s: %s\n", what, name);
    exit(1);
}

static FILE *open_in(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (!file)
        fail("cannot be read", path);
    return file;
}

static enum feature_kind kind_of(const char *word) {
    static const char *const kinds[FEATURE_KINDS] = {
        [FEATURE_GENRE] = "genre", [FEATURE_KEYWORD] = "keyword", [FEATURE_DIRECTOR] = "director",
        [FEATURE_CAST] = "cast",   [FEATURE_WORD] = "text",       [FEATURE_YEARS] = "years"};
    for (int kind = 0; kind < FEATURE_KINDS; kind++)
        if (!strncmp(word, kinds[kind], strlen(kinds[kind])) && word[strlen(kinds[kind])] == ':')
            return (enum feature_kind)kind;
    fail("unknown kind", word);
    return FEATURE_WORD;
}

static void read_titles(struct data *data, FILE *file) {
    char *line = NULL, *rest, *word;
    size_t size = 0;
    while (getline(&line, &size, file) > 0) {
        struct features features = {0};
        line[strcspn(line, "\n")] = 0;
        word = strtok_r(line, "\t", &rest);
        uint32_t slot = recommender_slot(&data->recommender, strtoll(word ? word : "", NULL, 10));
        while ((word = strtok_r(NULL, "\t", &rest)))
            features_add(&features, &data->recommender.vectors, kind_of(word), strchr(word, ':') + 1);
        if (slot == NUMBER_NONE || vectors_set(&data->recommender.vectors, slot, features.numbers, features.n))
            fail("memory is out", "titles.tsv");
    }
    free(line);
}

/* By time; those of one second in an order that says nothing of the titles. */
static uint64_t turn(const struct watch *watch) {
    uint64_t x = (uint64_t)watch->user * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)watch->title;
    x ^= x >> 31;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    return x ^ x >> 29;
}

static int by_time(const void *a, const void *b) {
    const struct watch *one = a, *other = b;
    if (one->time != other->time)
        return one->time < other->time ? -1 : 1;
    return turn(one) == turn(other) ? 0 : turn(one) < turn(other) ? -1 : 1;
}

static void read_watches(struct data *data, FILE *file) {
    struct watch watch;
    size_t room = 0;
    long long user, title, time;
    while (fscanf(file, "%lld %lld %lld", &user, &title, &time) == 3) {
        watch = (struct watch){user, title, time, places_find(&data->recommender.vectors.places, title)};
        if (watch.slot == NUMBER_NONE)
            fail("a watch of an unknown title", "watches.tsv");
        if (data->n == room) {
            room = room ? 2 * room : 1024;
            data->watches = realloc(data->watches, room * sizeof watch);
        }
        if (!data->watches)
            fail("memory is out", "watches.tsv");
        data->watches[data->n++] = watch;
    }
    if (!data->n)
        fail("nothing in", "watches.tsv");
    qsort(data->watches, data->n, sizeof watch, by_time);
}

void data_read(struct data *data, const char *folder) {
    FILE *titles = open_in(folder, "titles.tsv"), *watches = open_in(folder, "watches.tsv");
    *data = (struct data){0};
    read_titles(data, titles);
    vectors_take_scales(&data->recommender.vectors, vectors_scales(&data->recommender.vectors));
    read_watches(data, watches);
    fclose(titles);
    fclose(watches);
}
