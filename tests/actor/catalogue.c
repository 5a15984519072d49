#include <stdio.h>
#include <string.h>

#include "tests/actor/tests.h"

/* The catalogue around the titles: filters and orders, seasons, people, search, similar titles, import. */

static pid_t content;

static int start(void **state) {
    (void)state;
    house_sql("truncate content.outbox, content.titles, content.persons, content.labels, content.lexicon, content.seen"
              " cascade");
    content = house_start("zoe-content", NULL);
    house_await("content", 1);
    return 0;
}

static int stop(void **state) {
    (void)state;
    house_stop(content);
    house_await("content", 0);
    house_sql("truncate content.outbox, content.titles, content.persons, content.labels, content.lexicon, content.seen"
              " cascade");
    return 0;
}

static struct list texts(size_t n, const char **at) {
    return (struct list){at, n};
}
#define TEXTS_OF(...) texts(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

static const char *text_at(struct list list, size_t i) {
    assert_true(i < list.n);
    return LIST_AT(list, const char *, i);
}

static int64_t create(struct title_new wish) {
    return ((const struct title *)ask_ok(MSG_content_create, admin, &wish))->id;
}

static const struct title *title_in(const struct list *list, size_t i) {
    assert_true(i < list->n);
    return &LIST_AT(*list, struct title, i);
}

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
    int64_t id = create((struct title_new){.title = "Matched"});
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
    int64_t id = create((struct title_new){.title = "Secret project", .visibility = "hidden"});
    int64_t soon =
        create((struct title_new){.title = "Soon secret", .visible_from = 4102444700000, .has_visible_from = true});
    int64_t gone = create((struct title_new){.title = "Gone secret", .visible_until = 1000, .has_visible_until = true});
    int64_t now = create((struct title_new){.title = "Open secret", .visible_from = 1000, .has_visible_from = true});
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
    int64_t ids[4] = {create((struct title_new){.title = "A"}), create((struct title_new){.title = "B"}),
                      create((struct title_new){.title = "C"}), 99999999};
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
    int64_t series = create((struct title_new){.title = "The Series", .kind = "series"});
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
    int64_t film = create((struct title_new){.title = "Alien", .year = 1979, .has_year = true});
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
    ask_ok(MSG_content_person_delete, admin, &(struct by_id){.id = weaver});
    expect_status(ask(MSG_content_person, nobody, &(struct by_id){.id = weaver}), NOT_FOUND);
    list = ask_ok(MSG_content_credits, nobody, &(struct title_one){.id = film});
    assert_int_equal(list->items.n, 1);
    assert_int_equal(
        ((const struct search_page *)ask_ok(MSG_content_search, nobody, &(struct search_ask){.q = "susan"}))->items.n,
        0);
}

static void finds(const char *question, const char *name) {
    const struct search_page *page = ask_ok(MSG_content_search, nobody, &(struct search_ask){.q = question});
    if (!page->items.n)
        fail_msg("\"%s\" finds nothing", question);
    assert_string_equal(title_in(&page->items, 0)->title, name);
}

static void finds_nothing(const char *question) {
    const struct search_page *page = ask_ok(MSG_content_search, nobody, &(struct search_ask){.q = question});
    assert_int_equal(page->items.n, 0);
    assert_int_equal(page->total, 0);
}

static void search_understands(void **state) {
    (void)state;
    house_sql("truncate content.titles, content.persons cascade");
    create((struct title_new){.title = "Spider-Man", .keywords = TEXTS_OF("superhero"), .genres = TEXTS_OF("Action")});
    create((struct title_new){.title = "L\xc3\xa9on", .alternative_titles = TEXTS_OF("The Professional")});
    create((struct title_new){.title = "It", .genres = TEXTS_OF("Horror")});
    create((struct title_new){.title = "It Follows", .genres = TEXTS_OF("Horror")});
    create((struct title_new){.title = "What is it about", .description = "It is about it."});
    create((struct title_new){.title = "Schindler's List",
                              .description = "A businessman saves workers from the vampires."});
    create((struct title_new){.title = "The Lord of the Rings"});
    create((struct title_new){.title = "Iron Man"});
    create((struct title_new){.title = "Batman", .description = "A man in a suit."});
    create((struct title_new){.title = "WALL\xc2\xb7"
                                       "E"});
    create((struct title_new){.title = "\xe5\x8d\x83\xe3\x81\xa8\xe5\x8d\x83\xe5\xb0\x8b"});
    create((struct title_new){.title = "Jackson, Michael"});
    static const struct {
        const char *question, *name;
    } cases[] = {{"spider man", "Spider-Man"},
                 {"Spider-Man", "Spider-Man"},
                 {"spiderman", "Spider-Man"},
                 {"man spider", "Spider-Man"},
                 {"SPID", "Spider-Man"},
                 {"superhero", "Spider-Man"},
                 {"superheroes", "Spider-Man"},
                 {"leon", "L\xc3\xa9on"},
                 {"l\xc3\xa9on", "L\xc3\xa9on"},
                 {"LE\xcc\x81ON", "L\xc3\xa9on"},
                 {"professional", "L\xc3\xa9on"},
                 {"it", "It"},
                 {"IT", "It"},
                 {"it f", "It Follows"},
                 {"schindlers list", "Schindler's List"},
                 {"schindler list", "Schindler's List"},
                 {"list, schindler's", "Schindler's List"},
                 {"vampire", "Schindler's List"},
                 {"rings lord", "The Lord of the Rings"},
                 {"the lord of rings", "The Lord of the Rings"},
                 {"lrod of the rings", "The Lord of the Rings"},
                 {"ironman", "Iron Man"},
                 {"bat man", "Batman"},
                 {"walle", "WALL\xc2\xb7"
                           "E"},
                 {"wall-e", "WALL\xc2\xb7"
                            "E"},
                 {"\xe5\x8d\x83\xe3\x81\xa8", "\xe5\x8d\x83\xe3\x81\xa8\xe5\x8d\x83\xe5\xb0\x8b"},
                 {"jakson", "Jackson, Michael"},
                 {"jakson michael", "Jackson, Michael"},
                 {"micheal jackson", "Jackson, Michael"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        finds(cases[i].question, cases[i].name);
    static const char *const nothing[] = {"",   " ",     "%",   "_",        "'", "\\",          ":*",
                                          "!!", "& | !", "<->", "zzzzqqqq", "(", "\xe2\x80\xae"};
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        finds_nothing(nothing[i]);
    const struct search_page *page = ask_ok(MSG_content_search, nobody, &(struct search_ask){.q = "jakson"});
    assert_string_equal(page->corrected, "jackson");
    page = ask_ok(MSG_content_search, nobody, &(struct search_ask){.q = "it"});
    assert_null(page->corrected);
    assert_true(page->facets.n > 0);
    int64_t horror = 0;
    for (size_t i = 0; i < page->facets.n; i++)
        if (!strcmp(LIST_AT(page->facets, struct facet, i).value, "Horror"))
            horror = LIST_AT(page->facets, struct facet, i).count;
    assert_int_equal(horror, 2);
    page = ask_ok(MSG_content_search, nobody, &(struct search_ask){.q = "it", .genre = "Horror"});
    assert_int_equal(page->items.n, 2);
    char long_question[401];
    memset(long_question, 'x', 400);
    long_question[400] = 0;
    finds_nothing(long_question);
    memset(long_question, ' ', 400);
    for (int i = 0; i < 400; i += 2)
        long_question[i] = 'a';
    finds_nothing(long_question);
    expect_field(ask(MSG_content_search, nobody, &(struct search_ask){.q = "x", .cursor = "wild"}), "/cursor");
}

static void search_has_pages(void **state) {
    (void)state;
    char cursor[800] = "";
    int seen = 0;
    house_sql("truncate content.titles cascade");
    for (int i = 0; i < 45; i++) {
        char name[40];
        snprintf(name, sizeof name, "Harbour %d", i % 9);
        create((struct title_new){.title = name, .description = i % 2 ? "Ships." : "Boats in a harbour."});
    }
    struct search_ask wish = {.q = "harbour", .limit = 10, .has_limit = true};
    for (int page = 0; page < 5; page++) {
        const struct search_page *reply = ask_ok(MSG_content_search, nobody, &wish);
        assert_int_equal(reply->total, 45);
        assert_true(page ? reply->facets.n == 0 : reply->facets.n > 0);
        seen += (int)reply->items.n;
        if (page == 4) {
            assert_null(reply->next);
            break;
        }
        snprintf(cursor, sizeof cursor, "%s", reply->next);
        wish.cursor = cursor;
    }
    assert_int_equal(seen, 45);
}

static void suggestions_while_typing(void **state) {
    (void)state;
    house_sql("truncate content.titles, content.persons cascade");
    create((struct title_new){.title = "The Matrix", .year = 1999, .has_year = true});
    create((struct title_new){.title = "Matilda"});
    ask_ok(MSG_content_person_add, admin, &(struct artist_new){.name = "Matt Damon"});
    static const char *const typed[] = {"m", "ma", "mat", "matr", "the ma", "matrx"};
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        const struct suggestions *list = ask_ok(MSG_content_suggest, nobody, &(struct suggest_ask){.q = typed[i]});
        if (!list->items.n)
            fail_msg("nothing for \"%s\"", typed[i]);
    }
    const struct suggestions *list = ask_ok(MSG_content_suggest, nobody, &(struct suggest_ask){.q = "mat"});
    assert_int_equal(list->items.n, 3);
    list = ask_ok(MSG_content_suggest, nobody, &(struct suggest_ask){.q = "matri"});
    assert_int_equal(list->items.n, 1);
    assert_string_equal(LIST_AT(list->items, struct suggestion, 0).text, "The Matrix");
    assert_int_equal(LIST_AT(list->items, struct suggestion, 0).year, 1999);
    assert_int_equal(
        ((const struct suggestions *)ask_ok(MSG_content_suggest, nobody, &(struct suggest_ask){.q = ""}))->items.n, 0);
}

static size_t similar_to(int64_t id) {
    return ((const struct similar_page *)ask_ok(MSG_content_similar, nobody, &(struct similar_ask){.id = id}))->items.n;
}

static void similar_titles_follow_changes(void **state) {
    (void)state;
    house_sql("truncate content.titles, content.persons cascade");
    int64_t heist = create((struct title_new){
        .title = "Heist", .genres = TEXTS_OF("Crime"), .keywords = TEXTS_OF("heist", "revenge", "bank")});
    int64_t twin = create(
        (struct title_new){.title = "Twin", .genres = TEXTS_OF("Crime"), .keywords = TEXTS_OF("heist", "revenge")});
    int64_t other =
        create((struct title_new){.title = "Other", .genres = TEXTS_OF("Romance"), .keywords = TEXTS_OF("wedding")});
    AWAIT(similar_to(heist) == 1 && similar_to(twin) == 1);
    const struct similar_page *page = ask_ok(MSG_content_similar, nobody, &(struct similar_ask){.id = heist});
    const struct similar_title *one = &LIST_AT(page->items, struct similar_title, 0);
    assert_int_equal(one->title->id, twin);
    assert_true(one->score > 0.5 && one->score < 1);
    assert_string_equal(one->reason, "shares: heist, revenge");
    assert_int_equal(similar_to(other), 0);
    /* Another director's film becomes like it, and is told to both. */
    int64_t person =
        ((const struct artist *)ask_ok(MSG_content_person_add, admin, &(struct artist_new){.name = "D"}))->id;
    struct credit credit = {.person_id = person, .kind = "crew", .job = "Director"};
    ask_ok(MSG_content_credits_put, admin, &(struct credits_put){.id = other, .items = {&credit, 1}});
    ask_ok(MSG_content_credits_put, admin, &(struct credits_put){.id = heist, .items = {&credit, 1}});
    AWAIT(similar_to(other) == 1 && similar_to(heist) == 2);
    page = ask_ok(MSG_content_similar, nobody, &(struct similar_ask){.id = other});
    assert_string_equal(LIST_AT(page->items, struct similar_title, 0).reason, "same director");
    ask_ok(MSG_content_delete, admin, &(struct title_gone_ask){.id = twin});
    assert_int_equal(similar_to(heist), 1);
    expect_status(ask(MSG_content_similar, nobody, &(struct similar_ask){.id = twin}), NOT_FOUND);
}

static void the_front_page(void **state) {
    (void)state;
    house_sql("truncate content.titles, content.labels cascade");
    assert_int_equal(((const struct home_page *)ask_ok(MSG_content_home, nobody, &(struct home_ask){0}))->rows.n, 0);
    int64_t a = create((struct title_new){.title = "A", .category = "Night", .genres = TEXTS_OF("Crime")});
    int64_t b = create((struct title_new){.title = "B", .genres = TEXTS_OF("Crime")});
    create((struct title_new){.title = "C", .visibility = "hidden", .genres = TEXTS_OF("Secret")});
    struct title_views views[] = {{.title_id = a, .popularity = 5, .week_views = 3},
                                  {.title_id = b, .popularity = 9, .week_views = 0}};
    expect_code(ask(MSG_content_watched, admin, &(struct views_news){.items = {views, 2}}), FORBIDDEN, "forbidden");
    ask_ok(MSG_content_watched, service, &(struct views_news){.items = {views, 2}});
    AWAIT(((const struct label_list *)ask_ok(MSG_content_labels, nobody, &(struct label_list_ask){.kind = "genre"}))
              ->items.n == 1);
    const struct label_list *labels = ask_ok(MSG_content_labels, nobody, &(struct label_list_ask){.kind = "genre"});
    assert_string_equal(LIST_AT(labels->items, struct label, 0).name, "Crime");
    assert_int_equal(LIST_AT(labels->items, struct label, 0).titles, 2);
    int64_t ids[] = {b, 99999, b + 1, a}; /* nobody's, hidden */
    const struct title_page *picked = ask_ok(MSG_content_pick, nobody, &(struct titles_pick){.ids = {ids, 4}});
    assert_int_equal(picked->items.n, 2);
    for (size_t i = 0; i < 2; i++)
        assert_true(LIST_AT(picked->items, struct title, i).id == a || LIST_AT(picked->items, struct title, i).id == b);
    const struct title_list_ask watchable = {.playable = true, .has_playable = true};
    assert_int_equal(((const struct title_page *)ask_ok(MSG_content_list, nobody, &watchable))->items.n, 0);
    const struct home_page *home = ask_ok(MSG_content_home, nobody, &(struct home_ask){.limit = 5, .has_limit = true});
    assert_int_equal(home->rows.n, 4);
    static const char *const names[] = {"newest", "popular", "category", "genre"};
    static const size_t counts[] = {2, 1, 1, 2};
    for (size_t i = 0; i < 4; i++) {
        const struct home_row *row = &LIST_AT(home->rows, struct home_row, i);
        assert_string_equal(row->name, names[i]);
        assert_int_equal(row->items.n, counts[i]);
    }
    assert_int_equal(title_in(&LIST_AT(home->rows, struct home_row, 3).items, 0)->id, b);
    const struct title_page *page = ask_ok(MSG_content_list, nobody, &(struct title_list_ask){.sort = "-popularity"});
    assert_int_equal(title_in(&page->items, 0)->id, b);
}

static void pages_by_number(void **state) {
    (void)state;
    house_sql("truncate content.titles, content.labels cascade");
    for (int i = 0; i < 25; i++) {
        char name[20];
        snprintf(name, sizeof name, "N%02d", i);
        create((struct title_new){.title = name,
                                  .rating = i % 10,
                                  .has_rating = true,
                                  .genres = i % 2 ? TEXTS_OF("Science Fiction") : TEXTS_OF("Drama")});
    }
    const struct numbered_page *page = ask_ok(MSG_content_numbered, nobody, &(struct numbered_ask){0});
    assert_true(page->items.n == 12 && page->total == 25 && page->pages == 3 && page->page == 1);
    assert_true(title_in(&page->items, 0)->rating == 9);
    page =
        ask_ok(MSG_content_numbered, nobody, &(struct numbered_ask){.page = 3, .has_page = true, .sort = "title_asc"});
    assert_int_equal(page->items.n, 1);
    assert_string_equal(title_in(&page->items, 0)->title, "N24");
    page = ask_ok(MSG_content_numbered, nobody, &(struct numbered_ask){.genre = "fiction", .sort = "title_desc"});
    assert_int_equal(page->total, 12);
    assert_string_equal(title_in(&page->items, 0)->title, "N23");
    page = ask_ok(MSG_content_numbered, nobody, &(struct numbered_ask){.genre = "All"});
    assert_int_equal(page->total, 25);
    page = ask_ok(MSG_content_numbered, nobody, &(struct numbered_ask){.genre = "%"});
    assert_int_equal(page->total, 0);
    page = ask_ok(MSG_content_numbered, nobody, &(struct numbered_ask){.page = INT64_MAX, .has_page = true});
    assert_true(page->items.n == 0 && page->total == 25);
    expect_field(ask(MSG_content_numbered, nobody, &(struct numbered_ask){.page = 0, .has_page = true}), "/page");
}

static const struct import_done *import(struct import_title *items, size_t n) {
    return ask_ok(MSG_content_import, admin, &(struct import_batch){.items = {items, n}});
}

static void an_import_again_changes_nothing(void **state) {
    (void)state;
    house_sql("truncate content.titles, content.persons, content.outbox cascade");
    struct import_credit credits[] = {{.name = "Ann Actor", .external_id = "tmdb:1", .kind = "cast", .role = "Herself"},
                                      {.name = "Dan Director", .kind = "crew", .job = "Director"}};
    struct import_season seasons[] = {{.number = 1, .title = "One"}};
    struct import_title items[] = {
        {.external_id = "x:e1",
         .title = "Pilot",
         .kind = "episode",
         .parent = "x:s",
         .season = 1,
         .has_season = true,
         .episode = 1,
         .has_episode = true},
        {.external_id = "x:s", .title = "Series", .kind = "series", .seasons = {seasons, 1}},
        {.external_id = "x:1",
         .title = "Film",
         .year = 1999,
         .has_year = true,
         .genres = TEXTS_OF("Drama"),
         .credits = {credits, 2},
         .popularity = 5,
         .has_popularity = true,
         .visible_from = 1500000000000,
         .has_visible_from = true},
    };
    const struct import_done *done = import(items, 3);
    assert_true(done->added == 3 && done->changed == 0 && done->same == 0);
    done = import(items, 3);
    assert_true(done->added == 0 && done->changed == 0 && done->same == 3);
    assert_int_equal(house_number("select count(*) as value from content.outbox where message = 304"), 3);
    assert_int_equal(house_number("select max(version) as value from content.titles"), 1);
    finds("dan director", "Film");
    items[2].title = "Film, again", credits[1].name = "Eve Editor";
    done = import(items, 3);
    assert_true(done->added == 0 && done->changed == 1 && done->same == 2);
    finds("eve", "Film, again");
    finds_nothing("dan");
    assert_int_equal(house_number("select count(*) as value from content.persons"), 3);
    /* What a person changed stays while the source says the same. */
    int64_t id = house_number("select id as value from content.titles where external_id = 'x:1'");
    ask_ok(MSG_content_change, admin, &(struct title_change){.id = id, .title = "By hand"});
    import(items, 3);
    assert_string_equal(((const struct title *)ask_ok(MSG_content_show, nobody, &(struct title_one){.id = id}))->title,
                        "By hand");
    /* Out it comes as it can go in again. */
    ask_ok(MSG_content_create, admin, &(struct title_new){.title = "Nameless"});
    const struct export_page *page =
        ask_ok(MSG_content_export, admin, &(struct export_ask){.limit = 2, .has_limit = true});
    assert_true(page->items.n == 2 && page->has_after);
    int64_t after = page->after;
    page = ask_ok(MSG_content_export, admin, &(struct export_ask){.after = after, .has_after = true});
    assert_true(page->items.n == 2 && !page->has_after);
    const struct import_title *last = &LIST_AT(page->items, struct import_title, 1);
    assert_string_equal(last->title, "Nameless");
    assert_memory_equal(last->external_id, "zoe:", 4);
    expect_code(ask(MSG_content_import, viewer, &(struct import_batch){.items = {items, 1}}), FORBIDDEN, "forbidden");
    expect_code(ask(MSG_content_export, viewer, &(struct export_ask){0}), FORBIDDEN, "forbidden");
    items[0].parent = "nobody", items[0].external_id = "x:e2";
    expect_field(ask(MSG_content_import, admin, &(struct import_batch){.items = {items, 1}}), "/items");
    items[0].parent = NULL;
    expect_field(ask(MSG_content_import, admin, &(struct import_batch){.items = {items, 1}}), "/items/0/parent");
    items[1].title = " ";
    expect_field(ask(MSG_content_import, admin, &(struct import_batch){.items = {items + 1, 1}}), "/items/0/title");
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
        cmocka_unit_test(search_understands),
        cmocka_unit_test(search_has_pages),
        cmocka_unit_test(suggestions_while_typing),
        cmocka_unit_test(similar_titles_follow_changes),
        cmocka_unit_test(the_front_page),
        cmocka_unit_test(pages_by_number),
        cmocka_unit_test(an_import_again_changes_nothing),
    };
    return RUN("catalogue", start, stop);
}
