/* Viewers of one film over HTTP: each gets the master playlist, a rung's playlist and then its segments, one every time
 * a segment has been played, over one connection. A segment that comes later than the one before it ends is a
 * rebuffer. At the film's end they begin again. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "protocol/node/clock.h"
#include "protocol/node/histogram.h"
#include "tests/bench/load/load.h"

enum { SEGMENTS_MAX = 2048, PATH_BYTES = 2048, TEXT_BYTES = 1 << 18, TICK_MS = 5, SPREAD_US = 6000000 };

enum step { STEP_MASTER, STEP_RUNG, STEP_SEGMENT, STEP_REST };

struct viewer {
    int fd;
    enum step step;
    char folder[PATH_BYTES]; /* of the last playlist, with its slash */
    struct {
        char name[64];
        int64_t us;
    } * segments;
    unsigned count, next;
    int64_t asked_us, due_us, ends_us; /* when what is there has been played */
    char head[4096];
    size_t head_n;
    int64_t left; /* of the body; -1: still in the head */
    char *text;   /* of a playlist */
    size_t text_n;
};

struct viewers {
    struct viewer *all;
    unsigned count;
    struct sockaddr_in address;
    char host[64], first[PATH_BYTES];
    int epoll;
    uint64_t segments, bytes, errors, rebuffers;
    struct histogram latency;
    int64_t started_us;
};

static void fault(struct viewers *viewers, struct viewer *viewer, const char *why) {
    if (viewers->errors++ < 5)
        fprintf(stderr, "zoe-load: viewer %ld: %s: %.60s\n", (long)(viewer - viewers->all), why, viewer->head);
    close(viewer->fd);
    viewer->fd = -1;
    viewer->step = STEP_REST;
    viewer->due_us = INT64_MAX;
}

static void ask(struct viewers *viewers, struct viewer *viewer, enum step step, const char *path) {
    char text[PATH_BYTES + 200];
    int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, viewers->host);
    viewer->step = step;
    viewer->head_n = viewer->text_n = 0;
    viewer->left = -1;
    viewer->asked_us = clock_us();
    if (send(viewer->fd, text, (size_t)n, MSG_NOSIGNAL) != n)
        fault(viewers, viewer, "cannot ask");
}

static void ask_below(struct viewers *viewers, struct viewer *viewer, enum step step, const char *name) {
    char path[PATH_BYTES + 64];
    snprintf(path, sizeof path, "%s%s", viewer->folder, name);
    if (step == STEP_RUNG) {
        char *slash = strrchr(path, '/');
        snprintf(viewer->folder, sizeof viewer->folder, "%.*s", (int)(slash - path + 1), path);
    }
    ask(viewers, viewer, step, path);
}

/* --- playlists --- */

static void take_master(struct viewers *viewers, struct viewer *viewer) {
    bool variant = false;
    for (char *save, *line = strtok_r(viewer->text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (variant && *line != '#') {
            ask_below(viewers, viewer, STEP_RUNG, line);
            return;
        }
        variant |= !strncmp(line, "#EXT-X-STREAM-INF", 17);
    }
    fault(viewers, viewer, "no variant");
}

static void take_rung(struct viewers *viewers, struct viewer *viewer) {
    double seconds = 0;
    if (!viewer->segments)
        viewer->segments = calloc(SEGMENTS_MAX, sizeof *viewer->segments);
    for (char *save, *line = strtok_r(viewer->text, "\n", &save); line && viewer->segments;
         line = strtok_r(NULL, "\n", &save)) {
        if (!strncmp(line, "#EXTINF:", 8))
            seconds = strtod(line + 8, NULL);
        else if (*line != '#' && viewer->count < SEGMENTS_MAX && strlen(line) < sizeof viewer->segments->name) {
            strcpy(viewer->segments[viewer->count].name, line);
            viewer->segments[viewer->count++].us = (int64_t)(seconds * 1e6);
        }
    }
    if (!viewer->count) {
        fault(viewers, viewer, "no segment");
        return;
    }
    /* Nobody begins at the same moment as all others. */
    viewer->next = (unsigned)(random_u64() % viewer->count);
    viewer->step = STEP_REST;
    viewer->due_us = clock_us() + (int64_t)(random_u64() % SPREAD_US);
}

static void take_segment(struct viewers *viewers, struct viewer *viewer) {
    int64_t now = clock_us(), length = viewer->segments[viewer->next].us;
    histogram_add(&viewers->latency, now - viewer->asked_us);
    viewers->segments++;
    if (viewer->ends_us && now > viewer->ends_us) {
        viewers->rebuffers++;
        viewer->ends_us = now;
    }
    viewer->ends_us = (viewer->ends_us ? viewer->ends_us : now) + length;
    viewer->next = (viewer->next + 1) % viewer->count;
    viewer->step = STEP_REST;
    /* The next is wanted when this one begins to be played. */
    viewer->due_us = viewer->ends_us - length;
}

static void whole(struct viewers *viewers, struct viewer *viewer) {
    if (viewer->text)
        viewer->text[viewer->text_n] = 0;
    if (viewer->step == STEP_MASTER)
        take_master(viewers, viewer);
    else if (viewer->step == STEP_RUNG)
        take_rung(viewers, viewer);
    else
        take_segment(viewers, viewer);
}

/* --- bytes --- */

static void take_bytes(struct viewers *viewers, struct viewer *viewer, const char *at, size_t n) {
    viewers->bytes += n;
    viewer->left -= (int64_t)n;
    if (viewer->step == STEP_SEGMENT)
        return;
    if (!viewer->text)
        viewer->text = malloc(TEXT_BYTES);
    if (viewer->text && viewer->text_n + n < TEXT_BYTES) {
        memcpy(viewer->text + viewer->text_n, at, n);
        viewer->text_n += n;
    }
}

/* 0 when the head is whole and good. */
static int take_head(struct viewers *viewers, struct viewer *viewer, size_t *body) {
    viewer->head[viewer->head_n] = 0;
    char *end = strstr(viewer->head, "\r\n\r\n"), *length = strcasestr(viewer->head, "\ncontent-length:");
    if (!end) {
        if (viewer->head_n + 1 == sizeof viewer->head)
            fault(viewers, viewer, "long head");
        return -1;
    }
    if (strncmp(viewer->head, "HTTP/1.1 200", 12) != 0 || !length) {
        fault(viewers, viewer, "refused");
        return -1;
    }
    viewer->left = strtoll(length + 16, NULL, 10);
    *body = viewer->head_n - (size_t)(end + 4 - viewer->head);
    return 0;
}

static void readable(struct viewers *viewers, struct viewer *viewer) {
    static char bytes[1 << 18];
    while (viewer->fd >= 0 && viewer->step != STEP_REST) {
        bool head = viewer->left < 0;
        ssize_t n = head ? read(viewer->fd, viewer->head + viewer->head_n, sizeof viewer->head - 1 - viewer->head_n)
                         : read(viewer->fd, bytes, sizeof bytes);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            fault(viewers, viewer, "broken off");
            return;
        }
        size_t body = 0;
        if (head) {
            viewer->head_n += (size_t)n;
            if (take_head(viewers, viewer, &body))
                continue;
            take_bytes(viewers, viewer, viewer->head + viewer->head_n - body, body);
        } else
            take_bytes(viewers, viewer, bytes, (size_t)n);
        if (viewer->left == 0)
            whole(viewers, viewer);
    }
}

/* --- the run --- */

static int open_viewer(struct viewers *viewers, struct viewer *viewer) {
    int one = 1;
    viewer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (viewer->fd < 0 || connect(viewer->fd, (struct sockaddr *)&viewers->address, sizeof viewers->address))
        return -1;
    setsockopt(viewer->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(viewer->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = viewer};
    if (epoll_ctl(viewers->epoll, EPOLL_CTL_ADD, viewer->fd, &event))
        return -1;
    snprintf(viewer->folder, sizeof viewer->folder, "%.*s", (int)(strrchr(viewers->first, '/') - viewers->first + 1),
             viewers->first);
    ask(viewers, viewer, STEP_MASTER, viewers->first);
    return 0;
}

static void run(struct viewers *viewers, double seconds) {
    struct epoll_event events[256];
    int64_t end = clock_us() + (int64_t)(seconds * 1e6);
    viewers->started_us = clock_us();
    for (int64_t now; (now = clock_us()) < end;) {
        for (unsigned i = 0; i < viewers->count; i++) {
            struct viewer *viewer = &viewers->all[i];
            if (viewer->step == STEP_REST && viewer->due_us <= now && viewer->fd >= 0)
                ask_below(viewers, viewer, STEP_SEGMENT, viewer->segments[viewer->next].name);
        }
        int n = epoll_wait(viewers->epoll, events, 256, TICK_MS);
        for (int i = 0; i < n; i++)
            readable(viewers, events[i].data.ptr);
    }
}

static int take_url(struct viewers *viewers, const char *url) {
    int port, n = 0;
    char host[40];
    if (sscanf(url, "http://%39[0-9.]:%d%n", host, &port, &n) != 2 || url[n] != '/' ||
        inet_pton(AF_INET, host, &viewers->address.sin_addr) != 1 || strlen(url + n) >= sizeof viewers->first)
        return -1;
    viewers->address.sin_family = AF_INET;
    viewers->address.sin_port = htons((uint16_t)port);
    snprintf(viewers->host, sizeof viewers->host, "%s:%d", host, port);
    strcpy(viewers->first, url + n);
    return 0;
}

int viewers_run(const struct load_options *options, const char *url) {
    struct viewers viewers = {.count = options->window, .all = calloc(options->window, sizeof *viewers.all)};
    int status = EX_OSERR;
    viewers.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!viewers.all || viewers.epoll < 0)
        goto done;
    status = EX_USAGE;
    if (!url || take_url(&viewers, url)) {
        fputs("zoe-load: viewers takes the address of a master playlist, http://ADDRESS:PORT/...\n", stderr);
        goto done;
    }
    status = EX_UNAVAILABLE;
    for (unsigned i = 0; i < viewers.count; i++)
        if (open_viewer(&viewers, &viewers.all[i])) {
            fprintf(stderr, "zoe-load: viewer %u: %s\n", i, strerror(errno));
            goto done;
        }
    run(&viewers, options->seconds);
    double seconds = (double)(clock_us() - viewers.started_us) / 1e6;
    printf("{\"viewers\":%u,\"segments\":%llu,\"errors\":%llu,\"rebuffers\":%llu,\"megabits\":%.1f,\"p50_us\":%lld,"
           "\"p99_us\":%lld}\n",
           viewers.count, (unsigned long long)viewers.segments, (unsigned long long)viewers.errors,
           (unsigned long long)viewers.rebuffers, (double)viewers.bytes * 8e-6 / seconds,
           (long long)histogram_quantile(&viewers.latency, 0.5), (long long)histogram_quantile(&viewers.latency, 0.99));
    status = viewers.errors ? EX_UNAVAILABLE : EXIT_SUCCESS;
done:
    for (unsigned i = 0; viewers.all && i < viewers.count; i++) {
        free(viewers.all[i].segments);
        free(viewers.all[i].text);
    }
    free(viewers.all);
    return status;
}
