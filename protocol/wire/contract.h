#ifndef ZOE_WIRE_CONTRACT_H
#define ZOE_WIRE_CONTRACT_H

/* The contract's tables as C: a struct, a description and a message row for each line of protocol/contract/. This file
 * and contract.c are the only expanders; everything else reads the descriptions. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum status {
#define STATUS(name, number, http, retry, text) name = number,
#include "protocol/contract/status.def"
#undef STATUS
    STATUS_COUNT
};

struct status_row {
    const char *name;
    int http;
    bool retry;
    const char *text;
};

/* The row of `status`; an unknown number reads as INTERNAL. */
const struct status_row *status_row(unsigned status);

enum field_type {
    TYPE_BOOL,
    TYPE_INT,
    TYPE_REAL,
    TYPE_TEXT,
    TYPE_BYTES,
    TYPE_TIME, /* milliseconds since 1970 UTC; RFC 3339 in JSON */
    TYPE_CHOICE,
    TYPE_NEST,
    TYPE_LIST,
    TYPE_TEXTS,
    TYPE_NUMBERS
};

enum field_need {
    NEED_REQUIRED,
    NEED_OPTIONAL,
    NEED_NULLABLE, /* optional; null in JSON when absent */
};

struct bytes {
    const uint8_t *at;
    size_t n;
};

/* `at` points to n records (LIST), char pointers (TEXTS) or int64_t (NUMBERS), one behind the other. */
struct list {
    void *at;
    size_t n;
};

struct record;

struct field {
    int key;
    enum field_type type;
    const char *name;
    enum field_need need;
    double min, max;     /* bounds of a number, bytes of a text, entries of a list */
    size_t offset, has;  /* of the value and of its has_ flag (BOOL INT REAL TIME) in the struct */
    size_t entry_bytes;  /* the longest text of TEXTS */
    const char *choices; /* "a|b|c" */
    const struct record *(*record)(void);
    const char *meaning;
};

struct record_about {
    const char *name, *meaning;
    size_t bytes; /* of the struct */
};

struct record {
    const struct record_about *about;
    const struct field *fields;
    size_t count;
};

/* Structs. Scalars come with has_NAME; texts, bytes and nested records are absent when their pointer is NULL. */
#define VALUE_BOOL(name)                                                                                               \
    bool name;                                                                                                         \
    bool has_##name;
#define VALUE_INT(name)                                                                                                \
    int64_t name;                                                                                                      \
    bool has_##name;
#define VALUE_REAL(name)                                                                                               \
    double name;                                                                                                       \
    bool has_##name;
#define VALUE_TIME(name)  VALUE_INT(name)
#define VALUE_TEXT(name)  const char *name;
#define VALUE_BYTES(name) struct bytes name;
#define SERVICE(name, number)
#define MESSAGE(number, name, lane, retry, deadline_ms, ask, reply, meaning)
#define RECORD(name, meaning)                           struct name {
#define FIELD(key, type, name, need, min, max, meaning) VALUE_##type(name)
#define CHOICE(key, name, need, choices, meaning)       const char *name;
#define NEST(key, record, name, need, meaning)          const struct record *name;
#define LIST(key, record, name, max, meaning)           struct list name;
#define TEXTS(key, name, max, max_bytes, meaning)       struct list name;
#define NUMBERS(key, name, max, meaning)                struct list name;
#define END                                                                                                            \
    char end_;                                                                                                         \
    }                                                                                                                  \
    ;
#include "protocol/wire/contracts.def"
#undef RECORD
#undef FIELD
#undef CHOICE
#undef NEST
#undef LIST
#undef TEXTS
#undef NUMBERS
#undef END

/* Descriptions: const struct record *NAME_record(void). */
#define RECORD(name, meaning) const struct record *name##_record(void);
#define FIELD(...)
#define CHOICE(...)
#define NEST(...)
#define LIST(...)
#define TEXTS(...)
#define NUMBERS(...)
#define END
#include "protocol/wire/contracts.def"
#undef RECORD
#undef FIELD
#undef CHOICE
#undef NEST
#undef LIST
#undef TEXTS
#undef NUMBERS
#undef END
#undef SERVICE
#undef MESSAGE

enum service_number {
#define SERVICE(name, number) SERVICE_##name = number,
#define MESSAGE(...)
#define RECORD(...)
#define FIELD(...)
#define CHOICE(...)
#define NEST(...)
#define LIST(...)
#define TEXTS(...)
#define NUMBERS(...)
#define END
#include "protocol/wire/contracts.def"
#undef SERVICE
#undef MESSAGE
    SERVICE_COUNT
};

enum message_number {
#define SERVICE(...)
#define MESSAGE(number, name, lane, retry, deadline_ms, ask, reply, meaning) MSG_##name = number,
#include "protocol/wire/contracts.def"
};
#undef SERVICE
#undef MESSAGE
#undef RECORD
#undef FIELD
#undef CHOICE
#undef NEST
#undef LIST
#undef TEXTS
#undef NUMBERS
#undef END

enum lane { LANE_FAST, LANE_HEAVY, LANE_COUNT };

struct message {
    unsigned number;
    const char *name;
    enum service_number service;
    enum lane lane;
    bool retry; /* may be given to another worker when the first one died */
    uint32_t deadline_ms;
    const struct record *(*ask)(void), *(*reply)(void);
    const char *meaning;
};

/* The row of a message, NULL when the contract has none. */
const struct message *message_row(unsigned number);
/* All rows, in the order of the contract; *count is set. */
const struct message *message_all(size_t *count);
/* "auth", ...; NULL for an unknown number. */
const char *service_name(unsigned service);
/* The number of a service, -1 for an unknown name. */
int service_number(const char *name);

/* The field called `name`, NULL when there is none. */
const struct field *record_field(const struct record *record, const char *name);

/* Entry i of a list of `type`. */
#define LIST_AT(list, type, i) (((type *)(list).at)[i])

#endif
