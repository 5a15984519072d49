#include <string.h>

#include "actors/auth/auth.h"

/* Tokens that were signed before stay good: edges know both keys. */
enum status auth_keys_rotate(struct call *call) {
    struct public_key *reply = call->reply;
    struct fresh_key fresh;
    if (call_needs(call, ROLE_ADMIN | ROLE_SERVICE) != OK)
        return call->status;
    if (keyring_make(&fresh))
        return INTERNAL;
    enum status status = call_do(call, Q_signing_key_swap,
                                 ARGS(ARG_TEXT("kid", fresh.kid), ARG_TEXT("private_pem", fresh.private_pem),
                                      ARG_TEXT("public_pem", fresh.public_pem)));
    explicit_bzero(fresh.private_pem, sizeof fresh.private_pem);
    if (status != OK || audit(call, "rotate-keys", 0, fresh.kid, NULL) != OK)
        return call->status;
    *reply = (struct public_key){
        .kid = arena_text(call->arena, fresh.kid), .alg = "ES256", .pem = arena_text(call->arena, fresh.public_pem)};
    return reply->kid && reply->pem ? OK : INTERNAL;
}
