#include "actors/mail/mail.h"

enum status mail_forget_account(struct call *call) {
    if (call_needs(call, ROLE_SERVICE) != OK || call_do(call, Q_account_gone, NULL) != OK)
        return call->status;
    if (call_do(call, Q_notifications_forget, NULL) != OK || call_do(call, Q_preferences_forget, NULL) != OK)
        return call->status;
    return call_do(call, Q_letters_forget, NULL);
}
