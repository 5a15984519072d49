#include "actors/transcode/media/form.h"
#include <string.h>

/* Bytes of a file with their end; every read is bounded. */
struct span {
    const uint8_t *at;
    size_t n;
};

static uint32_t number(struct span span, size_t offset, int bytes, int little) {
    uint32_t value = 0;
    if (offset > span.n || span.n - offset < (size_t)bytes)
        return 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | span.at[offset + (size_t)(little ? bytes - 1 - i : i)];
    return value;
}

static struct span part(struct span span, size_t offset, size_t n) {
    if (offset > span.n)
        return (struct span){span.at, 0};
    return (struct span){span.at + offset, n < span.n - offset ? n : span.n - offset};
}

static int begins(struct span span, const char *text, size_t n) {
    return span.n >= n && !memcmp(span.at, text, n);
}

/* TIFF 6.0 section 2: tag 0x112 of the first directory. */
static int exif_orientation(struct span exif) {
    if (begins(exif, "Exif\0\0", 6))
        exif = part(exif, 6, exif.n);
    int little = begins(exif, "II*\0", 4);
    if (!little && !begins(exif, "MM\0*", 4))
        return 1;
    size_t directory = number(exif, 4, 4, little);
    uint32_t count = number(exif, directory, 2, little);
    for (uint32_t i = 0; i < count; i++) {
        size_t entry = directory + 2 + 12 * (size_t)i;
        if (entry > exif.n)
            break;
        if (number(exif, entry, 2, little) != 0x112)
            continue;
        uint32_t value = number(exif, entry + 8, 2, little);
        return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

/* The first marker behind entropy-coded data; the end of the file when there is none. */
static size_t skip_scan(struct span file, size_t at) {
    while (at + 1 < file.n) {
        const uint8_t *next = memchr(file.at + at, 0xff, file.n - at);
        if (!next || (size_t)(next - file.at) + 1 >= file.n)
            break;
        at = (size_t)(next - file.at);
        uint8_t marker = next[1];
        if (marker && marker != 0xff && (marker < 0xd0 || marker > 0xd7))
            return at;
        at += marker == 0xff ? 1 : 2;
    }
    return file.n;
}

/* ITU-T T.81 annex B. */
static void read_jpeg(struct span file, struct form *form) {
    size_t at = 2;
    int seen = 0;
    while (at + 4 <= file.n || (at + 2 <= file.n && seen)) {
        if (file.at[at] != 0xff)
            return;
        uint8_t marker = file.at[at + 1];
        if (marker == 0xff) {
            at++;
            continue;
        }
        if (marker == 0xd9) {
            form->whole = seen;
            form->bytes = at + 2;
            return;
        }
        size_t n = number(file, at + 2, 2, 0);
        if (n < 2 || n > file.n - at - 2)
            return;
        if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
            form->height = number(file, at + 5, 2, 0);
            form->width = number(file, at + 7, 2, 0);
        }
        if (marker == 0xe1 && begins(part(file, at + 4, n - 2), "Exif\0\0", 6) && form->orientation == 1)
            form->orientation = exif_orientation(part(file, at + 4, n - 2));
        at += 2 + n;
        if (marker == 0xda) {
            seen = 1;
            at = skip_scan(file, at);
        }
    }
}

static void read_png(struct span file, struct form *form) {
    form->width = number(file, 16, 4, 0);
    form->height = number(file, 20, 4, 0);
    for (size_t at = 8; at + 12 <= file.n;) {
        size_t n = number(file, at, 4, 0);
        if (n > file.n - at - 12)
            return;
        if (begins(part(file, at + 4, 4), "eXIf", 4))
            form->orientation = exif_orientation(part(file, at + 8, n));
        if (begins(part(file, at + 4, 4), "IEND", 4)) {
            form->whole = 1;
            form->bytes = at + 12 + n;
            return;
        }
        at += 12 + n;
    }
}

static void read_webp(struct span file, struct form *form) {
    size_t riff = number(file, 4, 4, 1);
    form->whole = riff >= 4 && riff <= file.n - 8;
    form->animated = begins(part(file, 12, 4), "VP8X", 4) && number(file, 20, 1, 0) & 2;
    for (size_t at = 12; at + 8 <= file.n;) {
        size_t n = number(file, at + 4, 4, 1);
        if (n > file.n - at - 8)
            return;
        if (begins(part(file, at, 4), "EXIF", 4))
            form->orientation = exif_orientation(part(file, at + 8, n));
        at += 8 + n + (n & 1);
    }
}

/* Over sub-blocks to what follows them; 0 when the file ends in them. */
static size_t skip_blocks(struct span file, size_t at) {
    while (at < file.n && file.at[at])
        at += 1u + file.at[at];
    return at < file.n ? at + 1 : 0;
}

static size_t colour_table(uint8_t flags) {
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

static void read_gif(struct span file, struct form *form) {
    form->width = number(file, 6, 2, 1);
    form->height = number(file, 8, 2, 1);
    size_t at = file.n > 13 ? 13 + colour_table(file.at[10]) : file.n;
    while (at && at + 10 < file.n) {
        if (file.at[at] == 0x21)
            at = skip_blocks(file, at + 2);
        else if (file.at[at] == 0x2c) {
            form->whole = skip_blocks(file, at + 11 + colour_table(file.at[at + 9])) != 0;
            return;
        } else
            return;
    }
}

/* Brands of ISO/IEC 23008-12 and of AVIF, the major one or a compatible one. */
static enum form_kind brand_kind(struct span file) {
    size_t n = number(file, 0, 4, 0);
    enum form_kind kind = FORM_NONE;
    if (n > file.n)
        n = file.n;
    for (size_t at = 8; at + 4 <= n; at += at == 8 ? 8 : 4) {
        struct span brand = part(file, at, 4);
        if (begins(brand, "avif", 4) || begins(brand, "avis", 4))
            return FORM_AVIF;
        if (begins(brand, "hei", 3) || begins(brand, "hev", 3) || begins(brand, "mif1", 4))
            kind = FORM_HEIF;
    }
    return kind;
}

struct form form_read(const uint8_t *at, size_t n) {
    struct span file = {at, n};
    struct form form = {.kind = FORM_NONE, .orientation = 1, .bytes = n};
    if (begins(file, "\xff\xd8\xff", 3)) {
        form.kind = FORM_JPEG;
        read_jpeg(file, &form);
    } else if (begins(file, "\x89PNG\r\n\x1a\n", 8)) {
        form.kind = FORM_PNG;
        read_png(file, &form);
    } else if (begins(file, "RIFF", 4) && begins(part(file, 8, 4), "WEBP", 4)) {
        form.kind = FORM_WEBP;
        read_webp(file, &form);
    } else if (begins(file, "GIF87a", 6) || begins(file, "GIF89a", 6)) {
        form.kind = FORM_GIF;
        read_gif(file, &form);
    } else if (begins(part(file, 4, 4), "ftyp", 4)) {
        form.kind = brand_kind(file);
        form.whole = 1;
        if (form.kind == FORM_AVIF)
            form.orientation = avif_orientation(at, n);
    }
    return form;
}
