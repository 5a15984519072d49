#include "http_edge/proxy.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/node/config.h"

enum { NETWORKS_MAX = 64, ENTRY_BYTES_MAX = 200 };

struct network {
    uint8_t address[16];
    unsigned bits;
};

static struct network networks[NETWORKS_MAX];
static unsigned networks_n;

/* IPv4 as ::ffff:a.b.c.d, so that both compare alike. */
static int read_address(const char *text, uint8_t to[16]) {
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    memcpy(to, mapped, sizeof mapped);
    return inet_pton(AF_INET, text, to + 12) == 1 || inet_pton(AF_INET6, text, to) == 1 ? 0 : -1;
}

static void write_address(const uint8_t address[16], char to[INET6_ADDRSTRLEN]) {
    bool old = address[10] == 0xff && address[11] == 0xff && !memcmp(address, (uint8_t[10]){0}, 10);
    inet_ntop(old ? AF_INET : AF_INET6, old ? address + 12 : address, to, INET6_ADDRSTRLEN);
}

static int read_network(const char *text, struct network *to) {
    char address[64];
    size_t n = strcspn(text, "/");
    if (n >= sizeof address)
        return -1;
    memcpy(address, text, n);
    address[n] = 0;
    unsigned most = strchr(address, ':') ? 128 : 32;
    char *end = "";
    unsigned long bits = text[n] ? strtoul(text + n + 1, &end, 10) : most;
    if (read_address(address, to->address) || *end || bits > most ||
        (text[n] && (text[n + 1] < '0' || text[n + 1] > '9')))
        return -1;
    to->bits = (unsigned)bits + (128 - most);
    return 0;
}

int proxy_open(const char *list, char why[300]) {
    networks_n = 0;
    for (const char *at = list; *at;) {
        char text[80];
        at += strspn(at, ", ");
        size_t n = strcspn(at, ", ");
        if (!n)
            break;
        snprintf(text, sizeof text, "%.*s", (int)n, at);
        if (n >= sizeof text || networks_n == NETWORKS_MAX || read_network(text, &networks[networks_n])) {
            snprintf(why, 300, "\"%s\" is no address and no network such as 10.0.0.0/8", text);
            return -1;
        }
        networks_n++;
        at += n;
    }
    return 0;
}

static bool trusted(const uint8_t address[16]) {
    for (unsigned i = 0; i < networks_n; i++) {
        const struct network *network = &networks[i];
        unsigned whole = network->bits / 8, rest = network->bits % 8;
        if (!memcmp(address, network->address, whole) &&
            (!rest || (address[whole] ^ network->address[whole]) >> (8 - rest) == 0))
            return true;
    }
    return false;
}

/* "1.2.3.4", "1.2.3.4:80", "2001:db8::1", "[2001:db8::1]:80". */
static int read_node(const char *at, size_t n, uint8_t to[16]) {
    char text[ENTRY_BYTES_MAX];
    if (n >= sizeof text)
        return -1;
    memcpy(text, at, n);
    text[n] = 0;
    char *node = text;
    if (*node == '[') {
        char *end = strchr(++node, ']');
        if (!end || (end[1] && end[1] != ':'))
            return -1;
        *end = 0;
    } else if (strchr(node, ':') && strchr(node, ':') == strrchr(node, ':'))
        *strchr(node, ':') = 0;
    return read_address(node, to);
}

/* A parameter of an element of Forwarded; its value without quotes. */
static const char *parameter(const char *at, size_t n, const char *name, size_t *bytes) {
    size_t length = strlen(name);
    for (const char *end = at + n; at < end;) {
        at += strspn(at, " \t;");
        if (at >= end)
            break;
        size_t part = strcspn(at, ";");
        part = part < (size_t)(end - at) ? part : (size_t)(end - at);
        if (part > length && !strncasecmp(at, name, length) && at[length] == '=') {
            const char *value = at + length + 1;
            *bytes = part - length - 1;
            while (*bytes && (value[*bytes - 1] == ' ' || value[*bytes - 1] == '\t'))
                --*bytes;
            if (*bytes >= 2 && *value == '"' && value[*bytes - 1] == '"') {
                value++;
                *bytes -= 2;
            }
            return value;
        }
        at += part;
    }
    return NULL;
}

/* The last element of a list of *n bytes, without blanks; *n is what stands before it. NULL at the beginning. */
static const char *last_element(const char *list, size_t *n, size_t *bytes) {
    size_t end = *n, start;
    if (!end)
        return NULL;
    for (start = end; start && list[start - 1] != ',';)
        start--;
    *n = start ? start - 1 : 0;
    while (start < end && (list[start] == ' ' || list[start] == '\t'))
        start++;
    while (end > start && (list[end - 1] == ' ' || list[end - 1] == '\t'))
        end--;
    *bytes = end - start;
    return list + start;
}

void proxy_pick(const char *peer, const char *header, bool forwarded, char to[INET6_ADDRSTRLEN]) {
    uint8_t address[16], further[16];
    size_t left = header ? strlen(header) : 0, n = 0;
    if (read_address(peer, address)) {
        snprintf(to, INET6_ADDRSTRLEN, "%.*s", INET6_ADDRSTRLEN - 1, peer);
        return;
    }
    while (trusted(address)) {
        const char *node = last_element(header, &left, &n);
        if (node && forwarded)
            node = parameter(node, n, "for", &n);
        if (!node || read_node(node, n, further))
            break;
        memcpy(address, further, sizeof address);
    }
    write_address(address, to);
}

static void peer_text(struct request *request, char to[INET6_ADDRSTRLEN]) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    *to = 0;
    if (address && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, to, INET6_ADDRSTRLEN);
    else if (address && address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, to, INET6_ADDRSTRLEN);
}

static bool by_forwarded(void) {
    return !strcmp(config()->proxy_header, "forwarded");
}

const char *proxy_client(struct request *request) {
    char peer[INET6_ADDRSTRLEN], client[INET6_ADDRSTRLEN];
    if (request->client)
        return request->client;
    peer_text(request, peer);
    bool forwarded = by_forwarded();
    proxy_pick(peer, forwarded ? request->in.forwarded : request->in.forwarded_for, forwarded, client);
    request->client = arena_text(request->arena, client);
    return request->client ? request->client : "";
}

bool proxy_secure(struct request *request) {
    char peer[INET6_ADDRSTRLEN];
    uint8_t address[16];
    bool forwarded = by_forwarded();
    const char *header = forwarded ? request->in.forwarded : request->in.forwarded_proto;
    size_t left = header ? strlen(header) : 0, n = 0;
    if (!header)
        return false;
    peer_text(request, peer);
    if (read_address(peer, address) || !trusted(address))
        return false;
    const char *said = last_element(header, &left, &n);
    if (said && forwarded)
        said = parameter(said, n, "proto", &n);
    return said && n == 5 && !strncasecmp(said, "https", 5);
}
