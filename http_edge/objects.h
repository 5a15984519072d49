#ifndef ZOE_EDGE_OBJECTS_H
#define ZOE_EDGE_OBJECTS_H

/* Objects of a media store that is a bucket. A shard fetches one once, however many requests want it, and keeps it
 * among its segments (segment.h); the requests wait meanwhile. */

struct request;
struct segment;
struct shard;
struct objects;

struct objects *objects_new(struct shard *shard);
void objects_free(struct objects *objects);

struct object_want {
    const char *name; /* stays as long as the request */
    const char *type, *cache;
    /* Answers with the object, which is the request's state until its end. */
    void (*have)(struct request *request, struct segment *segment);
    void (*missing)(struct request *request); /* there is none */
};

/* Calls have() or missing(), now or when it is known; a store that cannot be reached is answered here. */
void objects_get(struct request *request, const struct object_want *want);

/* Lends the threads that fetch; 0 or -1. */
struct work;
int objects_work(struct objects *objects, struct work *work);

#endif
