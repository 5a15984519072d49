#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/actor/tests.h"

/* Still pictures: made by transcode, kept or let go by whoever shows them. */

static pid_t transcode;

static int start(void **state) {
    (void)state;
    transcode = house_start("zoe-transcode", NULL);
    house_await("transcode", 1);
    return 0;
}

static int stop(void **state) {
    (void)state;
    house_stop(transcode);
    house_await("transcode", 0);
    return 0;
}

static const char *path(const char *below) {
    static char text[4][512];
    static unsigned turn;
    char *to = text[turn++ % 4];
    snprintf(to, sizeof text[0], "%s/media/%s", house_data(), below);
    return to;
}

static bool there(const char *below) {
    return !access(path(below), F_OK);
}

/* Two pixels, red and blue. */
static const unsigned char GIF[] = {'G', 'I',  'F', '8', '9', 'a', 2, 0, 1, 0, 0x80, 0, 0, 255,  0,    0, 0,   0,
                                    255, 0x2c, 0,   0,   0,   0,   2, 0, 1, 0, 0,    2, 2, 0x44, 0x0a, 0, 0x3b};

static const char FILE_NAME[] = "0123456789abcdef0123456789abcdef";

static void arrive(const void *bytes, size_t n) {
    char name[600];
    mkdir(path(""), 0700);
    mkdir(path("incoming"), 0700);
    snprintf(name, sizeof name, "%s/%s", path("incoming"), FILE_NAME);
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    close(fd);
}

static struct answer make(const char *file, int64_t *sizes, size_t n) {
    return ask(MSG_transcode_picture, viewer,
               &(struct picture_ask){.file = file, .shape = "keep", .sizes = {sizes, n}});
}

static void made_kept_and_let_go(void **state) {
    (void)state;
    char name[40], below[128];
    arrive(GIF, sizeof GIF);
    struct answer answer = make(FILE_NAME, (int64_t[]){128, 64}, 2);
    expect_status(answer, OK);
    const struct picture_made *made = answer.reply;
    snprintf(name, sizeof name, "%s", made->name);
    assert_int_equal(made->sizes.n, 2);
    assert_int_equal(LIST_AT(made->sizes, struct picture_size, 0).size, 128);
    assert_int_equal(LIST_AT(made->sizes, struct picture_size, 0).width, 2);
    assert_int_equal(LIST_AT(made->sizes, struct picture_size, 0).height, 1);
    snprintf(below, sizeof below, "pictures/%.2s/%s/64.jpg", name, name);
    assert_true(there(below));
    assert_false(there("incoming/0123456789abcdef0123456789abcdef"));
    struct picture_ref ref = {.name = name};
    expect_code(ask(MSG_transcode_picture_keep, viewer, &ref), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_transcode_picture_drop, admin, &ref), FORBIDDEN, "forbidden");
    expect_status(ask(MSG_transcode_picture_keep, service, &ref), OK);
    assert_int_equal(house_number("select kept::integer as value from transcode.pictures where name = '%s'", name), 1);
    for (int i = 0; i < 2; i++)
        expect_status(ask(MSG_transcode_picture_drop, service, &ref), OK);
    assert_false(there(below));
    assert_int_equal(house_number("select count(*) as value from transcode.pictures where name = '%s'", name), 0);
    expect_field(
        ask(MSG_transcode_picture_drop, service, &(struct picture_ref){.name = "../../../../../../etc/passwd-----"}),
        "/name");
}

static void refused_files_are_removed(void **state) {
    (void)state;
    int64_t pictures = house_number("select count(*) as value from transcode.pictures");
    arrive("<svg/>", 6);
    expect_code(make(FILE_NAME, (int64_t[]){128}, 1), INVALID, "picture-refused");
    assert_false(there("incoming/0123456789abcdef0123456789abcdef"));
    expect_code(make(FILE_NAME, (int64_t[]){128}, 1), NOT_FOUND, "picture-missing");
    expect_field(make("../../../../../../../etc/passwd-", (int64_t[]){128}, 1), "/file");
    expect_field(make(FILE_NAME, (int64_t[]){8}, 1), "/sizes");
    expect_field(make(FILE_NAME, (int64_t[]){8192}, 1), "/sizes");
    expect_field(make(FILE_NAME, NULL, 0), "/sizes");
    assert_int_equal(house_number("select count(*) as value from transcode.pictures"), pictures);
}

static void nobodys_pictures_are_swept(void **state) {
    (void)state;
    char name[40], below[128];
    arrive(GIF, sizeof GIF);
    struct answer answer = make(FILE_NAME, (int64_t[]){64}, 1);
    expect_status(answer, OK);
    snprintf(name, sizeof name, "%s", ((const struct picture_made *)answer.reply)->name);
    snprintf(below, sizeof below, "pictures/%.2s/%s/64.jpg", name, name);
    house_sql("update transcode.pictures set made_at = now() - interval '1 day', sweeps = 3 where name = '%s'", name);
    /* Each start sweeps once. */
    for (int sweeps = 4; sweeps <= 5; sweeps++) {
        stop(NULL);
        start(NULL);
        AWAIT(house_number("select sweeps as value from transcode.pictures where name = '%s'", name) == sweeps);
        assert_true(there(below));
    }
    stop(NULL);
    start(NULL);
    AWAIT(!there(below));
    AWAIT(house_number("select count(*) as value from transcode.pictures where name = '%s'", name) == 0);
}

int pictures_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_kept_and_let_go),
        cmocka_unit_test(refused_files_are_removed),
        cmocka_unit_test(nobodys_pictures_are_swept),
    };
    return RUN("pictures", start, stop);
}
