#ifndef ZOE_ZOECTL_CSV_H
#define ZOE_ZOECTL_CSV_H

#include <stddef.h>
#include <stdio.h>

/* Rows of comma-separated values (RFC 4180): quoted fields hold delimiters, doubled quotes and line ends; lines end in
 * LF or CR LF; a byte-order mark is skipped. The delimiter is the comma, the semicolon or the tab: whichever the first
 * line has most of. */
struct csv;

enum csv_got { CSV_END, CSV_ROW, CSV_BROKEN /* `why` tells; the next row can be read */, CSV_FAILED };

struct csv_row {
    char **fields; /* good until the next call */
    size_t count;
    size_t line; /* where the row begins; the first is 1 */
    const char *why;
};

enum { CSV_ROW_BYTES_MAX = 16 << 20, CSV_FIELDS_MAX = 1024 };

/* `file` stays the caller's. NULL when memory is out. */
struct csv *csv_open(FILE *file);
void csv_close(struct csv *csv);

/* CSV_FAILED: memory is out or the file cannot be read. Empty lines are skipped. */
enum csv_got csv_read(struct csv *csv, struct csv_row *row);

#endif
