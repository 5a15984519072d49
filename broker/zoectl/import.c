#include "broker/zoectl/import.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "broker/zoectl/systems.h"
#include "protocol/node/clock.h"
#include "protocol/wire/codec.h"
#include "protocol/wire/header.h"

enum { BATCH_TITLES = 50, BATCH_BYTES = BODY_MAX_BYTES / 2, TRIES = 5, BAR = 30, SETTLE_MS = 60000, LOOK_US = 50000 };

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

struct batch {
    struct arena *arena; /* of its titles */
    struct import_title items[BATCH_TITLES];
    size_t lines[BATCH_TITLES], n, bytes;
    struct zoectl_call call;
    pthread_t thread;
    bool flying;
    int rc;
};

/* One batch is sent and answered while the next is gathered. Never two at once: a series comes before its episodes. */
struct import {
    const char *path;
    const struct import_file *file;
    struct batch batches[2], *gathered, *sent;
    int64_t added, changed, same, refused, began_ms, shown_ms;
    bool terminal;
};

static void import_free(struct import *import) {
    for (int i = 0; i < 2; i++)
        arena_free(import->batches[i].arena);
    free(import);
}

struct import *import_open(const char *path, const struct import_file *file) {
    struct import *import = calloc(1, sizeof *import);
    if (!import)
        return NULL;
    import->gathered = &import->batches[0];
    import->sent = &import->batches[1];
    if (!(import->gathered->arena = arena_new()) || !(import->sent->arena = arena_new())) {
        import_free(import);
        return NULL;
    }
    import->path = path;
    import->file = file;
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

/* Some titles; what the broker cannot do at the moment is tried again. */
static int ask(struct batch *batch, size_t first, size_t n) {
    struct import_batch said = {.items = {&batch->items[first], n}};
    struct zoectl_call *call = &batch->call;
    int rc = 0;
    for (int try = 0; try < TRIES; try++) {
        *call = (struct zoectl_call){.side = "ask",
                                     .message = message_row(MSG_content_import),
                                     .value = &said,
                                     .roles = ROLE_ADMIN,
                                     .arena = batch->arena};
        rc = zoectl_call(call);
        if (!rc && !status_row(call->status)->retry && call->status != UNKNOWN_OUTCOME)
            return 0;
        usleep(200000U << try);
    }
    return rc ? rc : zoectl_refused(call);
}

static void *fly(void *arg) {
    struct batch *batch = arg;
    batch->rc = ask(batch, 0, batch->n);
    return NULL;
}

static int settle(struct import *import, struct batch *batch, size_t first, size_t n);

/* One of them is at fault: each goes alone, so that the others get in. */
static int send_each(struct import *import, struct batch *batch, size_t n) {
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++)
        if (!(rc = ask(batch, i, 1)))
            rc = settle(import, batch, i, 1);
    return rc;
}

/* Counts or reports what was answered. */
static int settle(struct import *import, struct batch *batch, size_t first, size_t n) {
    const struct zoectl_call *call = &batch->call;
    if (call->status != OK && n > 1)
        return send_each(import, batch, n);
    if (call->status != OK) {
        const struct problem *problem = call->answer;
        const char *field = problem && problem->field ? problem->field : "";
        const char *inner = strncmp(field, "/items/0", 8) ? "" : field + 8;
        import_fault(import, batch->lines[first], inner,
                     problem && problem->detail ? problem->detail : status_row(call->status)->text);
        return call->status == FORBIDDEN ? 1 : 0;
    }
    const struct import_done *done = call->answer;
    import->added += done->added;
    import->changed += done->changed;
    import->same += done->same;
    return 0;
}

/* Waits for the batch that is under way. */
static int land(struct import *import) {
    struct batch *batch = import->sent;
    int rc = 0;
    if (batch->flying) {
        pthread_join(batch->thread, NULL);
        batch->flying = false;
        rc = batch->rc ? batch->rc : settle(import, batch, 0, batch->n);
    }
    batch->n = batch->bytes = 0;
    arena_reset(batch->arena);
    show(import, false);
    return rc;
}

static int flush(struct import *import) {
    struct batch *batch = import->gathered;
    int rc = land(import);
    if (rc || !batch->n)
        return rc;
    if (pthread_create(&batch->thread, NULL, fly, batch))
        return EX_OSERR;
    batch->flying = true;
    import->gathered = import->sent;
    import->sent = batch;
    return 0;
}

/* Until search knows all that came: a moment, unless the service or its outbox is held up. */
static int await_index(struct import *import) {
    struct batch *batch = import->gathered;
    int64_t until_ms = clock_ms() + SETTLE_MS;
    for (;;) {
        int rc = ask(batch, 0, 0);
        const struct import_done *done = batch->call.answer;
        if (rc || batch->call.status != OK)
            return rc ? rc : zoectl_refused(&batch->call);
        if (!done->waiting)
            return 0;
        if (clock_ms() > until_ms) {
            zoectl_complain("search does not know all of them yet; it goes on by itself");
            return 0;
        }
        arena_reset(batch->arena);
        usleep(LOOK_US);
    }
}

int import_add(struct import *import, json_t *json, size_t line) {
    struct batch *batch = import->gathered;
    struct fault fault = {0};
    struct buffer body = {0};
    struct import_title *item = record_from_json(import_title_record(), json, true, batch->arena, &fault);
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
    batch->items[batch->n] = *item;
    batch->lines[batch->n++] = line;
    batch->bytes += bytes;
    return batch->n == BATCH_TITLES || batch->bytes > BATCH_BYTES / 2 ? flush(import) : 0;
}

int import_close(struct import *import, int rc) {
    rc = rc ? rc : flush(import);
    int last = land(import);
    rc = rc ? rc : last;
    if (!rc && import->added + import->changed)
        rc = await_index(import);
    show(import, true);
    printf("%lld added, %lld changed, %lld as they were, %lld refused, %.1f s\n", (long long)import->added,
           (long long)import->changed, (long long)import->same, (long long)import->refused,
           (double)(clock_ms() - import->began_ms) / 1000);
    if (rc)
        zoectl_complain("it ended early; once more goes on where it ended");
    else if (import->refused)
        rc = 1;
    import_free(import);
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
    if (system_find(what) && argc > 2)
        return import_system(system_find(what), argc - 2, argv + 2);
    return zoectl_usage(
        "import takes tmdb MOVIES.csv CREDITS.csv, csv FILE, lines FILE, or SYSTEM SOURCE [--dry-run] "
        "[--media FOLDER] [--as NAME] with veeplay, videoapp, videoflix_hls, videoflix_s3 or streamify");
}
