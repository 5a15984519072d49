#include "actors/mail/mail.h"

enum status mail_read_all(struct call *call) {
    if (caller_needed(call) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_notifications_read, ARGS(ARG_INT("user", call->header.user)));
    if (rows && rows_count(rows))
        notice_event(call, call->header.user);
    rows_free(rows);
    return call->status;
}
