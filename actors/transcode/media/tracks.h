#ifndef ZOE_MEDIA_TRACKS_H
#define ZOE_MEDIA_TRACKS_H

#include "actors/transcode/media/source.h"

/* Tells of every sound and every text that can be chosen, `audio` (or NULL) first: it goes with the pictures. */
void tracks_tell(const struct source *source, const AVStream *audio);

/* Subtitles made of letters; those made of pictures cannot become text. */
int tracks_is_text(const AVStream *stream);

#endif
