#include "protocol/node/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "protocol/node/clock.h"
#include "protocol/node/config.h"
#include "protocol/wire/header.h"

enum { LINE_BYTES = 2048, VALUE_BYTES = 512, VALUES = 8, SHOWN_BYTES = 200 };

static const char *process = "zoe";
static const char *const levels[] = {"debug", "info", "warn", "error"};
enum log_level log_least = LEVEL_INFO;

void log_open(const char *name) {
    process = name;
    for (unsigned i = 0; i < sizeof levels / sizeof *levels; i++)
        if (!strcmp(config()->log_level, levels[i]))
            log_least = i;
}

static int head(char *line, enum log_level level, const uint8_t trace[16], const char *event) {
    int64_t now = clock_wall_ms();
    time_t seconds = (time_t)(now / 1000);
    struct tm tm;
    char time[32], id[33];
    gmtime_r(&seconds, &tm);
    strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &tm);
    int n = snprintf(line, LINE_BYTES, "time=%s.%03dZ level=%s process=%s pid=%d event=%s", time, (int)(now % 1000),
                     levels[level], process, (int)getpid(), event);
    if (trace) {
        trace_text(trace, id);
        n += snprintf(line + n, LINE_BYTES - (size_t)n, " trace=%s", id);
    }
    return n;
}

void log_event(enum log_level level, const uint8_t trace[16], const char *event, const char *pairs, ...) {
    if (level < log_least)
        return;
    char line[LINE_BYTES];
    int n = head(line, level, trace, event);
    if (pairs) {
        va_list args;
        va_start(args, pairs);
        line[n++] = ' ';
        int more = vsnprintf(line + n, LINE_BYTES - 1 - (size_t)n, pairs, args);
        va_end(args);
        if (more > 0)
            n += more < LINE_BYTES - 2 - n ? more : LINE_BYTES - 2 - n;
    }
    line[n++] = '\n';
    /* One write a line, so that lines of several processes do not mix. There is nowhere to report a failure. */
    if (write(STDERR_FILENO, line, (size_t)n) < 0)
        return;
}

const char *log_value(const char *text) {
    static _Thread_local char values[VALUES][VALUE_BYTES];
    static _Thread_local unsigned turn;
    char *to = values[turn++ % VALUES], *at = to;
    *at++ = '"';
    for (int i = 0; text && text[i] && i < SHOWN_BYTES && at < to + VALUE_BYTES - 8; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            *at++ = '\\';
            *at++ = (char)c;
        } else if (c < 0x20 || c == 0x7f)
            at += sprintf(at, "\\x%02x", c);
        else
            *at++ = (char)c;
    }
    *at++ = '"';
    *at = 0;
    return to;
}
