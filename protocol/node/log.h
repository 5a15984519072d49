#ifndef ZOE_NODE_LOG_H
#define ZOE_NODE_LOG_H

#include <stdint.h>

/* One logfmt line an event on stderr: time, level, process, event, trace, then the caller's key=value pairs. Values
 * come through %s of log_value() when they are not ours. Never log secrets: tokens, passwords, links. */

enum log_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR };

/* Name of this process in every line; `name` must stay. */
void log_open(const char *name);

/* `trace` may be NULL. `pairs` is a printf format such as "user=%lld ms=%d", or NULL. */
void log_event(enum log_level level, const uint8_t trace[16], const char *event, const char *pairs, ...)
    __attribute__((format(printf, 4, 5)));

/* Quotes a foreign text for logfmt: control characters and quotes escaped, at most 200 bytes. Valid until the eighth
 * call after it on the same thread. */
const char *log_value(const char *text);

/* The least severe level that is written. */
extern enum log_level log_least;

/* What is not written is not put together either: the arguments are left alone. */
#define LOG_AT(level, trace, ...) (level < log_least ? (void)0 : log_event(level, trace, __VA_ARGS__))

#define log_debug(trace, ...) LOG_AT(LEVEL_DEBUG, trace, __VA_ARGS__)
#define log_info(trace, ...)  LOG_AT(LEVEL_INFO, trace, __VA_ARGS__)
#define log_warn(trace, ...)  LOG_AT(LEVEL_WARN, trace, __VA_ARGS__)
#define log_error(trace, ...) LOG_AT(LEVEL_ERROR, trace, __VA_ARGS__)

#endif
