#include "actors/transcode/transcode.h"

enum status transcode_job(struct call *call) {
    return call_needs(call, ROLE_ADMIN) == OK ? call_fetch(call, Q_job_show, NULL) : call->status;
}
