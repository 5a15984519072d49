#include <stdlib.h>
#include <string.h>

#include "http_edge/template.h"
#include "tests/unit/edge_test.h"
#include "tests/unit/unit.h"

static struct account account = {.id = 7,
                                 .has_id = true,
                                 .email = "a\"b@x.test",
                                 .name = "Ann\r\nSet-Cookie: x",
                                 .verified = true,
                                 .has_verified = true,
                                 .created_at = 1763628855000,
                                 .has_created_at = true};

static void write_token(void *self, bool stream, int64_t title, struct buffer *to) {
    (void)self;
    buffer_print(to, "%s%lld", stream ? "s" : "w", (long long)title);
}

static const char *query(void *self, const char *name) {
    (void)self;
    return strcmp(name, "q") ? NULL : "a\"b";
}

static void gives(const struct record *record, enum template_mode mode, const char *text, const void *value,
                  const char *expected) {
    char why[200];
    struct buffer out = {0};
    struct template_frame frame = {.base = "http://host:1",
                                   .secure = mode == TEMPLATE_LINE,
                                   .user = mode == TEMPLATE_JSON ? 5 : 0,
                                   .token = write_token,
                                   .query = query};
    struct template *template = template_new(record, mode, text, why);
    assert_non_null(template);
    template_run(template, value, &frame, &out);
    buffer_add(&out, "", 1);
    assert_string_equal(out.at, expected);
    buffer_free(&out);
    template_free(template);
}

static void titles_become_json(void **state) {
    (void)state;
    const char *genres[] = {"Action", "Dr\"ama"};
    struct title titles[] = {{.id = 7, .has_id = true, .genres = {genres, 2}}, {.id = 8, .has_id = true}};
    struct title_page page = {.items = {titles, 2}}, none = {0};
    gives(title_page_record(), TEMPLATE_JSON, "[$items{\"w\":@watch$id,\"s\":@stream$id,\"g\":@join$genres}]", &page,
          "[{\"w\":\"w7\",\"s\":\"http://host:1/stream/s7/master.m3u8\",\"g\":\"Action, Dr\\\"ama\"},"
          "{\"w\":\"w8\",\"s\":\"http://host:1/stream/s8/master.m3u8\",\"g\":\"\"}]");
    gives(title_page_record(), TEMPLATE_JSON, "{\"n\":@count$items,\"u\":@user,\"q\":@query.q,\"p\":@query.page}",
          &page, "{\"n\":2,\"u\":5,\"q\":\"a\\\"b\",\"p\":\"\"}");
    struct rendition rungs[] = {{.name = "720p", .file = true}, {.name = "480p"}, {.name = "120p", .file = true}};
    titles[0].renditions = (struct list){rungs, 3};
    gives(title_page_record(), TEMPLATE_JSON, "[$items{\"f\":{$renditions?file\"$name\":\"videos/${id}_$name.mp4\"}}]",
          &page, "[{\"f\":{\"720p\":\"videos/7_720p.mp4\",\"120p\":\"videos/7_120p.mp4\"}},{\"f\":{}}]");
    gives(title_page_record(), TEMPLATE_JSON,
          "[$items{\"r\":[$renditions?file{\"i\":$id,\"n\":$name}],\"all\":[$renditions$name]}]", &page,
          "[{\"r\":[{\"i\":7,\"n\":\"720p\"},{\"i\":7,\"n\":\"120p\"}],\"all\":[\"720p\",\"480p\",\"120p\"]},{\"r\":[],"
          "\"all\":[]}]");
    gives(title_page_record(), TEMPLATE_JSON, "@count$items", &none, "0");
}

static void values_have_cases(void **state) {
    (void)state;
    struct title titles[] = {{.id = 7, .has_id = true, .processing_state = "processing"},
                             {.id = 8, .has_id = true, .processing_state = "none"},
                             {.id = 9, .has_id = true}};
    struct title_page page = {.items = {titles, 3}};
    gives(title_page_record(), TEMPLATE_JSON,
          "[$items{\"s\":$processing_state{none:\"pending\"},"
          "\"o\":$processing_state{none:null, *:{\"a\":[\"v/$id.mp4\",\"},\"]}}}]",
          &page,
          "[{\"s\":\"processing\",\"o\":{\"a\":[\"v/7.mp4\",\"},\"]}},{\"s\":\"pending\",\"o\":null},"
          "{\"s\":null,\"o\":null}]");
    gives(title_page_record(), TEMPLATE_JSON, "[$items$processing_state{none:1,processing:2}|\"?\"]", &page,
          "[2,1,\"?\"]");
}

static void fields_become_json(void **state) {
    (void)state;
    struct account_reply reply = {.account = &account};
    const struct record *record = account_reply_record();
    gives(record, TEMPLATE_JSON, "{\"id\": $account.id, \"mail\": $account.email}", &reply,
          "{\"id\":7,\"mail\":\"a\\\"b@x.test\"}");
    gives(record, TEMPLATE_JSON, "{\"t\":$account.created_at}", &reply, "{\"t\":\"2025-11-20T08:54:15Z\"}");
    gives(record, TEMPLATE_JSON, "{\"opaque\":$opaque}", &reply, "{\"opaque\":null}");
    gives(record, TEMPLATE_JSON, "{\"opaque\":$opaque|\"none\"}", &reply, "{\"opaque\":\"none\"}");
    gives(record, TEMPLATE_JSON, "{\"say\":\"my \\\"id\\\" is $account.id, $account.email\"}", &reply,
          "{\"say\":\"my \\\"id\\\" is 7, a\\\"b@x.test\"}");
    gives(record, TEMPLATE_JSON, "{\"id\":@hex$account.id,\"at\":@naive$account.created_at}", &reply,
          "{\"id\":\"000000000000000000000007\",\"at\":\"2025-11-20T08:54:15\"}");
    gives(record, TEMPLATE_JSON, "{\"n\":$account.username|$account.email}", &reply, "{\"n\":\"a\\\"b@x.test\"}");
    gives(record, TEMPLATE_JSON, "{\"p\":@base$account.picture_url|\"/none.jpg\"}", &reply,
          "{\"p\":\"http://host:1/none.jpg\"}");
    gives(record, TEMPLATE_JSON, "{\"a\":@admin$account.roles}", &reply, "{\"a\":false}");
    struct account other = account;
    const char *roles[] = {"user", "admin"};
    other.created_at = 1763628855007;
    other.username = "ann";
    other.picture_url = "/pictures/1.jpg";
    other.roles = (struct list){roles, 2};
    gives(record, TEMPLATE_JSON,
          "[@naive$account.created_at,$account.username|$account.email,@base$account.picture_url|\"x\","
          "@admin$account.roles]",
          &(struct account_reply){.account = &other},
          "[\"2025-11-20T08:54:15.007\",\"ann\",\"http://host:1/pictures/1.jpg\",true]");
    struct account_reply empty = {0};
    gives(record, TEMPLATE_JSON, "{\"id\":$account.id}", &empty, "{\"id\":null}");
}

static void lists_have_inner_shapes(void **state) {
    (void)state;
    struct title titles[] = {
        {.id = 2, .has_id = true, .title = "B", .category = "", .poster_url = "/v1/titles/2/poster.jpg"},
        {.id = 1, .has_id = true, .title = "A", .category = "Drama"}};
    struct title_page page = {.items = {titles, 2}};
    const char *shape = "[$items{\"id\":$id,\"url\":@base$poster_url,\"category\":$category|\"None\"}]";
    gives(title_page_record(), TEMPLATE_JSON, shape, &page,
          "[{\"id\":2,\"url\":\"http://host:1/v1/titles/2/poster.jpg\",\"category\":\"None\"},"
          "{\"id\":1,\"url\":null,\"category\":\"Drama\"}]");
    struct title_page none = {0};
    gives(title_page_record(), TEMPLATE_JSON, shape, &none, "[]");
}

static void header_lines_carry_no_line_ends(void **state) {
    (void)state;
    gives(account_record(), TEMPLATE_LINE, "Location: /x/$id; n=$name@secure", &account,
          "Location: /x/7; n=AnnSet-Cookie: x; Secure");
}

static void wrong_shapes_are_refused(void **state) {
    (void)state;
    char why[200];
    static const char *const wrong[] = {"{\"a\":@hex$account.email}",
                                        "{\"a\":@naive$account.id}",
                                        "{\"a\":\"@hex$account.id\"}",
                                        "{\"a\":$account.email|$account.nothing}",
                                        "{\"a\":$nothing}",
                                        "{\"a\":$account.nothing}",
                                        "{\"a\":\"$\"}",
                                        "[$account{$id}]",
                                        "{\"a\":$opaque{}}",
                                        "{\"a\":$opaque{one}}",
                                        "{\"a\":$opaque{one:}",
                                        "{\"a\":$opaque{one:$nothing}}",
                                        "{\"a\":$opaque{one:1,}}",
                                        "{\"a\":$account.id{one:1}}",
                                        "{\"a\":\"${account.id\"}",
                                        "{\"a\":$opaque|\"open}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_null(template_new(account_reply_record(), TEMPLATE_JSON, wrong[i], why));
    assert_null(template_new(title_page_record(), TEMPLATE_JSON, "[$items{$id", why));
    static const char *const lists[] = {"[$items?title{}]", "[$items?nothing{}]", "{$items\"a\":1"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        assert_null(template_new(title_page_record(), TEMPLATE_JSON, lists[i], why));
    assert_null(template_new(account_record(), TEMPLATE_LINE, "A: @setting.nothing", why));
    assert_null(template_new(account_record(), TEMPLATE_LINE, "A: @nothing", why));
}

int edge_template_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_become_json),      cmocka_unit_test(titles_become_json),
        cmocka_unit_test(lists_have_inner_shapes), cmocka_unit_test(header_lines_carry_no_line_ends),
        cmocka_unit_test(values_have_cases),       cmocka_unit_test(wrong_shapes_are_refused),
    };
    return cmocka_run_group_tests_name("edge: template", tests, NULL, NULL);
}
