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

enum { RECORD_MOST = 512 };

/* OK when somebody is logged in, else UNAUTHENTICATED. */
enum status history_caller(struct call *call);

#endif
