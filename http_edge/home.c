#include <string.h>

#include "http_edge/body.h"
#include "http_edge/handle.h"
#include "http_edge/joined.h"
#include "http_edge/natives.h"
#include "http_edge/reply.h"

/* The front page. A login has rows of its own before those of everybody: what to go on with, and what is like the
 * titles that were watched last. The page is good without them: what history cannot tell at the moment is left out. */

enum { USUAL_LIMIT = 12, CAUSES = 2, LOOKED_AT = 20, ROWS_MOST = 30 };
enum { SLOT_COMMON, SLOT_GOING, SLOT_CAUSES };

struct cause {
    int64_t id;
    const char *name;
    struct list picks, titles; /* of history: recommended; of content: title */
};

struct home {
    int64_t limit;
    struct list common, going, going_titles;
    struct cause causes[CAUSES];
    size_t causes_n;
};

/* The list that an answer begins with; empty when it was refused. */
static struct list items_of(const struct request *request, unsigned slot, size_t offset) {
    const struct answer *answer = &request->answers[slot];
    return answer->status == OK ? *(const struct list *)((const char *)answer->value + offset) : (struct list){0};
}

/* Whether an own row has the title already. */
static bool told(const struct home_page *page, int64_t id) {
    for (size_t i = 0; i < page->rows.n; i++) {
        const struct home_row *row = &LIST_AT(page->rows, struct home_row, i);
        if (row->has_because_id && joined_title(&row->items, id))
            return true;
    }
    return false;
}

/* What is begun, as content shows it now. */
static struct list going_row(const struct home *home, struct arena *arena) {
    struct list row = {arena_alloc(arena, home->going.n * sizeof(struct title) + 1), 0};
    for (size_t i = 0; row.at && i < home->going.n; i++) {
        const struct history_item *item = &LIST_AT(home->going, struct history_item, i);
        const struct title *title = joined_title(&home->going_titles, item->title_id);
        if (!title)
            continue;
        struct title *to = &LIST_AT(row, struct title, row.n++);
        *to = *title;
        to->position = item->position;
        to->has_position = true;
        to->series = item->series;
    }
    return row;
}

/* What a watched title speaks for, each title in one row only. */
static struct list cause_row(const struct cause *cause, const struct home_page *page, struct arena *arena) {
    struct list row = {arena_alloc(arena, cause->picks.n * sizeof(struct title) + 1), 0};
    for (size_t i = 0; row.at && i < cause->picks.n; i++) {
        const struct recommended *pick = &LIST_AT(cause->picks, struct recommended, i);
        const struct title *title = joined_title(&cause->titles, pick->title_id);
        if (!title || !pick->has_because_id || told(page, title->id))
            continue;
        struct title *to = &LIST_AT(row, struct title, row.n++);
        *to = *title;
        to->reason = pick->reason;
    }
    return row;
}

static void add_row(struct home_page *page, struct home_row row) {
    if (row.items.n && page->rows.n < ROWS_MOST)
        LIST_AT(page->rows, struct home_row, page->rows.n++) = row;
}

static void titles_known(struct request *request) {
    struct home *home = request->state;
    struct home_page page = {.rows = {arena_alloc(request->arena, ROWS_MOST * sizeof(struct home_row)), 0}};
    home->going_titles = items_of(request, SLOT_GOING, offsetof(struct title_page, items));
    for (size_t i = 0; i < home->causes_n; i++)
        home->causes[i].titles = items_of(request, SLOT_CAUSES + (unsigned)i, offsetof(struct title_page, items));
    if (!page.rows.at) {
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
        return;
    }
    add_row(&page, (struct home_row){.name = "continue", .items = going_row(home, request->arena)});
    for (size_t i = 0; i < home->causes_n; i++)
        add_row(&page, (struct home_row){.name = "because",
                                         .label = home->causes[i].name,
                                         .because_id = home->causes[i].id,
                                         .has_because_id = true,
                                         .items = cause_row(&home->causes[i], &page, request->arena)});
    for (size_t i = 0; i < home->common.n; i++)
        add_row(&page, LIST_AT(home->common, struct home_row, i));
    reply_record(request, &page);
}

/* Asks content for the titles whose numbers stand at `offset` of each record. */
static void ask_titles(struct request *request, unsigned slot, const struct list *of, size_t bytes, size_t offset) {
    struct titles_pick ask = {.ids = {arena_alloc(request->arena, of->n * sizeof(int64_t) + 1), 0}};
    for (; ask.ids.at && ask.ids.n < of->n; ask.ids.n++)
        LIST_AT(ask.ids, int64_t, ask.ids.n) = *(const int64_t *)((const char *)of->at + ask.ids.n * bytes + offset);
    request_ask(request, slot, MSG_content_pick, &ask, titles_known);
}

static void picks_known(struct request *request) {
    struct home *home = request->state;
    for (size_t i = 0; i < home->causes_n; i++) {
        struct cause *cause = &home->causes[i];
        cause->picks = items_of(request, SLOT_CAUSES + (unsigned)i, offsetof(struct recommend_page, items));
        ask_titles(request, SLOT_CAUSES + (unsigned)i, &cause->picks, sizeof(struct recommended),
                   offsetof(struct recommended, title_id));
    }
    ask_titles(request, SLOT_GOING, &home->going, sizeof(struct history_item), offsetof(struct history_item, title_id));
}

/* The titles that were watched last; of an episode its series. */
static void find_causes(struct home *home, const struct list *watched) {
    for (size_t i = 0; i < watched->n && home->causes_n < CAUSES; i++) {
        const struct history_item *item = &LIST_AT(*watched, struct history_item, i);
        struct cause cause = {item->has_series_id ? item->series_id : item->title_id,
                              item->has_series_id ? item->series : item->title,
                              {0},
                              {0}};
        bool twice = false;
        for (size_t k = 0; k < home->causes_n; k++)
            twice |= home->causes[k].id == cause.id;
        if (!twice && cause.name)
            home->causes[home->causes_n++] = cause;
    }
}

static void rows_known(struct request *request) {
    struct home *home = request->state;
    if (request->answers[SLOT_COMMON].status != OK) {
        reply_problem(request, &request->answers[SLOT_COMMON]);
        return;
    }
    struct list watched = items_of(request, SLOT_CAUSES, offsetof(struct history_page, items));
    home->common = items_of(request, SLOT_COMMON, offsetof(struct home_page, rows));
    home->going = items_of(request, SLOT_GOING, offsetof(struct history_row, items));
    find_causes(home, &watched);
    for (size_t i = 0; i < home->causes_n; i++) {
        struct recommend_ask ask = {
            .title_id = home->causes[i].id, .has_title_id = true, .limit = home->limit, .has_limit = true};
        request_ask(request, SLOT_CAUSES + (unsigned)i, MSG_history_recommend, &ask, picks_known);
    }
    if (!home->causes_n)
        picks_known(request);
}

void home_show(struct request *request) {
    if (!request->login.user) {
        request_ask_message(request);
        return;
    }
    const struct home_ask *ask = body_take(request);
    struct home *home = ask ? arena_alloc(request->arena, sizeof *home) : NULL;
    if (!home) {
        if (!request->response)
            reply_refuse(request, UNAVAILABLE, NULL, NULL);
        return;
    }
    *home = (struct home){.limit = ask->has_limit ? ask->limit : USUAL_LIMIT};
    request->state = home;
    struct continue_ask going = {.limit = home->limit, .has_limit = true};
    struct page_ask watched = {.limit = LOOKED_AT, .has_limit = true};
    request_ask(request, SLOT_COMMON, MSG_content_home, ask, rows_known);
    request_ask(request, SLOT_GOING, MSG_history_continue, &going, rows_known);
    request_ask(request, SLOT_CAUSES, MSG_history_list, &watched, rows_known);
}
