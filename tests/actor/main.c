#include <signal.h>
#include <string.h>

#include "tests/actor/tests.h"

static int open_house(void **state) {
    (void)state;
    house_open();
    return 0;
}

static void the_house_stands(void **state) {
    (void)state;
    assert_int_equal(house_number("select count(*) as value from pg_roles where rolname ~ '^zoe_'"), 5);
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && !strcmp(argv[1], "puppet"))
        return puppet_main();
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_house_stands)};
    int failed = pool_tests() + page_tests() + cmocka_run_group_tests_name("house", tests, open_house, NULL);
    if (!*house_data())
        return 1;
    failed += database_tests() + isolation_tests() + harness_tests() + outbox_tests() + once_tests() + content_tests() +
              catalogue_tests() + search_tests() + shelves_tests() + history_tests() + mail_tests() + auth_tests() +
              account_tests() + sessions_tests() + guessing_tests() + administration_tests() + smtp_tests() +
              profile_tests() + keys_tests() + pictures_tests() + notices_tests() + import_tests() + past_tests() +
              lists_tests() + recommend_tests() + plans_tests() + realms_tests();
    house_close();
    return failed != 0;
}
