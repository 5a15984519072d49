#ifndef ZOE_ZOECTL_H
#define ZOE_ZOECTL_H

#include <stdint.h>
#include <sysexits.h>

#include "protocol/wire/arena.h"
#include "protocol/wire/contract.h"
#include "protocol/wire/json.h"

/* The operator's tool. A command is a row in main.c and a file here; argv[0] is its name. Exit: 0, 1 (the answer is
 * no), 64 (wrong use), 69 (a broker or the database cannot be reached). */

int zoectl_status(int argc, char **argv);
int zoectl_drain(int argc, char **argv);
int zoectl_open(int argc, char **argv);
int zoectl_ask(int argc, char **argv);
int zoectl_mail(int argc, char **argv);
int zoectl_jobs(int argc, char **argv);
int zoectl_users(int argc, char **argv);
int zoectl_keys(int argc, char **argv);
int zoectl_import(int argc, char **argv);
int zoectl_export(int argc, char **argv);
int zoectl_media(int argc, char **argv);
int zoectl_messages(int argc, char **argv);
int zoectl_settings(int argc, char **argv);
int zoectl_migrate(int argc, char **argv);

/* Prints "zoectl: " and the text. */
void zoectl_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define zoectl_usage(...) (zoectl_complain(__VA_ARGS__), EX_USAGE)

/* One ask over one connection. */
struct zoectl_call {
    unsigned broker;  /* its number in ZOE_BROKERS */
    const char *side; /* ask or admin */
    const struct message *message;
    const void *value; /* a struct of message->ask() */
    int64_t user;
    uint32_t roles;
    struct arena *arena; /* holds the answer */
    enum status status;  /* of the answer */
    void *answer;        /* a struct of message->reply(), of problem when the status is not OK */
};

/* 0, or EX_UNAVAILABLE after one line on stderr. */
int zoectl_call(struct zoectl_call *call);
/* The same as an administrator, with a line on stderr for a refusal: 0, 1 or EX_UNAVAILABLE. */
int zoectl_tell(unsigned message, const void *value, struct zoectl_call *call);
/* Makes a film of an open file of so many bytes for a title, from a store that is open; `name` is shown. An exit
 * status, after a line on stderr when it is not 0. */
int film_upload(int64_t title, int file, int64_t bytes, const char *name);
/* A title by its number or its external id: 0, or an exit status after a line on stderr. */
int title_find(const char *title, int64_t *id);
/* zoectl media put and poster: the title as above. */
int film_put(const char *title, const char *path);
int poster_put(const char *title, const char *path);
enum { PICTURE_NAME_BYTES = 33 };
/* Puts an open file into the store, under a name that nobody can guess. 0, or -1 with errno. */
int picture_store(int file, size_t bytes, char name[PICTURE_NAME_BYTES]);
/* What makes a poster of a stored file. */
struct picture_ask poster_ask(const char *file);
/* zoectl users import. An exit status: 1 when rows were refused. */
int zoectl_users_import(const char *path, bool dry);
/* Milliseconds of a time as databases and other systems print it: RFC 3339; with a blank, without minutes of the offset
 * or without an offset (UTC); a date alone; or seconds since 1970. -1 when it is none. */
int zoectl_time(const char *text, int64_t *ms);
/* A time for people; good for four calls. */
const char *zoectl_moment(int64_t ms);
/* How many brokers ZOE_BROKERS names. */
unsigned zoectl_brokers(void);
/* Prints status and problem of a refused call; returns 1. */
int zoectl_refused(const struct zoectl_call *call);

#endif
