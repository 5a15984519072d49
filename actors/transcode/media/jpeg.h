#ifndef ZOE_MEDIA_JPEG_H
#define ZOE_MEDIA_JPEG_H

#include "actors/transcode/media/media.h"
#include <libavutil/frame.h>

/* Sends a YUVJ420P picture as JPEG without any metadata; a and b of `frame` become its width and height. `quality`: 2
 * the best, 31 the worst. Ends the process with `sentence` when it cannot be done. */
void jpeg_send(AVFrame *picture, int quality, struct media_frame frame, const char *sentence);

/* The same for a picture as canvas_draw() makes it. */
void jpeg_send_video(const AVFrame *picture, int quality, struct media_frame frame, const char *sentence);

#endif
