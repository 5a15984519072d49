#include "actors/mail/mail.h"

enum status mail_retry(struct call *call) {
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_letter_retry, NULL);
    if (!rows)
        return call->status;
    bool queued = rows_count(rows) > 0;
    rows_free(rows);
    if (call_fetch(call, Q_letter_show, NULL) != OK)
        return call->status;
    if (!queued)
        return call_refuse(call, CONFLICT, "letter-sent", "This letter was sent already.");
    sender_wake();
    return OK;
}
