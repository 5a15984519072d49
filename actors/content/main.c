#define DB_QUERIES_TABLE db_queries
#include "actors/content/content.h"

enum { SHOW_MOST = 256 };

static const struct handler handlers[] = {
    {.message = MSG_content_create, .one = content_create, .transaction = true},
    {.message = MSG_content_show, .many = content_show, .most = SHOW_MOST, .solo = true},
    {.message = MSG_content_list, .one = content_list},
    {.message = MSG_content_change, .one = content_change, .transaction = true},
    {.message = MSG_content_delete, .one = content_delete, .transaction = true, .once = true},
    {.message = MSG_content_processed, .one = content_processed, .transaction = true},
    {.message = MSG_content_playable, .one = content_playable},
    {.message = MSG_content_bulk_change, .one = content_bulk_change, .transaction = true},
    {.message = MSG_content_bulk_delete, .one = content_bulk_delete, .transaction = true},
    {.message = MSG_content_home, .one = content_home},
    {.message = MSG_content_numbered, .one = content_numbered},
    {.message = MSG_content_search, .one = content_search},
    {.message = MSG_content_suggest, .one = content_suggest},
    {.message = MSG_content_similar, .one = content_similar},
    {.message = MSG_content_import, .one = content_import, .transaction = true},
    {.message = MSG_content_index, .one = content_index, .transaction = true},
    {.message = MSG_content_export, .one = content_export, .transaction = true},
    {.message = MSG_content_watched, .one = content_watched, .transaction = true},
    {.message = MSG_content_labels, .one = content_labels},
    {.message = MSG_content_pick, .one = content_pick},
    {.message = MSG_content_picture, .one = content_picture, .transaction = true},
    {.message = MSG_content_seasons, .one = content_seasons},
    {.message = MSG_content_season_put, .one = content_season_put, .transaction = true},
    {.message = MSG_content_season_delete, .one = content_season_delete, .transaction = true},
    {.message = MSG_content_episode_add, .one = content_episode_add, .transaction = true},
    {.message = MSG_content_credits, .one = content_credits},
    {.message = MSG_content_credits_put, .one = content_credits_put, .transaction = true},
    {.message = MSG_content_persons, .one = content_persons},
    {.message = MSG_content_person, .one = content_person},
    {.message = MSG_content_person_add, .one = content_person_add, .transaction = true},
    {.message = MSG_content_person_change, .one = content_person_change, .transaction = true},
    {.message = MSG_content_person_delete, .one = content_person_delete, .transaction = true},
    {.message = MSG_content_external, .one = content_external},
};

/* The upkeep thread opens a connection of its own. */
static int start(struct actor *actor, struct db *db) {
    (void)actor, (void)db;
    return upkeep_start(db_queries, Q_COUNT);
}

int main(void) {
    return actor_run(&(struct actor_options){
        .service = SERVICE_content,
        .handlers = handlers,
        .handler_count = sizeof handlers / sizeof *handlers,
        .queries = db_queries,
        .query_count = Q_COUNT,
        .start = start,
        .stop = upkeep_stop,
    });
}
