#include <stdlib.h>
#include <string.h>

#include "actors/transcode/playlist.h"
#include "tests/fuzz/fuzz.h"

enum { ENTRIES = 64 };

/* Whatever numbers stand in the database, the text has only whole lines, and as many segments as were given. */
static void check(struct buffer *text, const char *tag, size_t n) {
    size_t found = 0;
    buffer_add(text, "", 1);
    if (text->failed || strncmp(text->at, "#EXTM3U\n", 8) || text->at[text->n - 2] != '\n')
        abort();
    for (const char *at = text->at; (at = strstr(at, tag)); at++)
        found++;
    if (found != n)
        abort();
    buffer_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct segment_entry segments[ENTRIES] = {0};
    struct rendition_entry renditions[ENTRIES] = {0};
    struct buffer media = {0}, master = {0};
    size_t count = 0;
    for (; count < ENTRIES && n >= 16; count++, data += 16, n -= 16) {
        int64_t a;
        uint32_t b;
        memcpy(&a, data, sizeof a);
        memcpy(&b, data + 8, sizeof b);
        segments[count] = (struct segment_entry){a & 0xffffffffff, b, NULL};
        renditions[count] = (struct rendition_entry){.name = "720p",
                                                     .width = b,
                                                     .height = b >> 8,
                                                     .fps_num = (uint32_t)a,
                                                     .fps_den = data[12],
                                                     .bandwidth = a & 0xffffffffff,
                                                     .average = b,
                                                     .ceiling = data[13],
                                                     .profile = b,
                                                     .audio = data[14] & 1};
    }
    playlist_media(segments, count, "ts", data == NULL || count % 2, &media);
    playlist_master(&(struct master){.renditions = renditions, .rendition_count = count, .whole = count % 2}, &master);
    check(&media, "#EXTINF:", count);
    check(&master, "#EXT-X-STREAM-INF:", count);
    return 0;
}
