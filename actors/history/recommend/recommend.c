#include "actors/history/recommend/recommend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Chosen on three slices of both sets of the evaluation that lie before what is measured (README). */
const struct recipe recipe_usual = {
    .ease = {.most = 2048, .least = 5, .ridge = 100, .content = 50},
    .neighbours = {.most = 100, .shrink = 0, .popular_power = 0.5F},
    .ease_part = 1.5F,
    .neighbours_part = 0.25F,
    .content_part = 0.5F,
    .popular_part = 0.8F,
    .content_first = 0.5F,
    .known_half = 10,
    .content_fresh = 0.5F,
    .fresh_half = 5,
    .recent = 20,
};

void learnt_free(struct learnt *learnt) {
    neighbours_free(&learnt->neighbours);
    ease_free(&learnt->ease);
    free(learnt->fresh);
    *learnt = (struct learnt){0};
}

void recommender_free(struct recommender *recommender) {
    vectors_free(&recommender->vectors);
    watches_free(&recommender->watches);
    learnt_free(&recommender->learnt);
    free(recommender->titles);
    *recommender = (struct recommender){0};
}

uint32_t recommender_slot(struct recommender *recommender, int64_t title) {
    uint32_t slot = vectors_slot(&recommender->vectors, title);
    if (slot != NUMBER_NONE && slot >= recommender->room) {
        uint32_t room = recommender->room ? 2 * recommender->room : 256;
        struct title_state *more = realloc(recommender->titles, room * sizeof *more);
        if (!more)
            return NUMBER_NONE;
        memset(more + recommender->room, 0, (room - recommender->room) * sizeof *more);
        recommender->titles = more;
        recommender->room = room;
    }
    return slot;
}

static int count_audiences(struct learnt *learnt, const struct audience *audience, float half) {
    learnt->slots = audience->slots;
    learnt->fresh = malloc(((size_t)audience->slots + 1) * sizeof *learnt->fresh);
    for (uint32_t slot = 0; learnt->fresh && slot < audience->slots; slot++)
        learnt->fresh[slot] = half / (half + (float)audience_of(audience, slot));
    return learnt->fresh ? 0 : -1;
}

int learnt_fit(struct learnt *learnt, const struct recommender *recommender, const struct recipe *recipe) {
    struct audience audience;
    *learnt = (struct learnt){0};
    if (audience_build(&audience, &recommender->watches, recommender->vectors.places.n))
        return -1;
    int rc = count_audiences(learnt, &audience, recipe->fresh_half);
    if (!rc)
        rc = neighbours_fit(&learnt->neighbours, &recommender->watches, &audience, &recipe->neighbours);
    if (!rc && recipe->ease.most)
        rc = ease_fit(&learnt->ease, &recommender->watches, &audience, &recommender->vectors, &recipe->ease);
    audience_free(&audience);
    if (rc)
        learnt_free(learnt);
    return rc;
}

enum part { PART_CONTENT, PART_NEIGHBOURS, PART_EASE, PARTS };

struct scores {
    uint32_t n;
    float *of[PARTS]; /* one a slot each */
    float weight[PARTS], popular, fresh;
};

/* Parts are of different sizes: each is brought to 1 for the best title that can be shown. */
struct best {
    float of[PARTS], popular;
};

static struct best best_of(const struct recommender *recommender, const struct scores *scores, const bool *out) {
    struct best best = {0};
    for (uint32_t slot = 0; slot < scores->n; slot++) {
        if (!recommender->titles[slot].shown || out[slot])
            continue;
        for (int part = 0; part < PARTS; part++)
            best.of[part] = scores->of[part][slot] > best.of[part] ? scores->of[part][slot] : best.of[part];
        float popular = recommender->titles[slot].popular;
        best.popular = popular > best.popular ? popular : best.popular;
    }
    return best;
}

/* How many of the watched titles the others' watches say something about. */
static size_t known_of(const struct learnt *learnt, const struct weighted *watched, size_t n) {
    const struct neighbours *neighbours = &learnt->neighbours;
    size_t known = 0;
    for (size_t i = 0; i < n; i++)
        known += watched[i].number < neighbours->slots &&
                 neighbours->start[watched[i].number + 1] > neighbours->start[watched[i].number];
    return known;
}

static void weigh(struct scores *scores, const struct recommender *recommender, const struct recipe *recipe,
                  size_t known, const bool *out) {
    float parts[PARTS] = {
        [PART_CONTENT] =
            recipe->content_part + recipe->content_first * recipe->known_half / (recipe->known_half + (float)known),
        [PART_NEIGHBOURS] = recipe->neighbours_part,
        [PART_EASE] = recipe->ease_part,
    };
    struct best best = best_of(recommender, scores, out);
    for (int part = 0; part < PARTS; part++)
        scores->weight[part] = best.of[part] > 0 ? parts[part] / best.of[part] : 0;
    scores->fresh = best.of[PART_CONTENT] > 0 ? recipe->content_fresh / best.of[PART_CONTENT] : 0;
    scores->popular = best.popular > 0 ? recipe->popular_part / best.popular : 0;
}

static int score(struct scores *scores, const struct recommender *recommender, const struct recipe *recipe,
                 const struct weighted *watched, size_t n) {
    if ((recipe->content_part > 0 || recipe->content_first > 0) &&
        vectors_score(&recommender->vectors, watched, n, scores->of[PART_CONTENT]))
        return -1;
    if (recipe->neighbours_part > 0)
        neighbours_score(&recommender->learnt.neighbours, watched, n, scores->of[PART_NEIGHBOURS]);
    return recipe->ease_part > 0 ? ease_score(&recommender->learnt.ease, watched, n, scores->of[PART_EASE]) : 0;
}

/* Of equals the newer one. */
static bool before(const struct pick *one, const struct pick *other) {
    return one->score != other->score ? one->score > other->score : one->slot > other->slot;
}

/* Keeps the best `most` in order; most titles end at the first comparison. */
static size_t keep(struct pick *picks, size_t n, size_t most, struct pick one) {
    if (n == most && !before(&one, &picks[n - 1]))
        return n;
    size_t at = n < most ? n++ : n - 1;
    for (; at > 0 && before(&one, &picks[at - 1]); at--)
        picks[at] = picks[at - 1];
    picks[at] = one;
    return n;
}

static size_t choose(const struct recommender *recommender, const struct scores *scores, const bool *out,
                     struct pick *picks, size_t most) {
    size_t n = 0;
    /* From the newest: of many equals the first ones stay, and nothing is moved for the others. */
    for (uint32_t slot = scores->n; slot-- > 0;) {
        if (!recommender->titles[slot].shown || out[slot])
            continue;
        float sum = scores->popular * recommender->titles[slot].popular;
        for (int part = 0; part < PARTS; part++)
            sum += scores->weight[part] * scores->of[part][slot];
        float fresh = slot < recommender->learnt.slots ? recommender->learnt.fresh[slot] : 1;
        sum += scores->fresh * fresh * scores->of[PART_CONTENT][slot];
        n = keep(picks, n, most, (struct pick){slot, sum, NUMBER_NONE});
    }
    return n;
}

static float said_by_neighbours(const struct neighbours *neighbours, uint32_t from, uint32_t to) {
    if (from >= neighbours->slots)
        return 0;
    for (uint32_t at = neighbours->start[from]; at < neighbours->start[from + 1]; at++)
        if (neighbours->all[at].number == to)
            return neighbours->all[at].weight;
    return 0;
}

static float said_by_ease(const struct ease *ease, uint32_t from, uint32_t to) {
    if (from >= ease->slots || to >= ease->slots || ease->row_of[from] == NUMBER_NONE ||
        ease->row_of[to] == NUMBER_NONE)
        return 0;
    return ease->weights[(size_t)ease->row_of[from] * ease->n + ease->row_of[to]];
}

/* The watched title that speaks most for a pick. */
static uint32_t reason(const struct recommender *recommender, const struct scores *scores,
                       const struct weighted *watched, size_t n, uint32_t slot) {
    uint32_t because = NUMBER_NONE;
    float most = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t from = watched[i].number;
        float sum = scores->weight[PART_CONTENT] * vectors_cosine(&recommender->vectors, from, slot) +
                    scores->weight[PART_NEIGHBOURS] * said_by_neighbours(&recommender->learnt.neighbours, from, slot) +
                    scores->weight[PART_EASE] * said_by_ease(&recommender->learnt.ease, from, slot);
        if (sum * watched[i].weight > most) {
            most = sum * watched[i].weight;
            because = from;
        }
    }
    return because;
}

int recommend(const struct recommender *recommender, const struct recipe *recipe, const struct taste *taste,
              struct pick *picks, size_t most) {
    struct weighted speak[HISTORY_MOST];
    struct scores scores = {.n = recommender->vectors.places.n};
    size_t n = taste->speakers < HISTORY_MOST ? taste->speakers : HISTORY_MOST, room = (size_t)scores.n + 1;
    float *all = calloc(PARTS * room, sizeof *all);
    bool *out = calloc(room, sizeof *out);
    int picked = -1;
    if (!all || !out)
        goto done;
    for (size_t i = 0; i < taste->n; i++)
        out[taste->watched[i]] = true;
    for (size_t i = 0; i < n; i++) {
        out[taste->speak[i]] = true;
        speak[i] = (struct weighted){taste->speak[i], exp2f(-(float)i / recipe->recent)};
    }
    for (int part = 0; part < PARTS; part++)
        scores.of[part] = all + (size_t)part * room;
    if (score(&scores, recommender, recipe, speak, n))
        goto done;
    weigh(&scores, recommender, recipe, known_of(&recommender->learnt, speak, n), out);
    picked = (int)choose(recommender, &scores, out, picks, most);
    for (int i = 0; i < picked; i++)
        picks[i].because = reason(recommender, &scores, speak, n, picks[i].slot);
done:
    free(all);
    free(out);
    return picked;
}
