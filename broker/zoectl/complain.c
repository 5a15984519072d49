#include <stdarg.h>
#include <stdio.h>

#include "broker/zoectl/zoectl.h"

void zoectl_complain(const char *format, ...) {
    va_list list;
    va_start(list, format);
    fputs("zoectl: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
}
