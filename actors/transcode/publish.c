#include <stdio.h>

#include "actors/transcode/dash.h"
#include "actors/transcode/playlist.h"
#include "actors/transcode/transcode.h"
#include "db/store/store.h"

/* The playlists of a film, written anew from its segments. */

struct publication {
    struct task *task;
    bool whole;
    struct rendition_entry renditions[MEDIA_RUNGS_MAX];
    struct track_entry tracks[MEDIA_TRACKS_MAX];
    struct dash_track sounds[MEDIA_TRACKS_MAX];
    size_t rendition_count, track_count;
};

static int put(const struct task *task, const char *name, struct buffer *text) {
    const char *path = arena_print(task->arena, "assets/%s/%s", task->folder, name);
    int rc = text->failed || !path || !name ? -1 : store_put(path, text->at, text->n);
    buffer_free(text);
    return rc;
}

/* Only what follows without a gap may be listed: an EVENT playlist only ever grows at its end. NULL: out of memory or
 * no database. */
static struct segment_entry *segments_of(struct task *task, int rung, size_t *listed, size_t *known) {
    struct rows *rows =
        db_run(task->db, Q_segments, NULL, NULL, ARGS(ARG_INT("asset", task->asset), ARG_INT("rung", rung)));
    size_t n = rows ? rows_count(rows) : 0, i = 0;
    struct segment_entry *entries = rows ? arena_alloc(task->arena, (n + 1) * sizeof *entries) : NULL;
    for (; entries && i < n && rows_int(rows, i, "number") == (int64_t)i; i++)
        entries[i] = (struct segment_entry){.duration_us = rows_int(rows, i, "duration_us"),
                                            .bytes = (uint32_t)rows_int(rows, i, "bytes"),
                                            .keys = arena_text(task->arena, rows_text(rows, i, "keys"))};
    rows_free(rows);
    *listed = i;
    *known = n;
    return entries;
}

static int write_rung(struct publication *p, int rung, struct rendition_entry *rendition) {
    struct buffer text = {0}, keys = {0};
    struct task *task = p->task;
    size_t listed, known;
    struct segment_entry *entries = segments_of(task, rung, &listed, &known);
    if (!entries || (p->whole && listed != known))
        return -1;
    if (!listed)
        return 0;
    playlist_media(entries, listed, task_extension(task), p->whole, &text);
    if (put(task, arena_print(task->arena, "%s/index.m3u8", rendition->name), &text))
        return -1;
    if (!p->whole)
        return 0;
    playlist_keys(entries, listed, task_extension(task), rendition, &keys);
    return put(task, arena_print(task->arena, "%s/keys.m3u8", rendition->name), &keys);
}

/* Sound and subtitles may be planned beyond the end that the pictures turned out to have. */
static int write_track(struct publication *p, const struct track_entry *track) {
    struct buffer text = {0};
    struct task *task = p->task;
    size_t listed, known;
    struct segment_entry *entries =
        segments_of(task, track->number + (track->text ? RUNG_TEXT : RUNG_AUDIO), &listed, &known);
    if (!entries)
        return -1;
    /* Where sound stands beside the pictures both grow together, or a player would see one of them end. */
    bool whole = p->whole || (listed >= (size_t)task->segments && (track->text || !task->fragments));
    if (p->whole && listed > (size_t)task->segments)
        listed = (size_t)task->segments;
    if (!track->text)
        p->sounds[track - p->tracks] = (struct dash_track){entries, listed};
    playlist_media(entries, listed, track->text ? "vtt" : task_extension(task), whole, &text);
    return put(task, arena_print(task->arena, "%s_%d/index.m3u8", track->text ? "text" : "audio", track->number),
               &text);
}

static int write_rungs(struct publication *p) {
    struct task *task = p->task;
    struct rows *rows = db_run(task->db, Q_renditions, NULL, NULL, ARGS(ARG_INT("asset", task->asset)));
    int rc = rows ? 0 : -1;
    for (size_t i = 0; !rc && i < rows_count(rows) && i < MEDIA_RUNGS_MAX; i++) {
        if (!rows_int(rows, i, "segments"))
            continue;
        struct rendition_entry *entry = &p->renditions[p->rendition_count++];
        *entry = (struct rendition_entry){.name = arena_text(task->arena, rows_text(rows, i, "name")),
                                          .width = (uint32_t)rows_int(rows, i, "width"),
                                          .height = (uint32_t)rows_int(rows, i, "height"),
                                          .fps_num = task->fps_num,
                                          .fps_den = task->fps_den,
                                          .bandwidth = rows_int(rows, i, "bandwidth"),
                                          .average = rows_int(rows, i, "average"),
                                          .ceiling = rows_int(rows, i, "maxrate") + 2 * MEDIA_AUDIO_BITRATE,
                                          .profile = (uint32_t)rows_int(rows, i, "profile"),
                                          .audio = task->has_audio};
        rc = entry->name ? write_rung(p, (int)rows_int(rows, i, "rung"), entry) : -1;
    }
    rows_free(rows);
    return rc;
}

static int write_tracks(struct publication *p) {
    struct task *task = p->task;
    struct rows *rows = db_run(task->db, Q_tracks, NULL, NULL, ARGS(ARG_INT("asset", task->asset)));
    int rc = rows ? 0 : -1;
    for (size_t i = 0; !rc && i < rows_count(rows) && p->track_count < MEDIA_TRACKS_MAX; i++) {
        if (!rows_int(rows, i, "segments"))
            continue;
        struct track_entry *entry = &p->tracks[p->track_count++];
        *entry = (struct track_entry){.text = rows_text(rows, i, "kind")[0] == 't',
                                      .number = (int)rows_int(rows, i, "number"),
                                      .language = arena_text(task->arena, rows_text(rows, i, "language")),
                                      .name = arena_text(task->arena, rows_text(rows, i, "name")),
                                      .channels = (int)rows_int(rows, i, "channels"),
                                      .preferred = rows_bool(rows, i, "preferred"),
                                      .forced = rows_bool(rows, i, "forced"),
                                      .bandwidth = rows_int(rows, i, "bandwidth"),
                                      .average = rows_int(rows, i, "average")};
        entry->muxed = !entry->text && entry->number == 0 && !task->fragments;
        rc = entry->language && entry->name ? write_track(p, entry) : -1;
    }
    rows_free(rows);
    return rc;
}

static int write_singles(struct publication *p, const struct master *master) {
    int rc = 0;
    for (size_t i = 0; !rc && i < p->rendition_count; i++) {
        struct buffer text = {0};
        playlist_single(master, &p->renditions[i], &text);
        rc = put(p->task, arena_print(p->task->arena, "%s/single.m3u8", p->renditions[i].name), &text);
    }
    return rc;
}

static int write_manifest(struct publication *p, const struct master *master) {
    struct buffer text = {0};
    struct task *task = p->task;
    struct dash dash = {.master = master,
                        .tracks = p->sounds,
                        .fps_num = task->fps_num,
                        .fps_den = task->fps_den,
                        .frames = task->frames};
    sheet_find(task, &dash.tiles);
    dash_manifest(&dash, &text);
    return put(task, "manifest.mpd", &text);
}

int playlists_write(struct task *task, bool whole) {
    struct buffer text = {0};
    struct publication *p = arena_alloc(task->arena, sizeof *p);
    if (!p)
        return -1;
    *p = (struct publication){.task = task, .whole = whole};
    if (write_rungs(p) || write_tracks(p))
        return -1;
    if (!p->rendition_count)
        return 0;
    struct master master = {.renditions = p->renditions,
                            .rendition_count = p->rendition_count,
                            .tracks = p->tracks,
                            .track_count = p->track_count,
                            .whole = whole,
                            .fragments = task->fragments};
    if (task->fragments && (write_singles(p, &master) || (whole && write_manifest(p, &master))))
        return -1;
    playlist_master(&master, &text);
    return put(task, "master.m3u8", &text);
}
