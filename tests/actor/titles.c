#include "tests/actor/titles.h"

static pid_t content;

int titles_start(void **state) {
    (void)state;
    house_sql("truncate content.outbox, content.titles, content.persons, content.labels, content.lexicon, content.seen"
              " cascade");
    content = house_start("zoe-content", NULL);
    house_await("content", 1);
    /* Connections that begin their work hold locks in no order that a truncation could keep. */
    for (int i = 0; i < 2; i++, sleep_ms(100))
        AWAIT(
            house_number("select count(*) filter (where state = 'idle') - 100 * count(*) filter (where state <> 'idle')"
                         " as value from pg_stat_activity where usename = 'zoe_content'") >= 2);
    return 0;
}

int titles_stop(void **state) {
    (void)state;
    house_stop(content);
    house_await("content", 0);
    house_sql("truncate content.outbox, content.titles, content.persons, content.labels, content.lexicon, content.seen"
              " cascade");
    return 0;
}

struct list texts(size_t n, const char **at) {
    return (struct list){at, n};
}

const char *text_at(struct list list, size_t i) {
    assert_true(i < list.n);
    return LIST_AT(list, const char *, i);
}

int64_t title_create(struct title_new wish) {
    return ((const struct title *)ask_ok(MSG_content_create, admin, &wish))->id;
}

const struct title *title_in(const struct list *list, size_t i) {
    assert_true(i < list->n);
    return &LIST_AT(*list, struct title, i);
}

void finds(const char *question, const char *name) {
    const struct search_page *page = ask_ok(MSG_content_search, nobody, &(struct search_ask){.q = question});
    if (!page->items.n)
        fail_msg("\"%s\" finds nothing", question);
    assert_string_equal(title_in(&page->items, 0)->title, name);
}

void finds_nothing(const char *question) {
    const struct search_page *page = ask_ok(MSG_content_search, nobody, &(struct search_ask){.q = question});
    assert_int_equal(page->items.n, 0);
    assert_int_equal(page->total, 0);
}
