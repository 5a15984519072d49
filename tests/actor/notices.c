#include <stdio.h>
#include <string.h>

#include "tests/actor/tests.h"

/* Notifications in the app, and how somebody wants to hear of what. */

static pid_t mail;

static int start(void **state) {
    (void)state;
    house_sql("truncate mail.letters, mail.notifications, mail.preferences");
    mail = house_start("zoe-mail", NULL);
    house_await("mail", 1);
    return 0;
}

static int stop(void **state) {
    (void)state;
    house_stop(mail);
    house_await("mail", 0);
    return 0;
}

static const struct who ann = {.user = 71, .roles = ROLE_USER}, bob = {.user = 72, .roles = ROLE_USER};

static void happens(const char *kind, struct who who, const char *event) {
    ask_ok(MSG_mail_queue, service,
           &(struct letter){.kind = kind,
                            .to = "ann@example.test",
                            .account_id = who.user,
                            .has_account_id = true,
                            .token = "t",
                            .dialect = "v1",
                            .event = event,
                            .detail = "Firefox <b>, 192.0.2.7"});
}

static const struct notification_page *page_of(struct who who, struct notification_list_ask wish) {
    return ask_ok(MSG_mail_notifications, who, &wish);
}

static int64_t unread(struct who who) {
    return ((const struct unread_count *)ask_ok(MSG_mail_unread, who, NULL))->count;
}

static int64_t letters(const char *event) {
    return house_number("select count(*) as value from mail.letters where event = '%s'", event);
}

static int64_t notices(const char *event) {
    return house_number("select count(*) as value from mail.notifications where event = '%s'", event);
}

static void an_event_is_told_once(void **state) {
    (void)state;
    struct ear *ear = ear_open();
    struct bus_event event;
    for (int i = 0; i < 3; i++)
        happens("new-sign-in", ann, "once");
    assert_int_equal(letters("once"), 1);
    assert_int_equal(notices("once"), 1);
    assert_true(ear_take(ear, "notice", &event, PATIENCE_MS));
    assert_int_equal(event.id, ann.user);
    ear_close(ear);
    const struct notification_page *page = page_of(ann, (struct notification_list_ask){0});
    assert_int_equal(page->items.n, 1);
    assert_int_equal(page->unread, 1);
    const struct notification *one = &LIST_AT(page->items, struct notification, 0);
    assert_string_equal(one->kind, "new-sign-in");
    assert_string_equal(one->title, "New sign-in to your account");
    assert_non_null(strstr(one->text, "Firefox <b>, 192.0.2.7"));
    assert_false(one->has_read_at);
    /* A link is never shown in the app. */
    happens("reset", ann, "link");
    assert_int_equal(letters("link"), 1);
    assert_int_equal(notices("link"), 0);
    happens("no-such-kind", ann, "stranger");
    assert_int_equal(notices("stranger"), 0);
}

static void notifications_are_read(void **state) {
    (void)state;
    house_sql("truncate mail.notifications");
    char event[24];
    for (int i = 0; i < 5; i++) {
        snprintf(event, sizeof event, "read-%d", i);
        happens("password-changed", ann, event);
    }
    const struct notification_page *page = page_of(ann, (struct notification_list_ask){.limit = 3, .has_limit = true});
    assert_int_equal(page->items.n, 3);
    assert_non_null(page->next);
    int64_t id = LIST_AT(page->items, struct notification, 0).id;
    page = page_of(ann, (struct notification_list_ask){.limit = 3, .has_limit = true, .cursor = page->next});
    assert_int_equal(page->items.n, 2);
    assert_null(page->next);
    struct by_id ref = {.id = id, .has_id = true};
    expect_code(ask(MSG_mail_read, bob, &ref), NOT_FOUND, "notification-missing");
    expect_code(ask(MSG_mail_read, nobody, &ref), UNAUTHENTICATED, "unauthenticated");
    ask_ok(MSG_mail_read, ann, &ref);
    ask_ok(MSG_mail_read, ann, &ref);
    assert_int_equal(unread(ann), 4);
    page = page_of(ann, (struct notification_list_ask){.unread = true, .has_unread = true});
    assert_int_equal(page->items.n, 4);
    page = page_of(ann, (struct notification_list_ask){.unread = false, .has_unread = true});
    assert_int_equal(page->items.n, 1);
    assert_true(LIST_AT(page->items, struct notification, 0).has_read_at);
    ask_ok(MSG_mail_read_all, bob, NULL);
    assert_int_equal(unread(ann), 4);
    ask_ok(MSG_mail_read_all, ann, NULL);
    assert_int_equal(unread(ann), 0);
    expect_field(ask(MSG_mail_notifications, ann, &(struct notification_list_ask){.cursor = "zzz"}), "/cursor");
}

static struct answer prefer(struct who who, const char *kind, const char *way) {
    struct preference_wish wish = {.kind = kind, .way = way};
    return ask(MSG_mail_prefer, who, &(struct preference_wishes){.items = {&wish, 1}});
}

static const char *way_of(struct who who, const char *kind) {
    const struct preference_list *list = ask_ok(MSG_mail_preferences, who, NULL);
    for (size_t i = 0; i < list->items.n; i++)
        if (!strcmp(LIST_AT(list->items, struct preference, i).kind, kind))
            return LIST_AT(list->items, struct preference, i).way;
    return "";
}

static void preferences_are_kept(void **state) {
    (void)state;
    assert_string_equal(way_of(bob, "new-sign-in"), "both");
    assert_string_equal(way_of(bob, "activation"), "mail");
    expect_status(prefer(bob, "new-sign-in", "none"), OK);
    happens("new-sign-in", bob, "none");
    assert_int_equal(letters("none") + notices("none"), 0);
    expect_status(prefer(bob, "new-sign-in", "in-app"), OK);
    happens("new-sign-in", bob, "app");
    assert_int_equal(letters("app"), 0);
    assert_int_equal(notices("app"), 1);
    expect_status(prefer(bob, "new-sign-in", "mail"), OK);
    happens("new-sign-in", bob, "mail");
    assert_int_equal(letters("mail"), 1);
    assert_int_equal(notices("mail"), 0);
    assert_string_equal(way_of(bob, "new-sign-in"), "mail");
    assert_string_equal(way_of(ann, "new-sign-in"), "both");
}

static void security_is_always_mailed(void **state) {
    (void)state;
    static const char *const kinds[] = {"activation", "reset", "address", "password-changed", "address-changed"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        expect_field(prefer(bob, kinds[i], "none"), "/items/0/way");
        expect_field(prefer(bob, kinds[i], "in-app"), "/items/0/way");
        /* Whatever stands in the table. */
        house_sql("insert into mail.preferences values (72, '%s', 'none') on conflict do nothing", kinds[i]);
        happens(kinds[i], bob, kinds[i]);
        assert_int_equal(letters(kinds[i]), 1);
    }
    house_sql("delete from mail.preferences where account_id = 72");
    expect_status(prefer(bob, "password-changed", "mail"), OK);
    expect_field(prefer(bob, "no-such-kind", "mail"), "/items/0/kind");
    /* All or nothing. */
    struct preference_wish wishes[] = {{.kind = "new-sign-in", .way = "none"}, {.kind = "reset", .way = "none"}};
    expect_field(ask(MSG_mail_prefer, bob, &(struct preference_wishes){.items = {wishes, 2}}), "/items/1/way");
    assert_string_equal(way_of(bob, "new-sign-in"), "both");
}

static void an_account_keeps_its_newest(void **state) {
    (void)state;
    struct who cem = {.user = 73, .roles = ROLE_USER};
    house_sql("insert into mail.notifications (event, account_id, kind, title, text, created_at) "
              "select 'old-' || i, 73, 'new-sign-in', '', '', now() - (interval '1 hour' * i) from generate_series(1, "
              "500) i");
    happens("new-sign-in", cem, "newest");
    assert_int_equal(house_number("select count(*) as value from mail.notifications where account_id = 73"), 500);
    assert_int_equal(notices("newest"), 1);
    assert_int_equal(notices("old-500"), 0);
    assert_int_equal(notices("old-499"), 1);
    const struct mail_export *all = ask_ok(MSG_mail_export, cem, NULL);
    assert_int_equal(all->notifications.n, 500);
    assert_int_equal(all->letters.n, 1);
    assert_true(all->preferences.n >= 5);
    expect_code(ask(MSG_mail_export, nobody, NULL), UNAUTHENTICATED, "unauthenticated");
    expect_status(prefer(cem, "new-sign-in", "mail"), OK);
    ask_ok(MSG_mail_forget_account, service, &(struct account_ref){.account_id = 73});
    assert_int_equal(house_number("select count(*) as value from mail.notifications where account_id = 73"), 0);
    assert_int_equal(house_number("select count(*) as value from mail.preferences where account_id = 73"), 0);
    happens("new-sign-in", cem, "late-notice");
    assert_int_equal(letters("late-notice") + notices("late-notice"), 0);
}

int notices_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_told_once),       cmocka_unit_test(notifications_are_read),
        cmocka_unit_test(preferences_are_kept),        cmocka_unit_test(security_is_always_mailed),
        cmocka_unit_test(an_account_keeps_its_newest),
    };
    return RUN("notices", start, stop);
}
