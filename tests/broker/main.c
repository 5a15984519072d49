#include <signal.h>
#include <string.h>

#include "tests/broker/tests.h"

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    if (argc == 6 && !strcmp(argv[1], "worker"))
        return worker_main(argv + 2);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
#define ROW(name) cmocka_unit_test(name),
    const struct CMUnitTest tests[] = {BROKER_TESTS(ROW)};
#undef ROW
    return cmocka_run_group_tests_name("broker", tests, NULL, NULL);
}
