#include <stdio.h>
#include <string.h>

#include "actors/auth/auth.h"
#include "protocol/node/config.h"

static enum status post(struct call *call, const struct account *account, struct letter letter) {
    letter.to = account->email;
    letter.name = account->name;
    letter.account_id = account->id;
    letter.has_account_id = true;
    return call_post(call, MSG_mail_queue, &letter);
}

/* `new_email` NULL: the link goes to the account's address and proves that. */
static enum status send_link(struct call *call, const struct account *account, const char *kind, const char *dialect,
                             const char *new_email) {
    char token[TOKEN_BYTES], event[64];
    uint8_t digest[DIGEST_BYTES];
    int64_t seconds = strcmp(kind, "reset") ? config()->activation_seconds : config()->reset_seconds;
    struct account reader = *account;
    token_new(token);
    token_digest(token, digest);
    if (call_do(call, Q_token_add,
                ARGS(ARG_BYTES("hash", digest, DIGEST_BYTES), ARG_INT("account_id", account->id),
                     ARG_TEXT("kind", kind), ARG_TEXT("new_email", new_email), ARG_INT("seconds", seconds))) != OK)
        return call->status;
    if (new_email)
        reader.email = new_email;
    /* The digest names the link and opens nothing. */
    snprintf(event, sizeof event, "%s-%lld-%02x%02x%02x%02x%02x%02x", kind, (long long)account->id, digest[0],
             digest[1], digest[2], digest[3], digest[4], digest[5]);
    return post(call, &reader, (struct letter){.kind = kind, .token = token, .dialect = dialect, .event = event});
}

enum status letter_link(struct call *call, const struct account *account, const char *kind, const char *dialect) {
    return send_link(call, account, kind, dialect, NULL);
}

enum status letter_address(struct call *call, const struct account *account, const char *dialect,
                           const char *new_email) {
    return send_link(call, account, "address", dialect, new_email);
}

void letter_event(const char *kind, int64_t account_id, char to[LETTER_EVENT_BYTES]) {
    char token[TOKEN_BYTES];
    token_new(token);
    snprintf(to, LETTER_EVENT_BYTES, "%s-%lld-%.12s", kind, (long long)account_id, token);
}

enum status letter_once(struct call *call, const struct account *account, const char *kind, const char *dialect,
                        const char *event) {
    return post(call, account, (struct letter){.kind = kind, .dialect = dialect, .event = event});
}

enum status letter_notice(struct call *call, const struct account *account, const char *kind, const char *dialect,
                          const char *detail) {
    char event[LETTER_EVENT_BYTES];
    letter_event(kind, account->id, event);
    return post(call, account, (struct letter){.kind = kind, .dialect = dialect, .event = event, .detail = detail});
}
