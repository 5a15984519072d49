#ifndef ZOE_EDGE_BASE64_H
#define ZOE_EDGE_BASE64_H

#include "protocol/wire/buffer.h"

/* RFC 4648 section 4, with or without padding; blanks and line ends between groups are skipped. Appends the bytes; 0,
 * or -1 when the text is none. */
int base64_read(const char *text, size_t n, struct buffer *to);

#endif
