#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "broker/zoectl/zoectl.h"
#include "protocol/wire/header.h"

static const struct message *find(const char *name) {
    size_t count;
    const struct message *rows = message_all(&count);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(rows[i].name, name))
            return &rows[i];
    return NULL;
}

/* --user N and --admin; the first other word is the message, the second its body. */
static int read_arguments(int argc, char **argv, struct zoectl_call *call, const char **body) {
    const char *name = NULL;
    bool admin = false;
    for (int i = 1; i < argc; i++) {
        char *end = "x";
        if (!strcmp(argv[i], "--admin"))
            admin = true;
        else if (!strcmp(argv[i], "--user")) {
            call->user = i + 1 < argc ? strtoll(argv[++i], &end, 10) : 0;
            if (*end || call->user < 1)
                return zoectl_usage("ask: --user takes the number of an account");
        } else if (!name)
            name = argv[i];
        else if (!*body)
            *body = argv[i];
        else
            return zoectl_usage("ask: one message and one body, please");
    }
    if (!name)
        return zoectl_usage("ask: no message is named (zoectl messages lists them)");
    if (!(call->message = find(name)))
        return zoectl_usage("ask: there is no message \"%s\" (zoectl messages lists them)", name);
    call->roles = (call->user ? ROLE_USER : 0) | (admin ? ROLE_ADMIN : 0);
    return 0;
}

static int read_body(struct zoectl_call *call, const char *body) {
    struct fault fault = {0};
    const char *text = body ? body : "{}";
    json_t *json = json_parse(text, strlen(text), &fault);
    void *value = json ? record_from_json(call->message->ask(), json, true, call->arena, &fault) : NULL;
    json_decref(json);
    call->value = value;
    if (!value || record_complete(call->message->ask(), value, &fault))
        return zoectl_usage("ask: %s%s%s", fault.field, *fault.field ? " " : "the body ", fault.why);
    return 0;
}

static void print_answer(const struct zoectl_call *call) {
    struct buffer text = {0};
    record_to_json(call->message->reply(), call->answer, &text);
    printf("%.*s\n", (int)text.n, text.at ? text.at : "");
    buffer_free(&text);
}

int zoectl_ask(int argc, char **argv) {
    const char *body = NULL;
    struct zoectl_call call = {.side = "ask", .arena = arena_new()};
    int rc = call.arena ? read_arguments(argc, argv, &call, &body) : EX_OSERR;
    if (!rc)
        rc = read_body(&call, body);
    if (!rc)
        rc = zoectl_call(&call);
    if (!rc && call.status != OK)
        rc = zoectl_refused(&call);
    else if (!rc)
        print_answer(&call);
    arena_free(call.arena);
    return rc;
}
