#ifndef ZOE_EDGE_WORKERS_H
#define ZOE_EDGE_WORKERS_H

/* Threads of a shard for work that blocks: disks that are slow, servers far away. Threads are made when they are
 * needed. */
struct shard;
struct workers;

/* Embedded at the beginning of what is to be done. */
struct work {
    struct work *next;
    void (*run)(struct work *work);  /* on a worker's thread */
    void (*done)(struct work *work); /* afterwards, on the shard's; may free the work */
};

/* `count` threads at the most, up to 16. NULL when something is out. */
struct workers *workers_new(struct shard *shard, unsigned count);
/* Does what waits, then ends; done() is called for all of it. */
void workers_free(struct workers *workers);

/* Works of the same lane are done one after the other, in order. 0, or -1 when there is no thread for it. */
int workers_give(struct workers *workers, struct work *work, unsigned lane);

#endif
