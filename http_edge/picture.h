#ifndef ZOE_EDGE_PICTURE_H
#define ZOE_EDGE_PICTURE_H

#include "http_edge/request.h"

/* Pictures on their way in. The bytes go into the store under a name that nobody can guess, transcode makes the picture
 * of them in its sandbox, an actor keeps its name; the bytes are removed at the request's end. */

enum { PICTURE_SLOT = 1 /* of the answer with a struct picture_made */ };

/* How a picture is made: square or keep, and the two sizes. */
struct picture_kind {
    const char *shape;
    int64_t large, small;
};

/* Opens the file that the request's bytes go into. False when it is answered already. */
bool picture_open(struct request *request);

/* Puts a picture's base64 text or data: URL into such a file. False when it is answered already; `field` is named. */
bool picture_text(struct request *request, const char *field, const char *text);

/* Makes the picture of what has arrived; `made` runs with the answer, whatever it is. */
void picture_make(struct request *request, const struct picture_kind *kind, void (*made)(struct request *request));

/* title_picture.c: makes pictures of the members of the JSON body that the route's `pictures` names, and puts their
 * names there. True when nothing is left to do; else `step` runs again later, or the request is answered. */
bool title_pictures(struct request *request, void (*step)(struct request *request));

#endif
