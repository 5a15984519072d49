#define DB_QUERIES_TABLE
#include "actors/content/content.h"

enum { SHOW_MOST = 256 };

static const struct handler handlers[] = {
    {.message = MSG_content_create, .one = content_create, .transaction = true},
    {.message = MSG_content_show, .many = content_show, .most = SHOW_MOST},
    {.message = MSG_content_list, .one = content_list},
    {.message = MSG_content_change, .one = content_change, .transaction = true},
    {.message = MSG_content_delete, .one = content_delete, .transaction = true, .once = true},
    {.message = MSG_content_processed, .one = content_processed, .transaction = true},
    {.message = MSG_content_playable, .one = content_playable},
};

int main(void) {
    return actor_run(&(struct actor_options){
        .service = SERVICE_content,
        .handlers = handlers,
        .handler_count = sizeof handlers / sizeof *handlers,
        .queries = db_queries,
        .query_count = Q_COUNT,
    });
}
