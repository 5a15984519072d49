#include "actors/auth/auth.h"

enum status auth_logout(struct call *call) {
    const struct logout_ask *ask = call->ask;
    const struct realm *realm = realm_find(ask->dialect);
    uint8_t digest[DIGEST_BYTES] = {0};
    if (!realm)
        return call_invalid(call, "/dialect", "is not a realm");
    if (!ask->has_session && !ask->refresh_token)
        return call_invalid(call, "", "needs a session or a refresh token");
    if (ask->refresh_token)
        token_digest(ask->refresh_token, digest);
    size_t ended = 0;
    if (sessions_finish(
            call, Q_session_end,
            ARGS(ARG_INT("user", call->header.user), ARG_INT("seconds", realm->access_seconds),
                 ARG_BYTES("refresh", ask->refresh_token ? digest : NULL, ask->refresh_token ? DIGEST_BYTES : 0)),
            &ended) != OK)
        return call->status;
    /* Logging out twice is no error, but a refresh token that opens nothing is said so: cookie clients are told. */
    if (!ended && !ask->has_session)
        return call_refuse(call, UNAUTHENTICATED, "refresh-refused", "This refresh token is not valid (any more).");
    return OK;
}
