#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/node/clock.h"
#include "tests/actor/tests.h"

/* Recommendations out of history's own tables. */

static pid_t history;

static void restart(void) {
    if (history)
        house_stop(history);
    house_await("history", 0);
    history = house_start("zoe-history", "ZOE_RECOMMEND_SECONDS=1");
    house_await("history", 1);
}

static int start(void **state) {
    (void)state;
    house_sql(
        "truncate history.progress, history.cards, history.views, history.popularity, history.marks, history.habits");
    restart();
    return 0;
}

static int stop(void **state) {
    (void)state;
    house_stop(history);
    house_await("history", 0);
    return 0;
}

static struct list texts(const char **at, size_t n) {
    return (struct list){(void *)at, n};
}

static void learn(int64_t title, const char *name, const char *genre, const char *keyword, const char *director,
                  int64_t revision) {
    struct title_about about = {.genres = texts(&genre, 1),
                                .keywords = texts(&keyword, keyword != NULL),
                                .directors = texts(&director, director != NULL)};
    ask_ok(
        MSG_history_learn, service,
        &(struct title_card){.title_id = title, .title = name, .revision = revision, .kind = "movie", .about = &about});
}

static void watch(int64_t account, int64_t title) {
    house_sql("insert into history.progress (account_id, title_id, position, known, viewed_at) values (%lld, %lld, 50,"
              " true, now()) on conflict do nothing",
              (long long)account, (long long)title);
    house_sql("insert into history.views (account_id, title_id) values (%lld, %lld)", (long long)account,
              (long long)title);
}

static const struct recommend_page *recommend(struct who who, int64_t title) {
    struct answer answer;
    AWAIT((answer =
               ask(MSG_history_recommend, who, &(struct recommend_ask){.title_id = title, .has_title_id = title > 0}))
              .status != UNAVAILABLE);
    expect_status(answer, OK);
    return answer.reply;
}

static const struct recommended *first(const struct recommend_page *page) {
    assert_true(page->items.n > 0);
    return page->items.at;
}

static bool has(const struct recommend_page *page, int64_t title) {
    for (size_t i = 0; i < page->items.n; i++)
        if (LIST_AT(page->items, struct recommended, i).title_id == title)
            return true;
    return false;
}

static void from_the_first_watch_on(void **state) {
    (void)state;
    struct who who = {601, ROLE_USER};
    learn(1, "Heat", "Crime", "heist", "Mann", 1);
    learn(2, "Thief", "Crime", "heist", "Mann", 1);
    learn(3, "Ronin", "Crime", "car chase", "Frankenheimer", 1);
    learn(4, "Bambi", "Family", "deer", "Hand", 1);
    learn(5, "Dumbo", "Family", "elephant", "Sharpsteen", 1);
    AWAIT(recommend(who, 0)->items.n == 5);
    assert_string_equal(first(recommend(nobody, 0))->reason, "new");
    int64_t from_ms = now_ms();
    ask_ok(MSG_history_record, who, &(struct progress_ask){.title_id = 1, .position = 30});
    const struct recommend_page *page = recommend(who, 0);
    assert_true(now_ms() - from_ms < 1000);
    assert_int_equal(page->items.n, 4);
    assert_false(has(page, 1));
    const struct recommended *best = first(page);
    assert_int_equal(best->title_id, 2);
    assert_int_equal(best->because_id, 1);
    assert_string_equal(best->because, "Heat");
    assert_true(strstr(best->reason, "because you watched Heat; same director; shares: ") == best->reason);
    assert_true(strstr(best->reason, "heist"));
    assert_int_equal(best->shares.n, 3);
    assert_int_equal(LIST_AT(page->items, struct recommended, 1).title_id, 3);
    /* Another taste, another list. */
    ask_ok(MSG_history_record, who, &(struct progress_ask){.title_id = 4, .position = 30});
    assert_true(has(recommend(who, 0), 5));
    page = recommend(who, 4);
    assert_int_equal(first(page)->title_id, 5);
    assert_true(strstr(first(page)->reason, "like Bambi") == first(page)->reason);
    assert_int_equal(recommend(who, 77777)->items.n, 0);
    expect_field(ask(MSG_history_recommend, who, &(struct recommend_ask){.limit = 101, .has_limit = true}), "/limit");
}

static void changes_of_titles_arrive(void **state) {
    (void)state;
    struct who who = {602, ROLE_USER};
    ask_ok(MSG_history_record, who, &(struct progress_ask){.title_id = 1, .position = 30});
    learn(6, "Collateral", "Crime", "hitman", "Mann", 1);
    AWAIT(has(recommend(who, 0), 6));
    learn(6, "Collateral", "Family", "deer", "Hand", 2);
    AWAIT(LIST_AT(recommend(who, 0)->items, struct recommended, 1).title_id != 6);
    ask_ok(MSG_history_learn, service,
           &(struct title_card){.title_id = 6, .revision = 3, .hidden = true, .has_hidden = true});
    assert_false(has(recommend(who, 0), 6));
    ask_ok(MSG_history_learn, service,
           &(struct title_card){
               .title_id = 6, .revision = 4, .visible_from = clock_wall_ms() + 3600000, .has_visible_from = true});
    assert_false(has(recommend(who, 0), 6));
    ask_ok(MSG_history_learn, service,
           &(struct title_card){.title_id = 6, .revision = 5, .deleted = true, .has_deleted = true});
    assert_false(has(recommend(who, 0), 6));
    /* An episode is not shown by itself; its series is not once an episode was watched. */
    ask_ok(MSG_history_learn, service,
           &(struct title_card){.title_id = 7, .title = "Series", .revision = 1, .kind = "series"});
    ask_ok(MSG_history_learn, service,
           &(struct title_card){.title_id = 8,
                                .title = "Pilot",
                                .revision = 1,
                                .kind = "episode",
                                .parent_id = 7,
                                .has_parent_id = true,
                                .season = 1,
                                .has_season = true,
                                .episode = 1,
                                .has_episode = true});
    AWAIT(has(recommend(who, 0), 7));
    assert_false(has(recommend(who, 0), 8));
    ask_ok(MSG_history_record, who, &(struct progress_ask){.title_id = 8, .position = 30});
    assert_false(has(recommend(who, 0), 7));
}

static void what_others_watched_together(void **state) {
    (void)state;
    struct who who = {603, ROLE_USER};
    learn(20, "Alpha", "A", NULL, NULL, 1);
    learn(21, "Beta", "B", NULL, NULL, 1);
    learn(22, "Gamma", "C", NULL, NULL, 1);
    learn(23, "Delta", "D", NULL, NULL, 1);
    /* Nothing in common but their watchers. */
    for (int64_t account = 1000; account < 1030; account++) {
        watch(account, 20);
        watch(account, 21);
        watch(account, account % 3 ? 23 : 22);
    }
    ask_ok(MSG_history_record, who, &(struct progress_ask){.title_id = 20, .position = 30});
    AWAIT(first(recommend(who, 0))->title_id == 21 && first(recommend(who, 0))->because_id == 20);
    assert_string_equal(first(recommend(who, 0))->reason, "because you watched Alpha");
    /* A stranger sees what is popular. */
    AWAIT(!strcmp(first(recommend(nobody, 0))->reason, "popular"));
    int64_t best = first(recommend(nobody, 0))->title_id;
    assert_true(best == 20 || best == 21);
    /* It comes back from the tables. */
    restart();
    AWAIT(first(recommend(who, 0))->title_id == 21);
}

int recommend_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_the_first_watch_on),
        cmocka_unit_test(changes_of_titles_arrive),
        cmocka_unit_test(what_others_watched_together),
    };
    return RUN("recommend", start, stop);
}
