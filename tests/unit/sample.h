#ifndef ZOE_TESTS_UNIT_SAMPLE_H
#define ZOE_TESTS_UNIT_SAMPLE_H

#include <stdint.h>

#include "protocol/wire/arena.h"
#include "protocol/wire/contract.h"

/* A value of any record within its bounds, different for each seed: optional fields come and go with its bits. */
void *sample_make(const struct record *record, uint64_t *seed, struct arena *arena);

#endif
