#ifndef ZOE_TESTS_FUZZ_H
#define ZOE_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's entry; replay.c calls it with every file of a folder. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#endif
