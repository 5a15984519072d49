#include "actors/history/recommend/inverse.h"

#include <stdlib.h>
#include <string.h>

/* Gauss-Jordan by blocks of pivots: the matrix is read and written once a block, and the work is the product of a tall
 * and a wide strip, which the compiler turns into vector instructions. */
enum { BLOCK = 48, TILE = 512 };

/* The same without blocks, in double; `n` is at most BLOCK. */
static int invert_block(double *block, size_t n) {
    for (size_t p = 0; p < n; p++) {
        double pivot = block[p * n + p];
        if (!(pivot > 0))
            return -1;
        block[p * n + p] = 1;
        for (size_t j = 0; j < n; j++)
            block[p * n + j] /= pivot;
        for (size_t i = 0; i < n; i++) {
            double factor = block[i * n + p];
            if (i == p)
                continue;
            block[i * n + p] = 0;
            for (size_t j = 0; j < n; j++)
                block[i * n + j] -= factor * block[p * n + j];
        }
    }
    return 0;
}

struct strip {
    size_t first, n; /* pivots of this block */
    double block[BLOCK * BLOCK];
    float *wide; /* n rows: the inverse block times the rows of the pivots */
};

static void fill_wide(struct strip *strip, const float *matrix, size_t size) {
    for (size_t r = 0; r < strip->n; r++) {
        float *row = strip->wide + r * size;
        memset(row, 0, size * sizeof *row);
        for (size_t k = 0; k < strip->n; k++) {
            float factor = (float)strip->block[r * strip->n + k];
            const float *from = matrix + (strip->first + k) * size;
            for (size_t j = 0; j < size; j++)
                row[j] += factor * from[j];
        }
        for (size_t k = 0; k < strip->n; k++)
            row[strip->first + k] = (float)strip->block[r * strip->n + k];
    }
}

/* row -= factors * wide, for a tile that stays in the nearest cache. Four rows of `wide` at a time: `row` is then
 * loaded and stored a quarter as often. */
static void subtract(float *restrict row, const float *factors, const struct strip *strip, size_t size, size_t from,
                     size_t to) {
    size_t k = 0;
    for (; k + 4 <= strip->n; k += 4) {
        const float *a = strip->wide + k * size, *b = a + size, *c = b + size, *d = c + size;
        float fa = factors[k], fb = factors[k + 1], fc = factors[k + 2], fd = factors[k + 3];
        for (size_t j = from; j < to; j++)
            row[j] -= fa * a[j] + fb * b[j] + fc * c[j] + fd * d[j];
    }
    for (; k < strip->n; k++) {
        const float *a = strip->wide + k * size;
        for (size_t j = from; j < to; j++)
            row[j] -= factors[k] * a[j];
    }
}

static void eliminate(const struct strip *strip, float *matrix, size_t size) {
    float factors[BLOCK];
    for (size_t from = 0; from < size; from += TILE) {
        size_t to = from + TILE < size ? from + TILE : size;
        for (size_t i = 0; i < size; i++) {
            float *row = matrix + i * size;
            if (i >= strip->first && i < strip->first + strip->n)
                continue;
            /* The pivots' own columns are kept until the last tile: they are the factors of all of them. */
            memcpy(factors, row + strip->first, strip->n * sizeof *factors);
            subtract(row, factors, strip, size, from, to);
            if (from <= strip->first + strip->n - 1 && to > strip->first)
                memcpy(row + strip->first, factors, strip->n * sizeof *factors);
        }
    }
    for (size_t i = 0; i < size; i++) {
        float *own = matrix + i * size + strip->first;
        if (i >= strip->first && i < strip->first + strip->n)
            continue;
        memcpy(factors, own, strip->n * sizeof *factors);
        for (size_t j = 0; j < strip->n; j++) {
            double sum = 0;
            for (size_t k = 0; k < strip->n; k++)
                sum -= factors[k] * strip->block[k * strip->n + j];
            own[j] = (float)sum;
        }
    }
}

int inverse(float *matrix, size_t n) {
    struct strip strip = {.wide = malloc((n + 1) * BLOCK * sizeof *strip.wide)};
    int rc = strip.wide ? 0 : -1;
    for (size_t first = 0; !rc && first < n; first += BLOCK) {
        strip.first = first;
        strip.n = first + BLOCK < n ? BLOCK : n - first;
        for (size_t i = 0; i < strip.n; i++)
            for (size_t j = 0; j < strip.n; j++)
                strip.block[i * strip.n + j] = matrix[(first + i) * n + first + j];
        rc = invert_block(strip.block, strip.n);
        if (rc)
            break;
        fill_wide(&strip, matrix, n);
        eliminate(&strip, matrix, n);
        memcpy(matrix + first * n, strip.wide, strip.n * n * sizeof *matrix);
    }
    free(strip.wide);
    return rc;
}
