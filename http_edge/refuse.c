#include <stdio.h>
#include <string.h>

#include "http_edge/reply.h"
#include "protocol/wire/json.h"

static void problem_json(const struct refusal *refusal, const struct request *request, int http, struct buffer *to) {
    buffer_text(to, "{\"type\":\"/problems/");
    buffer_text(to, refusal->code);
    buffer_text(to, "\",\"title\":");
    text_to_json(refusal->title, to);
    buffer_print(to, ",\"status\":%d,\"detail\":", http);
    text_to_json(refusal->detail, to);
    char trace[33];
    trace_text(request->trace, trace);
    buffer_print(to, ",\"instance\":\"/requests/%s\"", trace);
    if (refusal->field && *refusal->field) {
        buffer_text(to, ",\"errors\":[{\"pointer\":");
        text_to_json(refusal->field, to);
        buffer_text(to, ",\"detail\":");
        text_to_json(refusal->detail, to);
        buffer_text(to, "}]");
    }
    buffer_text(to, "}");
}

/* A row's key fits by itself, or with the field behind a colon. */
static bool fits(const char *row, const char *key, const char *name) {
    size_t n = strlen(key);
    return !strncmp(row, key, n) && (!row[n] || (row[n] == ':' && name && !strcmp(row + n + 1, name)));
}

static const struct error *error_in(const struct error *errors, size_t n, const char *key, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (fits(errors[i].row->key, key, name))
            return &errors[i];
    return NULL;
}

const struct error *reply_error(const struct route *route, const struct dialect *dialect,
                                const struct refusal *refusal) {
    const char *keys[] = {refusal->finest, refusal->key, refusal->code, refusal_status_key(refusal->status), "*"};
    const struct error *error = NULL;
    for (size_t k = 0; k < sizeof keys / sizeof *keys && !error; k++) {
        if (keys[k] && route)
            error = error_in(route->errors, route->errors_n, keys[k], refusal->name);
        if (keys[k] && !error)
            error = error_in(dialect->errors, dialect->errors_n, keys[k], refusal->name);
    }
    return error;
}

static void challenge(struct request *request, const struct refusal *refusal) {
    char text[200];
    const char *realm = request->dialect->row->realm;
    if (realm)
        snprintf(text, sizeof text, "Bearer realm=\"%s\"", realm);
    else if (refusal->challenge)
        snprintf(text, sizeof text, "Bearer error=\"%s\"", refusal->challenge);
    else
        snprintf(text, sizeof text, "Bearer");
    reply_header(request, "WWW-Authenticate", text);
}

static int64_t retry_seconds(const struct refusal *refusal) {
    if (refusal->has_retry_after)
        return refusal->retry_after;
    return status_row(refusal->status)->retry ? 1 : -1;
}

/* Fills in what was left open; the row that tells the shape, NULL for problem+json. */
static const struct error *complete(struct request *request, struct refusal *refusal) {
    const struct status_row *row = status_row(refusal->status);
    if (!refusal->code)
        refusal->code = refusal_status_key(refusal->status);
    if (!refusal->detail)
        refusal->detail = row->text;
    refusal->title = row->text;
    refusal->method = method_name(request->method);
    refusal->name = refusal->field && *refusal->field ? refusal->field + 1 : refusal->field;
    const struct error *error = reply_error(request->route, request->dialect, refusal);
    refusal->http = error && error->row->http ? error->row->http : refusal->http ? refusal->http : row->http;
    refusal->has_http = true;
    refusal->retry_after = retry_seconds(refusal);
    refusal->has_retry_after = refusal->retry_after >= 0;
    return error && error->give ? error : NULL;
}

static void shape(const struct error *error, const struct refusal *refusal, struct buffer *to) {
    struct template_frame frame = {.base = ""};
    template_run(error->give, refusal, &frame, to);
}

static void answer(struct request *request, const struct refusal *refusal, bool problem, struct buffer *body) {
    int http = (int)refusal->http;
    request->closing |= refusal->close;
    reply_body(request, http, problem ? "application/problem+json" : "application/json", "no-store", body);
    if (refusal->allow)
        reply_header(request, "Allow", refusal->allow);
    if (http == 401)
        challenge(request, refusal);
    if (refusal->has_retry_after && (http == 503 || http == 429)) {
        char seconds[24];
        snprintf(seconds, sizeof seconds, "%lld", (long long)refusal->retry_after);
        reply_header(request, "Retry-After", seconds);
    }
}

void reply_refusal(struct request *request, const struct refusal *given) {
    struct refusal refusal = *given;
    struct buffer body = {0};
    const struct error *error = complete(request, &refusal);
    if (error)
        shape(error, &refusal, &body);
    else
        problem_json(&refusal, request, (int)refusal.http, &body);
    answer(request, &refusal, !error, &body);
}

void reply_refuse(struct request *request, enum status status, const char *code, const char *detail) {
    struct refusal refusal = {.status = status, .code = code, .detail = detail};
    reply_refusal(request, &refusal);
}

/* "name why." */
static const char *sentence(struct request *request, const char *field, const char *why) {
    const char *text = field && *field ? arena_print(request->arena, "%s %s.", field + 1, why)
                                       : arena_print(request->arena, "%s.", why);
    return text ? text : "The request is not valid.";
}

void reply_fault(struct request *request, const char *key, const struct fault *fault) {
    struct refusal refusal = {
        .status = INVALID, .key = key, .field = fault->field, .detail = sentence(request, fault->field, fault->why)};
    reply_refusal(request, &refusal);
}

/* The members of a shape behind those of another one, unless they are there already. */
static void merge(const struct buffer *shape, struct buffer *to) {
    bool objects = to->n > 2 && to->at[to->n - 1] == '}' && shape->n > 2 && shape->at[0] == '{';
    const char *end = objects ? memchr(shape->at, ':', shape->n) : NULL;
    if (!end || memmem(to->at, to->n, shape->at + 1, (size_t)(end - shape->at)))
        return;
    to->n--;
    buffer_text(to, ",");
    buffer_add(to, shape->at + 1, shape->n - 1);
}

void reply_faults(struct request *request, const struct take_faults *faults, bool nothing) {
    struct buffer body = {0};
    struct refusal first = {0};
    for (size_t i = 0; i < faults->n; i++) {
        const char *key = faults->at[i].key;
        bool blank = key && !strcmp(key, "blank");
        struct refusal refusal = {.status = INVALID,
                                  .finest = blank                         ? key
                                            : nothing                     ? "empty"
                                            : !*faults->at[i].fault.field ? "no-object"
                                                                          : NULL,
                                  .key = blank ? "missing" : key,
                                  .field = faults->at[i].fault.field,
                                  .detail = sentence(request, faults->at[i].fault.field, faults->at[i].fault.why)};
        if (faults->n == 1) {
            reply_refusal(request, &refusal);
            return;
        }
        struct buffer one = {0};
        const struct error *error = complete(request, &refusal);
        if (error)
            shape(error, &refusal, i ? &one : &body);
        if (i)
            merge(&one, &body);
        else
            first = refusal;
        buffer_free(&one);
    }
    answer(request, &first, false, &body);
}

/* The actor names fields of its record, the client knows them by the names of the route's mapping. */
static const char *client_field(struct request *request, const char *field) {
    const struct take *take = request->route ? request->route->take : NULL;
    if (!take || !field || *field != '/' || strchr(field + 1, '/'))
        return field;
    return arena_print(request->arena, "/%s", take_name(take, field + 1));
}

void reply_problem(struct request *request, const struct answer *answer) {
    const struct problem *problem = answer->problem;
    struct refusal refusal = {.status = answer->status};
    if (problem) {
        refusal.code = problem->code && *problem->code ? problem->code : NULL;
        refusal.detail = problem->detail && *problem->detail ? problem->detail : NULL;
        refusal.field = client_field(request, problem->field);
        if (refusal.status == INVALID && refusal.field && refusal.detail)
            refusal.detail = sentence(request, refusal.field, refusal.detail);
        refusal.retry_after = problem->retry_after;
        refusal.has_retry_after = problem->has_retry_after;
    }
    reply_refusal(request, &refusal);
}
