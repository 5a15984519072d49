#include <string.h>

#include "db/store/place_parts.h"
#include "protocol/node/log.h"

struct place *place_open(const char *url) {
    if (!strncmp(url, "file://", 7))
        return folder_open(url + 7);
    if (!strncmp(url, "s3://", 5))
        return s3_open(url);
    log_error(NULL, "store_failed", "error=\"only file:// and s3:// are known\"");
    return NULL;
}
