#ifndef ZOE_TESTS_ACTOR_TESTS_H
#define ZOE_TESTS_ACTOR_TESTS_H

#include "tests/actor/house.h"

/* Each file's tests; how many failed. */
int pool_tests(void);
int page_tests(void);
int database_tests(void);
int isolation_tests(void);
int harness_tests(void);
int outbox_tests(void);
int once_tests(void);
int content_tests(void);
int catalogue_tests(void);
int search_tests(void);
int shelves_tests(void);
int history_tests(void);
int lists_tests(void);
int recommend_tests(void);
int mail_tests(void);
int auth_tests(void);
int account_tests(void);
int sessions_tests(void);
int guessing_tests(void);
int administration_tests(void);
int smtp_tests(void);
int plans_tests(void);
int profile_tests(void);
int keys_tests(void);
int pictures_tests(void);
int notices_tests(void);
int import_tests(void);
int past_tests(void);
int realms_tests(void);

/* puppet.c: an actor whose handlers do what the tests of the harness need. */
int puppet_main(void);

/* letters.c: the newest letter in auth's outbox to an account (0: to anybody) and of a kind (NULL: of any); all zero
 * when there is none. Its texts stay until the tests end. */
struct letter newest_letter(int64_t account, const char *kind);

#define RUN(name, start, stop) cmocka_run_group_tests_name(name, tests, start, stop)

#endif
