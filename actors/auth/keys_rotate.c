#include <string.h>

#include "actors/auth/auth.h"
#include "protocol/node/config.h"

/* Tokens that were signed before stay good: edges know both keys. */
enum status auth_keys_rotate(struct call *call) {
    struct public_key *reply = call->reply;
    struct fresh_key fresh;
    struct db_arg args[7];
    if (call_needs(call, ROLE_ADMIN | ROLE_SERVICE) != OK)
        return call->status;
    if (!strcmp(config()->token_algorithm, "HS256") && *config()->token_secret)
        return call_refuse(call, CONFLICT, "secret-configured", "ZOE_TOKEN_SECRET is the key: change it there.");
    if (keyring_make(&fresh))
        return INTERNAL;
    enum status status = call_do(call, Q_signing_key_swap, keyring_args(&fresh, NULL, args));
    explicit_bzero(fresh.private_pem, sizeof fresh.private_pem);
    explicit_bzero(fresh.secret, sizeof fresh.secret);
    if (status != OK || audit(call, "rotate-keys", 0, fresh.kid, NULL) != OK)
        return call->status;
    *reply = (struct public_key){.kid = arena_text(call->arena, fresh.kid),
                                 .alg = arena_text(call->arena, fresh.alg),
                                 .pem = *fresh.public_pem ? arena_text(call->arena, fresh.public_pem) : NULL};
    return reply->kid && reply->alg ? OK : INTERNAL;
}
