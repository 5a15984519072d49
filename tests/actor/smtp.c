#include <arpa/inet.h>
#include <dirent.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/actor/tests.h"

/* Mail through real servers: aiosmtpd, which fails as it is told, and exim4. */

static char folder[200]; /* of the server that runs */
static pid_t server, mail;
static int port, secure_port;

static int free_port(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static int run(char *const argv[]) {
    pid_t pid = fork();
    if (!pid) {
        if (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout))
            _exit(126);
        execvp(argv[0], argv);
        _exit(127);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void path_in(const char *name, char to[300]) {
    snprintf(to, 300, "%s/%s", folder, name);
}

static void make_folder(void) {
    char key[300], cert[300];
    strcpy(folder, "/tmp/zoe-test-smtp-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0755), 0);
    path_in("key.pem", key);
    path_in("cert.pem", cert);
    assert_int_equal(run((char *[]){"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                                    key, "-out", cert, NULL}),
                     0);
    port = free_port();
    secure_port = free_port();
}

static bool is_there(const char *name) {
    char path[300];
    path_in(name, path);
    return !access(path, F_OK);
}

static void server_start(char *const argv[]) {
    server = fork();
    assert_true(server >= 0);
    if (!server) {
        if (!getenv("ZOE_TEST_SHOW") && (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout)))
            _exit(126);
        execv(argv[0], argv);
        _exit(127);
    }
}

static void server_stop(void) {
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    run((char *[]){"rm", "-rf", folder, NULL});
}

static void aiosmtpd_start(const char *mode) {
    char number[16];
    if (run((char *[]){"/usr/bin/python3", "-c", "import aiosmtpd", NULL}))
        skip();
    make_folder();
    snprintf(number, sizeof number, "%d", port);
    server_start(
        (char *[]){"/usr/bin/python3", (char *)ZOE_TESTS "/actor/smtpd.py", folder, number, (char *)mode, NULL});
    AWAIT(is_there("listening"));
}

static void begin(const char *settings) {
    mail = house_start("zoe-mail", settings);
    house_await("mail", 1);
}

/* zoe-mail at the server; `login` as it stands in the URL, with its @. */
static void begin_at(const char *scheme, const char *login, const char *more) {
    char settings[600];
    snprintf(settings, sizeof settings, "ZOE_MAIL_URL=%s://%slocalhost:%d %s", scheme, login,
             strcmp(scheme, "smtps") ? port : secure_port, more);
    begin(settings);
}

static void end(void) {
    house_stop(mail);
    house_await("mail", 0);
}

static const char *with_ca(const char *more) {
    static char text[400];
    snprintf(text, sizeof text, "ZOE_MAIL_CA=%s/cert.pem %s", folder, more);
    return text;
}

static void send_to(const char *address, const char *event) {
    expect_status(ask(MSG_mail_queue, service,
                      &(struct letter){.kind = "activation",
                                       .to = address,
                                       .name = "Ann",
                                       .token = "token",
                                       .account_id = 1,
                                       .has_account_id = true,
                                       .dialect = "v1",
                                       .event = event}),
                  OK);
}

static void await_state(const char *event, const char *state) {
    AWAIT(!strcmp(house_value("select state as value from mail.letters where event = '%s'", event), state));
}

/* The letter waits, and says why. */
static void await_error(const char *event, const char *words) {
    AWAIT(*house_value("select error as value from mail.letters where event = '%s'", event));
    const char *error = house_value("select error as value from mail.letters where event = '%s'", event);
    if (!strstr(error, words))
        fail_msg("no \"%s\" in \"%s\"", words, error);
    assert_string_equal(house_value("select state as value from mail.letters where event = '%s'", event), "queued");
    house_sql("delete from mail.letters where event = '%s'", event);
}

/* Files of a folder whose name ends so. */
static size_t count(const char *sub, const char *ending) {
    char path[300];
    size_t found = 0;
    path_in(sub, path);
    DIR *open = opendir(path);
    for (struct dirent *entry; open && (entry = readdir(open));) {
        size_t n = strlen(entry->d_name), m = strlen(ending);
        found += entry->d_name[0] != '.' && n >= m && !strcmp(entry->d_name + n - m, ending);
    }
    if (open)
        closedir(open);
    return found;
}

static void read_file(const char *name, char to[16384]) {
    char path[300];
    path_in(name, path);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s", path);
    to[fread(to, 1, 16383, file)] = 0;
    fclose(file);
}

static void a_batch_takes_one_connection(void **state) {
    (void)state;
    enum { LETTERS = 12 };
    char event[32], name[32], text[16384], from[64] = "";
    aiosmtpd_start("tls");
    house_sql("truncate mail.letters");
    /* They wait until the process comes. */
    begin("");
    end();
    for (int i = 0; i < LETTERS; i++)
        house_sql("insert into mail.letters (event, kind, address, token, account_id, dialect) values "
                  "('batch-%d', 'activation', 'ann%d@example.test', 'token', 1, 'v1')",
                  i, i);
    begin_at("smtp", "app:secret@", with_ca("ZOE_MAIL_TLS=required"));
    AWAIT(count("", ".eml") == LETTERS);
    AWAIT(house_number("select count(*) as value from mail.letters where state = 'sent'") == LETTERS);
    for (int i = 1; i <= LETTERS; i++) {
        snprintf(name, sizeof name, "%05d.json", i);
        read_file(name, text);
        assert_non_null(strstr(text, "\"from\": \"noreply@localhost\""));
        assert_non_null(strstr(text, "\"auth\": true, \"tls\": true"));
        const char *at = strstr(text, "\"port\"");
        assert_non_null(at);
        if (!*from)
            snprintf(from, sizeof from, "%s", at);
        assert_string_equal(at, from);
    }
    read_file("00001.eml", text);
    assert_non_null(strstr(text, "Message-ID: <batch-0@localhost>\r\n"));
    assert_non_null(strstr(text, "To: <ann0@example.test>\r\n"));
    /* One that comes alone later gets its own. */
    snprintf(event, sizeof event, "alone");
    send_to("bob@example.test", event);
    await_state(event, "sent");
    end();
    server_stop();
}

static void refusals_are_told_apart(void **state) {
    (void)state;
    aiosmtpd_start("tls");
    begin_at("smtp", "app:secret@", "");
    send_to("nosuch@example.test", "never-1");
    send_to("spam@example.test", "never-2");
    await_state("never-1", "dead");
    await_state("never-2", "dead");
    assert_string_equal(house_value("select error as value from mail.letters where event = 'never-1'"),
                        "550 5.1.1 no such user");
    assert_string_equal(house_value("select error as value from mail.letters where event = 'never-2'"),
                        "554 5.7.1 looks like spam");
    send_to("full@example.test", "later-1");
    await_error("later-1", "452 4.2.2 mailbox full");
    send_to("drop@example.test", "later-2");
    await_error("later-2", "");
    send_to("later@example.test", "later-3");
    AWAIT(*house_value("select error as value from mail.letters where event = 'later-3'"));
    assert_string_equal(house_value("select error as value from mail.letters where event = 'later-3'"),
                        "451 4.7.1 greylisted");
    /* An operator need not wait for the back-off. */
    ask_ok(MSG_mail_retry, admin,
           &(struct by_id){.id = house_number("select id as value from mail.letters where event = 'later-3'")});
    await_state("later-3", "sent");
    assert_int_equal(count("", ".eml"), 1);
    end();
    server_stop();
}

static void what_is_wrong_with_us_kills_no_letter(void **state) {
    (void)state;
    aiosmtpd_start("tls");
    begin_at("smtp", "app:wrong@", "");
    send_to("ann@example.test", "login-wrong");
    await_error("login-wrong", "535");
    end();
    begin_at("smtp", "", "");
    send_to("ann@example.test", "login-missing");
    await_error("login-missing", "530");
    end();
    /* A certificate nobody knows. */
    begin_at("smtp", "app:secret@", "ZOE_MAIL_TLS=required");
    send_to("ann@example.test", "stranger");
    await_error("stranger", "certificate");
    end();
    server_stop();
    begin_at("smtp", "app:secret@", "");
    send_to("ann@example.test", "nobody-there");
    await_error("nobody-there", "connect");
    end();
    aiosmtpd_start("plain");
    begin_at("smtp", "", "ZOE_MAIL_TLS=required");
    send_to("ann@example.test", "no-tls");
    await_error("no-tls", "SSL");
    end();
    /* On this machine that is good enough. */
    begin_at("smtp", "", "");
    send_to("ann@example.test", "here");
    await_state("here", "sent");
    end();
    server_stop();
}

/* Killed at any time: every letter arrives, and what arrives twice is recognised by its Message-ID. */
static void killed_senders_lose_nothing(void **state) {
    (void)state;
    enum { LETTERS = 60, KILLS = 4 };
    char event[32], name[32], text[16384];
    bool come[LETTERS] = {0};
    aiosmtpd_start("tls");
    house_sql("truncate mail.letters");
    begin_at("smtp", "app:secret@", "");
    for (int i = 0; i < LETTERS; i++) {
        snprintf(event, sizeof event, "kill-%d", i);
        send_to("ann@example.test", event);
        if (i % 15 != 14)
            continue;
        house_kill(mail);
        house_await("mail", 0);
        house_sql("update mail.letters set due_at = now() where state = 'queued'");
        begin_at("smtp", "app:secret@", "");
    }
    AWAIT(house_number("select count(*) as value from mail.letters where state = 'sent'") == LETTERS);
    size_t all = count("", ".eml");
    assert_in_range(all, LETTERS, LETTERS + KILLS);
    for (size_t i = 1; i <= all; i++) {
        snprintf(name, sizeof name, "%05zu.eml", i);
        read_file(name, text);
        const char *id = strstr(text, "Message-ID: <kill-");
        assert_non_null(id);
        come[strtol(id + 18, NULL, 10) % LETTERS] = true;
    }
    for (int i = 0; i < LETTERS; i++)
        assert_true(come[i]);
    end();
    server_stop();
}

static void exim_start(void) {
    char conf[300], here[300], ports[32], secure[32], path[300];
    const struct passwd *owner = getpwnam("Debian-exim");
    if (access("/usr/sbin/exim4", X_OK) || !owner || geteuid())
        skip();
    make_folder();
    static const char *const own[] = {"spool", "log", "mail", "key.pem"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        path_in(own[i], path);
        if (i < 3)
            assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(chown(path, owner->pw_uid, owner->pw_gid), 0);
    }
    snprintf(here, sizeof here, "s|HERE|%s|g", folder);
    snprintf(secure, sizeof secure, "s|SECURE_PORT|%d|g", secure_port);
    snprintf(ports, sizeof ports, "s|PORT|%d|g", port);
    path_in("exim.conf", conf);
    assert_int_equal(run((char *[]){"cp", (char *)ZOE_TESTS "/actor/exim.conf", conf, NULL}), 0);
    assert_int_equal(run((char *[]){"sed", "-i", "-e", here, "-e", secure, "-e", ports, conf, NULL}), 0);
    assert_int_equal(chmod(conf, 0644), 0);
    server_start((char *[]){"/usr/sbin/exim4", "-C", conf, "-bdf", NULL});
    AWAIT(is_there("exim.pid"));
    sleep_ms(100);
}

static void exim_takes_letters(void **state) {
    (void)state;
    static const char *const schemes[] = {"smtp", "smtps"};
    char event[32];
    exim_start();
    for (size_t i = 0; i < 2; i++) {
        begin_at(schemes[i], "app:secret@", with_ca("ZOE_MAIL_TLS=required"));
        snprintf(event, sizeof event, "exim-%zu", i);
        send_to("ann@example.test", event);
        await_state(event, "sent");
        AWAIT(count("mail/new", "") == i + 1);
        end();
    }
    begin_at("smtp", "app:secret@", with_ca(""));
    send_to("ann@elsewhere.test", "exim-relay");
    await_state("exim-relay", "dead");
    assert_string_equal(house_value("select error as value from mail.letters where event = 'exim-relay'"),
                        "550 relay not permitted");
    send_to("later@example.test", "exim-later");
    await_error("exim-later", "451 greylisted");
    end();
    begin_at("smtp", "app:wrong@", with_ca(""));
    send_to("ann@example.test", "exim-wrong");
    await_error("exim-wrong", "535");
    end();
    /* Implicit TLS looks at the certificate even here. */
    begin_at("smtps", "app:secret@", "");
    send_to("ann@example.test", "exim-stranger");
    await_error("exim-stranger", "certificate");
    end();
    server_stop();
}

int smtp_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_takes_one_connection),
        cmocka_unit_test(refusals_are_told_apart),
        cmocka_unit_test(what_is_wrong_with_us_kills_no_letter),
        cmocka_unit_test(killed_senders_lose_nothing),
        cmocka_unit_test(exim_takes_letters),
    };
    return RUN("smtp", NULL, NULL);
}
