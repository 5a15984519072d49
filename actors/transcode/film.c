#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"

/* The film for the media child. It may not touch the network, so a film in a bucket is a socket to it, and a thread
 * here answers with ranges of the object. Nothing is kept on the disk. */

enum { PIECE_MIN_BYTES = 1 << 20, PIECE_MAX_BYTES = 16 << 20, PIECES = 2 };

struct piece {
    int64_t offset;
    struct buffer bytes;
    unsigned used;
};

struct film {
    int fd;
    char name[NAME_BYTES];
    int64_t bytes;
    struct piece pieces[PIECES]; /* the last ones: containers are read at two places in turn */
    unsigned turn;
    int64_t next; /* where the last piece ended */
    size_t piece_bytes;
};

static bool read_ask(struct film *film, struct media_ask *ask) {
    for (size_t got = 0; got < sizeof *ask;) {
        ssize_t more = read(film->fd, (char *)ask + got, sizeof *ask - got);
        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            return false;
        got += (size_t)more;
    }
    return true;
}

static bool say(struct film *film, const void *bytes, size_t n) {
    for (size_t done = 0; done < n;) {
        ssize_t sent = send(film->fd, (const char *)bytes + done, n - done, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        done += (size_t)sent;
    }
    return true;
}

static struct piece *known(struct film *film, int64_t offset) {
    for (int i = 0; i < PIECES; i++) {
        struct piece *piece = &film->pieces[i];
        if (offset >= piece->offset && offset < piece->offset + (int64_t)piece->bytes.n)
            return piece;
    }
    return NULL;
}

/* Who reads on gets larger pieces, who jumps about small ones. */
static struct piece *fetch(struct film *film, int64_t offset) {
    struct piece *piece = &film->pieces[0];
    for (int i = 1; i < PIECES; i++)
        if (film->pieces[i].used < piece->used)
            piece = &film->pieces[i];
    bool goes_on = film->next == offset;
    film->piece_bytes = !goes_on                              ? PIECE_MIN_BYTES
                        : film->piece_bytes < PIECE_MAX_BYTES ? film->piece_bytes * 2
                                                              : PIECE_MAX_BYTES;
    struct place_get get = {
        .offset = offset, .count = (int64_t)film->piece_bytes, .max = film->piece_bytes, .body = piece->bytes};
    piece->bytes = (struct buffer){0};
    if (place_get(store_place(), film->name, &get) || !get.body.n) {
        buffer_free(&get.body);
        return NULL;
    }
    *piece = (struct piece){.offset = offset, .bytes = get.body};
    film->next = offset + (int64_t)get.body.n;
    return piece;
}

static bool answer(struct film *film, const struct media_ask *ask) {
    struct media_said said = {.bytes = film->bytes};
    if (!ask->bytes)
        return say(film, &said, sizeof said);
    said.bytes = 0;
    if (ask->offset < 0 || ask->offset >= film->bytes)
        return say(film, &said, sizeof said);
    struct piece *piece = known(film, ask->offset);
    if (!piece)
        piece = fetch(film, ask->offset);
    if (!piece) {
        said.bytes = -EIO;
        return say(film, &said, sizeof said);
    }
    piece->used = ++film->turn;
    size_t from = (size_t)(ask->offset - piece->offset), n = piece->bytes.n - from;
    said.bytes = (int64_t)(n < ask->bytes ? n : ask->bytes);
    return say(film, &said, sizeof said) && say(film, piece->bytes.at + from, (size_t)said.bytes);
}

static void film_free(struct film *film) {
    for (int i = 0; i < PIECES; i++)
        buffer_free(&film->pieces[i].bytes);
    close(film->fd);
    free(film);
}

/* Ends when the child and film_open()'s caller have closed their ends. */
static void *serve(void *arg) {
    struct film *film = arg;
    struct media_ask ask;
    while (read_ask(film, &ask) && answer(film, &ask))
        ;
    film_free(film);
    return NULL;
}

static int open_far(const char *name) {
    int ends[2];
    pthread_t thread;
    int64_t bytes = store_size(name);
    struct film *film = bytes >= 0 ? calloc(1, sizeof *film) : NULL;
    if (!film || strlen(name) >= sizeof film->name || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
        free(film);
        return -1;
    }
    strcpy(film->name, name);
    film->bytes = bytes;
    film->next = -1;
    film->fd = ends[0];
    if (!pthread_create(&thread, NULL, serve, film)) {
        pthread_detach(thread);
        return ends[1];
    }
    film_free(film);
    close(ends[1]);
    return -1;
}

int film_open(const char *name) {
    return store_remote() ? open_far(name) : store_read(name);
}
