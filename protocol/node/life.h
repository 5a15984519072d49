#ifndef ZOE_NODE_LIFE_H
#define ZOE_NODE_LIFE_H

#include <czmq.h>

/* Life of a process: start, ready, drain, stop. Tells the service manager when there is a NOTIFY_SOCKET. */
struct life;

/* Blocks SIGTERM and SIGINT for all threads started afterwards and reads them from `loop`; ignores SIGPIPE. `stop` is
 * called once, at the first of them; a second ends the process at once. */
struct life *life_open(zloop_t *loop, void (*stop)(void *self), void *self);
void life_free(struct life *life);

/* READY=1, STOPPING=1, or any line of sd_notify(3). Does nothing without NOTIFY_SOCKET. */
void life_notify(const char *line);

/* config_load, log_open, and what every main needs before its first thread: no core dumps of secrets, czmq without
 * signal handlers of its own. `name` is the process's name in logs. */
void life_begin(const char *name);

#endif
