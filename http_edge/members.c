#include "http_edge/members.h"

#include <stdlib.h>

#include "http_edge/reply.h"
#include "http_edge/shard.h"
#include "protocol/node/clock.h"

enum { SLOTS = 512, LIFE_MS = 1000, SLOT = 2 };

struct member {
    int64_t user, plan, until_ms;
    bool entitled, subscribed;
};

struct members {
    struct member slots[SLOTS];
};

struct members *members_new(void) {
    return calloc(1, sizeof(struct members));
}

void members_free(struct members *members) {
    free(members);
}

static struct member *place(struct request *request) {
    uint64_t mixed = (uint64_t)request->login.user * 0x9e3779b97f4a7c15u + (uint64_t)request->member.plan;
    return &request->shard->members->slots[mixed % SLOTS];
}

static void judge(struct request *request, bool entitled, bool subscribed) {
    struct refusal refusal = {.status = FORBIDDEN,
                              .http = subscribed ? 403 : 402,
                              .code = subscribed ? "plan-other" : "plan-required",
                              .detail = subscribed ? "This title needs another plan than that of this account."
                                                   : "This title needs a plan; subscribe to it first."};
    if (entitled)
        request->member.allowed(request);
    else
        reply_refusal(request, &refusal);
}

static void answered(struct request *request) {
    const struct answer *answer = &request->answers[SLOT];
    const struct entitled_reply *reply = answer->value;
    if (answer->status != OK) {
        reply_problem(request, answer);
        return;
    }
    *place(request) = (struct member){.user = request->login.user,
                                      .plan = request->member.plan,
                                      .until_ms = clock_ms() + LIFE_MS,
                                      .entitled = reply->entitled,
                                      .subscribed = reply->subscribed};
    judge(request, reply->entitled, reply->subscribed);
}

void member_check(struct request *request, int64_t plan, bool kept, void (*allowed)(struct request *request)) {
    if (!plan || request->login.roles & ROLE_ADMIN) {
        allowed(request);
        return;
    }
    request->member = (struct member_place){plan, allowed};
    const struct member *known = place(request);
    if (kept && known->user == request->login.user && known->plan == plan && known->until_ms > clock_ms()) {
        judge(request, known->entitled, known->subscribed);
        return;
    }
    struct entitled_ask ask = {.plan_id = plan, .has_plan_id = true};
    request_ask(request, SLOT, MSG_auth_entitled, &ask, answered);
}
