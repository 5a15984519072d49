#ifndef ZOE_EDGE_UPLOAD_H
#define ZOE_EDGE_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http_edge/request.h"

/* Bytes on their way from a client into the store: the shard queues them, threads of the shard write them.
 * A queue that is full stops the client (the request is parked), so memory stays bounded however fast it sends. */
struct uploads;
struct arrival;

struct uploads *uploads_new(struct shard *shard);
/* Writes what is queued, then ends the writer. */
void uploads_free(struct uploads *uploads);

enum upload_open { UPLOAD_OPENED, UPLOAD_LOCKED, UPLOAD_TOO_MANY, UPLOAD_FAILED };

/* Opens uploads/<id> for the request and locks it against other connections, of this process and others. *offset is set
 * to the bytes that are there. The request's state belongs to the upload from here on: it is closed at the request's
 * end, whatever that is, after the last queued byte was written. */
enum upload_open upload_open(struct request *request, const char *id, int64_t length, int64_t *offset);

/* The same for a store that is a bucket: `lease` is of the upload, and `step` runs when its tail was read. */
struct upload_lease;
enum upload_open upload_open_leased(struct request *request, const struct upload_lease *lease, int64_t length,
                                    int64_t *offset, void (*step)(struct request *request));
/* The bytes that come make up a piece that counts as a whole or not at all; takes it. After the opening. */
struct piece;
void upload_expect(struct request *request, struct piece *piece);
/* They were not those of its checksum. After upload_finish(). */
bool upload_mismatched(const struct request *request);

/* The tail could not be read, or something since. */
bool upload_failed(const struct request *request);

/* The same for a new file of any name in the store, of at most `most` bytes, which is removed at the request's end. */
enum upload_open upload_open_temporary(struct request *request, const char *name, int64_t most);

/* The request's `data`: takes all or, with the request parked, nothing. */
size_t upload_data(struct request *request, const char *at, size_t n);

/* Runs `step` when all bytes are written (and on the disk, when they are the whole film). Parks the request. */
void upload_finish(struct request *request, void (*step)(struct request *request));

/* Bytes in the store now, or -1 when writing failed; *whole: they are as many as announced. After upload_finish(). */
int64_t upload_offset(const struct request *request, bool *whole);
/* More came than was announced. */
bool upload_overflowed(const struct request *request);
/* Lets other connections go on before this request has ended. */
void upload_unlock(struct request *request);

/* What arrived is done with before the request's end: a temporary file goes, and another one may be opened. */
void upload_close(struct request *request);

/* Name in the store; -1 when the id is none. */
int upload_name(const char *id, char *to, size_t size);

#endif
