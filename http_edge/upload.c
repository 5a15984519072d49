#include "http_edge/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/store/store.h"
#include "http_edge/shard.h"
#include "protocol/node/log.h"

enum {
    UPLOADS_MAX = 64,
    QUEUE_HIGH_BYTES = 1 << 20,
    QUEUE_LOW_BYTES = 1 << 18,
    FLUSH_BYTES = 32 << 20 /* dirty pages are pushed out on the way, so that the last fsync is short */
};

enum job_kind { JOB_WRITE, JOB_SYNC, JOB_CLOSE };

struct job {
    struct job *next;
    struct arrival *arrival;
    enum job_kind kind;
    int error;
    size_t n;
    char data[];
};

struct jobs {
    struct job *first, *last;
};

/* `fd`, `at` and `flushed` belong to the writer while jobs are queued, the rest to the shard. */
struct arrival {
    struct uploads *uploads;
    struct request *request; /* NULL after its end */
    int fd;
    int64_t at, flushed;
    int64_t taken, written, length;
    size_t queued;
    int error;
    char *temporary; /* name in the store: the file goes with the request */
    bool overflowed, finishing;
    void (*step)(struct request *request);
};

struct uploads {
    struct shard *shard;
    pthread_t writer;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct jobs waiting, done;
    zmq_pollitem_t item;
    unsigned count;
    bool started, ending;
};

static void push(struct jobs *jobs, struct job *job) {
    job->next = NULL;
    if (jobs->last)
        jobs->last->next = job;
    else
        jobs->first = job;
    jobs->last = job;
}

static struct job *pop(struct jobs *jobs) {
    struct job *job = jobs->first;
    if (job && !(jobs->first = job->next))
        jobs->last = NULL;
    return job;
}

/* --- the writer's thread --- */

static int write_job(struct job *job) {
    struct arrival *arrival = job->arrival;
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

static int run_job(struct job *job) {
    switch (job->kind) {
    case JOB_WRITE:
        return write_job(job);
    case JOB_SYNC:
        /* Only a whole film is promised to anybody. */
        return job->arrival->at == job->arrival->length && fdatasync(job->arrival->fd) ? errno : 0;
    case JOB_CLOSE:
        close(job->arrival->fd);
        if (job->arrival->temporary)
            store_delete(job->arrival->temporary);
        return 0;
    }
    return 0;
}

static void *write_loop(void *arg) {
    struct uploads *uploads = arg;
    uint64_t one = 1;
    pthread_mutex_lock(&uploads->lock);
    for (;;) {
        struct job *job = pop(&uploads->waiting);
        if (!job && uploads->ending)
            break;
        if (!job) {
            pthread_cond_wait(&uploads->wake, &uploads->lock);
            continue;
        }
        pthread_mutex_unlock(&uploads->lock);
        job->error = run_job(job);
        pthread_mutex_lock(&uploads->lock);
        bool first = !uploads->done.first;
        push(&uploads->done, job);
        if (first && write(uploads->item.fd, &one, sizeof one) < 0)
            log_warn(NULL, "wake_failed", NULL);
    }
    pthread_mutex_unlock(&uploads->lock);
    return NULL;
}

/* --- the shard's thread --- */

static void enqueue(struct arrival *arrival, struct job *job) {
    struct uploads *uploads = arrival->uploads;
    pthread_mutex_lock(&uploads->lock);
    push(&uploads->waiting, job);
    pthread_cond_signal(&uploads->wake);
    pthread_mutex_unlock(&uploads->lock);
}

static struct job *job_new(struct arrival *arrival, enum job_kind kind, const char *data, size_t n) {
    struct job *job = malloc(sizeof *job + n);
    if (!job)
        return NULL;
    *job = (struct job){.arrival = arrival, .kind = kind, .n = n};
    if (n)
        memcpy(job->data, data, n);
    return job;
}

static void job_done(struct job *job) {
    struct arrival *arrival = job->arrival;
    if (job->kind == JOB_CLOSE) {
        metric_set(arrival->uploads->shard->metrics, METRIC_UPLOADS, --arrival->uploads->count);
        free(arrival->temporary);
        free(arrival);
        return;
    }
    if (job->error && !arrival->error) {
        arrival->error = job->error;
        log_error(NULL, "upload_write_failed", "error=%s", log_value(strerror(job->error)));
    }
    arrival->queued -= job->n;
    arrival->written += job->error ? 0 : (int64_t)job->n;
    struct request *request = arrival->request;
    if (!request)
        return;
    if (job->kind == JOB_SYNC) {
        request->step = arrival->step;
        request_go_on(request);
    } else if (!arrival->finishing && arrival->queued <= QUEUE_LOW_BYTES)
        request_resume(request);
}

static int jobs_done(zloop_t *loop, zmq_pollitem_t *item, void *arg) {
    (void)loop;
    struct uploads *uploads = arg;
    uint64_t value;
    if (read(item->fd, &value, sizeof value) != sizeof value)
        return 0;
    pthread_mutex_lock(&uploads->lock);
    struct jobs done = uploads->done;
    uploads->done = (struct jobs){0};
    pthread_mutex_unlock(&uploads->lock);
    for (struct job *job; (job = pop(&done)); free(job))
        job_done(job);
    shard_serve(uploads->shard);
    return 0;
}

struct uploads *uploads_new(struct shard *shard) {
    struct uploads *uploads = calloc(1, sizeof *uploads);
    if (!uploads)
        return NULL;
    uploads->shard = shard;
    uploads->item = (zmq_pollitem_t){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .events = ZMQ_POLLIN};
    pthread_mutex_init(&uploads->lock, NULL);
    pthread_cond_init(&uploads->wake, NULL);
    if (uploads->item.fd >= 0 && !zloop_poller(shard->loop, &uploads->item, jobs_done, uploads))
        return uploads;
    free(uploads);
    return NULL;
}

void uploads_free(struct uploads *uploads) {
    if (!uploads)
        return;
    if (uploads->started) {
        pthread_mutex_lock(&uploads->lock);
        uploads->ending = true;
        pthread_cond_signal(&uploads->wake);
        pthread_mutex_unlock(&uploads->lock);
        pthread_join(uploads->writer, NULL);
    }
    for (struct job *job; (job = pop(&uploads->done)); free(job))
        job_done(job);
    zloop_poller_end(uploads->shard->loop, &uploads->item);
    close(uploads->item.fd);
    pthread_mutex_destroy(&uploads->lock);
    pthread_cond_destroy(&uploads->wake);
    free(uploads);
}

/* Threads are made when they are needed: most shards never see an upload. */
static int start_writer(struct uploads *uploads) {
    if (!uploads->started)
        uploads->started = !pthread_create(&uploads->writer, NULL, write_loop, uploads);
    return uploads->started ? 0 : -1;
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

static enum upload_open open_arrival(struct request *request, const char *name, int64_t length,
                                     struct arrival **opened) {
    struct stat stat;
    struct uploads *uploads = request->shard->uploads;
    if (uploads->count >= UPLOADS_MAX)
        return UPLOAD_TOO_MANY;
    if (start_writer(uploads))
        return UPLOAD_FAILED;
    int fd = store_write(name);
    if (fd < 0) {
        log_error(NULL, "store_failed", "name=%s error=%s", log_value(name), log_value(strerror(errno)));
        return UPLOAD_FAILED;
    }
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        close(fd);
        return UPLOAD_LOCKED;
    }
    struct arrival *arrival = fstat(fd, &stat) ? NULL : calloc(1, sizeof *arrival);
    if (!arrival) {
        close(fd);
        return UPLOAD_FAILED;
    }
    *arrival = (struct arrival){.uploads = uploads,
                                .request = request,
                                .fd = fd,
                                .at = stat.st_size,
                                .flushed = stat.st_size,
                                .taken = stat.st_size,
                                .written = stat.st_size,
                                .length = length};
    request->state = arrival;
    request->state_end = request_ended;
    request->data = upload_data;
    metric_set(request->shard->metrics, METRIC_UPLOADS, ++uploads->count);
    *opened = arrival;
    return UPLOAD_OPENED;
}

enum upload_open upload_open(struct request *request, const char *id, int64_t length, int64_t *offset) {
    char name[128];
    struct arrival *arrival;
    if (upload_name(id, name, sizeof name))
        return UPLOAD_FAILED;
    enum upload_open result = open_arrival(request, name, length, &arrival);
    if (result == UPLOAD_OPENED)
        *offset = arrival->at;
    return result;
}

enum upload_open upload_open_temporary(struct request *request, const char *name, int64_t most) {
    struct arrival *arrival;
    char *kept = strdup(name);
    enum upload_open result = kept ? open_arrival(request, name, most, &arrival) : UPLOAD_FAILED;
    if (result == UPLOAD_OPENED)
        arrival->temporary = kept;
    else
        free(kept);
    return result;
}

size_t upload_data(struct request *request, const char *at, size_t n) {
    struct arrival *arrival = request->state;
    if (arrival->error || arrival->taken + (int64_t)n > arrival->length) {
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
    flock(((const struct arrival *)request->state)->fd, LOCK_UN);
}
