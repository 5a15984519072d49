#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "actors/transcode/transcode.h"
#include "db/store/store.h"
#include "protocol/node/clock.h"
#include "protocol/wire/buffer.h"

enum { COPY_BYTES = 65536, DURATION_MAX_US = 60000000, TELL_MS = 1000 };

struct made {
    uint32_t rung, number, bytes, profile;
    int64_t duration_us;
    const char *keys;
};

struct chunk {
    struct task *task;
    struct made made[MEDIA_CHUNK_MAX * MEDIA_RUNGS_MAX];
    size_t count, kept;         /* made so far; of them in the database */
    int rungs[MEDIA_CHUNK_MAX]; /* made of each segment */
    int whole, told;            /* segments of which all rungs are made; those in the database */
    int64_t told_ms;
    const char *keys[MEDIA_RUNGS_MAX]; /* of the segment that comes next */
    int64_t frames;                    /* the film's real length when it ended early, else -1 */
};

/* "bytes@offset:duration_us ..." */
static enum outcome keep_keys(struct chunk *chunk, const struct media_frame *frame, const uint8_t *payload) {
    struct buffer text = {0};
    struct media_key key;
    if (frame->rung >= chunk->task->rung_count || frame->bytes % sizeof key ||
        frame->bytes > MEDIA_KEYS_MAX * sizeof key)
        return TASK_LATER;
    for (size_t at = 0; at < frame->bytes; at += sizeof key) {
        memcpy(&key, payload + at, sizeof key);
        buffer_print(&text, "%s%u@%u:%lld", at ? " " : "", key.bytes, key.offset, (long long)key.duration_us);
    }
    const char *kept = text.failed || !text.n ? NULL : arena_copy(chunk->task->arena, text.at, text.n);
    buffer_free(&text);
    chunk->keys[frame->rung] = kept;
    return kept ? TASK_DONE : TASK_LATER;
}

static enum status add_segment(struct task *task, const struct made *made) {
    segment_add(task, (int)made->rung, made->number, made->bytes, made->duration_us, made->keys ? made->keys : "");
    if (db_status(task->db) == OK && made->number == 0)
        rows_free(db_run(
            task->db, Q_rendition_profile, NULL, NULL,
            ARGS(ARG_INT("asset", task->asset), ARG_INT("rung", made->rung), ARG_INT("profile", made->profile))));
    return db_status(task->db);
}

/* Adds what is made to the asset, which is locked; the transaction goes on. */
static enum status keep_made(struct chunk *chunk) {
    struct task *task = chunk->task;
    enum status status = OK;
    for (size_t i = chunk->kept; status == OK && i < chunk->count; i++)
        status = add_segment(task, &chunk->made[i]);
    if (status == OK) {
        rows_free(db_run(task->db, Q_asset_goes_on, NULL, NULL, ARGS(ARG_INT("asset", task->asset))));
        rows_free(db_run(task->db, Q_asset_progress, NULL, NULL, ARGS(ARG_INT("asset", task->asset))));
        status = db_status(task->db);
    }
    return status;
}

/* A segment of which all rungs are there is seen at once, and is not made again whoever dies; the last one is told with
 * the end of the task. Without a database the work goes on: the end tells everything. */
static enum outcome tell(struct chunk *chunk) {
    struct task *task = chunk->task;
    while (chunk->whole < task->count && chunk->rungs[chunk->whole] == __builtin_popcount((unsigned)task->make))
        chunk->whole++;
    if (chunk->whole == chunk->told || chunk->whole == task->count || clock_ms() - chunk->told_ms < TELL_MS)
        return TASK_DONE;
    chunk->told_ms = clock_ms();
    enum outcome outcome = commit_part(task, task->first + chunk->whole, task->count - chunk->whole);
    if (outcome != TASK_DONE)
        return outcome == TASK_LOST ? TASK_LOST : TASK_DONE;
    if (keep_made(chunk) != OK || playlists_write(task, false)) {
        db_rollback(task->db);
        return TASK_DONE;
    }
    if (commit_end(task, true) == TASK_DONE) {
        chunk->kept = chunk->count;
        chunk->told = chunk->whole;
    }
    return TASK_DONE;
}

static enum outcome keep_segment(struct chunk *chunk, const struct media_frame *frame, const uint8_t *payload) {
    struct task *task = chunk->task;
    char name[NAME_BYTES];
    bool ours = frame->rung < task->rung_count && (task->make >> frame->rung & 1) &&
                frame->index >= (uint32_t)task->first && frame->index < (uint32_t)(task->first + task->count);
    if (!ours || chunk->count == sizeof chunk->made / sizeof *chunk->made || !frame->bytes || frame->a <= 0 ||
        frame->a > DURATION_MAX_US)
        return TASK_LATER;
    snprintf(name, sizeof name, "assets/%s/%s/segment_%03u.%s", task->folder, task->rungs[frame->rung].name,
             frame->index, task_extension(task));
    if (store_put(name, payload, frame->bytes))
        return TASK_LATER;
    chunk->made[chunk->count++] = (struct made){
        frame->rung, frame->index, (uint32_t)frame->bytes, frame->flags & 0xffffff, frame->a, chunk->keys[frame->rung]};
    chunk->rungs[frame->index - (uint32_t)task->first]++;
    return tell(chunk);
}

static enum outcome keep_init(struct chunk *chunk, const struct media_frame *frame, const uint8_t *payload) {
    struct task *task = chunk->task;
    char name[NAME_BYTES];
    if (!task->fragments || task->first || frame->rung >= task->rung_count || !frame->bytes)
        return TASK_LATER;
    snprintf(name, sizeof name, "assets/%s/%s/init.mp4", task->folder, task->rungs[frame->rung].name);
    return store_put(name, payload, frame->bytes) ? TASK_LATER : TASK_DONE;
}

static void hint(const struct chunk *chunk, const struct media_frame *frame) {
    const struct task *task = chunk->task;
    if (frame->b <= 0 || frame->a < 0 || frame->a > frame->b || task->segments < 1)
        return;
    double share =
        (double)task->count / task->segments * __builtin_popcount((unsigned)task->make) / (double)task->rung_count;
    double progress = task->progress + share * (double)frame->a / (double)frame->b;
    task_hint(task, progress < 0.99 ? progress : 0.99);
}

static enum outcome take(void *self, const struct media_frame *frame, const uint8_t *payload) {
    struct chunk *chunk = self;
    if (frame->kind == MEDIA_SEGMENT)
        return keep_segment(chunk, frame, payload);
    if (frame->kind == MEDIA_KEYS)
        return keep_keys(chunk, frame, payload);
    if (frame->kind == MEDIA_INIT)
        return keep_init(chunk, frame, payload);
    if (frame->kind == MEDIA_EOF_AT && frame->a >= 0)
        chunk->frames = frame->a;
    else if (frame->kind == MEDIA_PROGRESS)
        hint(chunk, frame);
    return TASK_DONE;
}

static int copy_into(int to, int from) {
    char bytes[COPY_BYTES];
    for (ssize_t n; (n = read(from, bytes, sizeof bytes)) != 0;) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || write(to, bytes, (size_t)n) != n)
            return -1;
    }
    return 0;
}

/* The audio of the chunk's segments in one descriptor, -1 when a part is not there. */
static int gather_audio(const struct task *task) {
    char name[NAME_BYTES];
    int audio = memfd_create("audio", MFD_CLOEXEC);
    for (int i = 0; audio >= 0 && i < task->count; i++) {
        snprintf(name, sizeof name, "assets/%s/sound/audio_%05d", task->folder, task->first + i);
        int part = store_read(name);
        bool good = part >= 0 && !copy_into(audio, part);
        if (part >= 0)
            close(part);
        if (!good) {
            close(audio);
            return -1;
        }
    }
    if (audio >= 0)
        lseek(audio, 0, SEEK_SET);
    return audio;
}

/* The container promised more than the film has: what was planned beyond its end is done with. */
static enum status truncate_film(struct task *task, int64_t frames) {
    int segments = (int)media_segment_count(frames, task->fps_num, task->fps_den);
    rows_free(db_run(task->db, Q_asset_truncate, NULL, NULL,
                     ARGS(ARG_INT("asset", task->asset), ARG_INT("segments", segments), ARG_INT("frames", frames))));
    if (db_status(task->db) == OK)
        rows_free(db_run(task->db, Q_tasks_beyond, NULL, NULL,
                         ARGS(ARG_INT("asset", task->asset), ARG_INT("segments", segments))));
    return db_status(task->db);
}

static enum outcome commit(struct chunk *chunk) {
    struct task *task = chunk->task;
    enum outcome outcome = commit_begin(task);
    if (outcome != TASK_DONE)
        return outcome;
    enum status status = chunk->frames >= 0 ? truncate_film(task, chunk->frames) : OK;
    if (status != OK || keep_made(chunk) != OK || playlists_write(task, false)) {
        db_rollback(task->db);
        return TASK_LATER;
    }
    return commit_end(task, true);
}

static bool complete(const struct chunk *chunk) {
    const struct task *task = chunk->task;
    int64_t whole =
        chunk->frames < 0 ? task->segments : media_segment_count(chunk->frames, task->fps_num, task->fps_den);
    int64_t end = task->first + task->count < whole ? task->first + task->count : whole;
    int64_t wanted = end > task->first ? (end - task->first) * __builtin_popcount((unsigned)task->make) : 0;
    return (int64_t)chunk->count == wanted;
}

enum outcome task_chunk(struct task *task, const char **why) {
    char name[NAME_BYTES];
    struct chunk chunk = {.task = task, .frames = -1, .told_ms = clock_ms()};
    int audio = -1;
    snprintf(name, sizeof name, "uploads/%s", task->upload);
    int film = film_open(name);
    if (film < 0 || (task->has_audio && !task->fragments && (audio = gather_audio(task)) < 0)) {
        if (film >= 0)
            close(film);
        return TASK_LATER;
    }
    const char *arguments[] = {"chunk",
                               arena_print(task->arena, "film=%s", task->film),
                               arena_print(task->arena, "first=%d", task->first),
                               arena_print(task->arena, "count=%d", task->count),
                               ladder_text(task),
                               arena_print(task->arena, "make=%d", task->make),
                               task_type(task),
                               NULL};
    enum outcome outcome =
        child_run(task, arguments, film, audio, &(struct child_calls){.frame = take, .self = &chunk}, why);
    close(film);
    if (audio >= 0)
        close(audio);
    if (outcome != TASK_DONE)
        return outcome;
    return complete(&chunk) ? commit(&chunk) : TASK_LATER;
}
