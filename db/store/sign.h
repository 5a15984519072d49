#ifndef ZOE_DB_STORE_SIGN_H
#define ZOE_DB_STORE_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/wire/buffer.h"

/* AWS Signature Version 4 ("Signature Version 4 signing process", AWS General Reference). Pure: no network, no clock.
 */

struct sign_with {
    const char *access, *secret, *token; /* token: of temporary credentials, or NULL */
    const char *region, *service;
};

struct sign_pair {
    const char *name, *value;
};

enum { SIGN_PAIRS_MAX = 32 };

struct sign_ask {
    const char *method, *path; /* the path as it is sent, encoded already */
    const struct sign_pair *query;
    size_t query_n; /* names and values as they are; encoding and order are ours */
    const struct sign_pair *headers;
    size_t headers_n;    /* names in lower case, one of them host */
    const char *payload; /* the body's SHA-256 in hex, or UNSIGNED-PAYLOAD */
    int64_t when;        /* seconds since 1970 */
};

#define SIGN_UNSIGNED "UNSIGNED-PAYLOAD"
#define SIGN_EMPTY    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* Appends the value of the Authorization header. The ask's headers must have x-amz-date (and x-amz-security-token). */
int sign_header(const struct sign_with *with, const struct sign_ask *ask, struct buffer *to);

/* Appends the query string of a presigned address that is good for `seconds`, its own pairs and the ask's. */
int sign_query(const struct sign_with *with, const struct sign_ask *ask, int64_t seconds, struct buffer *to);

/* Appends the canonical request. 0, or -1 when there are too many pairs or memory is out, as with the others. */
int sign_canonical(const struct sign_ask *ask, struct buffer *to);

/* 20150830T123600Z */
void sign_date(int64_t when, char to[17]);
/* The SHA-256 in hex. 0 or -1. */
int sign_hash(const void *bytes, size_t n, char to[65]);
/* Appends the text with all but unreserved characters (RFC 3986) as %XX; `slash`: '/' stays. */
void sign_encode(const char *text, int slash, struct buffer *to);
/* Appends the ask's query, encoded and in order, without '?'. */
int sign_query_text(const struct sign_ask *ask, struct buffer *to);

#endif
