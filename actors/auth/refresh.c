#include "actors/auth/auth.h"
#include "protocol/node/config.h"

static enum status refuse(struct call *call) {
    return call_refuse(call, UNAUTHENTICATED, "refresh-refused", "This refresh token is not valid (any more).");
}

/* A token that was swapped long ago came back: one of its two holders stole it. Nobody keeps the session. */
static enum status end_stolen(struct call *call, int64_t session, const struct realm *realm) {
    struct rows *rows =
        call_run(call, Q_session_end_any, ARGS(ARG_INT("session", session), ARG_INT("seconds", realm->access_seconds)));
    if (!rows)
        return call->status;
    bool ended = rows_count(rows) > 0;
    int64_t until = ended ? rows_int(rows, 0, "until") : 0;
    rows_free(rows);
    log_warn(call->header.trace, "refresh_reused", "session=%lld", (long long)session);
    /* The end must be kept although the answer is a refusal: commit here, the harness's roll-back then finds nothing.
     */
    if (db_commit(call->db) == OK && ended)
        actor_event(
            call->actor,
            &(struct bus_event){.topic = "revoked", .id = session, .has_id = true, .until = until, .has_until = true});
    return refuse(call);
}

/* The front end that remembers logins wants every renewed token to live long. */
static int64_t renewed_seconds(const struct realm *realm) {
    return realm->remember_seconds ? realm->remember_seconds : realm->refresh_seconds;
}

static enum status rotate(struct call *call, const uint8_t old[DIGEST_BYTES], int64_t session,
                          const struct realm *realm, const char *next) {
    uint8_t digest[DIGEST_BYTES];
    token_digest(next, digest);
    return call_do(call, Q_session_rotate,
                   ARGS(ARG_BYTES("old", old, DIGEST_BYTES), ARG_INT("session", session),
                        ARG_BYTES("refresh", digest, DIGEST_BYTES), ARG_INT("seconds", renewed_seconds(realm)),
                        ARG_INT("most_seconds", config()->session_seconds)));
}

static enum status reply_for(struct call *call, int64_t account_id, int64_t session, const struct realm *realm,
                             const char *next) {
    struct rows *rows = call_run(call, Q_account_by_id, ARGS(ARG_INT("id", account_id)));
    if (!rows)
        return call->status;
    bool open = rows_count(rows) && !rows_bool(rows, 0, "suspended");
    struct account *account = open ? account_from_row(rows, 0, call->arena) : NULL;
    rows_free(rows);
    if (!open)
        return refuse(call);
    return account ? session_reply(call, session, realm, next, renewed_seconds(realm), account) : INTERNAL;
}

/* Who waited for another tab's swap sees the new row of the session beside the old list of spent tokens, and finds
 * nothing: a second look sees both as they are now. */
static struct rows *find(struct call *call, const uint8_t digest[DIGEST_BYTES]) {
    const struct db_arg args[] = {ARG_BYTES("refresh", digest, DIGEST_BYTES), {.name = NULL}};
    struct rows *rows = call_run(call, Q_session_by_refresh, args);
    if (!rows || rows_count(rows))
        return rows;
    rows_free(rows);
    return call_run(call, Q_session_by_refresh, args);
}

enum status auth_refresh(struct call *call) {
    const struct refresh_ask *ask = call->ask;
    const struct realm *realm = realm_find(ask->dialect);
    uint8_t digest[DIGEST_BYTES];
    char next[TOKEN_BYTES];
    if (!realm)
        return call_invalid(call, "/dialect", "is not a realm");
    token_digest(ask->refresh_token, digest);
    struct rows *rows = find(call, digest);
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0, current = found && rows_bool(rows, 0, "current");
    int64_t session = found ? rows_int(rows, 0, "session") : 0, account = found ? rows_int(rows, 0, "account_id") : 0;
    double spent_seconds = found ? rows_real(rows, 0, "spent_seconds") : 0;
    rows_free(rows);
    if (!found)
        return refuse(call);
    if (!current && spent_seconds > (double)config()->refresh_grace_seconds)
        return end_stolen(call, session, realm);
    if (!realm->rotates && call_do(call, Q_session_seen, ARGS(ARG_INT("session", session))) != OK)
        return call->status;
    if (!realm->rotates)
        return reply_for(call, account, session, realm, ask->refresh_token);
    /* Parallel tabs swap the same token: the second finds it spent and gets the same successor. */
    token_next(ask->refresh_token, next);
    if (current && rotate(call, digest, session, realm, next) != OK)
        return call->status;
    return reply_for(call, account, session, realm, next);
}
