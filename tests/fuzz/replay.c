#include <dirent.h>
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
    fclose(file);
    run(bytes, n);
    for (int i = 0; i < MUTATIONS; i++) {
        size_t m = n;
        memcpy(changed, bytes, n);
        mutate(changed, &m);
        run(changed, m);
    }
    return 0;
}

/* fuzz-NAME FOLDER: every file of the folder as it is and changed a little, 200 times each. */
int main(int argc, char **argv) {
    int files = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 64;
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[4096];
        if (entry->d_name[0] == '.' || snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name) >= (int)sizeof path)
            continue;
        files += !run_file(path);
    }
    closedir(folder);
    printf("%s: %d files, %d inputs\n", argv[0], files, files * (MUTATIONS + 1));
    return files ? 0 : 1;
}
