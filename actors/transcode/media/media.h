#ifndef ZOE_MEDIA_H
#define ZOE_MEDIA_H

/* What the transcode actor and its sandboxed child zoe-media say to each other.
 *
 * The actor starts `zoe-media VERB key=value...` with these descriptors and nothing else but 0, 1 and 2:
 *   3  the film, opened for reading: a regular file, or a socket. Over it the child sends struct media_ask, and gets
 *      struct media_said with that many bytes behind it; of an ask for 0 bytes only the film's length, none behind
 *   4  `chunk` with audio: the AUDIO payloads of the chunk's segments, one after the other (a file or a pipe). It
 *      is read to its end when the first segment's pictures are ready, so a pipe may be filled after the start
 *   5  results: a pipe or a socket to the actor; struct media_frame followed by its payload, native byte order
 * The child ends with DONE and exit status 0, with FAILED and 1, with 64 for a wrong call, or it is killed. The actor
 * trusts nothing it reads: it checks kinds, ranges and sizes against the bounds below and keeps its own wall clock.
 *
 *   probe   limits                                           INFO, TRACK for every sound and subtitles to choose from
 *   audio   film= [stream=] [channels=] [type=] limits       AUDIO and SEGMENT for every segment, in order, PROGRESS,
 *                                                            INIT
 *   chunk   film= first= count= rungs= [make=] [type=] limits  KEYS, SEGMENT for every segment and made rung,
 *                                                            PROGRESS, EOF_AT, INIT
 *   text    film= stream= [type=] limits                     SEGMENT for every segment, WebVTT; with stream=-1 the
 *                                                            descriptor 3 is a file of subtitles and not the film.
 *                                                            TEXT
 *   sheet   film= size=WIDTHxHEIGHT every=US limits          SHEET: one small picture of this size for each `every`
 *   poster  film= size=WIDTHxHEIGHT [at=US,US,...] limits    POSTER
 *   picture shape= sizes= limits                             PICTURE for every size; descriptor 3 is a still picture
 * limits, all optional: mem_mb= cpu_s= wall_s=; nice= gives way to others by so much (0 to 19); log=1 lets libav's
 * complaints through to descriptor 2.
 *   film=   media_film_text() of INFO, the same for every call about one film
 *   first=, count=   segments of the timeline
 *   rungs=  WIDTHxHEIGHT:CRF:MAXRATE:BUFSIZE,... the whole ladder, tallest first; bits per second and bits. Each
 *           rung is scaled from the one above, so a film's ladder must not change between calls
 *   shape=  square: the middle of the picture; keep: all of it
 *   sizes=  the longer side of each output at most, pixels; nothing is made larger than it is
 *   stream= of the container; channels= 2 (default) or 6
 *   type=   ts (default) or fmp4: segments of fragmented MP4, pictures without sound, so that descriptor 4 is not
 *           needed; INIT comes before the first segment of a rung or sound, TEXT with subtitles
 *   make=   bit mask of the rungs to encode, default all; what a rung's segment holds does not depend on it */

#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum media_descriptor { MEDIA_FD_FILM = 3, MEDIA_FD_AUDIO = 4, MEDIA_FD_RESULT = 5 };

enum media_exit { MEDIA_EXIT_DONE = 0, MEDIA_EXIT_FAILED = 1, MEDIA_EXIT_USAGE = 64 };

enum media_kind {
    MEDIA_INFO = 1, /* struct media_info */
    MEDIA_AUDIO, /* index = segment; payload: struct media_audio_head + raw AAC, repeated; may be empty. b = packets */
    MEDIA_SEGMENT,  /* rung, index = segment; a = duration in us, b = PTS of the first picture (90 kHz); flags = the
                       three bytes after "avc1." of the CODECS attribute, 0x640028; payload: MPEG-TS or
                       fragments; sound alone and subtitles: rung 0, subtitles WebVTT */
    MEDIA_PROGRESS, /* a of b: pictures or samples done */
    MEDIA_POSTER,   /* JPEG; a = width, b = height */
    MEDIA_EOF_AT,   /* a = frames the film really has, fewer than planned; no segment is made beyond */
    MEDIA_FAILED,   /* a sentence a person understands, UTF-8 without NUL; flags = enum media_blame */
    MEDIA_DONE,
    MEDIA_PICTURE,    /* JPEG; index = place in sizes=, a = width, b = height */
    MEDIA_TRACK = 20, /* struct media_track */
    MEDIA_KEYS,  /* rung, index as in the SEGMENT that follows; payload: struct media_key for each picture that stands
                    alone */
    MEDIA_SHEET, /* JPEG of MEDIA_TILE_COLUMNS small pictures in a row */
    MEDIA_INIT,  /* rung; payload: the init segment */
    MEDIA_TEXT,  /* all of the subtitles as one WebVTT */
};

enum media_blame {
    MEDIA_BLAME_FILM = 1, /* the same film fails again: no retry */
    MEDIA_BLAME_HOST,     /* the film could not be read from the disk: may be tried again */
};

struct media_frame {
    uint32_t kind;
    uint32_t rung;
    uint32_t index;
    uint32_t flags;
    int64_t a;
    int64_t b;
    uint64_t bytes; /* of the payload, at most MEDIA_PAYLOAD_MAX_BYTES */
};

struct media_key {
    uint32_t offset; /* in the segment */
    uint32_t bytes;
    int64_t duration_us; /* to the next one */
};

enum media_track_kind { MEDIA_TRACK_AUDIO = 1, MEDIA_TRACK_TEXT };

/* Texts are UTF-8 and end with NUL. */
struct media_track {
    uint32_t kind;
    int32_t stream;
    uint32_t channels;
    uint8_t preferred;
    uint8_t forced;
    uint8_t reserved[2];
    char language[16]; /* as the container has it: eng, en-GB, or empty */
    char name[64];
};
#define MEDIA_TRACKS_MAX 32

struct media_audio_head {
    int64_t pts_90k; /* on the timeline, 0 = its start; always a multiple of 1920 */
    uint32_t bytes;  /* of the AAC-LC access unit that follows, 1..MEDIA_AAC_MAX_BYTES */
} __attribute__((packed));

struct media_ask {
    int64_t offset;
    uint32_t bytes; /* at most MEDIA_ASK_MAX_BYTES */
    uint32_t unused;
};

struct media_said {
    int64_t bytes; /* 0 at the end, negative: the film cannot be read */
};

#define MEDIA_ASK_MAX_BYTES      (1u << 20)
#define MEDIA_PAYLOAD_MAX_BYTES  (64u << 20)
#define MEDIA_SENTENCE_MAX_BYTES 400
#define MEDIA_AAC_MAX_BYTES      6144
#define MEDIA_POSTER_MAX_BYTES   (4u << 20)
#define MEDIA_PICTURE_MAX_BYTES  (64u << 20) /* of the file that is read */
#define MEDIA_PICTURE_MAX_PIXELS 50000000
#define MEDIA_PICTURE_MEM_MB     1024
#define MEDIA_PICTURE_CPU_S      15
#define MEDIA_SIZES_MAX          4
#define MEDIA_RUNGS_MAX          8
#define MEDIA_SEGMENTS_MAX       20000u /* 33 hours */
#define MEDIA_CHUNK_MAX          64u
#define MEDIA_SCAN_MAX_BYTES                                                                                           \
    (256ll << 20)                     /* up to here a film's length is measured, beyond it is what the container says */
#define MEDIA_PTS_OFFSET       900000 /* 90 kHz; PTS of timeline 0, so that no DTS is negative */
#define MEDIA_SIDE_MAX         8192
#define MEDIA_AUDIO_RATE       48000
#define MEDIA_AUDIO_BITRATE    128000
#define MEDIA_SURROUND_BITRATE 384000
#define MEDIA_TILE_COLUMNS     10
#define MEDIA_TILES_MAX        100
#define MEDIA_KEYS_MAX         64 /* of a segment */

#define MEDIA_MEM_MB 2048
#define MEDIA_CPU_S  600
#define MEDIA_WALL_S 900

/* Fixed size, no pointers; texts end with NUL. */
struct media_info {
    uint32_t version; /* MEDIA_INFO_VERSION */
    int32_t video_stream;
    int32_t audio_stream; /* -1: none */
    int32_t rotation;     /* clockwise degrees that make it upright, already applied to width and height */
    int64_t duration_us;
    int64_t zero_us;  /* the container's time of timeline 0 */
    int64_t start_us; /* the container's time of the first picture */
    int64_t frames;   /* of the output grid, at least 1 */
    uint32_t fps_num; /* output grid */
    uint32_t fps_den;
    uint32_t width; /* as displayed: upright, square pixels, even */
    uint32_t height;
    uint32_t source_width; /* as coded */
    uint32_t source_height;
    uint32_t audio_channels; /* of the source */
    uint32_t audio_rate;
    uint8_t has_video;
    uint8_t has_audio;
    uint8_t interlaced;
    uint8_t hdr;
    uint8_t exact; /* 1: the length was measured, 0: the container's word for it; MEDIA_EXACT_JUMPS */
    uint8_t reserved[3];
    char container[16];
    char video_codec[16];
    char audio_codec[16];
};
#define MEDIA_INFO_VERSION 1
#define MEDIA_EXACT_JUMPS  2 /* measured, and its clock jumps: it is read from its start, and stitched */

/* A rung of the default ladder. Width follows from the film's shape; rungs above the film's height are left out. */
struct media_rung {
    uint32_t height;
    uint32_t crf;
    uint32_t maxrate; /* bits per second */
    uint32_t bufsize; /* bits */
};
static const struct media_rung MEDIA_LADDER[] = {
    {1080, 23, 6000000, 6000000}, {720, 23, 3200000, 3200000}, {480, 23, 1500000, 1500000},
    {360, 24, 800000, 800000},    {120, 26, 160000, 160000},
};
#define MEDIA_LADDER_COUNT (sizeof MEDIA_LADDER / sizeof MEDIA_LADDER[0])

/* The even width of a rung of this height for a film shown at width x height. */
static inline uint32_t media_rung_width(uint32_t height, uint32_t film_width, uint32_t film_height) {
    uint64_t width = film_height ? ((uint64_t)height * film_width + film_height) / (2 * (uint64_t)film_height) * 2 : 2;
    return width < 2 ? 2 : width > MEDIA_SIDE_MAX ? MEDIA_SIDE_MAX : (uint32_t)width;
}

/* Pictures between two IDR, about two seconds. */
static inline int64_t media_gop_frames(uint32_t fps_num, uint32_t fps_den) {
    int64_t frames = fps_den ? (4 * (int64_t)fps_num + fps_den) / (2 * (int64_t)fps_den) : 1;
    return frames < 1 ? 1 : frames;
}

static inline int64_t media_segment_frames(uint32_t fps_num, uint32_t fps_den) {
    return 3 * media_gop_frames(fps_num, fps_den);
}

static inline int64_t media_segment_count(int64_t frames, uint32_t fps_num, uint32_t fps_den) {
    int64_t each = media_segment_frames(fps_num, fps_den);
    return (frames + each - 1) / each;
}

/* The time of an output frame on the timeline, in us. */
static inline int64_t media_frame_us(int64_t frame, uint32_t fps_num, uint32_t fps_den) {
    return fps_num ? (int64_t)((__int128)frame * 1000000 * fps_den / fps_num) : 0;
}

/* What to tell people when the child was killed by this signal; SIGKILL stands for the memory that it took. */
static inline const char *media_killed_sentence(int signal_number) {
    switch (signal_number) {
    case SIGXCPU:
        return "The film takes more processor time than allowed.";
    case SIGALRM:
        return "The film takes longer to process than allowed.";
    case SIGKILL:
        return "The film takes more memory than allowed.";
    case SIGXFSZ:
        return "The film becomes larger than allowed once it is encoded.";
    case SIGSYS:
        return "The film is damaged in a way that is not safe to play.";
    default:
        return "The film is damaged and cannot be read.";
    }
}

/* The same for a still picture. */
static inline const char *media_killed_picture(int signal_number) {
    switch (signal_number) {
    case SIGXCPU:
        return "The picture takes more processor time than allowed.";
    case SIGALRM:
        return "The picture takes longer to process than allowed.";
    case SIGKILL:
        return "The picture takes more memory than allowed.";
    case SIGXFSZ:
        return "The picture becomes larger than allowed once it is encoded.";
    default:
        return "The picture is damaged and cannot be read.";
    }
}

#define MEDIA_FILM_TEXT_BYTES 192

/* The value of film=: numbers and commas, good for a text column. Returns what snprintf returns. */
static inline int media_film_text(const struct media_info *info, char *text, size_t text_bytes) {
    return snprintf(text, text_bytes, "%d,%d,%u,%u,%" PRId64 ",%" PRId64 ",%" PRId64 ",%d,%d", info->video_stream,
                    info->audio_stream, info->fps_num, info->fps_den, info->zero_us, info->start_us, info->frames,
                    info->interlaced, info->exact);
}

#endif
