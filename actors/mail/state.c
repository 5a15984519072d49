#include <stdlib.h>
#include <string.h>

#include "actors/mail/mail.h"

/* Of the server's words only what kind of trouble it is: they may name addresses, and this is shown to anybody. */
static const char *class_of(const char *error) {
    long code = strtol(error, NULL, 10);
    if (!*error)
        return NULL;
    if (code >= 530 && code <= 538)
        return "login";
    return code >= 400 && code <= 499 ? "deferred" : code >= 500 && code <= 599 ? "refused" : "connection";
}

enum status mail_state(struct call *call) {
    struct mail_state *reply = call->reply;
    struct rows *rows = call_run(call, Q_letters_state, NULL);
    if (!rows)
        return call->status;
    *reply = (struct mail_state){.queued = rows_int(rows, 0, "queued"),
                                 .oldest_seconds = rows_int(rows, 0, "oldest_seconds"),
                                 .dead = rows_int(rows, 0, "dead"),
                                 .failing = class_of(rows_text(rows, 0, "error"))};
    rows_free(rows);
    return OK;
}
