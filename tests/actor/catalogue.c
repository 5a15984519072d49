#include <stdio.h>
#include <string.h>

#include "tests/actor/titles.h"

/* Titles, their lists, filters and orders, seasons and people. */

static void every_field_of_a_title(void **state) {
    (void)state;
    struct title_new wish = {.title = "L\xc3\xa9on",
                             .kind = "movie",
                             .description = "A killer and a girl.",
                             .category = "Classics",
                             .source = "youtube",
                             .youtube_id = "CBYhVcO4WgI",
                             .trailer_url = "https://example.test/t",
                             .year = 1994,
                             .has_year = true,
                             .language = "fr",
                             .rating = 8.5,
                             .has_rating = true,
                             .age_rating = "16",
                             .genres = TEXTS_OF("Crime", "Drama, \"dark\"", "NULL"),
                             .categories = TEXTS_OF("Paris", "Classics"),
                             .tags = TEXTS_OF("back\\slash"),
                             .keywords = TEXTS_OF("hitman", "revenge"),
                             .alternative_titles = TEXTS_OF("The Professional"),
                             .external_id = "tmdb:101",
                             .duration = 6600,
                             .has_duration = true};
    const struct title *made = ask_ok(MSG_content_create, admin, &wish);
    assert_string_equal(made->title, wish.title);
    assert_int_equal(made->version, 1);
    assert_string_equal(made->source, "youtube");
    assert_int_equal(made->year, 1994);
    assert_true(made->rating == 8.5 && made->duration == 6600);
    assert_int_equal(made->genres.n, 3);
    assert_string_equal(text_at(made->genres, 1), "Drama, \"dark\"");
    assert_string_equal(text_at(made->genres, 2), "NULL");
    assert_string_equal(text_at(made->tags, 0), "back\\slash");
    assert_string_equal(made->category, "Classics");
    assert_int_equal(made->categories.n, 2);
    assert_string_equal(text_at(made->categories, 0), "Classics");
    assert_string_equal(made->visibility, "active");
    assert_string_equal(made->external_id, "tmdb:101");
    int64_t id = made->id;
    expect_status(ask(MSG_content_create, admin, &(struct title_new){.title = "again", .external_id = "tmdb:101"}),
                  CONFLICT);
    struct title_change change = {.id = id, .year = 1995, .has_year = true, .clear = TEXTS_OF("genres", "rating")};
    const struct title *changed = ask_ok(MSG_content_change, admin, &change);
    assert_int_equal(changed->version, 2);
    assert_int_equal(changed->year, 1995);
    assert_int_equal(changed->genres.n, 0);
    assert_false(changed->has_rating);
    assert_int_equal(changed->keywords.n, 2);
    assert_string_equal(changed->category, "Classics");
    changed = ask_ok(MSG_content_change, admin, &(struct title_change){.id = id, .category = "Night"});
    assert_string_equal(changed->category, "Night");
    assert_int_equal(changed->categories.n, 2);
    assert_string_equal(text_at(changed->categories, 1), "Paris");
    const struct playable_reply *playable = ask_ok(MSG_content_playable, nobody, &(struct by_id){.id = id});
    assert_string_equal(playable->youtube_id, "CBYhVcO4WgI");
    expect_field(ask(MSG_content_change, admin, &(struct title_change){.id = id, .clear = TEXTS_OF("title")}),
                 "/clear/0");
    expect_field(ask(MSG_content_change, admin, &(struct title_change){.id = id, .clear = TEXTS_OF("youtube_id")}),
                 "/youtube_id");
    expect_field(ask(MSG_content_change, admin, &(struct title_change){.id = id, .trailer_url = "javascript:alert(1)"}),
                 "/trailer_url");
    expect_field(ask(MSG_content_create, admin, &(struct title_new){.title = "x", .source = "url"}), "/source_url");
    expect_field(ask(MSG_content_create, admin, &(struct title_new){.title = "x", .youtube_id = "<script>aaa"}),
                 "/youtube_id");
    struct title_new wild = {.title = "x", .visible_from = 2000, .has_visible_from = true, .visible_until = 1000};
    wild.has_visible_until = true;
    expect_field(ask(MSG_content_create, admin, &wild), "/visible_until");
    ask_ok(MSG_content_delete, admin, &(struct title_gone_ask){.id = id});
}

static void a_change_of_what_was_not_read_is_refused(void **state) {
    (void)state;
    int64_t id = title_create((struct title_new){.title = "Matched"});
    struct title_change change = {.id = id, .title = "One", .match = "1"};
    ask_ok(MSG_content_change, admin, &change);
    expect_code(ask(MSG_content_change, admin, &change), PRECONDITION, "precondition");
    change.match = "";
    expect_code(ask(MSG_content_change, admin, &change), PRECONDITION, "precondition");
    change.match = "7,2";
    ask_ok(MSG_content_change, admin, &change);
    change.match = "*";
    ask_ok(MSG_content_change, admin, &change);
    expect_code(ask(MSG_content_delete, admin, &(struct title_gone_ask){.id = id, .match = "3"}), PRECONDITION,
                "precondition");
    ask_ok(MSG_content_delete, admin, &(struct title_gone_ask){.id = id, .match = "4"});
}

/* Walks a list to its end; how many, each title once. */
static size_t walk(struct title_list_ask list, int64_t *ids, size_t most) {
    char cursor[800];
    size_t n = 0;
    for (int page = 0; page < 200; page++) {
        const struct title_page *reply = ask_ok(MSG_content_list, nobody, &list);
        for (size_t i = 0; i < reply->items.n; i++) {
            assert_true(n < most);
            for (size_t k = 0; k < n; k++)
                assert_true(ids[k] != title_in(&reply->items, i)->id);
            ids[n++] = title_in(&reply->items, i)->id;
        }
        if (!reply->next)
            return n;
        assert_true(reply->items.n == (size_t)(list.has_limit ? list.limit : 20));
        snprintf(cursor, sizeof cursor, "%s", reply->next);
        list.cursor = cursor;
    }
    fail_msg("the list does not end");
    return 0;
}

/* What is rare is gathered first, and comes in the same order. */
static void the_rare_ones_in_every_order(void) {
    enum { MOST = 41 };
    int64_t up[MOST], down[MOST];
    static const char *const skewed[] = {"rating", "-rating", "popularity", "-popularity"};
    static const int counts[] = {40, 400000};
    for (size_t i = 0; i < sizeof skewed / sizeof *skewed; i++)
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
            int titles = counts[k];
            house_sql("insert into content.labels values ('genre', 'g1', %d) on conflict (kind, name) do update set "
                      "titles = excluded.titles",
                      titles);
            int64_t *to = titles == 40 ? up : down;
            assert_int_equal(
                walk((struct title_list_ask){.genre = "g1", .sort = skewed[i], .limit = 7, .has_limit = true}, to,
                     MOST),
                40);
            if (titles != 40)
                assert_memory_equal(up, down, 40 * sizeof *up);
        }
}

static void lists_in_every_order_with_every_filter(void **state) {
    (void)state;
    enum { TITLES = 120 };
    static const char *const sorts[] = {"newest", "title", "year", "rating", "popularity"};
    int64_t up[TITLES + 1], down[TITLES + 1], person;
    house_sql("truncate content.titles cascade");
    house_sql("insert into content.titles (title, year, rating, popularity, language, genres, categories, created_at)"
              " select 'Title ' || n %% 7, case when n %% 5 > 0 then 1990 + n %% 11 end, case when n %% 4 > 0 then n "
              "%% 9 end,"
              " n %% 13, case n %% 2 when 0 then 'en' else 'fr' end, array['g' || n %% 3, 'all'], array['c' || n %% 6],"
              " timestamptz '2026-01-01Z' + (n / 3) * interval '1 microsecond' from generate_series(1, %d) n",
              TITLES);
    for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++) {
        char turned[20];
        snprintf(turned, sizeof turned, "-%s", sorts[i]);
        assert_int_equal(walk((struct title_list_ask){.sort = sorts[i], .limit = 7, .has_limit = true}, up, TITLES),
                         TITLES);
        assert_int_equal(walk((struct title_list_ask){.sort = turned, .limit = 11, .has_limit = true}, down, TITLES),
                         TITLES);
        for (size_t k = 0; k < TITLES; k++)
            assert_int_equal(up[k], down[TITLES - 1 - k]);
    }
    assert_int_equal(walk((struct title_list_ask){.genre = "g1", .sort = "-rating"}, up, TITLES), 40);
    assert_int_equal(walk((struct title_list_ask){.category = "c5", .sort = "title"}, up, TITLES), 20);
    the_rare_ones_in_every_order();
    assert_int_equal(walk((struct title_list_ask){.language = "fr"}, up, TITLES), 60);
    struct title_list_ask years = {.year_from = 1995, .has_year_from = true, .year_to = 1996, .has_year_to = true};
    assert_int_equal(walk(years, up, TITLES),
                     house_number("select count(*) as value from content.titles where year in (1995, 1996)"));
    assert_int_equal(walk((struct title_list_ask){.genre = "nothing", .sort = "year"}, up, TITLES), 0);
    person = ((const struct artist *)ask_ok(MSG_content_person_add, admin, &(struct artist_new){.name = "P"}))->id;
    house_sql(
        "insert into content.credits (title_id, kind, place, person_id) select id, 'cast', 0, %lld from content.titles"
        " where popularity = 3",
        (long long)person);
    assert_int_equal(walk((struct title_list_ask){.person = person, .has_person = true, .sort = "year"}, up, TITLES),
                     house_number("select count(*) as value from content.titles where popularity = 3"));
    /* A cursor belongs to its order, and only what we made is one. */
    const struct title_page *page = ask_ok(MSG_content_list, nobody, &(struct title_list_ask){.sort = "title"});
    expect_field(ask(MSG_content_list, nobody, &(struct title_list_ask){.sort = "year", .cursor = page->next}),
                 "/cursor");
    expect_field(ask(MSG_content_list, nobody, &(struct title_list_ask){.sort = "title", .cursor = "dGl0bGU"}),
                 "/cursor");
    expect_field(ask(MSG_content_list, nobody, &(struct title_list_ask){.sort = "year", .cursor = "eWVhciAxIGluZg"}),
                 "/cursor");
    expect_field(ask(MSG_content_list, nobody, &(struct title_list_ask){.sort = "size"}), "/sort");
    expect_code(ask(MSG_content_list, viewer, &(struct title_list_ask){.all = true, .has_all = true}), FORBIDDEN,
                "forbidden");
}

static void hidden_titles_are_for_administrators(void **state) {
    (void)state;
    house_sql("truncate content.titles cascade");
    int64_t id = title_create((struct title_new){.title = "Secret project", .visibility = "hidden"});
    int64_t soon = title_create(
        (struct title_new){.title = "Soon secret", .visible_from = 4102444700000, .has_visible_from = true});
    int64_t gone =
        title_create((struct title_new){.title = "Gone secret", .visible_until = 1000, .has_visible_until = true});
    int64_t now =
        title_create((struct title_new){.title = "Open secret", .visible_from = 1000, .has_visible_from = true});
    int64_t hidden[] = {id, soon, gone};
    for (size_t i = 0; i < 3; i++) {
        expect_status(ask(MSG_content_show, viewer, &(struct title_one){.id = hidden[i], .all = true, .has_all = true}),
                      NOT_FOUND);
        expect_status(ask(MSG_content_credits, nobody, &(struct title_one){.id = hidden[i]}), NOT_FOUND);
        expect_status(ask(MSG_content_similar, nobody, &(struct similar_ask){.id = hidden[i]}), NOT_FOUND);
        expect_status(ask(MSG_content_seasons, nobody, &(struct seasons_ask){.id = hidden[i]}), NOT_FOUND);
        ask_ok(MSG_content_show, admin, &(struct title_one){.id = hidden[i], .all = true, .has_all = true});
        assert_true(
            ((const struct playable_reply *)ask_ok(MSG_content_playable, nobody, &(struct by_id){.id = hidden[i]}))
                ->hidden);
    }
    const struct title_page *page = ask_ok(MSG_content_list, nobody, &(struct title_list_ask){0});
    assert_int_equal(page->items.n, 1);
    assert_int_equal(title_in(&page->items, 0)->id, now);
    page = ask_ok(MSG_content_list, admin, &(struct title_list_ask){.all = true, .has_all = true});
    assert_int_equal(page->items.n, 4);
    const struct search_page *found = ask_ok(MSG_content_search, nobody, &(struct search_ask){.q = "secret"});
    assert_int_equal(found->items.n, 1);
    assert_int_equal(found->total, 1);
    assert_int_equal(
        ((const struct suggestions *)ask_ok(MSG_content_suggest, nobody, &(struct suggest_ask){.q = "secret"}))
            ->items.n,
        1);
    assert_int_equal(
        ((const struct suggestions *)ask_ok(MSG_content_suggest, nobody, &(struct suggest_ask){.q = "s"}))->items.n, 0);
}

static void many_at_once(void **state) {
    (void)state;
    house_sql("truncate content.titles, content.outbox cascade");
    int64_t ids[4] = {title_create((struct title_new){.title = "A"}), title_create((struct title_new){.title = "B"}),
                      title_create((struct title_new){.title = "C"}), 99999999};
    struct titles_change change = {
        .ids = {ids, 4}, .year = 2001, .has_year = true, .genres = TEXTS_OF("Noir"), .visibility = "hidden"};
    expect_code(ask(MSG_content_bulk_change, viewer, &change), FORBIDDEN, "forbidden");
    assert_int_equal(((const struct titles_done *)ask_ok(MSG_content_bulk_change, admin, &change))->ids.n, 3);
    assert_int_equal(house_number("select count(*) as value from content.titles where year = 2001 and version = 2"), 3);
    assert_int_equal(house_number("select count(*) as value from content.search where hidden and genres = '{Noir}'"),
                     3);
    expect_field(ask(MSG_content_bulk_change, admin, &(struct titles_change){0}), "/ids");
    expect_field(ask(MSG_content_bulk_delete, admin, &(struct titles_delete){0}), "/ids");
    house_sql("truncate content.outbox");
    assert_int_equal(
        ((const struct titles_done *)ask_ok(MSG_content_bulk_delete, admin, &(struct titles_delete){.ids = {ids, 4}}))
            ->ids.n,
        3);
    assert_int_equal(house_number("select count(*) as value from content.titles"), 0);
    assert_int_equal(house_number("select count(*) as value from content.search"), 0);
}

static void a_series_has_seasons_and_episodes(void **state) {
    (void)state;
    int64_t series = title_create((struct title_new){.title = "The Series", .kind = "series"});
    struct season_put put = {.title_id = series, .number = 1, .title = "First"};
    assert_string_equal(((const struct season *)ask_ok(MSG_content_season_put, admin, &put))->title, "First");
    put.title = NULL, put.description = "How it began.";
    assert_string_equal(((const struct season *)ask_ok(MSG_content_season_put, admin, &put))->title, "First");
    struct episode_new wish = {.parent_id = series, .season = 2, .episode = 1, .title = "Pilot"};
    const struct title *pilot = ask_ok(MSG_content_episode_add, admin, &wish);
    assert_string_equal(pilot->kind, "episode");
    assert_int_equal(pilot->parent_id, series);
    int64_t id = pilot->id;
    expect_code(ask(MSG_content_episode_add, admin, &wish), CONFLICT, "episode-taken");
    wish.episode = 0, wish.title = "Before";
    ask_ok(MSG_content_episode_add, admin, &wish);
    wish.parent_id = id;
    expect_status(ask(MSG_content_episode_add, admin, &wish), NOT_FOUND);
    const struct season_list *seasons = ask_ok(MSG_content_seasons, nobody, &(struct seasons_ask){.id = series});
    assert_int_equal(seasons->items.n, 2);
    const struct season *second = &LIST_AT(seasons->items, struct season, 1);
    assert_int_equal(second->episodes.n, 2);
    assert_string_equal(title_in(&second->episodes, 0)->title, "Before");
    seasons = ask_ok(MSG_content_seasons, nobody, &(struct seasons_ask){.id = series, .season = 1, .has_season = true});
    assert_int_equal(seasons->items.n, 1);
    /* An episode is a title, but not in lists; it goes with its season and is hidden with its series. */
    assert_string_equal(((const struct title *)ask_ok(MSG_content_show, nobody, &(struct title_one){.id = id}))->title,
                        "Pilot");
    const struct title_page *page = ask_ok(MSG_content_list, nobody, &(struct title_list_ask){0});
    assert_int_equal(page->items.n, 1);
    expect_field(ask(MSG_content_change, admin, &(struct title_change){.id = id, .kind = "movie"}), "/kind");
    expect_field(ask(MSG_content_change, admin, &(struct title_change){.id = series, .season = 1, .has_season = true}),
                 "/season");
    ask_ok(MSG_content_change, admin, &(struct title_change){.id = series, .visibility = "hidden"});
    expect_status(ask(MSG_content_show, nobody, &(struct title_one){.id = id}), NOT_FOUND);
    assert_true(
        ((const struct playable_reply *)ask_ok(MSG_content_playable, nobody, &(struct by_id){.id = id}))->hidden);
    ask_ok(MSG_content_change, admin, &(struct title_change){.id = series, .visibility = "active"});
    ask_ok(MSG_content_season_delete, admin, &(struct season_key){.title_id = series, .number = 2});
    expect_status(ask(MSG_content_show, nobody, &(struct title_one){.id = id}), NOT_FOUND);
    expect_status(ask(MSG_content_season_delete, admin, &(struct season_key){.title_id = series, .number = 2}),
                  NOT_FOUND);
    expect_status(ask(MSG_content_season_put, admin, &(struct season_put){.title_id = 987654, .number = 2}), NOT_FOUND);
    wish = (struct episode_new){.parent_id = series, .season = 1, .episode = 1, .title = "Last"};
    id = ((const struct title *)ask_ok(MSG_content_episode_add, admin, &wish))->id;
    ask_ok(MSG_content_delete, admin, &(struct title_gone_ask){.id = series});
    expect_status(ask(MSG_content_show, nobody, &(struct title_one){.id = id}), NOT_FOUND);
}

static void people_and_what_they_did(void **state) {
    (void)state;
    int64_t film = title_create((struct title_new){.title = "Alien", .year = 1979, .has_year = true});
    struct artist_new ridley = {.name = "Ridley Scott", .biography = "Born in 1937.", .external_id = "tmdb:578"};
    const struct artist *made = ask_ok(MSG_content_person_add, admin, &ridley);
    int64_t scott = made->id;
    expect_status(ask(MSG_content_person_add, admin, &ridley), CONFLICT);
    expect_code(ask(MSG_content_person_add, viewer, &(struct artist_new){.name = "x"}), FORBIDDEN, "forbidden");
    int64_t weaver =
        ((const struct artist *)ask_ok(MSG_content_person_add, admin, &(struct artist_new){.name = "Sigourney Weaver"}))
            ->id;
    struct credit credits[] = {{.person_id = scott, .kind = "crew", .job = "Director"},
                               {.person_id = weaver, .kind = "cast", .role = "Ripley"}};
    struct credits_put put = {.id = film, .items = {credits, 2}};
    const struct credit_list *list = ask_ok(MSG_content_credits_put, admin, &put);
    assert_int_equal(list->items.n, 2);
    assert_string_equal(LIST_AT(list->items, struct credit, 0).name, "Sigourney Weaver");
    credits[0].person_id = 123456789;
    expect_field(ask(MSG_content_credits_put, admin, &put), "/items");
    list = ask_ok(MSG_content_credits, nobody, &(struct title_one){.id = film});
    assert_int_equal(list->items.n, 2);
    const struct artist_page *page = ask_ok(MSG_content_person, nobody, &(struct by_id){.id = scott});
    assert_string_equal(page->person->name, "Ridley Scott");
    assert_int_equal(page->credits.n, 1);
    assert_string_equal(LIST_AT(page->credits, struct artist_credit, 0).title, "Alien");
    /* Found by the people, also after these change their names. */
    const struct search_page *found = ask_ok(MSG_content_search, nobody, &(struct search_ask){.q = "weaver ridley"});
    assert_int_equal(found->items.n, 1);
    ask_ok(MSG_content_person_change, admin,
           &(struct artist_change){.id = weaver, .name = "Susan Weaver", .match = "1"});
    expect_code(ask(MSG_content_person_change, admin, &(struct artist_change){.id = weaver, .match = "1"}),
                PRECONDITION, "precondition");
    found = ask_ok(MSG_content_search, nobody, &(struct search_ask){.q = "susan"});
    assert_int_equal(found->items.n, 1);
    const struct artist_list *people = ask_ok(MSG_content_persons, nobody, &(struct artist_list_ask){.q = "wea"});
    assert_int_equal(people->items.n, 1);
    people = ask_ok(MSG_content_persons, nobody, &(struct artist_list_ask){.limit = 1, .has_limit = true});
    assert_non_null(people->next);
    int64_t first = LIST_AT(people->items, struct artist, 0).id;
    people = ask_ok(MSG_content_persons, nobody,
                    &(struct artist_list_ask){.limit = 1, .has_limit = true, .cursor = people->next});
    assert_true(LIST_AT(people->items, struct artist, 0).id != first);
    expect_code(ask(MSG_content_person_delete, admin, &(struct artist_gone_ask){.id = weaver, .match = "1"}),
                PRECONDITION, "precondition");
    ask_ok(MSG_content_person_delete, admin, &(struct artist_gone_ask){.id = weaver, .match = "2"});
    expect_status(ask(MSG_content_person, nobody, &(struct by_id){.id = weaver}), NOT_FOUND);
    list = ask_ok(MSG_content_credits, nobody, &(struct title_one){.id = film});
    assert_int_equal(list->items.n, 1);
    assert_int_equal(
        ((const struct search_page *)ask_ok(MSG_content_search, nobody, &(struct search_ask){.q = "susan"}))->items.n,
        0);
    assert_int_equal(house_number("select count(*) as value from content.credits"), 1);
    ask_ok(MSG_content_delete, admin, &(struct title_gone_ask){.id = film});
    assert_int_equal(house_number("select count(*) as value from content.credits"), 0);
}

/* Transcode hears which picture is shown and which is not any more. */
static int64_t told(int message) {
    return house_number("select count(*) as value from content.outbox where message = %d", message);
}

static void pictures_are_kept_and_let_go(void **state) {
    (void)state;
    static const char one[] = "0123456789abcdef0123456789abcdef", two[] = "ffffffffffffffffffffffffffffffff";
    house_sql("delete from content.outbox");
    int64_t id = title_create((struct title_new){.title = "Seen", .poster = one});
    assert_int_equal(told(MSG_transcode_picture_keep), 1);
    struct title_picture wish = {.id = id, .which = "poster", .picture = two};
    expect_code(ask(MSG_content_picture, viewer, &wish), FORBIDDEN, "forbidden");
    const struct title *title = ask_ok(MSG_content_picture, admin, &wish);
    assert_non_null(strstr(title->poster_url, two));
    assert_int_equal(told(MSG_transcode_picture_keep), 2);
    assert_int_equal(told(MSG_transcode_picture_drop), 1);
    ask_ok(MSG_content_picture, admin, &wish);
    assert_int_equal(told(MSG_transcode_picture_drop), 1);
    wish.match = "1";
    expect_code(ask(MSG_content_picture, admin, &wish), PRECONDITION, "precondition");
    expect_field(ask(MSG_content_picture, admin, &(struct title_picture){.id = id, .which = "banner"}), "/picture");
    wish = (struct title_picture){.id = id, .which = "banner", .picture = "../../../../../../../secrets/key"};
    expect_field(ask(MSG_content_picture, admin, &wish), "/picture");
    expect_field(ask(MSG_content_change, admin, &(struct title_change){.id = id, .thumbnail = "x"}), "/thumbnail");
    wish = (struct title_picture){.id = id, .which = "poster", .gone = true, .has_gone = true};
    title = ask_ok(MSG_content_picture, admin, &wish);
    assert_null(title->poster_url);
    assert_int_equal(told(MSG_transcode_picture_drop), 2);
    wish.id = 999999;
    expect_status(ask(MSG_content_picture, admin, &wish), NOT_FOUND);
    ask_ok(MSG_content_change, admin, &(struct title_change){.id = id, .thumbnail = one, .banner = two});
    ask_ok(MSG_content_delete, admin, &(struct title_gone_ask){.id = id});
    assert_int_equal(told(MSG_transcode_picture_drop), 4);
    house_sql("delete from content.outbox");
}

int catalogue_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_a_title),
        cmocka_unit_test(a_change_of_what_was_not_read_is_refused),
        cmocka_unit_test(lists_in_every_order_with_every_filter),
        cmocka_unit_test(hidden_titles_are_for_administrators),
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(a_series_has_seasons_and_episodes),
        cmocka_unit_test(people_and_what_they_did),
        cmocka_unit_test(pictures_are_kept_and_let_go),
    };
    return RUN("catalogue", titles_start, titles_stop);
}
