#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "protocol/node/config.h"
#include "protocol/node/histogram.h"
#include "protocol/node/log.h"
#include "tests/unit/unit.h"

/* Exit status of config_load() with one variable set; what it printed goes to `said`. */
static int load_with(const char *name, const char *value, char said[500]) {
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (!pid) {
        setenv(name, value, 1);
        dup2(ends[1], STDERR_FILENO);
        config_load();
        _exit(0);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], said, 499);
    said[n > 0 ? n : 0] = 0;
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

static void wrong_settings_end_with_78_and_one_line(void **state) {
    (void)state;
    static const char *const wrong[][2] = {{"ZOE_BCRYPT_COST", "3"},
                                           {"ZOE_BCRYPT_COST", "twelve"},
                                           {"ZOE_BCRYPT_COST", "12x"},
                                           {"ZOE_DEMO", "yes"},
                                           {"ZOE_DEMO", ""},
                                           {"ZOE_LISTEN", ""},
                                           {"ZOE_NO_SUCH_THING", "1"},
                                           {"ZOE_ADMIN_EMAIL", "x"},
                                           {"ZOE_DATA_FILE", "/no/such"},
                                           {"ZOE_BEAT_MS", "99999999999999999999"}};
    char said[500];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(load_with(wrong[i][0], wrong[i][1], said), EX_CONFIG);
        assert_memory_equal(said, wrong[i][0], strlen(wrong[i][0]));
        assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
    }
    assert_int_equal(load_with("ZOE_BCRYPT_COST", "13", said), 0);
    assert_string_equal(said, "");
}

static void a_setting_may_lie_in_a_file(void **state) {
    (void)state;
    char path[] = "/tmp/zoe-setting-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "secret value\n", 13), 13);
    close(fd);
    setenv("ZOE_ADMIN_PASSWORD_FILE", path, 1);
    config_load();
    assert_string_equal(config()->admin_password, "secret value");
    unsetenv("ZOE_ADMIN_PASSWORD_FILE");
    unlink(path);
    config_load();
}

static void foreign_text_cannot_forge_a_log_line(void **state) {
    (void)state;
    assert_string_equal(log_value("a\nlevel=error \"x\" \\"), "\"a\\x0alevel=error \\\"x\\\" \\\\\"");
    assert_string_equal(log_value(NULL), "\"\"");
}

static void quantiles_are_within_a_slot(void **state) {
    (void)state;
    struct histogram histogram = {0};
    assert_int_equal(histogram_quantile(&histogram, 0.5), 0);
    for (int us = 1; us <= 10000; us++)
        histogram_add(&histogram, us);
    int64_t half = histogram_quantile(&histogram, 0.5), most = histogram_quantile(&histogram, 0.99);
    assert_in_range(half, 5000, 5700);
    assert_in_range(most, 9900, 11000);
    histogram_add(&histogram, INT64_MAX);
    histogram_add(&histogram, -5);
    for (unsigned i = 1; i < HISTOGRAM_SLOTS; i++)
        assert_true(histogram_bound(i) > histogram_bound(i - 1));
}

int node_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_settings_end_with_78_and_one_line),
        cmocka_unit_test(a_setting_may_lie_in_a_file),
        cmocka_unit_test(foreign_text_cannot_forge_a_log_line),
        cmocka_unit_test(quantiles_are_within_a_slot),
    };
    return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
