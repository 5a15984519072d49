#include "actors/auth/auth.h"

enum status auth_session_end(struct call *call) {
    size_t ended = 0;
    if (caller_needed(call) != OK ||
        sessions_finish(call, Q_session_end_own,
                        ARGS(ARG_INT("user", call->header.user), ARG_INT("seconds", realm_access_seconds_max())),
                        &ended) != OK)
        return call->status;
    return ended ? OK : call_refuse(call, NOT_FOUND, "session-gone", "There is no such open session of yours.");
}
