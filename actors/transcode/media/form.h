#ifndef ZOE_MEDIA_FORM_H
#define ZOE_MEDIA_FORM_H

#include <stddef.h>
#include <stdint.h>

/* The outer form of a still picture's file, looked at before any decoder is. */

enum form_kind { FORM_NONE, FORM_JPEG, FORM_PNG, FORM_WEBP, FORM_GIF, FORM_AVIF, FORM_HEIF };

struct form {
    enum form_kind kind;
    int whole;       /* nothing of the (first) picture is cut off; of AVIF only the decoder knows */
    int animated;    /* WebP in frames, which the decoder does not know */
    int orientation; /* 1..8 as EXIF counts, 1: as it is */
    uint32_t width;  /* as the file says; 0 where only the decoder knows */
    uint32_t height;
    size_t bytes; /* of the picture: what follows is not its own */
};

struct form form_read(const uint8_t *at, size_t n);

/* avif.c: how an AVIF file wants its picture turned, 1..8 as EXIF counts. */
int avif_orientation(const uint8_t *at, size_t n);

#endif
