#include "http_edge/cors.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http_edge/proxy.h"
#include "protocol/node/config.h"

static char origins[ORIGINS_MAX][256];
static int origins_n;

int cors_open(void) {
    for (const char *at = config()->cors_origins; *at; at += *at == ',') {
        at += strspn(at, " ");
        size_t n = strcspn(at, ",");
        size_t trimmed = n;
        while (trimmed && (at[trimmed - 1] == ' ' || at[trimmed - 1] == '/'))
            trimmed--;
        if (origins_n == ORIGINS_MAX || trimmed >= sizeof origins[0])
            return -1;
        if (trimmed)
            memcpy(origins[origins_n++], at, trimmed);
        at += n;
    }
    return 0;
}

int cors_origin(const char *origin) {
    for (int i = 0; origin && i < origins_n; i++)
        if (!strcmp(origins[i], origin))
            return i;
    return -1;
}

const char *cors_origin_text(int number) {
    return origins[number];
}

void cors_add(struct MHD_Response *response, int number) {
    MHD_add_response_header(response, "Access-Control-Allow-Origin", origins[number]);
    MHD_add_response_header(response, "Access-Control-Allow-Credentials", "true");
    MHD_add_response_header(response, "Access-Control-Expose-Headers",
                            "Location, ETag, Retry-After, Traceresponse, Upload-Offset, Upload-Length, Tus-Resumable, "
                            "Tus-Version, Tus-Max-Size, Tus-Extension, Tus-Checksum-Algorithm, Upload-Expires, "
                            "Upload-Metadata, Upload-Concat, Content-Range, Accept-Ranges, Idempotency-Replayed");
}

void cors_methods(unsigned methods, char to[96]) {
    size_t n = 0;
    to[0] = 0;
    for (unsigned i = 0; i < METHOD_COUNT; i++)
        if (methods & 1u << i)
            n += (size_t)snprintf(to + n, 96 - n, "%s%s", n ? ", " : "", method_name(i));
}

/* http://host of an origin against the request's own Host. Where TLS is, a page that came without it may be anybody's
 * on the way. */
static bool own_origin(struct request *request) {
    const char *host = strstr(request->in.origin, "://");
    bool plain = !strncasecmp(request->in.origin, "http://", 7);
    if (plain && (proxy_secure(request) || !strcmp(config()->cookie_secure, "on")))
        return false;
    return host && request->in.host && !strcasecmp(host + 3, request->in.host);
}

bool cors_same_site(struct request *request) {
    if (request->in.origin)
        return cors_origin(request->in.origin) >= 0 || own_origin(request);
    const char *site = request->in.sec_fetch_site;
    return !site || !strcmp(site, "same-origin") || !strcmp(site, "none");
}
