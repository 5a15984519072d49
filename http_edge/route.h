#ifndef ZOE_EDGE_ROUTE_H
#define ZOE_EDGE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "http_edge/take.h"
#include "http_edge/template.h"

/* The dialects' tables, compiled once at the start, and the search for the route of a request. Read-only afterwards,
 * so all shards share it. */

struct request;

enum method {
    METHOD_GET,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_HEAD,
    METHOD_OPTIONS,
    METHOD_COUNT,
    METHOD_NONE = METHOD_COUNT
};

enum who {
    ANYONE,
    READER, /* a login is needed only when ZOE_PUBLIC_CATALOGUE is off */
    USER,
    ADMIN
};

enum slash_rule { EXACT, REDIRECT };

/* What to answer for a refusal: `key` is a problem's code, a status such as "not-found", or "*"; "key:name" only for
 * the field that the client calls so. The first row that fits counts, a route's before its dialect's. http 0: the
 * status's own. An empty shape is RFC 9457 problem+json. */
struct error_row {
    const char *key;
    int http;
    const char *give;
};

/* What the row of a NATIVE cannot show by itself, for the description of the API. Lists are separated by blanks. */
struct says {
    const char *about;   /* one sentence; NULL: the message's */
    const char *tag;     /* where it stands in the description; NULL: the message's service */
    const char *reads;   /* media type of the body, when it is no JSON that `take` names */
    const char *sends;   /* media type of a good answer; NULL: JSON of `give` or of the record, or nothing */
    const char *asks;    /* headers and ?queries that it reads, a ! behind those that it needs */
    const char *headers; /* names of what a good answer carries */
    const char *codes;   /* statuses of the same form beside the first */
};

struct route_row {
    const char *path;
    const char *name; /* of the native function */
    const struct says *says;
    void (*native)(struct request *); /* answers when the body is there; or `message` is asked */
    void (*early)(struct request *);  /* decides before the body is read */
    const char *take, *give, *headers;
    const struct record *(*form)(void); /* what `take` makes, when it is not the message's ask */
    const struct record *(*shows)(
        void);                 /* what `give` and `headers` are shaped from, when it is not the message's reply */
    const char *control;       /* Cache-Control of a good answer, instead of the usual one */
    const char *always;        /* a header line of every answer, refusals too */
    const char *refuses;       /* "404 409": what its message refuses with, beside what the other attributes lead to */
    const char *pictures;      /* members of the JSON body that may be pictures: names of title_picture.c */
    const char *rungs;         /* "480p 720p": what {rung} may be */
    const char *cache, *touch; /* tags: "titles title:{id}" */
    const struct error_row *errors;
    /* Where several dialects claim a path and method: this one's when the body has that member, when Accept names that
     * type; else the one's without either, else the first. */
    const char *when, *accept;
    enum method method;
    enum who who;
    unsigned message;
    int code;
    bool streams; /* the body goes to the request's `data` */
    bool large;   /* the JSON body may carry a picture */
    bool pages;   /* asks for every page and answers with one list */
    bool raw;     /* the native takes the body as it came */
    bool once;    /* takes an Idempotency-Key; its message has a handler with a transaction */
    bool quiet;   /* not in the access log */
    bool scarce;  /* requests without a login are counted: ZOE_ANONYMOUS_PER_MINUTE */
    bool greets;  /* a login is not needed, but taken when it is good */
    bool match;   /* takes If-Match; 428 without it when ZOE_IF_MATCH says so */
};

struct dialect_row {
    const char *name, *prefix, *tokens;
    enum slash_rule slash;
    const char *also; /* every route is mounted a second time, behind this prefix */
    bool forms;       /* application/x-www-form-urlencoded bodies are taken too */
    bool strays;      /* its errors are those of paths that are nobody's */
    bool strict;      /* parameters of the query that no route takes are refused */
    bool gather;      /* a refused body is told with all its wrong fields: the members of their shapes in one object */
    const char *realm;
    bool guards;        /* asks for the login of a closed path before it says that it does not take a method */
    const char *logins; /* whose access tokens it takes, when not its own: a realm that auth knows */
    const char *about;  /* a few sentences for the description of the API */
};

struct error {
    const struct error_row *row;
    struct template *give;
};

struct dialect {
    const struct dialect_row *row;
    struct error *errors;
    size_t errors_n;
    const char *cookie; /* name of the access token's cookie, NULL when none is taken */
    bool bearer;
};

struct route {
    const struct route_row *row;
    const struct dialect *dialect;
    const struct message *message;
    struct take *take;
    struct template *give, *headers;
    struct error *errors;
    size_t errors_n;
    const struct route *next; /* of another dialect, at the same path and method */
    char path[128];           /* the template, for logs and counters */
    unsigned number;
};

enum { PARTS_MAX = 8, PARAMS_MAX = 4, ROUTES_MAX = 384 };

struct param {
    const char *name, *at;
    size_t n;
};

struct match {
    const struct route *route; /* NULL when the path is nobody's or the method is not taken */
    const struct route *any;   /* a route of the path, for the style of a 405 */
    unsigned methods;          /* bits of the methods that the path takes */
    struct param params[PARAMS_MAX];
    unsigned count;
    bool redirect; /* the same path with a slash behind it is a route */
};

/* One dialect as its table says it; lists end in a row of zeros. */
struct dialect_table {
    const struct dialect_row *dialect;
    const struct route_row *routes;
    const struct error_row *errors;
};

/* Compiles the tables whose names are in ZOE_DIALECTS, and the first of them; -1 with a sentence in `why`. */
int route_compile(const struct dialect_table *tables, const char *names, char why[300]);

/* Finds the route of a raw path (no query). HEAD goes to GET. */
void route_match(enum method method, const char *path, struct match *match);

/* Which of the dialects that claim a path and method a request means; `body` is NULL as long as it is not read. */
const struct route *route_choose(const struct route *first, const char *accept, const json_t *body);

/* The dialect whose prefix the path has, for refusals of unknown paths; NULL: the house's own. */
const struct dialect *route_dialect(const char *path);

enum method method_read(const char *text);
const char *method_name(enum method method);

/* The record that answers of the route are shaped from. */
const struct record *route_shows(const struct route_row *row);

const struct route *route_at(unsigned number);
unsigned route_count(void);

#endif
