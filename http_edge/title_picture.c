#include <string.h>

#include "http_edge/body.h"
#include "http_edge/handle.h"
#include "http_edge/natives.h"
#include "http_edge/picture.h"
#include "http_edge/reply.h"
#include "http_edge/upload.h"

/* Pictures of titles: as the body of a PUT, or in base64 beside the other fields of a title. */

static const struct {
    const char *name;
    struct picture_kind kind;
} kinds[] = {{"poster", {"keep", 1080, 360}}, {"banner", {"keep", 1920, 960}}, {"thumbnail", {"keep", 640, 320}}};

enum { KINDS = sizeof kinds / sizeof *kinds };

static size_t kind_of(const char *name) {
    size_t i = 0;
    while (i + 1 < KINDS && strcmp(kinds[i].name, name) != 0)
        i++;
    return i;
}

/* NULL with a refusal made, which names the field. */
static const char *made_name(struct request *request, const char *field) {
    const struct answer *answer = &request->answers[PICTURE_SLOT];
    if (answer->status == OK)
        return ((const struct picture_made *)answer->value)->name;
    if (answer->problem && answer->status == INVALID)
        answer->problem->field = arena_print(request->arena, "/%s", field);
    reply_problem(request, answer);
    return NULL;
}

/* --- as a body --- */

static void put_made(struct request *request) {
    struct title_picture ask = *(const struct title_picture *)request->form;
    ask.picture = made_name(request, ask.which);
    if (ask.picture)
        request_ask(request, 0, MSG_content_picture, &ask, request_answered);
}

void title_picture_put(struct request *request) {
    const struct title_picture *ask = body_take(request);
    if (!ask)
        return;
    request->form = ask;
    picture_make(request, &kinds[kind_of(ask->which)].kind, put_made);
}

/* --- in JSON --- */

/* The first picture that the body still has, or KINDS. */
static size_t next_picture(const struct request *request) {
    for (size_t i = 0; i < KINDS; i++) {
        const char *text = json_string_value(json_object_get(request->json, kinds[i].name));
        if (text && *text && !(request->picture.done & 1u << i) && strstr(request->route->row->pictures, kinds[i].name))
            return i;
    }
    return KINDS;
}

static void member_made(struct request *request) {
    size_t i = next_picture(request);
    const char *name = made_name(request, kinds[i].name);
    if (!name)
        return;
    upload_close(request);
    request->picture.done |= 1u << i;
    if (json_object_set_new(request->json, kinds[i].name, json_string(name)))
        reply_refuse(request, UNAVAILABLE, NULL, NULL);
    else
        request->picture.go_on(request);
}

bool title_pictures(struct request *request, void (*step)(struct request *request)) {
    if (!body_read(request))
        return false;
    size_t i = next_picture(request);
    if (i == KINDS)
        return true;
    request->picture.go_on = step;
    const char *text = json_string_value(json_object_get(request->json, kinds[i].name));
    if (picture_text(request, kinds[i].name, text))
        picture_make(request, &kinds[i].kind, member_made);
    return false;
}
