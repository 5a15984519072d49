#include <string.h>

#include "protocol/node/clock.h"
#include "tests/actor/tests.h"

/* What comes along from other systems: numbers of titles, login names, positions and lists. */

static pid_t auth, content, history;

static int start(void **state) {
    (void)state;
    house_sql("truncate history.progress, history.cards, history.marks, history.views, history.habits");
    house_sql("delete from content.titles");
    auth =
        house_start("zoe-auth", "ZOE_ADMIN_EMAIL=root@example.test ZOE_ADMIN_PASSWORD=correct-horse ZOE_BCRYPT_COST=4");
    content = house_start("zoe-content", NULL);
    history = house_start("zoe-history", NULL);
    house_await("auth", 1);
    house_await("content", 1);
    house_await("history", 1);
    return 0;
}

static int stop(void **state) {
    (void)state;
    house_stop(auth);
    house_stop(content);
    house_stop(history);
    house_await("auth", 0);
    house_await("content", 0);
    house_await("history", 0);
    house_sql("delete from auth.outbox");
    house_sql("delete from auth.accounts where email like '%%@past.test'");
    return 0;
}

enum { AT = 1600000000 };

static void titles_are_found_by_what_they_are_known_by(void **state) {
    (void)state;
    struct import_title items[] = {
        {.external_id = "past:1", .title = "One", .created_at = AT * 1000LL, .has_created_at = true},
        {.external_id = "past:2", .title = "Two", .created_at = 4000000000000, .has_created_at = true},
    };
    ask_ok(MSG_content_import, admin, &(struct import_batch){.items = {items, 2}});
    const char *ids[] = {"past:1", "past:2", "past:3"};
    struct externals_ask ask_for = {.external_ids = {ids, 3}};
    const struct external_list *list = ask_ok(MSG_content_external, admin, &ask_for);
    assert_int_equal(list->items.n, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct external_title *one = &LIST_AT(list->items, struct external_title, i);
        assert_int_equal(
            one->id, house_number("select id as value from content.titles where external_id = '%s'", one->external_id));
        assert_string_equal(one->state, "none");
    }
    assert_int_equal(house_number("select extract(epoch from created_at)::bigint as value from content.titles "
                                  "where external_id = 'past:1'"),
                     AT);
    assert_int_equal(house_number("select count(*) as value from content.titles where external_id = 'past:2' "
                                  "and created_at <= now()"),
                     1);
    const struct export_page *page = ask_ok(MSG_content_export, admin, &(struct export_ask){0});
    assert_true(LIST_AT(page->items, struct import_title, 0).created_at == AT * 1000LL);
    expect_code(ask(MSG_content_external, viewer, &ask_for), FORBIDDEN, "forbidden");
}

static const struct import_fate *bring(struct import_row *rows, size_t n, bool dry) {
    const struct import_reply *reply =
        ask_ok(MSG_auth_import, admin, &(struct import_ask){.rows = {rows, n}, .dry = dry, .has_dry = true});
    assert_int_equal(reply->fates.n, n);
    return reply->fates.at;
}

static void login_names_come_along(void **state) {
    (void)state;
    static const char hash[] = "pbkdf2_sha256$1000$seasalt2$HB1mQsNY0FohFVJ4PQB+URbunwOBoAjchPtiHeIuYqE=";
    struct import_row rows[] = {
        {.email = "a@past.test", .password_hash = hash, .username = "Ann"},
        {.email = "b@past.test", .password_hash = hash, .username = "ann"},
        {.email = "c@past.test", .password_hash = hash, .username = "c@past.test"},
        {.email = "A@past.test", .password_hash = hash, .username = "other"},
        {.email = "d@past.test", .password_hash = "plain", .username = "dan"},
    };
    const struct import_fate *fates = bring(rows, 5, true);
    assert_string_equal(fates[0].fate, "added");
    assert_false(fates[0].has_id);
    assert_string_equal(fates[1].reason, "its login name is somebody else's");
    assert_int_equal(house_number("select count(*) as value from auth.accounts where email like '%%@past.test'"), 0);
    fates = bring(rows, 5, false);
    int64_t ann = house_number("select id as value from auth.accounts where username = 'ann'");
    assert_true(ann > 0 && fates[0].id == ann && !fates[0].reason);
    assert_true(fates[1].has_id && fates[1].id != ann && fates[1].reason);
    assert_true(fates[2].has_id && !fates[2].reason);
    assert_string_equal(fates[3].fate, "known");
    assert_int_equal(fates[3].id, ann);
    assert_string_equal(fates[4].fate, "refused");
    assert_false(fates[4].has_id);
    ask_ok(MSG_auth_login, nobody,
           &(struct login_ask){.email = "ANN", .password = "correct horse 1", .dialect = "streamify"});
    fates = bring(rows, 4, false);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(fates[i].fate, "known");
    assert_int_equal(fates[0].id, ann);
}

static const struct past_fate *past(struct past_row *rows, size_t n, bool dry) {
    const struct past_reply *reply =
        ask_ok(MSG_history_import, admin, &(struct past_ask){.rows = {rows, n}, .dry = dry, .has_dry = true});
    assert_int_equal(reply->fates.n, n);
    return reply->fates.at;
}

static void expect_fates(const struct past_fate *fates, const char *const *expected, size_t n) {
    for (size_t i = 0; i < n; i++)
        assert_string_equal(fates[i].fate, expected[i]);
}

static void learn(int64_t title, bool deleted) {
    ask_ok(MSG_history_learn, service,
           &(struct title_card){.title_id = title,
                                .title = "Past",
                                .revision = deleted ? 2 : 1,
                                .duration = 1000,
                                .has_duration = true,
                                .deleted = deleted,
                                .has_deleted = true});
}

#define WATCHED(title, seconds, time)                                                                                  \
    {                                                                                                                  \
        .account_id = 900, .title_id = title, .list = "watched", .position = seconds, .has_position = true,            \
        .at = (time)*1000LL, .has_at = (time) != 0                                                                     \
    }

static void positions_and_lists_come_along_once(void **state) {
    (void)state;
    const int64_t at = clock_wall_ms() / 1000 - 86400; /* views of last week are swept once they are counted */
    learn(9001, false);
    learn(9002, false);
    learn(9003, false);
    learn(9003, true);
    struct past_row rows[] = {
        WATCHED(9001, 100, at),
        WATCHED(9001, 950, at + 50),
        WATCHED(9002, 5, 0),
        WATCHED(9003, 5, at),
        WATCHED(9999, 5, at),
        {.account_id = 900, .title_id = 9001, .list = "watchlist", .at = at * 1000LL, .has_at = true},
        {.account_id = 900, .title_id = 9002, .list = "favorites"},
        {.account_id = 900, .title_id = 9002, .list = "favorites"},
    };
    static const char *const first[] = {"same", "added", "added", "refused", "unknown", "added", "added", "same"};
    static const char *const again[] = {"same", "same", "same", "refused", "unknown", "same", "same", "same"};
    expect_fates(past(rows, 8, true), first, 8);
    assert_int_equal(house_number("select count(*) as value from history.progress where account_id = 900"), 0);
    expect_fates(past(rows, 8, false), first, 8);
    assert_string_equal(
        house_value("select position || ' ' || watched || ' ' || extract(epoch from updated_at)::bigint - %lld "
                    "as value from history.progress where account_id = 900 and title_id = 9001",
                    (long long)at),
        "950 true 50");
    assert_int_equal(house_number("select count(*) as value from history.views where account_id = 900"), 1);
    assert_int_equal(house_number("select extract(epoch from added_at)::bigint as value from history.marks "
                                  "where account_id = 900 and list = 'watchlist'"),
                     at);
    int64_t digest =
        house_number("select hashtext(string_agg(p::text, ',' order by title_id)) as value from history.progress p");
    expect_fates(past(rows, 8, false), again, 8);
    assert_int_equal(
        house_number("select hashtext(string_agg(p::text, ',' order by title_id)) as value from history.progress p"),
        digest);
    assert_int_equal(house_number("select count(*) as value from history.views where account_id = 900"), 1);
    /* What was watched here since is newer; what is newer there is taken. */
    ask_ok(MSG_history_record, (struct who){900, ROLE_USER}, &(struct progress_ask){.title_id = 9001, .position = 42});
    assert_string_equal(past(rows + 1, 1, false)[0].fate, "same");
    struct past_row later[] = {
        {.account_id = 901, .title_id = 9001, .list = "watched", .at = at * 1000LL, .has_at = true},
        {.account_id = 901,
         .title_id = 9001,
         .list = "watched",
         .position = 7,
         .has_position = true,
         .at = (at + 9) * 1000LL,
         .has_at = true}};
    assert_string_equal(past(later, 1, false)[0].fate, "added");
    assert_string_equal(past(later + 1, 1, false)[0].fate, "changed");
    assert_int_equal(house_number("select position as value from history.progress where account_id = 901"), 7);
    expect_code(ask(MSG_history_import, viewer, &(struct past_ask){.rows = {rows, 1}}), FORBIDDEN, "forbidden");
}

static void what_nobody_wants_is_left_out(void **state) {
    (void)state;
    learn(9010, false);
    ask_ok(MSG_history_settings_change, (struct who){902, ROLE_USER},
           &(struct habits_change){.keep_days = 30, .has_keep_days = true});
    ask_ok(MSG_history_settings_change, (struct who){903, ROLE_USER},
           &(struct habits_change){.paused = true, .has_paused = true});
    house_sql("insert into history.gone_accounts (account_id) values (904) on conflict do nothing");
    house_sql("insert into history.marks (account_id, list, title_id) select 905, 'watchlist', n + 100000 "
              "from generate_series(1, 1000) n");
    struct past_row rows[] = {
        {.account_id = 902, .title_id = 9010, .list = "watched", .at = AT * 1000LL, .has_at = true},
        {.account_id = 903, .title_id = 9010, .list = "watched", .at = AT * 1000LL, .has_at = true},
        {.account_id = 904, .title_id = 9010, .list = "favorites"},
        {.account_id = 905, .title_id = 9010, .list = "watchlist"},
        {.account_id = 905, .title_id = 9010, .list = "favorites"},
    };
    static const char *const expected[] = {"refused", "refused", "refused", "refused", "added"};
    const struct past_fate *fates = past(rows, 5, false);
    expect_fates(fates, expected, 5);
    assert_string_equal(fates[2].reason, "the account was deleted");
    assert_string_equal(fates[3].reason, "the list is full");
    assert_int_equal(house_number("select count(*) as value from history.progress where account_id in (902, 903)"), 0);
}

int past_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(titles_are_found_by_what_they_are_known_by),
        cmocka_unit_test(login_names_come_along),
        cmocka_unit_test(positions_and_lists_come_along_once),
        cmocka_unit_test(what_nobody_wants_is_left_out),
    };
    return RUN("past", start, stop);
}
