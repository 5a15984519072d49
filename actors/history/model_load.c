#include <math.h>
#include <stdlib.h>

#include "actors/history/history.h"
#include "actors/history/model.h"
#include "protocol/node/log.h"
#include "protocol/wire/json.h"

/* How much later than its time a change may become visible. */
static const int64_t OVERLAP_US = 10000000;

static void add_texts(struct features *features, struct vectors *vectors, enum feature_kind kind,
                      const struct list *texts) {
    for (size_t i = 0; i < texts->n; i++)
        features_add(features, vectors, kind, LIST_AT(*texts, const char *, i));
}

/* What is most telling comes first: the last words of a long description may find no place. */
static void add_about(struct features *features, struct vectors *vectors, const char *title,
                      const struct title_about *about) {
    char years[16];
    if (about) {
        add_texts(features, vectors, FEATURE_GENRE, &about->genres);
        add_texts(features, vectors, FEATURE_DIRECTOR, &about->directors);
        add_texts(features, vectors, FEATURE_KEYWORD, &about->keywords);
        add_texts(features, vectors, FEATURE_CAST, &about->cast);
    }
    if (about && about->has_year) {
        snprintf(years, sizeof years, "%d0s", (int)(about->year / 10));
        features_add(features, vectors, FEATURE_YEARS, years);
    }
    features_add(features, vectors, FEATURE_WORD, title);
    if (about && about->text)
        features_add(features, vectors, FEATURE_WORD, about->text);
}

static int set_card(struct model *model, const struct rows *rows, size_t row, const struct title_about *about) {
    struct recommender *recommender = &model->recommender;
    struct features features = {0};
    pthread_rwlock_wrlock(&model->lock);
    uint32_t slot = recommender_slot(recommender, rows_int(rows, row, "title_id"));
    int rc = slot == NUMBER_NONE ? -1 : 0;
    if (!rc) {
        recommender->titles[slot].shown = !rows_bool(rows, row, "away");
        if (recommender->titles[slot].shown)
            add_about(&features, &recommender->vectors, rows_text(rows, row, "title"), about);
        rc = vectors_set(&recommender->vectors, slot, features.numbers, features.n);
        /* From 1: a slot that nothing is known of has 0. */
        recommender->titles[slot].revision = rows_int(rows, row, "revision") + 1;
    }
    pthread_rwlock_unlock(&model->lock);
    return rc;
}

static int take_card(struct model *model, const struct rows *rows, size_t row, struct arena *arena) {
    const struct recommender *recommender = &model->recommender;
    uint32_t slot = places_find(&recommender->vectors.places, rows_int(rows, row, "title_id"));
    if (slot != NUMBER_NONE && recommender->titles[slot].revision > rows_int(rows, row, "revision"))
        return 0;
    struct fault fault;
    json_t *json = json_loads(rows_text(rows, row, "about"), 0, NULL);
    const struct title_about *about = json ? record_from_json(title_about_record(), json, false, arena, &fault) : NULL;
    int rc = set_card(model, rows, row, about);
    json_decref(json);
    arena_reset(arena);
    return rc;
}

/* Rows that changed, page by page from a little before the last; `take` for each. */
static int load_changed(struct model *model, unsigned query, int64_t *last_us,
                        int (*take)(struct model *model, const struct rows *rows, size_t row, struct arena *arena)) {
    struct arena *arena = arena_new();
    int64_t after_us = *last_us > OVERLAP_US ? *last_us - OVERLAP_US : 0, after_id = 0;
    int rc = arena ? 0 : -1;
    for (size_t n = 1; !rc && n > 0;) {
        struct rows *rows =
            db_run(model->db, query, NULL, NULL, ARGS(ARG_INT("after_us", after_us), ARG_INT("after_id", after_id)));
        n = rows ? rows_count(rows) : 0;
        rc = rows ? 0 : -1;
        for (size_t row = 0; !rc && row < n; row++) {
            rc = take(model, rows, row, arena);
            after_us = rows_int(rows, row, "place_us");
            after_id = rows_int(rows, row, "title_id");
        }
        rows_free(rows);
    }
    if (!rc && after_us > *last_us)
        *last_us = after_us;
    arena_free(arena);
    return rc;
}

int model_load_cards(struct model *model) {
    return load_changed(model, Q_cards_changed, &model->cards_us, take_card);
}

static int take_popularity(struct model *model, const struct rows *rows, size_t row, struct arena *arena) {
    (void)arena;
    uint32_t slot = places_find(&model->recommender.vectors.places, rows_int(rows, row, "title_id"));
    double score = rows_real(rows, row, "score") * exp2(-model->from_day / POPULAR_HALF_DAYS);
    if (slot == NUMBER_NONE)
        return 0;
    pthread_rwlock_wrlock(&model->lock);
    model->recommender.titles[slot].popular = (float)score;
    pthread_rwlock_unlock(&model->lock);
    return 0;
}

int model_load_popularity(struct model *model) {
    return load_changed(model, Q_popularity_changed, &model->popular_us, take_popularity);
}

int model_load_watches(struct model *model) {
    struct watches *watches = &model->recommender.watches;
    int64_t account = 0, title = 0;
    int rc = 0;
    watches_free(watches);
    for (size_t n = 1; !rc && n > 0;) {
        struct rows *rows = db_run(model->db, Q_watches_page, NULL, NULL,
                                   ARGS(ARG_INT("after_account", account), ARG_INT("after_title", title)));
        n = rows ? rows_count(rows) : 0;
        rc = rows ? 0 : -1;
        for (size_t row = 0; !rc && row < n; row++) {
            account = rows_int(rows, row, "account_id");
            title = rows_int(rows, row, "place_id");
            uint32_t slot = places_find(&model->recommender.vectors.places, rows_int(rows, row, "title_id"));
            rc = slot == NUMBER_NONE ? 0 : watches_add(watches, account, slot);
        }
        rows_free(rows);
    }
    return rc;
}
