#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/store/store.h"
#include "protocol/node/config.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/zoe-store-XXXXXX";

static int open_store(void **state) {
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    setenv("ZOE_DATA", folder, 1);
    config_load();
    return store_open();
}

static int remove_store(void **state) {
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void what_is_put_is_read(void **state) {
    (void)state;
    char read_back[16] = "";
    assert_int_equal(store_put("assets/1-a/720p/segment_000.ts", "first", 5), 0);
    assert_int_equal(store_put("assets/1-a/720p/segment_000.ts", "second", 6), 0);
    assert_int_equal(store_size("assets/1-a/720p/segment_000.ts"), 6);
    int fd = store_read("assets/1-a/720p/segment_000.ts");
    assert_true(fd >= 0);
    assert_int_equal(read(fd, read_back, sizeof read_back), 6);
    assert_memory_equal(read_back, "second", 6);
    close(fd);
}

static void no_name_leads_outside(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",     "/etc/passwd", "..",   "../x",  "assets/../../x", "assets/..", "assets//x", "assets/", ".hidden",
        "a/.b", "a b",         "a\nb", "a%2fb", "a\\b",           "a/./b",     "\xc3\xa4",  "a/../b"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        errno = 0;
        assert_int_equal(store_read(wrong[i]), -1);
        assert_int_equal(errno, EINVAL);
        assert_int_equal(store_write(wrong[i]), -1);
        assert_int_equal(store_put(wrong[i], "x", 1), -1);
        assert_int_equal(store_delete(wrong[i]), -1);
    }
}

static void links_are_not_followed(void **state) {
    (void)state;
    char path[200];
    snprintf(path, sizeof path, "%s/media/evil", folder);
    assert_int_equal(symlink("/etc", path), 0);
    assert_int_equal(store_read("evil/passwd"), -1);
    assert_int_equal(store_size("evil/passwd"), -1);
    snprintf(path, sizeof path, "%s/media/leaf", folder);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(store_read("leaf"), -1);
    assert_int_equal(store_delete("evil"), 0);
    assert_int_equal(access("/etc/passwd", F_OK), 0);
}

static void a_folder_goes_with_all_that_is_in_it(void **state) {
    (void)state;
    assert_int_equal(store_put("assets/2-b/480p/segment_000.ts", "x", 1), 0);
    assert_int_equal(store_put("assets/2-b/master.m3u8", "x", 1), 0);
    assert_int_equal(store_delete("assets/2-b"), 0);
    assert_int_equal(store_size("assets/2-b/master.m3u8"), -1);
    assert_int_equal(store_delete("assets/2-b"), 0);
    assert_int_equal(store_delete("nowhere/at/all"), 0);
}

static void an_upload_is_written_in_pieces(void **state) {
    (void)state;
    int fd = store_write("uploads/0123");
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "world", 5, 5), 5);
    assert_int_equal(pwrite(fd, "hello", 5, 0), 5);
    close(fd);
    assert_int_equal(store_size("uploads/0123"), 10);
    assert_true(store_free_bytes() > 0);
}

int store_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_read),
        cmocka_unit_test(no_name_leads_outside),
        cmocka_unit_test(links_are_not_followed),
        cmocka_unit_test(a_folder_goes_with_all_that_is_in_it),
        cmocka_unit_test(an_upload_is_written_in_pieces),
    };
    return cmocka_run_group_tests_name("store", tests, open_store, remove_store);
}
