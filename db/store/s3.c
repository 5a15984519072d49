#include "db/store/s3.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/store/xml.h"
#include "protocol/node/clock.h"

enum { PAGE = 1000 };

static struct s3 *s3_of(struct place *place) {
    return (struct s3 *)place;
}

static int s3_put(struct place *place, const char *name, const void *bytes, size_t n) {
    struct s3_call call = {.method = "PUT", .name = name, .body = bytes, .body_n = n, .last = -1, .max = S3_XML_BYTES};
    return s3_just_send(s3_of(place), &call);
}

static int s3_get(struct place *place, const char *name, struct place_get *get) {
    struct s3_call call = {.method = "GET",
                           .name = name,
                           .unless = get->unless,
                           .max = get->max,
                           .last = -1,
                           .take = get->take,
                           .self = get->self,
                           .answer = get->body};
    get->body = (struct buffer){0};
    get->taken = 0;
    if (get->offset || get->count) {
        call.first = get->offset;
        call.last = get->count ? get->offset + get->count - 1 : INT64_MAX - 1;
    }
    int rc = s3_send(s3_of(place), &call);
    /* Beyond the end there is nothing. */
    if (rc && errno == ERANGE)
        rc = (get->size = place_size(place, name)) < 0 ? -1 : 0;
    else if (!rc) {
        get->unchanged = call.http == 304;
        get->size = call.size;
        memcpy(get->etag, call.etag, sizeof get->etag);
        get->taken = call.taken;
        get->body = call.answer;
        call.answer = (struct buffer){0};
    }
    s3_call_free(&call);
    return rc;
}

static int64_t s3_size(struct place *place, const char *name) {
    struct s3_call call = {.method = "HEAD", .name = name, .last = -1};
    int rc = s3_just_send(s3_of(place), &call);
    return rc ? -1 : call.length;
}

/* --- listing --- */

struct listing {
    int (*each)(void *self, const char *name, int64_t bytes);
    void *self;
    size_t prefix_bytes;
    const char *until; /* last written at this moment or before; NULL: whenever */
    bool stopped;
};

static void tell_page(const struct buffer *page, struct listing *listing) {
    struct buffer entry;
    for (size_t at = 0; !listing->stopped && xml_next(page, "Contents", &at, &entry);) {
        char name[1100], size[32], written[40];
        if (listing->until && (xml_text(&entry, "LastModified", written, sizeof written) ||
                               strncmp(written, listing->until, strlen(listing->until)) > 0))
            continue;
        if (xml_text(&entry, "Key", name, sizeof name) || xml_text(&entry, "Size", size, sizeof size))
            continue;
        const char *own = strlen(name) > listing->prefix_bytes ? name + listing->prefix_bytes : "";
        /* What we did not name is not ours. */
        if (place_name_good(own))
            listing->stopped = listing->each(listing->self, own, strtoll(size, NULL, 10)) != 0;
    }
}

static int list(struct s3 *s3, const char *prefix, const char *after, struct listing *listing) {
    char whole[1024], start[1024], token[1024] = "", more[8];
    snprintf(whole, sizeof whole, "%s%s", s3->prefix, prefix);
    snprintf(start, sizeof start, "%s%s", s3->prefix, after ? after : "");
    for (bool going = true; going;) {
        struct s3_call call = {.method = "GET", .last = -1, .max = S3_XML_BYTES};
        call.query[call.query_n++] = (struct sign_pair){"list-type", "2"};
        call.query[call.query_n++] = (struct sign_pair){"prefix", whole};
        if (*token)
            call.query[call.query_n++] = (struct sign_pair){"continuation-token", token};
        else if (after)
            call.query[call.query_n++] = (struct sign_pair){"start-after", start};
        if (s3_send(s3, &call)) {
            s3_call_free(&call);
            return -1;
        }
        tell_page(&call.answer, listing);
        going = !listing->stopped && !xml_text(&call.answer, "IsTruncated", more, sizeof more) &&
                !strcmp(more, "true") && !xml_text(&call.answer, "NextContinuationToken", token, sizeof token);
        s3_call_free(&call);
    }
    return 0;
}

static int s3_list(struct place *place, const char *prefix, const char *after,
                   int (*each)(void *self, const char *name, int64_t bytes), void *self) {
    struct s3 *s3 = s3_of(place);
    struct listing listing = {.each = each, .self = self, .prefix_bytes = strlen(s3->prefix)};
    return list(s3, prefix, after, &listing);
}

/* --- deleting --- */

struct names {
    struct buffer xml;
    size_t n;
    const struct s3 *s3;
};

static int gather(void *self, const char *name, int64_t bytes) {
    struct names *names = self;
    (void)bytes;
    /* Our names need no escaping. */
    buffer_print(&names->xml, "<Object><Key>%s%s</Key></Object>", names->s3->prefix, name);
    return ++names->n == PAGE;
}

static int md5_base64(const struct buffer *body, char to[32]) {
    uint8_t digest[16];
    if (!EVP_Digest(body->at, body->n, digest, NULL, EVP_md5(), NULL))
        return -1;
    EVP_EncodeBlock((uint8_t *)to, digest, sizeof digest);
    return 0;
}

static int delete_names(struct s3 *s3, struct names *names) {
    char md5[32];
    buffer_text(&names->xml, "</Delete>");
    errno = ENOMEM;
    if (names->xml.failed || md5_base64(&names->xml, md5))
        return -1;
    struct s3_call call = {.method = "POST",
                           .query = {{"delete", ""}},
                           .query_n = 1,
                           .body = names->xml.at,
                           .body_n = names->xml.n,
                           .md5 = md5,
                           .patience_s = S3_PATIENCE_SECONDS,
                           .last = -1,
                           .max = S3_XML_BYTES};
    int rc = s3_send(s3, &call);
    if (!rc && xml_has(&call.answer, "Error")) {
        errno = EIO;
        rc = -1;
    }
    s3_call_free(&call);
    return rc;
}

/* All below NAME/ that was last written at `until` or before; adds up how many. */
static int delete_below(struct place *place, const char *name, const char *until, int *count) {
    struct s3 *s3 = s3_of(place);
    char below[PLACE_NAME_BYTES + 1];
    snprintf(below, sizeof below, "%s/", name);
    for (;;) {
        struct names names = {.s3 = s3};
        struct listing listing = {.each = gather, .self = &names, .prefix_bytes = strlen(s3->prefix), .until = until};
        buffer_text(&names.xml, "<Delete><Quiet>true</Quiet>");
        int rc = list(s3, below, NULL, &listing);
        size_t n = names.n;
        if (!rc && n)
            rc = delete_names(s3, &names);
        buffer_free(&names.xml);
        *count += rc ? 0 : (int)n;
        if (rc || n < PAGE)
            return rc;
    }
}

static int s3_sweep(struct place *place, const char *name, int64_t seconds) {
    char until[32];
    int count = 0;
    time_t before = clock_wall_ms() / 1000 - seconds;
    struct tm at;
    if (gmtime_r(&before, &at) && strftime(until, sizeof until, "%Y-%m-%dT%H:%M:%S", &at))
        delete_below(place, name, until, &count);
    return count;
}

static int s3_remove(struct place *place, const char *name) {
    struct s3_call call = {.method = "DELETE", .name = name, .last = -1, .max = S3_XML_BYTES};
    int rc = s3_just_send(s3_of(place), &call);
    if (rc && errno != ENOENT)
        return -1;
    int count = 0;
    if (delete_below(place, name, NULL, &count))
        return -1;
    /* It was a folder: what somebody was writing in it goes too. */
    if (count)
        s3_abort_unfinished(s3_of(place), name, true);
    return 0;
}

/* --- presigned addresses --- */

static int s3_sign(struct place *place, const char *name, int64_t when, int64_t seconds, struct buffer *to) {
    struct s3 *s3 = s3_of(place);
    struct buffer path = {0};
    struct sign_pair host = {"host", s3->host};
    s3_path(s3, name, &path);
    struct sign_ask ask = {.method = "GET",
                           .path = buffer_string(&path),
                           .headers = &host,
                           .headers_n = 1,
                           .payload = SIGN_UNSIGNED,
                           .when = when};
    buffer_print(to, "%s%s?", s3->origin, ask.path ? ask.path : "");
    int rc = !ask.path ? -1 : sign_query(&s3->with, &ask, seconds, to);
    buffer_free(&path);
    return rc || to->failed ? -1 : 0;
}

static int64_t s3_free_bytes(struct place *place) {
    (void)place;
    return INT64_MAX;
}

static void s3_close(struct place *place) {
    struct s3 *s3 = s3_of(place);
    while (s3->idle_n)
        curl_easy_cleanup(s3->idle[--s3->idle_n]);
    pthread_mutex_destroy(&s3->lock);
    free(s3);
}

const struct place_calls s3_calls = {
    .put = s3_put,
    .get = s3_get,
    .size = s3_size,
    .remove = s3_remove,
    .sweep = s3_sweep,
    .list = s3_list,
    .sign = s3_sign,
    .begin = s3_begin,
    .part = s3_part,
    .part_copy = s3_part_copy,
    .complete = s3_complete,
    .abort = s3_abort,
    .tidy = s3_tidy,
    .free_bytes = s3_free_bytes,
    .close = s3_close,
};
