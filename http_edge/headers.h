#ifndef ZOE_EDGE_HEADERS_H
#define ZOE_EDGE_HEADERS_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

/* The headers that the edge reads: HEADER(member, "Name"). Of several lines the first counts, but those of proxies are
 * put together (a proxy may add a line of its own). Pointers stay good until the request ends. */
#define HEADERS_TABLE                                                                                                  \
    HEADER(host, "Host")                                                                                               \
    HEADER(accept, "Accept")                                                                                           \
    HEADER(origin, "Origin")                                                                                           \
    HEADER(cookie, "Cookie")                                                                                           \
    HEADER(range, "Range")                                                                                             \
    HEADER(expect, "Expect")                                                                                           \
    HEADER(if_match, "If-Match")                                                                                       \
    HEADER(if_range, "If-Range")                                                                                       \
    HEADER(user_agent, "User-Agent")                                                                                   \
    HEADER(traceparent, "Traceparent")                                                                                 \
    HEADER(content_type, "Content-Type")                                                                               \
    HEADER(authorization, "Authorization")                                                                             \
    HEADER(if_none_match, "If-None-Match")                                                                             \
    HEADER(content_length, "Content-Length")                                                                           \
    HEADER(transfer_encoding, "Transfer-Encoding")                                                                     \
    HEADER(sec_fetch_site, "Sec-Fetch-Site")                                                                           \
    HEADER(forwarded, "Forwarded")                                                                                     \
    HEADER(forwarded_for, "X-Forwarded-For")                                                                           \
    HEADER(forwarded_proto, "X-Forwarded-Proto")                                                                       \
    HEADER(last_event_id, "Last-Event-ID")                                                                             \
    HEADER(method_override, "X-HTTP-Method-Override")                                                                  \
    HEADER(idempotency_key, "Idempotency-Key")                                                                         \
    HEADER(stripe_signature, "Stripe-Signature")                                                                       \
    HEADER(preflight_method, "Access-Control-Request-Method")                                                          \
    HEADER(tus_resumable, "Tus-Resumable")                                                                             \
    HEADER(upload_length, "Upload-Length")                                                                             \
    HEADER(upload_offset, "Upload-Offset")                                                                             \
    HEADER(upload_metadata, "Upload-Metadata")                                                                         \
    HEADER(upload_concat, "Upload-Concat")                                                                             \
    HEADER(upload_checksum, "Upload-Checksum")                                                                         \
    HEADER(upload_defer, "Upload-Defer-Length")

struct headers {
#define HEADER(member, name) const char *member;
    HEADERS_TABLE
#undef HEADER
    unsigned hosts, lengths, encodings; /* how often these came */
    unsigned count;
    struct arena *arena;
    bool malformed; /* a name that is no token, a control character in a value, a folded line */
    const char *why;
};

/* Reads the headers of a request and judges their form. Values that end in blanks are copied to `arena` without. */
struct arena;
void headers_read(struct MHD_Connection *connection, struct arena *arena, struct headers *headers);

/* Why a request must not be served at all (smuggling, RFC 9112), NULL when it may. *http is 400, 501 or 505. */
const char *headers_guard(const struct headers *headers, const char *version, int *http);

/* Value of a cookie, copied to `to`; NULL when it is not there or does not fit. */
const char *headers_cookie(const struct headers *headers, const char *name, char *to, size_t size);

#endif
