#include "actors/auth/auth.h"

enum status auth_sessions_end(struct call *call) {
    const struct here *ask = call->ask;
    return caller_needed(call) == OK ? sessions_finish_all(call, call->header.user, ask->session) : call->status;
}
