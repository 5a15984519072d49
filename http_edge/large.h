#ifndef ZOE_EDGE_LARGE_H
#define ZOE_EDGE_LARGE_H

/* Objects of a bucket that are too large to be kept: each viewer's bytes are fetched range by range while they are
 * sent, so that a request holds two pieces at the most, however slow its client is. */

struct request;

struct large_want {
    const char *name; /* copied */
    const char *type, *cache;
    void (*missing)(struct request *request);
};

/* Answers later; BUSY when too many are being sent. */
void large_get(struct request *request, const struct large_want *want);

#endif
