#ifndef ZOE_SYSTEMD_LOG_H
#define ZOE_SYSTEMD_LOG_H

#include <stdbool.h>

/* The set's log: what the programs write to stderr, line by line, into ZOE_DATA/log/zoe.log, which is turned over by
 * size. */

/* Opens `folder`/zoe.log for appending; with `terminal` every line also goes to stderr. 0 or -1 with errno. */
int log_open(const char *folder, bool terminal);

/* The end that children write to; made close-on-exec. */
int log_pipe(void);
/* The end to poll for reading; call log_pump() when it is readable. */
int log_source(void);

/* Moves what waits in the pipe into the file. */
void log_pump(void);

/* One event of the supervisor itself, in the form that the programs use. */
void log_event(const char *level, const char *event, const char *pairs, ...) __attribute__((format(printf, 3, 4)));

#endif
