#ifndef ZOE_EDGE_METADATA_H
#define ZOE_EDGE_METADATA_H

#include <stdint.h>

#include "protocol/wire/buffer.h"

/* Upload-Metadata of tus: "title_id NDI=,filename eC5tcDQ=", values in Base64. */
struct metadata {
    int64_t title; /* 0: none was named */
    char filename[256];
};

enum { METADATA_BYTES_MAX = 4000 };

/* -1 when a known value is not well formed, a key comes twice, or there is too much of it; other keys are let pass. */
int metadata_read(const char *text, struct metadata *metadata);
/* `title` 0: none. */
void metadata_write(int64_t title, const char *filename, struct buffer *to);

/* Digits of a header, -1 when they are none. */
int64_t metadata_number(const char *text);

#endif
