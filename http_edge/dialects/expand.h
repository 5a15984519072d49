/* Expands one dialect's table; NAME and TABLE are set by the includer. No guard: included once a dialect. */
#define JOIN_(a, b) a##b
#define JOIN(a, b)  JOIN_(a, b)

#define DIALECT(...)
#define ERROR(...) {__VA_ARGS__},
#define ROUTE(...)
#define NATIVE(...)
static const struct error_row JOIN(NAME, _errors)[] = {
#include TABLE
    {0}};
#undef ERROR
#undef ROUTE
#undef NATIVE

#define ERROR(...)
#define ROUTE(method_, path_, who_, message_, ...)                                                                     \
    {.method = METHOD_##method_, .path = path_, .who = who_, .message = MSG_##message_, __VA_ARGS__},
#define NATIVE(method_, path_, who_, function_, ...)                                                                   \
    {.method = METHOD_##method_, .path = path_, .who = who_, .native = function_, .name = #function_, __VA_ARGS__},
static const struct route_row JOIN(NAME, _routes)[] = {
#include TABLE
    {0}};
#undef DIALECT
#undef ERROR
#undef ROUTE
#undef NATIVE

#define DIALECT(name_, prefix_, tokens_, slash_, ...)                                                                  \
    static const struct dialect_row JOIN(NAME, _dialect) = {                                                           \
        .name = #name_, .prefix = prefix_, .tokens = tokens_, .slash = slash_, __VA_ARGS__};
#define ERROR(...)
#define ROUTE(...)
#define NATIVE(...)
#include TABLE
#undef DIALECT
#undef ERROR
#undef ROUTE
#undef NATIVE
#undef JOIN
#undef JOIN_
#undef NAME
#undef TABLE
