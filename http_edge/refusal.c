#include "http_edge/refusal.h"

#define TEXT_FIELD(name_, need_)                                                                                       \
    {.key = __COUNTER__,                                                                                               \
     .type = TYPE_TEXT,                                                                                                \
     .name = #name_,                                                                                                   \
     .need = NEED_##need_,                                                                                             \
     .max = 500,                                                                                                       \
     .offset = offsetof(struct refusal, name_)},
#define INT_FIELD(name_)                                                                                               \
    {.key = __COUNTER__,                                                                                               \
     .type = TYPE_INT,                                                                                                 \
     .name = #name_,                                                                                                   \
     .need = NEED_OPTIONAL,                                                                                            \
     .offset = offsetof(struct refusal, name_),                                                                        \
     .has = offsetof(struct refusal, has_##name_)},

const struct record *refusal_record(void) {
    static const struct record_about about = {"refusal", "Why a request is not answered as it wished.",
                                              sizeof(struct refusal)};
    static const struct field fields[] = {TEXT_FIELD(code, REQUIRED) TEXT_FIELD(title, REQUIRED) TEXT_FIELD(
        detail, REQUIRED) TEXT_FIELD(field, OPTIONAL) TEXT_FIELD(name, OPTIONAL) TEXT_FIELD(method, REQUIRED)
                                              TEXT_FIELD(media, OPTIONAL) INT_FIELD(http) INT_FIELD(retry_after)};
    static const struct record whole = {&about, fields, sizeof fields / sizeof *fields};
    return &whole;
}

const char *refusal_status_key(enum status status) {
    static const char *const keys[STATUS_COUNT] = {
        [OK] = "ok",
        [INVALID] = "invalid",
        [UNAUTHENTICATED] = "unauthenticated",
        [FORBIDDEN] = "forbidden",
        [NOT_FOUND] = "not-found",
        [CONFLICT] = "conflict",
        [GONE] = "gone",
        [PRECONDITION] = "precondition",
        [TOO_LARGE] = "too-large",
        [UNSUPPORTED] = "unsupported",
        [TOO_MANY] = "too-many",
        [INTERNAL] = "internal",
        [BUSY] = "busy",
        [UNAVAILABLE] = "unavailable",
        [DEADLINE] = "deadline",
        [UNKNOWN_OUTCOME] = "unknown-outcome",
        [CANCELLED] = "cancelled",
        [UNPROCESSABLE] = "unprocessable",
        [LOCKED] = "locked",
    };
    return status < STATUS_COUNT && keys[status] ? keys[status] : "internal";
}
