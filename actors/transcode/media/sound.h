#ifndef ZOE_MEDIA_SOUND_H
#define ZOE_MEDIA_SOUND_H

/* The encoded sound of a chunk, from descriptor 4. It is read when the first segment wants it, so that the actor may
 * start the pictures while the sound is still being made. */

#include "actors/transcode/media/ts.h"
#include <pthread.h>

struct sound {
    pthread_mutex_t lock;
    int fetched;
    uint8_t *data;
    size_t bytes;
    struct ts_sound *sounds; /* PTS on the timeline, without the offset */
    size_t count;
};

void sound_open(struct sound *sound);
void sound_close(struct sound *sound);

/* Copies the access units of [from, to) into a new array with `shift` added to their PTS; NULL when there are none. To
 * be freed with free(); the bytes stay with the sound. Ends the process when the actor sent something else. */
struct ts_sound *sound_between(struct sound *sound, int64_t from, int64_t to, int64_t shift, size_t *count);

#endif
