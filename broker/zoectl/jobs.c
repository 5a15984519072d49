#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "broker/zoectl/zoectl.h"
#include "protocol/wire/header.h"

static void print_job(const struct film_job *job) {
    char place[24] = "", left[24] = "";
    if (job->has_position)
        snprintf(place, sizeof place, "%lld", (long long)job->position);
    if (job->has_eta_seconds)
        snprintf(left, sizeof left, "%lld s", (long long)job->eta_seconds);
    printf("%6lld %7lld %-10s %4.0f%% %5s %9s %8lld %4lld/%-4lld %-20s %s%s%s\n", (long long)job->id,
           (long long)job->title_id, job->state, job->progress * 100, place, left, (long long)job->priority,
           (long long)job->tasks_done, (long long)job->tasks, zoectl_moment(job->created_at), job->filename,
           *job->error ? ": " : "", job->error);
}

static int list(const char *state, struct zoectl_call *call) {
    struct job_list_ask ask = {.state = state, .limit = 100, .has_limit = true};
    int rc;
    printf("%6s %7s %-10s %5s %5s %9s %8s %9s %-20s %s\n", "JOB", "TITLE", "STATE", "DONE", "PLACE", "LEFT", "PRIORITY",
           "PIECES", "UPLOADED", "FILE");
    do {
        if ((rc = zoectl_tell(MSG_transcode_jobs, &ask, call)))
            return rc;
        const struct job_page *page = call->answer;
        for (size_t i = 0; i < page->items.n; i++)
            print_job(&LIST_AT(page->items, struct film_job, i));
        ask.cursor = page->next;
    } while (ask.cursor);
    return 0;
}

static bool number(const char *text, long long low, long long high, long long *value) {
    char *end;
    *value = strtoll(text, &end, 10);
    return *text && !*end && *value >= low && *value <= high;
}

static int change(const char *verb, long long id, const char *level, struct zoectl_call *call) {
    struct job_change ask = {.id = id};
    long long priority = 0;
    if (!strcmp(verb, "priority")) {
        if (!level || !number(level, -100, 100, &priority))
            return zoectl_usage("jobs priority: a number from -100 to 100 is needed");
        ask.priority = priority;
        ask.has_priority = true;
    } else {
        ask.paused = !strcmp(verb, "pause");
        ask.has_paused = true;
    }
    return zoectl_tell(MSG_transcode_job_change, &ask, call);
}

static int do_to_one(const char *verb, const char *which, const char *level, struct zoectl_call *call) {
    long long id;
    int rc = -1;
    if (!number(which, 1, INT64_MAX, &id))
        return zoectl_usage("jobs %s: the number of a job is needed", verb);
    struct by_id ask = {.id = id};
    if (!strcmp(verb, "show") && !level)
        rc = zoectl_tell(MSG_transcode_job, &ask, call);
    else if (!strcmp(verb, "cancel") && !level)
        rc = zoectl_tell(MSG_transcode_job_cancel, &ask, call);
    else if (!strcmp(verb, "retry") && !level)
        rc = zoectl_tell(MSG_transcode_job_retry, &ask, call);
    else if (!strcmp(verb, "priority") || ((!strcmp(verb, "pause") || !strcmp(verb, "resume")) && !level))
        rc = change(verb, id, level, call);
    if (!rc)
        print_job(call->answer);
    return rc;
}

int zoectl_jobs(int argc, char **argv) {
    struct zoectl_call call = {.arena = arena_new()};
    int rc = -1;
    if (!call.arena)
        return EX_OSERR;
    if (argc >= 2 && argc <= 3 && !strcmp(argv[1], "list"))
        rc = list(argc == 3 ? argv[2] : NULL, &call);
    else if (argc >= 3 && argc <= 4)
        rc = do_to_one(argv[1], argv[2], argc == 4 ? argv[3] : NULL, &call);
    arena_free(call.arena);
    return rc >= 0 ? rc
                   : zoectl_usage("jobs takes list [STATE]; show, pause, resume, cancel or retry and a number; or "
                                  "priority, a number and a level");
}
