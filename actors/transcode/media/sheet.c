#include "actors/transcode/media/canvas.h"
#include "actors/transcode/media/jpeg.h"
#include "actors/transcode/media/pictures.h"
#include "actors/transcode/media/result.h"
#include "actors/transcode/media/verbs.h"
#include <libavutil/imgutils.h>

/* Small pictures of the whole film in one, for whoever looks for a place in it. */

static AVFrame *blank(int width, int height) {
    AVFrame *sheet = result_need(av_frame_alloc());
    ptrdiff_t lines[4];
    sheet->format = AV_PIX_FMT_YUV420P;
    sheet->width = width;
    sheet->height = height;
    if (av_frame_get_buffer(sheet, 0) < 0)
        result_fail_av(AVERROR(ENOMEM), "");
    for (int i = 0; i < 4; i++)
        lines[i] = sheet->linesize[i];
    av_image_fill_black(sheet->data, lines, AV_PIX_FMT_YUV420P, AVCOL_RANGE_MPEG, width, height);
    return sheet;
}

static void stick(AVFrame *sheet, const AVFrame *tile, int x, int y) {
    for (int plane = 0; plane < 3; plane++) {
        int half = plane > 0;
        av_image_copy_plane(sheet->data[plane] + (ptrdiff_t)(y >> half) * sheet->linesize[plane] + (x >> half),
                            sheet->linesize[plane], tile->data[plane], tile->linesize[plane], tile->width >> half,
                            tile->height >> half);
    }
}

void verb_sheet(const struct job *job) {
    const struct job_film *film = &job->film;
    int64_t length_us = media_frame_us(film->frames, film->fps_num, film->fps_den);
    int64_t count = (length_us + job->every_us - 1) / job->every_us;
    if (count > MEDIA_TILES_MAX)
        count = MEDIA_TILES_MAX;
    int rows = (int)(count + MEDIA_TILE_COLUMNS - 1) / MEDIA_TILE_COLUMNS;
    struct pictures pictures;
    struct canvas canvas;
    pictures_open(&pictures, film, 0);
    canvas_open(&canvas, pictures.stream, job->width, job->height);
    AVFrame *sheet = blank(MEDIA_TILE_COLUMNS * job->width, rows * job->height);
    for (int64_t i = 0; i < count; i++) {
        const AVFrame *picture = pictures_near(&pictures, film->zero_us + i * job->every_us + job->every_us / 2);
        if (!picture)
            continue;
        AVFrame *tile = result_need(av_frame_alloc());
        canvas_draw(&canvas, picture, tile);
        stick(sheet, tile, (int)(i % MEDIA_TILE_COLUMNS) * job->width, (int)(i / MEDIA_TILE_COLUMNS) * job->height);
        av_frame_free(&tile);
        result_send((struct media_frame){.kind = MEDIA_PROGRESS, .a = i + 1, .b = count}, NULL, 0);
    }
    jpeg_send_video(sheet, 5, (struct media_frame){.kind = MEDIA_SHEET}, "The storyboard could not be made.");
    av_frame_free(&sheet);
    canvas_close(&canvas);
    pictures_close(&pictures);
}
