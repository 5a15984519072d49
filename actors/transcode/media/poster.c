#include "actors/transcode/media/canvas.h"
#include "actors/transcode/media/jpeg.h"
#include "actors/transcode/media/pictures.h"
#include "actors/transcode/media/result.h"
#include "actors/transcode/media/timeline.h"
#include "actors/transcode/media/verbs.h"
#include <math.h>

#define WIDTH_MAX   1280
#define GOOD_ENOUGH 45

/* How much there is to see: the spread of brightness, less when nearly all of it is black or white. */
static double interest(const AVFrame *picture) {
    double sum = 0, squares = 0, count = 0;
    for (int y = 0; y < picture->height; y += 2) {
        const uint8_t *line = picture->data[0] + (ptrdiff_t)y * picture->linesize[0];
        for (int x = 0; x < picture->width; x += 2, count++) {
            sum += line[x];
            squares += (double)line[x] * line[x];
        }
    }
    double mean = sum / count, spread = sqrt(fmax(0, squares / count - mean * mean));
    return mean < 32 || mean > 220 ? spread / 4 : spread;
}

static int places(const struct job *job, int64_t *us) {
    static const int percents[] = {10, 20, 35, 50, 70, 0};
    if (job->place_count > 0) {
        memcpy(us, job->places_us, (size_t)job->place_count * sizeof *us);
        return job->place_count;
    }
    int count = sizeof percents / sizeof percents[0];
    for (int i = 0; i < count; i++)
        us[i] = media_frame_us(job->film.frames, job->film.fps_num, job->film.fps_den) / 100 * percents[i];
    return count;
}

void verb_poster(const struct job *job) {
    int width = job->width, height = job->height;
    if (width > WIDTH_MAX) {
        height = (int)lround((double)height * WIDTH_MAX / width / 2) * 2;
        width = WIDTH_MAX;
    }
    if (height > 2 * WIDTH_MAX) {
        width = (int)lround((double)width * 2 * WIDTH_MAX / height / 2) * 2;
        height = 2 * WIDTH_MAX;
    }
    struct pictures pictures;
    struct canvas canvas;
    int64_t us[JOB_PLACES_MAX];
    AVFrame *best = NULL;
    double most = -1;
    pictures_open(&pictures, &job->film, 0);
    canvas_open(&canvas, pictures.stream, width < 2 ? 2 : width, height < 2 ? 2 : height);
    for (int i = 0, count = places(job, us); i < count && most < GOOD_ENOUGH; i++) {
        const AVFrame *picture = pictures_near(&pictures, job->film.zero_us + us[i]);
        if (!picture)
            continue;
        AVFrame *drawn = result_need(av_frame_alloc());
        canvas_draw(&canvas, picture, drawn);
        double seen = interest(drawn);
        if (seen > most) {
            av_frame_free(&best);
            best = drawn;
            drawn = NULL;
            most = seen;
        }
        av_frame_free(&drawn);
    }
    if (best)
        jpeg_send_video(best, 4, (struct media_frame){.kind = MEDIA_POSTER}, "The poster could not be made.");
    else
        result_fail(MEDIA_BLAME_FILM, "No picture of the video could be read.");
    av_frame_free(&best);
    canvas_close(&canvas);
    pictures_close(&pictures);
}
