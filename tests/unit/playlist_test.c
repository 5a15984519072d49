#include <string.h>

#include "actors/transcode/dash.h"
#include "actors/transcode/playlist.h"
#include "tests/unit/unit.h"

static const struct segment_entry segments[] = {
    {6006000, 900000, NULL}, {6006000, 800000, NULL}, {1234567, 100000, NULL}};
static const struct rendition_entry renditions[] = {
    {"1080p", 1920, 1080, 24000, 1001, 5000000, 4000000, 6256000, 0x640028, true, 0, 0},
    {"720p", 1280, 720, 24000, 1001, 2500000, 2000000, 3456000, 0x64001f, true, 0, 0},
    {"360p", 640, 360, 24000, 1001, 700000, 600000, 1056000, 0x64001e, true, 900000, 800000},
};

static void a_whole_film_is_vod(void **state) {
    (void)state;
    struct buffer text = {0};
    playlist_media(segments, 3, "ts", true, &text);
    buffer_add(&text, "", 1);
    assert_string_equal(text.at, "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:0\n"
                                 "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n"
                                 "#EXTINF:6.006000,\nsegment_000.ts\n#EXTINF:6.006000,\nsegment_001.ts\n"
                                 "#EXTINF:1.234567,\nsegment_002.ts\n#EXT-X-ENDLIST\n");
    buffer_free(&text);
}

static void a_growing_film_only_appends(void **state) {
    (void)state;
    struct buffer two = {0}, three = {0};
    playlist_media(segments, 2, "ts", false, &two);
    playlist_media(segments, 3, "ts", false, &three);
    assert_true(three.n > two.n);
    assert_memory_equal(two.at, three.at, two.n);
    buffer_add(&three, "", 1);
    assert_non_null(strstr(three.at, "PLAYLIST-TYPE:EVENT"));
    assert_null(strstr(three.at, "ENDLIST"));
    buffer_free(&two);
    buffer_free(&three);
}

static void no_segment_is_longer_than_the_target(void **state) {
    (void)state;
    struct buffer text = {0};
    playlist_media(&(struct segment_entry){9700000, 1, NULL}, 1, "ts", true, &text);
    buffer_add(&text, "", 1);
    assert_non_null(strstr(text.at, "#EXT-X-TARGETDURATION:10\n"));
    buffer_free(&text);
}

static void the_rung_near_two_megabits_comes_first(void **state) {
    (void)state;
    struct buffer text = {0};
    playlist_master(&(struct master){.renditions = renditions, .rendition_count = 3, .whole = true}, &text);
    buffer_add(&text, "", 1);
    assert_non_null(strstr(text.at,
                           "#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-STREAM-INF:BANDWIDTH=2500000,AVERAGE-BANDWIDTH=2000000,"
                           "CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=23.976,CLOSED-CAPTIONS="
                           "NONE\n720p/index.m3u8\n"));
    assert_non_null(strstr(text.at, "1080p/index.m3u8\n"));
    buffer_free(&text);
}

static void a_growing_film_promises_its_ceiling(void **state) {
    (void)state;
    struct buffer text = {0};
    playlist_master(&(struct master){.renditions = &renditions[2], .rendition_count = 1}, &text);
    buffer_add(&text, "", 1);
    assert_non_null(strstr(text.at, "BANDWIDTH=1056000"));
    buffer_free(&text);
}

static const struct track_entry tracks[] = {
    {false, 0, "de", "Deutsch & <mehr>", 2, true, false, false, 130000, 128000},
    {false, 1, "", "Track 2", 6, false, false, false, 390000, 384000},
    {true, 0, "fr",
     "Fran\xc3\xa7"
     "ais",
     0, false, true, false, 0, 0},
};

static void fragments_have_their_sound_beside_them(void **state) {
    (void)state;
    struct buffer text = {0};
    struct master master = {.renditions = renditions,
                            .rendition_count = 3,
                            .tracks = tracks,
                            .track_count = 3,
                            .whole = true,
                            .fragments = true};
    playlist_media(segments, 1, "m4s", true, &text);
    playlist_single(&master, &renditions[1], &text);
    buffer_add(&text, "", 1);
    assert_non_null(strstr(text.at, "#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n"));
    assert_non_null(strstr(text.at, "#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:6.006000,\nsegment_000.m4s\n"));
    assert_non_null(strstr(text.at, "CHANNELS=\"2\",URI=\"../audio_0/index.m3u8\"\n"));
    assert_null(strstr(text.at, "audio_1"));
    assert_non_null(strstr(text.at, "BANDWIDTH=2630000,AVERAGE-BANDWIDTH=2128000,"));
    assert_non_null(strstr(text.at, "CLOSED-CAPTIONS=NONE\n../720p/index.m3u8\n"));
    buffer_free(&text);
}

static void a_manifest_counts_in_ticks(void **state) {
    (void)state;
    struct buffer text = {0};
    static const struct segment_entry sounds[] = {
        {5994666, 1, NULL}, {6016000, 1, NULL}, {6016000, 1, NULL}, {1237333, 1, NULL}};
    struct dash_track lists[3] = {{sounds, 4}, {sounds, 4}, {NULL, 0}};
    struct master master = {.renditions = renditions, .rendition_count = 2, .tracks = tracks, .track_count = 3};
    struct dash dash = {.master = &master,
                        .tracks = lists,
                        .fps_num = 24000,
                        .fps_den = 1001,
                        .frames = 2 * 144 + 7,
                        .tiles = {160, 90, 10, 1, 2000000, 12345}};
    dash_manifest(&dash, &text);
    buffer_add(&text, "", 1);
    assert_non_null(strstr(text.at, "presentationTimeOffset=\"900000\""));
    assert_non_null(strstr(text.at, "<S t=\"900000\" d=\"540540\" r=\"1\"/><S t=\"1981080\" d=\"26276\"/></Seg"));
    assert_non_null(strstr(text.at, "presentationTimeOffset=\"480000\""));
    assert_non_null(strstr(text.at, "<S t=\"480000\" d=\"287744\"/><S t=\"767744\" d=\"288768\" r=\"1\"/>"
                                    "<S t=\"1345280\" d=\"59392\"/></Seg"));
    assert_non_null(strstr(text.at, "<Label>Deutsch &amp; &lt;mehr&gt;</Label>"));
    assert_non_null(strstr(text.at, "value=\"forced-subtitle\"/>"));
    assert_non_null(strstr(text.at, "thumbnail_tile\" value=\"10x1\"/>"));
    assert_non_null(strstr(text.at, "mediaPresentationDuration=\"PT12.303958S\""));
    buffer_free(&text);
}

int playlist_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_film_is_vod),
        cmocka_unit_test(a_growing_film_only_appends),
        cmocka_unit_test(no_segment_is_longer_than_the_target),
        cmocka_unit_test(the_rung_near_two_megabits_comes_first),
        cmocka_unit_test(a_growing_film_promises_its_ceiling),
        cmocka_unit_test(fragments_have_their_sound_beside_them),
        cmocka_unit_test(a_manifest_counts_in_ticks),
    };
    return cmocka_run_group_tests_name("playlist", tests, NULL, NULL);
}
