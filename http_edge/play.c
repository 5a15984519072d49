#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_edge/members.h"
#include "http_edge/names.h"
#include "http_edge/natives.h"
#include "http_edge/play.h"
#include "http_edge/reply.h"
#include "http_edge/send.h"
#include "http_edge/shard.h"
#include "http_edge/text.h"
#include "http_edge/ticket.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"
#include "protocol/node/log.h"

/* Films: the address to play one, its playlists, its segments, its poster. */

enum { PATH_BYTES = 400 };

static const char for_ever[] = "private, max-age=31536000, immutable", ask_again[] = "private, no-cache";

/* --- names --- */

bool play_asset_name(const char *name) {
    size_t n = strspn(name, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");
    return n && n <= 64 && !name[n];
}

/* --- sending --- */

/* `file` below an asset's folder, as the store's layout names it. */
static void send_file(struct request *request, const char *asset, const char *file, const struct send_signed *sign,
                      void (*missing)(struct request *request)) {
    char name[PATH_BYTES];
    const char *type;
    enum name_kind kind = names_kind(file, &type);
    if (!play_asset_name(asset) || snprintf(name, sizeof name, "assets/%s/%s", asset, file) >= (int)sizeof name)
        kind = NAME_NONE;
    switch (kind) {
    case NAME_PLAYLIST:
        send_playlist(request, name, type, sign, missing);
        break;
    case NAME_MANIFEST:
        send_playlist(request, name, type, NULL, missing);
        break;
    case NAME_SEGMENT:
        send_mapped(request, name, type, for_ever, sign, missing);
        break;
    case NAME_EXTRA:
        send_mapped(request, name, type, ask_again, sign, missing);
        break;
    case NAME_NONE:
        missing(request);
        break;
    }
}

/* --- by token in the path --- */

static void no_file(struct request *request) {
    reply_refuse(request, NOT_FOUND, "no-file", "There is no such file.");
}

void play_file(struct request *request) {
    struct token token;
    const char *text = request->url + strlen("/play/"), *file = strchr(text, '/') + 1;
    switch (session_check_play(request->shard->sessions, TOKEN_PLAY, text, (size_t)(file - 1 - text), &token)) {
    case SESSION_WAIT:
        request_want_keys(request);
        return;
    case SESSION_BAD:
    case SESSION_EXPIRED:
    case SESSION_INACTIVE:
        reply_refuse(request, FORBIDDEN, "playback-refused", "This playback address is not valid, or not any more.");
        return;
    case SESSION_GOOD:
        break;
    }
    request->login.user = token.user;
    struct send_signed sign = {token.issued, token.expires - token.issued};
    send_file(request, token.asset, file, &sign, no_file);
}

static bool is_hidden(const struct request *request, const struct playable_reply *film) {
    return film->hidden && !(request->login.roles & ROLE_ADMIN);
}

/* --- the address --- */

static void write_address(struct request *request, const struct playable_reply *film, double position) {
    char text[TICKET_BYTES], when[32];
    int64_t expires = ticket_write(request, TOKEN_PLAY, film->id, film->asset, text, sizeof text);
    if (!expires) {
        reply_refuse(request, UNAVAILABLE, NULL, "Films cannot be played right now.");
        return;
    }
    struct buffer json = {0};
    time_to_text(expires * 1000, when);
    buffer_print(&json, "{\"playlist_url\":\"/play/%s/master.m3u8\",", text);
    if (film->fragments && !strcmp(film->state, "ready"))
        buffer_print(&json, "\"dash_url\":\"/play/%s/manifest.mpd\",", text);
    buffer_print(&json, "\"expires_at\":\"%s\",\"position\":%.3f}", when, position);
    reply_json(request, 200, &json);
}

bool play_elsewhere(const struct playable_reply *film) {
    return film->source && strcmp(film->source, "hosted") != 0;
}

/* A film that is not ours is played from where it is. */
static void write_elsewhere(struct request *request, const struct playable_reply *film, double position) {
    struct buffer json = {0};
    bool youtube = !strcmp(film->source, "youtube");
    const char *place = youtube ? film->youtube_id : film->source_url;
    if (!place) {
        reply_refuse(request, CONFLICT, "not-ready", "This title has no film that can be played yet.");
        return;
    }
    buffer_print(&json, "{\"source\":\"%s\",\"url\":", film->source);
    text_to_json(youtube ? arena_print(request->arena, "https://www.youtube-nocookie.com/embed/%s", place) : place,
                 &json);
    buffer_print(&json, ",\"position\":%.3f}", position);
    reply_json(request, 200, &json);
}

static void allowed(struct request *request) {
    const struct answer *resume = &request->answers[1];
    /* A film is better watched from its start than not at all. */
    if (resume->status != OK)
        log_warn(request->trace, "resume_unknown", "status=%s", status_row(resume->status)->name);
    const struct resume_reply *where = resume->status == OK ? resume->value : NULL;
    const struct playable_reply *film = request->answers[0].value;
    if (play_elsewhere(film))
        write_elsewhere(request, film, where ? where->position : 0);
    else
        write_address(request, film, where ? where->position : 0);
}

static void joined(struct request *request) {
    const struct answer *film = &request->answers[0];
    const struct playable_reply *playable = film->value;
    if (film->status != OK) {
        reply_problem(request, film);
        return;
    }
    if (is_hidden(request, playable)) {
        reply_refuse(request, NOT_FOUND, NULL, NULL);
        return;
    }
    if (!play_elsewhere(playable) && !strcmp(playable->state, "error") && !playable->playable) {
        reply_refuse(request, CONFLICT, "processing-failed", "This title's film could not be made playable.");
        return;
    }
    if (play_elsewhere(playable)) {
        member_check(request, playable->plan_id, false, allowed);
        return;
    }
    if (!playable->playable || !playable->asset || !play_asset_name(playable->asset)) {
        reply_refuse(request, CONFLICT, "not-ready", "This title has no film that can be played yet.");
        return;
    }
    member_check(request, playable->plan_id, false, allowed);
}

void play_open(struct request *request) {
    int64_t id = request_number(request, "id");
    struct by_id film = {.id = id, .has_id = true};
    struct title_ref title = {.title_id = id, .has_title_id = true};
    request_ask(request, 0, MSG_content_playable, &film, joined);
    request_ask(request, 1, MSG_history_resume, &title, joined);
}

/* --- by title --- */

/* Where a title's film lies is asked at most once a second. */
static void film_known(struct request *request, void (*step)(struct request *)) {
    struct by_id ask = {.id = request_number(request, "id"), .has_id = true};
    char tag[64];
    int n = snprintf(tag, sizeof tag, "title:%lld", (long long)ask.id);
    cache_stamp_add(&request->stamp, cache_tag(tag, (size_t)n));
    const struct playable_reply *film = films_find(request->shard->films, ask.id);
    if (film) {
        request->answers[0] = (struct answer){.status = OK, .value = (void *)film};
        step(request);
    } else
        request_ask(request, 0, MSG_content_playable, &ask, step);
}

static const struct playable_reply *film_of(struct request *request) {
    const struct answer *answer = &request->answers[0];
    if (answer->status == OK) {
        films_keep(request->shard->films, answer->value, &request->stamp);
        if (!is_hidden(request, answer->value))
            return answer->value;
        reply_refuse(request, NOT_FOUND, "title-missing", "There is no such title.");
        return NULL;
    }
    if (answer->status == NOT_FOUND)
        reply_refuse(request, NOT_FOUND, "title-missing", "There is no such title.");
    else
        reply_problem(request, answer);
    return NULL;
}

/* Without a token in the path a viewer's addresses change with the hour. */
static struct send_signed sign_by_hour(void) {
    int64_t hour = 3600, now = clock_wall_ms() / 1000;
    return (struct send_signed){now - now % hour, config()->playback_seconds + hour};
}

static void no_rung(struct request *request) {
    if (*request_param(request, "segment"))
        reply_refuse(request, NOT_FOUND, "segment-missing", "There is no such segment.");
    else
        reply_refuse(request, NOT_FOUND, "playlist-missing", "There is no such playlist.");
}

static void send_rung(struct request *request) {
    char file[64];
    const char *segment = request_param(request, "segment");
    snprintf(file, sizeof file, "%.7s/%s", request->rung, *segment ? segment : "index.m3u8");
    struct send_signed sign = sign_by_hour();
    send_file(request, request->asset ? request->asset : "", file, &sign, no_rung);
}

/* A rung of fragments has no sound of its own, and its segments need other names than these routes have: who asks for
 * its playlist gets one that brings both together. */
static void send_single(struct request *request) {
    char token[TICKET_BYTES];
    const char *asset = request->asset, *place = NULL;
    if (!asset || !play_asset_name(asset)) {
        no_rung(request);
        return;
    }
    if (ticket_write(request, TOKEN_PLAY, request_number(request, "id"), asset, token, sizeof token))
        place = arena_print(request->arena, "%s/play/%s/%s/single.m3u8", request_base(request), token, request->rung);
    if (!place) {
        reply_refuse(request, UNAVAILABLE, NULL, "Films cannot be played right now.");
        return;
    }
    reply_empty(request, 302);
    reply_header(request, "Location", place);
    reply_header(request, "Cache-Control", "no-store");
}

/* A film is never made larger than it came, but a client asks for the heights that its API knows: it gets the nearest
 * one below that is there, or the lowest. */
static int64_t nearest_rung(const struct playable_reply *film, int64_t wanted) {
    int64_t below = 0, lowest = 0;
    for (size_t i = 0; i < film->rungs.n; i++) {
        int64_t one = LIST_AT(film->rungs, int64_t, i);
        below = one <= wanted && one > below ? one : below;
        lowest = !lowest || one < lowest ? one : lowest;
    }
    bool settled = !strcmp(film->state, "ready"); /* more of them may come before */
    return !settled ? wanted : below ? below : lowest ? lowest : wanted;
}

static void rung_known(struct request *request) {
    const struct playable_reply *film = film_of(request);
    if (!film)
        return;
    bool single = film->fragments && !*request_param(request, "segment");
    request->asset = film->asset ? arena_text(request->arena, film->asset) : NULL;
    request->rung = arena_print(request->arena, "%lldp",
                                (long long)nearest_rung(film, strtoll(request_param(request, "rung"), NULL, 10)));
    if (!request->rung) {
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
        return;
    }
    member_check(request, film->plan_id, true, single ? send_single : send_rung);
}

void play_rung(struct request *request) {
    const char *rung = request_param(request, "rung"), *segment = request_param(request, "segment");
    bool known = text_lists(request->route->row->rungs, rung);
    bool playlist = !strcmp(request->route->row->path + strlen(request->route->row->path) - 5, ".m3u8");
    if (playlist && !known)
        reply_refuse(request, NOT_FOUND, "rung-unknown", "There is no such resolution.");
    else if (!playlist && (!known || !names_is_segment(segment)))
        reply_refuse(request, NOT_FOUND, "segment-name", "That is no segment.");
    else
        film_known(request, rung_known);
}

static void no_poster(struct request *request) {
    reply_refuse(request, NOT_FOUND, "no-poster", "This title has no poster yet.");
}

static void poster_known(struct request *request) {
    const struct playable_reply *film = film_of(request);
    char name[96];
    if (film && film->picture) {
        snprintf(name, sizeof name, "pictures/%.2s/%.32s/1080.jpg", film->picture, film->picture);
        send_mapped(request, name, "image/jpeg", ask_again, NULL, no_poster);
    } else if (film)
        send_file(request, film->asset ? film->asset : "", "poster.jpg", NULL, no_poster);
}

void play_poster(struct request *request) {
    film_known(request, poster_known);
}
