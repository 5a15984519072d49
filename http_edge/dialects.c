#include "http_edge/dialects.h"

#include "http_edge/natives.h"

#define TAKE(...) #__VA_ARGS__
#define GIVE(...) #__VA_ARGS__
#define SAYS(...)                                                                                                      \
    &(const struct says) {                                                                                             \
        __VA_ARGS__                                                                                                    \
    }
#define TUS "Tus-Resumable: 1.0.0"
#define ERRORS(...)                                                                                                    \
    (const struct error_row[]) {                                                                                       \
        __VA_ARGS__, {                                                                                                 \
            0                                                                                                          \
        }                                                                                                              \
    }

#define NAME  house
#define TABLE "http_edge/dialects/house.def"
#include "http_edge/dialects/expand.h"
#define NAME  v1
#define TABLE "http_edge/dialects/v1.def"
#include "http_edge/dialects/expand.h"
#define NAME  veeplay
#define TABLE "http_edge/dialects/veeplay.def"
#include "http_edge/dialects/expand.h"
#define NAME  videoapp
#define TABLE "http_edge/dialects/videoapp.def"
#include "http_edge/dialects/expand.h"
#define NAME  videoflix_hls
#define TABLE "http_edge/dialects/videoflix_hls.def"
#include "http_edge/dialects/expand.h"
#define NAME  videoflix_s3
#define TABLE "http_edge/dialects/videoflix_s3.def"
#include "http_edge/dialects/expand.h"
#define NAME  streamify
#define TABLE "http_edge/dialects/streamify.def"
#include "http_edge/dialects/expand.h"

/* Written by CMake: the tables of ZOE_EXTRA_DIALECTS, and their entries as MORE_DIALECTS. */
#include "more_dialects.h"

#define DIALECT_TABLE(name)                                                                                            \
    { &name##_dialect, name##_routes, name##_errors }
static const struct dialect_table tables[] = {
    DIALECT_TABLE(house),         DIALECT_TABLE(v1),           DIALECT_TABLE(veeplay),   DIALECT_TABLE(videoapp),
    DIALECT_TABLE(videoflix_hls), DIALECT_TABLE(videoflix_s3), DIALECT_TABLE(streamify), MORE_DIALECTS{0}};

const struct dialect_table *dialects_all(void) {
    return tables;
}
