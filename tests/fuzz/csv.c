#include "broker/zoectl/csv.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

/* Rows end, and there are never more fields, or longer ones, than there are bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct csv_row row;
    size_t rows = 0, line = 0;
    FILE *file = n ? fmemopen((void *)data, n, "r") : NULL;
    struct csv *csv = file ? csv_open(file) : NULL;
    for (enum csv_got got; csv && (got = csv_read(csv, &row)) != CSV_END && got != CSV_FAILED;) {
        if (++rows > n || row.line < line)
            abort();
        line = row.line;
        size_t bytes = 0;
        for (size_t i = 0; got == CSV_ROW && i < row.count; i++)
            bytes += strlen(row.fields[i]);
        if (bytes > n || (got == CSV_ROW && row.count > n + 1))
            abort();
    }
    csv_close(csv);
    if (file)
        fclose(file);
    return 0;
}
