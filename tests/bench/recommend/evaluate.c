#include "tests/bench/recommend/evaluate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The last fifth of what somebody watched is asked for, and people with fewer watches are passed over. */
enum { ASKED_PART = 5, WATCHES_LEAST = 5, PERSON_MOST = 8192, DAY_SECONDS = 86400 };

struct person {
    uint32_t history[PERSON_MOST]; /* newest first */
    size_t known;
    uint32_t asked[PERSON_MOST];
    size_t wanted;
};

/* What was watched before the moment: learnt, and counted for popularity as of that moment. */
static void learn(struct data *data, int64_t moment, double days) {
    struct recommender *recommender = &data->recommender;
    watches_free(&recommender->watches);
    for (uint32_t slot = 0; slot < recommender->vectors.places.n; slot++)
        recommender->titles[slot] = (struct title_state){.shown = true};
    for (size_t i = 0; i < data->n && data->watches[i].time < moment; i++) {
        const struct watch *watch = &data->watches[i];
        double age_days = (double)(moment - watch->time) / DAY_SECONDS;
        recommender->titles[watch->slot].popular += (float)exp2(-age_days / days);
        if (watches_add(&recommender->watches, watch->user, watch->slot))
            abort();
    }
}

/* Fills `person` from the watches of one user, in their order. False when there is nothing to ask. */
static bool split(struct person *person, const struct watch *const *watches, size_t n, int64_t moment, size_t most) {
    size_t cut = n - n / ASKED_PART;
    while (cut < n && watches[cut]->time < moment)
        cut++;
    if (n < WATCHES_LEAST || cut == n || n > PERSON_MOST)
        return false;
    person->known = person->wanted = 0;
    for (size_t i = cut; i > 0 && person->known < most; i--)
        person->history[person->known++] = watches[i - 1]->slot;
    for (size_t i = cut; i < n; i++)
        person->asked[person->wanted++] = watches[i]->slot;
    return true;
}

static void measure(struct quality *quality, const struct recommender *recommender, const struct recipe *recipe,
                    const struct person *person) {
    struct pick picks[TOP];
    double gain = 0, ideal = 0;
    size_t hits = 0, wanted = 0;
    for (size_t i = 0; i < person->wanted; i++)
        wanted += recommender->titles[person->asked[i]].shown;
    if (!wanted)
        return;
    struct taste taste = {person->history, person->known, person->history, person->known};
    int n = recommend(recommender, recipe, &taste, picks, TOP);
    for (int at = 0; at < n; at++)
        for (size_t i = 0; i < person->wanted; i++)
            if (person->asked[i] == picks[at].slot) {
                gain += 1 / log2(at + 2);
                hits++;
            }
    for (size_t at = 0; at < wanted && at < TOP; at++)
        ideal += 1 / log2((double)at + 2);
    quality->ndcg += gain / ideal;
    quality->recall += (double)hits / (double)wanted;
    quality->hit += hits > 0;
    quality->people++;
}

static void ask_all(struct data *data, const struct trial *trial, int64_t moment, size_t end,
                    const struct recipe *recipe, struct quality *quality) {
    static struct person person;
    const struct watch **own = malloc(end * sizeof *own);
    struct places users = {0};
    for (size_t i = 0; i < end; i++)
        if (data->watches[i].time >= moment)
            places_add(&users, data->watches[i].user);
    for (uint32_t user = 0; own && user < users.n; user++) {
        size_t n = 0;
        for (size_t i = 0; i < end; i++)
            if (data->watches[i].user == users.ids[user])
                own[n++] = &data->watches[i];
        if (split(&person, own, n, moment, trial->most_history))
            measure(quality, &data->recommender, recipe, &person);
    }
    double people = (double)(quality->people ? quality->people : 1);
    quality->ndcg /= people;
    quality->recall /= people;
    quality->hit /= people;
    places_free(&users);
    free(own);
}

static void show_only_few(struct data *data) {
    struct audience audience;
    if (audience_build(&audience, &data->recommender.watches, data->recommender.vectors.places.n))
        abort();
    for (uint32_t slot = 0; slot < data->recommender.vectors.places.n; slot++)
        data->recommender.titles[slot].shown = audience_of(&audience, slot) < FEW;
    audience_free(&audience);
}

void evaluate(struct data *data, const struct trial *trial, const struct recipe *recipes, size_t n, struct quality *all,
              struct quality *few) {
    size_t end = (size_t)(trial->end * (double)data->n);
    int64_t moment = data->watches[(size_t)(trial->learn * (double)data->n)].time;
    for (size_t i = 0; i < n; i++) {
        learn(data, moment, trial->popular_days);
        all[i] = few[i] = (struct quality){0};
        if (learnt_fit(&data->recommender.learnt, &data->recommender, &recipes[i]))
            abort();
        ask_all(data, trial, moment, end, &recipes[i], &all[i]);
        show_only_few(data);
        ask_all(data, trial, moment, end, &recipes[i], &few[i]);
        learnt_free(&data->recommender.learnt);
    }
}
