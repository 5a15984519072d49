#ifndef ZOE_ACTORS_HISTORY_H
#define ZOE_ACTORS_HISTORY_H

#include "actors/actor.h"
#include "db/history/queries.h"

/* One handler a message. */
void history_record(struct call **calls, size_t n);
enum status history_list(struct call *call);
enum status history_resume(struct call *call);
enum status history_learn(struct call *call);
enum status history_forget_account(struct call *call);
enum status history_export(struct call *call);
enum status history_continue(struct call *call);
enum status history_next(struct call *call);
enum status history_clear(struct call *call);
enum status history_settings(struct call *call);
enum status history_settings_change(struct call *call);
enum status history_mark(struct call *call);
enum status history_marks(struct call *call);
enum status history_marked(struct call *call);
enum status history_view(struct call *call);
enum status history_recommend(struct call *call);
enum status history_import(struct call *call);

enum { RECORD_MOST = 512, MARKS_MOST = 1000 };

/* OK when somebody is logged in, else UNAUTHENTICATED. */
enum status history_caller(struct call *call);
/* All of `rows`, which are freed, as a list of `record`s; call->status. NULL rows: the query failed. */
enum status history_items(struct call *call, struct rows *rows, const struct record *record, struct list *items);
struct page;
/* A page of the caller's items and the cursor of the next, by a query as actors/page.h has it; call->status. */
enum status history_paged(struct call *call, const struct page *page, unsigned query, const struct record *record,
                          struct list *items, const char **next);
/* The numbers on the list that the ask names. */
enum status history_marks_ids(struct call *call, struct list *ids);

#endif
