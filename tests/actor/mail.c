#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/actor/tests.h"

/* The queue, the letters as files, and what happens when they cannot be written. */

static pid_t mail;

static void begin(const char *settings) {
    mail = house_start("zoe-mail", settings);
    house_await("mail", 1);
}

static void end(void) {
    house_stop(mail);
    house_await("mail", 0);
}

static int start(void **state) {
    (void)state;
    house_sql("truncate mail.letters");
    begin("ZOE_FRONT_URL=http://front.test:4200/");
    return 0;
}

static int stop(void **state) {
    (void)state;
    end();
    return 0;
}

static struct answer queue(struct letter letter) {
    return ask(MSG_mail_queue, service, &letter);
}

static struct letter letter_of(const char *event) {
    return (struct letter){.kind = "activation",
                           .to = "ann@example.test",
                           .name = "Ann",
                           .token = "tok-EN_1",
                           .account_id = 1,
                           .has_account_id = true,
                           .dialect = "v1",
                           .event = event};
}

static void await_state(const char *event, const char *state) {
    AWAIT(!strcmp(house_value("select state as value from mail.letters where event = '%s'", event), state));
}

static void path_of(const char *event, char to[4400]) {
    snprintf(to, 4400, "%s/mail/%08lld-activation.eml", house_data(),
             (long long)house_number("select id as value from mail.letters where event = '%s'", event));
}

static const char *read_letter(const char *event) {
    static char text[65536];
    char path[4400];
    path_of(event, path);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s", path);
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = 0;
    return text;
}

static size_t files(void) {
    char path[4400];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/mail", house_data());
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return count;
}

static void has(const char *text, const char *piece) {
    if (!strstr(text, piece))
        fail_msg("no \"%s\" in:\n%s", piece, text);
}

/* Soft line ends joined, =3D and the like decoded: what a reader sees. */
static const char *decoded(const char *text) {
    static char to[65536];
    char *out = to;
    while (*text && out < to + sizeof to - 1)
        if (!strncmp(text, "=\r\n", 3))
            text += 3;
        else if (*text == '=' && strspn(text + 1, "0123456789ABCDEF") >= 2) {
            *out++ = (char)strtol((char[]){text[1], text[2], 0}, NULL, 16);
            text += 3;
        } else
            *out++ = *text++;
    *out = 0;
    return to;
}

static void a_letter_becomes_a_file(void **state) {
    (void)state;
    expect_status(queue(letter_of("activation-1")), OK);
    await_state("activation-1", "sent");
    const char *text = read_letter("activation-1");
    has(text, "From: Zoetrope <noreply@localhost>\r\n");
    has(text, "To: Ann\r\n <ann@example.test>\r\n");
    has(text, "Subject: Confirm your email\r\n");
    has(text, "Message-ID: <activation-1@localhost>\r\n");
    has(text, "Auto-Submitted: auto-generated\r\n");
    has(text, "MIME-Version: 1.0\r\n");
    has(text, "Content-Type: multipart/alternative; boundary=\"=_zoe_");
    has(text, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
    has(text, "Content-Type: text/html; charset=utf-8\r\n");
    has(text, " +0000\r\n");
    for (const char *at = text, *next; *at; at = next + 2) {
        next = strstr(at, "\r\n");
        assert_non_null(next);
        assert_in_range(next - at, 0, 78);
        assert_null(memchr(at, '\n', (size_t)(next - at)));
    }
    const char *plain = decoded(text);
    has(plain, "Hello Ann,\r\n");
    has(plain, "\r\nhttp://front.test:4200/activate?token=tok-EN_1\r\n");
    has(plain, "<a href=\"http://front.test:4200/activate?token=tok-EN_1\"");
    has(plain, "24 hours");
    assert_int_equal(files(), 1);
    struct stat about;
    char path[4400];
    path_of("activation-1", path);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    /* A sent letter keeps no token. */
    assert_int_equal(house_number("select count(*) as value from mail.letters where token is not null"), 0);
}

static void one_event_is_one_letter(void **state) {
    (void)state;
    size_t before = files();
    struct letter letter = letter_of("activation-2");
    expect_status(queue(letter), OK);
    await_state("activation-2", "sent");
    letter.to = "other@example.test";
    expect_status(queue(letter), OK);
    sleep_ms(100);
    assert_int_equal(files(), before + 1);
    has(read_letter("activation-2"), "ann@example.test");
}

static void each_dialect_has_its_link(void **state) {
    (void)state;
    struct letter letter = letter_of("activation-3");
    letter.dialect = "videoflix_hls";
    letter.account_id = 12345;
    expect_status(queue(letter), OK);
    await_state("activation-3", "sent");
    const char *plain = decoded(read_letter("activation-3"));
    has(plain, "Dear ann@example.test,\r\n");
    has(plain, "\r\nhttp://front.test:4200/pages/auth/activate.html?uid=MTIzNDU&token=tok-EN_1\r\n");
    has(plain, "href=\"http://front.test:4200/pages/auth/activate.html?uid=MTIzNDU&amp;token=tok-EN_1\"");
    /* A dialect that has none of its own: v1's. */
    static const char *const others[] = {"streamify", "kino"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        letter = letter_of(others[i]);
        letter.dialect = others[i];
        expect_status(queue(letter), OK);
        await_state(others[i], "sent");
        has(decoded(read_letter(others[i])), "\r\nhttp://front.test:4200/activate?token=tok-EN_1\r\n");
    }
}

static void names_cannot_break_out(void **state) {
    (void)state;
    struct letter letter = letter_of("strange \"event\"=@>\r\n");
    letter.name = "J\xc3\xbcrgen\r\nBcc: all@example.test, \"x\" <y@z>";
    expect_status(queue(letter), OK);
    AWAIT(house_number("select count(*) as value from mail.letters where state = 'sent' and event like 'strange%%'") ==
          1);
    const char *text = read_letter("strange \"event\"=@>\r\n");
    assert_null(strstr(text, "\nBcc"));
    has(text, "To: =?UTF-8?B?SsO8cmdlbiAgQmNjOiBhbGxAZXhhbXBsZS50ZXN0LCAi");
    has(text, "Message-ID: <strange=20=22event=22=3d=40=3e=0d=0a@localhost>\r\n");
    /* A name that could carry a link to a stranger is not repeated in the text. */
    has(decoded(text), "Hello ann@example.test,");
    letter = letter_of("quoted-name");
    letter.name = "Ann \"The\" O'Neil, Jr. <b>";
    letter.token = "a&b\"<>%=";
    expect_status(queue(letter), OK);
    await_state("quoted-name", "sent");
    text = read_letter("quoted-name");
    has(text, "To: \"Ann \\\"The\\\" O'Neil, Jr. <b>\"\r\n <ann@example.test>\r\n");
    has(decoded(text), "/activate?token=a%26b%22%3C%3E%25%3D\r\n");
    letter = letter_of("long-name");
    letter.name =
        "\xe6\x98\xa0\xe7\x94\xbb\xe6\x98\xa0\xe7\x94\xbb\xe6\x98\xa0\xe7\x94\xbb\xe6\x98\xa0\xe7\x94\xbb\xe6\x98\xa0"
        "\xe7\x94\xbb\xe6\x98\xa0\xe7\x94\xbb\xe6\x98\xa0\xe7\x94\xbb\xe6\x98\xa0\xe7\x94\xbb\xe6\x98\xa0\xe7\x94\xbb";
    expect_status(queue(letter), OK);
    await_state("long-name", "sent");
    /* Each encoded word holds whole characters and is short enough. */
    text = strstr(read_letter("long-name"), "To: ");
    for (const char *line = text, *next; strncmp(line, "Subject", 7) != 0; line = next + 2) {
        next = strstr(line, "\r\n");
        assert_in_range(next - line, 1, 76);
    }
    has(text, "To: =?UTF-8?B?5pig55S75pig55S75pig55S75pig55S75pig55S75pig55S75pig55S7?=\r\n "
              "=?UTF-8?B?5pig55S75pig55S7?=\r\n <");
}

static const char *read_kind(const char *event, const char *kind) {
    static char text[65536];
    char path[4400];
    snprintf(path, sizeof path, "%s/mail/%08lld-%s.eml", house_data(),
             (long long)house_number("select id as value from mail.letters where event = '%s'", event), kind);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s", path);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    return text;
}

static void each_kind_has_its_words(void **state) {
    (void)state;
    static const struct {
        const char *dialect, *link, *subject;
    } resets[] = {
        {"v1", "http://front.test:4200/reset-password?token=tok-EN_1\r\n", "Subject: Reset your password\r\n"},
        {"veeplay", "http://front.test:4200/reset-password?token=tok-EN_1\r\n", "Subject: Password Reset Request\r\n"},
        {"videoflix_hls", "http://front.test:4200/pages/auth/confirm_password.html?uid=MTIzNDU&token=tok-EN_1\r\n",
         "Subject: Reset your password\r\n"},
        {"videoflix_s3", "http://front.test:4200/reset-password?uid=9ix&token=tok-EN_1\r\n",
         "Subject: Reset Your Password\r\n"},
    };
    char event[64];
    struct letter letter = letter_of("");
    letter.kind = "reset";
    letter.account_id = 12345;
    letter.event = event;
    for (size_t i = 0; i < sizeof resets / sizeof *resets; i++) {
        snprintf(event, sizeof event, "reset-%s", resets[i].dialect);
        letter.dialect = resets[i].dialect;
        expect_status(queue(letter), OK);
        await_state(event, "sent");
        const char *text = read_kind(event, "reset");
        has(text, resets[i].subject);
        has(decoded(text), resets[i].link);
        has(decoded(text), "1 hour");
    }
    letter.dialect = "videoflix_s3";
    letter.kind = "activation";
    snprintf(event, sizeof event, "activation-s3");
    expect_status(queue(letter), OK);
    await_state(event, "sent");
    has(decoded(read_kind(event, "activation")), "http://127.0.0.1:8080/users/confirm/?uid=9ix&token=tok-EN_1");
    static const char *const notices[] = {"password-changed", "address-changed", "new-sign-in"};
    letter.token = NULL;
    letter.detail = "192.0.2.1\n<b>Browser</b>";
    for (size_t i = 0; i < sizeof notices / sizeof *notices; i++) {
        snprintf(event, sizeof event, "notice-%s", notices[i]);
        letter.kind = notices[i];
        expect_status(queue(letter), OK);
        await_state(event, "sent");
        const char *plain = decoded(read_kind(event, notices[i]));
        has(plain, "http://front.test:4200");
        if (i) {
            has(plain, "192.0.2.1\r\n<b>Browser</b>\r\n");
            has(plain, "192.0.2.1\r\n&lt;b&gt;Browser&lt;/b&gt;");
        }
    }
}

static void administrators_see_letters(void **state) {
    (void)state;
    struct letter letter = letter_of("seen-dead");
    letter.kind = "no such kind";
    letter.to = "seen@example.test";
    expect_status(queue(letter), OK);
    await_state("seen-dead", "dead");
    letter = letter_of("seen-sent");
    letter.to = "seen@example.test";
    expect_status(queue(letter), OK);
    await_state("seen-sent", "sent");
    struct letter_list_ask which = {.address = "seen@example.test"};
    expect_code(ask(MSG_mail_list, viewer, &which), FORBIDDEN, "forbidden");
    const struct letter_page *page = ask_ok(MSG_mail_list, admin, &which);
    assert_int_equal(page->items.n, 2);
    assert_string_equal(LIST_AT(page->items, struct letter_row, 0).event, "seen-sent");
    int64_t sent = LIST_AT(page->items, struct letter_row, 0).id;
    which.state = "dead";
    which.limit = 1;
    which.has_limit = true;
    page = ask_ok(MSG_mail_list, admin, &which);
    assert_int_equal(page->items.n, 1);
    int64_t dead = LIST_AT(page->items, struct letter_row, 0).id;
    assert_string_equal(LIST_AT(page->items, struct letter_row, 0).error, "there is no letter of this kind");
    const struct letter_row *row = ask_ok(MSG_mail_show, admin, &(struct by_id){.id = dead});
    assert_string_equal(row->state, "dead");
    assert_true(row->has_ended_at && !row->has_due_at);
    expect_code(ask(MSG_mail_retry, viewer, &(struct by_id){.id = dead}), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_mail_retry, admin, &(struct by_id){.id = sent}), CONFLICT, "letter-sent");
    house_sql("update mail.letters set kind = 'activation' where id = %lld", (long long)dead);
    row = ask_ok(MSG_mail_retry, admin, &(struct by_id){.id = dead});
    assert_true(row->has_due_at || !strcmp(row->state, "sent"));
    await_state("seen-dead", "sent");
    expect_code(ask(MSG_mail_drop, viewer, &(struct by_id){.id = dead}), FORBIDDEN, "forbidden");
    expect_status(ask(MSG_mail_drop, admin, &(struct by_id){.id = dead}), OK);
    expect_status(ask(MSG_mail_drop, admin, &(struct by_id){.id = dead}), NOT_FOUND);
    expect_status(ask(MSG_mail_show, admin, &(struct by_id){.id = dead}), NOT_FOUND);
    expect_code(ask(MSG_mail_show, viewer, &(struct by_id){.id = dead}), FORBIDDEN, "forbidden");
}

/* Anybody may be told how the queue is; nobody is named. */
static void the_queue_is_told(void **state) {
    (void)state;
    const struct mail_state *queue_ = ask_ok(MSG_mail_state, nobody, NULL);
    int64_t dead = queue_->dead, queued = queue_->queued;
    static const struct {
        const char *error, *class;
    } errors[] = {{"451 4.7.1 greylisted", "deferred"},
                  {"535 5.7.8 no", "login"},
                  {"554 5.7.1 spam", "refused"},
                  {"Couldn't connect to server", "connection"}};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        house_sql(
            "insert into mail.letters (event, kind, address, dialect, state, error, due_at, created_at) values "
            "('told-%zu', 'reset', 'told@example.test', 'v1', 'queued', $$%s$$, now() + interval '%zu days', now() - "
            "interval '1 hour')",
            i, errors[i].error, i + 1);
        queue_ = ask_ok(MSG_mail_state, nobody, NULL);
        assert_string_equal(queue_->failing, errors[i].class);
        assert_int_equal(queue_->queued, queued + (int64_t)i + 1);
        assert_in_range(queue_->oldest_seconds, 3600, 3700);
    }
    house_sql("update mail.letters set state = 'dead', ended_at = now() where event like 'told-%%'");
    queue_ = ask_ok(MSG_mail_state, nobody, NULL);
    assert_int_equal(queue_->dead, dead + 4);
    assert_null(queue_->failing);
    house_sql("delete from mail.letters where event like 'told-%%'");
}

static void what_can_never_be_sent_is_dead(void **state) {
    (void)state;
    struct letter letter = letter_of("no-template");
    letter.kind = "../../etc";
    expect_status(queue(letter), OK);
    await_state("no-template", "dead");
    assert_string_equal(house_value("select error as value from mail.letters where event = 'no-template'"),
                        "there is no letter of this kind");
    letter = letter_of("bad-address");
    letter.to = "x@y\r\nBcc: z@example.test";
    expect_status(queue(letter), OK);
    await_state("bad-address", "dead");
    letter = letter_of("no-token");
    letter.token = NULL;
    expect_status(queue(letter), OK);
    await_state("no-token", "dead");
}

static void queue_refuses(void **state) {
    (void)state;
    struct letter letter = letter_of("refused");
    expect_code(ask(MSG_mail_queue, admin, &letter), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_mail_queue, viewer, &letter), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_mail_queue, nobody, &letter), FORBIDDEN, "forbidden");
    letter.to = "";
    expect_field(queue(letter), "/to");
    letter = letter_of("");
    expect_field(queue(letter), "/event");
    assert_int_equal(house_number("select count(*) as value from mail.letters where event = 'refused'"), 0);
}

static void a_folder_that_fails_is_tried_again(void **state) {
    (void)state;
    char settings[4500], folder[4400];
    end();
    snprintf(folder, sizeof folder, "%s/spool", house_data());
    snprintf(settings, sizeof settings, "ZOE_MAIL_URL=file://%s", folder);
    begin(settings);
    assert_int_equal(rmdir(folder), 0);
    FILE *file = fopen(folder, "w");
    assert_non_null(file);
    fclose(file);
    expect_status(queue(letter_of("later")), OK);
    AWAIT(*house_value("select error as value from mail.letters where event = 'later'"));
    has(house_value("select error as value from mail.letters where event = 'later'"), "file: Not a directory");
    assert_string_equal(house_value("select state as value from mail.letters where event = 'later'"), "queued");
    int64_t wait = house_number(
        "select extract(epoch from due_at - now())::bigint as value from mail.letters where event = 'later'");
    assert_in_range(wait, 8, 12);
    /* Due once more: the wait doubles. */
    house_sql("update mail.letters set due_at = now() where event = 'later'");
    expect_status(queue(letter_of("wakes the sender")), OK);
    AWAIT(house_number("select attempts as value from mail.letters where event = 'later'") == 2 &&
          house_number(
              "select extract(epoch from due_at - now())::bigint as value from mail.letters where event = 'later'") >
              17);
    /* The last attempt. */
    house_sql("update mail.letters set due_at = now(), attempts = 27 where event = 'later'");
    expect_status(queue(letter_of("wakes it again")), OK);
    await_state("later", "dead");
    has(house_value("select error as value from mail.letters where event = 'later'"), "Not a directory");
    /* The folder is good again: what waits is sent without anybody asking. */
    assert_int_equal(unlink(folder), 0);
    house_sql("update mail.letters set due_at = now() where state = 'queued'");
    AWAIT(house_number("select count(*) as value from mail.letters where state = 'queued'") == 0);
    await_state("wakes the sender", "sent");
    end();
    begin("ZOE_FRONT_URL=http://front.test:4200");
}

static void a_crash_before_the_mark_writes_the_same_file(void **state) {
    (void)state;
    expect_status(queue(letter_of("crash")), OK);
    await_state("crash", "sent");
    size_t before = files();
    char *first = strdup(read_letter("crash"));
    /* As if the process had died between the file and the mark: the lease runs out and the letter is due. */
    house_kill(mail);
    house_sql("update mail.letters set state = 'queued', token = 'tok-EN_1', due_at = now(), ended_at = null where "
              "event = 'crash'");
    house_await("mail", 0);
    begin("ZOE_FRONT_URL=http://front.test:4200");
    await_state("crash", "sent");
    assert_int_equal(files(), before);
    assert_string_equal(read_letter("crash"), first);
    free(first);
}

static void letters_survive_everything(void **state) {
    (void)state;
    enum { LETTERS = 60 };
    size_t before = files();
    char event[32];
    pid_t second = house_start("zoe-mail", "ZOE_FRONT_URL=http://front.test:4200");
    house_await("mail", 2);
    for (int i = 0; i < LETTERS; i++) {
        snprintf(event, sizeof event, "survivor-%d", i);
        while (queue(letter_of(event)).status != OK)
            sleep_ms(20);
        if (i == 20) {
            house_kill(mail);
            mail = house_start("zoe-mail", "ZOE_FRONT_URL=http://front.test:4200");
        }
        if (i == 40) {
            house_database_stop();
            house_database_start();
        }
    }
    AWAIT(
        house_number("select count(*) as value from mail.letters where state = 'sent' and event like 'survivor-%%'") ==
        LETTERS);
    assert_int_equal(files(), before + LETTERS);
    assert_int_equal(
        house_number("select count(*) as value from mail.letters where state = 'dead' and event like 'survivor-%%'"),
        0);
    house_stop(second);
    house_await("mail", 1);
}

static void wrong_settings_are_told(void **state) {
    (void)state;
    static const char *const wrong[] = {"ZOE_MAIL_URL=gopher://x",
                                        "ZOE_MAIL_URL=file://",
                                        "ZOE_MAIL_URL=smtp://",
                                        "ZOE_MAIL_URL=smtp://host:99999",
                                        "ZOE_MAIL_TLS=perhaps",
                                        "ZOE_MAIL_URL=smtp://localhost ZOE_MAIL_CA=/nowhere/ca.pem",
                                        "ZOE_LINK_V1_RESET=http://x/{token}/{nothing}",
                                        "ZOE_LINK_V1_RESET=http://x/",
                                        "ZOE_LINK_V1_RESET={link}{token}",
                                        "ZOE_MAIL_URL=file:///proc/nowhere/x",
                                        "ZOE_MAIL_FROM=nobody",
                                        "ZOE_MAIL_FROM=a<b@c"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(house_wait(house_start("zoe-mail", wrong[i])), 78);
    assert_true(house_logged("ZOE_MAIL_URL: must begin with file://, smtp:// or smtps://"));
    assert_true(house_logged("ZOE_MAIL_FROM: must be an address"));
}

int mail_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_letter_becomes_a_file),
        cmocka_unit_test(one_event_is_one_letter),
        cmocka_unit_test(each_dialect_has_its_link),
        cmocka_unit_test(names_cannot_break_out),
        cmocka_unit_test(what_can_never_be_sent_is_dead),
        cmocka_unit_test(queue_refuses),
        cmocka_unit_test(each_kind_has_its_words),
        cmocka_unit_test(administrators_see_letters),
        cmocka_unit_test(the_queue_is_told),
        cmocka_unit_test(a_folder_that_fails_is_tried_again),
        cmocka_unit_test(a_crash_before_the_mark_writes_the_same_file),
        cmocka_unit_test(letters_survive_everything),
        cmocka_unit_test(wrong_settings_are_told),
    };
    return RUN("mail", start, stop);
}
