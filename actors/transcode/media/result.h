#ifndef ZOE_MEDIA_RESULT_H
#define ZOE_MEDIA_RESULT_H

/* What goes back to the actor. Every function may be called from any thread; frames are never mixed. */

#include "actors/transcode/media/media.h"
#include <stddef.h>

/* Ends the process when the actor is gone. */
void result_send(struct media_frame frame, const void *payload, size_t bytes);

/* Sends the sentence and ends the process; the first one wins. */
_Noreturn void result_fail(enum media_blame blame, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What sentences about memory call the thing that is read: "film" until this is called. */
void result_about(const char *thing);

/* As result_fail, but out of memory has a sentence of its own. */
_Noreturn void result_fail_av(int error, const char *sentence);

/* `memory` if it is one, else the process fails for want of memory. */
void *result_need(void *memory);

#endif
