#ifndef ZOE_CONTENT_MODEL_H
#define ZOE_CONTENT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Titles as sparse vectors of their traits, weighted by kind and rarity (TF-IDF), and the titles nearest to each by the
 * cosine between them. A trait is a letter for its kind, a colon and its name: d: director, c: cast, g: genre,
 * k: keyword, w: word of the description. One thread, in memory only while it is needed. */
struct model;

enum { NEAR_MOST = 20 };

struct near {
    int64_t id;
    float score; /* 0 to 1 */
    unsigned doc;
};

struct model *model_new(void);
void model_free(struct model *model);

/* Adds a title; 0, or -1 when memory is out. Then model_settle() once: 0 or -1. */
int model_add(struct model *model, int64_t id, const char *const *traits, size_t n);
int model_settle(struct model *model);

size_t model_count(const struct model *model);
int64_t model_id(const struct model *model, unsigned doc);
/* The nearest titles of title number `doc`, best first; how many. */
size_t model_near(struct model *model, unsigned doc, struct near near[NEAR_MOST]);
/* Why they are near, such as "same director; shares: heist, revenge". */
void model_reason(const struct model *model, unsigned one, unsigned other, char to[300]);

#endif
