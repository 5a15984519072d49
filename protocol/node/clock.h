#ifndef ZOE_NODE_CLOCK_H
#define ZOE_NODE_CLOCK_H

#include <stdint.h>

/* Monotonic time, for deadlines and measurements. */
int64_t clock_us(void);
int64_t clock_ms(void);
/* Wall clock, milliseconds since 1970 UTC, for what people read. */
int64_t clock_wall_ms(void);

/* Fills with random bytes of the kernel; ends the process when there are none. */
void random_bytes(void *to, unsigned long n);
uint64_t random_u64(void);

#endif
