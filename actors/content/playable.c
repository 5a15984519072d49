#include "actors/content/content.h"

enum status content_playable(struct call *call) {
    return call_fetch(call, Q_title_playable, NULL);
}
