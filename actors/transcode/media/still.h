#ifndef ZOE_MEDIA_STILL_H
#define ZOE_MEDIA_STILL_H

#include <libavutil/frame.h>

/* The still picture behind descriptor 3: decoded, on white, as RGB0; *orientation 1..8 as EXIF counts, not applied yet.
 * Ends the process with a sentence when this is no picture we read. */
AVFrame *still_read(int *orientation);

#endif
