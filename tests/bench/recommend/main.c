#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/recommend/evaluate.h"

/* recommend-bench FOLDER LEARN END [setting=value...]: nDCG, recall and hit rate at 10 of each method, as JSON. LEARN
 * and END are parts of the watches: 0.8 1 is the test, 0.6 0.8 a slice before it to choose settings on. Settings change
 * the last method, ours; `only=1` leaves the others out, `history=N` bounds what is known of a person, `days=N` is the
 * half-life of popularity. */

enum { POPULAR, CONTENT, NEIGHBOURS, EASE, OURS, METHODS };

static const char *const names[METHODS] = {"popularity", "content", "item-kNN", "EASE", "ours"};

static void set_up(struct recipe recipes[METHODS]) {
    for (int i = 0; i < METHODS; i++) {
        recipes[i] = recipe_usual;
        if (i == OURS)
            continue;
        recipes[i].ease_part = recipes[i].neighbours_part = recipes[i].content_part = recipes[i].content_first = 0;
        recipes[i].content_fresh = 0;
        recipes[i].popular_part = i == POPULAR;
        recipes[i].recent = 1e9F;
        recipes[i].ease.most = 0;
    }
    recipes[CONTENT].content_part = 1;
    /* The best of each on the validation slices, as ours. */
    recipes[NEIGHBOURS].neighbours_part = 1;
    recipes[NEIGHBOURS].neighbours = (struct neighbours_settings){.most = 50, .shrink = 5, .popular_power = 0.5F};
    recipes[EASE].ease_part = 1;
    recipes[EASE].ease = (struct ease_settings){.most = 4096, .least = 1, .ridge = 200};
}

static int set(struct recipe *recipe, struct trial *trial, const char *setting) {
    struct {
        const char *name;
        float *at;
        uint32_t *whole;
    } table[] = {{"ridge=", &recipe->ease.ridge, NULL},         {"most=", NULL, &recipe->ease.most},
                 {"least=", NULL, &recipe->ease.least},         {"content_rows=", &recipe->ease.content, NULL},
                 {"shrink=", &recipe->neighbours.shrink, NULL}, {"power=", &recipe->neighbours.popular_power, NULL},
                 {"kept=", NULL, &recipe->neighbours.most},     {"ease=", &recipe->ease_part, NULL},
                 {"knn=", &recipe->neighbours_part, NULL},      {"content=", &recipe->content_part, NULL},
                 {"popular=", &recipe->popular_part, NULL},     {"first=", &recipe->content_first, NULL},
                 {"half=", &recipe->known_half, NULL},          {"fresh=", &recipe->content_fresh, NULL},
                 {"fresh_half=", &recipe->fresh_half, NULL},    {"recent=", &recipe->recent, NULL}};
    const char *value = strchr(setting, '=');
    if (!value)
        return -1;
    if (!strncmp(setting, "history=", 8))
        trial->most_history = (size_t)atoi(value + 1);
    else if (!strncmp(setting, "days=", 5))
        trial->popular_days = atof(value + 1);
    else
        for (size_t i = 0; i < sizeof table / sizeof *table; i++)
            if (!strncmp(setting, table[i].name, strlen(table[i].name))) {
                if (table[i].at)
                    *table[i].at = (float)atof(value + 1);
                else
                    *table[i].whole = (uint32_t)atoi(value + 1);
                return 0;
            }
    return strncmp(setting, "history=", 8) && strncmp(setting, "days=", 5) ? -1 : 0;
}

static void print(const char *name, const struct quality *quality) {
    printf("\"%s\":{\"ndcg\":%.4f,\"recall\":%.4f,\"hit\":%.4f,\"people\":%zu}", name, quality->ndcg, quality->recall,
           quality->hit, quality->people);
}

int main(int argc, char **argv) {
    struct data data;
    struct recipe recipes[METHODS];
    struct quality all[METHODS], few[METHODS];
    struct trial trial = {.most_history = SIZE_MAX, .popular_days = POPULAR_HALF_DAYS};
    int first = 0;
    if (argc > 3) {
        trial.learn = atof(argv[2]);
        trial.end = atof(argv[3]);
    }
    if (!(trial.learn > 0 && trial.learn < trial.end && trial.end <= 1)) {
        fprintf(stderr, "usage: recommend-bench FOLDER LEARN END [setting=value...]   such as 0.8 1\n");
        return 64;
    }
    set_up(recipes);
    for (int i = 4; i < argc; i++) {
        if (!strcmp(argv[i], "only=1"))
            first = OURS;
        else if (set(&recipes[OURS], &trial, argv[i])) {
            fprintf(stderr, "recommend-bench: no such setting: %s\n", argv[i]);
            return 64;
        }
    }
    data_read(&data, argv[1]);
    evaluate(&data, &trial, recipes + first, (size_t)(METHODS - first), all + first, few + first);
    for (int i = first; i < METHODS; i++) {
        printf(i == first ? "{\n\"%s\":{" : ",\n\"%s\":{", names[i]);
        print("all", &all[i]);
        printf(",");
        print("few", &few[i]);
        printf("}");
    }
    printf("\n}\n");
    recommender_free(&data.recommender);
    free(data.watches);
    return 0;
}
