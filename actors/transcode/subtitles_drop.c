#include "actors/transcode/transcode.h"

enum status transcode_subtitles_drop(struct call *call) {
    const struct subtitles_ref *ask = call->ask;
    struct task task;
    bool any = false;
    if (call_needs(call, ROLE_ADMIN) != OK)
        return call->status;
    const char *tag = subtitles_tag(call, ask->language);
    if (!tag || subtitles_film(call, ask->title_id, &task) != OK || subtitles_remove(call, &task, tag, &any) != OK)
        return call->status != OK ? call->status : INTERNAL;
    if (!any)
        return NOT_FOUND;
    return playlists_write(&task, task.ready) ? INTERNAL : OK;
}
