#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http_edge/base64.h"
#include "http_edge/body.h"
#include "http_edge/natives.h"
#include "http_edge/picture.h"
#include "http_edge/reply.h"
#include "http_edge/send.h"
#include "http_edge/shard.h"
#include "http_edge/text.h"
#include "http_edge/upload.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

enum { LARGE_MAX = 8, NAME_DIGITS = 32 };

static const struct picture_kind profile = {"square", 512, 128};

__asm__(".section .rodata\n"
        "zoe_picture_default:\n"
        ".incbin \"" ZOE_PICTURES "/default.jpg\"\n"
        "zoe_picture_default_end:\n"
        ".byte 0\n"
        ".previous\n");
extern const char zoe_picture_default[], zoe_picture_default_end[];
static const struct { const char *from, *end; } nobody = {zoe_picture_default, zoe_picture_default_end};

/* --- a new picture --- */

static void arrived(struct request *request) {
    const struct picture_kind *kind = request->picture.kind;
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
    sizes[0] = kind->large, sizes[1] = kind->small;
    struct picture_ask ask = {.file = request->upload_id, .shape = kind->shape, .sizes = {sizes, 2}};
    request_ask(request, PICTURE_SLOT, MSG_transcode_picture, &ask, request->picture.made);
}

void picture_make(struct request *request, const struct picture_kind *kind, void (*made)(struct request *request)) {
    request->picture.kind = kind;
    request->picture.made = made;
    upload_finish(request, arrived);
}

bool picture_open(struct request *request) {
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

static void refuse_field(struct request *request, const char *field, const char *why) {
    struct fault fault = {0};
    fault_set(&fault, "%s", why);
    fault_in(&fault, field, 0);
    reply_fault(request, NULL, &fault);
}

bool picture_text(struct request *request, const char *field, const char *text) {
    struct buffer bytes = {0};
    const char *part = base64_part(text);
    bool opened = false;
    if (!part || base64_read(part, strlen(part), &bytes))
        refuse_field(request, field, "must be a picture in base64, or a data: URL of one");
    else if (bytes.n > (size_t)config()->picture_bytes)
        reply_refuse(request, TOO_LARGE, NULL, "The picture is larger than this server takes.");
    else if ((opened = picture_open(request)))
        upload_data(request, bytes.at ? bytes.at : "", bytes.n);
    buffer_free(&bytes);
    return opened;
}

/* --- the profile's --- */

static void kept(struct request *request) {
    if (request->answers[0].status == OK)
        reply_record(request, request->answers[0].value);
    else
        reply_problem(request, &request->answers[0]);
}

static void made(struct request *request) {
    const struct answer *answer = &request->answers[PICTURE_SLOT];
    if (answer->status != OK) {
        reply_problem(request, answer);
        return;
    }
    const struct picture_made *picture = answer->value;
    const struct profile_form *form = request->form;
    struct picture_change ask = {.picture = picture->name, .name = form ? form->name : NULL};
    request_ask(request, 0, MSG_auth_picture, &ask, kept);
}

void picture_put_early(struct request *request) {
    const char *type = request->in.content_type, *length = request->in.content_length;
    if (!type || strncasecmp(type, "image/", 6) != 0)
        reply_refuse(request, UNSUPPORTED, NULL, "The body must be a picture, Content-Type image/...");
    else if (length && strtoull(length, NULL, 10) > (uint64_t)config()->picture_bytes)
        reply_refuse(request, TOO_LARGE, NULL, "The picture is larger than this server takes.");
    else
        picture_open(request);
}

void picture_put(struct request *request) {
    picture_make(request, &profile, made);
}

/* --- the profile as JSON --- */

/* Bodies that large are taken a few at a time. */
void profile_early(struct request *request) {
    const char *length = request->in.content_length;
    if (length && strtoull(length, NULL, 10) <= (uint64_t)config()->body_bytes)
        return;
    if (request->shard->large >= LARGE_MAX) {
        reply_refuse(request, BUSY, NULL, "Too many pictures are arriving; try again soon.");
        return;
    }
    request->large = true;
    request->shard->large++;
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
        request_ask(request, 0, MSG_auth_profile, &ask, kept);
    } else if (!*form->picture) {
        struct picture_change ask = {.gone = true, .has_gone = true, .name = form->name};
        request_ask(request, 0, MSG_auth_picture, &ask, kept);
    } else if (picture_text(request, take_name(request->route->take, "picture"), form->picture))
        picture_make(request, &profile, made);
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
