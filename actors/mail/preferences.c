#include "actors/mail/mail.h"

enum status mail_preferences(struct call *call) {
    struct preference_list *reply = call->reply;
    if (caller_needed(call) != OK)
        return call->status;
    reply->items = notice_preferences(call);
    return call->status;
}
