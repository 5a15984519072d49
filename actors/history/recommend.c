#include "actors/history/history.h"
#include "actors/history/model.h"
#include "protocol/wire/buffer.h"

enum { USUAL_ITEMS = 20 };

/* What is copied out while the model is held: its texts may move afterwards. */
struct chosen {
    int64_t title, because;
    float score;
    size_t n;
    struct {
        const char *text;
        enum feature_kind kind;
    } shared[SHARED_MOST];
};

/* The caller's titles, newest first. */
struct watched {
    int64_t *titles;
    size_t n;
};

static enum status read_watched(struct call *call, struct watched *watched) {
    if (call->header.user <= 0)
        return OK;
    struct rows *rows = call_run(call, Q_watched_by, ARGS(ARG_INT("user", call->header.user)));
    if (!rows)
        return call->status;
    watched->n = rows_count(rows);
    watched->titles = arena_alloc(call->arena, watched->n * sizeof *watched->titles + 1);
    for (size_t i = 0; watched->titles && i < watched->n; i++)
        watched->titles[i] = rows_int(rows, i, "title_id");
    rows_free(rows);
    return watched->titles ? OK : INTERNAL;
}

static void copy_pick(struct call *call, const struct recommender *recommender, const struct pick *pick,
                      struct chosen *chosen) {
    const struct vectors *vectors = &recommender->vectors;
    uint32_t shared[SHARED_MOST];
    *chosen = (struct chosen){.title = vectors->places.ids[pick->slot], .score = pick->score};
    if (pick->because == NUMBER_NONE)
        return;
    chosen->because = vectors->places.ids[pick->because];
    size_t n = vectors_shared(vectors, pick->slot, pick->because, shared);
    for (size_t i = 0; i < n; i++) {
        chosen->shared[i].text = arena_text(call->arena, dictionary_text(&vectors->names, shared[i]));
        chosen->shared[i].kind = dictionary_kind(&vectors->names, shared[i]);
        chosen->n += chosen->shared[i].text != NULL;
    }
}

/* How many; -1 with call->status set. */
static int choose(struct call *call, const struct watched *watched, struct chosen *chosen, size_t most) {
    const struct recommend_ask *ask = call->ask;
    struct pick picks[PICKS_MOST];
    uint32_t *slots = arena_alloc(call->arena, (watched->n + 1) * sizeof *slots);
    const struct recommender *recommender = slots ? model_hold() : NULL;
    size_t n = 0;
    if (!recommender) {
        call->status = slots ? call_refuse(call, UNAVAILABLE, "loading", "Recommendations are being read.") : INTERNAL;
        return -1;
    }
    const struct places *places = &recommender->vectors.places;
    for (size_t i = 0; i < watched->n; i++)
        if ((slots[n] = places_find(places, watched->titles[i])) != NUMBER_NONE)
            n++;
    uint32_t by = ask->has_title_id ? places_find(places, ask->title_id) : NUMBER_NONE;
    struct taste taste = {.watched = slots, .n = n, .speak = slots, .speakers = n};
    if (by != NUMBER_NONE)
        taste = (struct taste){.watched = slots, .n = n, .speak = &by, .speakers = 1};
    int picked =
        ask->has_title_id && by == NUMBER_NONE ? 0 : recommend(recommender, &recipe_usual, &taste, picks, most);
    for (int i = 0; i < picked; i++)
        copy_pick(call, recommender, &picks[i], &chosen[i]);
    model_release();
    if (picked < 0)
        call->status = INTERNAL;
    return picked;
}

/* The cards of what was chosen and of what speaks for it. */
struct cards {
    struct rows *rows;
    int64_t *ids;
    size_t n;
};

static enum status read_cards(struct call *call, const struct chosen *chosen, size_t n, struct cards *cards) {
    struct buffer ids = {0};
    buffer_print(&ids, "{0");
    for (size_t i = 0; i < n; i++)
        buffer_print(&ids, ",%lld,%lld", (long long)chosen[i].title, (long long)chosen[i].because);
    buffer_print(&ids, "}");
    cards->rows = ids.failed ? NULL : call_run(call, Q_picks_show, ARGS(ARG_TEXT("titles", ids.at)));
    buffer_free(&ids);
    if (!cards->rows)
        return call->status == OK ? INTERNAL : call->status;
    cards->n = rows_count(cards->rows);
    cards->ids = arena_alloc(call->arena, cards->n * sizeof *cards->ids + 1);
    for (size_t i = 0; cards->ids && i < cards->n; i++)
        cards->ids[i] = rows_int(cards->rows, i, "title_id");
    return cards->ids ? OK : INTERNAL;
}

/* cards->n when there is none. */
static size_t find_card(const struct cards *cards, int64_t title) {
    size_t row = 0;
    while (row < cards->n && cards->ids[row] != title)
        row++;
    return row;
}

static bool shares(const struct chosen *chosen, enum feature_kind kind) {
    for (size_t i = 0; i < chosen->n; i++)
        if (chosen->shared[i].kind == kind)
            return true;
    return false;
}

/* "because you watched Heat; same director; with Val Kilmer; shares: heist, crime" */
static const char *reason(struct call *call, const struct chosen *chosen, const char *because) {
    struct buffer text = {0};
    const char *labels = "; shares: ";
    if (!chosen->because)
        return chosen->score > 0 ? "popular" : "new";
    buffer_text(&text, ((const struct recommend_ask *)call->ask)->has_title_id ? "like " : "because you watched ");
    buffer_text(&text, because);
    if (shares(chosen, FEATURE_DIRECTOR))
        buffer_text(&text, "; same director");
    for (size_t i = 0; i < chosen->n; i++)
        if (chosen->shared[i].kind == FEATURE_CAST)
            buffer_print(&text, "; with %s", chosen->shared[i].text);
    for (size_t i = 0; i < chosen->n; i++)
        if (chosen->shared[i].kind == FEATURE_KEYWORD || chosen->shared[i].kind == FEATURE_GENRE) {
            buffer_print(&text, "%s%s", labels, chosen->shared[i].text);
            labels = ", ";
        }
    const char *kept = text.failed ? NULL : arena_copy(call->arena, text.at, text.n);
    buffer_free(&text);
    return kept;
}

/* 0, or -1 when memory is out. */
static int fill(struct call *call, const struct cards *cards, size_t row, const struct chosen *chosen,
                struct recommended *item) {
    if (rows_fill(cards->rows, row, recommended_record(), item, call->arena))
        return -1;
    item->score = chosen->score;
    item->has_score = true;
    size_t cause = chosen->because ? find_card(cards, chosen->because) : cards->n;
    if (cause < cards->n) {
        item->because_id = chosen->because;
        item->has_because_id = true;
        item->because = arena_text(call->arena, rows_text(cards->rows, cause, "title"));
    }
    item->reason = reason(call, chosen, item->because ? item->because : "");
    item->shares.at = arena_alloc(call->arena, sizeof chosen->shared);
    for (size_t i = 0; item->shares.at && i < chosen->n; i++)
        LIST_AT(item->shares, const char *, item->shares.n++) = chosen->shared[i].text;
    return item->reason && item->shares.at ? 0 : -1;
}

/* In the order of the choice; what viewers may not see at this moment is left out. */
static enum status show(struct call *call, const struct chosen *chosen, size_t n, size_t most) {
    struct recommend_page *reply = call->reply;
    struct cards cards = {0};
    enum status status = read_cards(call, chosen, n, &cards);
    reply->items.at = arena_alloc(call->arena, most * sizeof(struct recommended));
    if (status == OK && !reply->items.at)
        status = INTERNAL;
    for (size_t i = 0; status == OK && i < n && reply->items.n < most; i++) {
        size_t row = find_card(&cards, chosen[i].title);
        if (row == cards.n || !rows_bool(cards.rows, row, "shown"))
            continue;
        if (fill(call, &cards, row, &chosen[i], &LIST_AT(reply->items, struct recommended, reply->items.n++)))
            status = INTERNAL;
    }
    rows_free(cards.rows);
    return call->status = status;
}

enum status history_recommend(struct call *call) {
    const struct recommend_ask *ask = call->ask;
    size_t limit = ask->has_limit ? (size_t)ask->limit : USUAL_ITEMS;
    /* Some more than asked for: some may just have become invisible. */
    size_t most = 2 * limit + 10 < PICKS_MOST ? 2 * limit + 10 : PICKS_MOST;
    struct chosen *chosen = arena_alloc(call->arena, most * sizeof *chosen);
    struct watched watched = {0};
    if (!chosen)
        return INTERNAL;
    if (read_watched(call, &watched) != OK)
        return call->status;
    int n = choose(call, &watched, chosen, most);
    return n < 0 ? call->status : show(call, chosen, (size_t)n, limit);
}
