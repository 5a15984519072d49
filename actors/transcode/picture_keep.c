#include "actors/transcode/transcode.h"

enum status transcode_picture_keep(struct call *call) {
    return call_needs(call, ROLE_SERVICE) == OK ? call_do(call, Q_picture_keep, NULL) : call->status;
}
