#include <stdlib.h>
#include <string.h>

#include "broker/zoectl/zoectl.h"

int zoectl_time(const char *text, int64_t *ms) {
    char copy[64];
    size_t n = strlen(text), digits = strspn(text, "0123456789");
    if (n && n == digits && n < 12) {
        *ms = strtoll(text, NULL, 10) * 1000;
        return 0;
    }
    if (n != 10 && (n < 19 || n > 40))
        return -1;
    strcpy(copy, text);
    if (n == 10)
        strcpy(copy + n, "T00:00:00"), n = strlen(copy);
    if (copy[10] == ' ')
        copy[10] = 'T';
    const char *zone = copy + 19 + strcspn(copy + 19, "+-Z");
    strcpy(copy + n, !*zone ? "Z" : strlen(zone) == 3 ? ":00" : "");
    return time_from_text(copy, ms);
}
