#include "actors/content/content.h"

enum status content_person_add(struct call *call) {
    return call_needs(call, ROLE_ADMIN) == OK ? call_fetch(call, Q_person_add, NULL) : call->status;
}
