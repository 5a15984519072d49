#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"

/* A final upload's bytes, from its partial ones. A part that lies within one of them is copied by the store itself;
 * where two meet, at most a part is read. Who dies on the way leaves a multipart upload, which the next one aborts. */

struct partial {
    const char *name;
    int64_t length;
};

struct joining {
    struct task *task;
    const char *name;
    int64_t length, part_bytes;
    struct partial *partials;
    size_t count, at; /* at, offset: what comes next */
    int64_t offset;
    char multipart[PLACE_ID_BYTES];
    struct buffer bytes; /* of a part that is read */
};

static int load(struct joining *joining) {
    struct task *task = joining->task;
    struct rows *rows = db_run(task->db, Q_upload_partials, NULL, NULL, ARGS(ARG_TEXT("upload", task->upload)));
    int64_t length = 0;
    joining->count = rows ? rows_count(rows) : 0;
    joining->partials = arena_alloc(task->arena, (joining->count + 1) * sizeof *joining->partials);
    for (size_t i = 0; joining->partials && i < joining->count; i++) {
        struct partial *partial = &joining->partials[i];
        partial->name = arena_print(task->arena, "uploads/%s", rows_text(rows, i, "id"));
        partial->length = rows_int(rows, i, "length");
        length += partial->length;
    }
    rows_free(rows);
    return joining->partials && joining->count && length == joining->length ? 0 : -1;
}

/* Gathers the part's bytes over the borders. */
static int read_part(struct joining *joining, const struct place_part *part) {
    size_t at = joining->at;
    int64_t offset = joining->offset;
    joining->bytes.n = 0;
    while ((int64_t)joining->bytes.n < part->bytes) {
        const struct partial *partial = &joining->partials[at];
        int64_t left = part->bytes - (int64_t)joining->bytes.n, some = partial->length - offset;
        struct place_get get = {.offset = offset, .count = some < left ? some : left, .max = (size_t)part->bytes};
        if (place_get(store_place(), partial->name, &get))
            return -1;
        bool whole = (int64_t)get.body.n == get.count;
        buffer_add(&joining->bytes, get.body.at, get.body.n);
        buffer_free(&get.body);
        if (!whole || joining->bytes.failed)
            return -1;
        at++;
        offset = 0;
    }
    return 0;
}

static void step(struct joining *joining, int64_t bytes) {
    while (bytes) {
        int64_t left = joining->partials[joining->at].length - joining->offset, some = left < bytes ? left : bytes;
        bytes -= some;
        joining->offset += some;
        if (joining->offset == joining->partials[joining->at].length) {
            joining->at++;
            joining->offset = 0;
        }
    }
}

static int make_part(struct joining *joining, struct place_part *part) {
    const struct partial *partial = &joining->partials[joining->at];
    bool within = joining->offset + part->bytes <= partial->length;
    int rc = -1;
    errno = ENOTSUP;
    if (within)
        rc = place_part_copy(store_place(), joining->name, joining->multipart, partial->name, joining->offset, part);
    /* Not every store copies. */
    if (rc && errno == ENOTSUP)
        rc = read_part(joining, part)
                 ? -1
                 : place_part(store_place(), joining->name, joining->multipart, joining->bytes.at, part);
    if (!rc)
        step(joining, part->bytes);
    return rc;
}

static enum outcome make_parts(struct joining *joining, struct place_part *parts, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int64_t offset = (int64_t)i * joining->part_bytes, left = joining->length - offset;
        parts[i] = (struct place_part){
            .number = (int)i + 1, .offset = offset, .bytes = left < joining->part_bytes ? left : joining->part_bytes};
        if (make_part(joining, &parts[i]))
            return TASK_LATER;
        if (!task_renew(joining->task))
            return TASK_LOST;
    }
    return place_complete(store_place(), joining->name, joining->multipart, parts, n) ? TASK_LATER : TASK_DONE;
}

static enum outcome build(struct joining *joining, const char *left_over) {
    struct task *task = joining->task;
    size_t n = (size_t)((joining->length + joining->part_bytes - 1) / joining->part_bytes);
    if (*left_over)
        place_abort(store_place(), joining->name, left_over);
    /* The one before died after its last step. */
    if (store_size(joining->name) == joining->length)
        return TASK_DONE;
    struct place_part *parts = load(joining) ? NULL : calloc(n, sizeof *parts);
    place_tidy(store_place(), joining->name);
    if (!parts || place_begin(store_place(), joining->name, joining->multipart)) {
        free(parts);
        return TASK_LATER;
    }
    rows_free(db_run(task->db, Q_upload_joining, NULL, NULL,
                     ARGS(ARG_TEXT("upload", task->upload), ARG_TEXT("multipart", joining->multipart))));
    enum outcome outcome = db_status(task->db) == OK ? make_parts(joining, parts, n) : TASK_LATER;
    if (outcome != TASK_DONE)
        place_abort(store_place(), joining->name, joining->multipart);
    buffer_free(&joining->bytes);
    free(parts);
    return outcome;
}

/* The partial ones are spent only when whoever holds the task says so. */
static enum outcome record(struct task *task) {
    if (db_begin(task->db) != OK)
        return TASK_LATER;
    enum outcome outcome = task_held(task);
    if (outcome == TASK_DONE) {
        rows_free(db_run(task->db, Q_upload_joined, NULL, NULL, ARGS(ARG_TEXT("upload", task->upload))));
        if (db_status(task->db) == OK)
            rows_free(db_run(task->db, Q_upload_partials_spent, NULL, NULL, ARGS(ARG_TEXT("upload", task->upload))));
        outcome = db_status(task->db) == OK && db_commit(task->db) == OK ? TASK_DONE : TASK_LATER;
    }
    if (outcome != TASK_DONE)
        db_rollback(task->db);
    return outcome;
}

enum outcome partials_join(struct task *task) {
    struct rows *rows = db_run(task->db, Q_upload_unjoined, NULL, NULL, ARGS(ARG_TEXT("upload", task->upload)));
    if (!rows)
        return TASK_LATER;
    bool needed = rows_count(rows) > 0;
    struct joining joining = {.task = task, .length = needed ? rows_int(rows, 0, "length") : 0};
    const char *left_over = arena_text(task->arena, needed ? rows_text(rows, 0, "multipart") : "");
    rows_free(rows);
    if (!needed)
        return TASK_DONE;
    joining.name = arena_print(task->arena, "uploads/%s", task->upload);
    joining.part_bytes = place_part_bytes(joining.length);
    enum outcome outcome = !joining.name || !left_over ? TASK_LATER : build(&joining, left_over);
    if (outcome == TASK_DONE)
        outcome = record(task);
    if (outcome == TASK_DONE)
        uploads_remove_spent(task->db);
    return outcome;
}
