#include "http_edge/films.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/node/clock.h"

enum { SLOTS = 512, LIFE_MS = 1000, RUNGS_MAX = 16 };

struct film {
    struct playable_reply reply;
    struct cache_stamp stamp;
    char asset[65], state[17], picture[33];
    int64_t rungs[RUNGS_MAX];
    int64_t until_ms;
};

struct films {
    struct film slots[SLOTS];
};

struct films *films_new(void) {
    return calloc(1, sizeof(struct films));
}

void films_free(struct films *films) {
    free(films);
}

const struct playable_reply *films_find(struct films *films, int64_t title) {
    struct film *film = &films->slots[(uint64_t)title % SLOTS];
    return film->reply.id == title && film->until_ms > clock_ms() && cache_stamp_holds(&film->stamp) ? &film->reply
                                                                                                     : NULL;
}

void films_keep(struct films *films, const struct playable_reply *reply, const struct cache_stamp *stamp) {
    struct film *film = &films->slots[(uint64_t)reply->id % SLOTS];
    if (reply == &film->reply)
        return;
    film->reply = *reply;
    film->stamp = *stamp;
    snprintf(film->asset, sizeof film->asset, "%s", reply->asset ? reply->asset : "");
    snprintf(film->state, sizeof film->state, "%s", reply->state);
    film->reply.asset = reply->asset ? film->asset : NULL;
    film->reply.state = film->state;
    snprintf(film->picture, sizeof film->picture, "%s", reply->picture ? reply->picture : "");
    film->reply.picture = reply->picture ? film->picture : NULL;
    film->reply.rungs = (struct list){film->rungs, reply->rungs.n < RUNGS_MAX ? reply->rungs.n : RUNGS_MAX};
    memcpy(film->rungs, reply->rungs.at ? reply->rungs.at : film->rungs, film->reply.rungs.n * sizeof *film->rungs);
    film->reply.source = film->reply.youtube_id = film->reply.source_url = NULL; /* only for playback, never kept */
    film->until_ms = clock_ms() + LIFE_MS;
}
