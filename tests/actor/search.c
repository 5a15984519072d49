#include <stdio.h>
#include <string.h>

#include "tests/actor/titles.h"

/* What search, suggestions and similar titles find. */

static const struct {
    const char *question, *name;
} cases[] = {
    {"spider man", "Spider-Man"},
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
    {"lord of the rongs and rings", "The Lord of the Rings"}, /* a word of its own that no title has with them */
    {"what was it about michael jackson", "Jackson, Michael"},
    {"orthbou", "Northbound Train"}, /* inside of a word */
    {"bound train", "Northbound Train"},
    {"ings ord", "The Lord of the Rings"},
    {"jakson", "Jackson, Michael"},
    {"jakson michael", "Jackson, Michael"},
    {"micheal jackson", "Jackson, Michael"}};

static const char *const nothing[] = {"",   " ",     "%",   "_",        "'", "\\",          ":*",
                                      "!!", "& | !", "<->", "zzzzqqqq", "(", "\xe2\x80\xae"};

static void make_titles(void) {
    title_create(
        (struct title_new){.title = "Spider-Man", .keywords = TEXTS_OF("superhero"), .genres = TEXTS_OF("Action")});
    title_create((struct title_new){.title = "L\xc3\xa9on", .alternative_titles = TEXTS_OF("The Professional")});
    title_create((struct title_new){.title = "It", .genres = TEXTS_OF("Horror")});
    title_create((struct title_new){.title = "It Follows", .genres = TEXTS_OF("Horror")});
    title_create((struct title_new){.title = "What is it about", .description = "It is about it."});
    title_create((struct title_new){.title = "Schindler's List",
                                    .description = "A businessman saves workers from the vampires."});
    title_create((struct title_new){.title = "The Lord of the Rings"});
    title_create((struct title_new){.title = "Iron Man"});
    title_create((struct title_new){.title = "Batman", .description = "A man in a suit."});
    title_create((struct title_new){.title = "WALL\xc2\xb7"
                                             "E"});
    title_create((struct title_new){.title = "\xe5\x8d\x83\xe3\x81\xa8\xe5\x8d\x83\xe5\xb0\x8b"});
    title_create((struct title_new){.title = "Jackson, Michael"});
    title_create((struct title_new){.title = "Northbound Train"});
    title_create((struct title_new){.title = "Bound"});
}

static void search_understands(void **state) {
    (void)state;
    house_sql("truncate content.titles, content.persons cascade");
    make_titles();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        finds(cases[i].question, cases[i].name);
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        finds_nothing(nothing[i]);
}

static void search_tells_what_it_found(void **state) {
    (void)state;
    const struct search_page *page = ask_ok(MSG_content_search, nobody, &(struct search_ask){.q = "jakson"});
    assert_string_equal(page->corrected, "jackson");
    /* Of words that are as near the one most like it, though other titles are called like these. */
    title_create((struct title_new){.title = "Jason"});
    title_create((struct title_new){.title = "Jaason"});
    finds("jakson", "Jackson, Michael");
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
        title_create((struct title_new){.title = name, .description = i % 2 ? "Ships." : "Boats in a harbour."});
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
    title_create((struct title_new){.title = "The Matrix", .year = 1999, .has_year = true});
    title_create((struct title_new){.title = "Matilda"});
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
    int64_t heist = title_create((struct title_new){
        .title = "Heist", .genres = TEXTS_OF("Crime"), .keywords = TEXTS_OF("heist", "revenge", "bank")});
    int64_t twin = title_create(
        (struct title_new){.title = "Twin", .genres = TEXTS_OF("Crime"), .keywords = TEXTS_OF("heist", "revenge")});
    int64_t other = title_create(
        (struct title_new){.title = "Other", .genres = TEXTS_OF("Romance"), .keywords = TEXTS_OF("wedding")});
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

static void a_series_is_found_by_its_episodes(void **state) {
    (void)state;
    house_sql("truncate content.titles, content.persons cascade");
    int64_t series = title_create((struct title_new){.title = "The Long Voyage", .kind = "series"});
    struct episode_new wish = {.parent_id = series, .season = 1, .episode = 1, .title = "Kraken"};
    int64_t episode = ((const struct title *)ask_ok(MSG_content_episode_add, admin, &wish))->id;
    finds("kraken", "The Long Voyage");
    finds("krakne", "The Long Voyage");
    ask_ok(MSG_content_change, admin, &(struct title_change){.id = episode, .title = "Leviathan"});
    finds_nothing("kraken");
    finds("leviathan", "The Long Voyage");
    ask_ok(MSG_content_change, admin, &(struct title_change){.id = episode, .visibility = "hidden"});
    finds_nothing("leviathan");
    ask_ok(MSG_content_change, admin, &(struct title_change){.id = episode, .visibility = "active"});
    finds("leviathan", "The Long Voyage");
    ask_ok(MSG_content_delete, admin, &(struct title_gone_ask){.id = episode});
    finds_nothing("leviathan");
}

/* Search is as quick as its rows are narrow: the texts to look in are kept outside of them. */
static void what_is_searched_is_kept_outside_of_the_rows(void **state) {
    (void)state;
    house_sql("truncate content.titles cascade");
    char text[1500];
    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = i % 7 == 6 ? ' ' : (char)('a' + i * i % 26);
    text[sizeof text - 1] = 0;
    title_create((struct title_new){.title = "Narrow", .description = text});
    assert_true(
        house_number(
            "select pg_relation_size(reltoastrelid) as value from pg_class where oid = 'content.search'::regclass") >
        0);
    finds("narrow", "Narrow");
}

/* Of what very many titles have, the popular ones and the titles called so are never missed. */
static void common_words_find_the_popular_titles(void **state) {
    (void)state;
    house_sql("truncate content.titles cascade");
    house_sql("insert into content.titles (title) select 'Film ' || n from generate_series(1, 6000) n");
    house_sql("insert into content.search (title_id, name, others, kind, genres, facets, brevity, popularity, popular, "
              "hidden, names, words)"
              " select id, 'film ' || n, '{}', 'movie', '{}', '[\"movie\", null, []]', 0.3, n / 10.0, n > 5900, false,"
              " to_tsvector('simple', 'film ' || n), to_tsvector('simple', 'film harbour ' || n)"
              " from (select id, split_part(title, ' ', 2)::integer as n from content.titles"
              "       where starts_with(title, 'Film')) made");
    title_create((struct title_new){.title = "Harbour"});
    const struct search_page *page = ask_ok(MSG_content_search, nobody, &(struct search_ask){.q = "harbour"});
    assert_string_equal(title_in(&page->items, 0)->title, "Harbour");
    assert_string_equal(title_in(&page->items, 1)->title, "Film 6000");
    /* Which are popular is found out behind the writers. */
    AWAIT(house_number("select count(*) as value from content.search where popular") == 3000);
    assert_int_equal(house_number("select min(popularity)::bigint as value from content.search where popular"), 300);
    page = ask_ok(MSG_content_search, nobody, &(struct search_ask){.q = "harbour"});
    assert_string_equal(title_in(&page->items, 0)->title, "Harbour");
    assert_int_equal(page->total, 4001);
    /* Of exactly this name, though 6,000 others begin with it and 3,000 of them are more popular. */
    title_create((struct title_new){.title = "Film"});
    page = ask_ok(MSG_content_search, nobody, &(struct search_ask){.q = "film"});
    assert_string_equal(title_in(&page->items, 0)->title, "Film");
}

int search_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(search_understands),
        cmocka_unit_test(search_tells_what_it_found),
        cmocka_unit_test(search_has_pages),
        cmocka_unit_test(suggestions_while_typing),
        cmocka_unit_test(similar_titles_follow_changes),
        cmocka_unit_test(a_series_is_found_by_its_episodes),
        cmocka_unit_test(what_is_searched_is_kept_outside_of_the_rows),
        cmocka_unit_test(common_words_find_the_popular_titles),
    };
    return RUN("search", titles_start, titles_stop);
}
