#include "actors/mail/mail.h"

enum status mail_drop(struct call *call) {
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_letter_drop, NULL);
    if (!rows)
        return call->status;
    bool found = rows_count(rows) > 0;
    rows_free(rows);
    return found ? OK : NOT_FOUND;
}
