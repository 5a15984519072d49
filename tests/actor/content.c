#include <stdio.h>
#include <string.h>

#include "tests/actor/tests.h"

/* Each message of content through the broker: what it does and what it refuses. History is played by this process. */

static pid_t content;
static struct peer *history;

static int start(void **state) {
    (void)state;
    house_sql("truncate content.outbox, content.titles, content.seen cascade");
    history = worker_open("history", 64);
    content = house_start("zoe-content", NULL);
    house_await("content", 1);
    return 0;
}

static int stop(void **state) {
    (void)state;
    house_stop(content);
    peer_close(history);
    house_await("history", 0);
    house_await("content", 0);
    house_sql("truncate content.outbox, content.titles, content.seen cascade");
    return 0;
}

static const struct title *create(const char *name) {
    return ask_ok(MSG_content_create, admin, &(struct title_new){.title = name});
}

static const struct title *show(int64_t id) {
    return ask_ok(MSG_content_show, nobody, &(struct title_one){.id = id});
}

/* The next card of title `id`. */
static const struct title_card *card_of(int64_t id) {
    for (;;) {
        assert_true(peer_take(history, PATIENCE_MS));
        if (history->header.kind != KIND_ASK)
            continue;
        const struct title_card *card = peer_decode(history, title_card_record());
        worker_say(history, OK);
        if (card->title_id == id)
            return card;
    }
}

static void no_more_cards(void) {
    AWAIT(house_number("select count(*) as value from content.outbox where message = 304") == 0);
    assert_false(peer_take(history, 50));
}

static void a_plan_that_a_title_needs(void **state) {
    (void)state;
    struct title_new wish = {.title = "For members", .plan_id = 7, .has_plan_id = true};
    const struct title *made = ask_ok(MSG_content_create, admin, &wish);
    int64_t id = made->id;
    assert_true(made->has_plan_id && made->plan_id == 7);
    struct by_id ref = {.id = id};
    const struct playable_reply *film = ask_ok(MSG_content_playable, nobody, &ref);
    assert_true(film->has_plan_id && film->plan_id == 7);
    ask_ok(MSG_content_change, admin, &(struct title_change){.id = id, .category = "Club"});
    assert_int_equal(show(id)->plan_id, 7);
    ask_ok(MSG_content_change, admin, &(struct title_change){.id = id, .plan_id = 8, .has_plan_id = true});
    assert_int_equal(show(id)->plan_id, 8);
    ask_ok(MSG_content_change, admin, &(struct title_change){.id = id, .plan_id = 0, .has_plan_id = true});
    assert_false(show(id)->has_plan_id);
    film = ask_ok(MSG_content_playable, nobody, &ref);
    assert_false(film->has_plan_id);
    ask_ok(MSG_content_delete, admin, &(struct title_gone_ask){.id = id});
    house_sql("truncate content.outbox");
    while (peer_take(history, 100))
        if (history->header.kind == KIND_ASK)
            worker_say(history, OK);
}

static void create_and_show(void **state) {
    (void)state;
    struct title_new all = {
        .title = "Ünïcode & <b>", .kind = "series", .description = "Zwei Sätze.", .category = "Drama"};
    const struct title *made = ask_ok(MSG_content_create, admin, &all);
    assert_string_equal(made->title, all.title);
    assert_string_equal(made->kind, "series");
    assert_string_equal(made->description, all.description);
    assert_string_equal(made->category, "Drama");
    assert_string_equal(made->processing_state, "none");
    assert_string_equal(made->processing_error, "");
    assert_null(made->poster_url);
    assert_false(made->has_duration);
    assert_int_equal(made->renditions.n, 0);
    assert_true(made->created_at > 1700000000000 && made->created_at == made->updated_at);
    const struct title_card *card = card_of(made->id);
    assert_string_equal(card->title, all.title);
    assert_int_equal(card->revision, 1);
    assert_false(card->has_duration || card->deleted);
    const struct title *shown = show(made->id);
    assert_int_equal(shown->id, made->id);
    assert_string_equal(shown->title, all.title);
    const struct title *plain = create("plain");
    assert_string_equal(plain->kind, "movie");
    assert_string_equal(plain->description, "");
    assert_string_equal(plain->category, "");
    card_of(plain->id);
}

static void create_refuses(void **state) {
    (void)state;
    struct title_new good = {.title = "x"};
    expect_code(ask(MSG_content_create, nobody, &good), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_content_create, viewer, &good), FORBIDDEN, "forbidden");
    expect_field(ask(MSG_content_create, admin, &(struct title_new){.title = ""}), "/title");
    expect_field(ask(MSG_content_create, admin, &(struct title_new){.title = " \t\n"}), "/title");
    expect_field(ask(MSG_content_create, admin, &(struct title_new){.title = "x", .kind = "opera"}), "/kind");
    char text[5002];
    memset(text, 'x', sizeof text);
    text[5001] = 0;
    expect_field(ask(MSG_content_create, admin, &(struct title_new){.title = "x", .description = text}),
                 "/description");
    text[201] = 0;
    expect_field(ask(MSG_content_create, admin, &(struct title_new){.title = text}), "/title");
    text[101] = 0;
    expect_field(ask(MSG_content_create, admin, &(struct title_new){.title = "x", .category = text}), "/category");
    expect_field(ask(MSG_content_create, admin, &(struct title_new){.title = "\xff"}), "/title");
    no_more_cards();
}

static void show_refuses(void **state) {
    (void)state;
    expect_status(ask(MSG_content_show, nobody, &(struct title_one){.id = 999999}), NOT_FOUND);
    expect_field(ask(MSG_content_show, nobody, &(struct title_one){.id = 0}), "/id");
}

static void many_shows_at_once(void **state) {
    (void)state;
    enum { ASKS = 300 };
    int64_t a = create("a")->id, b = create("b")->id;
    struct peer *peer = peer_open("ask");
    for (uint64_t i = 1; i <= ASKS; i++)
        peer_send(peer,
                  (struct header){
                      .kind = KIND_ASK, .message = MSG_content_show, .remaining_ms = 9000, .key = {peer->edge, i}},
                  title_one_record(),
                  &(struct title_one){.id = i % 3 == 0   ? a
                                            : i % 3 == 1 ? b
                                                         : 888888});
    for (int i = 0; i < ASKS; i++) {
        assert_true(peer_take(peer, PATIENCE_MS));
        uint64_t which = peer->header.key.sequence % 3;
        assert_int_equal(peer->header.status, which == 2 ? NOT_FOUND : OK);
        if (which < 2)
            assert_string_equal(((struct title *)peer_decode(peer, title_record()))->title, which ? "b" : "a");
    }
    peer_close(peer);
    card_of(b);
}

static void change_changes_what_is_said(void **state) {
    (void)state;
    const struct title *made = create("before");
    int64_t id = made->id, created_at = made->created_at;
    card_of(id);
    const struct title *changed =
        ask_ok(MSG_content_change, admin, &(struct title_change){.id = id, .description = "new", .category = "Vlog"});
    assert_string_equal(changed->title, "before");
    assert_string_equal(changed->description, "new");
    assert_string_equal(changed->category, "Vlog");
    assert_string_equal(changed->kind, "movie");
    assert_true(changed->created_at == created_at);
    /* Recommendations are made of the description too. */
    assert_string_equal(card_of(id)->about->text, "new");
    no_more_cards();
    changed = ask_ok(MSG_content_change, admin,
                     &(struct title_change){.id = id, .title = "after", .kind = "video", .description = ""});
    assert_string_equal(changed->title, "after");
    assert_string_equal(changed->kind, "video");
    assert_string_equal(changed->description, "");
    assert_string_equal(changed->category, "Vlog");
    const struct title_card *card = card_of(id);
    assert_string_equal(card->title, "after");
    assert_int_equal(card->revision, 3);
    assert_string_equal(show(id)->title, "after");
}

static void change_refuses(void **state) {
    (void)state;
    int64_t id = create("stays")->id;
    card_of(id);
    expect_code(ask(MSG_content_change, viewer, &(struct title_change){.id = id, .title = "x"}), FORBIDDEN,
                "forbidden");
    expect_status(ask(MSG_content_change, admin, &(struct title_change){.id = 999999, .title = "x"}), NOT_FOUND);
    expect_field(ask(MSG_content_change, admin, &(struct title_change){.id = id, .title = "  "}), "/title");
    expect_field(ask(MSG_content_change, admin, &(struct title_change){.id = id, .kind = "x"}), "/kind");
    assert_string_equal(show(id)->title, "stays");
    no_more_cards();
}

static void delete_tells_the_others(void **state) {
    (void)state;
    int64_t id = create("short-lived")->id;
    card_of(id);
    expect_code(ask(MSG_content_delete, viewer, &(struct title_gone_ask){.id = id}), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_content_delete, nobody, &(struct title_gone_ask){.id = id}), FORBIDDEN, "forbidden");
    /* The broker may give the ask to a second worker when the first one died: the same key is OK again. */
    struct ask_key key = {815, 1};
    expect_status(ask_as(key, MSG_content_delete, admin, &(struct title_gone_ask){.id = id}), OK);
    expect_status(ask_as(key, MSG_content_delete, admin, &(struct title_gone_ask){.id = id}), OK);
    expect_status(ask(MSG_content_delete, admin, &(struct title_gone_ask){.id = id}), NOT_FOUND);
    expect_status(ask(MSG_content_show, nobody, &(struct title_one){.id = id}), NOT_FOUND);
    const struct title_card *card = card_of(id);
    assert_true(card->deleted);
    assert_int_equal(card->revision, 2);
    no_more_cards();
    /* Transcode is away: its message waits for it. */
    assert_int_equal(house_number("select count(*) as value from content.outbox where message = 505"), 1);
    house_sql("truncate content.outbox");
}

static struct answer tell(struct processing_news news) {
    return ask(MSG_content_processed, service, &news);
}

static void news_become_the_title(void **state) {
    (void)state;
    int64_t id = create("film")->id;
    card_of(id);
    struct processing_news news = {.title_id = id, .asset = "7-abc", .asset_id = 10, .sequence = 0, .state = "pending"};
    expect_status(tell(news), OK);
    assert_string_equal(show(id)->processing_state, "pending");
    struct rendition rungs[] = {{.name = "720p", .width = 1280, .height = 720, .bandwidth = 2500000},
                                {.name = "360p", .width = 640, .height = 360, .bandwidth = 800000}};
    news.sequence = 1, news.state = "processing", news.progress = 0.25;
    news.duration = 24.024, news.has_duration = true, news.playable = true;
    news.renditions = (struct list){rungs, 2};
    expect_status(tell(news), OK);
    const struct title *title = show(id);
    assert_string_equal(title->processing_state, "processing");
    assert_true(title->processing_progress == 0.25 && title->duration == 24.024);
    assert_int_equal(title->renditions.n, 2);
    assert_string_equal(LIST_AT(title->renditions, struct rendition, 1).name, "360p");
    assert_int_equal(LIST_AT(title->renditions, struct rendition, 0).bandwidth, 2500000);
    assert_null(title->poster_url);
    const struct title_card *card = card_of(id);
    assert_true(card->duration == 24.024);
    /* A step without anything new for history: no card. Rungs that are not repeated stay. */
    news.sequence = 2, news.progress = 0.5, news.has_duration = false, news.renditions.n = 0;
    expect_status(tell(news), OK);
    no_more_cards();
    assert_int_equal(show(id)->renditions.n, 2);
    assert_true(show(id)->duration == 24.024);
    news.sequence = 3, news.state = "ready", news.progress = 1, news.poster = news.has_poster = true;
    expect_status(tell(news), OK);
    char poster[64];
    snprintf(poster, sizeof poster, "/v1/titles/%lld/poster.jpg", (long long)id);
    assert_string_equal(show(id)->poster_url, poster);
    card = card_of(id);
    assert_string_equal(card->poster_url, poster);
    assert_true(card->duration == 24.024);
    const struct playable_reply *playable = ask_ok(MSG_content_playable, nobody, &(struct by_id){.id = id});
    assert_string_equal(playable->asset, "7-abc");
    assert_string_equal(playable->state, "ready");
    assert_true(playable->playable && playable->poster);
}

static void older_news_change_nothing(void **state) {
    (void)state;
    int64_t id = create("film")->id;
    card_of(id);
    struct processing_news news = {
        .title_id = id, .asset = "b", .asset_id = 10, .sequence = 5, .state = "ready", .progress = 1};
    expect_status(tell(news), OK);
    news.state = "error", news.error = "late";
    expect_status(tell(news), OK);
    news.sequence = 4;
    expect_status(tell(news), OK);
    news.asset_id = 9, news.sequence = 99, news.asset = "a";
    expect_status(tell(news), OK);
    assert_string_equal(show(id)->processing_state, "ready");
    assert_string_equal(show(id)->processing_error, "");
    /* A newer upload begins from nothing. */
    news = (struct processing_news){
        .title_id = id, .asset = "c", .asset_id = 11, .state = "error", .error = "It has no video."};
    expect_status(tell(news), OK);
    assert_string_equal(show(id)->processing_state, "error");
    assert_string_equal(show(id)->processing_error, "It has no video.");
    const struct playable_reply *playable = ask_ok(MSG_content_playable, nobody, &(struct by_id){.id = id});
    assert_string_equal(playable->asset, "c");
    assert_false(playable->playable);
}

static void a_watchable_film_stays_until_the_next_is_ready(void **state) {
    (void)state;
    int64_t id = create("film")->id;
    card_of(id);
    struct processing_news news = {.title_id = id,
                                   .asset = "old",
                                   .asset_id = 10,
                                   .sequence = 5,
                                   .state = "ready",
                                   .progress = 1,
                                   .playable = true,
                                   .poster = true,
                                   .has_poster = true};
    expect_status(tell(news), OK);
    card_of(id);
    news = (struct processing_news){.title_id = id, .asset = "new", .asset_id = 11, .state = "pending"};
    expect_status(tell(news), OK);
    news.sequence = 1, news.state = "processing", news.progress = 0.5, news.playable = true;
    expect_status(tell(news), OK);
    struct processing_news failed = {
        .title_id = id, .asset = "bad", .asset_id = 12, .state = "error", .error = "It has no video."};
    expect_status(tell(failed), OK);
    const struct playable_reply *playable = ask_ok(MSG_content_playable, nobody, &(struct by_id){.id = id});
    assert_string_equal(playable->asset, "old");
    assert_string_equal(show(id)->processing_state, "ready");
    assert_true(show(id)->poster_url != NULL);
    news.sequence = 2, news.state = "ready", news.progress = 1;
    expect_status(tell(news), OK);
    playable = ask_ok(MSG_content_playable, nobody, &(struct by_id){.id = id});
    assert_string_equal(playable->asset, "new");
    assert_false(playable->poster);
}

static void news_in_any_order_end_the_same(void **state) {
    (void)state;
    enum { NEWS = 40 };
    struct peer *peer = peer_open("ask");
    int64_t id = create("shuffled")->id;
    card_of(id);
    for (uint64_t i = 0; i < NEWS; i++) {
        int64_t step = (int64_t)(i * 17 % NEWS);
        peer_send(peer,
                  (struct header){.kind = KIND_ASK,
                                  .message = MSG_content_processed,
                                  .remaining_ms = 9000,
                                  .key = {peer->edge, i + 1},
                                  .roles = ROLE_SERVICE},
                  processing_news_record(),
                  &(struct processing_news){.title_id = id,
                                            .asset = "x",
                                            .asset_id = 3,
                                            .sequence = step,
                                            .state = step == NEWS - 1 ? "ready" : "processing",
                                            .progress = (double)step / (NEWS - 1)});
    }
    for (int i = 0; i < NEWS; i++) {
        assert_true(peer_take(peer, PATIENCE_MS));
        assert_int_equal(peer->header.status, OK);
    }
    peer_close(peer);
    assert_string_equal(show(id)->processing_state, "ready");
    assert_true(show(id)->processing_progress == 1);
}

static void news_refuse(void **state) {
    (void)state;
    int64_t id = create("film")->id;
    struct processing_news news = {
        .title_id = id, .asset = "a", .asset_id = 1, .sequence = 1, .state = "ready", .progress = 1};
    expect_code(ask(MSG_content_processed, admin, &news), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_content_processed, nobody, &news), FORBIDDEN, "forbidden");
    assert_string_equal(show(id)->processing_state, "none");
    news.state = "none";
    expect_field(tell(news), "/state");
    news.state = "ready", news.progress = 1.5;
    expect_field(tell(news), "/progress");
    /* A film whose title is gone: transcode is told to forget it. */
    house_sql("truncate content.outbox");
    news.progress = 1, news.title_id = 777777;
    expect_status(tell(news), OK);
    assert_int_equal(house_number("select count(*) as value from content.outbox where message = 505"), 1);
    house_sql("truncate content.outbox");
}

static void playable_without_a_film(void **state) {
    (void)state;
    int64_t id = create("no film")->id;
    const struct playable_reply *playable = ask_ok(MSG_content_playable, nobody, &(struct by_id){.id = id});
    assert_null(playable->asset);
    assert_string_equal(playable->state, "none");
    assert_false(playable->playable || playable->poster);
    expect_status(ask(MSG_content_playable, nobody, &(struct by_id){.id = 999999}), NOT_FOUND);
}

/* Walks all pages; the number of titles, each seen once and newer than the next. */
static int walk(struct title_list_ask list, int pages) {
    int64_t last_id = INT64_MAX;
    int seen = 0;
    char cursor[64];
    for (int page = 0; page < pages; page++) {
        const struct title_page *reply = ask_ok(MSG_content_list, nobody, &list);
        for (size_t i = 0; i < reply->items.n; i++, seen++) {
            assert_true(LIST_AT(reply->items, struct title, i).id < last_id);
            last_id = LIST_AT(reply->items, struct title, i).id;
        }
        if (!reply->next)
            return seen;
        snprintf(cursor, sizeof cursor, "%s", reply->next);
        list.cursor = cursor;
    }
    fail_msg("the list does not end");
    return -1;
}

static void lists_have_pages_and_filters(void **state) {
    (void)state;
    house_sql("truncate content.titles cascade");
    house_sql("insert into content.titles (title, kind, category, state, created_at)"
              " select 'n' || n, case n %% 3 when 0 then 'movie' when 1 then 'series' else 'video' end,"
              " case n %% 5 when 0 then 'Drama' else '' end, case n %% 2 when 0 then 'ready' else 'none' end,"
              /* Seven share each moment: the number decides among them. */
              " timestamptz '2026-01-01Z' + (n / 7) * interval '1 microsecond' from generate_series(1, 210) n");
    house_sql("update content.titles set categories = array[category] where category <> ''");
    assert_int_equal(walk((struct title_list_ask){.limit = 10, .has_limit = true}, 100), 210);
    assert_int_equal(walk((struct title_list_ask){0}, 100), 210);
    assert_int_equal(walk((struct title_list_ask){.limit = 1, .has_limit = true, .category = "Drama"}, 100), 42);
    assert_int_equal(walk((struct title_list_ask){.limit = 100, .has_limit = true, .kind = "series"}, 100), 70);
    assert_int_equal(walk((struct title_list_ask){.limit = 7, .has_limit = true, .state = "ready"}, 100), 105);
    assert_int_equal(walk((struct title_list_ask){.state = "ready", .kind = "movie", .category = "Drama"}, 100), 7);
    assert_int_equal(walk((struct title_list_ask){.state = "ready", .kind = "movie"}, 100), 35);
    assert_int_equal(walk((struct title_list_ask){.category = "Nothing"}, 100), 0);
    house_sql("update content.titles set source = 'url' where substr(title, 2)::integer %% 10 = 0");
    assert_int_equal(walk((struct title_list_ask){.source = "hosted"}, 100), 189);
    assert_int_equal(walk((struct title_list_ask){.source = "youtube"}, 100), 0);
    assert_int_equal(walk((struct title_list_ask){.without = "series"}, 100), 140);
    assert_int_equal(walk((struct title_list_ask){.source = "url", .without = "series"}, 100), 14);
    const struct title_page *page = ask_ok(MSG_content_list, nobody, &(struct title_list_ask){0});
    assert_int_equal(page->items.n, 20);
    assert_string_equal(LIST_AT(page->items, struct title, 0).title, "n210");
    /* A page that ends exactly at the end has no next. */
    page =
        ask_ok(MSG_content_list, nobody, &(struct title_list_ask){.limit = 42, .has_limit = true, .category = "Drama"});
    assert_int_equal(page->items.n, 42);
    assert_null(page->next);
    /* What is made or deleted between two pages neither repeats nor hides others. */
    page = ask_ok(MSG_content_list, nobody, &(struct title_list_ask){.limit = 100, .has_limit = true});
    int64_t last = LIST_AT(page->items, struct title, 99).id;
    house_sql("delete from content.titles where id = %lld", (long long)last);
    create("in between");
    page = ask_ok(MSG_content_list, nobody,
                  &(struct title_list_ask){.limit = 100, .has_limit = true, .cursor = page->next});
    assert_int_equal(LIST_AT(page->items, struct title, 0).id, last - 1);
}

static void lists_refuse(void **state) {
    (void)state;
    static const char *const wild[] = {
        "0", "AAAA", "_____________________w", "AAAAAAAAAAAAAAAAAAAAAB", "eyJpZCI6MX0", "' or 1=1 --", "\xe2\x82\xac"};
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++)
        expect_field(ask(MSG_content_list, nobody, &(struct title_list_ask){.cursor = wild[i]}), "/cursor");
    expect_field(ask(MSG_content_list, nobody, &(struct title_list_ask){.limit = 0, .has_limit = true}), "/limit");
    expect_field(ask(MSG_content_list, nobody, &(struct title_list_ask){.limit = 101, .has_limit = true}), "/limit");
    expect_field(ask(MSG_content_list, nobody, &(struct title_list_ask){.state = "broken"}), "/state");
    expect_field(ask(MSG_content_list, nobody, &(struct title_list_ask){.kind = "opera"}), "/kind");
    expect_field(ask(MSG_content_list, nobody, &(struct title_list_ask){.source = "disc"}), "/source");
    expect_field(ask(MSG_content_list, nobody, &(struct title_list_ask){.without = "episode"}), "/without");
}

static void the_bus_hears_of_each_change(void **state) {
    (void)state;
    struct ear *ear = ear_open();
    struct bus_event event;
    int64_t id = create("heard")->id;
    assert_true(ear_take(ear, "invalidate", &event, PATIENCE_MS) && event.id == id);
    ask_ok(MSG_content_change, admin, &(struct title_change){.id = id, .title = "other"});
    assert_true(ear_take(ear, "invalidate", &event, PATIENCE_MS) && event.id == id);
    expect_status(
        tell((struct processing_news){.title_id = id, .asset = "a", .asset_id = 1, .sequence = 2, .state = "ready"}),
        OK);
    assert_true(ear_take(ear, "invalidate", &event, PATIENCE_MS) && event.id == id);
    expect_status(
        tell((struct processing_news){.title_id = id, .asset = "a", .asset_id = 1, .sequence = 1, .state = "ready"}),
        OK);
    expect_status(ask(MSG_content_change, viewer, &(struct title_change){.id = id, .title = "x"}), FORBIDDEN);
    expect_status(ask(MSG_content_delete, admin, &(struct title_gone_ask){.id = id}), OK);
    assert_true(ear_take(ear, "invalidate", &event, PATIENCE_MS) && event.id == id);
    assert_false(ear_take(ear, "invalidate", &event, 100));
    ear_close(ear);
}

static void every_list_has_its_index(void **state) {
    (void)state;
    house_sql("insert into content.titles (title, kind, categories, genres, state, created_at)"
              " select 'n' || n, 'movie', array[case n %% 1000 when 0 then 'rare' else 'usual' end],"
              " array[case n %% 1500 when 0 then 'rare' else 'usual' end], 'none', now() - n * interval '1 s'"
              " from generate_series(1, 30000) n");
    house_sql("analyze content.titles");
    struct db *db = house_db("content");
    static const struct {
        const char *filters, *order, *index, *more;
    } lists[] = {{"null, null, null, null", "made_at desc, id desc", "titles_recent", NULL},
                 {"null, 'rare', null, null", "made_at desc, id desc", "titles_categories", NULL},
                 {"null, null, 'rare', null", "sort_rating, id", "titles_genres", NULL},
                 {"'video', null, null, null", "made_at desc, id desc", "titles_kind", NULL},
                 {"null, null, null, 'ready'", "made_at desc, id desc", "titles_state", NULL},
                 {"null, null, 'usual', null", "sort_title, id", "titles_by_title", NULL},
                 {"null, null, null, null", "sort_year desc, id desc", "titles_by_year", NULL},
                 {"null, 'usual', null, null", "sort_rating desc, id desc", "titles_by_rating", NULL},
                 {"null, null, null, null", "popularity desc, id desc", "titles_by_popularity", NULL},
                 {"null, null, null, null", "made_at desc, id desc", "titles_source",
                  "where source = 'url' and kind <> 'series'"}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char sql[400];
        snprintf(sql, sizeof sql,
                 "explain select * from listed(false, %s, null, null, null, null, null) %s order by %s limit 21",
                 lists[i].filters, lists[i].more ? lists[i].more : "", lists[i].order);
        struct rows *rows = db_text(db, sql);
        assert_non_null(rows);
        char plan[4000] = "";
        for (size_t row = 0; row < rows_count(rows); row++)
            strncat(strcat(plan, "\n"), rows_text(rows, row, "QUERY PLAN"), 300);
        bool found = strstr(plan, lists[i].index) != NULL;
        rows_free(rows);
        if (!found)
            fail_msg("%s %s: %s", lists[i].filters, lists[i].order, plan);
    }
    db_close(db);
}

int content_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_that_a_title_needs),
        cmocka_unit_test(create_and_show),
        cmocka_unit_test(create_refuses),
        cmocka_unit_test(show_refuses),
        cmocka_unit_test(many_shows_at_once),
        cmocka_unit_test(change_changes_what_is_said),
        cmocka_unit_test(change_refuses),
        cmocka_unit_test(delete_tells_the_others),
        cmocka_unit_test(news_become_the_title),
        cmocka_unit_test(a_watchable_film_stays_until_the_next_is_ready),
        cmocka_unit_test(older_news_change_nothing),
        cmocka_unit_test(news_in_any_order_end_the_same),
        cmocka_unit_test(news_refuse),
        cmocka_unit_test(playable_without_a_film),
        cmocka_unit_test(lists_have_pages_and_filters),
        cmocka_unit_test(lists_refuse),
        cmocka_unit_test(the_bus_hears_of_each_change),
        cmocka_unit_test(every_list_has_its_index),
    };
    return RUN("content", start, stop);
}
