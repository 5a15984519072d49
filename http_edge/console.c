#include "http_edge/console.h"

#include <stdio.h>
#include <string.h>

#include "http_edge/cache.h"
#include "http_edge/natives.h"
#include "http_edge/reply.h"
#include "http_edge/text.h"

/* ASSET(number, "name"): a row for each file, written by CMake. */
#define ASSET(i, file)                                                                                                 \
    __asm__(".section .rodata\n"                                                                                       \
            "zoe_console_" #i ":\n"                                                                                    \
            ".incbin \"" ZOE_CONSOLE "/" file "\"\n"                                                                   \
            "zoe_console_end_" #i ":\n"                                                                                \
            ".byte 0\n"                                                                                                \
            ".previous\n");                                                                                            \
    extern const char zoe_console_##i[], zoe_console_end_##i[];
#include "http_edge/console_files.def"
#undef ASSET

static struct asset {
    const char *name, *from, *end;
    struct MHD_Response *response;
    char etag[24];
} assets[] = {
#define ASSET(i, file) {.name = file, .from = zoe_console_##i, .end = zoe_console_end_##i},
#include "http_edge/console_files.def"
#undef ASSET
    {.name = NULL}};

static const struct {
    const char *end, *type;
} types[] = {{".html", "text/html; charset=utf-8"},
             {".js", "text/javascript; charset=utf-8"},
             {".mjs", "text/javascript; charset=utf-8"},
             {".css", "text/css; charset=utf-8"},
             {".svg", "image/svg+xml"},
             {".png", "image/png"},
             {".ico", "image/x-icon"},
             {".webmanifest", "application/manifest+json"},
             {".txt", "text/plain; charset=utf-8"}};

/* Players make their media from blobs and decode in workers of their own. */
static const char policy[] =
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' "
    "blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";

static const char *type_of(const char *name) {
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (!strcmp(types[i].end, dot))
            return types[i].type;
    return "application/octet-stream";
}

int console_open(void) {
    for (struct asset *asset = assets; asset->name; asset++) {
        size_t n = (size_t)(asset->end - asset->from);
        asset->response = MHD_create_response_from_buffer(n, (void *)asset->from, MHD_RESPMEM_PERSISTENT);
        if (!asset->response)
            return -1;
        snprintf(asset->etag, sizeof asset->etag, "\"%016llx\"", (unsigned long long)cache_tag(asset->from, n));
        reply_common(NULL, asset->response);
        MHD_add_response_header(asset->response, "Content-Type", type_of(asset->name));
        MHD_add_response_header(asset->response, "ETag", asset->etag);
        MHD_add_response_header(asset->response, "Cache-Control", "no-cache");
        MHD_add_response_header(asset->response, "Content-Security-Policy", policy);
        MHD_add_response_header(asset->response, "Cross-Origin-Opener-Policy", "same-origin");
    }
    return 0;
}

void console_home(struct request *request) {
    reply_empty(request, 302);
    reply_header(request, "Location", "/console/");
}

void console_file(struct request *request) {
    const char *name = request_param(request, "file");
    if (!*name)
        name = "index.html";
    for (struct asset *asset = assets; asset->name; asset++) {
        if (strcmp(asset->name, name) != 0)
            continue;
        if (reply_unchanged(request, asset->etag)) {
            reply_empty(request, 304);
            reply_header(request, "ETag", asset->etag);
        } else
            reply_shared(request, 200, asset->response, (uint64_t)(asset->end - asset->from));
        return;
    }
    reply_refuse(request, NOT_FOUND, "no-route", "There is no such page.");
}
