#include <string.h>

#include "actors/auth/auth.h"

struct account *account_from_row(const struct rows *rows, size_t row, struct arena *arena) {
    struct account *account = arena_alloc(arena, sizeof *account);
    const char **roles = arena_alloc(arena, 2 * sizeof *roles);
    if (!account || !roles || rows_fill(rows, row, account_record(), account, arena))
        return NULL;
    int64_t bits = rows_int(rows, row, "roles");
    account->roles = (struct list){roles, 0};
    if (bits & ROLE_USER)
        roles[account->roles.n++] = "user";
    if (bits & ROLE_ADMIN)
        roles[account->roles.n++] = "admin";
    return account;
}

/* What can be an address at all; only the mail that arrives proves one. */
bool email_plausible(const char *email) {
    const char *at = strrchr(email, '@');
    if (!at || at == email || !at[1] || strchr(email, '@') != at || at - email > 64)
        return false;
    for (const unsigned char *c = (const unsigned char *)email; *c; c++)
        if (*c <= ' ' || *c == 0x7f || strchr("<>()[],;:\\\"", *c))
            return false;
    return at[1] != '.' && at[strlen(at) - 1] != '.' && !strstr(at, "..") && email[0] != '.';
}
