#include "http_edge/text.h"

#include <stdlib.h>
#include <string.h>

#include "http_edge/proxy.h"
#include "protocol/node/config.h"
#include "protocol/wire/check.h"

enum { TEXT_MAX = 4096 };

int text_hex(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

int text_decode(const char *from, size_t n, bool plus, char *to, size_t size) {
    size_t wrote = 0;
    for (size_t i = 0; i < n; i++) {
        char c = from[i];
        if (c == '%') {
            int high = i + 2 < n ? text_hex(from[i + 1]) : -1, low = i + 2 < n ? text_hex(from[i + 2]) : -1;
            if (high < 0 || low < 0)
                return -1;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus)
            c = ' ';
        if (wrote + 1 >= size)
            return -1;
        to[wrote++] = c;
    }
    to[wrote] = 0;
    return text_valid(to, wrote) ? 0 : -1;
}

bool text_lists(const char *list, const char *word) {
    size_t n = strlen(word);
    for (const char *at = list; n && *at; at += strcspn(at, " "), at += *at == ' ')
        if (strcspn(at, " ") == n && !memcmp(at, word, n))
            return true;
    return false;
}

const char *request_param(struct request *request, const char *name) {
    char text[TEXT_MAX];
    for (unsigned i = 0; i < request->match.count; i++) {
        const struct param *param = &request->match.params[i];
        if (strncmp(param->name, name, strlen(name)) != 0 || strchr("}:", param->name[strlen(name)]) == NULL)
            continue;
        if (text_decode(param->at, param->n, false, text, sizeof text))
            return "";
        return arena_text(request->arena, text);
    }
    return "";
}

int64_t request_number(struct request *request, const char *name) {
    return strtoll(request_param(request, name), NULL, 10);
}

const char *request_query(struct request *request, const char *name) {
    char text[TEXT_MAX];
    const char *raw = MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
    if (!raw)
        return NULL;
    return text_decode(raw, strlen(raw), false, text, sizeof text) ? "\xff" : arena_text(request->arena, text);
}

const char *request_base(struct request *request) {
    if (*config()->public_url)
        return config()->public_url;
    const char *host = request->in.host && *request->in.host ? request->in.host : config()->listen;
    return arena_print(request->arena, "%s://%s", proxy_secure(request) ? "https" : "http", host);
}
