#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "broker/zoectl/zoectl.h"
#include "protocol/wire/header.h"

static int list(const char *state, struct zoectl_call *call) {
    struct letter_list_ask ask = {.state = state, .limit = 100, .has_limit = true};
    int rc;
    printf("%8s %-6s %5s  %-20s %-16s %-30s %s\n", "LETTER", "STATE", "TRIES", "QUEUED", "KIND", "ADDRESS", "ERROR");
    do {
        if ((rc = zoectl_tell(MSG_mail_list, &ask, call)))
            return rc;
        const struct letter_page *page = call->answer;
        for (size_t i = 0; i < page->items.n; i++) {
            const struct letter_row *row = &LIST_AT(page->items, struct letter_row, i);
            printf("%8lld %-6s %5lld  %-20s %-16s %-30s %s\n", (long long)row->id, row->state, (long long)row->attempts,
                   zoectl_moment(row->created_at), row->kind, row->address, row->error);
        }
        ask.cursor = page->next;
    } while (ask.cursor);
    return 0;
}

static void print_letter(const struct letter_row *row) {
    printf(
        "letter   %lld\nstate    %s\nkind     %s\naddress  %s\ndialect  %s\nevent    %s\nqueued   %s\nattempts %lld\n",
        (long long)row->id, row->state, row->kind, row->address, row->dialect, row->event,
        zoectl_moment(row->created_at), (long long)row->attempts);
    if (row->has_due_at)
        printf("due      %s\n", zoectl_moment(row->due_at));
    if (row->has_ended_at)
        printf("ended    %s\n", zoectl_moment(row->ended_at));
    if (*row->error)
        printf("error    %s\n", row->error);
}

static const struct verb {
    const char *name;
    unsigned message;
} verbs[] = {{"show", MSG_mail_show}, {"retry", MSG_mail_retry}, {"drop", MSG_mail_drop}};

static int do_to_one(const struct verb *verb, const char *number, struct zoectl_call *call) {
    char *end;
    long long id = strtoll(number, &end, 10);
    if (*end || id < 1)
        return zoectl_usage("mail %s: the number of a letter is needed", verb->name);
    int rc = zoectl_tell(verb->message, &(struct by_id){.id = id}, call);
    if (!rc && verb->message != MSG_mail_drop)
        print_letter(call->answer);
    return rc;
}

int zoectl_mail(int argc, char **argv) {
    static const char *const states[] = {"queued", "sent", "dead"};
    struct zoectl_call call = {.arena = arena_new()};
    const char *what = argc > 1 ? argv[1] : "", *which = argc > 2 ? argv[2] : NULL;
    int rc = -1;
    if (!call.arena)
        return EX_OSERR;
    if (!strcmp(what, "list") && argc == 2)
        rc = list(NULL, &call);
    for (size_t i = 0; rc < 0 && argc == 3 && i < 3; i++) {
        if (!strcmp(what, "list") && !strcmp(which, states[i]))
            rc = list(states[i], &call);
        else if (!strcmp(what, verbs[i].name))
            rc = do_to_one(&verbs[i], which, &call);
    }
    arena_free(call.arena);
    return rc >= 0 ? rc : zoectl_usage("mail takes list [queued|sent|dead], or show, retry or drop and a number");
}
