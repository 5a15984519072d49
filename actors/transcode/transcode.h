#ifndef ZOE_ACTORS_TRANSCODE_H
#define ZOE_ACTORS_TRANSCODE_H

#include "actors/actor.h"
#include "actors/transcode/media/media.h"
#include "db/transcode/queries.h"

/* One handler a message. */
enum status transcode_open(struct call *call);
enum status transcode_join(struct call *call);
enum status transcode_upload(struct call *call);
enum status transcode_finish(struct call *call);
enum status transcode_abort(struct call *call);
enum status transcode_forget(struct call *call);
enum status transcode_lease(struct call *call);
enum status transcode_stored(struct call *call);
enum status transcode_picture(struct call *call);
enum status transcode_picture_keep(struct call *call);
enum status transcode_picture_drop(struct call *call);

enum status transcode_jobs(struct call *call);
enum status transcode_job(struct call *call);
enum status transcode_job_change(struct call *call);
enum status transcode_job_cancel(struct call *call);
enum status transcode_job_retry(struct call *call);
enum status transcode_subtitles(struct call *call);
enum status transcode_subtitles_drop(struct call *call);

enum { NAME_BYTES = 256 };

/* Where the segments of tracks stand in the table of segments: a rung of their own for each. */
enum { RUNG_AUDIO = 100, RUNG_TEXT = 200 };

/* Order of work: what makes some film playable comes before what completes another. The end of a film is short, and can
 * be taken only when all else of it is done: it comes before the chunks of other films, which may be many. */
enum rank {
    RANK_PROBE,
    RANK_AUDIO,
    RANK_FIRST,
    RANK_POSTER,
    RANK_QUICK = RANK_POSTER,
    RANK_FINISH,
    RANK_CHUNK,
    RANK_FILE
};

/* runner.c: threads that claim tasks. */
int runner_start(struct actor *actor, const struct db_query *queries);
void runner_stop(void);

/* bell.c: tells the idle runners of this process that there may be work. */
void bell_ring(void);
/* Waits for the next ring after *turn (0 at first), or so long; false when the runners are to end. */
bool bell_wait(unsigned *turn, int64_t ms);
void bell_end(void);

/* A claimed task with what it needs of its asset. */
struct task {
    struct actor *actor;
    struct db *db;
    struct arena *arena;
    int64_t id, asset, title;
    const char *kind, *worker, *folder, *upload, *film;
    int rank, first, count, make, attempt, failures, lost;
    int segments;
    int64_t frames;
    uint32_t fps_num, fps_den;
    bool has_audio;
    bool fragments; /* its segments are fragmented MP4 */
    bool ready;     /* the film was whole when the task was claimed */
    double progress, running_seconds;
    size_t rung_count;
    struct rung {
        struct media_rung quality;
        uint32_t width;
        const char *name;
    } rungs[MEDIA_RUNGS_MAX];
    int64_t renewed_ms;
    int64_t cpu_ms; /* processor time of its children */
};

/* task.c. Reads what is known of task->asset; 0 or -1. */
int task_load(struct task *task);
/* How its segments of pictures and sound end: ts or m4s. */
const char *task_extension(const struct task *task);
/* What the media child is to make: type=... */
const char *task_type(const struct task *task);

enum outcome {
    TASK_DONE,
    TASK_FILM,  /* the film is at fault: `why` says it to people */
    TASK_LATER, /* something here is: try again */
    TASK_SHOT,  /* the child was killed from outside, which is nobody's fault: try again */
    TASK_LOST,  /* the lease is gone; somebody else has the task */
    TASK_FULL   /* the store has no room: it is tried again for as long as that takes */
};

/* task_*.c: one kind each; TASK_DONE only after their results are committed together with the task's end. */
enum outcome task_probe(struct task *task, const char **why);
enum outcome task_audio(struct task *task, const char **why);
enum outcome task_chunk(struct task *task, const char **why);
enum outcome task_text(struct task *task, const char **why);
enum outcome task_sheet(struct task *task, const char **why);
enum outcome task_file(struct task *task, const char **why);
enum outcome task_poster(struct task *task, const char **why);
enum outcome task_finish(struct task *task, const char **why);
enum outcome task_retire(struct task *task, const char **why);

/* commit.c */
/* Begins a transaction, ends the task and locks its asset: the lease is checked in it. */
enum outcome commit_begin(struct task *task);
/* The same for a part of a chunk: the task goes on with these segments, for whoever has it. */
enum outcome commit_part(struct task *task, int first, int count);
/* Commits; `news` posts the asset's state to content first. */
enum outcome commit_end(struct task *task, bool news);
enum status news_post(struct db *db, struct arena *arena, int64_t asset);

/* sheet.c: the storyboard's small pictures: their size, and for how long each stands. */
struct sheet_shape {
    uint32_t width, height;
    int64_t length_us, every_us;
};
void sheet_measure(const struct task *task, struct sheet_shape *shape);
/* What the film's storyboard is like; its width stays 0 while there is none. */
struct dash_tiles;
void sheet_find(const struct task *task, struct dash_tiles *tiles);

/* publish.c: rewrites the playlists of the asset from its segments. The asset must be locked. 0 or -1. */
int playlists_write(struct task *task, bool whole);

/* Renews the lease when a third of it has passed. false when it is lost. */
bool task_renew(struct task *task);
/* The same for the middle of a transaction: the task stays ours until its end. TASK_DONE, TASK_LOST or TASK_LATER. */
enum outcome task_held(struct task *task);
/* Tells the bus how far a film is between two news of it; its end is content's to tell, once it can be seen there. */
void task_hint(const struct task *task, double progress);

/* room.c: bytes of the store. */
/* Whether a film that may take this much can begin, with what others may still need kept free. In a transaction.
 * TASK_DONE, TASK_FULL or TASK_LATER. */
enum outcome room_reserve(struct task *task, int64_t bytes);
/* Hardly a byte is free: whatever just failed, failed for that. */
bool room_is_short(void);
/* Tells the film's owner that it waits for room. */
void room_tell(struct task *task);

/* track.c */
struct track {
    int stream, channels;
    int64_t known; /* rows of it: 0 when it is gone */
};
/* Adds the tracks that the probe told of. */
enum status tracks_add(struct task *task, const struct media_track *tracks, size_t n);
enum status track_load(struct task *task, const char *kind, int number, struct track *track);
/* The track cannot be read: the film is good without it. */
enum status track_drop(struct task *task, const char *kind, int number);
/* Keeps the whole of subtitles as text_NUMBER/all.vtt. */
enum outcome track_keep_text(const struct task *task, int number, const struct media_frame *frame,
                             const uint8_t *payload);
enum status segment_add(struct task *task, int rung, uint32_t number, uint64_t bytes, int64_t duration_us,
                        const char *keys);

/* subtitles.c: those that come as files of their own. */
/* Locks the title's film that is shown, or the one that is being made. CONFLICT when there is none. */
enum status subtitles_film(struct call *call, int64_t title, struct task *task);
/* Removes those of a language; *any tells whether there were some. */
enum status subtitles_remove(struct call *call, struct task *task, const char *tag, bool *any);
/* carry.c */
enum { SUBTITLES_MAX = 90 }; /* of a film */
/* Keeps the file that subtitles were sent as, for a newer film of the title. 0 or -1. */
int subtitles_keep(const struct task *task, int number, int file);
/* Takes those over that were sent for the film whose place this one takes. In the transaction of that. */
enum status subtitles_carry(struct task *task);
/* The tag of what somebody calls a language; NULL with the call refused. */
const char *subtitles_tag(struct call *call, const char *language);

/* child.c: one run of zoe-media. */
struct child_calls {
    /* A result; `payload` has frame->bytes. TASK_DONE to go on. */
    enum outcome (*frame)(void *self, const struct media_frame *frame, const uint8_t *payload);
    void *self;
};
/* The same for work that is no task. */
struct child_order {
    struct actor *actor;
    struct arena *arena;            /* of the sentence in *why */
    const char *const *arguments;   /* NULL at the end */
    int film, audio;                /* -1: none */
    int64_t memory_mb, cpu_seconds; /* 0: what the settings allow, which is never exceeded */
    const char *label;              /* for the log */
    bool patient;                   /* gives way to whatever somebody waits for */
    int64_t *cpu_ms;                /* grows by the processor time it took; may be NULL */
    const char *(*killed)(int signal_number);
    bool (*renew)(void *self); /* called often; false stops the child with TASK_LOST. May be NULL. */
    enum outcome (*frame)(void *self, const struct media_frame *frame, const uint8_t *payload);
    void *self;
};
enum outcome child_do(const struct child_order *order, const char **why);
/* Runs `zoe-media` with `arguments` (NULL at the end); `film` and `audio` (-1: none) are descriptors. TASK_DONE when it
 * said DONE. *why is set with TASK_FILM, in the task's arena. */
enum outcome child_run(struct task *task, const char *const *arguments, int film, int audio,
                       const struct child_calls *calls, const char **why);

/* pictures.c */
enum { PICTURE_NAME_BYTES = 33 };
bool picture_name_good(const char *name);
/* The folder of a picture's files in the store. */
void picture_folder(const char *name, char to[NAME_BYTES]);
/* Pictures that nobody kept, and files that arrived for nothing; call it every ten minutes. */
void pictures_sweep(struct db *db);

/* leftovers.c */
/* Deletes a film's folder from the store now. -1, with a line in the log, when it stays. */
int leftover_delete(const char *folder);
/* Deletes what is left of films that are gone, until the store lets it go; call it every ten minutes. */
void leftovers_sweep(struct db *db);

/* uploads.c */
/* Removes what an upload left in the store, parts and tail too. -1 when the store keeps some of it. */
int upload_remove(struct db *db, const char *id);
/* Gives up what nobody went on with for ZOE_UPLOAD_SECONDS, and removes what is spent. */
void uploads_sweep(struct db *db);
/* Removes uploads that are spent. */
void uploads_remove_spent(struct db *db);

enum { UPLOAD_ID_BYTES = 33 };
/* open.c: a fresh name. */
void upload_id(char to[UPLOAD_ID_BYTES]);
/* finish.c: a film of the upload, from its probe on. */
enum status upload_make_film(struct call *call, const char *upload, int64_t title);
/* partials.c: puts the bytes of a final upload together from its partial ones, unless that is done, or it is none. */
enum outcome partials_join(struct task *task);

/* film.c: a descriptor of a film for the child, a file or a socket (media.h); -1 when it cannot be opened. The caller
 * closes it. */
int film_open(const char *name);

/* ladder.c: the rungs of a film of this size, highest first, never above it. Returns their number. */
size_t ladder_for(uint32_t width, uint32_t height, struct rung rungs[MEDIA_RUNGS_MAX], struct arena *arena);
/* "1920x1080:23:6000000:6000000,..." */
const char *ladder_text(const struct task *task);

#endif
