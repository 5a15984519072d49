#include "actors/transcode/transcode.h"

enum status transcode_upload(struct call *call) {
    return call_fetch(call, Q_upload_show, NULL);
}
