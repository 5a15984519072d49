#include "actors/mail/mail.h"

enum status mail_unread(struct call *call) {
    return caller_needed(call) == OK
               ? call_fetch(call, Q_notifications_unread, ARGS(ARG_INT("user", call->header.user)))
               : call->status;
}
