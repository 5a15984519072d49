#include "actors/transcode/media/form.h"
#include <string.h>

/* ISO/IEC 14496-12 boxes and ISO/IEC 23008-12 item properties, as far as the turning of the primary item goes; what
 * EXIF says does not count in AVIF. */

struct box {
    const uint8_t *at, *end; /* what is in it */
};

static uint64_t number(const uint8_t *at, const uint8_t *end, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes && at < end; i++)
        value = value << 8 | *at++;
    return value;
}

/* The next box of `in`, which moves behind it; 0 at the end or at nonsense. */
static int next_box(struct box *in, char type[5], struct box *box) {
    if (in->end - in->at < 8)
        return 0;
    uint64_t n = number(in->at, in->end, 4);
    size_t head = 8;
    if (n == 1) {
        n = number(in->at + 8, in->end, 8);
        head = 16;
    } else if (n == 0)
        n = (uint64_t)(in->end - in->at);
    if (n < head || n > (uint64_t)(in->end - in->at))
        return 0;
    memcpy(type, in->at + 4, 4);
    type[4] = 0;
    *box = (struct box){in->at + head, in->at + n};
    in->at += n;
    return 1;
}

static struct box find_box(struct box in, const char *type) {
    char found[5];
    struct box box;
    while (next_box(&in, found, &box))
        if (!strcmp(found, type))
            return box;
    return (struct box){in.end, in.end};
}

static struct box skip(struct box box, size_t bytes) {
    if ((size_t)(box.end - box.at) < bytes)
        return (struct box){box.end, box.end};
    return (struct box){box.at + bytes, box.end};
}

static uint64_t take(struct box *box, int bytes) {
    uint64_t value = number(box->at, box->end, bytes);
    *box = skip(*box, (size_t)bytes);
    return value;
}

/* The property of this place, counted from 1. */
static void look(struct box properties, unsigned place, int *turn, int *mirror) {
    char type[5];
    struct box box;
    for (unsigned i = 1; next_box(&properties, type, &box); i++) {
        if (i != place || box.at == box.end)
            continue;
        if (!strcmp(type, "irot"))
            *turn = *box.at & 3;
        else if (!strcmp(type, "imir"))
            *mirror = *box.at & 1;
    }
}

static void read_associations(struct box ipma, struct box properties, uint64_t primary, int *turn, int *mirror) {
    uint64_t flags = take(&ipma, 4), items = take(&ipma, 4);
    int version = (int)(flags >> 24), wide = flags & 1;
    for (uint64_t i = 0; i < items && ipma.at < ipma.end; i++) {
        uint64_t item = take(&ipma, version < 1 ? 2 : 4), count = take(&ipma, 1);
        for (uint64_t k = 0; k < count && ipma.at < ipma.end; k++) {
            unsigned place = (unsigned)take(&ipma, wide ? 2 : 1) & (wide ? 0x7fff : 0x7f);
            if (item == primary)
                look(properties, place, turn, mirror);
        }
    }
}

int avif_orientation(const uint8_t *at, size_t n) {
    /* Quarters against the clock; then 0: top and bottom change places, 1: left and right, 2: neither. */
    static const int exif[4][3] = {{4, 2, 1}, {5, 7, 8}, {2, 4, 3}, {7, 5, 6}};
    int turn = 0, mirror = 2;
    struct box meta = skip(find_box((struct box){at, at + n}, "meta"), 4), pitm = find_box(meta, "pitm"),
               iprp = find_box(meta, "iprp");
    int version = (int)(take(&pitm, 4) >> 24);
    uint64_t primary = take(&pitm, version ? 4 : 2);
    read_associations(find_box(iprp, "ipma"), find_box(iprp, "ipco"), primary, &turn, &mirror);
    return exif[turn][mirror];
}
