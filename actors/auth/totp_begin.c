#include "actors/auth/auth.h"
#include "protocol/node/clock.h"
#include "protocol/wire/buffer.h"

static const char *uri(struct arena *arena, const char *email, const char *secret) {
    struct buffer name = {0};
    for (const unsigned char *c = (const unsigned char *)email; *c; c++)
        if ((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z'))
            buffer_add(&name, c, 1);
        else
            buffer_print(&name, "%%%02X", *c);
    const char *text =
        name.failed ? NULL
                    : arena_print(arena, "otpauth://totp/Zoetrope:%.*s?secret=%s&issuer=Zoetrope&digits=6&period=30",
                                  (int)name.n, name.at, secret);
    buffer_free(&name);
    return text;
}

enum status auth_totp_begin(struct call *call) {
    const struct proof *ask = call->ask;
    struct totp_secret *reply = call->reply;
    struct account *account = NULL;
    uint8_t raw[TOTP_SECRET_BYTES];
    char secret[TOTP_SECRET_BYTES * 8 / 5 + 1];
    bool on = false;
    enum status status = caller_proves(call, ask->password, &account, &on);
    if (status != OK)
        return status;
    if (on)
        return call_refuse(call, CONFLICT, "totp-on", "The second factor is on already.");
    random_bytes(raw, sizeof raw);
    base32(raw, sizeof secret - 1, secret);
    reply->secret = arena_text(call->arena, secret);
    reply->uri = uri(call->arena, account->email, secret);
    if (!reply->secret || !reply->uri)
        return INTERNAL;
    return call_do(call, Q_totp_propose,
                   ARGS(ARG_BYTES("secret", raw, sizeof raw), ARG_INT("account_id", account->id)));
}
