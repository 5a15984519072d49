#include "protocol/wire/contract.h"

#include <string.h>

static const struct status_row statuses[] = {
#define STATUS(name, number, http, retry, text) [number] = {#name, http, retry, text},
#include "protocol/contract/status.def"
#undef STATUS
};

const struct status_row *status_row(unsigned status) {
    return &statuses[status < STATUS_COUNT ? status : INTERNAL];
}

/* Every record becomes a function that holds its own description, so that a row can name its struct as `self`. */
#define HAS_BOOL(name)  offsetof(self, has_##name)
#define HAS_INT(name)   offsetof(self, has_##name)
#define HAS_REAL(name)  offsetof(self, has_##name)
#define HAS_TIME(name)  offsetof(self, has_##name)
#define HAS_TEXT(name)  0
#define HAS_BYTES(name) 0
#define SERVICE(...)
#define MESSAGE(...)
#define RECORD(record_name, record_meaning)                                                                            \
    const struct record *record_name##_record(void) {                                                                  \
        typedef struct record_name self;                                                                               \
        static const struct record_about about = {#record_name, record_meaning, sizeof(self)};                         \
        static const struct field fields[] = {
#define FIELD(key_, type_, name_, need_, min_, max_, meaning_)                                                         \
    {.key = key_,                                                                                                      \
     .type = TYPE_##type_,                                                                                             \
     .name = #name_,                                                                                                   \
     .need = NEED_##need_,                                                                                             \
     .min = (double)(min_),                                                                                            \
     .max = (double)(max_),                                                                                            \
     .offset = offsetof(self, name_),                                                                                  \
     .has = HAS_##type_(name_),                                                                                        \
     .meaning = meaning_},
#define CHOICE(key_, name_, need_, choices_, meaning_)                                                                 \
    {.key = key_,                                                                                                      \
     .type = TYPE_CHOICE,                                                                                              \
     .name = #name_,                                                                                                   \
     .need = NEED_##need_,                                                                                             \
     .max = sizeof(choices_),                                                                                          \
     .offset = offsetof(self, name_),                                                                                  \
     .choices = choices_,                                                                                              \
     .meaning = meaning_},
#define NEST(key_, record_, name_, need_, meaning_)                                                                    \
    {.key = key_,                                                                                                      \
     .type = TYPE_NEST,                                                                                                \
     .name = #name_,                                                                                                   \
     .need = NEED_##need_,                                                                                             \
     .offset = offsetof(self, name_),                                                                                  \
     .record = record_##_record,                                                                                       \
     .meaning = meaning_},
#define LIST(key_, record_, name_, max_, meaning_)                                                                     \
    {.key = key_,                                                                                                      \
     .type = TYPE_LIST,                                                                                                \
     .name = #name_,                                                                                                   \
     .need = NEED_OPTIONAL,                                                                                            \
     .max = max_,                                                                                                      \
     .offset = offsetof(self, name_),                                                                                  \
     .record = record_##_record,                                                                                       \
     .meaning = meaning_},
#define TEXTS(key_, name_, max_, max_bytes_, meaning_)                                                                 \
    {.key = key_,                                                                                                      \
     .type = TYPE_TEXTS,                                                                                               \
     .name = #name_,                                                                                                   \
     .need = NEED_OPTIONAL,                                                                                            \
     .max = max_,                                                                                                      \
     .entry_bytes = max_bytes_,                                                                                        \
     .offset = offsetof(self, name_),                                                                                  \
     .meaning = meaning_},
#define NUMBERS(key_, name_, max_, meaning_)                                                                           \
    {.key = key_,                                                                                                      \
     .type = TYPE_NUMBERS,                                                                                             \
     .name = #name_,                                                                                                   \
     .need = NEED_OPTIONAL,                                                                                            \
     .max = max_,                                                                                                      \
     .offset = offsetof(self, name_),                                                                                  \
     .meaning = meaning_},
#define END                                                                                                            \
    { .key = -1 }                                                                                                      \
    }                                                                                                                  \
    ;                                                                                                                  \
    static const struct record whole = {&about, fields, sizeof fields / sizeof *fields - 1};                           \
    return &whole;                                                                                                     \
    }

#include "protocol/wire/contracts.def"
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

#define RECORD(...)
#define FIELD(...)
#define CHOICE(...)
#define NEST(...)
#define LIST(...)
#define TEXTS(...)
#define NUMBERS(...)
#define END
#define RETRY_RETRY true
#define RETRY_ONCE  false

static const char *const services[] = {
#define SERVICE(name, number) [number] = #name,
#define MESSAGE(...)
#include "protocol/wire/contracts.def"
#undef SERVICE
#undef MESSAGE
};

static const struct message messages[] = {
#define SERVICE(...)
#define MESSAGE(number, name, lane, retry, deadline_ms, ask, reply, meaning)                                           \
    {                                                                                                                  \
        number,       #name,          (enum service_number)(number / 100),                                             \
        LANE_##lane,  RETRY_##retry,  deadline_ms,                                                                     \
        ask##_record, reply##_record, meaning},
#include "protocol/wire/contracts.def"
#undef SERVICE
#undef MESSAGE
};

enum { MESSAGE_COUNT = sizeof messages / sizeof *messages };

const struct message *message_row(unsigned number) {
    /* The rows stand in rising order, so a binary search finds them. */
    size_t low = 0, high = MESSAGE_COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (messages[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < MESSAGE_COUNT && messages[low].number == number ? &messages[low] : NULL;
}

const struct message *message_all(size_t *count) {
    *count = MESSAGE_COUNT;
    return messages;
}

const char *service_name(unsigned service) {
    return service < SERVICE_COUNT ? services[service] : NULL;
}

int service_number(const char *name) {
    for (unsigned i = 0; i < SERVICE_COUNT; i++)
        if (!strcmp(services[i], name))
            return (int)i;
    return -1;
}

const struct field *record_field(const struct record *record, const char *name) {
    for (size_t i = 0; i < record->count; i++)
        if (!strcmp(record->fields[i].name, name))
            return &record->fields[i];
    return NULL;
}
