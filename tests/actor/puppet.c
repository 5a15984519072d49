#define DB_QUERIES_TABLE db_queries
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actors/actor.h"
#include "db/content/queries.h"
#include "tests/actor/tests.h"

/* Plays the content service: the harness is real, the handlers do as they are told by the ask's texts. */

static enum status reply_title(struct call *call, int64_t id, const char *name) {
    struct title *reply = call->reply;
    *reply = (struct title){.id = id > 0 ? id : 1,
                            .title = name,
                            .kind = "movie",
                            .description = "",
                            .category = "",
                            .processing_state = "none",
                            .processing_error = ""};
    return OK;
}

static enum status post_and_hint(struct call *call, int64_t id, int64_t revision) {
    call_event(call, &(struct bus_event){.topic = "invalidate", .id = id, .has_id = true});
    return call_post(call, MSG_history_learn,
                     &(struct title_card){.title_id = id, .title = "card", .revision = revision});
}

/* title: what to do; description: a number. */
static enum status create(struct call *call) {
    const struct title_new *ask = call->ask;
    int64_t number = ask->description ? strtoll(ask->description, NULL, 10) : 1;
    if (!strcmp(ask->title, "forget"))
        call_post(call, MSG_transcode_forget, &(struct title_gone){.title_id = number});
    else if (!strcmp(ask->title, "sleep"))
        usleep((useconds_t)number * 1000);
    else if (post_and_hint(call, 77, number) != OK)
        return call->status;
    if (!strcmp(ask->title, "slow"))
        usleep((useconds_t)number * 1000);
    if (!strcmp(ask->title, "refuse"))
        return call_refuse(call, CONFLICT, "told-so", "Told so.");
    if (!strcmp(ask->title, "break"))
        return INTERNAL;
    return reply_title(call, number, ask->title);
}

/* Says how many came at once. */
static void show(struct call **calls, size_t n) {
    usleep(30000);
    for (size_t i = 0; i < n; i++) {
        const struct title_one *ask = calls[i]->ask;
        reply_title(calls[i], ask->id, "batch");
        ((struct title *)calls[i]->reply)->updated_at = (int64_t)n;
    }
}

/* The first attempt does its work and then finds a deadlock. */
static enum status change(struct call *call) {
    static int attempts;
    const struct title_change *ask = call->ask;
    if (post_and_hint(call, ask->id, attempts) != OK)
        return call->status;
    return attempts++ ? reply_title(call, ask->id, "changed") : BUSY;
}

static enum status delete (struct call *call) {
    rows_free(db_text(call->db, "insert into titles (title) values ('once')")); return db_status(call->db);
}

static enum status processed(struct call *call) {
    const struct processing_news *ask = call->ask;
    call_event(call, &(struct bus_event){.topic = "invalidate", .id = ask->title_id, .has_id = true});
    return ask->title_id == 1 ? call_refuse(call, CONFLICT, "told-so", "Told so.") : OK;
}

int puppet_main(void) {
    static const struct handler handlers[] = {
        {.message = MSG_content_create, .one = create, .transaction = true},
        {.message = MSG_content_show, .many = show, .most = 16},
        {.message = MSG_content_change, .one = change, .transaction = true},
        {.message = MSG_content_delete, .one = delete, .transaction = true, .once = true},
        {.message = MSG_content_processed, .one = processed},
    };
    return actor_run(&(struct actor_options){
        .service = SERVICE_content,
        .handlers = handlers,
        .handler_count = sizeof handlers / sizeof *handlers,
        .queries = db_queries,
        .query_count = Q_COUNT,
    });
}
