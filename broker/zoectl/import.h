#ifndef ZOE_ZOECTL_IMPORT_H
#define ZOE_ZOECTL_IMPORT_H

#include <jansson.h>

#include "broker/zoectl/csv.h"
#include "broker/zoectl/zoectl.h"

/* An import under way: titles are gathered and sent in batches; what is refused is reported with its line. */
struct import;

/* A file, packed by gzip or not. NULL after a line on stderr. */
struct import_file;
struct import_file *import_file_open(const char *path);
void import_file_close(struct import_file *file);
FILE *import_file_stream(const struct import_file *file);
/* How much of it was read, 0 to 1. */
double import_file_done(const struct import_file *file);

struct import *import_open(const char *path, const struct import_file *file);
/* Takes `json`, a title as import_title has it, from line `line`. 0, or an exit status when nothing more can be sent.
 */
int import_add(struct import *import, json_t *json, size_t line);
/* Reports a line that is none. */
void import_fault(struct import *import, size_t line, const char *field, const char *why);
/* Sends the rest and prints the sum. The exit status of the command. */
int import_close(struct import *import, int rc);

/* Sources. */
int import_tmdb(const char *movies, const char *credits);
int import_csv(const char *path);
int import_lines(const char *path);

/* bring.c: everything of another system. argv[0] is the source, options follow. */
struct system;
int import_system(const struct system *system, int argc, char **argv);

#endif
