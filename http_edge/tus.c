#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "db/store/store.h"
#include "http_edge/concat.h"
#include "http_edge/metadata.h"
#include "http_edge/natives.h"
#include "http_edge/once.h"
#include "http_edge/piece.h"
#include "http_edge/reply.h"
#include "http_edge/shard.h"
#include "http_edge/text.h"
#include "http_edge/upload.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

/* tus 1.0.0: core, creation, creation-with-upload, checksum, concatenation (concat.c), expiration, termination. Routes
 * carry Tus-Resumable on every answer. */

static const char offset_type[] = "application/offset+octet-stream";

void tus_options(struct request *request) {
    char most[32];
    snprintf(most, sizeof most, "%lld", (long long)config()->upload_bytes);
    reply_empty(request, 204);
    reply_header(request, "Tus-Version", "1.0.0");
    reply_header(request, "Tus-Extension",
                 "creation,creation-with-upload,checksum,concatenation,expiration,termination");
    reply_header(request, "Tus-Checksum-Algorithm", PIECE_ALGORITHMS);
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

static bool has_body(const struct request *request) {
    return request->in.transfer_encoding || metadata_number(request->in.content_length) > 0;
}

static bool body_type(struct request *request) {
    const char *type = request->in.content_type;
    if (type && !strcasecmp(type, offset_type))
        return true;
    reply_refuse(request, UNSUPPORTED, NULL, "The content type must be application/offset+octet-stream.");
    return false;
}

/* A checksum that could not be compared is no reason to take the bytes. */
static bool checksum_good(struct request *request) {
    switch (piece_read(request->in.upload_checksum, NULL)) {
    case PIECE_UNKNOWN:
        reply_refuse(request, INVALID, "checksum-algorithm", "Upload-Checksum may be of " PIECE_ALGORITHMS ".");
        return false;
    case PIECE_MALFORMED:
        reply_refuse(request, INVALID, "checksum-malformed",
                     "Upload-Checksum must be an algorithm and a digest in Base64.");
        return false;
    default:
        return true;
    }
}

/* --- the end of a PATCH or a POST with a body --- */

/* When an upload that is not finished will be given up (tus 1.0, expiration). */
static void tell_expiry(struct request *request) {
    const struct upload *upload = request->answers[0].status == OK ? request->answers[0].value : NULL;
    char text[40];
    struct tm at;
    bool ends = upload && (!strcmp(upload->state, "open") || concat_kind(upload->concat) == CONCAT_PARTIAL);
    if (!ends || !upload->has_created_at)
        return;
    time_t until = upload->created_at / 1000 + config()->upload_seconds;
    if (gmtime_r(&until, &at) && strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &at))
        reply_header(request, "Upload-Expires", text);
}

static void tell_place(struct request *request, const char *id) {
    char where[128];
    snprintf(where, sizeof where, "%s/uploads/%s", request->dialect->row->prefix, id);
    reply_header(request, "Location", where);
    once_tell(request);
}

static void answer_offset(struct request *request, int64_t offset) {
    char text[32];
    bool created = request->method == METHOD_POST;
    snprintf(text, sizeof text, "%lld", (long long)offset);
    reply_empty(request, created ? 201 : 204);
    reply_header(request, "Upload-Offset", text);
    reply_header(request, "Cache-Control", "no-store");
    tell_expiry(request);
    if (created)
        tell_place(request, request->upload_id);
}

/* 460 is the protocol's own status. The upload that a POST made is there, without its bytes. */
static void refuse_checksum(struct request *request) {
    struct refusal refusal = {.status = INVALID,
                              .http = 460,
                              .code = "checksum-mismatch",
                              .detail = "The bytes do not have the checksum that was told; none of them was kept."};
    reply_refusal(request, &refusal);
    if (request->method == METHOD_POST)
        tell_place(request, request->upload_id);
}

static void answer_taken(struct request *request) {
    bool whole;
    answer_offset(request, upload_offset(request, &whole));
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
    else if (upload_mismatched(request))
        refuse_checksum(request);
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

/* --- opening --- */

struct opening {
    int64_t length, offset;
    void (*then)(struct request *request, int64_t offset);
};

static void refuse_open(struct request *request, enum upload_open why) {
    switch (why) {
    case UPLOAD_LOCKED:
        reply_refuse(request, LOCKED, NULL, "Another connection is sending this upload.");
        break;
    case UPLOAD_TOO_MANY:
        reply_refuse(request, BUSY, NULL, "Too many uploads are arriving; try again soon.");
        break;
    case UPLOAD_FAILED:
        reply_refuse(request, UNAVAILABLE, "store-failed", "The store cannot be written to.");
        break;
    case UPLOAD_OPENED:
        break;
    }
}

static void tail_read(struct request *request) {
    const struct opening *opening = request->order;
    if (upload_failed(request))
        refuse_open(request, UPLOAD_FAILED);
    else
        opening->then(request, opening->offset);
}

static void leased(struct request *request) {
    struct opening *opening = (struct opening *)request->order;
    const struct answer *answer = &request->answers[2];
    if (answer->status != OK) {
        reply_problem(request, answer);
        return;
    }
    refuse_open(request, upload_open_leased(request, answer->value, opening->length, &opening->offset, tail_read));
}

/* Goes on with `then` when the bytes can come. A folder is locked, a bucket leased. */
static void open_then(struct request *request, int64_t length, void (*then)(struct request *, int64_t)) {
    int64_t offset;
    struct opening *opening = arena_alloc(request->arena, sizeof *opening);
    const char *holder = arena_print(request->arena, "%016llx%016llx", (unsigned long long)random_u64(),
                                     (unsigned long long)random_u64());
    if (!opening || !holder)
        refuse_open(request, UPLOAD_FAILED);
    else if (!store_remote()) {
        enum upload_open result = upload_open(request, request->upload_id, length, &offset);
        if (result == UPLOAD_OPENED)
            then(request, offset);
        else
            refuse_open(request, result);
    } else {
        struct upload_lease_ask ask = {.id = request->upload_id, .holder = holder};
        *opening = (struct opening){.length = length, .then = then};
        request->order = opening;
        request_ask(request, 2, MSG_transcode_lease, &ask, leased);
    }
}

static void take_body(struct request *request, int64_t offset) {
    struct piece *piece = NULL;
    (void)offset;
    if (piece_read(request->in.upload_checksum, &piece) == PIECE_GOOD) {
        if (!piece) {
            upload_unlock(request);
            reply_refuse(request, UNAVAILABLE, NULL, NULL);
            return;
        }
        upload_expect(request, piece);
    }
    request->phase = PHASE_BODY;
}

/* --- POST --- */

/* The request was sent before: a body's beginning may be there already, so that only an empty upload takes it. */
static void opened_before(struct request *request, int64_t offset) {
    if (offset && has_body(request)) {
        upload_unlock(request);
        answer_offset(request, offset);
    } else
        take_body(request, offset);
}

static void created_before(struct request *request) {
    const struct answer *answer = &request->answers[1];
    const struct upload *upload = answer->value;
    if (answer->status != OK)
        reply_problem(request, answer);
    else if (!strcmp(upload->state, "finished"))
        answer_offset(request, upload->length);
    else
        open_then(request, upload->length, opened_before);
}

static void created(struct request *request) {
    const struct answer *answer = &request->answers[0];
    if (answer->status != OK) {
        reply_problem(request, answer);
        return;
    }
    const struct upload *upload = answer->value;
    struct upload_ref ask = {.id = upload->id};
    request->upload_id = upload->id;
    if (answer->replayed)
        request_ask(request, 1, MSG_transcode_upload, &ask, created_before);
    else
        open_then(request, upload->length, take_body);
}

/* What the client wants made is said by its headers. */
static int take_key(struct request *request) {
    const char *length = request->in.upload_length, *metadata = request->in.upload_metadata;
    const char *concat = request->in.upload_concat;
    const char *what = arena_print(request->arena, "%s %s%s%s", length ? length : "", metadata ? metadata : "",
                                   concat ? " " : "", concat ? concat : "");
    if (what)
        return once_take(request, what, strlen(what));
    reply_refuse(request, UNAVAILABLE, NULL, NULL);
    return -1;
}

/* One upload, of a whole film or a part of one. */
static void create_one(struct request *request, bool partial) {
    struct metadata metadata;
    int64_t length = metadata_number(request->in.upload_length);
    if (request->in.upload_defer)
        refuse_header(request, "length-deferred", "Upload-Defer-Length is not supported; send Upload-Length.");
    else if (length < 0)
        refuse_header(request, "upload-length", "Upload-Length must be a whole number.");
    else if (length > config()->upload_bytes)
        reply_refuse(request, TOO_LARGE, NULL, "The film is larger than this server takes.");
    else if (metadata_number(request->in.content_length) > length)
        reply_refuse(request, TOO_LARGE, NULL, "The body is longer than Upload-Length.");
    else if (metadata_read(request->in.upload_metadata, &metadata) || (!metadata.title && !partial))
        refuse_header(request, "upload-metadata",
                      "Upload-Metadata must name title_id, in Base64, each key once, in 4000 bytes at the most.");
    else if (!take_key(request)) {
        struct upload_new ask = {.title_id = metadata.title,
                                 .has_title_id = metadata.title > 0,
                                 .length = length,
                                 .has_length = true,
                                 .filename = *metadata.filename ? metadata.filename : NULL,
                                 .metadata = request->in.upload_metadata,
                                 .partial = partial,
                                 .has_partial = true};
        request_ask(request, 0, MSG_transcode_open, &ask, created);
    }
}

static void joined(struct request *request) {
    const struct answer *answer = &request->answers[0];
    if (answer->status != OK) {
        reply_problem(request, answer);
        return;
    }
    reply_empty(request, 201);
    reply_header(request, "Cache-Control", "no-store");
    tell_place(request, ((const struct upload *)answer->value)->id);
}

/* The film of partial uploads that are whole. */
static void create_final(struct request *request) {
    struct metadata metadata;
    const char *concat = request->in.upload_concat, *ids[CONCAT_PARTS_MAX];
    int parts = concat_parts(concat, request->arena, ids);
    if (has_body(request) || request->in.upload_length)
        refuse_header(request, "upload-length", "A final upload has neither a body nor Upload-Length.");
    else if (parts < 0)
        refuse_header(request, "upload-concat", "Upload-Concat must name 1 to 100 partial uploads.");
    else if (metadata_read(request->in.upload_metadata, &metadata) || !metadata.title)
        refuse_header(request, "upload-metadata",
                      "Upload-Metadata must name title_id, in Base64, each key once, in 4000 bytes at the most.");
    else if (!take_key(request)) {
        struct upload_join ask = {.title_id = metadata.title,
                                  .has_title_id = true,
                                  .filename = *metadata.filename ? metadata.filename : NULL,
                                  .metadata = request->in.upload_metadata,
                                  .concat = concat,
                                  .parts = {.at = ids, .n = (size_t)parts}};
        request_ask(request, 0, MSG_transcode_join, &ask, joined);
    }
}

void tus_create_early(struct request *request) {
    if (!version_spoken(request) || (has_body(request) && !body_type(request)) || !checksum_good(request))
        return;
    switch (concat_kind(request->in.upload_concat)) {
    case CONCAT_NONE:
        create_one(request, false);
        break;
    case CONCAT_PARTIAL:
        create_one(request, true);
        break;
    case CONCAT_FINAL:
        create_final(request);
        break;
    case CONCAT_UNKNOWN:
        refuse_header(request, "upload-concat", "Upload-Concat must be partial, or final with its parts.");
        break;
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

static void patch_opened(struct request *request, int64_t offset) {
    const struct upload *upload = request->answers[0].value;
    if (offset != metadata_number(request->in.upload_offset)) {
        reply_refuse(request, CONFLICT, "offset-mismatch", "Upload-Offset is not where the upload stands.");
        upload_unlock(request);
    } else if (metadata_number(request->in.content_length) > upload->length - offset) {
        reply_refuse(request, TOO_LARGE, NULL, "There are more bytes than the upload's length.");
        upload_unlock(request);
    } else
        take_body(request, offset);
}

static void patch_known(struct request *request) {
    const struct upload *upload = own_upload(request);
    int64_t wanted = metadata_number(request->in.upload_offset);
    if (!upload)
        return;
    if (concat_kind(upload->concat) == CONCAT_FINAL) {
        reply_refuse(request, FORBIDDEN, "upload-final", "A final upload has the bytes of its parts.");
        return;
    }
    if (!strcmp(upload->state, "finished")) {
        if (wanted == upload->length && !has_body(request))
            request->phase = PHASE_BODY;
        else
            reply_refuse(request, CONFLICT, "upload-finished", "This upload is complete.");
        return;
    }
    /* Where a bucket's upload stands is known without its lease. */
    if (store_remote() && upload->stored != wanted)
        reply_refuse(request, CONFLICT, "offset-mismatch", "Upload-Offset is not where the upload stands.");
    else
        open_then(request, upload->length, patch_opened);
}

void tus_patch_early(struct request *request) {
    /* The protocol's version goes before everything else that may be wrong. */
    if (!version_spoken(request))
        return;
    if (metadata_number(request->in.upload_offset) < 0)
        refuse_header(request, "upload-offset", "Upload-Offset must be a whole number.");
    else if (body_type(request) && checksum_good(request))
        ask_upload(request, patch_known);
}

/* --- HEAD, DELETE --- */

/* A folder is looked into, as far as bytes count; of a bucket is known what is safe there. */
static int64_t stored_bytes(const struct upload *upload, const char *name) {
    if (store_remote())
        return upload->stored;
    int64_t size = store_size(name), marked = piece_marked(upload->id);
    return marked >= 0 && marked < size ? marked : size;
}

/* -1: of a final upload that is not put together yet nothing is told. */
static int64_t shown_offset(const struct upload *upload) {
    char name[128];
    if (concat_kind(upload->concat) == CONCAT_FINAL)
        return upload->stored == upload->length ? upload->length : -1;
    if (!strcmp(upload->state, "finished"))
        return upload->length;
    int64_t size = upload_name(upload->id, name, sizeof name) ? -1 : stored_bytes(upload, name);
    return size < 0 ? 0 : size;
}

static void answer_shown(struct request *request) {
    const struct upload *upload = request->answers[0].value;
    char text[32];
    struct buffer metadata = {0};
    int64_t offset = shown_offset(upload);
    reply_empty(request, 200);
    snprintf(text, sizeof text, "%lld", (long long)offset);
    if (offset >= 0)
        reply_header(request, "Upload-Offset", text);
    snprintf(text, sizeof text, "%lld", (long long)upload->length);
    reply_header(request, "Upload-Length", text);
    reply_header(request, "Cache-Control", "no-store");
    if (upload->concat)
        reply_header(request, "Upload-Concat", upload->concat);
    tell_expiry(request);
    if (upload->metadata)
        buffer_text(&metadata, upload->metadata);
    else /* of before it was kept as it came */
        metadata_write(upload->title_id, upload->filename, &metadata);
    if (metadata.n && buffer_string(&metadata))
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
        stored_bytes(upload, name) == upload->length) {
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
    if (!store_remote() && !upload_name(request->upload_id, name, sizeof name)) {
        store_delete(name);
        piece_unmark(request->upload_id);
    }
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
