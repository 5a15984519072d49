#ifndef ZOE_MEDIA_VERBS_H
#define ZOE_MEDIA_VERBS_H

/* What zoe-media can be asked. Each says DONE or does not return. */

#include "actors/transcode/media/job.h"

void verb_probe(const struct job *job);
void verb_audio(const struct job *job);
void verb_chunk(const struct job *job);
void verb_sheet(const struct job *job);
void verb_text(const struct job *job);
void verb_poster(const struct job *job);
void verb_picture(const struct job *job);

#endif
