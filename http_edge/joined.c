#include "http_edge/joined.h"

#include <stdlib.h>
#include <string.h>

#include "http_edge/body.h"
#include "http_edge/natives.h"
#include "http_edge/reply.h"
#include "http_edge/text.h"

/* Answers that are put together of several asks, for shapes that want more than one service or message tells. */

enum { ALIKE = 4, HISTORY_ITEMS = 10, MARKS = 100 };

/* True, with a refusal made, when one of the first n asks was refused. */
static bool refused(struct request *request, unsigned n) {
    for (unsigned i = 0; i < n; i++)
        if (request->answers[i].status != OK) {
            reply_problem(request, &request->answers[i]);
            return true;
        }
    return false;
}

/* --- a title with its seasons, or with its people --- */

static void set_title(struct title_whole *whole, const struct title *title) {
    whole->title = title;
    whole->film = title->id;
    whole->has_film = strcmp(title->kind, "series") != 0;
}

static void seasons_known(struct request *request) {
    struct title_whole whole = {0};
    if (refused(request, 2))
        return;
    set_title(&whole, request->answers[0].value);
    whole.seasons = ((const struct season_list *)request->answers[1].value)->items;
    reply_record(request, &whole);
}

void title_seasons(struct request *request) {
    struct title_one title = {.id = request_number(request, "id"), .has_id = true};
    struct seasons_ask seasons = {.id = title.id, .has_id = true};
    request_ask(request, 0, MSG_content_show, &title, seasons_known);
    request_ask(request, 1, MSG_content_seasons, &seasons, seasons_known);
}

/* False when memory is out. */
static bool take_credits(struct request *request, const struct list *credits, struct title_whole *whole) {
    struct cast_member *cast = arena_alloc(request->arena, credits->n * sizeof *cast + 1);
    whole->cast.at = cast;
    for (size_t i = 0; cast && i < credits->n; i++) {
        const struct credit *one = &LIST_AT(*credits, struct credit, i);
        if (!strcmp(one->kind, "cast")) {
            cast[whole->cast.n] = (struct cast_member){.id = one->person_id,
                                                       .has_id = true,
                                                       .name = one->name,
                                                       .role = one->role,
                                                       .place = (int64_t)whole->cast.n,
                                                       .has_place = true};
            whole->cast.n++;
        } else if (one->job && !strcmp(one->job, "Director") && one->name)
            whole->director =
                whole->director ? arena_print(request->arena, "%s, %s", whole->director, one->name) : one->name;
    }
    return cast;
}

static void people_known(struct request *request) {
    struct title_whole whole = {0};
    if (refused(request, 3))
        return;
    set_title(&whole, request->answers[0].value);
    whole.similar = ((const struct similar_page *)request->answers[2].value)->items;
    if (take_credits(request, &((const struct credit_list *)request->answers[1].value)->items, &whole))
        reply_record(request, &whole);
    else
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
}

void title_people(struct request *request) {
    struct title_one title = {.id = request_number(request, "id"), .has_id = true};
    struct similar_ask similar = {.id = title.id, .has_id = true, .limit = ALIKE, .has_limit = true};
    request_ask(request, 0, MSG_content_show, &title, people_known);
    request_ask(request, 1, MSG_content_credits, &title, people_known);
    request_ask(request, 2, MSG_content_similar, &similar, people_known);
}

/* --- recommendations --- */

const struct title *joined_title(const struct list *titles, int64_t id) {
    for (size_t i = 0; i < titles->n; i++)
        if (LIST_AT(*titles, struct title, i).id == id)
            return &LIST_AT(*titles, struct title, i);
    return NULL;
}

/* In history's order, and with what content tells of them now. Scores are made comparable with the first. */
static void recommended_known(struct request *request) {
    struct similar_page page = {0};
    if (refused(request, 2))
        return;
    const struct list *picks = &((const struct recommend_page *)request->answers[0].value)->items;
    const struct list *titles = &((const struct title_page *)request->answers[1].value)->items;
    struct similar_title *items = arena_alloc(request->arena, picks->n * sizeof *items + 1);
    double best = picks->n ? LIST_AT(*picks, struct recommended, 0).score : 0;
    for (size_t i = 0; items && i < picks->n; i++) {
        const struct recommended *pick = &LIST_AT(*picks, struct recommended, i);
        const struct title *title = joined_title(titles, pick->title_id);
        if (title)
            items[page.items.n++] = (struct similar_title){
                .title = title, .score = best > 0 ? pick->score / best : 0, .has_score = true, .reason = pick->reason};
    }
    page.items.at = items;
    if (items)
        reply_record(request, &page);
    else
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
}

static void picks_known(struct request *request) {
    if (refused(request, 1))
        return;
    const struct list *picks = &((const struct recommend_page *)request->answers[0].value)->items;
    int64_t *ids = arena_alloc(request->arena, picks->n * sizeof *ids + 1);
    if (!ids) {
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
        return;
    }
    for (size_t i = 0; i < picks->n; i++)
        ids[i] = LIST_AT(*picks, struct recommended, i).title_id;
    struct titles_pick ask = {.ids = {ids, picks->n}};
    request_ask(request, 1, MSG_content_pick, &ask, recommended_known);
}

void titles_recommended(struct request *request) {
    const struct recommend_ask *ask = body_take(request);
    if (ask)
        request_ask(request, 0, MSG_history_recommend, ask, picks_known);
}

/* --- an account --- */

static void profile_known(struct request *request) {
    const struct answer *answers = request->answers;
    if (refused(request, 4))
        return;
    if (answers[4].status != OK && answers[4].status != NOT_FOUND) {
        reply_problem(request, &answers[4]);
        return;
    }
    struct profile_whole whole = {.account = ((const struct account_reply *)answers[0].value)->account,
                                  .history = ((const struct history_page *)answers[1].value)->items,
                                  .watchlist = ((const struct marks_page *)answers[2].value)->items,
                                  .favorites = ((const struct marks_page *)answers[3].value)->items,
                                  .subscription = answers[4].status == OK ? answers[4].value : NULL};
    reply_record(request, &whole);
}

void profile_show(struct request *request) {
    struct nothing nothing = {0};
    struct page_ask history = {.limit = HISTORY_ITEMS, .has_limit = true};
    struct marks_ask watchlist = {.list = "watchlist", .limit = MARKS, .has_limit = true};
    struct marks_ask favorites = {.list = "favorites", .limit = MARKS, .has_limit = true};
    request_ask(request, 0, MSG_auth_me, &nothing, profile_known);
    request_ask(request, 1, MSG_history_list, &history, profile_known);
    request_ask(request, 2, MSG_history_marks, &watchlist, profile_known);
    request_ask(request, 3, MSG_history_marks, &favorites, profile_known);
    request_ask(request, 4, MSG_auth_subscription, &nothing, profile_known);
}

/* A login is good without its favourites. */
static void marked_known(struct request *request) {
    const struct answer *marked = &request->answers[1];
    struct session_whole whole = {.session = request->answers[0].value};
    if (marked->status == OK)
        whole.favorites = ((const struct marked_reply *)marked->value)->ids;
    reply_record(request, &whole);
}

static void login_known(struct request *request) {
    const struct answer *answer = &request->answers[0];
    if (answer->status != OK) {
        reply_problem(request, answer);
        return;
    }
    struct marked_ask ask = {.list = "favorites"};
    request->login.user = ((const struct session *)answer->value)->account->id;
    request_ask(request, 1, MSG_history_marked, &ask, marked_known);
}

void login_marked(struct request *request) {
    const void *ask = body_take(request);
    if (ask)
        request_ask(request, 0, MSG_auth_login, ask, login_known);
}
