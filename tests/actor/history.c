#include <stdio.h>
#include <string.h>

#include "tests/actor/tests.h"

/* Each message of history through the broker. */

static pid_t history;

static int start(void **state) {
    (void)state;
    house_sql("truncate history.progress, history.cards");
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

static struct answer put(struct who who, int64_t title, double position) {
    return ask(MSG_history_record, who, &(struct progress_ask){.title_id = title, .position = position});
}

static double resume(struct who who, int64_t title) {
    return ((struct resume_reply *)ask_ok(MSG_history_resume, who, &(struct title_ref){.title_id = title}))->position;
}

static void learn(int64_t title, const char *name, int64_t revision) {
    ask_ok(MSG_history_learn, service, &(struct title_card){.title_id = title, .title = name, .revision = revision});
}

static void forget(int64_t title, int64_t revision) {
    ask_ok(MSG_history_learn, service,
           &(struct title_card){.title_id = title, .revision = revision, .deleted = true, .has_deleted = true});
}

static const struct history_page *list(struct who who) {
    return ask_ok(MSG_history_list, who, &(struct page_ask){0});
}

static void record_resume_list(void **state) {
    (void)state;
    learn(1, "One", 1);
    struct answer answer = put(viewer, 1, 12.5);
    expect_status(answer, OK);
    const struct progress_reply *reply = answer.reply;
    assert_int_equal(reply->title_id, 1);
    assert_true(reply->position == 12.5);
    assert_true(reply->updated_at > 1700000000000);
    assert_true(resume(viewer, 1) == 12.5);
    assert_true(resume((struct who){8, ROLE_USER}, 1) == 0);
    assert_true(resume(viewer, 2) == 0);
    expect_status(put(viewer, 1, 3), OK);
    assert_true(resume(viewer, 1) == 3);
    const struct history_page *page = list(viewer);
    assert_int_equal(page->items.n, 1);
    const struct history_item *item = page->items.at;
    assert_string_equal(item->title, "One");
    assert_true(item->position == 3);
    assert_false(item->has_duration);
    assert_null(item->poster_url);
    assert_null(page->next);
    assert_int_equal(list((struct who){8, ROLE_USER})->items.n, 0);
}

static void a_login_is_needed(void **state) {
    (void)state;
    expect_code(put(nobody, 1, 1), UNAUTHENTICATED, "unauthenticated");
    expect_code(put(service, 1, 1), UNAUTHENTICATED, "unauthenticated");
    expect_code(ask(MSG_history_list, nobody, &(struct page_ask){0}), UNAUTHENTICATED, "unauthenticated");
    expect_code(ask(MSG_history_resume, nobody, &(struct title_ref){.title_id = 1}), UNAUTHENTICATED,
                "unauthenticated");
    expect_field(put(viewer, 1, -1), "/position");
    expect_field(put(viewer, 1, 1e8), "/position");
    expect_field(put(viewer, 1, __builtin_nan("")), "/position");
    expect_field(put(viewer, 0, 1), "/title_id");
    expect_field(ask(MSG_history_list, viewer, &(struct page_ask){.cursor = "wild"}), "/cursor");
    expect_field(ask(MSG_history_list, viewer, &(struct page_ask){.limit = 1000, .has_limit = true}), "/limit");
}

static void a_card_may_come_later_or_never(void **state) {
    (void)state;
    struct who who = {20, ROLE_USER};
    expect_status(put(who, 500, 7), OK);
    expect_status(put(who, 501, 8), OK);
    assert_int_equal(list(who)->items.n, 0);
    assert_true(resume(who, 500) == 7);
    learn(500, "Late", 1);
    const struct history_page *page = list(who);
    assert_int_equal(page->items.n, 1);
    assert_string_equal(((struct history_item *)page->items.at)->title, "Late");
}

static void cards_follow_their_revision(void **state) {
    (void)state;
    struct who who = {21, ROLE_USER};
    expect_status(put(who, 600, 7), OK);
    struct title_card card = {.title_id = 600,
                              .title = "third",
                              .revision = 3,
                              .duration = 90.5,
                              .has_duration = true,
                              .poster_url = "/v1/titles/600/poster.jpg"};
    ask_ok(MSG_history_learn, service, &card);
    learn(600, "second", 2);
    learn(600, "again", 3);
    const struct history_item *item = list(who)->items.at;
    assert_string_equal(item->title, "third");
    assert_true(item->has_duration && item->duration == 90.5);
    assert_string_equal(item->poster_url, card.poster_url);
    learn(600, "fourth", 4);
    item = list(who)->items.at;
    assert_string_equal(item->title, "fourth");
    assert_false(item->has_duration);
    expect_code(ask(MSG_history_learn, admin, &card), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_history_learn, nobody, &card), FORBIDDEN, "forbidden");
}

static void a_deleted_title_is_gone(void **state) {
    (void)state;
    struct who who = {22, ROLE_USER};
    learn(700, "Gone", 1);
    expect_status(put(who, 700, 7), OK);
    assert_int_equal(list(who)->items.n, 1);
    forget(700, 2);
    assert_int_equal(list(who)->items.n, 0);
    assert_int_equal(house_number("select count(*) as value from history.progress where title_id = 700"), 0);
    /* Neither a card that was under way nor a player that has not noticed brings it back. */
    learn(700, "Gone", 1);
    expect_code(put(who, 700, 8), NOT_FOUND, "title-gone");
    assert_int_equal(list(who)->items.n, 0);
    assert_true(resume(who, 700) == 0);
}

static void send_put(struct peer *peer, uint64_t sequence, int64_t user, int64_t title, double position) {
    peer_send(peer,
              (struct header){.kind = KIND_ASK,
                              .message = MSG_history_record,
                              .remaining_ms = 10000,
                              .key = {peer->edge, sequence},
                              .user = user,
                              .roles = ROLE_USER},
              progress_ask_record(), &(struct progress_ask){.title_id = title, .position = position});
}

static void a_flood_is_answered_each(void **state) {
    (void)state;
    enum { ASKS = 5000, USERS = 40, TITLES = 25 };
    struct peer *peer = peer_open("ask");
    uint64_t sent = 0, answered = 0, refused = 0;
    forget(1013, 1);
    while (answered < ASKS) {
        for (; sent < ASKS && sent - answered < 900; sent++)
            /* Some are nobody's, some for the deleted title: they must not spoil the batch of the others. */
            send_put(peer, sent + 1, sent % 10 == 9 ? 0 : (int64_t)(100 + sent % USERS),
                     (int64_t)(1000 + sent / 7 % TITLES), (double)sent);
        assert_true(peer_take(peer, PATIENCE_MS));
        uint64_t i = peer->header.key.sequence - 1;
        enum status wanted = i % 10 == 9 ? UNAUTHENTICATED : i / 7 % TITLES == 13 ? NOT_FOUND : OK;
        assert_int_equal(peer->header.status, wanted);
        if (wanted == OK) {
            const struct progress_reply *reply = peer_decode(peer, progress_reply_record());
            assert_int_equal(reply->title_id, 1000 + i / 7 % TITLES);
            assert_true(reply->position == (double)i);
        }
        refused += wanted != OK;
        answered++;
    }
    assert_true(refused > ASKS / 10);
    assert_int_equal(
        house_number("select count(*) as value from history.progress where account_id = 0 or title_id = 1013"), 0);
    peer_close(peer);
}

static void the_last_of_a_batch_is_kept(void **state) {
    (void)state;
    enum { ASKS = 600 };
    struct peer *peer = peer_open("ask");
    /* One worker thread, so that one batch follows the other as they were sent. */
    house_stop(history);
    house_await("history", 0);
    for (uint64_t i = 1; i <= ASKS; i++)
        send_put(peer, i, 300, 2000 + (int64_t)(i % 3), (double)i);
    history = house_start("zoe-history", "ZOE_WORKERS_FAST=1");
    for (int i = 0; i < ASKS; i++) {
        assert_true(peer_take(peer, PATIENCE_MS));
        assert_int_equal(peer->header.status, OK);
        assert_true(((struct progress_reply *)peer_decode(peer, progress_reply_record()))->position ==
                    (double)peer->header.key.sequence);
    }
    struct who who = {300, ROLE_USER};
    for (int64_t t = 0; t < 3; t++)
        assert_true(resume(who, 2000 + t) == (double)(t ? ASKS - 3 + t : ASKS));
    peer_close(peer);
}

static void lists_have_pages(void **state) {
    (void)state;
    struct who who = {400, ROLE_USER};
    house_sql("insert into history.cards (title_id, title, revision) select 3000 + n, 't' || n, 1 from "
              "generate_series(1, 50) n");
    house_sql("insert into history.progress (title_id, account_id, position, updated_at, known)"
              " select 3000 + n, 400, n, timestamptz '2026-01-01Z' + (n / 4) * interval '1 microsecond', true"
              " from generate_series(1, 50) n");
    struct page_ask page_ask = {.limit = 7, .has_limit = true};
    char cursor[64];
    int64_t expected = 3050;
    int pages = 0;
    for (;; pages++) {
        const struct history_page *page = ask_ok(MSG_history_list, who, &page_ask);
        for (size_t i = 0; i < page->items.n; i++)
            assert_int_equal(LIST_AT(page->items, struct history_item, i).title_id, expected--);
        if (!page->next)
            break;
        assert_int_equal(page->items.n, 7);
        snprintf(cursor, sizeof cursor, "%s", page->next);
        page_ask.cursor = cursor;
    }
    assert_int_equal(expected, 3000);
    assert_int_equal(pages, 7);
    /* What is watched now comes first. */
    expect_status(put(who, 3005, 1), OK);
    assert_int_equal(((struct history_item *)list(who)->items.at)->title_id, 3005);
}

static void a_restarted_database_loses_no_batch(void **state) {
    (void)state;
    house_database_stop();
    expect_status(put(viewer, 1, 40), UNAVAILABLE);
    house_database_start();
    AWAIT(put(viewer, 1, 41).status == OK);
    house_database_stop();
    house_database_start();
    /* Nobody noticed: the batch is tried once more on a new connection. */
    for (int i = 0; i < 4; i++)
        expect_status(put(viewer, 1, 42 + i), OK);
    assert_true(resume(viewer, 1) == 45);
}

static void what_never_was_is_swept(void **state) {
    (void)state;
    house_sql("insert into history.progress (title_id, account_id, position, updated_at, known) values"
              " (90001, 1, 1, now() - interval '2 days', false), (90002, 1, 1, now(), false),"
              " (90003, 1, 1, now() - interval '2 days', false), (90004, 1, 1, now(), true)");
    house_sql("insert into history.cards (title_id, title, revision, deleted) values (90003, 'x', 1, false), (90004, "
              "'', 2, true)");
    /* The chore runs at the start. */
    house_stop(history);
    history = house_start("zoe-history", NULL);
    house_await("history", 1);
    AWAIT(house_number("select count(*) as value from history.progress where title_id in (90001, 90004)") == 0);
    assert_int_equal(house_number("select count(*) as value from history.progress where title_id in (90002, 90003)"),
                     2);
}

int history_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_resume_list),
        cmocka_unit_test(a_login_is_needed),
        cmocka_unit_test(a_card_may_come_later_or_never),
        cmocka_unit_test(cards_follow_their_revision),
        cmocka_unit_test(a_deleted_title_is_gone),
        cmocka_unit_test(a_flood_is_answered_each),
        cmocka_unit_test(the_last_of_a_batch_is_kept),
        cmocka_unit_test(lists_have_pages),
        cmocka_unit_test(a_restarted_database_loses_no_batch),
        cmocka_unit_test(what_never_was_is_swept),
    };
    return RUN("history", start, stop);
}
