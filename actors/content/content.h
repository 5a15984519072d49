#ifndef ZOE_ACTORS_CONTENT_H
#define ZOE_ACTORS_CONTENT_H

#include "actors/actor.h"
#include "db/content/queries.h"

/* One handler a message. */
enum status content_create(struct call *call);
void content_show(struct call **calls, size_t n);
enum status content_list(struct call *call);
enum status content_change(struct call *call);
enum status content_delete(struct call *call);
enum status content_processed(struct call *call);
enum status content_playable(struct call *call);

/* title.c */
/* Fills a title from a row of the view `shown`. 0, or -1 when memory is out. */
int title_fill(const struct rows *rows, size_t row, struct title *title, struct arena *arena);
/* Fills the reply with title `id`. */
enum status title_reply(struct call *call, int64_t id);
/* Refuses a name that nobody could read. */
enum status title_name_check(struct call *call, const char *name);

/* tell.c: who else must know. */
/* Posts the title's card to history, in the running transaction. */
enum status tell_card(struct call *call, int64_t id);
enum status tell_deleted(struct call *call, int64_t id, int64_t revision);
/* Asks transcode to remove the title's films. */
enum status tell_forget(struct call *call, int64_t id);
/* Edges forget what they keep of it, after the commit. */
void tell_changed(struct call *call, int64_t id);
/* And whoever watches a film being made, how far it is. */
void tell_progress(struct call *call, const struct processing_news *news);

/* renditions.c: kept as JSON. */
/* NULL when memory is out. */
const char *renditions_to_json(const struct list *renditions, struct arena *arena);
/* An empty list when the text is none of ours. */
struct list renditions_from_json(const char *text, struct arena *arena);

#endif
