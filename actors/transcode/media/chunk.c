#include "actors/transcode/media/canvas.h"
#include "actors/transcode/media/pictures.h"
#include "actors/transcode/media/result.h"
#include "actors/transcode/media/rung.h"
#include "actors/transcode/media/timeline.h"
#include "actors/transcode/media/verbs.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define SOUND_MAX_BYTES ((size_t)MEDIA_CHUNK_MAX << 20)

struct sound {
    uint8_t *data;
    size_t bytes;
    struct ts_sound *sounds;
    struct rung_sound shared;
};

static void sound_fetch(struct sound *sound) {
    size_t room = 0;
    for (;;) {
        if (sound->bytes == room) {
            room = room * 2 + 65536;
            sound->data = result_need(realloc(sound->data, room));
        }
        ssize_t got = read(MEDIA_FD_AUDIO, sound->data + sound->bytes, room - sound->bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || sound->bytes > SOUND_MAX_BYTES)
            result_fail(MEDIA_BLAME_HOST, "The encoded sound could not be read.");
        if (got == 0)
            return;
        sound->bytes += (size_t)got;
    }
}

static void sound_cut(struct sound *sound) {
    size_t room = 0;
    for (size_t at = 0; at < sound->bytes;) {
        struct media_audio_head head;
        if (sound->bytes - at < sizeof head)
            result_fail(MEDIA_BLAME_HOST, "The encoded sound is cut off.");
        memcpy(&head, sound->data + at, sizeof head);
        at += sizeof head;
        if (head.bytes == 0 || head.bytes > MEDIA_AAC_MAX_BYTES || head.bytes > sound->bytes - at)
            result_fail(MEDIA_BLAME_HOST, "The encoded sound is damaged.");
        if (sound->shared.count == room) {
            room = room * 2 + 512;
            sound->sounds = result_need(realloc(sound->sounds, room * sizeof *sound->sounds));
        }
        sound->sounds[sound->shared.count++] = (struct ts_sound){sound->data + at, head.bytes, head.pts_90k};
        at += head.bytes;
    }
    sound->shared.sounds = sound->sounds;
}

static void progress(int64_t done, int64_t all) {
    result_send((struct media_frame){.kind = MEDIA_PROGRESS, .a = done, .b = all}, NULL, 0);
}

// Shows every frame of the range to the top rung. Returns the frame after the last one shown.
static int64_t play(const struct job *job, struct pictures *pictures, struct rung *top, int64_t first, int64_t end) {
    struct canvas canvas;
    AVFrame *drawn = NULL;
    int64_t second = job->film.fps_num / job->film.fps_den, frame = first;
    canvas_open(&canvas, pictures->stream, job->rungs[0].width, job->rungs[0].height);
    for (; frame < end; frame++) {
        int same;
        const AVFrame *picture = pictures_show(pictures, frame, &same);
        if (!picture)
            break;
        if (!same || !drawn) {
            av_frame_free(&drawn);
            drawn = result_need(av_frame_alloc());
            canvas_draw(&canvas, picture, drawn);
            same = 0;
        }
        rung_give_take(top, result_need(av_frame_clone(drawn)), frame, same);
        if ((frame - first) % (2 * second) == 0)
            progress(frame - first, end - first);
    }
    rung_give_take(top, NULL, 0, 0);
    av_frame_free(&drawn);
    canvas_close(&canvas);
    return frame;
}

void verb_chunk(const struct job *job) {
    const struct job_film *film = &job->film;
    int64_t first = job->first * timeline_segment_frames(film), end = first + job->count * timeline_segment_frames(film);
    if (end > film->frames)
        end = film->frames;
    if (first >= end)
        return;
    struct sound sound = {0};
    if (film->audio_stream >= 0) {
        sound_fetch(&sound);
        sound_cut(&sound);
    }
    struct pictures pictures;
    struct rung rungs[MEDIA_RUNGS_MAX];
    pictures_open(&pictures, film, first);
    for (int i = job->rung_count - 1; i >= 0; i--)
        rung_start(&rungs[i], job, i, i + 1 < job->rung_count ? &rungs[i + 1] : NULL, &sound.shared);
    int64_t stopped = play(job, &pictures, &rungs[0], first, end);
    for (int i = 0; i < job->rung_count; i++)
        rung_finish(&rungs[i]);
    if (stopped < end)
        result_send((struct media_frame){.kind = MEDIA_EOF_AT, .a = pictures_frames(&pictures)}, NULL, 0);
    pictures_close(&pictures);
    free(sound.data);
    free(sound.sounds);
}
