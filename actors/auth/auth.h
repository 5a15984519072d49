#ifndef ZOE_ACTORS_AUTH_H
#define ZOE_ACTORS_AUTH_H

#include "actors/actor.h"
#include "db/auth/queries.h"

/* One handler a message. */
enum status auth_register(struct call *call);
enum status auth_login(struct call *call);
enum status auth_refresh(struct call *call);
enum status auth_logout(struct call *call);
void auth_me(struct call **calls, size_t n);
enum status auth_keys(struct call *call);
enum status auth_revoked(struct call *call);
enum status auth_activate(struct call *call);

/* password.c: bcrypt through libxcrypt. */
enum { PASSWORD_BYTES_MAX = 72, HASH_BYTES = 128 };
/* 0, or -1 when the hash could not be made. */
int password_hash(const char *password, char to[HASH_BYTES]);
/* Takes the same time whether `hash` is NULL (no such account), wrong or right. */
bool password_matches(const char *password, const char *hash);

/* account.c */
/* An account from a row with the columns of account_by_id. NULL when memory is out. */
struct account *account_from_row(const struct rows *rows, size_t row, struct arena *arena);
bool email_plausible(const char *email);

/* realm.c: what a dialect's sessions are like. */
struct realm {
    const char *dialect;
    int64_t access_seconds, refresh_seconds;
    bool proven;  /* only accounts with a proven address may log in */
    bool rotates; /* a refresh answers with a new refresh token; else the old one stays good */
};
const struct realm *realm_find(const char *dialect);

/* token.c */
enum { TOKEN_BYTES = 44, DIGEST_BYTES = 32 };
/* A fresh random token, base64url. */
void token_new(char to[TOKEN_BYTES]);
/* The token that follows `token`: the same for each use, so that parallel refreshes get one pair. */
void token_next(const char *token, char to[TOKEN_BYTES]);
void token_digest(const char *token, uint8_t to[DIGEST_BYTES]);
/* Fills the reply with a new access token and `refresh`. */
enum status session_reply(struct call *call, int64_t session, const struct realm *realm, const char *refresh,
                          const struct account *account);

/* keyring.c: signing key and secrets, loaded once before READY. */
int keyring_load(struct db *db);
const char *keyring_kid(void);
const char *keyring_private_pem(void);
struct bytes keyring_refresh_secret(void);
struct bytes keyring_playback_secret(void);

/* administrator.c: the first one. */
int administrator_ensure(struct db *db);

#endif
