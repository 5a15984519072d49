#ifndef ZOE_EDGE_RANGE_H
#define ZOE_EDGE_RANGE_H

#include <stdint.h>

/* RFC 9110, section 14: which bytes a Range header asks of `size` bytes. */
enum range_answer {
    RANGE_WHOLE,  /* none, not understood, or several: answer 200 with all */
    RANGE_PART,   /* 206: first and count are set */
    RANGE_OUTSIDE /* 416 */
};

enum range_answer range_read(const char *text, uint64_t size, uint64_t *first, uint64_t *count);

#endif
