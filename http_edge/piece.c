#include "http_edge/piece.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "db/store/store.h"
#include "http_edge/base64.h"
#include "http_edge/metadata.h"
#include "protocol/node/log.h"

struct piece {
    EVP_MD_CTX *hash;
    uint8_t wanted[EVP_MAX_MD_SIZE];
    size_t n;
    bool failed;
};

static const EVP_MD *algorithm(const char *name, size_t n) {
    if (n == 4 && !strncasecmp(name, "sha1", n))
        return EVP_sha1();
    return n == 6 && !strncasecmp(name, "sha256", n) ? EVP_sha256() : NULL;
}

static struct piece *piece_new(const EVP_MD *kind, const struct buffer *digest) {
    struct piece *piece = calloc(1, sizeof *piece);
    if (!piece || !(piece->hash = EVP_MD_CTX_new()) || !EVP_DigestInit_ex(piece->hash, kind, NULL)) {
        piece_free(piece);
        return NULL;
    }
    piece->n = digest->n;
    memcpy(piece->wanted, digest->at, digest->n);
    return piece;
}

enum piece_answer piece_read(const char *header, struct piece **piece) {
    struct buffer digest = {0};
    enum piece_answer answer = PIECE_GOOD;
    if (!header)
        return PIECE_NONE;
    size_t name = strcspn(header, " "), blank = strspn(header + name, " ");
    const char *text = header + name + blank;
    const EVP_MD *kind = algorithm(header, name);
    if (!blank || !*text || base64_read(text, strlen(text), &digest))
        answer = PIECE_MALFORMED;
    else if (!kind)
        answer = PIECE_UNKNOWN;
    else if (digest.n != (size_t)EVP_MD_get_size(kind))
        answer = PIECE_MALFORMED;
    else if (piece)
        *piece = piece_new(kind, &digest);
    buffer_free(&digest);
    return answer;
}

void piece_free(struct piece *piece) {
    if (!piece)
        return;
    EVP_MD_CTX_free(piece->hash);
    free(piece);
}

void piece_add(struct piece *piece, const void *bytes, size_t n) {
    piece->failed |= !EVP_DigestUpdate(piece->hash, bytes, n);
}

bool piece_right(struct piece *piece) {
    uint8_t made[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    return !piece->failed && EVP_DigestFinal_ex(piece->hash, made, &n) && n == piece->n &&
           !memcmp(made, piece->wanted, n);
}

/* --- the mark --- */

static void mark_name(const char *id, char to[128]) {
    snprintf(to, 128, "uploads/%.64s.checked", id);
}

int piece_mark(const char *id, int64_t from) {
    char name[128], text[32];
    mark_name(id, name);
    int n = snprintf(text, sizeof text, "%lld", (long long)from);
    return store_put(name, text, (size_t)n) ? errno : 0;
}

int64_t piece_marked(const char *id) {
    char name[128], text[32] = "";
    mark_name(id, name);
    int fd = store_read(name);
    if (fd < 0)
        return -1;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    return n > 0 ? metadata_number(text) : -1;
}

void piece_unmark(const char *id) {
    char name[128];
    mark_name(id, name);
    if (store_delete(name))
        log_warn(NULL, "store_delete_failed", "name=%s", log_value(name));
}
