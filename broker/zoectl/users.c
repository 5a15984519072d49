#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include "broker/zoectl/zoectl.h"
#include "protocol/wire/header.h"

static const char use[] =
    "users takes list [active|suspended|unverified|admin] [TEXT], import FILE [--dry-run], or show, suspend, "
    "unsuspend, promote, demote, logout, reset or delete and a number or an address";

static int list(int argc, char **argv, struct zoectl_call *call) {
    static const char *const states[] = {"active", "suspended", "unverified"};
    struct person_list_ask ask = {.limit = 100, .has_limit = true};
    int rc;
    for (int i = 0; i < argc; i++) {
        bool known = false;
        for (size_t s = 0; s < sizeof states / sizeof *states && !known; s++)
            if ((known = !strcmp(argv[i], states[s])))
                ask.state = states[s];
        if (!strcmp(argv[i], "admin"))
            ask.role = "admin";
        else if (!known && ask.q)
            return zoectl_usage("%s", use);
        else if (!known)
            ask.q = argv[i];
    }
    printf("%8s %-5s %-10s %8s  %-20s %-20s %s\n", "ACCOUNT", "ROLE", "STATE", "SESSIONS", "MADE", "SEEN", "ADDRESS");
    do {
        if ((rc = zoectl_tell(MSG_auth_users, &ask, call)))
            return rc;
        const struct person_page *page = call->answer;
        for (size_t i = 0; i < page->items.n; i++) {
            const struct person *row = &LIST_AT(page->items, struct person, i);
            printf("%8lld %-5s %-10s %8lld  %-20s %-20s %s\n", (long long)row->id, row->roles.n > 1 ? "admin" : "user",
                   row->suspended  ? "suspended"
                   : row->verified ? "active"
                                   : "unverified",
                   (long long)row->sessions, zoectl_moment(row->created_at),
                   row->has_seen_at ? zoectl_moment(row->seen_at) : "-", row->email);
        }
        ask.cursor = page->next;
    } while (ask.cursor);
    return 0;
}

/* The account of a number or an address; 0, or an exit status after a line. */
static int find(const char *who, struct zoectl_call *call, int64_t *id) {
    char *end;
    *id = strtoll(who, &end, 10);
    if (*who && !*end && *id > 0)
        return 0;
    struct person_list_ask ask = {.q = who, .limit = 100, .has_limit = true};
    do {
        int rc = strlen(who) <= 200 ? zoectl_tell(MSG_auth_users, &ask, call) : zoectl_usage("%s", use);
        if (rc)
            return rc;
        const struct person_page *page = call->answer;
        for (size_t i = 0; i < page->items.n; i++)
            if (!strcasecmp(LIST_AT(page->items, struct person, i).email, who)) {
                *id = LIST_AT(page->items, struct person, i).id;
                return 0;
            }
        ask.cursor = page->next;
    } while (ask.cursor);
    zoectl_complain("there is no account of %s", who);
    return 1;
}

static void print_person(const struct person *row) {
    printf("account    %lld\naddress    %s%s\nname       %s\nrole       %s\nsessions   %lld\nmade       %s\n",
           (long long)row->id, row->email, row->verified ? "" : " (not proven)", row->name,
           row->roles.n > 1 ? "admin" : "user", (long long)row->sessions, zoectl_moment(row->created_at));
    if (row->has_seen_at)
        printf("seen       %s\n", zoectl_moment(row->seen_at));
    if (row->two_factor)
        puts("two-factor on");
    if (row->suspended)
        printf("suspended  %s\n", *row->suspended_why ? row->suspended_why : "yes");
}

static int suspend(struct zoectl_call *call, int64_t id, bool suspended, const char *reason) {
    struct suspend_ask ask = {.id = id, .suspended = suspended, .has_suspended = true, .reason = reason};
    return zoectl_tell(MSG_auth_user_suspend, &ask, call);
}

static int appoint(struct zoectl_call *call, int64_t id, bool admin) {
    return zoectl_tell(MSG_auth_user_role, &(struct role_ask){.id = id, .admin = admin, .has_admin = true}, call);
}

/* *shows: the answer is a person. -1: there is no such verb. */
static int do_to_one(const char *verb, int64_t id, const char *reason, struct zoectl_call *call, bool *shows) {
    struct person_ask one = {.id = id};
    *shows = true;
    if (!strcmp(verb, "show"))
        return zoectl_tell(MSG_auth_user, &(struct by_id){.id = id}, call);
    if (!strcmp(verb, "suspend") || !strcmp(verb, "unsuspend"))
        return suspend(call, id, *verb == 's', reason);
    if (!strcmp(verb, "promote") || !strcmp(verb, "demote"))
        return appoint(call, id, *verb == 'p');
    *shows = false;
    if (!strcmp(verb, "logout"))
        return zoectl_tell(MSG_auth_user_logout, &one, call);
    if (!strcmp(verb, "reset"))
        return zoectl_tell(MSG_auth_user_reset, &one, call);
    return !strcmp(verb, "delete") ? zoectl_tell(MSG_auth_user_delete, &one, call) : -1;
}

int zoectl_users(int argc, char **argv) {
    struct zoectl_call call = {.arena = arena_new()};
    const char *verb = argc > 1 ? argv[1] : "";
    bool shows = false, reasoned = !strcmp(verb, "suspend") && argc == 4;
    int64_t id = 0;
    int rc = -1;
    if (!call.arena)
        return EX_OSERR;
    if (!strcmp(verb, "list"))
        rc = list(argc - 2, argv + 2, &call);
    else if (!strcmp(verb, "import") && argc == 3)
        rc = zoectl_users_import(argv[2], false);
    else if (!strcmp(verb, "import") && argc == 4 && !strcmp(argv[3], "--dry-run"))
        rc = zoectl_users_import(argv[2], true);
    else if ((argc == 3 || reasoned) && strcmp(verb, "import") != 0 && !(rc = find(argv[2], &call, &id)))
        rc = do_to_one(verb, id, reasoned ? argv[3] : NULL, &call, &shows);
    if (!rc && shows)
        print_person(call.answer);
    arena_free(call.arena);
    return rc >= 0 ? rc : zoectl_usage("%s", use);
}
