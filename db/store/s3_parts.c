#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/store/s3.h"
#include "db/store/xml.h"

/* Objects of a bucket in parts, and what was begun and never completed. */

int s3_begin(struct place *place, const char *name, char id[PLACE_ID_BYTES]) {
    struct s3_call call = {
        .method = "POST", .name = name, .query = {{"uploads", ""}}, .query_n = 1, .last = -1, .max = S3_XML_BYTES};
    int rc = s3_send((struct s3 *)place, &call);
    if (!rc && (xml_text(&call.answer, "UploadId", id, PLACE_ID_BYTES) || !*id)) {
        errno = EIO;
        rc = -1;
    }
    s3_call_free(&call);
    return rc;
}

int s3_part(struct place *place, const char *name, const char *id, const void *bytes, struct place_part *part) {
    char number[16];
    snprintf(number, sizeof number, "%d", part->number);
    struct s3_call call = {.method = "PUT",
                           .name = name,
                           .query = {{"partNumber", number}, {"uploadId", id}},
                           .query_n = 2,
                           .body = bytes,
                           .body_n = (size_t)part->bytes,
                           .last = -1,
                           .max = S3_XML_BYTES};
    int rc = s3_just_send((struct s3 *)place, &call);
    if (!rc)
        memcpy(part->etag, call.etag, sizeof part->etag);
    if (!rc && !*part->etag) {
        errno = EIO;
        rc = -1;
    }
    return rc;
}

/* UploadPartCopy. */
int s3_part_copy(struct place *place, const char *name, const char *id, const char *from, int64_t offset,
                 struct place_part *part) {
    struct s3 *s3 = (struct s3 *)place;
    struct buffer source = {0};
    char number[16], range[64];
    snprintf(number, sizeof number, "%d", part->number);
    snprintf(range, sizeof range, "bytes=%lld-%lld", (long long)offset, (long long)(offset + part->bytes - 1));
    buffer_print(&source, "/%s/", s3->bucket);
    sign_encode(s3->prefix, 1, &source);
    sign_encode(from, 1, &source);
    struct s3_call call = {.method = "PUT",
                           .name = name,
                           .query = {{"partNumber", number}, {"uploadId", id}},
                           .query_n = 2,
                           .copy = buffer_string(&source),
                           .copy_range = range,
                           .patience_s = S3_PATIENCE_SECONDS,
                           .last = -1,
                           .max = S3_XML_BYTES};
    int rc = call.copy ? s3_send(s3, &call) : -1;
    /* The copied part's tag is in the answer's body. */
    if (!rc && (xml_text(&call.answer, "ETag", part->etag, sizeof part->etag) || !*part->etag)) {
        errno = EIO;
        rc = -1;
    }
    s3_call_free(&call);
    buffer_free(&source);
    return rc;
}

int s3_complete(struct place *place, const char *name, const char *id, const struct place_part *parts, size_t n) {
    struct buffer xml = {0};
    int64_t bytes = 0;
    buffer_text(&xml, "<CompleteMultipartUpload>");
    for (size_t i = 0; i < n; i++) {
        bytes += parts[i].bytes;
        buffer_print(&xml, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", parts[i].number, parts[i].etag);
    }
    buffer_text(&xml, "</CompleteMultipartUpload>");
    struct s3_call call = {.method = "POST",
                           .name = name,
                           .query = {{"uploadId", id}},
                           .query_n = 1,
                           .patience_s = S3_PATIENCE_SECONDS,
                           .body = xml.at,
                           .body_n = xml.n,
                           .last = -1,
                           .max = S3_XML_BYTES};
    int rc = xml.failed ? -1 : s3_just_send((struct s3 *)place, &call);
    buffer_free(&xml);
    if (!rc)
        return 0;
    /* An answer that was lost: the second try finds nothing to complete, but the object. */
    int error = errno;
    if (place_size(place, name) == bytes)
        return 0;
    errno = error;
    return -1;
}

/* --- what was begun in parts and never completed --- */

int s3_abort(struct place *place, const char *name, const char *id) {
    struct s3_call call = {
        .method = "DELETE", .name = name, .query = {{"uploadId", id}}, .query_n = 1, .last = -1, .max = S3_XML_BYTES};
    int rc = s3_just_send((struct s3 *)place, &call);
    return rc && errno != ENOENT ? -1 : 0;
}

struct unfinished {
    const char *key; /* that one, or all that begin with it */
    bool all;
};

/* Aborts what a page of ListMultipartUploads tells. How many, or -1. */
static int abort_page(struct s3 *s3, const struct buffer *page, const struct unfinished *which) {
    struct buffer entry;
    int count = 0;
    for (size_t at = 0; xml_next(page, "Upload", &at, &entry);) {
        char key[1100], id[PLACE_ID_BYTES];
        if (xml_text(&entry, "Key", key, sizeof key) || xml_text(&entry, "UploadId", id, sizeof id) ||
            (!which->all && strcmp(key, which->key) != 0) || strlen(key) <= strlen(s3->prefix))
            continue;
        const char *own = key + strlen(s3->prefix);
        if (!place_name_good(own))
            continue;
        if (s3_abort(&s3->place, own, id))
            return -1;
        count++;
    }
    return count;
}

int s3_abort_unfinished(struct s3 *s3, const char *name, bool below) {
    char key[1024];
    snprintf(key, sizeof key, "%s%s%s", s3->prefix, name, below ? "/" : "");
    struct unfinished which = {key, below};
    /* What was aborted is not listed again. */
    for (int aborted = 1; aborted > 0;) {
        char more[8] = "";
        struct s3_call call = {.method = "GET",
                               .query = {{"uploads", ""}, {"prefix", key}},
                               .query_n = 2,
                               .last = -1,
                               .max = S3_XML_BYTES};
        aborted = s3_send(s3, &call) ? -1 : abort_page(s3, &call.answer, &which);
        bool going = !xml_text(&call.answer, "IsTruncated", more, sizeof more) && !strcmp(more, "true");
        s3_call_free(&call);
        if (aborted < 0)
            return -1;
        if (!going)
            break;
    }
    return 0;
}

int s3_tidy(struct place *place, const char *name) {
    return s3_abort_unfinished((struct s3 *)place, name, false);
}
