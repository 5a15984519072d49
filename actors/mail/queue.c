#include "actors/mail/mail.h"

/* Committed by itself, so that the sender finds the letter when it wakes. A second letter of one event is the first
 * one. */
enum status mail_queue(struct call *call) {
    if (call_needs(call, ROLE_SERVICE) != OK || call_do(call, Q_letter_add, NULL) != OK)
        return call->status;
    sender_wake();
    return OK;
}
