#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "actors/auth/billing.h"

/* Decimals of ISO 4217 that are not two. */
static int decimals(const char *currency) {
    static const char none[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
    static const char three[] = "BHD IQD JOD KWD LYD OMR TND";
    return strstr(none, currency) ? 0 : strstr(three, currency) ? 3 : 2;
}

void money_text(int64_t amount, const char *currency, char to[MONEY_BYTES]) {
    int digits = decimals(currency);
    int64_t unit = digits == 0 ? 1 : digits == 2 ? 100 : 1000;
    if (digits)
        snprintf(to, MONEY_BYTES, "%" PRId64 ".%0*" PRId64 " %.3s", amount / unit, digits, amount % unit, currency);
    else
        snprintf(to, MONEY_BYTES, "%" PRId64 " %.3s", amount, currency);
}
