#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { FILE_BYTES = 1 << 20, MUTATIONS = 200 };

static uint64_t state = 88172645463325252u;

/* xorshift64: the same mutations at each run, so that a failure can be repeated. */
static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static void mutate(uint8_t *bytes, size_t *n) {
    for (uint64_t i = next() % 4 + 1; i && *n; i--) {
        size_t at = next() % *n;
        if (next() % 8 == 0)
            *n = at;
        else
            bytes[at] = next() % 3 ? (uint8_t)next() : (uint8_t)(bytes[at] ^ 1u << next() % 8);
    }
}

/* An own allocation of the exact size lets the address sanitizer see a byte read beyond it. */
static void run(const uint8_t *bytes, size_t n) {
    uint8_t *exact = malloc(n ? n : 1);
    memcpy(exact, bytes, n);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
}

static int run_file(const char *path) {
    static uint8_t bytes[FILE_BYTES], changed[FILE_BYTES];
    FILE *file = fopen(path, "rb");
    if (!file)
        return -1;
    size_t n = fread(bytes, 1, sizeof bytes, file);
    bool bad = ferror(file);
    fclose(file);
    if (bad)
        return -1;
    run(bytes, n);
    for (int i = 0; i < MUTATIONS; i++) {
        size_t m = n;
        memcpy(changed, bytes, n);
        mutate(changed, &m);
        run(changed, m);
    }
    return 0;
}

/* fuzz-NAME FILE...: every file as it is and changed a little, 200 times each. */
int main(int argc, char **argv) {
    int files = 0;
    for (int i = 1; i < argc; i++)
        files += !run_file(argv[i]);
    printf("%s: %d files, %d inputs\n", argv[0], files, files * (MUTATIONS + 1));
    return files && files == argc - 1 ? 0 : 1;
}
