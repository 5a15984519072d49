#include "db/store/s3.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "db/store/xml.h"
#include "protocol/node/clock.h"
#include "protocol/node/log.h"

enum {
    TRIES_MAX = 6,
    PAUSE_MS = 100,
    CONNECT_MS = 5000,
    SLOW_BYTES = 1024,
    SLOW_SECONDS = 20,
    ERROR_BYTES = 65536,
    UNHASHED_BYTES = 65536
};

/* --- handles: each keeps its connection --- */

static CURL *take_handle(struct s3 *s3) {
    CURL *curl = NULL;
    pthread_mutex_lock(&s3->lock);
    if (s3->idle_n)
        curl = s3->idle[--s3->idle_n];
    pthread_mutex_unlock(&s3->lock);
    if (curl)
        curl_easy_reset(curl);
    return curl ? curl : curl_easy_init();
}

static void give_handle(struct s3 *s3, CURL *curl) {
    pthread_mutex_lock(&s3->lock);
    bool kept = s3->idle_n < S3_IDLE_MAX;
    if (kept)
        s3->idle[s3->idle_n++] = curl;
    pthread_mutex_unlock(&s3->lock);
    if (!kept)
        curl_easy_cleanup(curl);
}

/* --- what comes --- */

static bool success(const struct s3_call *call) {
    return call->http >= 200 && call->http < 300;
}

static size_t take_body(char *at, size_t size, size_t n, void *self) {
    struct s3_call *call = self;
    bool away = call->take && success(call);
    size_t max = success(call) ? call->max : ERROR_BYTES, got = away ? (size_t)call->taken : call->answer.n;
    (void)size;
    if (n > max || got > max - n) {
        call->too_long = true;
        return 0;
    }
    if (away) {
        call->refused = call->take(call->self, call->taken, at, n) ? errno ? errno : EIO : 0;
        call->taken += (int64_t)n;
        return call->refused ? 0 : n;
    }
    buffer_add(&call->answer, at, n);
    return call->answer.failed ? 0 : n;
}

static bool header_is(const char *line, size_t n, const char *name, char *value, size_t size) {
    size_t length = strlen(name);
    if (n <= length || line[length] != ':' || strncasecmp(line, name, length) != 0)
        return false;
    const char *at = line + length + 1, *end = line + n;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (end > at && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
        end--;
    if ((size_t)(end - at) >= size)
        return false;
    memcpy(value, at, (size_t)(end - at));
    value[end - at] = 0;
    return true;
}

static bool too_long(const struct s3_call *call) {
    return success(call) && call->length > (int64_t)call->max && strcmp(call->method, "HEAD") != 0;
}

/* The length is known before the bytes come. */
static void make_room(struct s3_call *call) {
    if (success(call) && call->length > 0 && !call->too_long && !call->take && strcmp(call->method, "HEAD") != 0)
        buffer_reserve(&call->answer, (size_t)call->length);
}

static size_t take_header(char *at, size_t size, size_t n, void *self) {
    struct s3_call *call = self;
    char value[200];
    (void)size;
    if (n > 9 && !strncmp(at, "HTTP/", 5)) {
        const char *blank = memchr(at, ' ', n);
        call->http = blank ? (int)strtol(blank, NULL, 10) : 0;
        call->answer.n = 0;
        call->taken = 0;
        call->length = call->size = -1;
        *call->etag = 0;
    } else if (header_is(at, n, "content-length", value, sizeof value))
        call->length = strtoll(value, NULL, 10), call->too_long = too_long(call), make_room(call);
    else if (header_is(at, n, "content-range", value, sizeof value)) {
        const char *slash = strchr(value, '/');
        call->size = slash ? strtoll(slash + 1, NULL, 10) : -1;
    } else
        header_is(at, n, "etag", call->etag, sizeof call->etag);
    return call->too_long ? 0 : n;
}

/* --- what goes --- */

struct sending {
    struct sign_pair headers[12];
    size_t headers_n;
    char date[17], hash[65], range[64];
    struct buffer path, url, authorization, line;
    struct curl_slist *lines;
};

void s3_path(const struct s3 *s3, const char *name, struct buffer *to) {
    buffer_text(to, "/");
    if (s3->in_path)
        buffer_print(to, "%s%s", s3->bucket, name ? "/" : "");
    if (name) {
        sign_encode(s3->prefix, 1, to);
        sign_encode(name, 1, to);
    }
}

static void add(struct sending *sending, const char *name, const char *value) {
    if (value && *value)
        sending->headers[sending->headers_n++] = (struct sign_pair){name, value};
}

static int add_lines(struct sending *sending) {
    for (size_t i = 0; i <= sending->headers_n; i++) {
        bool last = i == sending->headers_n;
        sending->line.n = 0;
        buffer_print(&sending->line, "%s: %s", last ? "authorization" : sending->headers[i].name,
                     last ? sending->authorization.at : sending->headers[i].value);
        const char *line = buffer_string(&sending->line);
        struct curl_slist *more = line ? curl_slist_append(sending->lines, line) : NULL;
        if (!more)
            return -1;
        sending->lines = more;
    }
    /* No waiting for 100 Continue: a body is at most a part. */
    struct curl_slist *more = curl_slist_append(sending->lines, "expect:");
    sending->lines = more ? more : sending->lines;
    return more ? 0 : -1;
}

static int prepare(struct s3 *s3, const struct s3_call *call, struct sending *sending) {
    struct sign_ask ask = {.method = call->method,
                           .query = call->query,
                           .query_n = call->query_n,
                           .headers = sending->headers,
                           .payload = sending->hash,
                           .when = clock_wall_ms() / 1000};
    /* TLS guards large bodies well enough. */
    if (call->body_n > UNHASHED_BYTES && !strncmp(s3->origin, "https:", 6))
        strcpy(sending->hash, SIGN_UNSIGNED);
    else if (sign_hash(call->body ? call->body : "", call->body_n, sending->hash))
        return -1;
    sign_date(ask.when, sending->date);
    if (call->last >= call->first)
        snprintf(sending->range, sizeof sending->range, "bytes=%lld-%lld", (long long)call->first,
                 (long long)call->last);
    add(sending, "host", s3->host);
    add(sending, "x-amz-content-sha256", sending->hash);
    add(sending, "x-amz-date", sending->date);
    add(sending, "x-amz-security-token", s3->with.token);
    add(sending, "x-amz-copy-source", call->copy);
    add(sending, "x-amz-copy-source-range", call->copy_range);
    add(sending, "content-md5", call->md5);
    add(sending, "range", sending->range);
    add(sending, "if-none-match", call->unless);
    ask.headers_n = sending->headers_n;
    s3_path(s3, call->name, &sending->path);
    ask.path = buffer_string(&sending->path);
    if (!ask.path || sign_header(&s3->with, &ask, &sending->authorization))
        return -1;
    buffer_print(&sending->url, "%s%s%s", s3->origin, sending->path.at, call->query_n ? "?" : "");
    if (call->query_n && sign_query_text(&ask, &sending->url))
        return -1;
    return !buffer_string(&sending->url) || !buffer_string(&sending->authorization) || add_lines(sending) ? -1 : 0;
}

static void sending_free(struct sending *sending) {
    buffer_free(&sending->path);
    buffer_free(&sending->url);
    buffer_free(&sending->authorization);
    buffer_free(&sending->line);
    curl_slist_free_all(sending->lines);
}

static void set_up(CURL *curl, struct s3_call *call, const struct sending *sending) {
    curl_easy_setopt(curl, CURLOPT_URL, sending->url.at);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, sending->lines);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, call->patience_s ? call->patience_s : (long)SLOW_SECONDS);
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 262144L);
    curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 262144L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, call);
    if (!strcmp(call->method, "HEAD"))
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else if (strcmp(call->method, "GET") != 0) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_n);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body ? call->body : "");
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
    }
}

/* --- one try, and the next --- */

enum verdict { VERDICT_GOOD, VERDICT_AGAIN, VERDICT_BAD };

static int error_of(const struct s3_call *call) {
    if (call->too_long)
        return EFBIG;
    if (call->refused)
        return call->refused;
    if (call->http == 404)
        return ENOENT;
    if (call->http == 401 || call->http == 403)
        return EACCES;
    return call->http == 507 ? ENOSPC : call->http == 416 ? ERANGE : call->http == 501 ? ENOTSUP : EIO;
}

static enum verdict judge(struct s3_call *call, CURLcode code) {
    if (call->too_long || call->refused)
        return VERDICT_BAD;
    if (code != CURLE_OK || call->answer.failed)
        return VERDICT_AGAIN;
    *call->code = 0;
    bool late = !strcmp(call->method, "POST") || call->copy;
    bool xml = call->answer.n && call->http != 304 && (!success(call) || late);
    if (xml && xml_has(&call->answer, "Error"))
        xml_text(&call->answer, "Code", call->code, sizeof call->code);
    /* Completing, copying and deleting may begin with 200 and then fail. */
    if (success(call) && *call->code && late && !xml_has(&call->answer, "DeleteResult"))
        return !strcmp(call->code, "InternalError") || !strcmp(call->code, "SlowDown") ? VERDICT_AGAIN : VERDICT_BAD;
    if (success(call) || call->http == 304)
        return VERDICT_GOOD;
    bool passing = call->http >= 500 ? call->http != 501 && call->http != 507 : call->http == 429 || call->http == 408;
    return passing || !strcmp(call->code, "RequestTimeout") ? VERDICT_AGAIN : VERDICT_BAD;
}

static void rest(int tries) {
    int64_t most = (int64_t)PAUSE_MS << tries, ms = most / 2 + (int64_t)(random_u64() % (uint64_t)(most / 2 + 1));
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static enum verdict try_once(struct s3 *s3, struct s3_call *call, CURLcode *code) {
    struct sending sending = {0};
    enum verdict verdict = VERDICT_BAD;
    CURL *curl = take_handle(s3);
    call->http = 0;
    call->answer.n = 0;
    call->taken = 0;
    call->refused = 0;
    call->answer.failed = call->too_long = false;
    if (curl && !prepare(s3, call, &sending)) {
        set_up(curl, call, &sending);
        *code = curl_easy_perform(curl);
        verdict = judge(call, *code);
    }
    if (curl)
        give_handle(s3, curl);
    sending_free(&sending);
    return verdict;
}

int s3_send(struct s3 *s3, struct s3_call *call) {
    CURLcode code = CURLE_OK;
    for (int tries = 1;; tries++) {
        enum verdict verdict = try_once(s3, call, &code);
        if (verdict == VERDICT_GOOD) {
            call->size = call->size < 0 ? call->length : call->size;
            return 0;
        }
        bool last = verdict == VERDICT_BAD || tries == TRIES_MAX;
        if (!last || (call->http != 404 && !call->too_long))
            log_warn(NULL, "s3_refused", "method=%s name=%s http=%d code=%s curl=%s try=%d", call->method,
                     log_value(call->name ? call->name : ""), call->http, log_value(call->code),
                     log_value(code ? curl_easy_strerror(code) : ""), tries);
        if (last) {
            errno = verdict == VERDICT_BAD ? error_of(call) : EIO;
            return -1;
        }
        rest(tries);
    }
}

int s3_just_send(struct s3 *s3, struct s3_call *call) {
    int rc = s3_send(s3, call);
    s3_call_free(call);
    return rc;
}

void s3_call_free(struct s3_call *call) {
    int error = errno;
    buffer_free(&call->answer);
    errno = error;
}
