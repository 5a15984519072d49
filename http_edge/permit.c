#include "http_edge/permit.h"

#include <string.h>

#include "http_edge/cors.h"
#include "http_edge/proxy.h"
#include "http_edge/reply.h"
#include "http_edge/shard.h"
#include "http_edge/throttle.h"
#include "protocol/node/config.h"

enum verdict { MAY, MAY_NOT, LATER };

/* Why there is no login, as error rows may tell it. */
static const char missing[] = "login-missing", scheme[] = "login-scheme", refused[] = "login-refused",
                  expired[] = "login-expired", inactive[] = "login-inactive";

static void refuse_token(struct request *request, const char *why) {
    bool sent = why != missing;
    struct refusal refusal = {.status = UNAUTHENTICATED, .key = why, .challenge = sent ? "invalid_token" : NULL};
    if (sent)
        refusal.detail = "The access token is not valid, or not any more.";
    reply_refusal(request, &refusal);
}

static enum verdict judge_token(struct request *request, const char *token, const char **why) {
    const struct dialect_row *dialect = request->dialect->row;
    const char *realm = dialect->logins ? dialect->logins : dialect->name;
    enum session_answer answer =
        session_check(request->shard->sessions, realm, token, strlen(token), &request->login, &request->keys_since);
    *why = answer == SESSION_EXPIRED ? expired : answer == SESSION_INACTIVE ? inactive : refused;
    switch (answer) {
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
static enum verdict find_login(struct request *request, const char **why) {
    char cookie[TOKEN_BYTES_MAX + 1];
    if (request->dialect->bearer && request->in.authorization) {
        const char *token = session_bearer(request->in.authorization);
        *why = scheme;
        return token ? judge_token(request, token, why) : MAY_NOT;
    }
    *why = missing;
    const char *name = request->dialect->cookie;
    const char *token = name ? headers_cookie(&request->in, name, cookie, sizeof cookie) : NULL;
    if (!token)
        return MAY_NOT;
    request->by_cookie = true;
    return judge_token(request, token, why);
}

bool permit_needs_login(const struct route *route) {
    return route->row->who >= USER || (route->row->who == READER && strcmp(config()->public_catalogue, "on") != 0);
}

/* Only those without a login are counted. */
static enum verdict count_stranger(struct request *request) {
    const char *why;
    enum verdict verdict = find_login(request, &why);
    request->login = (struct login){0};
    request->by_cookie = false;
    int64_t wait = verdict == MAY_NOT ? throttle_take(proxy_client(request)) : 0;
    if (wait) {
        struct refusal refusal = {.status = TOO_MANY, .retry_after = wait, .has_retry_after = true};
        reply_refusal(request, &refusal);
        return MAY_NOT;
    }
    return verdict == LATER ? LATER : MAY;
}

static enum verdict authorise(struct request *request) {
    const char *why;
    if (!permit_needs_login(request->route) && request->route->row->greets)
        return find_login(request, &why) == LATER ? LATER : MAY;
    if (!permit_needs_login(request->route))
        return request->route->row->scarce ? count_stranger(request) : MAY;
    enum verdict verdict = find_login(request, &why);
    if (verdict == MAY_NOT)
        refuse_token(request, why);
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
