#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/zoectl/zoectl.h"
#include "db/store/place.h"
#include "protocol/node/clock.h"

/* zoectl media move FROM TO [--delete]: copies what TO lacks, pass after pass until there is nothing left to copy, so
 * it can be broken off, begun again, and run while films are made and played. With --delete what is the same in both
 * places is then removed from FROM. */

enum { PIECE_BYTES = 8 << 20, COMPARED_BYTES = 1 << 20, TELL_MS = 1000, PASSES_MAX = 100 };

struct move {
    struct place *from, *to;
    bool removes;
    int64_t seen, copied, bytes, removed, told_ms;
    bool failed;
};

static void tell(struct move *move, bool now) {
    if (!now && clock_ms() - move->told_ms < TELL_MS)
        return;
    move->told_ms = clock_ms();
    fprintf(stderr, "%s%lld looked at, %lld copied, %.1f MB, %lld removed%s", isatty(2) ? "\r" : "",
            (long long)move->seen, (long long)move->copied, (double)move->bytes / 1e6, (long long)move->removed,
            isatty(2) && !now ? "" : "\n");
}

static bool get_whole(struct place *place, const char *name, struct place_get *get) {
    *get = (struct place_get){.max = COMPARED_BYTES};
    return !place_get(place, name, get);
}

/* Large objects never change under their name; small ones, playlists and pictures, may. */
static bool same(struct move *move, const char *name, int64_t bytes) {
    struct place_get a, b = {0};
    if (place_size(move->to, name) != bytes)
        return false;
    if (bytes > COMPARED_BYTES)
        return true;
    bool equal = get_whole(move->from, name, &a) && get_whole(move->to, name, &b) && a.body.n == b.body.n &&
                 (!a.body.n || !memcmp(a.body.at, b.body.at, a.body.n));
    buffer_free(&a.body);
    buffer_free(&b.body);
    return equal;
}

static int copy_pieces(struct move *move, const char *name, int64_t bytes, struct place_writer *writer) {
    for (int64_t at = 0; at < bytes;) {
        struct place_get get = {.offset = at, .count = PIECE_BYTES, .max = PIECE_BYTES};
        int rc = place_get(move->from, name, &get);
        if (!rc && !get.body.n)
            errno = ENOENT, rc = -1;
        if (!rc)
            rc = place_writer_append(writer, get.body.at, get.body.n);
        at += (int64_t)get.body.n;
        buffer_free(&get.body);
        if (rc)
            return -1;
        tell(move, false);
    }
    return 0;
}

static int copy(struct move *move, const char *name, int64_t bytes) {
    struct place_writer *writer = place_writer_open(move->to, name, bytes);
    if (!writer)
        return -1;
    if (!copy_pieces(move, name, bytes, writer))
        return place_writer_finish(writer);
    int error = errno;
    place_writer_abort(writer);
    errno = error;
    return -1;
}

static int each(void *self, const char *name, int64_t bytes) {
    struct move *move = self;
    move->seen++;
    tell(move, false);
    if (same(move, name, bytes)) {
        if (move->removes && !place_delete(move->from, name))
            move->removed++;
        return 0;
    }
    if (!copy(move, name, bytes)) {
        move->copied++;
        move->bytes += bytes;
    } else if (errno != ENOENT) { /* what is gone meanwhile need not be copied */
        zoectl_complain("%s: %s", name, strerror(errno));
        move->failed = true;
    }
    return move->failed;
}

static int passes(struct move *move) {
    for (int pass = 0; pass < PASSES_MAX; pass++) {
        int64_t before = move->copied;
        if (place_list(move->from, "", NULL, each, move)) {
            zoectl_complain("the first place cannot be listed: %s", strerror(errno));
            return EX_UNAVAILABLE;
        }
        if (move->failed)
            return EX_UNAVAILABLE;
        if (move->copied == before)
            break;
    }
    return 0;
}

int zoectl_media(int argc, char **argv) {
    struct move move = {.removes = argc == 5 && !strcmp(argv[4], "--delete")};
    if ((argc != 4 && !move.removes) || strcmp(argv[1], "move") != 0)
        return zoectl_usage("media takes move FROM TO [--delete]: file://FOLDER or s3://BUCKET...");
    if (!strcmp(argv[2], argv[3]))
        return zoectl_usage("media move: FROM and TO are the same place");
    move.from = place_open(argv[2]);
    move.to = move.from ? place_open(argv[3]) : NULL;
    int rc = move.to ? passes(&move) : EX_UNAVAILABLE;
    if (move.to)
        tell(&move, true);
    place_close(move.to);
    place_close(move.from);
    return rc;
}
