#include <stdlib.h>
#include <string.h>

#include "http_edge/members.h"
#include "http_edge/natives.h"
#include "http_edge/play.h"
#include "http_edge/reply.h"
#include "http_edge/shard.h"
#include "http_edge/text.h"

/* Playing by a token for a title: videoapp's, which needs a login beside it, and addresses that stand in a list and
 * find their film when they are opened. */

void watch_token(void *self, bool stream, int64_t title, struct buffer *to) {
    char text[PLAY_TOKEN_BYTES];
    if (play_token(self, stream ? TOKEN_STREAM : TOKEN_WATCH, title, NULL, text, sizeof text))
        buffer_text(to, text);
}

/* Where a film can be seen now: an address elsewhere, or a path of ours. NULL: nowhere yet. */
static const char *address_of(struct request *request, const struct playable_reply *film, const char *youtube_query) {
    char token[PLAY_TOKEN_BYTES];
    if (play_elsewhere(film) && !strcmp(film->source, "youtube"))
        return film->youtube_id ? arena_print(request->arena, "https://www.youtube-nocookie.com/embed/%s%s",
                                              film->youtube_id, youtube_query)
                                : NULL;
    if (play_elsewhere(film))
        return film->source_url;
    if (!film->playable || !film->asset || !play_asset_name(film->asset) ||
        !play_token(request, TOKEN_PLAY, film->id, film->asset, token, sizeof token))
        return NULL;
    return arena_print(request->arena, "%s/play/%s/master.m3u8", request_base(request), token);
}

/* --- videoapp --- */

static void refuse_video(struct request *request) {
    reply_refuse(request, FORBIDDEN, "video-unavailable", "Video is not available");
}

static void video_allowed(struct request *request) {
    const struct playable_reply *film = request->answers[0].value;
    const struct title *title = request->answers[1].value;
    const char *place = address_of(request, film, "?autoplay=0&controls=1&playsinline=1&enablejsapi=1");
    struct buffer json = {0};
    if (!place) {
        refuse_video(request);
        return;
    }
    buffer_text(&json, "{\"stream_url\":");
    text_to_json(place, &json);
    buffer_print(&json, ",\"video_id\":\"%024llx\",\"title\":", (long long)title->id);
    text_to_json(title->title, &json);
    buffer_text(&json, "}");
    reply_json(request, 200, &json);
}

static void video_known(struct request *request) {
    const struct answer *film = &request->answers[0], *title = &request->answers[1];
    const struct playable_reply *playable = film->value;
    if (film->status == NOT_FOUND)
        reply_refuse(request, NOT_FOUND, "video-missing", "Video not found");
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
    const char *text = request_query(request, "token"), *id = request_param(request, "id");
    struct token token;
    if (!text || !*text) {
        reply_refuse(request, INVALID, "playback-missing", "Playback token is required");
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
    if (strcmp(id, arena_print(request->arena, "%024llx", (long long)token.title)) != 0) {
        reply_refuse(request, FORBIDDEN, "video-other", "Video ID mismatch");
        return;
    }
    struct by_id film = {.id = token.title, .has_id = true};
    struct title_one title = {.id = token.title, .has_id = true};
    request_ask(request, 0, MSG_content_playable, &film, video_known);
    request_ask(request, 1, MSG_content_show, &title, video_known);
}

/* --- videoflix_s3 --- */

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

static void url_allowed(struct request *request) {
    const struct playable_reply *film = request->answers[0].value;
    const char *quality = request_query(request, "quality"), *place = NULL;
    const struct rendition *file = file_of(request->answers[1].value, quality);
    char token[PLAY_TOKEN_BYTES];
    if (play_elsewhere(film))
        place = address_of(request, film, "");
    else if (file && film->asset && play_asset_name(film->asset) &&
             play_token(request, TOKEN_PLAY, film->id, film->asset, token, sizeof token))
        place = arena_print(request->arena, "%s/play/%s/%s/film.mp4", request_base(request), token, file->name);
    if (!place && !file && file_of(request->answers[1].value, NULL))
        reply_refuse(request, NOT_FOUND, "quality-missing", "Requested quality not available");
    else if (!place)
        reply_refuse(request, NOT_FOUND, "file-missing", "Video file missing");
    else {
        struct buffer json = {0};
        buffer_text(&json, "{\"url\":");
        text_to_json(place, &json);
        buffer_text(&json, "}");
        reply_json(request, 200, &json);
    }
}

static void url_known(struct request *request) {
    const struct answer *film = &request->answers[0], *title = &request->answers[1];
    const struct playable_reply *playable = film->value;
    if (film->status == NOT_FOUND || title->status == NOT_FOUND)
        reply_refuse(request, NOT_FOUND, "video-missing", "Video not found");
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
    const char *place = address_of(request, request->answers[0].value, "");
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
