#include <stdlib.h>
#include <string.h>

#include "actors/content/content.h"

static enum status refuse(struct call *call, const char *pointer, const char *field, const char *why) {
    return call_invalid(call, arena_print(call->arena, "%s/%s", pointer, field), why);
}

enum status clear_check(struct call *call, const struct list *clear, const char *const *fields, size_t count) {
    for (size_t i = 0; i < clear->n; i++) {
        size_t at = 0;
        while (at < count && strcmp(fields[at], LIST_AT(*clear, const char *, i)) != 0)
            at++;
        if (at == count)
            return call_invalid(call, arena_print(call->arena, "/clear/%zu", i), "cannot be empty");
    }
    return OK;
}

enum status title_name_check(struct call *call, const char *name) {
    return name[strspn(name, " \t\r\n\v\f")] ? OK : call_invalid(call, "/title", "must not be blank");
}

/* Other schemes (javascript:, file:) would be run or read by whoever follows them. */
static bool is_link(const char *text) {
    size_t n = !strncmp(text, "https://", 8) ? 8 : !strncmp(text, "http://", 7) ? 7 : 0;
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f || *at == '"' || *at == '<' || *at == '>')
            return false;
    return n && text[n];
}

static bool is_youtube_id(const char *text) {
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == 11 && !text[11];
}

enum status title_check(struct call *call, const char *pointer, const struct title_checked *checked) {
    const char *source = checked->source ? checked->source : "hosted";
    if (checked->youtube_id && !is_youtube_id(checked->youtube_id))
        return refuse(call, pointer, "youtube_id", "must be the eleven letters of a film at YouTube");
    if (checked->source_url && !is_link(checked->source_url))
        return refuse(call, pointer, "source_url", "must be an http or https address");
    if (checked->trailer_url && !is_link(checked->trailer_url))
        return refuse(call, pointer, "trailer_url", "must be an http or https address");
    if (!strcmp(source, "youtube") && !checked->youtube_id)
        return refuse(call, pointer, "youtube_id", "is required");
    if (!strcmp(source, "url") && !checked->source_url)
        return refuse(call, pointer, "source_url", "is required");
    if (checked->has_from && checked->has_until && checked->from >= checked->until)
        return refuse(call, pointer, "visible_until", "must be later than visible_from");
    return OK;
}

enum status match_check(struct call *call, const char *match, int64_t version) {
    if (!match || !strcmp(match, "*"))
        return OK;
    for (const char *at = match; *at; at += strcspn(at, ","), at += *at == ',')
        if (strtoll(at, NULL, 10) == version)
            return OK;
    return call_refuse(call, PRECONDITION, "precondition", "It was changed since it was read.");
}
