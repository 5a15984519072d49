#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/store/s3.h"
#include "protocol/node/config.h"
#include "protocol/node/log.h"

/* s3://BUCKET[/PREFIX]?endpoint=URL&region=NAME&style=path|host */

struct parts {
    char bucket[64], prefix[256], endpoint[300], region[64], style[8];
};

/* -1: none. */
static int hex(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static int copy(char *to, size_t size, const char *from, size_t n) {
    size_t made = 0;
    for (size_t i = 0; i < n; i++) {
        if (made + 1 >= size)
            return -1;
        int high = i + 2 < n ? hex(from[i + 1]) : -1, low = i + 2 < n ? hex(from[i + 2]) : -1;
        bool code = from[i] == '%' && high >= 0 && low >= 0;
        to[made++] = code ? (char)(high * 16 + low) : from[i];
        i += code ? 2 : 0;
    }
    to[made] = 0;
    return 0;
}

static int take_pair(struct parts *parts, const char *at, size_t n) {
    const struct {
        const char *name;
        char *to;
        size_t size;
    } known[] = {{"endpoint=", parts->endpoint, sizeof parts->endpoint},
                 {"region=", parts->region, sizeof parts->region},
                 {"style=", parts->style, sizeof parts->style}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t name = strlen(known[i].name);
        if (n >= name && !memcmp(at, known[i].name, name))
            return copy(known[i].to, known[i].size, at + name, n - name);
    }
    return -1;
}

static const char *take_apart(const char *url, struct parts *parts) {
    const char *at = url + strlen("s3://");
    size_t n = strcspn(at, "/?");
    if (n < 3 || n >= sizeof parts->bucket || strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789.-") < n)
        return "the bucket's name is not one";
    memcpy(parts->bucket, at, n);
    at += n;
    if (*at == '/') {
        at += 1;
        n = strcspn(at, "?");
        while (n && at[n - 1] == '/')
            n--;
        if (n && (copy(parts->prefix, sizeof parts->prefix - 1, at, n) || !place_name_good(parts->prefix)))
            return "the prefix is not one";
        if (n)
            strcat(parts->prefix, "/");
        at += strcspn(at, "?");
    }
    while (*at) {
        at++;
        n = strcspn(at, "&");
        if (take_pair(parts, at, n))
            return "after the bucket only endpoint=, region= and style= are known";
        at += n;
    }
    if (*parts->style && strcmp(parts->style, "path") != 0 && strcmp(parts->style, "host") != 0)
        return "style is path or host";
    return NULL;
}

/* Host and port that the requests go to; the bucket before the host unless it stands in the path. */
static const char *address(struct s3 *s3, const struct parts *parts) {
    char endpoint[300];
    if (*parts->endpoint)
        snprintf(endpoint, sizeof endpoint, "%s", parts->endpoint);
    else
        snprintf(endpoint, sizeof endpoint, "https://s3.%s.amazonaws.com", s3->region);
    size_t scheme = !strncmp(endpoint, "https://", 8) ? 8 : !strncmp(endpoint, "http://", 7) ? 7 : 0;
    size_t n = strlen(endpoint);
    while (scheme && n > scheme && endpoint[n - 1] == '/')
        endpoint[--n] = 0;
    const char *host = endpoint + scheme;
    if (!scheme || !*host || strpbrk(host, "/?#@ \t"))
        return "endpoint is http://HOST[:PORT] or https://HOST[:PORT]";
    s3->in_path = !strcmp(parts->style, "path") || (!*parts->style && *parts->endpoint);
    snprintf(s3->host, sizeof s3->host, "%s%s%.230s", s3->in_path ? "" : s3->bucket, s3->in_path ? "" : ".", host);
    snprintf(s3->origin, sizeof s3->origin, "%.*s%s", (int)scheme, endpoint, s3->host);
    return NULL;
}

static const char *credential(const char *setting, const char *variable) {
    const char *value = *setting ? setting : getenv(variable);
    return value && *value ? value : NULL;
}

static const char *credentials(struct s3 *s3) {
    s3->with = (struct sign_with){.access = credential(config()->media_key, "AWS_ACCESS_KEY_ID"),
                                  .secret = credential(config()->media_secret, "AWS_SECRET_ACCESS_KEY"),
                                  .token = *config()->media_key ? NULL : credential("", "AWS_SESSION_TOKEN"),
                                  .region = s3->region,
                                  .service = "s3"};
    return s3->with.access && s3->with.secret ? NULL : "ZOE_MEDIA_KEY and ZOE_MEDIA_SECRET are needed";
}

struct place *s3_open(const char *url) {
    struct parts parts = {0};
    const char *why = take_apart(url, &parts);
    struct s3 *s3 = calloc(1, sizeof *s3);
    if (!s3 || curl_global_init(CURL_GLOBAL_DEFAULT))
        why = "memory is out";
    if (!why) {
        s3->place.calls = &s3_calls;
        memcpy(s3->bucket, parts.bucket, sizeof s3->bucket);
        memcpy(s3->prefix, parts.prefix, sizeof s3->prefix);
        snprintf(s3->region, sizeof s3->region, "%s", *parts.region ? parts.region : "us-east-1");
        pthread_mutex_init(&s3->lock, NULL);
        why = address(s3, &parts);
    }
    if (!why)
        why = credentials(s3);
    if (!why)
        return &s3->place;
    log_error(NULL, "store_failed", "url=%s error=%s", log_value(url), log_value(why));
    free(s3);
    return NULL;
}
