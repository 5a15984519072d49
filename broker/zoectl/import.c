#include "broker/zoectl/import.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "protocol/node/clock.h"
#include "protocol/wire/codec.h"
#include "protocol/wire/header.h"

enum { BATCH_TITLES = 50, BATCH_BYTES = BODY_MAX_BYTES / 2, TRIES = 5, BAR = 30 };

struct import_file {
    gzFile gz;
    FILE *stream;
    double bytes;
};

static ssize_t unpack(void *gz, char *to, size_t size) {
    return gzread(gz, to, size < INT_MAX ? (unsigned)size : INT_MAX);
}

struct import_file *import_file_open(const char *path) {
    struct stat stat_;
    struct import_file *file = calloc(1, sizeof *file);
    if (file && !stat(path, &stat_) && S_ISREG(stat_.st_mode) && (file->gz = gzopen(path, "rb"))) {
        file->bytes = (double)stat_.st_size;
        gzbuffer(file->gz, 1 << 17);
        if ((file->stream = fopencookie(file->gz, "r", (cookie_io_functions_t){.read = unpack})))
            return file;
        gzclose(file->gz);
    }
    zoectl_complain("%s cannot be read", path);
    free(file);
    return NULL;
}

void import_file_close(struct import_file *file) {
    if (file) {
        fclose(file->stream);
        gzclose(file->gz);
    }
    free(file);
}

FILE *import_file_stream(const struct import_file *file) {
    return file->stream;
}

double import_file_done(const struct import_file *file) {
    return file->bytes > 0 ? (double)gzoffset(file->gz) / file->bytes : 1;
}

struct import {
    const char *path;
    const struct import_file *file;
    struct arena *arena; /* of the titles that are gathered */
    struct import_title items[BATCH_TITLES];
    size_t lines[BATCH_TITLES], n, bytes;
    int64_t added, changed, same, refused, began_ms, shown_ms;
    bool terminal;
};

struct import *import_open(const char *path, const struct import_file *file) {
    struct import *import = calloc(1, sizeof *import);
    struct arena *arena = arena_new();
    if (!import || !arena) {
        free(import);
        arena_free(arena);
        return NULL;
    }
    import->path = path;
    import->file = file;
    import->arena = arena;
    import->began_ms = clock_ms();
    import->terminal = isatty(STDERR_FILENO);
    return import;
}

static int64_t sum(const struct import *import) {
    return import->added + import->changed + import->same;
}

static void show(struct import *import, bool last) {
    int64_t now_ms = clock_ms(), spent_ms = now_ms - import->began_ms;
    if (!import->terminal || (!last && now_ms - import->shown_ms < 100))
        return;
    import->shown_ms = now_ms;
    int filled = last ? BAR : (int)(import_file_done(import->file) * BAR);
    fprintf(stderr, "\r[%.*s%.*s] %lld titles, %lld/s ", filled, "##############################", BAR - filled,
            "..............................", (long long)sum(import),
            (long long)(spent_ms ? sum(import) * 1000 / spent_ms : 0));
    if (last)
        fputc('\n', stderr);
}

void import_fault(struct import *import, size_t line, const char *field, const char *why) {
    import->refused++;
    if (import->terminal)
        fputs("\r\033[K", stderr);
    fprintf(stderr, "%s:%zu: %s%s%s\n", import->path, line, field, *field ? " " : "", why);
}

/* One batch; what the broker cannot do at the moment is tried again. */
static int ask(const struct import *import, size_t first, size_t n, struct zoectl_call *call) {
    struct import_batch batch = {.items = {(void *)&import->items[first], n}};
    int rc = 0;
    for (int try = 0; try < TRIES; try++) {
        *call = (struct zoectl_call){.side = "ask",
                                     .message = message_row(MSG_content_import),
                                     .value = &batch,
                                     .roles = ROLE_ADMIN,
                                     .arena = import->arena};
        rc = zoectl_call(call);
        if (!rc && !status_row(call->status)->retry && call->status != UNKNOWN_OUTCOME)
            return 0;
        usleep(200000U << try);
    }
    return rc ? rc : zoectl_refused(call);
}

static int send(struct import *import, size_t first, size_t n);

/* One of them is at fault: each goes alone, so that the others get in. */
static int send_each(struct import *import, size_t first, size_t n) {
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++)
        rc = send(import, first + i, 1);
    return rc;
}

static int send(struct import *import, size_t first, size_t n) {
    struct zoectl_call call;
    int rc = ask(import, first, n, &call);
    if (rc)
        return rc;
    if (call.status != OK && n > 1)
        return send_each(import, first, n);
    if (call.status != OK) {
        const struct problem *problem = call.answer;
        const char *field = problem && problem->field ? problem->field : "";
        const char *inner = strncmp(field, "/items/0", 8) ? "" : field + 8;
        import_fault(import, import->lines[first], inner,
                     problem && problem->detail ? problem->detail : status_row(call.status)->text);
        return call.status == FORBIDDEN ? 1 : 0;
    }
    const struct import_done *done = call.answer;
    import->added += done->added;
    import->changed += done->changed;
    import->same += done->same;
    return 0;
}

static int flush(struct import *import) {
    int rc = import->n ? send(import, 0, import->n) : 0;
    import->n = import->bytes = 0;
    arena_reset(import->arena);
    show(import, false);
    return rc;
}

int import_add(struct import *import, json_t *json, size_t line) {
    struct fault fault = {0};
    struct buffer body = {0};
    struct import_title *item = record_from_json(import_title_record(), json, true, import->arena, &fault);
    json_decref(json);
    if (!item || record_complete(import_title_record(), item, &fault) ||
        body_encode(import_title_record(), item, &body)) {
        import_fault(import, line, fault.field, *fault.why ? fault.why : "it is too large");
        buffer_free(&body);
        return 0;
    }
    size_t bytes = body.n;
    buffer_free(&body);
    if (bytes > BATCH_BYTES) {
        import_fault(import, line, "", "it is too large");
        return 0;
    }
    import->items[import->n] = *item;
    import->lines[import->n++] = line;
    import->bytes += bytes;
    return import->n == BATCH_TITLES || import->bytes > BATCH_BYTES / 2 ? flush(import) : 0;
}

int import_close(struct import *import, int rc) {
    rc = rc ? rc : flush(import);
    show(import, true);
    printf("%lld added, %lld changed, %lld as they were, %lld refused, %.1f s\n", (long long)import->added,
           (long long)import->changed, (long long)import->same, (long long)import->refused,
           (double)(clock_ms() - import->began_ms) / 1000);
    if (rc)
        zoectl_complain("it ended early; once more goes on where it ended");
    else if (import->refused)
        rc = 1;
    arena_free(import->arena);
    free(import);
    return rc;
}

int zoectl_import(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (!strcmp(what, "tmdb") && argc == 4)
        return import_tmdb(argv[2], argv[3]);
    if (!strcmp(what, "csv") && argc == 3)
        return import_csv(argv[2]);
    if (!strcmp(what, "lines") && argc == 3)
        return import_lines(argv[2]);
    return zoectl_usage("import takes tmdb MOVIES.csv CREDITS.csv, or csv FILE, or lines FILE");
}
