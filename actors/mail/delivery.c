#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "actors/mail/mail.h"
#include "protocol/node/config.h"

static const struct transport transports[] = {
    {"file", 5000, folder_open, folder_deliver, NULL},
    {"smtp", 90000, smtp_open, smtp_deliver, smtp_rest},
    {"smtps", 90000, smtp_open, smtp_deliver, smtp_rest},
};

static _Noreturn void refuse(const char *why) {
    fprintf(stderr, "ZOE_MAIL_URL: %s\n", why);
    exit(EX_CONFIG);
}

const struct transport *transport_open(void) {
    const char *url = config()->mail_url, *why = "";
    size_t scheme = *url ? strcspn(url, ":") : 0;
    for (size_t i = 0; i < sizeof transports / sizeof *transports; i++) {
        const struct transport *transport = &transports[i];
        if (*url && (strlen(transport->scheme) != scheme || memcmp(transport->scheme, url, scheme) != 0))
            continue;
        if (transport->open(url, &why))
            refuse(why);
        return transport;
    }
    refuse("must begin with file://, smtp:// or smtps://");
}
