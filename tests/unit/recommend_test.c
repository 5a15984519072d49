#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors/history/recommend/inverse.h"
#include "actors/history/recommend/recommend.h"
#include "actors/history/recommend/words.h"
#include "tests/unit/unit.h"

static uint64_t seed = 1;

/* The same numbers in every run (Marsaglia 2003). */
static uint32_t chance(uint32_t n) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 33) % n;
}

static void numbers_are_dense_and_stay(void **state) {
    (void)state;
    struct places places = {0};
    struct dictionary names = {0};
    char text[32];
    assert_int_equal(places_find(&places, 5), NUMBER_NONE);
    for (int64_t i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "word%lld", (long long)(i / 2));
        assert_int_equal(places_add(&places, i * 1000003), i);
        assert_int_equal(dictionary_add(&names, i % 2 ? FEATURE_CAST : FEATURE_WORD, text), i);
    }
    for (int64_t i = 0; i < 5000; i++) {
        assert_int_equal(places_add(&places, i * 1000003), i);
        assert_int_equal(places_find(&places, i * 1000003), i);
        assert_int_equal(places_find(&places, i * 1000003 + 1), NUMBER_NONE);
        assert_int_equal(dictionary_kind(&names, (uint32_t)i), i % 2 ? FEATURE_CAST : FEATURE_WORD);
    }
    assert_string_equal(dictionary_text(&names, 4999), "word2499");
    places_free(&places);
    dictionary_free(&names);
}

static void words_that_say_something(void **state) {
    (void)state;
    const char *text = "The Thief, who's IN a heist\xe2\x80\x99s Caf\xc3\xa9 2001 -- "
                       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa their  ox";
    char word[WORD_BYTES];
    const char *expected[] = {"thief", "heist\xe2\x80\x99s", "caf\xc3\xa9", "2001"};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_true(words_next(&text, word));
        assert_string_equal(word, expected[i]);
    }
    assert_false(words_next(&text, word));
    assert_int_equal(*text, 0);
}

static uint32_t title(struct recommender *recommender, int64_t id, const char *genre, const char *director,
                      const char *text) {
    struct features features = {0};
    uint32_t slot = recommender_slot(recommender, id);
    features_add(&features, &recommender->vectors, FEATURE_GENRE, genre);
    features_add(&features, &recommender->vectors, FEATURE_DIRECTOR, director);
    features_add(&features, &recommender->vectors, FEATURE_WORD, text);
    assert_int_equal(vectors_set(&recommender->vectors, slot, features.numbers, features.n), 0);
    recommender->titles[slot].shown = true;
    return slot;
}

static void rescale(struct recommender *recommender) {
    vectors_take_scales(&recommender->vectors, vectors_scales(&recommender->vectors));
}

static void titles_are_alike_by_what_they_share(void **state) {
    (void)state;
    struct recommender recommender = {0};
    struct vectors *vectors = &recommender.vectors;
    uint32_t heat = title(&recommender, 10, "Crime", "Mann", "heist detective");
    uint32_t thief = title(&recommender, 11, "Crime", "Mann", "heist safe");
    uint32_t bambi = title(&recommender, 12, "Family", "Hand", "deer forest");
    uint32_t ronin = title(&recommender, 13, "Crime", "Frankenheimer", "car chase");
    uint32_t blank = title(&recommender, 14, "", "", "");
    vectors_set(vectors, blank, NULL, 0);
    rescale(&recommender);
    assert_true(fabsf(vectors_cosine(vectors, heat, heat) - 1) < 1e-5F);
    assert_true(vectors_cosine(vectors, heat, thief) > vectors_cosine(vectors, heat, ronin));
    assert_true(vectors_cosine(vectors, heat, ronin) > 0);
    assert_true(vectors_cosine(vectors, heat, bambi) == 0);
    assert_true(vectors_cosine(vectors, heat, blank) == 0);
    uint32_t shared[SHARED_MOST];
    assert_int_equal(vectors_shared(vectors, heat, thief, shared), 2); /* words are no reason */
    assert_string_equal(dictionary_text(&vectors->names, shared[0]), "Mann");
    assert_string_equal(dictionary_text(&vectors->names, shared[1]), "Crime");
    /* By postings it is the same number. */
    float scores[5] = {0};
    assert_int_equal(vectors_score(vectors, &(struct weighted){heat, 0.5F}, 1, scores), 0);
    for (uint32_t slot = 0; slot < 5; slot++)
        assert_true(fabsf(scores[slot] - vectors_cosine(vectors, heat, slot)) < 1e-5F);
    /* A title that changed is found by its new features only. */
    title(&recommender, 11, "Family", "Hand", "deer");
    rescale(&recommender);
    assert_true(vectors_cosine(vectors, heat, thief) == 0);
    assert_true(vectors_cosine(vectors, bambi, thief) > 0.5F);
    assert_int_equal(vectors->live, 4);
    recommender_free(&recommender);
}

static void a_matrix_times_its_inverse_is_one(void **state) {
    (void)state;
    for (size_t n = 1; n < 700; n = n * 3 + 1) {
        float *matrix = calloc(n * n, sizeof *matrix), *inverted = malloc(n * n * sizeof *inverted);
        for (size_t k = 0; k < 3 * n; k++) {
            size_t i = chance((uint32_t)n), j = chance((uint32_t)n);
            matrix[i * n + i] += 1;
            matrix[j * n + j] += 1;
            matrix[i * n + j] += 1;
            matrix[j * n + i] += 1;
        }
        for (size_t i = 0; i < n; i++)
            matrix[i * n + i] += 5;
        memcpy(inverted, matrix, n * n * sizeof *inverted);
        assert_int_equal(inverse(inverted, n), 0);
        double worst = 0;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                double sum = i == j ? -1 : 0;
                for (size_t k = 0; k < n; k++)
                    sum += (double)matrix[i * n + k] * inverted[k * n + j];
                worst = fmax(worst, fabs(sum));
            }
        assert_true(worst < 1e-4);
        free(matrix);
        free(inverted);
    }
    float not_definite[] = {1, 2, 2, 1};
    assert_int_equal(inverse(not_definite, 2), -1);
}

static const struct recipe *only(struct recipe *recipe, float ease, float neighbours, float popular) {
    *recipe = recipe_usual;
    recipe->content_part = recipe->content_first = recipe->content_fresh = 0;
    recipe->ease.content = 0;
    recipe->ease_part = ease;
    recipe->neighbours_part = neighbours;
    recipe->popular_part = popular;
    return recipe;
}

/* Two groups of titles, each with its own people; one title of both. */
static void watch_in_groups(struct recommender *recommender) {
    for (int64_t id = 0; id < 20; id++) {
        uint32_t slot = recommender_slot(recommender, 100 + id);
        recommender->titles[slot].shown = true;
    }
    for (int64_t account = 1; account <= 60; account++)
        for (uint32_t slot = 0; slot < 20; slot++)
            if (slot == 19 || (slot < 10) == (account % 2 == 0 && chance(3) > 0) || chance(10) == 0)
                assert_int_equal(watches_add(&recommender->watches, account, slot), 0);
}

static void people_tell_what_belongs_together(void **state) {
    (void)state;
    struct recommender recommender = {0};
    struct recipe recipe;
    struct pick picks[20];
    uint32_t watched[] = {2, 3};
    struct taste taste = {watched, 2, watched, 2};
    watch_in_groups(&recommender);
    for (int part = 0; part < 2; part++) {
        only(&recipe, part == 0, part == 1, 0);
        assert_int_equal(learnt_fit(&recommender.learnt, &recommender, &recipe), 0);
        assert_int_equal(recommend(&recommender, &recipe, &taste, picks, 20), 18);
        size_t own = 0;
        for (int i = 0; i < 8; i++) {
            own += picks[i].slot < 10;
            assert_true(picks[i].because == 2 || picks[i].because == 3 || picks[i].slot >= 10);
            assert_true(i == 0 || picks[i].score <= picks[i - 1].score);
        }
        assert_true(own >= 7);
        learnt_free(&recommender.learnt);
    }
    recommender_free(&recommender);
}

static void ease_is_what_its_formula_says(void **state) {
    (void)state;
    struct recommender recommender = {0};
    struct audience audience;
    struct ease ease;
    watch_in_groups(&recommender);
    assert_int_equal(audience_build(&audience, &recommender.watches, 20), 0);
    struct ease_settings settings = {.most = 20, .least = 1, .ridge = 10};
    assert_int_equal(ease_fit(&ease, &recommender.watches, &audience, NULL, &settings), 0);
    assert_int_equal(ease.n, 20);
    /* The best fit of each title by the others: no small step in any weight makes it better. */
    for (uint32_t j = 0; j < 20; j++)
        for (uint32_t i = 0; i < 20; i++) {
            double slope = 10 * ease.weights[i * 20 + j];
            for (uint32_t who = 0; i != j && who < recommender.watches.accounts.n; who++) {
                const struct watcher *watcher = &recommender.watches.watchers[who];
                double foretold = 0, real = 0, has = 0;
                for (uint32_t k = 0; k < watcher->n; k++) {
                    uint32_t row = ease.row_of[watcher->slots[k]];
                    foretold += ease.weights[row * 20 + j];
                    real += row == j;
                    has += row == i;
                }
                slope += has * (foretold - real);
            }
            assert_true(i == j ? ease.weights[i * 20 + j] == 0 : fabs(slope) < 1e-2);
        }
    ease_free(&ease);
    audience_free(&audience);
    recommender_free(&recommender);
}

static void a_stranger_sees_what_is_popular(void **state) {
    (void)state;
    struct recommender recommender = {0};
    struct pick picks[3];
    assert_int_equal(recommend(&recommender, &recipe_usual, &(struct taste){0}, picks, 3), 0);
    for (int64_t id = 0; id < 50; id++) {
        uint32_t slot = recommender_slot(&recommender, id);
        recommender.titles[slot] = (struct title_state){.popular = (float)(id * 7 % 50), .shown = id != 7};
    }
    assert_int_equal(recommend(&recommender, &recipe_usual, &(struct taste){0}, picks, 3), 3);
    /* 7 * 7 = 49 is not shown; then 14 * 7 = 98. */
    assert_int_equal(picks[0].slot, 14);
    for (int i = 0; i < 3; i++)
        assert_int_equal(picks[i].because, NUMBER_NONE);
    assert_true(picks[0].score > picks[1].score && picks[1].score > picks[2].score);
    recommender_free(&recommender);
}

static void an_audience_is_who_watched(void **state) {
    (void)state;
    struct watches watches = {0};
    struct audience audience;
    for (uint32_t slot = 0; slot < WATCHES_OF_ONE_MOST + 50; slot++)
        watches_add(&watches, 1, slot);
    watches_add(&watches, 2, 3);
    watches_add(&watches, 2, 3);
    assert_int_equal(watches.n, WATCHES_OF_ONE_MOST + 1);
    assert_int_equal(audience_build(&audience, &watches, 2000), 0);
    assert_int_equal(audience_of(&audience, 3), 2);
    assert_int_equal(audience_of(&audience, 4), 1);
    assert_int_equal(audience_of(&audience, 1999), 0);
    assert_int_equal(audience_of(&audience, 5000), 0);
    audience_free(&audience);
    watches_free(&watches);
}

int recommend_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_dense_and_stay),          cmocka_unit_test(words_that_say_something),
        cmocka_unit_test(titles_are_alike_by_what_they_share), cmocka_unit_test(a_matrix_times_its_inverse_is_one),
        cmocka_unit_test(people_tell_what_belongs_together),   cmocka_unit_test(ease_is_what_its_formula_says),
        cmocka_unit_test(a_stranger_sees_what_is_popular),     cmocka_unit_test(an_audience_is_who_watched),
    };
    return cmocka_run_group_tests_name("recommend", tests, NULL, NULL);
}
