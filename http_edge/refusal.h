#ifndef ZOE_EDGE_REFUSAL_H
#define ZOE_EDGE_REFUSAL_H

#include "protocol/wire/check.h"
#include "protocol/wire/contract.h"

/* Why a request is not answered as it wished; what the dialects' error rows make their shapes from. */
struct refusal {
    enum status status;
    int64_t http; /* 0: the status's own */
    /* What error rows may match before the code, NULL when nothing finer is known. */
    const char *finest, *key;
    const char *code;  /* last part of the problem's type; NULL: the status's name */
    const char *title; /* set by reply_refuse */
    const char *detail;
    const char *field; /* JSON pointer, NULL or "" for none */
    const char *name;  /* the field without its slash */
    const char *method, *media;
    const char *allow; /* methods for a 405 */
    int64_t retry_after;
    bool has_http, has_retry_after;
    bool close;            /* the connection cannot be trusted any more */
    const char *challenge; /* error code of RFC 6750, NULL when no token was sent */
};

/* The description that error shapes are compiled with: code, title, detail, field, name, method, media, http,
 * retry_after. */
const struct record *refusal_record(void);

/* "not-found" of NOT_FOUND. */
const char *refusal_status_key(enum status status);

#endif
