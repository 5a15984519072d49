#ifndef ZOE_HISTORY_RECOMMEND_INVERSE_H
#define ZOE_HISTORY_RECOMMEND_INVERSE_H

#include <stddef.h>

/* Inverts a symmetric positive definite matrix of n x n in place. 0, or -1 when memory is out or a pivot is not
 * positive. */
int inverse(float *matrix, size_t n);

#endif
