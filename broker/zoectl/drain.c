#include <stdio.h>
#include <sysexits.h>

#include "broker/zoectl/zoectl.h"

static int tell(unsigned broker, const struct drain_ask *ask, struct arena *arena) {
    struct zoectl_call call = {
        .broker = broker, .side = "admin", .message = message_row(MSG_broker_drain), .value = ask, .arena = arena};
    int rc = zoectl_call(&call);
    if (rc || call.status != OK)
        return rc ? rc : zoectl_refused(&call);
    printf("broker %u: %s %s\n", broker, ask->service, ask->open ? "takes asks" : "is draining");
    return 0;
}

static int tell_all(int argc, char **argv, bool open) {
    if (argc != 2 || service_number(argv[1]) < 0)
        return zoectl_usage("%s: one service must be named: auth, content, ..., or broker for all", argv[0]);
    struct drain_ask ask = {.service = argv[1], .open = open, .has_open = true};
    struct arena *arena = arena_new();
    int worst = arena ? 0 : EX_OSERR;
    for (unsigned i = 0; arena && i < zoectl_brokers(); i++) {
        int rc = tell(i, &ask, arena);
        worst = rc ? rc : worst;
    }
    arena_free(arena);
    return worst;
}

int zoectl_drain(int argc, char **argv) {
    return tell_all(argc, argv, false);
}

int zoectl_open(int argc, char **argv) {
    return tell_all(argc, argv, true);
}
