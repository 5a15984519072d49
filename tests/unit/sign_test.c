#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/store/sign.h"
#include "protocol/wire/json.h"
#include "tests/unit/unit.h"

/* Amazon's own examples for S3 ("Authenticating Requests (AWS Signature Version 4)", API Reference). */
static const struct sign_with example = {
    .access = "AKIAIOSFODNN7EXAMPLE",
    .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    .region = "us-east-1",
    .service = "s3",
};
enum { EXAMPLE_WHEN = 1369353600 };

static void the_documented_address_is_made(void **state) {
    (void)state;
    struct buffer made = {0};
    struct sign_ask ask = {.method = "GET",
                           .path = "/test.txt",
                           .headers = &(struct sign_pair){"host", "examplebucket.s3.amazonaws.com"},
                           .headers_n = 1,
                           .payload = SIGN_UNSIGNED,
                           .when = EXAMPLE_WHEN};
    assert_int_equal(sign_query(&example, &ask, 86400, &made), 0);
    assert_string_equal(buffer_string(&made),
                        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1"
                        "%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    buffer_free(&made);
}

static void the_documented_headers_are_made(void **state) {
    (void)state;
    struct buffer range = {0}, list = {0};
    struct sign_pair headers[] = {{"host", "examplebucket.s3.amazonaws.com"},
                                  {"x-amz-content-sha256", SIGN_EMPTY},
                                  {"x-amz-date", "20130524T000000Z"},
                                  {"range", "bytes=0-9"}};
    struct sign_pair query[] = {{"prefix", "J"}, {"max-keys", "2"}};
    struct sign_ask ask = {.method = "GET",
                           .path = "/test.txt",
                           .headers = headers,
                           .headers_n = 4,
                           .payload = SIGN_EMPTY,
                           .when = EXAMPLE_WHEN};
    assert_int_equal(sign_header(&example, &ask, &range), 0);
    assert_string_equal(buffer_string(&range),
                        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
                        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    ask.path = "/";
    ask.headers_n = 3;
    ask.query = query;
    ask.query_n = 2;
    assert_int_equal(sign_header(&example, &ask, &list), 0);
    assert_non_null(
        strstr(buffer_string(&list), "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
    buffer_free(&range);
    buffer_free(&list);
}

/* --- the conformance suite of aws-c-auth, when it lies beside the checkout --- */

struct vector {
    const char *folder;
    json_t *context;
    char request[20000], path[2000], method[16];
    struct sign_pair query[SIGN_PAIRS_MAX], headers[SIGN_PAIRS_MAX];
    size_t query_n, headers_n;
    const char *body;
    char hash[65];
    int64_t when;
    struct sign_with with;
};

static char *file_of(const struct vector *vector, const char *name, char *to, size_t size) {
    char path[2000];
    snprintf(path, sizeof path, "%s/%s", vector->folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    to[fread(to, 1, size - 1, file)] = 0;
    fclose(file);
    return to;
}

static void decode(char *text) {
    char *to = text;
    for (; *text; text++)
        if (*text == '%' && text[1] && text[2]) {
            *to++ = (char)strtol((char[]){text[1], text[2], 0}, NULL, 16);
            text += 2;
        } else
            *to++ = *text;
    *to = 0;
}

static void take_query(struct vector *vector, char *at) {
    for (char *pair; (pair = strsep(&at, "&"));) {
        char *value = strchr(pair, '=');
        if (value)
            *value++ = 0;
        decode(pair);
        if (value)
            decode(value);
        vector->query[vector->query_n++] = (struct sign_pair){pair, value ? value : ""};
    }
}

static void take_header(struct vector *vector, char *line) {
    char *value = strchr(line, ':');
    *value++ = 0;
    for (char *at = line; *at; at++)
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at | 32) : *at;
    vector->headers[vector->headers_n++] = (struct sign_pair){line, value};
}

/* Lines that begin with a blank go on with the value before. */
static void unfold(char *text) {
    for (char *at = text; *at && strncmp(at, "\n\n", 2) != 0; at++)
        if (*at == '\n' && at[1] == ' ')
            *at = ' ';
}

static void read_vector(struct vector *vector) {
    char text[20000], *at = file_of(vector, "request.txt", vector->request, sizeof vector->request), *line, *canonical;
    vector->context = json_loads(file_of(vector, "context.json", text, sizeof text), 0, NULL);
    json_t *credentials = json_object_get(vector->context, "credentials");
    const char *token = json_string_value(json_object_get(credentials, "token"));
    struct tm when = {0};
    strptime(json_string_value(json_object_get(vector->context, "timestamp")), "%Y-%m-%dT%H:%M:%SZ", &when);
    vector->when = timegm(&when);
    vector->with = (struct sign_with){
        .access = json_string_value(json_object_get(credentials, "access_key_id")),
        .secret = json_string_value(json_object_get(credentials, "secret_access_key")),
        .token = json_is_true(json_object_get(vector->context, "omit_session_token")) ? NULL : token,
        .region = json_string_value(json_object_get(vector->context, "region")),
        .service = json_string_value(json_object_get(vector->context, "service")),
    };
    unfold(at);
    char *body = strstr(at, "\n\n");
    if (body)
        *body = 0;
    vector->body = body ? body + 2 : "";
    assert_int_equal(sign_hash(vector->body, strlen(vector->body), vector->hash), 0);
    line = strsep(&at, "\n");
    *strrchr(line, ' ') = 0;
    snprintf(vector->method, sizeof vector->method, "%s", strsep(&line, " "));
    char *query = strchr(line, '?');
    if (query)
        take_query(vector, query + 1);
    while ((line = strsep(&at, "\n")))
        if (*line)
            take_header(vector, line);
    /* How other services than S3 tidy a path is not ours: it is taken as they have it. */
    canonical = file_of(vector, "header-canonical-request.txt", text, sizeof text);
    strsep(&canonical, "\n");
    snprintf(vector->path, sizeof vector->path, "%s", strsep(&canonical, "\n"));
}

static struct sign_ask ask_of(struct vector *vector) {
    return (struct sign_ask){.method = vector->method,
                             .path = vector->path,
                             .query = vector->query,
                             .query_n = vector->query_n,
                             .headers = vector->headers,
                             .headers_n = vector->headers_n,
                             .payload = vector->hash,
                             .when = vector->when};
}

static void check_address(struct vector *vector) {
    char wanted[200];
    struct buffer made = {0};
    struct sign_ask ask = ask_of(vector);
    int64_t seconds = json_integer_value(json_object_get(vector->context, "expiration_in_seconds"));
    assert_int_equal(sign_query(&vector->with, &ask, seconds, &made), 0);
    file_of(vector, "query-signature.txt", wanted, sizeof wanted);
    if (strcmp(strstr(buffer_string(&made), "X-Amz-Signature=") + 16, wanted) != 0)
        fail_msg("%s: the address has another signature: %s", vector->folder, made.at);
    buffer_free(&made);
}

static void check_header(struct vector *vector) {
    char wanted[20000], signature[200];
    struct buffer canonical = {0}, made = {0};
    vector->headers[vector->headers_n++] = (struct sign_pair){"x-amz-date", "20150830T123600Z"};
    if (vector->with.token)
        vector->headers[vector->headers_n++] = (struct sign_pair){"x-amz-security-token", vector->with.token};
    if (json_is_true(json_object_get(vector->context, "sign_body")))
        vector->headers[vector->headers_n++] = (struct sign_pair){"x-amz-content-sha256", vector->hash};
    struct sign_ask ask = ask_of(vector);
    assert_int_equal(sign_canonical(&ask, &canonical), 0);
    file_of(vector, "header-canonical-request.txt", wanted, sizeof wanted);
    assert_string_equal(buffer_string(&canonical), wanted);
    assert_int_equal(sign_header(&vector->with, &ask, &made), 0);
    file_of(vector, "header-signature.txt", signature, sizeof signature);
    if (strcmp(strstr(buffer_string(&made), "Signature=") + 10, signature) != 0)
        fail_msg("%s: the header has another signature: %s", vector->folder, made.at);
    buffer_free(&canonical);
    buffer_free(&made);
}

static void the_conformance_suite_is_obeyed(void **state) {
    (void)state;
    char root[1000], folder[1400];
    const char *corpus = getenv("ZOE_CORPUS");
    size_t seen = 0;
    snprintf(root, sizeof root, "%s/E_vectors/sigv4/aws-signing-test-suite/v4",
             corpus && *corpus ? corpus : "../shared/corpus");
    DIR *folders = opendir(root);
    if (!folders)
        skip();
    for (struct dirent *entry; (entry = readdir(folders)); seen += entry->d_name[0] != '.') {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(folder, sizeof folder, "%s/%s", root, entry->d_name);
        struct vector *vector = calloc(1, sizeof *vector);
        vector->folder = folder;
        read_vector(vector);
        check_address(vector);
        check_header(vector);
        json_decref(vector->context);
        free(vector);
    }
    closedir(folders);
    assert_true(seen >= 38);
}

int sign_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documented_address_is_made),
        cmocka_unit_test(the_documented_headers_are_made),
        cmocka_unit_test(the_conformance_suite_is_obeyed),
    };
    return cmocka_run_group_tests_name("sign", tests, NULL, NULL);
}
