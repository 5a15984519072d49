#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "db/store/store.h"
#include "http_edge/natives.h"
#include "http_edge/reply.h"
#include "http_edge/shard.h"
#include "http_edge/upload.h"
#include "protocol/node/config.h"

/* tus 1.0.0: core, creation, creation-with-upload, termination. Routes carry Tus-Resumable on every answer. */

static const char offset_type[] = "application/offset+octet-stream";

struct metadata {
    int64_t title;
    char filename[256];
};

void tus_options(struct request *request) {
    char most[32];
    snprintf(most, sizeof most, "%lld", (long long)config()->upload_bytes);
    reply_empty(request, 204);
    reply_header(request, "Tus-Version", "1.0.0");
    reply_header(request, "Tus-Extension", "creation,creation-with-upload,termination");
    reply_header(request, "Tus-Max-Size", most);
}

static bool version_spoken(struct request *request) {
    if (request->in.tus_resumable && !strcmp(request->in.tus_resumable, "1.0.0"))
        return true;
    reply_refuse(request, PRECONDITION, "tus-version", "Tus-Resumable must be 1.0.0.");
    reply_header(request, "Tus-Version", "1.0.0");
    return false;
}

static void refuse_header(struct request *request, const char *code, const char *detail) {
    reply_refuse(request, INVALID, code, detail);
}

/* Digits of a header, -1 when they are none. */
static int64_t header_number(const char *text) {
    size_t n = text ? strlen(text) : 0;
    return n && n <= 18 && strspn(text, "0123456789") == n ? strtoll(text, NULL, 10) : -1;
}

static bool has_body(const struct request *request) {
    return request->in.transfer_encoding || header_number(request->in.content_length) > 0;
}

static bool body_type(struct request *request) {
    const char *type = request->in.content_type;
    if (type && !strcasecmp(type, offset_type))
        return true;
    reply_refuse(request, UNSUPPORTED, NULL, "The content type must be application/offset+octet-stream.");
    return false;
}

/* --- Upload-Metadata --- */

static int letter(char c) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(letters, c) : NULL;
    return at ? (int)(at - letters) : -1;
}

/* Base64 with or without padding; -1 when it is none, does not fit or is no UTF-8. */
static int decode(const char *from, size_t n, char *to, size_t size) {
    uint32_t bits = 0;
    size_t wrote = 0;
    int held = 0;
    while (n && from[n - 1] == '=')
        n--;
    for (size_t i = 0; i < n; i++) {
        int six = letter(from[i]);
        if (six < 0 || wrote + 1 >= size)
            return -1;
        bits = bits << 6 | (uint32_t)six;
        if ((held += 6) >= 8)
            to[wrote++] = (char)(bits >> (held -= 8));
    }
    to[wrote] = 0;
    return text_valid(to, wrote) ? 0 : -1;
}

static void encode(const char *text, struct buffer *to) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *at = (const unsigned char *)text;
    for (size_t n = strlen(text), i = 0; i < n; i += 3) {
        uint32_t bits =
            (uint32_t)at[i] << 16 | (i + 1 < n ? (uint32_t)at[i + 1] << 8 : 0) | (i + 2 < n ? at[i + 2] : 0);
        char four[4] = {letters[bits >> 18], letters[bits >> 12 & 63], i + 1 < n ? letters[bits >> 6 & 63] : '=',
                        i + 2 < n ? letters[bits & 63] : '='};
        buffer_add(to, four, 4);
    }
}

/* "title_id NDI=,filename eC5tcDQ="; other keys are let pass. */
static int read_metadata(const char *text, struct metadata *metadata) {
    *metadata = (struct metadata){0};
    for (const char *at = text; at && *at; at += *at == ',') {
        char value[256];
        at += strspn(at, " ");
        size_t n = strcspn(at, ","), key = strcspn(at, " ,");
        const char *from = at + key + (at[key] == ' ');
        size_t bytes = (size_t)(at + n - from);
        bool title = key == 8 && !strncmp(at, "title_id", 8), name = key == 8 && !strncmp(at, "filename", 8);
        if ((title || name) && decode(from, bytes, value, sizeof value))
            return -1;
        if (title)
            metadata->title = header_number(value);
        if (name)
            snprintf(metadata->filename, sizeof metadata->filename, "%s", value);
        at += n;
    }
    return metadata->title > 0 ? 0 : -1;
}

/* --- the end of a PATCH or a POST with a body --- */

static void answer_taken(struct request *request) {
    char text[32];
    bool whole;
    int64_t offset = upload_offset(request, &whole);
    bool created = request->method == METHOD_POST;
    snprintf(text, sizeof text, "%lld", (long long)offset);
    reply_empty(request, created ? 201 : 204);
    reply_header(request, "Upload-Offset", text);
    reply_header(request, "Cache-Control", "no-store");
    if (created) {
        char where[128];
        snprintf(where, sizeof where, "%s/uploads/%s", request->dialect->row->prefix, request->upload_id);
        reply_header(request, "Location", where);
    }
}

static void finished(struct request *request) {
    if (request->answers[1].status == OK)
        answer_taken(request);
    else
        reply_problem(request, &request->answers[1]);
}

static void written(struct request *request) {
    bool whole;
    int64_t offset = upload_offset(request, &whole);
    upload_unlock(request);
    if (offset < 0)
        reply_refuse(request, UNAVAILABLE, "store-failed",
                     "The store did not take the bytes; ask for the offset and go on.");
    else if (upload_overflowed(request))
        reply_refuse(request, TOO_LARGE, NULL, "There are more bytes than the upload's length.");
    else if (whole) {
        struct upload_ref ask = {.id = request->upload_id};
        request_ask(request, 1, MSG_transcode_finish, &ask, finished);
    } else
        answer_taken(request);
}

void tus_create(struct request *request) {
    upload_finish(request, written);
}

/* The film was complete before: its end is told once more, in case that nobody heard it. */
static void told_again(struct request *request) {
    if (request->answers[1].status != OK) {
        reply_problem(request, &request->answers[1]);
        return;
    }
    reply_empty(request, 204);
    reply_header(request, "Upload-Offset", request->in.upload_offset);
    reply_header(request, "Cache-Control", "no-store");
}

void tus_patch(struct request *request) {
    struct upload_ref ask = {.id = request->upload_id};
    if (request->state)
        upload_finish(request, written);
    else
        request_ask(request, 1, MSG_transcode_finish, &ask, told_again);
}

static bool opened(struct request *request, int64_t length, int64_t *offset) {
    switch (upload_open(request, request->upload_id, length, offset)) {
    case UPLOAD_OPENED:
        return true;
    case UPLOAD_LOCKED:
        reply_refuse(request, LOCKED, NULL, "Another connection is sending this upload.");
        return false;
    case UPLOAD_TOO_MANY:
        reply_refuse(request, BUSY, NULL, "Too many uploads are arriving; try again soon.");
        return false;
    case UPLOAD_FAILED:
        reply_refuse(request, UNAVAILABLE, "store-failed", "The store cannot be written to.");
        return false;
    }
    return false;
}

/* --- POST --- */

static void created(struct request *request) {
    const struct answer *answer = &request->answers[0];
    int64_t offset;
    if (answer->status != OK) {
        reply_problem(request, answer);
        return;
    }
    const struct upload *upload = answer->value;
    request->upload_id = upload->id;
    if (opened(request, upload->length, &offset))
        request->phase = PHASE_BODY;
}

void tus_create_early(struct request *request) {
    struct metadata metadata;
    int64_t length = header_number(request->in.upload_length);
    if (!version_spoken(request) || (has_body(request) && !body_type(request)))
        return;
    if (request->in.upload_defer)
        refuse_header(request, "length-deferred", "Upload-Defer-Length is not supported; send Upload-Length.");
    else if (length < 0)
        refuse_header(request, "upload-length", "Upload-Length must be a whole number.");
    else if (length > config()->upload_bytes)
        reply_refuse(request, TOO_LARGE, NULL, "The film is larger than this server takes.");
    else if (header_number(request->in.content_length) > length)
        reply_refuse(request, TOO_LARGE, NULL, "The body is longer than Upload-Length.");
    else if (read_metadata(request->in.upload_metadata, &metadata))
        refuse_header(request, "upload-metadata", "Upload-Metadata must name title_id, in Base64.");
    else {
        struct upload_new ask = {.title_id = metadata.title,
                                 .has_title_id = true,
                                 .length = length,
                                 .has_length = true,
                                 .filename = *metadata.filename ? metadata.filename : NULL};
        request_ask(request, 0, MSG_transcode_open, &ask, created);
    }
}

/* --- what is there already --- */

/* The upload when the login may see it; what others have is not there for it. */
static const struct upload *own_upload(struct request *request) {
    const struct answer *answer = &request->answers[0];
    const struct upload *upload = answer->value;
    if (answer->status != OK) {
        reply_problem(request, answer);
        return NULL;
    }
    if (upload->owner != request->login.user && !(request->login.roles & ROLE_ADMIN)) {
        reply_refuse(request, NOT_FOUND, NULL, NULL);
        return NULL;
    }
    if (!strcmp(upload->state, "gone")) {
        reply_refuse(request, GONE, NULL, NULL);
        return NULL;
    }
    request->upload_id = upload->id;
    return upload;
}

static void ask_upload(struct request *request, void (*step)(struct request *)) {
    struct upload_ref ask = {.id = request_param(request, "upload")};
    char name[128];
    if (!version_spoken(request))
        return;
    if (upload_name(ask.id, name, sizeof name))
        reply_refuse(request, NOT_FOUND, NULL, NULL);
    else
        request_ask(request, 0, MSG_transcode_upload, &ask, step);
}

static void patch_known(struct request *request) {
    const struct upload *upload = own_upload(request);
    int64_t offset, wanted = header_number(request->in.upload_offset);
    if (!upload)
        return;
    if (!strcmp(upload->state, "finished")) {
        if (wanted == upload->length && !has_body(request))
            request->phase = PHASE_BODY;
        else
            reply_refuse(request, CONFLICT, "upload-finished", "This upload is complete.");
        return;
    }
    if (!opened(request, upload->length, &offset))
        return;
    if (offset != wanted) {
        reply_refuse(request, CONFLICT, "offset-mismatch", "Upload-Offset is not where the upload stands.");
        upload_unlock(request);
    } else if (header_number(request->in.content_length) > upload->length - offset) {
        reply_refuse(request, TOO_LARGE, NULL, "There are more bytes than the upload's length.");
        upload_unlock(request);
    } else
        request->phase = PHASE_BODY;
}

void tus_patch_early(struct request *request) {
    if (header_number(request->in.upload_offset) < 0)
        refuse_header(request, "upload-offset", "Upload-Offset must be a whole number.");
    else if (body_type(request))
        ask_upload(request, patch_known);
}

/* --- HEAD, DELETE --- */

static void answer_shown(struct request *request) {
    const struct upload *upload = request->answers[0].value;
    char text[32], name[128];
    struct buffer metadata = {0};
    int64_t size = upload_name(upload->id, name, sizeof name) ? -1 : store_size(name);
    bool done = !strcmp(upload->state, "finished");
    snprintf(text, sizeof text, "%lld", (long long)(done ? upload->length : size < 0 ? 0 : size));
    reply_empty(request, 200);
    reply_header(request, "Upload-Offset", text);
    snprintf(text, sizeof text, "%lld", (long long)upload->length);
    reply_header(request, "Upload-Length", text);
    reply_header(request, "Cache-Control", "no-store");
    snprintf(text, sizeof text, "%lld", (long long)upload->title_id);
    buffer_text(&metadata, "title_id ");
    encode(text, &metadata);
    if (upload->filename && *upload->filename) {
        buffer_text(&metadata, ",filename ");
        encode(upload->filename, &metadata);
    }
    buffer_add(&metadata, "", 1);
    if (!metadata.failed)
        reply_header(request, "Upload-Metadata", metadata.at);
    buffer_free(&metadata);
}

static void show_finished(struct request *request) {
    if (request->answers[1].status == OK)
        answer_shown(request);
    else
        reply_problem(request, &request->answers[1]);
}

/* All bytes are there but nobody was told, because something died at the wrong moment: told now, since a client that
 * sees the offset at the end asks for nothing more. */
static void show_known(struct request *request) {
    char name[128];
    const struct upload *upload = own_upload(request);
    if (!upload)
        return;
    if (!strcmp(upload->state, "open") && !upload_name(upload->id, name, sizeof name) &&
        store_size(name) == upload->length) {
        struct upload_ref ask = {.id = upload->id};
        request_ask(request, 1, MSG_transcode_finish, &ask, show_finished);
    } else
        answer_shown(request);
}

void tus_show(struct request *request) {
    ask_upload(request, show_known);
}

static void aborted(struct request *request) {
    char name[128];
    if (request->answers[1].status != OK) {
        reply_problem(request, &request->answers[1]);
        return;
    }
    if (!upload_name(request->upload_id, name, sizeof name))
        store_delete(name);
    reply_empty(request, 204);
}

static void delete_known(struct request *request) {
    if (!own_upload(request))
        return;
    struct upload_ref ask = {.id = request->upload_id};
    request_ask(request, 1, MSG_transcode_abort, &ask, aborted);
}

void tus_delete(struct request *request) {
    ask_upload(request, delete_known);
}
