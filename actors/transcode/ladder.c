#include <stdio.h>
#include <stdlib.h>

#include "actors/transcode/transcode.h"
#include "protocol/node/config.h"
#include "protocol/wire/buffer.h"

/* The default of this height, or one between its neighbours by the number of pixels. */
static struct media_rung quality_of(uint32_t height) {
    struct media_rung near = MEDIA_LADDER[MEDIA_LADDER_COUNT - 1];
    for (size_t i = 0; i < MEDIA_LADDER_COUNT; i++)
        if (MEDIA_LADDER[i].height <= height) {
            near = MEDIA_LADDER[i];
            break;
        }
    if (near.height != height) {
        double ratio = (double)height * height / ((double)near.height * near.height);
        near.maxrate = (uint32_t)(near.maxrate * (ratio < 0.25 ? 0.25 : ratio > 4 ? 4 : ratio));
        near.bufsize = near.maxrate;
        near.height = height;
    }
    return near;
}

static bool add_rung(struct rung *rung, uint32_t height, uint32_t width, uint32_t film_height, struct arena *arena) {
    *rung = (struct rung){.quality = quality_of(height),
                          .width = media_rung_width(height, width, film_height),
                          .name = arena_print(arena, "%up", height)};
    return rung->name;
}

size_t ladder_for(uint32_t width, uint32_t height, struct rung rungs[MEDIA_RUNGS_MAX], struct arena *arena) {
    size_t n = 0;
    uint32_t last = UINT32_MAX;
    for (const char *at = config()->ladder; *at && n < MEDIA_RUNGS_MAX;) {
        char *end;
        unsigned long wanted = strtoul(at, &end, 10);
        if (end == at)
            break;
        at = *end == ',' ? end + 1 : end;
        uint32_t even = (uint32_t)wanted & ~1u;
        if (even >= 2 && even <= height && even < last && add_rung(&rungs[n], even, width, height, arena)) {
            last = even;
            n++;
        }
    }
    /* A film smaller than every rung keeps its own size. */
    if (!n && add_rung(&rungs[0], height & ~1u ? height & ~1u : 2, width, height, arena))
        n = 1;
    return n;
}

const char *ladder_text(const struct task *task) {
    struct buffer text = {0};
    for (size_t i = 0; i < task->rung_count; i++) {
        const struct rung *rung = &task->rungs[i];
        buffer_print(&text, "%s%ux%u:%u:%u:%u", i ? "," : "rungs=", rung->width, rung->quality.height,
                     rung->quality.crf, rung->quality.maxrate, rung->quality.bufsize);
    }
    const char *kept = text.failed ? NULL : arena_copy(task->arena, text.at, text.n);
    buffer_free(&text);
    return kept;
}
