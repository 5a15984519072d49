#include "actors/transcode/media/result.h"
#include <errno.h>
#include <libavutil/error.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#define SHORT_BYTES (64u << 20)

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static const char *subject = "film";

void result_about(const char *thing) {
    subject = thing;
}

static void write_all(const void *data, size_t bytes) {
    const char *at = data;
    while (bytes > 0) {
        ssize_t written = write(MEDIA_FD_RESULT, at, bytes);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            _exit(MEDIA_EXIT_FAILED);
        at += written;
        bytes -= (size_t)written;
    }
}

void result_send(struct media_frame frame, const void *payload, size_t bytes) {
    frame.bytes = bytes;
    pthread_mutex_lock(&turn);
    write_all(&frame, sizeof frame);
    write_all(payload, bytes);
    pthread_mutex_unlock(&turn);
}

_Noreturn void result_fail(enum media_blame blame, const char *format, ...) {
    char sentence[MEDIA_SENTENCE_MAX_BYTES];
    va_list list;
    va_start(list, format);
    int bytes = vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    if (bytes < 0)
        bytes = 0;
    if (bytes >= (int)sizeof sentence)
        bytes = (int)sizeof sentence - 1;
    struct media_frame frame = {.kind = MEDIA_FAILED, .flags = blame, .bytes = (uint64_t)bytes};
    /* The lock is kept, so that no other thread says anything after it. */
    pthread_mutex_lock(&turn);
    write_all(&frame, sizeof frame);
    write_all(sentence, (size_t)bytes);
    _exit(MEDIA_EXIT_FAILED);
}

/* Libraries do not always say what they lacked: this close to the limit it was memory. */
static int memory_is_short(void) {
    void *some = mmap(NULL, SHORT_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (some == MAP_FAILED)
        return 1;
    munmap(some, SHORT_BYTES);
    return 0;
}

_Noreturn void result_fail_av(int error, const char *sentence) {
    if (error == AVERROR(ENOMEM) || memory_is_short())
        result_fail(MEDIA_BLAME_FILM, "The %s needs more memory than allowed.", subject);
    result_fail(MEDIA_BLAME_FILM, "%s", sentence);
}

void *result_need(void *memory) {
    if (!memory)
        result_fail_av(AVERROR(ENOMEM), "");
    return memory;
}
