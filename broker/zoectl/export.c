#include <stdio.h>

#include "broker/zoectl/zoectl.h"
#include "protocol/wire/header.h"

static int print_page(const struct export_page *page) {
    for (size_t i = 0; i < page->items.n; i++) {
        struct buffer text = {0};
        record_to_json(import_title_record(), &LIST_AT(page->items, struct import_title, i), &text);
        buffer_text(&text, "\n");
        bool written = !text.failed && fwrite(text.at, 1, text.n, stdout) == text.n;
        buffer_free(&text);
        if (!written) {
            zoectl_complain("the output cannot be written");
            return EX_IOERR;
        }
    }
    return 0;
}

/* One title a line, as `zoectl import lines` takes them. */
int zoectl_export(int argc, char **argv) {
    (void)argv;
    if (argc > 1)
        return zoectl_usage("export takes nothing and writes JSON lines");
    struct export_ask ask = {0};
    struct arena *arena = arena_new();
    int rc = arena ? 0 : EX_OSERR;
    do {
        struct zoectl_call call = {.side = "ask",
                                   .message = message_row(MSG_content_export),
                                   .value = &ask,
                                   .roles = ROLE_ADMIN,
                                   .arena = arena};
        rc = rc ? rc : zoectl_call(&call);
        if (!rc && call.status != OK)
            rc = zoectl_refused(&call);
        if (rc)
            break;
        const struct export_page *page = call.answer;
        rc = print_page(page);
        ask = (struct export_ask){.after = page->after, .has_after = page->has_after};
        arena_reset(arena);
    } while (!rc && ask.has_after);
    arena_free(arena);
    return rc || fflush(stdout) ? (rc ? rc : EX_IOERR) : 0;
}
