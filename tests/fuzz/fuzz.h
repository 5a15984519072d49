#ifndef ZOE_TESTS_FUZZ_H
#define ZOE_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's entry; replay.c calls it with every file it is given. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#endif
