#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/pg.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"

static int read_secret(const char *path, char to[65]) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t n = read(fd, to, 64);
    close(fd);
    to[n > 0 ? n : 0] = 0;
    return n == 64 ? 0 : -1;
}

static int make_secret(const char *path, char to[65]) {
    uint8_t raw[32];
    random_bytes(raw, sizeof raw);
    for (int i = 0; i < 32; i++)
        sprintf(to + 2 * i, "%02x", raw[i]);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? read_secret(path, to) : -1;
    bool good = write(fd, to, 64) == 64 && !fsync(fd);
    close(fd);
    return good ? 0 : -1;
}

int db_secret(const char *service, bool make, char to[65]) {
    char path[4200];
    if (config_path(path, sizeof path, "secrets"))
        return -1;
    if (make && mkdir(path, 0700) && errno != EEXIST)
        return -1;
    size_t n = strlen(path);
    snprintf(path + n, sizeof path - n, "/db_%s", service);
    if (!read_secret(path, to))
        return 0;
    return make ? make_secret(path, to) : -1;
}

static void base64(const unsigned char *bytes, int n, char *to) {
    EVP_EncodeBlock((unsigned char *)to, bytes, n);
}

/* SCRAM with one round. Rounds slow down guessing, which 256 random bits do not need; the 4096 of a password would cost
 * every connection some milliseconds on both sides. */
int db_verifier(const char *secret, char to[160]) {
    enum { SALT = 16, KEY = 32 };
    unsigned char salt[SALT], salted[KEY], client[KEY], stored[KEY], server[KEY];
    char salt_text[32], stored_text[64], server_text[64];
    int length = (int)strlen(secret);
    random_bytes(salt, sizeof salt);
    if (!PKCS5_PBKDF2_HMAC(secret, length, salt, SALT, 1, EVP_sha256(), KEY, salted) ||
        !HMAC(EVP_sha256(), salted, KEY, (const unsigned char *)"Client Key", 10, client, NULL) ||
        !HMAC(EVP_sha256(), salted, KEY, (const unsigned char *)"Server Key", 10, server, NULL) ||
        !EVP_Digest(client, KEY, stored, NULL, EVP_sha256(), NULL))
        return -1;
    base64(salt, SALT, salt_text);
    base64(stored, KEY, stored_text);
    base64(server, KEY, server_text);
    int n = snprintf(to, 160, "SCRAM-SHA-256$1:%s$%s:%s", salt_text, stored_text, server_text);
    return n > 0 && n < 160 ? 0 : -1;
}
