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
enum status auth_forgot(struct call *call);
enum status auth_resend(struct call *call);
enum status auth_link(struct call *call);
enum status auth_reset(struct call *call);
enum status auth_password(struct call *call);
enum status auth_sessions(struct call *call);
enum status auth_session_end(struct call *call);
enum status auth_sessions_end(struct call *call);
enum status auth_totp_begin(struct call *call);
enum status auth_totp_confirm(struct call *call);
enum status auth_totp_off(struct call *call);
enum status auth_leave(struct call *call);
enum status auth_export(struct call *call);
enum status auth_profile(struct call *call);
enum status auth_picture(struct call *call);
enum status auth_address(struct call *call);
enum status auth_recovery(struct call *call);
enum status auth_users(struct call *call);
enum status auth_user(struct call *call);
enum status auth_user_suspend(struct call *call);
enum status auth_user_role(struct call *call);
enum status auth_user_sessions(struct call *call);
enum status auth_user_logout(struct call *call);
enum status auth_user_reset(struct call *call);
enum status auth_user_delete(struct call *call);
enum status auth_audit(struct call *call);
enum status auth_keys_rotate(struct call *call);
enum status auth_jwks(struct call *call);
enum status auth_import(struct call *call);
enum status auth_plans(struct call *call);
enum status auth_plan(struct call *call);
enum status auth_plan_create(struct call *call);
enum status auth_plan_change(struct call *call);
enum status auth_plan_delete(struct call *call);
enum status auth_subscribe(struct call *call);
enum status auth_subscription(struct call *call);
enum status auth_unsubscribe(struct call *call);
enum status auth_payments(struct call *call);
enum status auth_entitled(struct call *call);
enum status auth_webhook(struct call *call);
enum status auth_ledger(struct call *call);
enum status auth_user_subscriptions(struct call *call);
enum status auth_grant(struct call *call);
enum status auth_grant_end(struct call *call);
enum status auth_email_exists(struct call *call);

/* opaque.c: tokens that say nothing; only their digests are kept. */
enum { TOKEN_BYTES = 44, DIGEST_BYTES = 32 };
/* A fresh random token, base64url. */
void token_new(char to[TOKEN_BYTES]);
void token_digest(const char *token, uint8_t to[DIGEST_BYTES]);
/* Base64url of 32 bytes. */
void token_text(const uint8_t raw[DIGEST_BYTES], char to[TOKEN_BYTES]);

/* token.c */
/* The token that follows `token`: the same for each use, so that parallel refreshes get one pair. */
void token_next(const char *token, char to[TOKEN_BYTES]);
/* Fills the reply with a new access token and `refresh`, which lives for `refresh_seconds`. */
struct realm;
enum status session_reply(struct call *call, int64_t session, const struct realm *realm, const char *refresh,
                          int64_t refresh_seconds, const struct account *account);

/* hash.c: bcrypt through libxcrypt. */
enum { PASSWORD_BYTES_MAX = 72, HASH_BYTES = 128 };
/* 0, or -1 when the hash could not be made. */
int password_hash(const char *password, char to[HASH_BYTES]);
/* Takes the same time whether `hash` is NULL (no such account), wrong or right, of bcrypt or foreign: `sample` is a
 * foreign hash while there are any, NULL where the caller is known anyway. */
bool password_matches(const char *password, const char *hash, const char *sample);
/* Made with a lower cost than that of the settings. */
bool password_stale(const char *hash);

/* foreign.c: hashes that accounts were brought along with. */
/* Why a hash, foreign or of bcrypt, cannot be taken; NULL when it can. */
const char *hash_refused(const char *hash);
/* Not of bcrypt. */
bool hash_foreign(const char *hash);
bool foreign_matches(const char *password, const char *hash);

/* common.c */
bool password_common(const char *password);

/* limits.c: how often something may be tried; counted in the memory of this process. */
enum limit {
    LIMIT_LOGIN_ADDRESS, /* a network address */
    LIMIT_LOGIN_PAIR,    /* an account from a network address */
    LIMIT_LOGIN_ACCOUNT, /* an account from addresses it was never used from */
    LIMIT_REGISTER,
    LIMIT_LINK_ADDRESS,
    LIMIT_LINK_PAIR,
    LIMIT_EXISTS, /* questions whether an address has an account */
    LIMIT_CODE    /* the second factor of an account */
};
/* Takes one try of (address, name), both may be NULL. OK, or TOO_MANY with the seconds to wait. No address: no limit.
 */
enum status limit_take(struct call *call, enum limit limit, const char *address, const char *name);
/* Takes the numbers of ZOE_LIMITS; ends the process with status 78 when they are none. */
void limits_load(void);
/* A try that succeeded does not count. */
void limit_give_back(enum limit limit, const char *address, const char *name);

/* letters.c: what mail is asked to send, through the outbox. */
/* A link with a fresh token. `kind`: activation or reset. */
enum status letter_link(struct call *call, const struct account *account, const char *kind, const char *dialect);
/* A link to a new address, which proves it. */
enum status letter_address(struct call *call, const struct account *account, const char *dialect,
                           const char *new_email);
/* What happened to an account. `detail` may be NULL. */
enum status letter_notice(struct call *call, const struct account *account, const char *kind, const char *dialect,
                          const char *detail);
/* The same under a name of the caller's: however often it happens, there is one letter of it. */
enum status letter_once(struct call *call, const struct account *account, const char *kind, const char *dialect,
                        const char *event);

/* A fresh name of something that happens to an account. */
enum { LETTER_EVENT_BYTES = 65 };
void letter_event(const char *kind, int64_t account_id, char to[LETTER_EVENT_BYTES]);

/* once.c: links of mails. */
struct once {
    int64_t account_id;
    bool used;
    const char *email; /* the new address that the link proves, "" for none */
};
/* Finds the token of a link and holds it until the end of the transaction; a refusal when there is none. `whose`: the
 * account that the link names, 0 when it names nobody, -1 when it names none at all. */
enum status once_find(struct call *call, const char *token, const char *kind, int64_t whose, struct once *once);
enum status once_spend(struct call *call, const char *token);
enum status once_refuse(struct call *call);

/* ending.c */
/* Runs one of the queries that end sessions and tells the edges. *count may be NULL. */
enum status sessions_finish(struct call *call, unsigned query, const struct db_arg *args, size_t *count);
/* Ends all sessions of an account but `spared` (0 for none). */
enum status sessions_finish_all(struct call *call, int64_t account_id, int64_t spared);
/* OK for a caller who is logged in. */
enum status caller_needed(struct call *call);

/* proof.c: the caller's account when the password is right, else a refusal. `two_factor` may be NULL. */
enum status caller_proves(struct call *call, const char *password, struct account **account, bool *two_factor);
/* The same and, where the second factor is on, its code too. Never UNAUTHENTICATED for a caller who is logged in. */
enum status caller_proves_all(struct call *call, const char *password, const char *code, struct account **account,
                              bool *two_factor);

/* totp.c: RFC 6238 with SHA-1, 30 s, six digits, one step to each side; and recovery codes. */
enum { TOTP_SECRET_BYTES = 20 };
/* `letters` of base32; `raw` holds at least 5 bits for each. */
void base32(const uint8_t *raw, size_t letters, char *to);
/* The step that the code belongs to, 0 for none. */
int64_t totp_step(const uint8_t secret[TOTP_SECRET_BYTES], const char *code);
/* Takes a code of the app or a recovery code; UNAUTHENTICATED totp-required or totp-refused. No code is taken twice. */
enum status second_factor(struct call *call, int64_t account_id, const char *code);
/* A fresh recovery code, in the arena, and what is kept of it. NULL when memory is out. */
const char *recovery_new(struct arena *arena, uint8_t digest[DIGEST_BYTES]);
/* Ten new ones in place of the caller's old ones; fills the reply. */
enum status recovery_replace(struct call *call);

/* people.c: what the messages of administrators share. */
enum status person_reply(struct call *call, int64_t id);
int person_roles(const struct rows *rows, size_t row, struct person *person, struct arena *arena);
enum status person_missing(struct call *call);
/* Writes to the audit log. `target_id` 0 for none; `note` and `address` may be NULL. */
enum status audit(struct call *call, const char *action, int64_t target_id, const char *note, const char *address);

/* picture.c: the files of a picture that no account shows any more; "" is none. */
enum status picture_let_go(struct call *call, const char *picture);

/* erase.c */
/* OK when there is another administrator beside this account; holds them all until the end of the transaction. */
enum status last_administrator(struct call *call, int64_t account_id);
/* Ends the sessions, deletes the account and tells the other services. */
enum status account_erase(struct call *call, int64_t account_id);

/* account.c */
/* An account from a row with the columns of account_by_id. NULL when memory is out. */
struct account *account_from_row(const struct rows *rows, size_t row, struct arena *arena);
bool email_plausible(const char *email);
/* Nobody's address, and nothing that looks like another name. */
bool username_plausible(const char *username);
/* Names of role bits; .at is NULL when memory is out. */
struct list roles_list(int64_t bits, struct arena *arena);

/* realm.c: what a dialect's sessions are like. */
struct jwt;
struct realm {
    const char *dialect;
    int64_t access_seconds, refresh_seconds;
    bool proven;  /* only accounts with a proven address may log in */
    bool silent;  /* a registration does not tell that the address is known */
    bool rotates; /* a refresh answers with a new refresh token; else the old one stays good */
    size_t password_bytes_min;
    bool any_password; /* its documents ask for nothing but the length */
    bool not_digits;   /* a password of digits alone is refused, as Django does */
    int64_t
        remember_seconds; /* life of refresh tokens when the login asks for it, and of renewed ones; 0: no such thing */
    /* Adds what front ends expect beside our own claims: 0, or what libjwt said. NULL: nothing. */
    int (*claims)(struct jwt *jwt, const struct account *account);
};
const struct realm *realm_find(const char *dialect);
/* The longest life of an access token of any realm. */
int64_t realm_access_seconds_max(void);
/* OK, or INVALID at /password: too short for the realm, too common, or the address itself. `realm` may be NULL. */
enum status password_allowed(struct call *call, const struct realm *realm, const char *password, const char *email);

/* keyring.c: signing keys and secrets, loaded before READY. */
int keyring_load(struct db *db);
/* Takes over what another process, or keys_rotate, made. */
void keyring_refresh(struct db *db);
struct fresh_key {
    char kid[65], alg[8];                     /* ES256 with the two below, or HS256 with the secret */
    char private_pem[1000], public_pem[1000]; /* empty for HS256 */
    uint8_t secret[512];
    size_t secret_bytes; /* 0 for ES256 */
};
/* A key of the algorithm of the settings, not yet kept. 0, or -1. */
int keyring_make(struct fresh_key *fresh);
/* The arguments of signing_key_add and signing_key_swap; `old` may be NULL. They point into `fresh`. */
const struct db_arg *keyring_args(const struct fresh_key *fresh, const char *old, struct db_arg to[7]);
/* The key to sign with; `public_pem` stays empty. */
void keyring_signer(struct fresh_key *key);
struct bytes keyring_refresh_secret(void);
struct bytes keyring_playback_secret(void);

/* administrator.c: the first one. */
int administrator_ensure(struct db *db);

#endif
