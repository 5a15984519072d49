#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http_edge/base64.h"
#include "http_edge/body.h"
#include "http_edge/natives.h"
#include "http_edge/reply.h"
#include "http_edge/send.h"
#include "http_edge/shard.h"
#include "http_edge/text.h"
#include "http_edge/upload.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

/* Pictures of accounts. The bytes go into the store under a name that nobody can guess, transcode makes the picture of
 * them in its sandbox, auth keeps its name; the bytes are removed at the request's end. */

enum { LARGE_MAX = 8, SIZE_LARGE = 512, SIZE_SMALL = 128, NAME_DIGITS = 32 };

__asm__(".section .rodata\n"
        "zoe_picture_default:\n"
        ".incbin \"" ZOE_PICTURES "/default.jpg\"\n"
        "zoe_picture_default_end:\n"
        ".byte 0\n"
        ".previous\n");
extern const char zoe_picture_default[], zoe_picture_default_end[];
static const struct { const char *from, *end; } nobody = {zoe_picture_default, zoe_picture_default_end};

/* --- a new picture --- */

static void kept(struct request *request) {
    if (request->answers[1].status == OK)
        reply_record(request, request->answers[1].value);
    else
        reply_problem(request, &request->answers[1]);
}

static void made(struct request *request) {
    const struct answer *answer = &request->answers[0];
    if (answer->status != OK) {
        reply_problem(request, answer);
        return;
    }
    const struct picture_made *picture = answer->value;
    const struct profile_form *form = request->form;
    struct picture_change ask = {.picture = picture->name, .name = form ? form->name : NULL};
    request_ask(request, 1, MSG_auth_picture, &ask, kept);
}

static void arrived(struct request *request) {
    bool whole;
    int64_t bytes = upload_offset(request, &whole);
    upload_unlock(request);
    if (bytes < 0) {
        reply_refuse(request, UNAVAILABLE, "store-failed", "The store did not take the picture; try again.");
        return;
    }
    if (upload_overflowed(request)) {
        reply_refuse(request, TOO_LARGE, NULL, "The picture is larger than this server takes.");
        return;
    }
    int64_t *sizes = arena_alloc(request->arena, 2 * sizeof *sizes);
    if (!sizes) {
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
        return;
    }
    sizes[0] = SIZE_LARGE, sizes[1] = SIZE_SMALL;
    struct picture_ask ask = {.file = request->upload_id, .shape = "square", .sizes = {sizes, 2}};
    request_ask(request, 0, MSG_transcode_picture, &ask, made);
}

/* False when it is answered already. */
static bool opened(struct request *request) {
    const char *file = arena_print(request->arena, "incoming/%016llx%016llx", (unsigned long long)random_u64(),
                                   (unsigned long long)random_u64());
    request->upload_id = file ? strchr(file, '/') + 1 : NULL;
    switch (file ? upload_open_temporary(request, file, config()->picture_bytes) : UPLOAD_FAILED) {
    case UPLOAD_OPENED:
        return true;
    case UPLOAD_TOO_MANY:
        reply_refuse(request, BUSY, NULL, "Too many uploads are arriving; try again soon.");
        return false;
    default:
        reply_refuse(request, UNAVAILABLE, "store-failed", "The store cannot be written to.");
        return false;
    }
}

void picture_put_early(struct request *request) {
    const char *type = request->in.content_type, *length = request->in.content_length;
    if (!type || strncasecmp(type, "image/", 6) != 0)
        reply_refuse(request, UNSUPPORTED, NULL, "The body must be a picture, Content-Type image/...");
    else if (length && strtoull(length, NULL, 10) > (uint64_t)config()->picture_bytes)
        reply_refuse(request, TOO_LARGE, NULL, "The picture is larger than this server takes.");
    else
        opened(request);
}

void picture_put(struct request *request) {
    upload_finish(request, arrived);
}

/* --- the profile as JSON --- */

/* Bodies that large are taken a few at a time. */
void profile_early(struct request *request) {
    if (request->shard->large >= LARGE_MAX) {
        reply_refuse(request, BUSY, NULL, "Too many pictures are arriving; try again soon.");
        return;
    }
    request->large = true;
    request->shard->large++;
}

static void changed(struct request *request) {
    if (request->answers[0].status == OK)
        reply_record(request, request->answers[0].value);
    else
        reply_problem(request, &request->answers[0]);
}

/* The text without the head of a data: URL (RFC 2397), which must say that it is a picture in base64. NULL when it says
 * something else. */
static const char *base64_part(const char *text) {
    if (strncasecmp(text, "data:", 5) != 0)
        return text;
    const char *comma = strchr(text, ',');
    bool good =
        comma && !strncasecmp(text + 5, "image/", 6) && comma - text > 7 && !strncasecmp(comma - 7, ";base64", 7);
    return good ? comma + 1 : NULL;
}

static void refuse_field(struct request *request, const char *why) {
    struct fault fault = {0};
    fault_set(&fault, "%s", why);
    fault_in(&fault, take_name(request->route->take, "picture"), 0);
    reply_fault(request, NULL, &fault);
}

static void take_picture(struct request *request, const char *text) {
    struct buffer bytes = {0};
    const char *part = base64_part(text);
    if (!part || base64_read(part, strlen(part), &bytes))
        refuse_field(request, "must be a picture in base64, or a data: URL of one");
    else if (bytes.n > (size_t)config()->picture_bytes)
        reply_refuse(request, TOO_LARGE, NULL, "The picture is larger than this server takes.");
    else if (opened(request)) {
        upload_data(request, bytes.at ? bytes.at : "", bytes.n);
        upload_finish(request, arrived);
    }
    buffer_free(&bytes);
}

void profile_change(struct request *request) {
    const struct profile_form *form = body_take(request);
    if (!form)
        return;
    request->form = form;
    buffer_free(&request->body);
    json_decref(request->json);
    request->json = NULL;
    if (!form->picture) {
        struct profile_ask ask = {.name = form->name};
        request_ask(request, 0, MSG_auth_profile, &ask, changed);
    } else if (!*form->picture) {
        struct picture_change ask = {.gone = true, .has_gone = true, .name = form->name};
        request_ask(request, 0, MSG_auth_picture, &ask, changed);
    } else
        take_picture(request, form->picture);
}

/* --- files --- */

static const char type[] = "image/jpeg", for_ever[] = "public, max-age=31536000, immutable";

static void send_default(struct request *request) {
    size_t n = (size_t)(nobody.end - nobody.from);
    char etag[24];
    snprintf(etag, sizeof etag, "\"%016llx\"", (unsigned long long)cache_tag(nobody.from, n));
    if (reply_unchanged(request, etag))
        reply_empty(request, 304);
    else {
        reply_response(request, 200, MHD_create_response_from_buffer(n, (void *)nobody.from, MHD_RESPMEM_PERSISTENT),
                       n);
        reply_common(request, request->response);
        reply_header(request, "Content-Type", type);
    }
    reply_header(request, "ETag", etag);
    reply_header(request, "Cache-Control", "public, max-age=86400");
}

static void no_picture(struct request *request) {
    reply_refuse(request, NOT_FOUND, "no-picture", "There is no such picture.");
}

/* NAME-SIZE.jpg: 32 hexadecimal digits, two to four decimal ones. */
void picture_file(struct request *request) {
    const char *name = request_param(request, "name");
    char path[96];
    if (!strcmp(name, "default.jpg")) {
        send_default(request);
        return;
    }
    size_t digits = strspn(name, "0123456789abcdef");
    const char *size = digits == NAME_DIGITS && name[digits] == '-' ? name + digits + 1 : "";
    size_t n = strspn(size, "0123456789");
    bool good = n >= 2 && n <= 4 && !strcmp(size + n, ".jpg");
    if (good)
        snprintf(path, sizeof path, "pictures/%.2s/%.32s/%s", name, name, size);
    if (good)
        send_mapped(request, path, type, for_ever, NULL, no_picture);
    else
        no_picture(request);
}
