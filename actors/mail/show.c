#include "actors/mail/mail.h"

enum status mail_show(struct call *call) {
    return call_needs(call, ROLE_ADMIN) == OK ? call_fetch(call, Q_letter_show, NULL) : call->status;
}
