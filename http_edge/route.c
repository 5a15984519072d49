#include "http_edge/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_edge/refusal.h"

enum { CHILDREN_MAX = 64, DIALECTS_MAX = 16 };

/* A part of a path: a literal, or a parameter that takes any text or only digits. */
struct node {
    const char *text;
    size_t n;
    bool param, digits;
    struct route *routes[METHOD_COUNT];
    struct node *children[CHILDREN_MAX];
    unsigned count;
};

static struct node root;
static struct route routes[ROUTES_MAX];
static struct dialect dialects[DIALECTS_MAX];
static unsigned routes_n, dialects_n;
static const char *const methods[METHOD_COUNT] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"};

enum method method_read(const char *text) {
    for (unsigned i = 0; i < METHOD_COUNT; i++)
        if (!strcmp(methods[i], text))
            return i;
    return METHOD_NONE;
}

const char *method_name(enum method method) {
    return method < METHOD_COUNT ? methods[method] : "?";
}

const struct route *route_at(unsigned number) {
    return &routes[number];
}

unsigned route_count(void) {
    return routes_n;
}

/* Whether `name` stands in a list separated by commas. */
static bool listed(const char *list, const char *name) {
    size_t n = strlen(name);
    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',')
        if (strcspn(at, ",") == n && !strncmp(at, name, n))
            return true;
    return false;
}

static struct node *child(struct node *node, const char *text, size_t n) {
    bool param = n > 2 && text[0] == '{';
    bool digits = param && n > 6 && !strncmp(text + n - 5, ":int}", 5);
    if (param) {
        text++;
        n -= digits ? 6 : 2;
    }
    for (unsigned i = 0; i < node->count; i++) {
        struct node *one = node->children[i];
        if (one->param == param && one->digits == digits && one->n == n && !memcmp(one->text, text, n))
            return one;
    }
    struct node *one = node->count < CHILDREN_MAX ? calloc(1, sizeof *one) : NULL;
    if (!one)
        return NULL;
    *one = (struct node){.text = text, .n = n, .param = param, .digits = digits};
    /* Literals are tried before parameters, digits before any text. */
    unsigned at = node->count++;
    while (at && node->children[at - 1]->param && (!param || (digits && !node->children[at - 1]->digits))) {
        node->children[at] = node->children[at - 1];
        at--;
    }
    node->children[at] = one;
    return one;
}

static bool same(const char *a, const char *b) {
    return a && b ? !strcmp(a, b) : a == b;
}

/* Behind one another stand routes that something tells apart; the one that nothing chooses comes first. */
static int chain(struct route **first, struct route *route) {
    for (const struct route *one = *first; one; one = one->next)
        if (same(one->row->when, route->row->when) && same(one->row->accept, route->row->accept))
            return -1;
    if (!*first || (!route->row->when && !route->row->accept)) {
        route->next = *first;
        *first = route;
        return 0;
    }
    struct route *last = *first;
    while (last->next)
        last = (struct route *)last->next;
    last->next = route;
    return 0;
}

static int insert(struct route *route) {
    struct node *node = &root;
    for (const char *at = route->path; node && *at == '/';) {
        size_t n = strcspn(++at, "/");
        node = child(node, at, n);
        at += n;
    }
    return node ? chain(&node->routes[route->row->method], route) : -1;
}

static int compile_errors(const struct error_row *rows, struct error **errors, size_t *count, char why[200]) {
    size_t n = 0;
    while (rows && rows[n].key)
        n++;
    *errors = calloc(n + 1, sizeof **errors);
    *count = n;
    for (size_t i = 0; i < n; i++) {
        struct error *error = &(*errors)[i];
        error->row = &rows[i];
        if (rows[i].give && *rows[i].give)
            error->give = template_new(refusal_record(), TEMPLATE_JSON, rows[i].give, why);
        if (rows[i].give && *rows[i].give && !error->give)
            return -1;
    }
    return 0;
}

const struct record *route_shows(const struct route_row *row) {
    return row->shows ? row->shows() : row->message ? message_row(row->message)->reply() : nothing_record();
}

static int compile_route(const struct dialect *dialect, const char *prefix, const struct route_row *row,
                         char why[200]) {
    if (routes_n == ROUTES_MAX)
        return -1;
    struct route *route = &routes[routes_n];
    *route = (struct route){.row = row, .dialect = dialect, .number = routes_n++};
    snprintf(route->path, sizeof route->path, "%s%s", prefix, row->path);
    if (compile_errors(row->errors, &route->errors, &route->errors_n, why))
        return -1;
    if (row->message) {
        route->message = message_row(row->message);
        const struct record *ask = row->form ? row->form() : route->message->ask(), *reply = route_shows(row);
        if (row->take && !(route->take = take_new(ask, row->take, why)))
            return -1;
        if (row->give && !(route->give = template_new(reply, TEMPLATE_JSON, row->give, why)))
            return -1;
        if (row->headers && !(route->headers = template_new(reply, TEMPLATE_LINE, row->headers, why)))
            return -1;
    } else if (row->give && !(route->give = template_new(route_shows(row), TEMPLATE_JSON, row->give, why)))
        return -1;
    snprintf(why, 200, "the path is taken twice");
    return insert(route);
}

static int compile_dialect(const struct dialect_table *table, char why[300]) {
    char reason[200] = "";
    if (dialects_n == DIALECTS_MAX)
        return -1;
    struct dialect *dialect = &dialects[dialects_n++];
    dialect->row = table->dialect;
    for (const char *at = table->dialect->tokens; *at; at += strcspn(at, " "), at += *at == ' ') {
        size_t n = strcspn(at, " ");
        if (n == 6 && !strncmp(at, "bearer", n))
            dialect->bearer = true;
        else if (n > 7 && !strncmp(at, "cookie:", 7))
            dialect->cookie = strndup(at + 7, n - 7);
    }
    if (compile_errors(table->errors, &dialect->errors, &dialect->errors_n, reason)) {
        snprintf(why, 300, "%s: %s", table->dialect->name, reason);
        return -1;
    }
    const char *also = table->dialect->also;
    for (const struct route_row *row = table->routes; row->path; row++)
        if (compile_route(dialect, table->dialect->prefix, row, reason) ||
            (also && compile_route(dialect, also, row, reason))) {
            snprintf(why, 300, "%s %s %.60s: %s", table->dialect->name, methods[row->method], row->path, reason);
            return -1;
        }
    return 0;
}

static bool is_dialect(const struct dialect_table *tables, const char *name, size_t n) {
    for (size_t i = 1; tables[i].dialect; i++)
        if (strlen(tables[i].dialect->name) == n && !memcmp(tables[i].dialect->name, name, n))
            return true;
    return false;
}

int route_compile(const struct dialect_table *tables, const char *names, char why[300]) {
    for (const char *at = names; *at; at += strcspn(at, ","), at += *at == ',')
        if (!is_dialect(tables, at, strcspn(at, ","))) {
            snprintf(why, 300, "\"%.*s\" is no dialect", (int)strcspn(at, ","), at);
            return -1;
        }
    for (size_t i = 0; tables[i].dialect; i++)
        if ((!i || listed(names, tables[i].dialect->name)) && compile_dialect(&tables[i], why))
            return -1;
    return 0;
}

static bool fits(const struct node *node, const char *part, size_t n) {
    if (!node->param)
        return node->n == n && !memcmp(node->text, part, n);
    if (!n)
        return false;
    if (!node->digits)
        return true;
    for (size_t i = 0; i < n; i++)
        if (part[i] < '0' || part[i] > '9')
            return false;
    return n <= 18;
}

static const struct node *descend(const struct node *node, const char *path, struct match *match, unsigned depth) {
    if (!*path)
        return node;
    if (depth == PARTS_MAX)
        return NULL;
    const char *part = path + 1;
    size_t n = strcspn(part, "/");
    for (unsigned i = 0; i < node->count; i++) {
        const struct node *one = node->children[i];
        if (!fits(one, part, n))
            continue;
        unsigned count = match->count;
        if (one->param && count < PARAMS_MAX)
            match->params[match->count++] = (struct param){one->text, part, n};
        const struct node *end = descend(one, part + n, match, depth + 1);
        if (end && (end->routes[METHOD_GET] || end->routes[METHOD_POST] || end->routes[METHOD_PUT] ||
                    end->routes[METHOD_PATCH] || end->routes[METHOD_DELETE] || end->routes[METHOD_OPTIONS]))
            return end;
        match->count = count;
    }
    return NULL;
}

static bool slashed_elsewhere(const char *path) {
    char slashed[512];
    struct match other = {0};
    if (snprintf(slashed, sizeof slashed, "%s/", path) >= (int)sizeof slashed)
        return false;
    const struct node *end = descend(&root, slashed, &other, 0);
    for (unsigned i = 0; end && i < METHOD_COUNT; i++)
        if (end->routes[i])
            return end->routes[i]->dialect->row->slash == REDIRECT;
    return false;
}

void route_match(enum method method, const char *path, struct match *match) {
    *match = (struct match){0};
    const struct node *end = *path == '/' ? descend(&root, path, match, 0) : NULL;
    if (!end) {
        match->redirect = *path == '/' && slashed_elsewhere(path);
        return;
    }
    for (unsigned i = 0; i < METHOD_COUNT; i++) {
        if (!end->routes[i])
            continue;
        match->methods |= 1u << i;
        if (!match->any)
            match->any = end->routes[i];
    }
    if (match->methods & 1u << METHOD_GET)
        match->methods |= 1u << METHOD_HEAD;
    match->methods |= 1u << METHOD_OPTIONS;
    if (method < METHOD_COUNT)
        match->route = end->routes[method];
    if (!match->route && method == METHOD_HEAD)
        match->route = end->routes[METHOD_GET];
}

static bool has_member(const json_t *body, const char *name) {
    const json_t *member = name ? json_object_get(body, name) : NULL;
    return member && !json_is_null(member);
}

const struct route *route_choose(const struct route *first, const char *accept, const json_t *body) {
    for (const struct route *one = first; one; one = one->next)
        if (has_member(body, one->row->when) || (one->row->accept && accept && strstr(accept, one->row->accept)))
            return one;
    return first;
}

/* `prefix` ends where a part of the path ends. */
static bool has_prefix(const char *path, const char *prefix) {
    size_t n = strlen(prefix);
    return !strncmp(path, prefix, n) && (!n || path[n] == '/' || !path[n]);
}

const struct dialect *route_dialect(const char *path) {
    const struct dialect *best = &dialects[0];
    for (unsigned i = 0; path && i < dialects_n; i++) {
        size_t n = strlen(dialects[i].row->prefix), most = strlen(best->row->prefix);
        if (has_prefix(path, dialects[i].row->prefix) && (n > most || (!most && dialects[i].row->strays)))
            best = &dialects[i];
    }
    return best;
}
