#include "actors/transcode/media/sound.h"
#include "actors/transcode/media/result.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define BYTES_MAX ((size_t)MEDIA_CHUNK_MAX << 20)

static void fetch(struct sound *sound) {
    size_t room = 0;
    for (;;) {
        if (sound->bytes == room) {
            room = room * 2 + 65536;
            sound->data = result_need(realloc(sound->data, room));
        }
        ssize_t got = read(MEDIA_FD_AUDIO, sound->data + sound->bytes, room - sound->bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || sound->bytes > BYTES_MAX)
            result_fail(MEDIA_BLAME_HOST, "The encoded sound could not be read.");
        if (got == 0)
            return;
        sound->bytes += (size_t)got;
    }
}

static void cut(struct sound *sound) {
    size_t room = 0;
    for (size_t at = 0; at < sound->bytes;) {
        struct media_audio_head head;
        if (sound->bytes - at < sizeof head)
            result_fail(MEDIA_BLAME_HOST, "The encoded sound is cut off.");
        memcpy(&head, sound->data + at, sizeof head);
        at += sizeof head;
        if (head.bytes == 0 || head.bytes > MEDIA_AAC_MAX_BYTES || head.bytes > sound->bytes - at || head.pts_90k < 0 ||
            head.pts_90k > INT64_MAX / 2)
            result_fail(MEDIA_BLAME_HOST, "The encoded sound is damaged.");
        if (sound->count == room) {
            room = room * 2 + 512;
            sound->sounds = result_need(realloc(sound->sounds, room * sizeof *sound->sounds));
        }
        sound->sounds[sound->count++] = (struct ts_sound){sound->data + at, head.bytes, head.pts_90k};
        at += head.bytes;
    }
}

void sound_open(struct sound *sound) {
    *sound = (struct sound){0};
    pthread_mutex_init(&sound->lock, NULL);
}

void sound_close(struct sound *sound) {
    free(sound->data);
    free(sound->sounds);
    pthread_mutex_destroy(&sound->lock);
}

struct ts_sound *sound_between(struct sound *sound, int64_t from, int64_t to, int64_t shift, size_t *count) {
    pthread_mutex_lock(&sound->lock);
    if (!sound->fetched) {
        fetch(sound);
        cut(sound);
        sound->fetched = 1;
    }
    pthread_mutex_unlock(&sound->lock);
    struct ts_sound *found = sound->count ? result_need(malloc(sound->count * sizeof *found)) : NULL;
    *count = 0;
    for (size_t i = 0; i < sound->count; i++) {
        struct ts_sound one = sound->sounds[i];
        if (one.pts_90k < from || one.pts_90k >= to)
            continue;
        one.pts_90k += shift;
        found[(*count)++] = one;
    }
    return found;
}
