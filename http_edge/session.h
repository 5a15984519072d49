#ifndef ZOE_EDGE_SESSION_H
#define ZOE_EDGE_SESSION_H

#include "http_edge/keys.h"
#include "http_edge/token.h"

/* Who sends a request. */
struct login {
    int64_t user, id;
    uint32_t roles;
};

enum session_answer {
    SESSION_GOOD,
    SESSION_BAD,      /* 401 */
    SESSION_EXPIRED,  /* 401: it was good once */
    SESSION_INACTIVE, /* 401: its account was suspended */
    SESSION_WAIT      /* keys are being fetched: ask again at their news */
};

/* Tokens that were found good, by their SHA-256, bounded. One for each shard. */
struct sessions;
struct sessions *sessions_new(struct keys *keys);
void sessions_free(struct sessions *sessions);

/* Judges an access token for a dialect. `text` ends in a NUL; *since is 0 at a request's first call. */
enum session_answer session_check(struct sessions *sessions, const char *dialect, const char *text, size_t n,
                                  struct login *login, uint64_t *since);

/* Judges a token of another kind (not terminated). Never SESSION_WAIT longer than keys take to arrive once. */
enum session_answer session_check_play(struct sessions *sessions, enum token_kind kind, const char *text, size_t n,
                                       struct token *token);

/* The bearer of an Authorization header: exactly one blank, any case of the scheme. NULL when it is none. */
const char *session_bearer(const char *authorization);

#endif
