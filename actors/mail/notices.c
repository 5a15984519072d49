#include <string.h>

#include "actors/mail/mail.h"
#include "protocol/node/clock.h"

enum { TEXT_MOST = 1000, KINDS_MOST = 64 };

enum status caller_needed(struct call *call) {
    return call->header.user > 0 ? OK
                                 : call_refuse(call, UNAUTHENTICATED, "unauthenticated", "A valid login is needed.");
}

/* No more bytes than the table takes, and no half letter at the end. */
static size_t cut(const char *text, size_t n) {
    if (n <= TEXT_MOST)
        return n;
    n = TEXT_MOST;
    while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    return n;
}

const char *notice_text(const struct wording *wording, const struct letter *letter, struct arena *arena) {
    struct buffer text = {0};
    struct post post = {.account_id = letter->account_id,
                        .created_ms = clock_wall_ms(),
                        .kind = letter->kind,
                        .address = letter->to,
                        .name = letter->name ? letter->name : "",
                        .dialect = letter->dialect,
                        .detail = letter->detail ? letter->detail : ""};
    if (wording->link)
        return NULL;
    bool filled = !places_fill(wording->notice ? wording->notice : "{detail}", &post, false, &text) && !text.failed;
    const char *at = text.at ? text.at : "";
    const char *copy = filled ? arena_copy(arena, at, cut(at, text.n)) : NULL;
    buffer_free(&text);
    return copy;
}

const char *const *notice_ways(const struct wording *wording) {
    static const char *const any[] = {"both", "mail", "in-app", "none", NULL},
                             *const security[] = {"both", "mail", NULL}, *const link[] = {"mail", NULL};
    return wording->link ? link : wording->security ? security : any;
}

static size_t count_ways(const char *const *ways) {
    size_t n = 0;
    while (ways[n])
        n++;
    return n;
}

/* A way that was chosen when it was still allowed does not count. */
static const char *way_of(const struct rows *rows, const struct wording *wording) {
    const char *const *ways = notice_ways(wording);
    for (size_t row = 0; row < rows_count(rows); row++)
        for (size_t i = 0; !strcmp(rows_text(rows, row, "kind"), wording->kind) && ways[i]; i++)
            if (!strcmp(rows_text(rows, row, "way"), ways[i]))
                return ways[i];
    return ways[0];
}

struct list notice_preferences(struct call *call) {
    struct list list = {0};
    struct preference *items = arena_alloc(call->arena, KINDS_MOST * sizeof *items);
    struct rows *rows = call_run(call, Q_preferences_of, ARGS(ARG_INT("user", call->header.user)));
    if (rows && !items)
        call->status = INTERNAL;
    if (rows && items) {
        const struct wording *wording;
        for (; list.n < KINDS_MOST && (wording = wording_at(list.n)); list.n++) {
            const char *const *ways = notice_ways(wording);
            items[list.n] = (struct preference){
                .kind = wording->kind, .way = way_of(rows, wording), .ways = {(void *)ways, count_ways(ways)}};
        }
        list.at = items;
    }
    rows_free(rows);
    return list;
}

void notice_event(struct call *call, int64_t account_id) {
    call_event(call, &(struct bus_event){.topic = "notice", .id = account_id, .has_id = true});
}
