#include "db/store/sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char hex_digits[] = "0123456789abcdef";

static void to_hex(const uint8_t *from, size_t n, char *to) {
    for (size_t i = 0; i < n; i++) {
        to[2 * i] = hex_digits[from[i] >> 4];
        to[2 * i + 1] = hex_digits[from[i] & 15];
    }
    to[2 * n] = 0;
}

int sign_hash(const void *bytes, size_t n, char to[65]) {
    uint8_t digest[32];
    if (!EVP_Digest(bytes, n, digest, NULL, EVP_sha256(), NULL))
        return -1;
    to_hex(digest, sizeof digest, to);
    return 0;
}

static int mac(const void *key, size_t key_bytes, const char *text, size_t n, uint8_t to[32]) {
    return HMAC(EVP_sha256(), key, (int)key_bytes, (const uint8_t *)text, n, to, NULL) ? 0 : -1;
}

void sign_date(int64_t when, char to[17]) {
    struct tm at;
    time_t seconds = when;
    if (!gmtime_r(&seconds, &at) || strftime(to, 17, "%Y%m%dT%H%M%SZ", &at) != 16)
        *to = 0;
}

void sign_encode(const char *text, int slash, struct buffer *to) {
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c) ||
                     (slash && c == '/');
        if (plain)
            buffer_add(to, text, 1);
        else
            buffer_print(to, "%%%02X", c);
    }
}

/* --- the canonical request --- */

static int by_name(const void *a, const void *b) {
    const struct sign_pair *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->value, y->value);
}

/* Encoded pairs, each with its texts in one buffer: sorting is by encoded name, then value. */
int sign_query_text(const struct sign_ask *ask, struct buffer *to) {
    struct sign_pair pairs[SIGN_PAIRS_MAX];
    struct buffer texts = {0};
    size_t names[SIGN_PAIRS_MAX], values[SIGN_PAIRS_MAX];
    if (ask->query_n > SIGN_PAIRS_MAX)
        return -1;
    for (size_t i = 0; i < ask->query_n; i++) {
        names[i] = texts.n;
        sign_encode(ask->query[i].name, 0, &texts);
        buffer_add(&texts, "", 1);
        values[i] = texts.n;
        sign_encode(ask->query[i].value, 0, &texts);
        buffer_add(&texts, "", 1);
    }
    for (size_t i = 0; i < ask->query_n && !texts.failed; i++)
        pairs[i] = (struct sign_pair){texts.at + names[i], texts.at + values[i]};
    if (!texts.failed && ask->query_n)
        qsort(pairs, ask->query_n, sizeof *pairs, by_name);
    for (size_t i = 0; i < ask->query_n && !texts.failed; i++)
        buffer_print(to, "%s%s=%s", i ? "&" : "", pairs[i].name, pairs[i].value);
    int rc = texts.failed || to->failed ? -1 : 0;
    buffer_free(&texts);
    return rc;
}

/* Blanks at both ends go, runs of them inside become one. */
static void add_trimmed(const char *value, struct buffer *to) {
    value += strspn(value, " \t");
    while (*value) {
        size_t n = strcspn(value, " \t");
        buffer_add(to, value, n);
        value += n;
        value += strspn(value, " \t");
        if (*value)
            buffer_add(to, " ", 1);
    }
}

static int sorted_headers(const struct sign_ask *ask, struct sign_pair *to) {
    if (ask->headers_n > SIGN_PAIRS_MAX)
        return -1;
    /* A stable order by name: several lines of one name keep theirs. */
    for (size_t i = 0; i < ask->headers_n; i++) {
        size_t k = i;
        for (; k && strcmp(to[k - 1].name, ask->headers[i].name) > 0; k--)
            to[k] = to[k - 1];
        to[k] = ask->headers[i];
    }
    return 0;
}

static void add_signed_names(const struct sign_pair *headers, size_t n, const char *between, struct buffer *to) {
    for (size_t i = 0, first = 1; i < n; i++) {
        if (i && !strcmp(headers[i].name, headers[i - 1].name))
            continue;
        buffer_print(to, "%s%s", first ? "" : between, headers[i].name);
        first = 0;
    }
}

int sign_canonical(const struct sign_ask *ask, struct buffer *to) {
    struct sign_pair headers[SIGN_PAIRS_MAX];
    if (sorted_headers(ask, headers))
        return -1;
    buffer_print(to, "%s\n%s\n", ask->method, ask->path);
    if (sign_query_text(ask, to))
        return -1;
    for (size_t i = 0; i < ask->headers_n; i++) {
        if (i && !strcmp(headers[i].name, headers[i - 1].name))
            buffer_text(to, ",");
        else
            buffer_print(to, "\n%s:", headers[i].name);
        add_trimmed(headers[i].value, to);
    }
    buffer_text(to, "\n\n");
    add_signed_names(headers, ask->headers_n, ";", to);
    buffer_print(to, "\n%s", ask->payload);
    return to->failed ? -1 : 0;
}

/* --- the signature --- */

static int signing_key(const struct sign_with *with, const char *date, uint8_t key[32]) {
    struct buffer secret = {0};
    buffer_print(&secret, "AWS4%s", with->secret);
    int rc = secret.failed || mac(secret.at, secret.n, date, 8, key) ||
                     mac(key, 32, with->region, strlen(with->region), key) ||
                     mac(key, 32, with->service, strlen(with->service), key) || mac(key, 32, "aws4_request", 12, key)
                 ? -1
                 : 0;
    if (secret.at)
        OPENSSL_cleanse(secret.at, secret.n);
    buffer_free(&secret);
    return rc;
}

static int signature(const struct sign_with *with, const struct sign_ask *ask, char to[65]) {
    char date[17], hash[65];
    uint8_t key[32];
    struct buffer canonical = {0}, text = {0};
    sign_date(ask->when, date);
    int rc = sign_canonical(ask, &canonical) || sign_hash(canonical.at, canonical.n, hash) ? -1 : 0;
    if (!rc) {
        buffer_print(&text, "AWS4-HMAC-SHA256\n%s\n%.8s/%s/%s/aws4_request\n%s", date, date, with->region,
                     with->service, hash);
        rc = text.failed || signing_key(with, date, key) || mac(key, 32, text.at, text.n, key) ? -1 : 0;
    }
    if (!rc)
        to_hex(key, 32, to);
    OPENSSL_cleanse(key, sizeof key);
    buffer_free(&canonical);
    buffer_free(&text);
    return rc;
}

int sign_header(const struct sign_with *with, const struct sign_ask *ask, struct buffer *to) {
    char date[17], made[65];
    struct sign_pair headers[SIGN_PAIRS_MAX];
    if (sorted_headers(ask, headers) || signature(with, ask, made))
        return -1;
    sign_date(ask->when, date);
    buffer_print(to, "AWS4-HMAC-SHA256 Credential=%s/%.8s/%s/%s/aws4_request, SignedHeaders=", with->access, date,
                 with->region, with->service);
    add_signed_names(headers, ask->headers_n, ";", to);
    buffer_print(to, ", Signature=%s", made);
    return to->failed ? -1 : 0;
}

int sign_query(const struct sign_with *with, const struct sign_ask *ask, int64_t seconds, struct buffer *to) {
    char date[17], life[24], made[65];
    struct buffer credential = {0}, names = {0};
    struct sign_pair headers[SIGN_PAIRS_MAX], query[SIGN_PAIRS_MAX];
    size_t n = ask->query_n;
    if (n + 6 > SIGN_PAIRS_MAX || sorted_headers(ask, headers))
        return -1;
    sign_date(ask->when, date);
    snprintf(life, sizeof life, "%lld", (long long)seconds);
    buffer_print(&credential, "%s/%.8s/%s/%s/aws4_request", with->access, date, with->region, with->service);
    add_signed_names(headers, ask->headers_n, ";", &names);
    const char *names_text = buffer_string(&names), *credential_text = buffer_string(&credential);
    if (n)
        memcpy(query, ask->query, n * sizeof *query);
    query[n++] = (struct sign_pair){"X-Amz-Algorithm", "AWS4-HMAC-SHA256"};
    query[n++] = (struct sign_pair){"X-Amz-Credential", credential_text ? credential_text : ""};
    query[n++] = (struct sign_pair){"X-Amz-Date", date};
    query[n++] = (struct sign_pair){"X-Amz-Expires", life};
    query[n++] = (struct sign_pair){"X-Amz-SignedHeaders", names_text ? names_text : ""};
    if (with->token)
        query[n++] = (struct sign_pair){"X-Amz-Security-Token", with->token};
    struct sign_ask whole = *ask;
    whole.query = query;
    whole.query_n = n;
    int rc = credential.failed || names.failed || signature(with, &whole, made) || sign_query_text(&whole, to) ? -1 : 0;
    if (!rc)
        buffer_print(to, "&X-Amz-Signature=%s", made);
    buffer_free(&credential);
    buffer_free(&names);
    return rc || to->failed ? -1 : 0;
}
