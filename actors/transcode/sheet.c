#include <stdio.h>

#include "actors/transcode/dash.h"
#include "actors/transcode/transcode.h"
#include "db/store/store.h"

enum { TILE_HEIGHT = 90, TILE_SIDE_MAX = 320, STEP_US = 2000000, SECOND_US = 1000000 };

/* At most a hundred, at least two seconds apart, whole seconds. */
void sheet_measure(const struct task *task, struct sheet_shape *shape) {
    shape->length_us = media_frame_us(task->frames, task->fps_num, task->fps_den);
    shape->every_us = (shape->length_us / MEDIA_TILES_MAX / SECOND_US + 1) * SECOND_US;
    if (shape->every_us < STEP_US)
        shape->every_us = STEP_US;
    shape->height = TILE_HEIGHT;
    shape->width = media_rung_width(TILE_HEIGHT, task->rungs[0].width, task->rungs[0].quality.height);
    if (shape->width > TILE_SIDE_MAX)
        shape->width = TILE_SIDE_MAX;
}

void sheet_find(const struct task *task, struct dash_tiles *tiles) {
    char name[NAME_BYTES];
    struct sheet_shape shape;
    snprintf(name, sizeof name, "assets/%s/storyboard_0.jpg", task->folder);
    int64_t bytes = store_size(name);
    if (bytes <= 0 || !task->rung_count)
        return;
    sheet_measure(task, &shape);
    int64_t count = (shape.length_us + shape.every_us - 1) / shape.every_us;
    *tiles = (struct dash_tiles){.width = shape.width,
                                 .height = shape.height,
                                 .columns = MEDIA_TILE_COLUMNS,
                                 .rows = (uint32_t)((count + MEDIA_TILE_COLUMNS - 1) / MEDIA_TILE_COLUMNS),
                                 .every_us = shape.every_us,
                                 .bytes = (uint32_t)bytes};
}
