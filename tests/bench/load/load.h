#ifndef ZOE_LOAD_H
#define ZOE_LOAD_H

/* zoe-load: loads a broker from the asking side, and can play the worker and a bare proxy in its place. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/wire/contract.h"

struct load_options {
    const struct message *message;
    const char *json_body; /* NULL: the body is `bytes` bytes that nobody decodes */
    size_t bytes;
    unsigned window; /* closed loop: asks at once */
    double rate;     /* open loop when above 0: asks a second, whatever is answered */
    uint64_t count;  /* stop after so many; 0: after `seconds` */
    double seconds;
    int64_t user;
    int64_t users;             /* asks come from so many users in turn, `user` and those after it */
    bool admin, json, proxied; /* proxied: by run/proxy.* instead of run/broker.* */
    const char *serve;         /* service to play the worker of */
    unsigned credit;
};

/* Each runs until it is done and returns the exit status. */
int client_run(const struct load_options *options);
int serve_run(const struct load_options *options);
int proxy_run(void);
int bench_run(bool json);
/* options->window viewers of the master playlist `url` for options->seconds; prints JSON. */
int viewers_run(const struct load_options *options, const char *url);

/* "ipc://.../run/broker.NAME", or proxy.NAME. 0 or -1. */
int load_endpoint(const struct load_options *options, const char *name, char *to, size_t size);
/* A DEALER with room for everything that is under way; NULL with one line on stderr. */
void *load_connect(void *context, const struct load_options *options, const char *name);

#endif
