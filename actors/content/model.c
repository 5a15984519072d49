#include "actors/content/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/wire/arena.h"

/* Traits that more titles have than this say little: they count in a score, but no candidate is found by them. */
enum { COMMON = 2000, CANDIDATES = 4 * NEAR_MOST, RARE_AT_LEAST = 3 };

struct term {
    const char *text;
    uint64_t hash;
    uint32_t count, first; /* titles that have it; place of the first in `postings` */
    float weight;
};

struct doc {
    int64_t id;
    uint32_t *terms; /* in rising order */
    uint32_t n;
    float norm;
};

struct model {
    struct arena *arena;
    struct term *terms;
    uint32_t *slots; /* number of a term + 1 by its hash */
    size_t terms_n, terms_size, slots_size;
    struct doc *docs;
    size_t docs_n, docs_size;
    uint32_t *postings;
    float *sums; /* of each title while one is compared with all */
    uint32_t *touched;
};

struct model *model_new(void) {
    struct model *model = calloc(1, sizeof *model);
    if (model && !(model->arena = arena_new())) {
        free(model);
        return NULL;
    }
    return model;
}

void model_free(struct model *model) {
    if (!model)
        return;
    arena_free(model->arena);
    free(model->terms);
    free(model->slots);
    free(model->docs);
    free(model->postings);
    free(model->sums);
    free(model->touched);
    free(model);
}

static uint64_t hash_of(const char *text) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash ^ hash >> 31;
}

static int grow_slots(struct model *model) {
    size_t size = model->slots_size ? 2 * model->slots_size : 4096;
    uint32_t *slots = calloc(size, sizeof *slots);
    struct term *terms = realloc(model->terms, size / 2 * sizeof *terms);
    if (terms)
        model->terms = terms;
    if (!slots || !terms) {
        free(slots);
        return -1;
    }
    for (size_t i = 0; i < model->terms_n; i++) {
        size_t at = model->terms[i].hash & (size - 1);
        while (slots[at])
            at = (at + 1) & (size - 1);
        slots[at] = (uint32_t)i + 1;
    }
    free(model->slots);
    model->slots = slots;
    model->slots_size = size;
    model->terms_size = size / 2;
    return 0;
}

/* The number of a trait, UINT32_MAX when memory is out. */
static uint32_t term_of(struct model *model, const char *text) {
    if (model->terms_n == model->terms_size && grow_slots(model))
        return UINT32_MAX;
    uint64_t hash = hash_of(text);
    size_t at = hash & (model->slots_size - 1);
    for (; model->slots[at]; at = (at + 1) & (model->slots_size - 1)) {
        const struct term *term = &model->terms[model->slots[at] - 1];
        if (term->hash == hash && !strcmp(term->text, text))
            return model->slots[at] - 1;
    }
    const char *kept = arena_text(model->arena, text);
    if (!kept)
        return UINT32_MAX;
    model->terms[model->terms_n++] = (struct term){.text = kept, .hash = hash};
    model->slots[at] = (uint32_t)model->terms_n;
    return (uint32_t)model->terms_n - 1;
}

static int by_number(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

int model_add(struct model *model, int64_t id, const char *const *traits, size_t n) {
    if (model->docs_n == model->docs_size) {
        size_t size = model->docs_size ? 2 * model->docs_size : 1024;
        struct doc *docs = realloc(model->docs, size * sizeof *docs);
        if (!docs)
            return -1;
        model->docs = docs;
        model->docs_size = size;
    }
    struct doc doc = {.id = id, .terms = arena_alloc(model->arena, n * sizeof(uint32_t) + 1)};
    if (!doc.terms)
        return -1;
    for (size_t i = 0; i < n; i++)
        if ((doc.terms[i] = term_of(model, traits[i])) == UINT32_MAX)
            return -1;
    qsort(doc.terms, n, sizeof *doc.terms, by_number);
    for (size_t i = 0; i < n; i++)
        if (!i || doc.terms[i] != doc.terms[i - 1]) {
            doc.terms[doc.n++] = doc.terms[i];
            model->terms[doc.terms[i]].count++;
        }
    model->docs[model->docs_n++] = doc;
    return 0;
}

static float weight_of(const struct term *term, size_t docs) {
    static const struct {
        char kind;
        float weight;
    } kinds[] = {{'d', 1.5F}, {'k', 1.2F}, {'c', 1}, {'g', 1}, {'w', 0.5F}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (*term->text == kinds[i].kind)
            return kinds[i].weight * logf(1 + (float)docs / (float)term->count);
    return 0;
}

int model_settle(struct model *model) {
    size_t total = 0;
    for (size_t i = 0; i < model->terms_n; i++) {
        struct term *term = &model->terms[i];
        term->weight = weight_of(term, model->docs_n);
        term->first = (uint32_t)total;
        total += term->count;
        term->count = 0;
    }
    model->postings = malloc((total + 1) * sizeof *model->postings);
    model->sums = calloc(model->docs_n + 1, sizeof *model->sums);
    model->touched = malloc((model->docs_n + 1) * sizeof *model->touched);
    if (!model->postings || !model->sums || !model->touched)
        return -1;
    for (size_t d = 0; d < model->docs_n; d++) {
        struct doc *doc = &model->docs[d];
        for (uint32_t i = 0; i < doc->n; i++) {
            struct term *term = &model->terms[doc->terms[i]];
            model->postings[term->first + term->count++] = (uint32_t)d;
            doc->norm += term->weight * term->weight;
        }
        doc->norm = sqrtf(doc->norm);
    }
    return 0;
}

size_t model_count(const struct model *model) {
    return model->docs_n;
}

int64_t model_id(const struct model *model, unsigned doc) {
    return model->docs[doc].id;
}

/* Adds what each other title has in common with `doc` by this trait. */
static size_t gather(struct model *model, unsigned doc, const struct term *term, size_t touched) {
    for (uint32_t i = 0; i < term->count; i++) {
        uint32_t other = model->postings[term->first + i];
        if (other == doc)
            continue;
        if (model->sums[other] == 0)
            model->touched[touched++] = other;
        model->sums[other] += term->weight * term->weight;
    }
    return touched;
}

/* Keeps `list` ordered, best first; of equals the lower number. */
static size_t insert(struct near *list, size_t n, size_t most, struct near one) {
    size_t at = n < most ? n : most - 1;
    if (n == most && !(one.score > list[at].score || (one.score == list[at].score && one.doc < list[at].doc)))
        return n;
    for (; at && (one.score > list[at - 1].score || (one.score == list[at - 1].score && one.doc < list[at - 1].doc));
         at--)
        list[at] = list[at - 1];
    list[at] = one;
    return n < most ? n + 1 : n;
}

static float cosine(const struct model *model, unsigned one, unsigned other) {
    const struct doc *a = &model->docs[one], *b = &model->docs[other];
    float sum = 0;
    for (uint32_t i = 0, k = 0; i < a->n && k < b->n;) {
        if (a->terms[i] == b->terms[k]) {
            float weight = model->terms[a->terms[i]].weight;
            sum += weight * weight;
        }
        uint32_t left = a->terms[i], right = b->terms[k];
        i += left <= right;
        k += right <= left;
    }
    return a->norm > 0 && b->norm > 0 ? sum / (a->norm * b->norm) : 0;
}

/* Titles that share something rare with `doc`. A title of nothing but common traits is judged by its rarest ones. */
static size_t find_candidates(struct model *model, unsigned doc) {
    const struct doc *one = &model->docs[doc];
    size_t touched = 0, used = 0;
    for (uint32_t i = 0; i < one->n; i++)
        if (model->terms[one->terms[i]].count <= COMMON) {
            touched = gather(model, doc, &model->terms[one->terms[i]], touched);
            used += model->terms[one->terms[i]].count > 1;
        }
    for (uint32_t rank = 0; used < RARE_AT_LEAST && rank < RARE_AT_LEAST; rank++, used++) {
        const struct term *rarest = NULL;
        for (uint32_t i = 0; i < one->n; i++) {
            const struct term *term = &model->terms[one->terms[i]];
            uint32_t rarer = 0;
            for (uint32_t k = 0; k < one->n && term->count > COMMON; k++)
                rarer += model->terms[one->terms[k]].count > COMMON &&
                         (model->terms[one->terms[k]].count < term->count ||
                          (k < i && model->terms[one->terms[k]].count == term->count));
            if (term->count > COMMON && rarer == rank)
                rarest = term;
        }
        if (rarest)
            touched = gather(model, doc, rarest, touched);
    }
    return touched;
}

size_t model_near(struct model *model, unsigned doc, struct near near[NEAR_MOST]) {
    struct near candidates[CANDIDATES];
    size_t n = 0, touched = find_candidates(model, doc), count = 0;
    for (size_t i = 0; i < touched; i++) {
        uint32_t other = model->touched[i];
        float norm = model->docs[other].norm;
        n = insert(candidates, n, CANDIDATES, (struct near){0, norm > 0 ? model->sums[other] / norm : 0, other});
        model->sums[other] = 0;
    }
    for (size_t i = 0; i < n; i++) {
        struct near one = {model->docs[candidates[i].doc].id, cosine(model, doc, candidates[i].doc), candidates[i].doc};
        if (one.score > 0)
            count = insert(near, count, NEAR_MOST, one);
    }
    return count;
}

/* The shared traits of one kind, the weightiest first. */
static size_t shared(const struct model *model, unsigned one, unsigned other, char kind, const char *names[3]) {
    const struct doc *a = &model->docs[one], *b = &model->docs[other];
    float weights[3] = {0};
    size_t n = 0;
    for (uint32_t i = 0, k = 0; i < a->n && k < b->n;) {
        uint32_t left = a->terms[i], right = b->terms[k];
        const struct term *term = &model->terms[left];
        if (left == right && *term->text == kind) {
            size_t at = n < 3 ? n++ : 3;
            for (; at && term->weight > weights[at - 1]; at--)
                if (at < 3) {
                    weights[at] = weights[at - 1];
                    names[at] = names[at - 1];
                }
            if (at < 3) {
                weights[at] = term->weight;
                names[at] = term->text + 2;
            }
        }
        i += left <= right;
        k += right <= left;
    }
    return n;
}

/* A person's trait is the number, a blank and the name. */
static const char *name_of(char kind, const char *text) {
    const char *blank = kind == 'c' ? strchr(text, ' ') : NULL;
    return blank ? blank + 1 : text;
}

void model_reason(const struct model *model, unsigned one, unsigned other, char to[300]) {
    static const struct {
        char kind;
        const char *before;
    } parts[] = {{'d', NULL}, {'c', "with "}, {'k', "shares: "}, {'g', "genre: "}};
    size_t n = 0;
    *to = 0;
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        const char *names[3];
        size_t count = shared(model, one, other, parts[p].kind, names);
        /* Genres are said when there is nothing better. */
        if (!count || (parts[p].kind == 'g' && n))
            continue;
        char part[100] = "same director";
        size_t length = parts[p].before ? (size_t)snprintf(part, sizeof part, "%s", parts[p].before) : strlen(part);
        for (size_t i = 0; parts[p].before && i < count; i++) {
            const char *name = name_of(parts[p].kind, names[i]);
            if (length + strlen(name) + 3 < sizeof part)
                length += (size_t)snprintf(part + length, sizeof part - length, "%s%s", i ? ", " : "", name);
        }
        if (!parts[p].before || length > strlen(parts[p].before))
            n += (size_t)snprintf(to + n, 300 - n, "%s%s", n ? "; " : "", part);
    }
}
