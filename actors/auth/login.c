#include <string.h>

#include "actors/auth/auth.h"
#include "protocol/node/config.h"

/* Who wants in. Known or not: the same queries, the same limits, the same work. */
struct candidate {
    struct account *account; /* NULL when there is none */
    const char *spelling, *hash;
    const char *sample; /* a foreign hash, while any account has one */
    bool suspended, two_factor;
    bool any, address, device; /* whether it was ever used, from this address, with this device */
};

static enum status find(struct call *call, struct candidate *who) {
    struct rows *rows = call_run(call, Q_account_by_email, NULL);
    if (!rows)
        return call->status;
    bool known = !rows_null(rows, 0, "id");
    who->spelling = arena_text(call->arena, rows_text(rows, 0, "spelling"));
    who->hash = known ? arena_text(call->arena, rows_text(rows, 0, "password")) : NULL;
    who->sample = rows_null(rows, 0, "sample") ? NULL : arena_text(call->arena, rows_text(rows, 0, "sample"));
    who->account = known ? account_from_row(rows, 0, call->arena) : NULL;
    who->suspended = rows_bool(rows, 0, "suspended");
    who->two_factor = rows_bool(rows, 0, "two_factor");
    rows_free(rows);
    if (!who->spelling || known != (who->account && who->hash))
        return call->status = INTERNAL;
    if (!(rows = call_run(call, Q_session_familiar, ARGS(ARG_INT("account_id", known ? who->account->id : 0)))))
        return call->status;
    who->any = rows_bool(rows, 0, "any");
    who->address = rows_bool(rows, 0, "address");
    who->device = rows_bool(rows, 0, "device");
    rows_free(rows);
    return OK;
}

/* A stranger who tries an account from everywhere stops only those who never used it from where they are. */
static enum status may_try(struct call *call, const struct candidate *who) {
    const struct login_ask *ask = call->ask;
    if (limit_take(call, LIMIT_LOGIN_PAIR, ask->address, who->spelling) != OK)
        return TOO_MANY;
    if (!ask->address || who->address)
        return OK;
    return limit_take(call, LIMIT_LOGIN_ACCOUNT, "any", who->spelling);
}

static void give_back(const struct login_ask *ask, const struct candidate *who) {
    limit_give_back(LIMIT_LOGIN_ADDRESS, ask->address, NULL);
    limit_give_back(LIMIT_LOGIN_PAIR, ask->address, who->spelling);
    if (ask->address && !who->address)
        limit_give_back(LIMIT_LOGIN_ACCOUNT, "any", who->spelling);
}

/* The cost of hashes was raised since this one was made, or it is another system's. One of those may stand for a
 * password that is too long for ours: then it stays. */
static enum status rehash(struct call *call, const struct candidate *who) {
    const struct login_ask *ask = call->ask;
    char hash[HASH_BYTES];
    if (!password_stale(who->hash) || strlen(ask->password) > PASSWORD_BYTES_MAX)
        return OK;
    if (password_hash(ask->password, hash))
        return INTERNAL;
    return call_do(
        call, Q_password_rehash,
        ARGS(ARG_TEXT("password_hash", hash), ARG_INT("account_id", who->account->id), ARG_TEXT("old", who->hash)));
}

static enum status notice(struct call *call, const struct candidate *who) {
    const struct login_ask *ask = call->ask;
    if (strcmp(config()->sign_in_notice, "on") || !who->any || who->address || who->device)
        return OK;
    const char *detail = arena_print(call->arena, "%.64s\n%.300s", ask->address ? ask->address : "an unknown address",
                                     ask->device && *ask->device ? ask->device : "an unknown device");
    return detail ? letter_notice(call, who->account, "new-sign-in", ask->dialect, detail) : INTERNAL;
}

static enum status open_session(struct call *call, const struct realm *realm, const struct account *account) {
    char refresh[TOKEN_BYTES];
    uint8_t digest[DIGEST_BYTES];
    const struct login_ask *ask = call->ask;
    int64_t seconds = ask->remember && realm->remember_seconds ? realm->remember_seconds : realm->refresh_seconds;
    token_new(refresh);
    token_digest(refresh, digest);
    struct rows *rows = call_run(call, Q_session_add,
                                 ARGS(ARG_INT("account_id", account->id), ARG_BYTES("refresh", digest, DIGEST_BYTES),
                                      ARG_INT("seconds", seconds), ARG_INT("most_seconds", config()->session_seconds)));
    if (!rows)
        return call->status;
    int64_t session = rows_int(rows, 0, "id");
    rows_free(rows);
    return session_reply(call, session, realm, refresh, seconds, account);
}

enum status auth_login(struct call *call) {
    const struct login_ask *ask = call->ask;
    const struct realm *realm = realm_find(ask->dialect);
    struct candidate who = {0};
    if (!realm)
        return call_invalid(call, "/dialect", "is not a realm");
    if (limit_take(call, LIMIT_LOGIN_ADDRESS, ask->address, NULL) != OK || find(call, &who) != OK ||
        may_try(call, &who) != OK)
        return call->status;
    bool right = password_matches(ask->password, who.hash, who.sample);
    if (!right || !who.account || who.suspended || (realm->proven && !who.account->verified))
        return call_refuse(call, UNAUTHENTICATED, "wrong-credentials", "E-mail or password is wrong.");
    if (who.two_factor && second_factor(call, who.account->id, ask->code) != OK)
        return call->status;
    give_back(ask, &who);
    enum status status = rehash(call, &who);
    if (status == OK)
        status = notice(call, &who);
    return status == OK ? open_session(call, realm, who.account) : status;
}
