#include "actors/transcode/media/job.h"
#include "actors/transcode/media/result.h"
#include "actors/transcode/media/sandbox.h"
#include "actors/transcode/media/verbs.h"
#include <libavutil/log.h>
#include <limits.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#define LOG_LINES_MAX 200

/* Libav repeats a hostile file's complaints without end. */
static void complain(void *context, int level, const char *format, va_list list) {
    static _Atomic int lines;
    char line[1024];
    int prefix = 1;
    if (level > AV_LOG_WARNING || ++lines > LOG_LINES_MAX)
        return;
    int bytes = av_log_format_line2(context, level, format, list, line, sizeof line, &prefix);
    if (bytes > 0 && write(STDERR_FILENO, line, (size_t)bytes < sizeof line ? (size_t)bytes : sizeof line - 1) < 0)
        lines = LOG_LINES_MAX;
}

static void be_silent(void *context, int level, const char *format, va_list list) {
    (void)context, (void)level, (void)format, (void)list;
}

/* Every segment has fresh encoders: what they give back is kept for the next, or the kernel clears the pages again. */
static void keep_memory(void) {
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    mallopt(M_ARENA_MAX, 1);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(const struct job *);
    } verbs[] = {{"probe", verb_probe}, {"audio", verb_audio}, {"chunk", verb_chunk},    {"poster", verb_poster},
                 {"text", verb_text},   {"sheet", verb_sheet}, {"picture", verb_picture}};
    struct job job;
    const char *wrong = "";
    if (job_parse(&job, argc, argv, &wrong)) {
        fprintf(stderr, "zoe-media: wrong call: %s\n", wrong);
        return MEDIA_EXIT_USAGE;
    }
    keep_memory();
    setpriority(PRIO_PROCESS, 0, job.nice);
    av_log_set_callback(job.log ? complain : be_silent);
    if (sandbox_enter(job.mem_mb, job.cpu_s, job.wall_s))
        result_fail(MEDIA_BLAME_HOST, "The file could not be examined safely on this machine.");
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (!strcmp(job.verb, verbs[i].name))
            verbs[i].run(&job);
    result_send((struct media_frame){.kind = MEDIA_DONE}, NULL, 0);
    return MEDIA_EXIT_DONE;
}
