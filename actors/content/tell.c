#include "actors/content/content.h"

static enum status post(struct call *call, const struct rows *rows, size_t row) {
    struct title_card card = {0};
    struct title_about *about = arena_alloc(call->arena, sizeof *about);
    if (!about || rows_fill(rows, row, title_card_record(), &card, call->arena) ||
        rows_fill(rows, row, title_about_record(), about, call->arena))
        return INTERNAL;
    card.about = about;
    return call_post(call, MSG_history_learn, &card);
}

enum status tell_cards(struct call *call, const char *ids) {
    struct rows *rows = ids ? call_run(call, Q_title_cards, ARGS(ARG_TEXT("ids", ids))) : NULL;
    enum status status = rows ? OK : ids ? call->status : INTERNAL;
    for (size_t i = 0; status == OK && i < rows_count(rows); i++)
        status = post(call, rows, i);
    rows_free(rows);
    return status;
}

enum status tell_card(struct call *call, int64_t id) {
    return tell_cards(call, arena_print(call->arena, "{%lld}", (long long)id));
}

enum status tell_rows(struct call *call, const struct rows *rows, const char *column) {
    for (size_t i = 0; i < rows_count(rows); i++) {
        int64_t id = rows_int(rows, i, column);
        if (tell_card(call, id) != OK)
            return call->status;
        tell_changed(call, id);
    }
    return OK;
}

enum status tell_deleted(struct call *call, int64_t id, int64_t revision) {
    return call_post(call, MSG_history_learn,
                     &(struct title_card){.title_id = id, .revision = revision, .deleted = true, .has_deleted = true});
}

enum status tell_forget(struct call *call, int64_t id) {
    return call_post(call, MSG_transcode_forget, &(struct title_gone){.title_id = id});
}

void tell_changed(struct call *call, int64_t id) {
    call_event(call, &(struct bus_event){.topic = "invalidate", .id = id, .has_id = true});
}

void tell_progress(struct call *call, const struct processing_news *news) {
    call_event(call, &(struct bus_event){.topic = "progress",
                                         .id = news->title_id,
                                         .has_id = true,
                                         .state = news->state,
                                         .progress = news->progress,
                                         .has_progress = true,
                                         .error = news->error});
}
