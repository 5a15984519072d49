#include "actors/mail/mail.h"

enum status mail_read(struct call *call) {
    if (caller_needed(call) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_notification_read, ARGS(ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    rows_free(rows);
    if (!found)
        return call_refuse(call, NOT_FOUND, "notification-missing", "There is no such notification.");
    notice_event(call, call->header.user);
    return OK;
}
