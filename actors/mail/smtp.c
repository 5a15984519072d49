#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "actors/mail/mail.h"
#include "protocol/node/config.h"

/* One handle, and in it one connection that lives as long as there are letters. */

enum { CONNECT_MS = 15000, WHOLE_MS = 60000 };

static struct {
    CURL *curl;
    char url[1000], user[300], password[700], from[300];
    bool here; /* the server is this machine */
    /* Of the letter that is being sent. */
    const struct buffer *letter;
    size_t at;
    bool body_begun;
    char said[160]; /* the server's last refusal */
} smtp;

static bool is_here(const char *host) {
    struct in_addr four;
    struct in6_addr six;
    char plain[INET6_ADDRSTRLEN] = "";
    size_t n = strlen(host);
    if (n > 2 && host[0] == '[' && n - 2 < sizeof plain)
        memcpy(plain, host + 1, n - 2);
    return !strcmp(host, "localhost") || (inet_pton(AF_INET, host, &four) == 1 && (ntohl(four.s_addr) >> 24) == 127) ||
           (inet_pton(AF_INET6, plain, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six));
}

static int copy_part(CURLU *url, CURLUPart part, char *to, size_t size) {
    char *text = NULL;
    CURLUcode rc = curl_url_get(url, part, &text, CURLU_URLDECODE);
    int n = rc == CURLUE_OK ? snprintf(to, size, "%s", text) : 0;
    curl_free(text);
    return n < (int)size ? 0 : -1;
}

/* Parts the URL, so that no user and no password stands in what is logged or given to the library as a whole. */
static int read_url(const char *text, const char **why) {
    CURLU *url = curl_url();
    char host[300] = "", *whole = NULL;
    *why = "must be smtp://USER:PASSWORD@HOST:PORT or smtps://...";
    int rc = url && curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
                     !copy_part(url, CURLUPART_USER, smtp.user, sizeof smtp.user) &&
                     !copy_part(url, CURLUPART_PASSWORD, smtp.password, sizeof smtp.password) &&
                     !copy_part(url, CURLUPART_HOST, host, sizeof host) && *host
                 ? 0
                 : -1;
    smtp.here = is_here(host);
    if (!rc) {
        curl_url_set(url, CURLUPART_USER, NULL, 0);
        curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
        rc = curl_url_get(url, CURLUPART_URL, &whole, 0) == CURLUE_OK &&
                     snprintf(smtp.url, sizeof smtp.url, "%s", whole) < (int)sizeof smtp.url
                 ? 0
                 : -1;
    }
    curl_free(whole);
    curl_url_cleanup(url);
    return rc;
}

static int read_from(const char **why) {
    struct arena *arena = arena_new();
    const char *name, *address;
    int rc = arena && !address_split(config()->mail_from, arena, &name, &address) &&
                     snprintf(smtp.from, sizeof smtp.from, "<%s>", address) < (int)sizeof smtp.from
                 ? 0
                 : -1;
    arena_free(arena);
    if (rc)
        *why = "ZOE_MAIL_FROM must be an address";
    return rc;
}

int smtp_open(const char *url, const char **why) {
    if (read_url(url, why) || read_from(why))
        return -1;
    if (*config()->mail_ca && access(config()->mail_ca, R_OK)) {
        *why = "the file that ZOE_MAIL_CA names cannot be read";
        return -1;
    }
    *why = "libcurl cannot be started";
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}

static size_t give(char *to, size_t size, size_t count, void *self) {
    (void)self;
    size_t room = size * count, left = smtp.letter->n - smtp.at, n = left < room ? left : room;
    smtp.body_begun = true;
    memcpy(to, smtp.letter->at + smtp.at, n);
    smtp.at += n;
    return n;
}

/* The server's last refusal, without the control characters that a log or a terminal could stumble over. */
static size_t hear(char *line, size_t size, size_t count, void *self) {
    (void)self;
    size_t n = size * count, kept = 0;
    if (!n || (*line != '4' && *line != '5'))
        return n;
    for (size_t i = 0; i < n && kept < sizeof smtp.said - 1; i++)
        if ((unsigned char)line[i] >= ' ' && (unsigned char)line[i] < 0x7f)
            smtp.said[kept++] = line[i];
    smtp.said[kept] = 0;
    return n;
}

static size_t ignore(char *data, size_t size, size_t count, void *self) {
    (void)data, (void)self;
    return size * count;
}

/* On this machine an offered TLS is taken without a look at the certificate: nothing at all would do there, too. */
static void set_tls(CURL *curl) {
    bool inner = !strncasecmp(smtp.url, "smtps:", 6), required = !strcmp(config()->mail_tls, "required");
    bool lax = !inner && !required && smtp.here;
    long level = inner || required || !smtp.here ? CURLUSESSL_ALL : CURLUSESSL_TRY;
    if (!inner && !strcmp(config()->mail_tls, "off"))
        level = CURLUSESSL_NONE;
    curl_easy_setopt(curl, CURLOPT_USE_SSL, level);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, lax ? 0L : 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, lax ? 0L : 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (*config()->mail_ca)
        curl_easy_setopt(curl, CURLOPT_CAINFO, config()->mail_ca);
}

static CURL *handle(void) {
    if (smtp.curl)
        return smtp.curl;
    CURL *curl = smtp.curl = curl_easy_init();
    if (!curl)
        return NULL;
    curl_easy_setopt(curl, CURLOPT_URL, smtp.url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)WHOLE_MS);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, hear);
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, smtp.from);
    if (*smtp.user) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, smtp.user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, smtp.password);
    }
    set_tls(curl);
    return curl;
}

/* What the server has against this letter is final; what it has against us (530 to 538: TLS, login) is for the operator
 * to mend, and the letter waits. */
static enum outcome judge(CURLcode rc, long code) {
    bool letters = rc == CURLE_SEND_ERROR || smtp.body_begun;
    bool ours = code >= 530 && code <= 538;
    if (rc == CURLE_OK)
        return DELIVERED;
    return code >= 500 && code <= 599 && letters && !ours ? DELIVER_NEVER : DELIVER_LATER;
}

enum outcome smtp_deliver(const struct post *post, const struct buffer *letter, char why[200]) {
    CURL *curl = handle();
    char to[300];
    long code = 0;
    snprintf(to, sizeof to, "<%s>", post->address);
    struct curl_slist *recipients = curl ? curl_slist_append(NULL, to) : NULL;
    if (!recipients) {
        snprintf(why, 200, "smtp: out of memory");
        return DELIVER_LATER;
    }
    smtp.letter = letter;
    smtp.at = 0;
    smtp.body_begun = false;
    smtp.said[0] = 0;
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
    CURLcode rc = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, NULL);
    curl_slist_free_all(recipients);
    enum outcome outcome = judge(rc, code);
    if (outcome != DELIVERED)
        snprintf(why, 200, "%s", code >= 400 && *smtp.said ? smtp.said : curl_easy_strerror(rc));
    /* A server that refuses may want to see us go before it takes the next one. */
    if (rc != CURLE_OK)
        smtp_rest();
    return outcome;
}

void smtp_rest(void) {
    curl_easy_cleanup(smtp.curl);
    smtp.curl = NULL;
}
