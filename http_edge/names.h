#ifndef ZOE_EDGE_NAMES_H
#define ZOE_EDGE_NAMES_H

#include <stdbool.h>

/* What of an asset's folder may be asked for, and how it is sent. Pure. */

enum name_kind {
    NAME_NONE,     /* no such file is ever sent */
    NAME_PLAYLIST, /* grows while the film is made */
    NAME_MANIFEST, /* the same, with patterns for addresses instead of addresses */
    NAME_SEGMENT,  /* never changes */
    NAME_EXTRA,    /* may be replaced by a better one */
};

/* `file` below the asset's folder, such as 720p/segment_000.ts; *type is its media type. */
enum name_kind names_kind(const char *file, const char **type);

/* segment_000.ts: three to six digits. */
bool names_is_segment(const char *name);

/* Whether a name in the store is that of a whole film as one file, which may be of any size. */
bool names_is_whole_film(const char *name);

#endif
