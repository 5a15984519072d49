#include "actors/transcode/media/canvas.h"
#include "actors/transcode/media/pictures.h"
#include "actors/transcode/media/result.h"
#include "actors/transcode/media/rung.h"
#include "actors/transcode/media/timeline.h"
#include "actors/transcode/media/verbs.h"

static void progress(int64_t done, int64_t all) {
    result_send((struct media_frame){.kind = MEDIA_PROGRESS, .a = done, .b = all}, NULL, 0);
}

/* Shows every frame of the range to the top rung. Returns the frame after the last one shown. */
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
    int64_t first = job->first * timeline_segment_frames(film),
            end = first + job->count * timeline_segment_frames(film);
    if (end > film->frames)
        end = film->frames;
    if (first >= end)
        return;
    struct sound sound;
    struct pictures pictures;
    struct rung rungs[MEDIA_RUNGS_MAX];
    sound_open(&sound);
    pictures_open(&pictures, film, first);
    for (int i = job->rung_count - 1; i >= 0; i--)
        rung_start(&rungs[i], job, i, i + 1 < job->rung_count ? &rungs[i + 1] : NULL,
                   film->audio_stream >= 0 && !job->fragments ? &sound : NULL);
    int64_t stopped = play(job, &pictures, &rungs[0], first, end);
    for (int i = 0; i < job->rung_count; i++)
        rung_finish(&rungs[i]);
    if (stopped < end)
        result_send((struct media_frame){.kind = MEDIA_EOF_AT, .a = pictures_frames(&pictures)}, NULL, 0);
    pictures_close(&pictures);
    sound_close(&sound);
}
