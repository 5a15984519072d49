#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "broker/zoectl/zoectl.h"
#include "protocol/node/curve.h"
#include "protocol/wire/header.h"

static int list(struct zoectl_call *call) {
    int rc = zoectl_tell(MSG_auth_keys, &(struct nothing){0}, call);
    const struct keys_reply *reply = call->answer;
    for (size_t i = 0; !rc && i < reply->keys.n; i++) {
        const struct public_key *key = &LIST_AT(reply->keys, struct public_key, i);
        printf("%-20s %s\n", key->kid, key->alg);
    }
    return rc;
}

static int rotate(struct zoectl_call *call) {
    int rc = zoectl_tell(MSG_auth_keys_rotate, &(struct nothing){0}, call);
    const struct public_key *key = call->answer;
    if (!rc)
        printf("%-20s %s\n", key->kid, key->alg);
    return rc;
}

static int cluster(void) {
    char key[CURVE_TEXT_BYTES];
    if (curve_make(key))
        return EX_OSERR;
    puts(key);
    return 0;
}

int zoectl_keys(int argc, char **argv) {
    if (argc == 2 && !strcmp(argv[1], "cluster"))
        return cluster();
    struct zoectl_call call = {.arena = arena_new()};
    int rc = -1;
    if (!call.arena)
        return EX_OSERR;
    if (argc == 2 && !strcmp(argv[1], "list"))
        rc = list(&call);
    else if (argc == 2 && !strcmp(argv[1], "rotate"))
        rc = rotate(&call);
    arena_free(call.arena);
    return rc >= 0 ? rc : zoectl_usage("keys takes list, rotate or cluster");
}
