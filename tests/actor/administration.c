#include "tests/actor/accounts.h"

#include <stdio.h>
#include <string.h>

/* What administrators do with accounts and keys, and what is left of an account. */

static int64_t root(void) {
    return house_number("select id as value from auth.accounts where email = 'root@example.test'");
}

static void administrators_see_accounts(void **state) {
    (void)state;
    struct who who = {root(), ROLE_USER | ROLE_ADMIN};
    int64_t ann = enrol("search.ann@example.test", "a fine password"),
            bea = enrol("search.bea@example.test", "a fine password");
    enrol("search.cem@example.test", "a fine password");
    expect_code(ask(MSG_auth_users, viewer, &(struct person_list_ask){0}), FORBIDDEN, "forbidden");
    const struct person_page *page =
        ask_ok(MSG_auth_users, who, &(struct person_list_ask){.q = "SEARCH.", .limit = 2, .has_limit = true});
    assert_int_equal(page->items.n, 2);
    assert_non_null(page->next);
    assert_string_equal(LIST_AT(page->items, struct person, 0).email, "search.cem@example.test");
    char cursor[64];
    snprintf(cursor, sizeof cursor, "%s", page->next);
    page = ask_ok(MSG_auth_users, who, &(struct person_list_ask){.q = "SEARCH.", .cursor = cursor});
    assert_int_equal(page->items.n, 1);
    assert_null(page->next);
    assert_int_equal(LIST_AT(page->items, struct person, 0).id, ann);
    page = ask_ok(MSG_auth_users, who, &(struct person_list_ask){.role = "admin"});
    assert_int_equal(page->items.n, 1);
    assert_int_equal(LIST_AT(page->items, struct person, 0).roles.n, 2);
    page = ask_ok(MSG_auth_users, who, &(struct person_list_ask){.q = "%"});
    assert_int_equal(page->items.n, 0);
    expect_status(login("search.bea@example.test", "a fine password"), OK);
    const struct person *person = ask_ok(MSG_auth_user, who, &(struct by_id){.id = bea});
    assert_int_equal(person->sessions, 1);
    assert_true(person->has_seen_at);
    assert_false(person->verified || person->suspended || person->two_factor);
    expect_code(ask(MSG_auth_user, who, &(struct by_id){.id = 99999999}), NOT_FOUND, "account-gone");
    expect_code(ask(MSG_auth_user, viewer, &(struct by_id){.id = bea}), FORBIDDEN, "forbidden");
    const struct login_list *list = ask_ok(MSG_auth_user_sessions, who, &(struct by_id){.id = bea});
    assert_int_equal(list->items.n, 1);
}

static void administrators_change_accounts(void **state) {
    (void)state;
    struct who who = {root(), ROLE_USER | ROLE_ADMIN};
    int64_t id = enrol("managed@example.test", "a fine password");
    const char *token = session_of("managed@example.test", "a fine password", NULL);
    struct suspend_ask suspend = {
        .id = id, .suspended = true, .has_suspended = true, .reason = "spam", .address = "10.1.1.1"};
    expect_code(ask(MSG_auth_user_suspend, viewer, &suspend), FORBIDDEN, "forbidden");
    struct ear *ear = ear_open();
    struct bus_event event;
    const struct person *person = ask_ok(MSG_auth_user_suspend, who, &suspend);
    assert_true(person->suspended);
    assert_string_equal(person->suspended_why, "spam");
    assert_true(ear_take(ear, "revoked", &event, 1000));
    expect_code(refresh(token), UNAUTHENTICATED, "refresh-refused");
    expect_status(login("managed@example.test", "a fine password"), UNAUTHENTICATED);
    suspend.suspended = false;
    person = ask_ok(MSG_auth_user_suspend, who, &suspend);
    assert_false(person->suspended);
    token = session_of("managed@example.test", "a fine password", NULL);
    struct role_ask role = {.id = id, .admin = true, .has_admin = true};
    person = ask_ok(MSG_auth_user_role, who, &role);
    assert_int_equal(person->roles.n, 2);
    expect_status(refresh(token), OK);
    /* The rights in tokens go with the sessions. */
    role.admin = false;
    person = ask_ok(MSG_auth_user_role, who, &role);
    assert_int_equal(person->roles.n, 1);
    assert_true(ear_take(ear, "revoked", &event, 1000));
    token = session_of("managed@example.test", "a fine password", NULL);
    struct person_ask one = {.id = id};
    ask_ok(MSG_auth_user_logout, who, &one);
    expect_code(refresh(token), UNAUTHENTICATED, "refresh-refused");
    int64_t before = letters("reset");
    ask_ok(MSG_auth_user_reset, who, &one);
    assert_int_equal(letters("reset"), before + 1);
    ask_ok(MSG_auth_user_delete, who, &one);
    expect_code(ask(MSG_auth_user_delete, who, &one), NOT_FOUND, "account-gone");
    assert_int_equal(house_number("select count(*) as value from auth.accounts where id = %lld", (long long)id), 0);
    /* The last administrator stays. */
    struct who self = who;
    expect_code(ask(MSG_auth_user_delete, self, &(struct person_ask){.id = who.user}), CONFLICT, "last-administrator");
    expect_code(ask(MSG_auth_user_role, self, &(struct role_ask){.id = who.user, .has_admin = true}), CONFLICT,
                "last-administrator");
    suspend.id = who.user;
    suspend.suspended = true;
    expect_code(ask(MSG_auth_user_suspend, self, &suspend), CONFLICT, "last-administrator");
    expect_code(ask(MSG_auth_leave, self, &(struct proof){.password = "correct-horse"}), CONFLICT,
                "last-administrator");
    const struct audit_page *log = ask_ok(MSG_auth_audit, who, &(struct page_ask){.limit = 7, .has_limit = true});
    static const char *const done[] = {"delete", "reset", "logout", "demote", "promote", "unsuspend", "suspend"};
    assert_int_equal(log->items.n, 7);
    for (size_t i = 0; i < 7; i++) {
        const struct audit_entry *entry = &LIST_AT(log->items, struct audit_entry, i);
        assert_string_equal(entry->action, done[i]);
        assert_int_equal(entry->target_id, id);
        assert_string_equal(entry->actor, "root@example.test");
    }
    assert_string_equal(LIST_AT(log->items, struct audit_entry, 6).detail, "spam");
    assert_string_equal(LIST_AT(log->items, struct audit_entry, 6).address, "10.1.1.1");
    expect_code(ask(MSG_auth_audit, viewer, &(struct page_ask){0}), FORBIDDEN, "forbidden");
    ear_close(ear);
}

/* Two administrators who demote each other at once: one stays. */
static void one_administrator_stays(void **state) {
    (void)state;
    int64_t other = enrol("second.admin@example.test", "a fine password"), first = root();
    ask_ok(MSG_auth_user_role, (struct who){first, ROLE_ADMIN},
           &(struct role_ask){.id = other, .admin = true, .has_admin = true});
    struct peer *peer = peer_open("ask");
    for (uint64_t i = 1; i <= 2; i++)
        peer_send(peer,
                  (struct header){.kind = KIND_ASK,
                                  .message = MSG_auth_user_role,
                                  .remaining_ms = PATIENCE_MS,
                                  .key = {peer->edge, i},
                                  .user = i == 1 ? first : other,
                                  .roles = ROLE_ADMIN},
                  role_ask_record(), &(struct role_ask){.id = i == 1 ? other : first, .has_admin = true});
    size_t good = 0;
    for (int i = 0; i < 2; i++) {
        assert_true(peer_take(peer, PATIENCE_MS));
        good += peer->header.status == OK;
    }
    assert_int_equal(good, 1);
    assert_int_equal(house_number("select count(*) as value from auth.accounts where roles & 2 <> 0"), 1);
    house_sql("update auth.accounts set roles = 3 where id = %lld", (long long)first);
    house_sql("update auth.accounts set roles = 1 where id = %lld", (long long)other);
    peer_close(peer);
}

static void leaving_takes_everything_along(void **state) {
    (void)state;
    pid_t history = house_start("zoe-history", NULL), mail = house_start("zoe-mail", NULL);
    house_await("history", 1);
    house_await("mail", 1);
    int64_t id = enrol("leaver@example.test", "a fine password");
    struct who who = {id, ROLE_USER};
    const char *token = session_of("leaver@example.test", "a fine password", NULL);
    house_sql("delete from history.progress where account_id = %lld", (long long)id);
    ask_ok(MSG_history_record, who, &(struct progress_ask){.title_id = 77, .position = 12});
    const struct account_export *mine = ask_ok(MSG_auth_export, who, NULL);
    assert_string_equal(mine->account->email, "leaver@example.test");
    assert_int_equal(mine->sessions.n, 1);
    const struct history_export *watched = ask_ok(MSG_history_export, who, &(struct page_ask){0});
    assert_int_equal(watched->items.n, 1);
    assert_true(LIST_AT(watched->items, struct history_item, 0).position == 12);
    expect_code(ask(MSG_auth_export, nobody, NULL), UNAUTHENTICATED, "unauthenticated");
    expect_code(ask(MSG_history_export, nobody, &(struct page_ask){0}), UNAUTHENTICATED, "unauthenticated");
    AWAIT(house_number("select count(*) as value from mail.letters where account_id = %lld", (long long)id) == 1);
    expect_code(ask(MSG_auth_leave, who, &(struct proof){.password = "wrong"}), FORBIDDEN, "wrong-password");
    expect_status(ask(MSG_auth_leave, who, &(struct proof){.password = "a fine password"}), OK);
    expect_code(refresh(token), UNAUTHENTICATED, "refresh-refused");
    AWAIT(house_number("select count(*) as value from mail.letters where account_id = %lld", (long long)id) == 0);
    AWAIT(house_number("select count(*) as value from history.progress where account_id = %lld", (long long)id) == 0);
    AWAIT(house_number("select count(*) as value from auth.outbox") == 0);
    /* A letter that comes late is not taken. */
    struct letter late = {.kind = "password-changed",
                          .to = "leaver@example.test",
                          .account_id = id,
                          .has_account_id = true,
                          .dialect = "v1",
                          .event = "late"};
    expect_status(ask(MSG_mail_queue, service, &late), OK);
    assert_int_equal(house_number("select count(*) as value from mail.letters where event = 'late'"), 0);
    struct account_ref ref = {.account_id = id};
    expect_code(ask(MSG_history_forget_account, admin, &ref), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_mail_forget_account, admin, &ref), FORBIDDEN, "forbidden");
    expect_status(ask(MSG_history_forget_account, service, &ref), OK);
    expect_status(ask(MSG_mail_forget_account, service, &ref), OK);
    /* The address is free again. */
    assert_true(enrol("leaver@example.test", "a fine password") > id);
    AWAIT(house_number("select count(*) as value from auth.outbox") == 0);
    house_stop(history);
    house_stop(mail);
    house_await("mail", 0);
}

static void keys_are_rotated(void **state) {
    (void)state;
    struct who who = {root(), ROLE_USER | ROLE_ADMIN};
    const char *token = session_of("root@example.test", "correct-horse", NULL);
    expect_code(ask(MSG_auth_keys_rotate, viewer, NULL), FORBIDDEN, "forbidden");
    const struct public_key *fresh = ask_ok(MSG_auth_keys_rotate, who, NULL);
    char kid[65], mark[100];
    snprintf(kid, sizeof kid, "%s", fresh->kid);
    assert_null(strstr(fresh->pem, "PRIVATE"));
    const struct jwks *jwks = ask_ok(MSG_auth_jwks, nobody, NULL);
    assert_int_equal(jwks->keys.n, 2);
    assert_string_equal(LIST_AT(jwks->keys, struct jwk, 0).kid, kid);
    assert_string_equal(LIST_AT(jwks->keys, struct jwk, 0).crv, "P-256");
    assert_int_equal(strlen(LIST_AT(jwks->keys, struct jwk, 1).y), 43);
    assert_string_not_equal(LIST_AT(jwks->keys, struct jwk, 0).x, LIST_AT(jwks->keys, struct jwk, 1).x);
    const struct keys_reply *keys = ask_ok(MSG_auth_keys, nobody, NULL);
    assert_int_equal(keys->keys.n, 2);
    /* Nobody is logged out. */
    expect_status(refresh(token), OK);
    /* {"alg":"ES256","kid":"..." in base64url, as far as whole groups of three go. */
    uint8_t header[100];
    int n = snprintf((char *)header, sizeof header, "{\"alg\":\"ES256\",\"kid\":\"%s\"", kid);
    static const char letters_[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t at = 0;
    for (int i = 0; i + 2 < n; i += 3) {
        unsigned three = (unsigned)header[i] << 16 | (unsigned)header[i + 1] << 8 | header[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            mark[at++] = letters_[three >> shift & 63];
    }
    mark[at] = 0;
    for (int64_t until = now_ms() + PATIENCE_MS;; sleep_ms(200)) {
        const struct session *session = login("root@example.test", "correct-horse").reply;
        assert_non_null(session);
        if (!strncmp(session->access_token, mark, at))
            break;
        assert_true(now_ms() < until);
    }
}

int administration_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(administrators_see_accounts),
        cmocka_unit_test(administrators_change_accounts),
        cmocka_unit_test(one_administrator_stays),
        cmocka_unit_test(leaving_takes_everything_along),
        cmocka_unit_test(keys_are_rotated),
    };
    return RUN("administration", accounts_start, accounts_stop);
}
