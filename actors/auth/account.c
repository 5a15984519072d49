#include <string.h>
#include <strings.h>

#include "actors/auth/auth.h"

struct list roles_list(int64_t bits, struct arena *arena) {
    const char **roles = arena_alloc(arena, 2 * sizeof *roles);
    struct list list = {roles, 0};
    if (roles && bits & ROLE_USER)
        roles[list.n++] = "user";
    if (roles && bits & ROLE_ADMIN)
        roles[list.n++] = "admin";
    return list;
}

struct account *account_from_row(const struct rows *rows, size_t row, struct arena *arena) {
    struct account *account = arena_alloc(arena, sizeof *account);
    if (!account || rows_fill(rows, row, account_record(), account, arena))
        return NULL;
    account->roles = roles_list(rows_int(rows, row, "roles"), arena);
    return account->roles.at ? account : NULL;
}

/* What can be an address at all; only the mail that arrives proves one. */
bool email_plausible(const char *email) {
    const char *at = strrchr(email, '@');
    if (!at || at == email || !at[1] || strchr(email, '@') != at || at - email > 64)
        return false;
    for (const unsigned char *c = (const unsigned char *)email; *c; c++)
        if (*c <= ' ' || *c == 0x7f || strchr("<>()[],;:\\\"", *c))
            return false;
    bool named = strchr(at, '.') || !strcasecmp(at, "@localhost");
    return named && at[1] != '.' && at[strlen(at) - 1] != '.' && !strstr(at, "..") && email[0] != '.';
}

bool username_plausible(const char *username) {
    for (const unsigned char *c = (const unsigned char *)username; *c; c++)
        if (*c <= ' ' || *c == 0x7f || *c == '@')
            return false;
    return *username;
}

enum status password_allowed(struct call *call, const struct realm *realm, const char *password, const char *email) {
    size_t least = realm ? realm->password_bytes_min : 8, local = email ? strcspn(email, "@") : 0;
    if (strlen(password) < least) {
        call_invalid(call, "/password", arena_print(call->arena, "must have at least %zu bytes", least));
        if (call->problem)
            call->problem->code = "password-short";
        return INVALID;
    }
    if (realm && realm->any_password)
        return OK;
    bool own =
        email && (!strcasecmp(password, email) || (local == strlen(password) && !strncasecmp(password, email, local)));
    bool digits = realm && realm->not_digits && strspn(password, "0123456789") == strlen(password);
    if (!own && !digits && !password_common(password))
        return OK;
    call_invalid(call, "/password",
                 own      ? "must not be the address"
                 : digits ? "must not be a number"
                          : "is one of the first that anybody would try");
    if (call->problem)
        call->problem->code = "password-common";
    return INVALID;
}
