#include <stdio.h>
#include <string.h>

#include "tests/actor/titles.h"

/* The front page, pages with numbers, import and export. */

static void the_front_page(void **state) {
    (void)state;
    house_sql("truncate content.titles, content.labels cascade");
    assert_int_equal(((const struct home_page *)ask_ok(MSG_content_home, nobody, &(struct home_ask){0}))->rows.n, 0);
    int64_t a = title_create((struct title_new){.title = "A", .category = "Night", .genres = TEXTS_OF("Crime")});
    int64_t b = title_create((struct title_new){.title = "B", .genres = TEXTS_OF("Crime")});
    title_create((struct title_new){.title = "C", .visibility = "hidden", .genres = TEXTS_OF("Secret")});
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
        title_create((struct title_new){.title = name,
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

static int64_t waiting(void) {
    return ((const struct import_done *)ask_ok(MSG_content_import, admin, &(struct import_batch){0}))->waiting;
}

/* Until search knows them too. */
static const struct import_done *import(struct import_title *items, size_t n) {
    static struct import_done done;
    done = *(const struct import_done *)ask_ok(MSG_content_import, admin, &(struct import_batch){.items = {items, n}});
    assert_int_equal(done.waiting > 0, done.added + done.changed > 0);
    AWAIT(waiting() == 0);
    return &done;
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

static void views_come_on_top_of_what_was_imported(void **state) {
    (void)state;
    house_sql("truncate content.titles, content.persons, content.outbox cascade");
    struct import_title item = {.external_id = "x:9", .title = "Known", .popularity = 40, .has_popularity = true};
    import(&item, 1);
    int64_t id = house_number("select id as value from content.titles");
    struct title_views views = {.title_id = id, .popularity = 2, .week_views = 2};
    ask_ok(MSG_content_watched, service, &(struct views_news){.items = {&views, 1}});
    assert_int_equal(house_number("select popularity::bigint as value from content.titles"), 42);
    assert_int_equal(house_number("select popularity::bigint as value from content.search"), 42);
    item.popularity = 10;
    import(&item, 1);
    assert_int_equal(house_number("select popularity::bigint as value from content.titles"), 12);
    const struct export_page *page = ask_ok(MSG_content_export, admin, &(struct export_ask){0});
    assert_true(LIST_AT(page->items, struct import_title, 0).popularity == 10);
    views.popularity = 1;
    ask_ok(MSG_content_watched, service, &(struct views_news){.items = {&views, 1}});
    assert_int_equal(house_number("select popularity::bigint as value from content.titles"), 11);
}

/* Words, traits and cards come of the titles as they are at that moment; those that are gone by then are left out. */
static void what_an_import_brought_is_made_known(void **state) {
    (void)state;
    house_sql("truncate content.titles, content.persons, content.outbox cascade");
    struct import_title item = {.external_id = "x:7", .title = "Seventh"};
    import(&item, 1);
    int64_t id = house_number("select id as value from content.titles"), ids[] = {id, id + 1000};
    struct import_index index = {.ids = {ids, 2}};
    house_sql("update content.titles set title = 'Eighth'; delete from content.outbox");
    expect_code(ask(MSG_content_index, admin, &index), FORBIDDEN, "forbidden");
    finds("seventh", "Eighth");
    ask_ok(MSG_content_index, service, &index);
    finds("eighth", "Eighth");
    finds_nothing("seventh");
    assert_int_equal(house_number("select count(*) as value from content.outbox where message = 304"), 1);
}

int shelves_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_front_page),
        cmocka_unit_test(pages_by_number),
        cmocka_unit_test(an_import_again_changes_nothing),
        cmocka_unit_test(what_an_import_brought_is_made_known),
        cmocka_unit_test(views_come_on_top_of_what_was_imported),
    };
    return RUN("shelves", titles_start, titles_stop);
}
