#include "http_edge/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/store/store.h"
#include "http_edge/far.h"
#include "http_edge/piece.h"
#include "http_edge/shard.h"
#include "http_edge/workers.h"
#include "protocol/node/log.h"

enum {
    UPLOADS_MAX = 64,
    WORKERS = 4,
    QUEUE_HIGH_BYTES = 1 << 20,
    QUEUE_LOW_BYTES = 1 << 18,
    PIECE_PARTS_MAX = 1000, /* of a piece that has a checksum: they are told all at once */
    FLUSH_BYTES = 32 << 20  /* dirty pages are pushed out on the way, so that the last fsync is short */
};

enum job_kind { JOB_OPEN, JOB_WRITE, JOB_SYNC, JOB_CLOSE };

struct job {
    struct work work; /* first: the worker gets its address */
    struct arrival *arrival;
    enum job_kind kind;
    int error;
    struct place_part part; /* number not 0: it was sent to the bucket */
    size_t n;
    char data[];
};

/* `fd`, `at`, `flushed`, `far` and `piece` belong to the worker while jobs are queued, the rest to the shard. */
struct arrival {
    struct uploads *uploads;
    struct request *request; /* NULL after its end */
    unsigned lane;
    int fd;          /* -1: into a bucket */
    struct far *far; /* NULL: into a folder */
    int64_t at, flushed;
    struct piece *piece; /* NULL: every byte counts as it comes */
    int64_t from;        /* where the request's bytes begin */
    int64_t taken, written, length, most;
    size_t queued;
    int error;
    unsigned tellings; /* under way to the transcode service */
    char id[65];
    char *temporary; /* name in the store: the file goes with the request */
    bool overflowed, finishing, synced, closed, marked, mismatched;
    void (*step)(struct request *request);
};

struct uploads {
    struct shard *shard;
    struct workers *workers;
    unsigned count, turn;
};

/* --- on a worker's thread --- */

/* Before the first byte that may not count. */
static int mark(struct arrival *arrival) {
    int error = piece_mark(arrival->id, arrival->from);
    arrival->marked = !error;
    return error;
}

/* None of the piece's bytes counts. */
static int take_back(struct arrival *arrival) {
    arrival->mismatched = true;
    if (arrival->far || !arrival->marked)
        return 0;
    if (ftruncate(arrival->fd, arrival->from))
        return errno;
    arrival->at = arrival->from;
    piece_unmark(arrival->id);
    arrival->marked = false;
    return 0;
}

static int write_job(struct job *job) {
    struct arrival *arrival = job->arrival;
    if (arrival->piece)
        piece_add(arrival->piece, job->data, job->n);
    int error = arrival->piece && !arrival->far && !arrival->marked ? mark(arrival) : 0;
    if (error)
        return error;
    if (arrival->far)
        return far_write(arrival->far, job->data, job->n, &job->part);
    for (size_t done = 0; done < job->n;) {
        ssize_t n = pwrite(arrival->fd, job->data + done, job->n - done, arrival->at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n ? errno : EIO;
        done += (size_t)n;
        arrival->at += n;
    }
    if (arrival->at - arrival->flushed >= FLUSH_BYTES) {
        sync_file_range(arrival->fd, arrival->flushed, arrival->at - arrival->flushed, SYNC_FILE_RANGE_WRITE);
        arrival->flushed = arrival->at;
    }
    return 0;
}

/* Of a file only a whole film is promised to anybody; of an object everything that is answered for. */
static int sync_job(struct job *job) {
    struct arrival *arrival = job->arrival;
    arrival->synced = true;
    if (arrival->piece && (arrival->overflowed || !piece_right(arrival->piece)))
        return take_back(arrival);
    if (arrival->far)
        return far_sync(arrival->far, &job->part);
    if (arrival->at == arrival->length && fdatasync(arrival->fd))
        return errno;
    if (arrival->marked)
        piece_unmark(arrival->id);
    arrival->marked = false;
    return 0;
}

static int close_job(struct job *job) {
    struct arrival *arrival = job->arrival;
    int error = 0;
    /* A piece that broke off cannot be checked. */
    if (arrival->piece && (!arrival->synced || arrival->error))
        error = take_back(arrival);
    if (arrival->far) {
        if (!arrival->synced && !arrival->piece && !arrival->temporary && !arrival->error)
            error = far_sync(arrival->far, &job->part);
        far_clean(arrival->far);
        return error;
    }
    close(arrival->fd);
    if (arrival->temporary)
        store_delete(arrival->temporary);
    return 0;
}

static void run_job(struct work *work) {
    struct job *job = (struct job *)work;
    switch (job->kind) {
    case JOB_OPEN:
        job->error = far_open(job->arrival->far);
        break;
    case JOB_WRITE:
        /* After a failure what follows has no place to go. */
        job->error = job->arrival->error ? EIO : write_job(job);
        break;
    case JOB_SYNC:
        job->error = job->arrival->error ? EIO : sync_job(job);
        break;
    case JOB_CLOSE:
        job->error = close_job(job);
        break;
    }
}

/* --- the shard's thread --- */

static void job_done(struct work *work);

static struct job *job_new(struct arrival *arrival, enum job_kind kind, const char *data, size_t n) {
    struct job *job = malloc(sizeof *job + n);
    if (!job)
        return NULL;
    *job = (struct job){.work = {.run = run_job, .done = job_done}, .arrival = arrival, .kind = kind, .n = n};
    if (n)
        memcpy(job->data, data, n);
    return job;
}

static void enqueue(struct arrival *arrival, struct job *job) {
    if (!workers_give(arrival->uploads->workers, &job->work, arrival->lane))
        return;
    /* Without a thread it is done here, however long that takes. */
    run_job(&job->work);
    job_done(&job->work);
}

static void free_when_done(struct arrival *arrival) {
    if (!arrival->closed || arrival->tellings)
        return;
    metric_set(arrival->uploads->shard->metrics, METRIC_UPLOADS, --arrival->uploads->count);
    far_free(arrival->far);
    piece_free(arrival->piece);
    free(arrival->temporary);
    free(arrival);
}

static void go_on(struct arrival *arrival) {
    if (!arrival->request)
        return;
    arrival->request->step = arrival->step;
    request_go_on(arrival->request);
}

enum { TELL_PART, TELL_LAST, TELL_CLOSE };

static void told(void *self, unsigned tag, enum status status, const void *body, size_t n) {
    (void)body, (void)n;
    struct arrival *arrival = self;
    arrival->tellings--;
    if (status != OK && !arrival->error) {
        log_warn(NULL, "upload_not_recorded", "id=%s status=%s", arrival->id, status_row(status)->name);
        arrival->error = status == CONFLICT ? ESTALE : EIO;
    }
    if (tag == TELL_LAST) {
        arrival->far->recorded = status == OK && !arrival->mismatched;
        go_on(arrival);
    }
    free_when_done(arrival);
}

/* What is safe when the request is over: with a piece that does not count only what was there before. */
static void set_last(const struct arrival *arrival, struct upload_stored *ask) {
    const struct far *far = arrival->far;
    bool counts = !arrival->piece || (arrival->synced && !arrival->mismatched && !arrival->error);
    ask->stored = counts ? far->stored : far->old_stored;
    ask->tail = counts ? far->tail : far->old_tail;
}

/* The parts of a piece count together. */
static size_t piece_parts(const struct arrival *arrival, struct upload_part parts[PIECE_PARTS_MAX]) {
    const struct far *far = arrival->far;
    const struct place_part *all = (const struct place_part *)(void *)far->parts.at;
    size_t n = 0, count = far->parts.n / sizeof *all;
    for (size_t i = far->old_parts; i < count && n < PIECE_PARTS_MAX; i++)
        parts[n++] = (struct upload_part){
            .number = all[i].number, .bytes = all[i].bytes, .etag = (char *)(uintptr_t)all[i].etag};
    return n;
}

/* Tells the transcode service what is safe now. Whoever took the lease over makes this fail: then nothing of it counts.
 */
static int tell(struct arrival *arrival, const struct place_part *part, unsigned tag) {
    struct far *far = arrival->far;
    bool last = tag != TELL_PART;
    struct upload_part parts[PIECE_PARTS_MAX];
    struct upload_stored ask = {.id = arrival->id,
                                .fence = far->fence,
                                .multipart = *far->multipart ? far->multipart : NULL,
                                .stored = arrival->piece ? far->old_stored : part->offset + part->bytes,
                                .tail = arrival->piece ? far->old_tail : 0,
                                .release = last,
                                .parts = {.at = parts}};
    if (last)
        set_last(arrival, &ask);
    if (arrival->piece)
        ask.parts.n = last && ask.stored > far->old_stored ? piece_parts(arrival, parts) : 0;
    else if (part->number)
        parts[ask.parts.n++] =
            (struct upload_part){.number = part->number, .bytes = part->bytes, .etag = (char *)(uintptr_t)part->etag};
    struct flight_call call = {
        .message = message_row(MSG_transcode_stored), .ask = &ask, .done = told, .self = arrival, .tag = tag};
    if (!flight_ask(arrival->uploads->shard->flights, &call))
        return -1;
    arrival->tellings++;
    return 0;
}

static void fail(struct arrival *arrival, int error) {
    if (arrival->error)
        return;
    arrival->error = error;
    log_error(NULL, "upload_write_failed", "error=%s", log_value(strerror(error)));
}

static void job_done(struct work *work) {
    struct job *job = (struct job *)work;
    struct arrival *arrival = job->arrival;
    bool leased = arrival->far && !arrival->temporary;
    if (job->error)
        fail(arrival, job->error);
    arrival->queued -= job->n;
    arrival->written += job->error ? 0 : (int64_t)job->n;
    bool tells = leased && !job->error &&
                 (job->kind == JOB_SYNC || job->part.number || (job->kind == JOB_CLOSE && !arrival->finishing));
    if (tells && tell(arrival, &job->part,
                      job->kind == JOB_SYNC    ? TELL_LAST
                      : job->kind == JOB_CLOSE ? TELL_CLOSE
                                               : TELL_PART)) {
        fail(arrival, EAGAIN);
        tells = false;
    }
    if (job->kind == JOB_SYNC && arrival->mismatched)
        arrival->written = arrival->from;
    struct request *request = arrival->request;
    if (job->kind == JOB_CLOSE) {
        arrival->closed = true;
        free_when_done(arrival);
    } else if (job->kind == JOB_OPEN && request) {
        request->waiting--;
        go_on(arrival);
    } else if (job->kind == JOB_SYNC && !tells)
        go_on(arrival);
    else if (job->kind == JOB_WRITE && request && !arrival->finishing && arrival->queued <= QUEUE_LOW_BYTES)
        request_resume(request);
    free(job);
}

struct uploads *uploads_new(struct shard *shard) {
    struct uploads *uploads = calloc(1, sizeof *uploads);
    if (uploads && !(uploads->workers = workers_new(shard, WORKERS))) {
        free(uploads);
        return NULL;
    }
    if (uploads)
        uploads->shard = shard;
    return uploads;
}

void uploads_free(struct uploads *uploads) {
    if (!uploads)
        return;
    workers_free(uploads->workers);
    free(uploads);
}

int upload_name(const char *id, char *to, size_t size) {
    size_t n = strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");
    return n && n <= 64 && !id[n] && snprintf(to, size, "uploads/%s", id) < (int)size ? 0 : -1;
}

static void request_ended(struct request *request, bool completed) {
    (void)completed;
    struct arrival *arrival = request->state;
    struct job *job = job_new(arrival, JOB_CLOSE, NULL, 0);
    arrival->request = NULL;
    /* Without memory for so little the descriptor stays; the process has other sorrows then. */
    if (job)
        enqueue(arrival, job);
}

void upload_close(struct request *request) {
    request_ended(request, true);
    request->state = NULL;
    request->state_end = NULL;
    request->data = NULL;
}

static struct arrival *arrive(struct request *request, int fd, struct far *far, int64_t at, int64_t length) {
    struct uploads *uploads = request->shard->uploads;
    struct arrival *arrival = calloc(1, sizeof *arrival);
    if (!arrival)
        return NULL;
    *arrival = (struct arrival){.uploads = uploads,
                                .request = request,
                                .lane = uploads->turn++,
                                .fd = fd,
                                .far = far,
                                .at = at,
                                .flushed = at,
                                .from = at,
                                .taken = at,
                                .written = at,
                                .length = length,
                                .most = length};
    request->state = arrival;
    request->state_end = request_ended;
    request->data = upload_data;
    metric_set(request->shard->metrics, METRIC_UPLOADS, ++uploads->count);
    return arrival;
}

/* What an edge left that died within a piece that has a checksum. The file is locked. */
static int forget_unchecked(int fd, const char *id) {
    int64_t from = id ? piece_marked(id) : -1;
    if (from < 0)
        return 0;
    if (ftruncate(fd, from))
        return -1;
    piece_unmark(id);
    return 0;
}

/* `id` NULL: of a temporary file. */
static enum upload_open open_file(struct request *request, const char *name, const char *id, int64_t length) {
    struct stat stat;
    int fd = store_write(name);
    if (fd < 0) {
        log_error(NULL, "store_failed", "name=%s error=%s", log_value(name), log_value(strerror(errno)));
        return UPLOAD_FAILED;
    }
    bool locked = flock(fd, LOCK_EX | LOCK_NB);
    if (!locked && !forget_unchecked(fd, id) && !fstat(fd, &stat) && arrive(request, fd, NULL, stat.st_size, length))
        return UPLOAD_OPENED;
    close(fd);
    return locked ? UPLOAD_LOCKED : UPLOAD_FAILED;
}

/* A worker's thread is made before the first byte comes. */
static enum upload_open open_far(struct request *request, struct far *far, void (*step)(struct request *request)) {
    int64_t at = far ? far->stored + far->tail : 0;
    struct arrival *arrival = far ? arrive(request, -1, far, at, far->length) : NULL;
    struct job *job = arrival ? job_new(arrival, JOB_OPEN, NULL, 0) : NULL;
    if (!arrival)
        far_free(far);
    if (!job)
        return UPLOAD_FAILED;
    arrival->step = step;
    request->waiting += step != NULL;
    enqueue(arrival, job);
    return UPLOAD_OPENED;
}

enum upload_open upload_open(struct request *request, const char *id, int64_t length, int64_t *offset) {
    char name[128];
    if (request->shard->uploads->count >= UPLOADS_MAX)
        return UPLOAD_TOO_MANY;
    if (upload_name(id, name, sizeof name))
        return UPLOAD_FAILED;
    enum upload_open result = open_file(request, name, id, length);
    if (result == UPLOAD_OPENED) {
        struct arrival *arrival = request->state;
        snprintf(arrival->id, sizeof arrival->id, "%s", id);
        *offset = arrival->at;
    }
    return result;
}

enum upload_open upload_open_leased(struct request *request, const struct upload_lease *lease, int64_t length,
                                    int64_t *offset, void (*step)(struct request *request)) {
    char name[128];
    if (request->shard->uploads->count >= UPLOADS_MAX)
        return UPLOAD_TOO_MANY;
    if (upload_name(lease->id, name, sizeof name))
        return UPLOAD_FAILED;
    enum upload_open result = open_far(request, far_new(name, lease, length), step);
    if (result == UPLOAD_OPENED) {
        struct arrival *arrival = request->state;
        snprintf(arrival->id, sizeof arrival->id, "%s", lease->id);
        *offset = arrival->taken;
    }
    return result;
}

enum upload_open upload_open_temporary(struct request *request, const char *name, int64_t most) {
    if (request->shard->uploads->count >= UPLOADS_MAX)
        return UPLOAD_TOO_MANY;
    char *kept = strdup(name);
    enum upload_open result = !kept            ? UPLOAD_FAILED
                              : store_remote() ? open_far(request, far_new_temporary(name, most), NULL)
                                               : open_file(request, name, NULL, most);
    if (result == UPLOAD_OPENED)
        ((struct arrival *)request->state)->temporary = kept;
    else
        free(kept);
    return result;
}

void upload_expect(struct request *request, struct piece *piece) {
    struct arrival *arrival = request->state;
    int64_t most = arrival->far ? arrival->from + (PIECE_PARTS_MAX - 1) * (int64_t)arrival->far->part_bytes : INT64_MAX;
    arrival->piece = piece;
    arrival->most = most < arrival->length ? most : arrival->length;
}

bool upload_mismatched(const struct request *request) {
    return ((const struct arrival *)request->state)->mismatched;
}

bool upload_failed(const struct request *request) {
    return ((const struct arrival *)request->state)->error != 0;
}

size_t upload_data(struct request *request, const char *at, size_t n) {
    struct arrival *arrival = request->state;
    if (arrival->error || arrival->taken + (int64_t)n > arrival->most) {
        arrival->overflowed |= !arrival->error;
        return n;
    }
    if (arrival->queued >= QUEUE_HIGH_BYTES) {
        request_park(request);
        return 0;
    }
    struct job *job = job_new(arrival, JOB_WRITE, at, n);
    if (!job) {
        arrival->error = ENOMEM;
        return n;
    }
    arrival->queued += n;
    arrival->taken += (int64_t)n;
    metric_add(request->shard->metrics, METRIC_UPLOAD_BYTES, (int64_t)n);
    enqueue(arrival, job);
    return n;
}

void upload_finish(struct request *request, void (*step)(struct request *request)) {
    struct arrival *arrival = request->state;
    struct job *job = job_new(arrival, JOB_SYNC, NULL, 0);
    arrival->finishing = true;
    arrival->step = step;
    if (job) {
        enqueue(arrival, job);
        request_park(request);
        return;
    }
    arrival->error = ENOMEM;
    step(request);
}

int64_t upload_offset(const struct request *request, bool *whole) {
    const struct arrival *arrival = request->state;
    *whole = !arrival->error && arrival->written == arrival->length;
    return arrival->error ? -1 : arrival->written;
}

bool upload_overflowed(const struct request *request) {
    return ((const struct arrival *)request->state)->overflowed;
}

void upload_unlock(struct request *request) {
    const struct arrival *arrival = request->state;
    /* A lease was given back with the last news, or is at the request's end. */
    if (arrival->fd >= 0)
        flock(arrival->fd, LOCK_UN);
}
