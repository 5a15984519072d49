#include <stdlib.h>
#include <string.h>

#include "db/store/store.h"
#include "http_edge/body.h"
#include "http_edge/members.h"
#include "http_edge/natives.h"
#include "http_edge/play.h"
#include "http_edge/reply.h"
#include "http_edge/send.h"
#include "http_edge/shard.h"
#include "http_edge/text.h"
#include "http_edge/ticket.h"
#include "protocol/node/clock.h"

/* Playing by a token for a title: one that needs a login beside it, and one in an address that stands in a list and
 * finds its film when it is opened. */

enum { FILE_SECONDS = 3600 /* as videoflix_s3 documents it */ };

/* Where a film can be seen now: an address elsewhere, or a path of ours. NULL: nowhere yet. */
static const char *address_of(struct request *request, const struct playable_reply *film) {
    char token[TICKET_BYTES];
    if (film->source && !strcmp(film->source, "youtube"))
        return film->youtube_id
                   ? arena_print(request->arena, "https://www.youtube-nocookie.com/embed/%s", film->youtube_id)
                   : NULL;
    if (play_elsewhere(film))
        return film->source_url;
    if (!film->playable || !film->asset || !play_asset_name(film->asset) ||
        !ticket_write(request, TOKEN_PLAY, film->id, film->asset, token, sizeof token))
        return NULL;
    return arena_print(request->arena, "%s/play/%s/master.m3u8", request_base(request), token);
}

/* --- with a login and a token of @watch$ --- */

static void refuse_video(struct request *request) {
    reply_refuse(request, FORBIDDEN, "video-unavailable", "This title cannot be played.");
}

static void video_allowed(struct request *request) {
    const struct playable_reply *film = request->answers[0].value;
    const struct title *title = request->answers[1].value;
    struct stream_offer offer = {.id = title->id,
                                 .has_id = true,
                                 .title = title->title,
                                 .source = film->source ? film->source : "hosted",
                                 .youtube_id = film->youtube_id,
                                 .url = address_of(request, film)};
    if (offer.url)
        reply_record(request, &offer);
    else
        refuse_video(request);
}

static void video_known(struct request *request) {
    const struct answer *film = &request->answers[0], *title = &request->answers[1];
    const struct playable_reply *playable = film->value;
    if (film->status == NOT_FOUND)
        reply_refuse(request, NOT_FOUND, "title-missing", "There is no such title.");
    else if (film->status != OK)
        reply_problem(request, film);
    else if (playable->hidden || title->status == NOT_FOUND)
        refuse_video(request);
    else if (title->status != OK)
        reply_problem(request, title);
    else
        member_check(request, playable->plan_id, false, video_allowed);
}

/* A token is its owner's: it goes with the login that it was made for. */
void video_stream(struct request *request) {
    const char *text = request_query(request, "token");
    struct token token;
    if (!text || !*text) {
        reply_refuse(request, INVALID, "playback-missing", "The title's token is needed.");
        return;
    }
    switch (session_check_play(request->shard->sessions, TOKEN_WATCH, text, strlen(text), &token)) {
    case SESSION_WAIT:
        request_want_keys(request);
        return;
    case SESSION_BAD:
    case SESSION_EXPIRED:
    case SESSION_INACTIVE:
        token.user = 0;
        break;
    case SESSION_GOOD:
        break;
    }
    if (token.user != request->login.user) {
        reply_refuse(request, UNAUTHENTICATED, "playback-refused", NULL);
        return;
    }
    const struct title_one *title = body_take(request);
    if (!title)
        return;
    if (title->id != token.title) {
        reply_refuse(request, FORBIDDEN, "title-other", "The token is for another title.");
        return;
    }
    struct by_id film = {.id = token.title, .has_id = true};
    request_ask(request, 0, MSG_content_playable, &film, video_known);
    request_ask(request, 1, MSG_content_show, title, video_known);
}

/* --- as one file --- */

/* The rung that is wanted, the highest one without a wish; NULL when it is not there as a file. */
static const struct rendition *file_of(const struct title *title, const char *quality) {
    const struct rendition *best = NULL;
    for (size_t i = 0; i < title->renditions.n; i++) {
        const struct rendition *one = &LIST_AT(title->renditions, struct rendition, i);
        bool wanted = quality && *quality ? !strcmp(one->name, quality) : !best || one->height > best->height;
        if (one->file && wanted)
            best = one;
    }
    return best;
}

/* Where the file is for an hour: at the bucket itself when clients are sent there. NULL: nowhere. */
static const char *address_of_file(struct request *request, const struct playable_reply *film, const char *rung) {
    char token[TICKET_BYTES];
    struct buffer url = {0};
    const char *place = NULL, *name = NULL;
    if (!film->asset || !play_asset_name(film->asset))
        return NULL;
    if (send_presigns()) {
        name = arena_print(request->arena, "assets/%s/%s/film.mp4", film->asset, rung);
        if (name && !place_sign(store_place(), name, clock_wall_ms() / 1000, FILE_SECONDS, &url) && buffer_string(&url))
            place = arena_text(request->arena, url.at);
        buffer_free(&url);
    } else if (ticket_write(request, TOKEN_PLAY, film->id, film->asset, token, sizeof token))
        place = arena_print(request->arena, "%s/play/%s/%s/film.mp4", request_base(request), token, rung);
    return place;
}

static void url_allowed(struct request *request) {
    const struct playable_reply *film = request->answers[0].value;
    const char *quality = request_query(request, "quality"), *place = NULL;
    bool here = !play_elsewhere(film); /* a page of another site is no file */
    const struct rendition *file = here ? file_of(request->answers[1].value, quality) : NULL;
    if (file)
        place = address_of_file(request, film, file->name);
    if (place)
        reply_record(request, &(struct film_address){.url = place});
    else if (here && !file && file_of(request->answers[1].value, NULL))
        reply_refuse(request, NOT_FOUND, "quality-missing", "The film is not there in this height.");
    else
        reply_refuse(request, NOT_FOUND, "file-missing", "There is no film of this title yet.");
}

static void url_known(struct request *request) {
    const struct answer *film = &request->answers[0], *title = &request->answers[1];
    const struct playable_reply *playable = film->value;
    if (film->status == NOT_FOUND || title->status == NOT_FOUND)
        reply_refuse(request, NOT_FOUND, "title-missing", "There is no such title.");
    else if (film->status != OK || title->status != OK)
        reply_problem(request, film->status != OK ? film : title);
    else
        member_check(request, playable->plan_id, false, url_allowed);
}

void film_url(struct request *request) {
    struct by_id film = {.id = request_number(request, "id"), .has_id = true};
    struct title_one title = {.id = film.id, .has_id = true};
    request_ask(request, 0, MSG_content_playable, &film, url_known);
    request_ask(request, 1, MSG_content_show, &title, url_known);
}

/* --- by token in the path --- */

static void stream_allowed(struct request *request) {
    const char *place = address_of(request, request->answers[0].value);
    if (!place) {
        reply_refuse(request, CONFLICT, "not-ready", "This title has no film that can be played yet.");
        return;
    }
    reply_empty(request, 302);
    reply_header(request, "Location", place);
    reply_header(request, "Cache-Control", "no-store");
}

static void stream_known(struct request *request) {
    const struct playable_reply *film = request->answers[0].value;
    struct refusal stranger = {.status = FORBIDDEN,
                               .http = 402,
                               .code = "plan-required",
                               .detail = "This title needs a plan; log in to see it."};
    if (request->answers[0].status != OK)
        reply_problem(request, &request->answers[0]);
    else if (film->hidden)
        reply_refuse(request, NOT_FOUND, NULL, NULL);
    else if (film->plan_id && !request->login.user)
        reply_refusal(request, &stranger);
    else
        member_check(request, film->plan_id, false, stream_allowed);
}

void stream_open(struct request *request) {
    const char *text = request_param(request, "token");
    struct token token;
    enum session_answer answer = session_check_play(request->shard->sessions, TOKEN_STREAM, text, strlen(text), &token);
    if (answer == SESSION_WAIT)
        request_want_keys(request);
    else if (answer != SESSION_GOOD)
        reply_refuse(request, FORBIDDEN, "playback-refused", "This playback address is not valid, or not any more.");
    else {
        struct by_id film = {.id = token.title, .has_id = true};
        request->login.user = token.user;
        request->login.id = token.session;
        request_ask(request, 0, MSG_content_playable, &film, stream_known);
    }
}
