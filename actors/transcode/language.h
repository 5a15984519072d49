#ifndef ZOE_TRANSCODE_LANGUAGE_H
#define ZOE_TRANSCODE_LANGUAGE_H

#include <stddef.h>

/* Languages of sound and subtitles. Pure. */

enum { LANGUAGE_BYTES = 36 };

/* The BCP 47 tag (RFC 5646) of what a container or a person calls a language: `ger`, `deu` and `de` give `de`. Empty
 * when nothing is said (und) or it is no tag. `to` has LANGUAGE_BYTES. */
void language_tag(const char *from, char *to);

/* What its speakers call it: Deutsch for `de` and `de-AT`; NULL for those we do not know. */
const char *language_name(const char *tag);

#endif
