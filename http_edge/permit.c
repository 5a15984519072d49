#include "http_edge/permit.h"

#include <string.h>

#include "http_edge/cors.h"
#include "http_edge/reply.h"
#include "http_edge/shard.h"
#include "protocol/node/config.h"

enum verdict { MAY, MAY_NOT, LATER };

static void refuse_token(struct request *request, bool sent) {
    struct refusal refusal = {.status = UNAUTHENTICATED, .challenge = sent ? "invalid_token" : NULL};
    if (sent)
        refusal.detail = "The access token is not valid, or not any more.";
    reply_refusal(request, &refusal);
}

static enum verdict judge_token(struct request *request, const char *token) {
    switch (session_check(request->shard->sessions, request->dialect->row->name, token, strlen(token), &request->login,
                          &request->keys_since)) {
    case SESSION_GOOD:
        return MAY;
    case SESSION_WAIT:
        return LATER;
    default:
        request->login = (struct login){0};
        return MAY_NOT;
    }
}

/* A bearer goes before a cookie: it was sent on purpose. */
static enum verdict find_login(struct request *request, bool *sent) {
    char cookie[TOKEN_BYTES_MAX + 1];
    *sent = request->dialect->bearer && request->in.authorization;
    if (*sent) {
        const char *token = session_bearer(request->in.authorization);
        return token ? judge_token(request, token) : MAY_NOT;
    }
    const char *name = request->dialect->cookie;
    const char *token = name ? headers_cookie(&request->in, name, cookie, sizeof cookie) : NULL;
    if (!token)
        return MAY_NOT;
    *sent = request->by_cookie = true;
    return judge_token(request, token);
}

static bool login_needed(const struct route *route) {
    return route->row->who >= USER || (route->row->who == READER && strcmp(config()->public_catalogue, "on") != 0);
}

static enum verdict authorise(struct request *request) {
    bool sent;
    if (!login_needed(request->route))
        return MAY;
    enum verdict verdict = find_login(request, &sent);
    if (verdict == MAY_NOT)
        refuse_token(request, sent);
    if (verdict == MAY && request->route->row->who == ADMIN && !(request->login.roles & ROLE_ADMIN)) {
        struct refusal refusal = {.status = FORBIDDEN, .challenge = "insufficient_scope"};
        reply_refusal(request, &refusal);
        return MAY_NOT;
    }
    return verdict;
}

/* Cookies come along whoever made the browser send the request. */
static enum verdict cross_site(struct request *request) {
    if (request_is_read(request) || !request->dialect->cookie || request->in.authorization || cors_same_site(request))
        return MAY;
    reply_refuse(request, FORBIDDEN, "cross-site", "This request comes from a page that may not send it.");
    return MAY_NOT;
}

bool permit(struct request *request) {
    enum verdict verdict = authorise(request);
    if (verdict == MAY)
        verdict = cross_site(request);
    if (verdict == LATER)
        request_want_keys(request);
    return verdict == MAY;
}
