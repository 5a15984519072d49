#ifndef ZOE_EDGE_MEMBERS_H
#define ZOE_EDGE_MEMBERS_H

#include "http_edge/request.h"

/* Who may see what needs a plan, as auth says; one for each shard. */
struct members;
struct members *members_new(void);
void members_free(struct members *members);

/* Runs `allowed` when the login may see a film of `plan` (0: anyone may; administrators see everything), at once or
 * when auth has answered in slot 2; otherwise the answer is set: 402 plan-required without any subscription, 403
 * plan-other with another one. `kept`: auth's word of the last second will do. */
void member_check(struct request *request, int64_t plan, bool kept, void (*allowed)(struct request *request));

#endif
