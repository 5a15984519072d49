#ifndef ZOE_TESTS_ACTOR_ACCOUNTS_H
#define ZOE_TESTS_ACTOR_ACCOUNTS_H

#include "tests/actor/tests.h"

/* What the tests of accounts share: one auth process, and what a person asks of it. */

int accounts_start(void **state);
int accounts_stop(void **state);
/* The process again, with more settings (NAME=value, separated by blanks). */
void accounts_begin(const char *more);
void accounts_end(void);

/* Number of a new account. */
int64_t enrol(const char *email, const char *password);
struct answer login_with(struct login_ask ask_);
struct answer login(const char *email, const char *password);
struct answer refresh(const char *token);
struct answer forgot(const char *email);
struct answer reset(const char *token, const char *password);
/* The refresh token of a fresh session; *id is its number. */
const char *session_of(const char *email, const char *password, int64_t *id);

/* The newest letter of a kind in auth's outbox; how many there are. */
struct letter posted(const char *kind);
int64_t letters(const char *kind);

/* The second factor's code for a step of 30 s; RFC 6238 with the app's eyes: base32 in, six digits out. */
const char *code_at(const char *secret, int64_t step);
int64_t step_now(void);

#endif
