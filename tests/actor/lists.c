#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/node/clock.h"
#include "tests/actor/tests.h"

/* What history keeps beside positions: order of writes, episodes, views, lists, habits. */

static pid_t history;

static int start(void **state) {
    (void)state;
    house_sql(
        "truncate history.progress, history.cards, history.views, history.popularity, history.marks, history.habits");
    history = house_start("zoe-history", NULL);
    house_await("history", 1);
    return 0;
}

static int stop(void **state) {
    (void)state;
    house_stop(history);
    house_await("history", 0);
    return 0;
}

static void learn(int64_t title, const char *name, double seconds) {
    ask_ok(MSG_history_learn, service,
           &(struct title_card){
               .title_id = title, .title = name, .revision = 1, .duration = seconds, .has_duration = seconds > 0});
}

/* Series 900 with seasons 0 (one special), 1 (two episodes) and 2 (one). */
enum { SERIES = 900, SPECIAL = 901, S1E1 = 911, S1E2 = 912, S2E1 = 921 };

static void learn_episode(int64_t title, int64_t season, int64_t episode) {
    char name[40];
    snprintf(name, sizeof name, "S%dE%d", (int)season, (int)episode);
    ask_ok(MSG_history_learn, service,
           &(struct title_card){.title_id = title,
                                .title = name,
                                .revision = 1,
                                .kind = "episode",
                                .parent_id = SERIES,
                                .has_parent_id = true,
                                .season = season,
                                .has_season = true,
                                .episode = episode,
                                .has_episode = true,
                                .duration = 100,
                                .has_duration = true});
}

static void learn_series(void) {
    ask_ok(MSG_history_learn, service,
           &(struct title_card){.title_id = SERIES, .title = "Series", .revision = 1, .kind = "series"});
    learn_episode(SPECIAL, 0, 1);
    learn_episode(S2E1, 2, 1);
    learn_episode(S1E2, 1, 2);
    learn_episode(S1E1, 1, 1);
}

static struct answer put_at(struct who who, int64_t title, double position, int64_t at) {
    return ask(MSG_history_record, who,
               &(struct progress_ask){.title_id = title, .position = position, .at = at, .has_at = at > 0});
}

static double resume(struct who who, int64_t title) {
    return ((struct resume_reply *)ask_ok(MSG_history_resume, who, &(struct title_ref){.title_id = title}))->position;
}

static void what_is_late_moves_nothing_back(void **state) {
    (void)state;
    struct who who = {501, ROLE_USER};
    int64_t now = clock_wall_ms();
    learn(1, "One", 100);
    expect_status(put_at(who, 1, 50, now - 5000), OK);
    struct answer late = put_at(who, 1, 20, now - 9000);
    expect_status(late, OK);
    assert_true(((struct progress_reply *)late.reply)->position == 50);
    assert_int_equal(((struct progress_reply *)late.reply)->updated_at, now - 5000);
    assert_true(resume(who, 1) == 50);
    expect_status(put_at(who, 1, 30, now - 4000), OK);
    assert_true(resume(who, 1) == 30);
    /* A clock that is a day ahead does not keep the others out. */
    expect_status(put_at(who, 1, 60, now + 86400000), OK);
    expect_status(put_at(who, 1, 61, 0), OK);
    assert_true(resume(who, 1) == 61);
    expect_status(put_at(who, 1, 62, clock_wall_ms() + 5), OK);
    assert_true(resume(who, 1) == 62);
    /* One that never set its clock may write where nobody did. */
    expect_status(put_at(who, 2, 5, 1), OK);
    assert_true(resume(who, 2) == 5);
}

static void a_batch_keeps_the_latest_by_time(void **state) {
    (void)state;
    enum { ASKS = 300 };
    struct peer *peer = peer_open("ask");
    int64_t now = clock_wall_ms();
    house_stop(history);
    house_await("history", 0);
    for (uint64_t i = 1; i <= ASKS; i++) {
        /* 7 and 300 have no common part: every number comes once, the highest somewhere in the middle. */
        int64_t turn = (int64_t)(i * 7 % ASKS);
        peer_send(
            peer,
            (struct header){.kind = KIND_ASK,
                            .message = MSG_history_record,
                            .remaining_ms = 20000,
                            .key = {peer->edge, i},
                            .user = 502,
                            .roles = ROLE_USER},
            progress_ask_record(),
            &(struct progress_ask){.title_id = 1, .position = (double)turn, .at = now - 60000 + turn, .has_at = true});
    }
    history = house_start("zoe-history", "ZOE_WORKERS_FAST=1");
    for (int i = 0; i < ASKS; i++) {
        assert_true(peer_take(peer, PATIENCE_MS));
        assert_int_equal(peer->header.status, OK);
    }
    peer_close(peer);
    assert_true(resume((struct who){502, ROLE_USER}, 1) == ASKS - 1);
}

static const struct history_row *going_on(struct who who) {
    return ask_ok(MSG_history_continue, who, &(struct continue_ask){0});
}

static void watched_at_nine_tenths(void **state) {
    (void)state;
    struct who who = {503, ROLE_USER};
    learn(3, "Three", 100);
    const struct progress_reply *reply = put_at(who, 3, 89.9, 0).reply;
    assert_false(reply->watched);
    assert_int_equal(going_on(who)->items.n, 1);
    reply = put_at(who, 3, 90, 0).reply;
    assert_true(reply->watched);
    assert_int_equal(going_on(who)->items.n, 0);
    /* Once more from the start: it stays watched, and can be gone on with. */
    reply = put_at(who, 3, 12, 0).reply;
    assert_true(reply->watched);
    assert_int_equal(going_on(who)->items.n, 1);
    const struct history_page *page = ask_ok(MSG_history_list, who, &(struct page_ask){0});
    assert_true(((struct history_item *)page->items.at)->watched);
}

static const struct next_reply *next_of(struct who who, int64_t title) {
    return ask_ok(MSG_history_next, who, &(struct title_ref){.title_id = title});
}

static void episodes_follow_each_other(void **state) {
    (void)state;
    struct who who = {504, ROLE_USER};
    learn_series();
    const struct next_reply *next = next_of(who, SERIES);
    assert_int_equal(next->title_id, S1E1); /* specials are not where one begins */
    assert_true(next->position == 0);
    /* As a dialect says it: the series, and the episode. */
    struct answer answer =
        ask(MSG_history_record, who,
            &(struct progress_ask){.title_id = SERIES, .episode_id = S1E1, .has_episode_id = true, .position = 40});
    expect_status(answer, OK);
    assert_int_equal(((struct progress_reply *)answer.reply)->title_id, S1E1);
    next = next_of(who, SERIES);
    assert_int_equal(next->title_id, S1E1);
    assert_true(next->position == 40);
    const struct history_item *item = going_on(who)->items.at;
    assert_int_equal(item->title_id, S1E1);
    assert_int_equal(item->series_id, SERIES);
    assert_string_equal(item->series, "Series");
    assert_int_equal(item->season, 1);
    assert_int_equal(item->episode, 1);
    put_at(who, S1E1, 95, 0);
    next = next_of(who, SERIES);
    assert_int_equal(next->title_id, S1E2);
    assert_int_equal(next->episode, 2);
    const struct history_row *row = going_on(who);
    assert_int_equal(row->items.n, 1);
    assert_int_equal(((struct history_item *)row->items.at)->title_id, S1E2);
    assert_true(((struct history_item *)row->items.at)->position == 0);
    put_at(who, S1E2, 100, 0);
    assert_int_equal(next_of(who, SERIES)->title_id, S2E1);
    put_at(who, S2E1, 99, 0);
    next = next_of(who, SERIES);
    assert_false(next->has_title_id);
    assert_int_equal(going_on(who)->items.n, 0);
    /* A film is its own next. */
    assert_int_equal(next_of(who, 3)->title_id, 3);
    expect_status(ask(MSG_history_next, who, &(struct title_ref){.title_id = 77777}), NOT_FOUND);
    /* An episode that is taken away is no longer due. */
    put_at((struct who){505, ROLE_USER}, S1E2, 99, 0);
    ask_ok(MSG_history_learn, service,
           &(struct title_card){.title_id = S2E1, .revision = 2, .deleted = true, .has_deleted = true});
    assert_int_equal(going_on((struct who){505, ROLE_USER})->items.n, 0);
}

/* An episode is hidden with its series, and comes back with it. */
static void episodes_are_hidden_with_their_series(void **state) {
    (void)state;
    struct who who = {514, ROLE_USER};
    learn_series();
    put_at(who, S1E1, 40, 0);
    ask_ok(MSG_history_mark, who, &(struct mark_ask){.list = "watchlist", .title_id = S1E1, .state = "on"});
    assert_int_equal(going_on(who)->items.n, 1);
    int64_t far = clock_wall_ms() + 3600000;
    const struct title_card closed[] = {
        {.title_id = SERIES, .title = "Series", .revision = 10, .kind = "series", .hidden = true, .has_hidden = true},
        {.title_id = SERIES,
         .title = "Series",
         .revision = 11,
         .kind = "series",
         .visible_from = far,
         .has_visible_from = true},
        {.title_id = SERIES,
         .title = "Series",
         .revision = 12,
         .kind = "series",
         .visible_until = 1000,
         .has_visible_until = true}};
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        ask_ok(MSG_history_learn, service, &closed[i]);
        assert_int_equal(going_on(who)->items.n, 0);
        assert_int_equal(((const struct history_page *)ask_ok(MSG_history_list, who, &(struct page_ask){0}))->items.n,
                         0);
        assert_int_equal(
            ((const struct marks_page *)ask_ok(MSG_history_marks, who, &(struct marks_ask){.list = "watchlist"}))
                ->items.n,
            0);
        expect_status(ask(MSG_history_next, who, &(struct title_ref){.title_id = SERIES}), NOT_FOUND);
    }
    ask_ok(MSG_history_learn, service,
           &(struct title_card){.title_id = SERIES, .title = "Series", .revision = 13, .kind = "series"});
    assert_int_equal(going_on(who)->items.n, 1);
}

static void what_was_watched_can_be_forgotten(void **state) {
    (void)state;
    struct who who = {506, ROLE_USER}, other = {507, ROLE_USER};
    learn_series();
    for (int64_t title = 1; title <= 3; title++)
        put_at(who, title, 10, 0);
    put_at(who, S1E1, 10, 0);
    put_at(other, 1, 10, 0);
    ask_ok(MSG_history_clear, who, &(struct clear_ask){.title_id = 2, .has_title_id = true});
    ask_ok(MSG_history_clear, who, &(struct clear_ask){.title_id = SERIES, .has_title_id = true});
    assert_int_equal(house_number("select count(*) as value from history.progress where account_id = 506"), 2);
    ask_ok(MSG_history_clear, who, &(struct clear_ask){0});
    assert_int_equal(house_number("select count(*) as value from history.progress where account_id = 506"), 0);
    assert_true(resume(other, 1) == 10);
    expect_code(ask(MSG_history_clear, nobody, &(struct clear_ask){0}), UNAUTHENTICATED, "unauthenticated");
}

static void recording_can_be_paused(void **state) {
    (void)state;
    struct who who = {508, ROLE_USER}, other = {509, ROLE_USER};
    const struct habits *habits = ask_ok(MSG_history_settings, who, NULL);
    assert_false(habits->paused);
    assert_false(habits->has_keep_days);
    put_at(who, 1, 10, 0);
    habits = ask_ok(MSG_history_settings_change, who, &(struct habits_change){.paused = true, .has_paused = true});
    assert_true(habits->paused);
    struct answer answer = put_at(who, 1, 20, 0);
    expect_status(answer, OK);
    assert_false(((struct progress_reply *)answer.reply)->recorded);
    assert_true(((struct progress_reply *)put_at(other, 1, 20, 0).reply)->recorded);
    assert_true(resume(who, 1) == 10);
    const struct view_reply *view = ask_ok(MSG_history_view, who, &(struct view_ask){.title_id = 3, .seconds = 60});
    assert_false(view->counted);
    ask_ok(MSG_history_settings_change, who, &(struct habits_change){.paused = false, .has_paused = true});
    put_at(who, 1, 30, 0);
    assert_true(resume(who, 1) == 30);
}

static void old_entries_go(void **state) {
    (void)state;
    struct who who = {510, ROLE_USER};
    house_sql("insert into history.progress (account_id, title_id, position, updated_at, known) values"
              " (510, 1, 5, now() - interval '40 days', true), (510, 2, 5, now() - interval '10 days', true),"
              " (510, 3, 5, now() - interval '400 days', true)");
    const struct habits *habits =
        ask_ok(MSG_history_settings_change, who, &(struct habits_change){.keep_days = 100, .has_keep_days = true});
    assert_int_equal(habits->keep_days, 100);
    assert_int_equal(house_number("select count(*) as value from history.progress where account_id = 510"), 2);
    house_sql("update history.habits set keep_days = 30 where account_id = 510");
    house_stop(history);
    history = house_start("zoe-history", NULL);
    house_await("history", 1);
    AWAIT(house_number("select count(*) as value from history.progress where account_id = 510") == 1);
    habits = ask_ok(MSG_history_settings_change, who, &(struct habits_change){.keep_days = 0, .has_keep_days = true});
    assert_false(habits->has_keep_days);
    expect_field(ask(MSG_history_settings_change, who, &(struct habits_change){.keep_days = -1, .has_keep_days = true}),
                 "/keep_days");
}

static struct answer mark(struct who who, const char *list, int64_t title, const char *wanted) {
    return ask(MSG_history_mark, who, &(struct mark_ask){.list = list, .title_id = title, .state = wanted});
}

static const struct marked_reply *marked(struct who who, const char *list) {
    return ask_ok(MSG_history_marked, who, &(struct marked_ask){.list = list});
}

static void lists_are_kept_apart(void **state) {
    (void)state;
    struct who who = {511, ROLE_USER}, other = {512, ROLE_USER};
    learn(2, "Two", 0);
    const struct mark_reply *reply = mark(who, "favorites", 3, "toggle").reply;
    assert_true(reply->marked);
    reply = mark(who, "favorites", 1, "toggle").reply;
    assert_int_equal(reply->ids.n, 2);
    assert_int_equal(LIST_AT(reply->ids, int64_t, 0), 3);
    assert_int_equal(LIST_AT(reply->ids, int64_t, 1), 1);
    reply = mark(who, "favorites", 3, "toggle").reply;
    assert_false(reply->marked);
    assert_int_equal(reply->ids.n, 1);
    expect_status(mark(who, "watchlist", 2, "on"), OK);
    expect_status(mark(who, "watchlist", 2, "on"), OK);
    assert_int_equal(marked(who, "watchlist")->ids.n, 1);
    assert_int_equal(marked(who, "favorites")->ids.n, 1);
    assert_int_equal(marked(other, "watchlist")->ids.n, 0);
    expect_code(mark(who, "watchlist", 77777, "on"), NOT_FOUND, "not-found");
    expect_status(mark(who, "watchlist", 77777, "off"), OK);
    expect_status(mark(who, "watchlist", 2, "off"), OK);
    assert_int_equal(marked(who, "watchlist")->ids.n, 0);
    expect_code(mark(nobody, "watchlist", 2, "on"), UNAUTHENTICATED, "unauthenticated");
    expect_field(mark(who, "secret", 2, "on"), "/list");
}

static void lists_have_pages_and_an_end(void **state) {
    (void)state;
    struct who who = {513, ROLE_USER};
    house_sql("insert into history.cards (title_id, title, revision) select 5000 + n, 't' || n, 1 from "
              "generate_series(1, 1001) n");
    house_sql("insert into history.marks (account_id, list, title_id, added_at) select 513, 'watchlist', 5000 + n,"
              " timestamptz '2026-01-01Z' + (n / 3) * interval '1 microsecond' from generate_series(1, 1000) n");
    expect_code(mark(who, "watchlist", 6001, "on"), CONFLICT, "full");
    struct marks_ask page_ask = {.list = "watchlist", .limit = 97, .has_limit = true};
    char cursor[64];
    int64_t expected = 6000;
    for (;;) {
        const struct marks_page *page = ask_ok(MSG_history_marks, who, &page_ask);
        for (size_t i = 0; i < page->items.n; i++)
            assert_int_equal(LIST_AT(page->items, struct marked_item, i).title_id, expected--);
        if (!page->next)
            break;
        snprintf(cursor, sizeof cursor, "%s", page->next);
        page_ask.cursor = cursor;
    }
    assert_int_equal(expected, 5000);
    /* What viewers may not see stands on no list, and comes back. */
    ask_ok(MSG_history_learn, service,
           &(struct title_card){.title_id = 6000, .title = "t", .revision = 2, .hidden = true, .has_hidden = true});
    const struct marks_page *page = ask_ok(MSG_history_marks, who, &(struct marks_ask){.list = "watchlist"});
    assert_int_equal(((struct marked_item *)page->items.at)->title_id, 5999);
    ask_ok(MSG_history_learn, service, &(struct title_card){.title_id = 6000, .title = "t", .revision = 3});
    page = ask_ok(MSG_history_marks, who, &(struct marks_ask){.list = "watchlist"});
    assert_int_equal(((struct marked_item *)page->items.at)->title_id, 6000);
}

static int64_t views_of(int64_t account, int64_t title) {
    return house_number("select count(*) as value from history.views where account_id = %lld and title_id = %lld",
                        (long long)account, (long long)title);
}

static void a_view_counts_once_an_hour(void **state) {
    (void)state;
    struct who who = {514, ROLE_USER};
    int64_t now = clock_wall_ms();
    /* Far into the film at once is no view: ten seconds must pass. */
    put_at(who, 3, 80, now - 60000);
    put_at(who, 3, 85, now - 51000);
    assert_int_equal(views_of(514, 3), 0);
    put_at(who, 3, 86, now - 50000);
    assert_int_equal(views_of(514, 3), 1);
    for (int i = 0; i < 5; i++)
        put_at(who, 3, 87 + i, now - 40000 + i * 5000);
    assert_int_equal(views_of(514, 3), 1);
    house_sql("update history.progress set viewed_at = now() - interval '61 minutes' where account_id = 514");
    put_at(who, 3, 95, 0);
    assert_int_equal(views_of(514, 3), 2);
    /* A new sitting begins to count anew. */
    house_sql(
        "update history.progress set viewed_at = now() - interval '5 hours', updated_at = now() - interval '5 hours'"
        " where account_id = 514");
    put_at(who, 3, 10, 0);
    assert_int_equal(views_of(514, 3), 2);
    /* From a player that keeps no positions. */
    const struct view_reply *view = ask_ok(MSG_history_view, who, &(struct view_ask){.title_id = 2, .seconds = 9.9});
    assert_false(view->counted);
    view = ask_ok(MSG_history_view, who, &(struct view_ask){.title_id = 2, .seconds = 10});
    assert_true(view->counted);
    view = ask_ok(MSG_history_view, who, &(struct view_ask){.title_id = 2, .seconds = 10});
    assert_false(view->counted);
    assert_int_equal(views_of(514, 2), 1);
    expect_code(ask(MSG_history_view, who, &(struct view_ask){.title_id = 77777, .seconds = 10}), NOT_FOUND,
                "not-found");
    expect_code(ask(MSG_history_view, nobody, &(struct view_ask){.title_id = 2, .seconds = 10}), UNAUTHENTICATED,
                "unauthenticated");
}

static void views_make_popular(void **state) {
    (void)state;
    AWAIT(house_number("select count(*) as value from history.views where not counted") == 0);
    double score = atof(house_value("select score as value from history.popularity where title_id = 2"));
    assert_true(score > 1); /* in views of the first of January 2026, which is past */
    house_sql("insert into history.views (account_id, title_id, at) values (515, 1, now()), (516, 1, now()),"
              " (517, 2, now() - interval '60 days'), (518, %d, now())",
              S1E1);
    AWAIT(house_number("select count(*) as value from history.views where not counted") == 0);
    double more = atof(house_value("select score as value from history.popularity where title_id = 2")) - score;
    double two = atof(house_value("select score as value from history.popularity where title_id = 1"));
    /* Two of today against one that is 60 days old: four to one. */
    assert_true(two / more > 3.99 && two / more < 4.01);
    /* Of an episode the series is popular. */
    assert_int_equal(house_number("select count(*) as value from history.popularity where title_id = %d", SERIES), 1);
    house_sql("update history.views set at = now() - interval '9 days'");
    house_stop(history);
    history = house_start("zoe-history", NULL);
    house_await("history", 1);
    AWAIT(house_number("select count(*) as value from history.views") == 0);
}

static void all_of_it_is_exported_and_forgotten(void **state) {
    (void)state;
    struct who who = {519, ROLE_USER};
    put_at(who, 3, 10, 0);
    mark(who, "watchlist", 1, "on");
    mark(who, "favorites", 2, "on");
    ask_ok(MSG_history_settings_change, who, &(struct habits_change){.keep_days = 9, .has_keep_days = true});
    const struct history_export *export = ask_ok(MSG_history_export, who, &(struct page_ask){0});
    assert_int_equal(export->items.n, 1);
    assert_int_equal(export->watchlist.n, 1);
    assert_int_equal(((struct marked_item *)export->favorites.at)->title_id, 2);
    assert_int_equal(export->settings->keep_days, 9);
    ask_ok(MSG_history_forget_account, service, &(struct account_ref){.account_id = 519});
    export = ask_ok(MSG_history_export, who, &(struct page_ask){0});
    assert_int_equal(export->items.n + export->watchlist.n + export->favorites.n, 0);
    assert_false(export->settings->has_keep_days);
}

int lists_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_late_moves_nothing_back),
        cmocka_unit_test(a_batch_keeps_the_latest_by_time),
        cmocka_unit_test(watched_at_nine_tenths),
        cmocka_unit_test(episodes_follow_each_other),
        cmocka_unit_test(episodes_are_hidden_with_their_series),
        cmocka_unit_test(what_was_watched_can_be_forgotten),
        cmocka_unit_test(recording_can_be_paused),
        cmocka_unit_test(old_entries_go),
        cmocka_unit_test(lists_are_kept_apart),
        cmocka_unit_test(lists_have_pages_and_an_end),
        cmocka_unit_test(a_view_counts_once_an_hour),
        cmocka_unit_test(views_make_popular),
        cmocka_unit_test(all_of_it_is_exported_and_forgotten),
    };
    return RUN("lists", start, stop);
}
