#include "actors/mail/mail.h"

/* Committed by itself, so that the sender finds the letter when it wakes. A second letter of one event is the first
 * one. */
enum status mail_queue(struct call *call) {
    const struct letter *ask = call->ask;
    const struct wording *wording = wording_find(ask->kind);
    const char *text = wording && ask->has_account_id ? notice_text(wording, ask, call->arena) : NULL;
    if (call_needs(call, ROLE_SERVICE) != OK)
        return call->status;
    struct rows *rows = call_run(call, Q_letter_add,
                                 ARGS(ARG_BOOL("always", !wording || wording->link || wording->security),
                                      ARG_TEXT("title", text ? wording_subject(wording, ask->dialect) : NULL),
                                      ARG_TEXT("text", text), ARG_INT("most", NOTICES_MOST)));
    if (!rows)
        return call->status;
    if (rows_int(rows, 0, "notices"))
        notice_event(call, ask->account_id);
    rows_free(rows);
    sender_wake();
    return OK;
}
