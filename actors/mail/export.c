#include "actors/mail/mail.h"

static enum status list_all(struct call *call, unsigned query, const struct record *record, struct list *list) {
    struct rows *rows = call_run(call, query, ARGS(ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    size_t all = rows_count(rows);
    *list = rows_list(rows, record, call->arena);
    rows_free(rows);
    return list->n == all ? OK : INTERNAL;
}

enum status mail_export(struct call *call) {
    struct mail_export *reply = call->reply;
    if (caller_needed(call) != OK)
        return call->status;
    enum status status = list_all(call, Q_notifications_all, notification_record(), &reply->notifications);
    if (status == OK)
        status = list_all(call, Q_letters_all, letter_past_record(), &reply->letters);
    if (status != OK)
        return status;
    reply->preferences = notice_preferences(call);
    return call->status;
}
