#include "actors/transcode/transcode.h"

enum status transcode_job_change(struct call *call) {
    if (call_needs(call, ROLE_ADMIN) != OK || call_do(call, Q_job_change, NULL) != OK)
        return call->status;
    bell_ring();
    return call_fetch(call, Q_job_show, NULL);
}
