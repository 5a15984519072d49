#ifndef ZOE_EDGE_PIECE_H
#define ZOE_EDGE_PIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of an upload that has a checksum (tus 1.0, checksum): its bytes count when all of them came and are right,
 * else none of them does. In a folder they lie behind those that count, and a mark beside the file says where those
 * end, so that they do not count even when the process dies on the way. */

#define PIECE_ALGORITHMS "sha1,sha256"

struct piece;

enum piece_answer { PIECE_NONE, PIECE_GOOD, PIECE_UNKNOWN, PIECE_MALFORMED };

/* Reads Upload-Checksum: "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=". NULL is PIECE_NONE; *piece is made with PIECE_GOOD, and
 * with *piece NULL memory is out. `piece` NULL: only judges. */
enum piece_answer piece_read(const char *header, struct piece **piece);
void piece_free(struct piece *piece);
void piece_add(struct piece *piece, const void *bytes, size_t n);
/* Whether the bytes have the checksum. Once. */
bool piece_right(struct piece *piece);

/* The mark beside uploads/<id> in a folder: its bytes count up to `from`. 0 or an errno. */
int piece_mark(const char *id, int64_t from);
/* Where they end; -1 without a mark. */
int64_t piece_marked(const char *id);
void piece_unmark(const char *id);

#endif
