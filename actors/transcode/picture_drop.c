#include "actors/transcode/transcode.h"
#include "db/store/store.h"

enum status transcode_picture_drop(struct call *call) {
    const struct picture_ref *ask = call->ask;
    char folder[NAME_BYTES];
    if (call_needs(call, ROLE_SERVICE) != OK)
        return call->status;
    if (!picture_name_good(ask->name))
        return call_invalid(call, "/name", "is no picture's");
    if (call_do(call, Q_picture_let_go, NULL) != OK)
        return call->status;
    picture_folder(ask->name, folder);
    return store_delete(folder) ? OK : call_do(call, Q_picture_delete, NULL);
}
