#ifndef ZOE_DB_STORE_XML_H
#define ZOE_DB_STORE_XML_H

#include <stdbool.h>

#include "protocol/wire/buffer.h"

/* As much XML as the answers of S3 need: elements without attributes of interest, texts with the five entities. The
 * text is foreign; nothing is believed but what is found, and everything is bounded. */

/* Whether there is an element of this name. */
bool xml_has(const struct buffer *xml, const char *name);

/* The text of the first element of this name, at most size - 1 bytes. 0, or -1 when there is none or it is longer. */
int xml_text(const struct buffer *xml, const char *name, char *to, size_t size);

/* The inside of the next element of this name from *at on (0 at first), without copying; false when there is no more.
 */
bool xml_next(const struct buffer *xml, const char *name, size_t *at, struct buffer *inside);

#endif
