#ifndef ZOE_EDGE_SHARD_H
#define ZOE_EDGE_SHARD_H

#include <czmq.h>
#include <pthread.h>

#include "http_edge/cache.h"
#include "http_edge/films.h"
#include "http_edge/metrics.h"
#include "http_edge/request.h"

struct events;
struct notices;
struct segments;
struct board;
struct members;
struct objects;

struct uploads;

/* One thread, one loop, one HTTP daemon, one link, own caches. Everything here belongs to its thread, but for `metrics`
 * (read by all), `stop_fd`, `failed` and `serving`. */
struct shard {
    unsigned number;
    pthread_t thread;
    int listen_fd;
    int stop_fd;        /* eventfd: written to by main to stop the shard */
    _Atomic int *ready; /* counts shards that serve and have found a broker */
    int news_fd;        /* eventfd: wakes main */
    _Atomic bool failed, serving;

    zloop_t *loop;
    /* Lets MHD work now, and again as long as something is ready: after requests were resumed. */
    void (*serve)(struct shard *shard);
    struct MHD_Daemon *daemon;
    int watch_fd; /* own epoll: clients of parked requests that go away */
    zmq_pollitem_t http, watch, stop;
    struct link *link;
    struct bus *bus;
    struct flights *flights;
    struct keys *keys;
    struct sessions *sessions;
    struct cache *cache;
    struct segments *segments;
    struct objects *objects; /* NULL: the store is a folder */
    int64_t film_bytes;      /* memory for large ones on their way out of a bucket */
    int64_t own_bytes;       /* of answers that one viewer alone gets, and is slow to take */
    struct films *films;
    struct members *members;
    struct uploads *uploads;
    struct events *events;
    struct notices *notices;
    struct board *board;
    struct metrics *metrics;

    struct request *spare;
    unsigned spares;
    struct request *parked; /* suspended ones */
    struct request *ready_first, *ready_last;
    unsigned active; /* requests between begin and end */
    unsigned connections;
    unsigned large; /* requests whose JSON body may carry a picture */
    uint64_t random;
    int64_t drain_until_ms;
    bool draining, hurrying, counted;
};

/* Starts the shard's thread; `listen_fd` is its own (SO_REUSEPORT). 0 or -1. */
int shard_start(struct shard *shard);

#endif
