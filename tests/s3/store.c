/* The calls of a place against a real S3 server, or a folder: ZOE_TEST_PLACE names it, empty at the start. */
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "db/store/place.h"
#include "protocol/node/clock.h"
#include "protocol/node/config.h"
#include "protocol/node/log.h"

enum { PART = 5 << 20 };

static struct place *place;
static char *noise;

static int open_place(void **state) {
    (void)state;
    config_load();
    log_open("test-s3");
    place = place_open(getenv("ZOE_TEST_PLACE") ? getenv("ZOE_TEST_PLACE") : "");
    noise = malloc(3 * PART);
    if (!place || !noise)
        return -1;
    random_bytes(noise, 3 * PART);
    return 0;
}

static int close_place(void **state) {
    (void)state;
    if (place)
        place_delete(place, "t");
    place_close(place);
    free(noise);
    return 0;
}

static void check_bytes(const char *name, int64_t offset, int64_t count, const char *wanted, size_t n) {
    struct place_get get = {.offset = offset, .count = count, .max = 64 << 20};
    assert_int_equal(place_get(place, name, &get), 0);
    assert_int_equal(get.body.n, n);
    if (n)
        assert_memory_equal(get.body.at, wanted, n);
    buffer_free(&get.body);
}

static void what_is_put_is_got(void **state) {
    (void)state;
    assert_int_equal(place_put(place, "t/put/a.ts", "first", 5), 0);
    assert_int_equal(place_put(place, "t/put/a.ts", "second", 6), 0);
    assert_int_equal(place_put(place, "t/put/empty", "", 0), 0);
    assert_int_equal(place_put(place, "t/put/big", noise, 3 * PART), 0);
    assert_int_equal(place_size(place, "t/put/a.ts"), 6);
    assert_int_equal(place_size(place, "t/put/empty"), 0);
    check_bytes("t/put/a.ts", 0, 0, "second", 6);
    check_bytes("t/put/empty", 0, 0, "", 0);
    check_bytes("t/put/big", 0, 0, noise, 3 * PART);
    errno = 0;
    assert_int_equal(place_size(place, "t/put/none"), -1);
    assert_int_equal(errno, ENOENT);
    struct place_get get = {.max = 100};
    assert_int_equal(place_get(place, "t/put/none", &get), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(place_put(place, "../x", "x", 1), -1);
    assert_int_equal(errno, EINVAL);
}

static void a_range_is_a_part(void **state) {
    (void)state;
    assert_int_equal(place_put(place, "t/range", noise, 1000), 0);
    check_bytes("t/range", 100, 50, noise + 100, 50);
    check_bytes("t/range", 990, 100, noise + 990, 10);
    check_bytes("t/range", 500, 0, noise + 500, 500);
    check_bytes("t/range", 1000, 10, "", 0);
    check_bytes("t/range", 5000, 10, "", 0);
    struct place_get get = {.offset = 10, .count = 20, .max = 20};
    assert_int_equal(place_get(place, "t/range", &get), 0);
    assert_int_equal(get.size, 1000);
    buffer_free(&get.body);
}

struct kept {
    struct buffer bytes;
    int64_t stop_at; /* 0: never */
};

static int keep_piece(void *self, int64_t at, const char *bytes, size_t n) {
    struct kept *kept = self;
    /* After a fault the bytes come again. */
    assert_true(at == (int64_t)kept->bytes.n || !at);
    kept->bytes.n = (size_t)at;
    buffer_add(&kept->bytes, bytes, n);
    errno = ENOSPC;
    return kept->stop_at && (int64_t)kept->bytes.n >= kept->stop_at ? -1 : 0;
}

static void bytes_can_be_taken_as_they_come(void **state) {
    (void)state;
    struct kept kept = {0};
    struct place_get get = {.offset = 1000, .count = 2 * PART, .max = 2 * PART, .take = keep_piece, .self = &kept};
    assert_int_equal(place_put(place, "t/taken", noise, 3 * PART), 0);
    assert_int_equal(place_get(place, "t/taken", &get), 0);
    assert_int_equal(get.taken, 2 * PART);
    assert_int_equal(get.size, 3 * PART);
    assert_int_equal(get.body.n, 0);
    assert_int_equal(kept.bytes.n, 2 * PART);
    assert_memory_equal(kept.bytes.at, noise + 1000, 2 * PART);
    kept.bytes.n = 0;
    kept.stop_at = PART;
    get.body.n = 0;
    assert_int_equal(place_get(place, "t/taken", &get), -1);
    assert_int_equal(errno, ENOSPC);
    kept.bytes.n = 0;
    kept.stop_at = 0;
    get.max = PART;
    assert_int_equal(place_get(place, "t/taken", &get), -1);
    assert_int_equal(errno, EFBIG);
    assert_int_equal(place_get(place, "t/none", &get), -1);
    assert_int_equal(errno, ENOENT);
    buffer_free(&kept.bytes);
    buffer_free(&get.body);
}

static void memory_that_is_there_is_used(void **state) {
    (void)state;
    struct place_get get = {.max = PART};
    assert_int_equal(place_put(place, "t/memory", noise, PART), 0);
    assert_int_equal(place_get(place, "t/memory", &get), 0);
    assert_true(get.body.size <= PART + 1);
    const char *memory = get.body.at;
    get.offset = 7;
    get.count = 1000;
    assert_int_equal(place_get(place, "t/memory", &get), 0);
    assert_ptr_equal(get.body.at, memory);
    assert_int_equal(get.body.n, 1000);
    assert_memory_equal(get.body.at, noise + 7, 1000);
    buffer_free(&get.body);
}

static void more_than_wanted_is_refused(void **state) {
    (void)state;
    struct place_get get = {.max = 999};
    assert_int_equal(place_put(place, "t/large", noise, 1000), 0);
    assert_int_equal(place_get(place, "t/large", &get), -1);
    assert_int_equal(errno, EFBIG);
    buffer_free(&get.body);
}

static void what_is_unchanged_is_not_sent(void **state) {
    (void)state;
    struct place_get first = {.max = 100}, second = {.max = 100}, third = {.max = 100};
    assert_int_equal(place_put(place, "t/etag", "one", 3), 0);
    assert_int_equal(place_get(place, "t/etag", &first), 0);
    assert_false(first.unchanged);
    assert_true(*first.etag);
    second.unless = third.unless = first.etag;
    assert_int_equal(place_get(place, "t/etag", &second), 0);
    assert_true(second.unchanged);
    assert_int_equal(place_put(place, "t/etag", "two!", 4), 0);
    assert_int_equal(place_get(place, "t/etag", &third), 0);
    assert_false(third.unchanged);
    assert_int_equal(third.body.n, 4);
    buffer_free(&first.body);
    buffer_free(&second.body);
    buffer_free(&third.body);
}

static void parts_make_one_object(void **state) {
    (void)state;
    char id[PLACE_ID_BYTES];
    /* Numbers with a gap: another writer may have taken those between. */
    struct place_part parts[] = {{.number = 1, .offset = 0, .bytes = PART},
                                 {.number = 6, .offset = PART, .bytes = PART},
                                 {.number = 7, .offset = 2 * PART, .bytes = 777}};
    assert_int_equal(place_begin(place, "t/parts", id), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(place_part(place, "t/parts", id, noise + parts[i].offset, &parts[i]), 0);
    assert_int_equal(place_size(place, "t/parts"), -1);
    assert_int_equal(place_complete(place, "t/parts", id, parts, 3), 0);
    assert_int_equal(place_size(place, "t/parts"), 2 * PART + 777);
    check_bytes("t/parts", 0, 0, noise, 2 * PART + 777);
    /* The answer may have been lost, so it is asked for again. */
    assert_int_equal(place_complete(place, "t/parts", id, parts, 3), 0);
}

static void parts_are_copied_by_the_place(void **state) {
    (void)state;
    char id[PLACE_ID_BYTES];
    struct place_part parts[] = {{.number = 1, .offset = 0, .bytes = PART},
                                 {.number = 2, .offset = PART, .bytes = PART},
                                 {.number = 3, .offset = 2 * PART, .bytes = 777}};
    assert_int_equal(place_put(place, "t/source", noise, 3 * PART), 0);
    assert_int_equal(place_begin(place, "t/copied", id), 0);
    assert_int_equal(place_part_copy(place, "t/copied", id, "t/source", 1000, &parts[0]), 0);
    assert_int_equal(place_part(place, "t/copied", id, noise, &parts[1]), 0);
    assert_int_equal(place_part_copy(place, "t/copied", id, "t/source", 3 * PART - 777, &parts[2]), 0);
    assert_int_equal(place_complete(place, "t/copied", id, parts, 3), 0);
    check_bytes("t/copied", 0, PART, noise + 1000, PART);
    check_bytes("t/copied", PART, PART, noise, PART);
    check_bytes("t/copied", 2 * PART, 0, noise + 3 * PART - 777, 777);
    assert_int_equal(place_begin(place, "t/copied", id), 0);
    assert_int_equal(place_part_copy(place, "t/copied", id, "t/no-source", 0, &parts[0]), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(place_abort(place, "t/copied", id), 0);
}

static void what_is_aborted_is_gone(void **state) {
    (void)state;
    char id[PLACE_ID_BYTES];
    struct place_part part = {.number = 1, .bytes = PART};
    assert_int_equal(place_begin(place, "t/aborted", id), 0);
    assert_int_equal(place_part(place, "t/aborted", id, noise, &part), 0);
    assert_int_equal(place_abort(place, "t/aborted", id), 0);
    assert_int_equal(place_abort(place, "t/aborted", id), 0);
    assert_int_equal(place_complete(place, "t/aborted", id, &part, 1), -1);
    assert_int_equal(place_size(place, "t/aborted"), -1);
}

/* Somebody died before it completed or aborted. */
static void what_was_begun_and_left_is_tidied_up(void **state) {
    (void)state;
    char left[2][PLACE_ID_BYTES], other[PLACE_ID_BYTES], inside[PLACE_ID_BYTES];
    struct place_part part = {.number = 1, .bytes = PART};
    for (int i = 0; i < 2; i++)
        assert_int_equal(place_begin(place, "t/left", left[i]), 0);
    assert_int_equal(place_begin(place, "t/left-other", other), 0);
    assert_int_equal(place_begin(place, "t/folder/film", inside), 0);
    assert_int_equal(place_part(place, "t/left", left[0], noise, &part), 0);
    assert_int_equal(place_tidy(place, "t/left"), 0);
    assert_int_equal(place_tidy(place, "t/left"), 0);
    assert_int_equal(place_tidy(place, "t/nowhere/left"), 0);
    assert_int_equal(place_complete(place, "t/left", left[0], &part, 1), -1);
    assert_int_equal(place_part(place, "t/left", left[1], noise, &part), -1);
    /* A name that only begins like it is another's. */
    assert_int_equal(place_part(place, "t/left-other", other, noise, &part), 0);
    assert_int_equal(place_complete(place, "t/left-other", other, &part, 1), 0);
    check_bytes("t/left-other", 0, 0, noise, PART);
    /* With a folder goes what is being written in it. */
    assert_int_equal(place_put(place, "t/folder/segment", "x", 1), 0);
    assert_int_equal(place_delete(place, "t/folder"), 0);
    assert_int_equal(place_part(place, "t/folder/film", inside, noise, &part), -1);
}

static void a_writer_writes_what_comes(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 8 << 20, (8 << 20) + 1, 3 * PART};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct place_writer *writer = place_writer_open(place, "t/written", 0);
        assert_non_null(writer);
        for (size_t at = 0; at < sizes[i];) {
            size_t n = sizes[i] - at < 300000 ? sizes[i] - at : 300000;
            assert_int_equal(place_writer_append(writer, noise + at, n), 0);
            at += n;
        }
        assert_int_equal(place_writer_finish(writer), 0);
        check_bytes("t/written", 0, 0, noise, sizes[i]);
    }
    struct place_writer *writer = place_writer_open(place, "t/given-up", 0);
    assert_int_equal(place_writer_append(writer, noise, 2 * PART), 0);
    place_writer_abort(writer);
    assert_int_equal(place_size(place, "t/given-up"), -1);
}

struct seen {
    char names[4000];
    int64_t bytes;
    int n, stop_after;
};

static int note(void *self, const char *name, int64_t bytes) {
    struct seen *seen = self;
    if (strlen(seen->names) + strlen(name) + 2 < sizeof seen->names) {
        strcat(seen->names, name);
        strcat(seen->names, " ");
    }
    seen->bytes += bytes;
    return ++seen->n == seen->stop_after;
}

static void a_list_is_in_order(void **state) {
    (void)state;
    static const char *const names[] = {"t/list/a/2",  "t/list/a.b",   "t/list/b",
                                        "t/list/a/10", "t/list/c/d/e", "t/listen"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(place_put(place, names[i], "abc", 3), 0);
    struct seen all = {0}, later = {0}, first = {.stop_after = 2}, one = {0};
    assert_int_equal(place_list(place, "t/list/", NULL, note, &all), 0);
    assert_string_equal(all.names, "t/list/a.b t/list/a/10 t/list/a/2 t/list/b t/list/c/d/e ");
    assert_int_equal(all.bytes, 15);
    assert_int_equal(place_list(place, "t/list/", "t/list/a/10", note, &later), 0);
    assert_string_equal(later.names, "t/list/a/2 t/list/b t/list/c/d/e ");
    assert_int_equal(place_list(place, "t/list/", NULL, note, &first), 0);
    assert_string_equal(first.names, "t/list/a.b t/list/a/10 ");
    assert_int_equal(place_list(place, "t/list/a/1", NULL, note, &one), 0);
    assert_string_equal(one.names, "t/list/a/10 ");
}

struct many {
    int from;
};

static void *put_many(void *arg) {
    struct many *many = arg;
    char name[64];
    for (int i = many->from; i < 1100; i += 4) {
        snprintf(name, sizeof name, "t/many/%04d", i);
        if (place_put(place, name, "x", 1))
            return arg;
    }
    return NULL;
}

static void a_folder_goes_with_all_that_is_in_it(void **state) {
    (void)state;
    pthread_t threads[4];
    struct many many[4];
    void *failed = NULL;
    for (int i = 0; i < 4; i++) {
        many[i].from = i;
        assert_int_equal(pthread_create(&threads[i], NULL, put_many, &many[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    struct seen seen = {0}, none = {0};
    assert_int_equal(place_put(place, "t/many2", "y", 1), 0);
    assert_int_equal(place_list(place, "t/many/", NULL, note, &seen), 0);
    assert_int_equal(seen.n, 1100);
    assert_int_equal(place_delete(place, "t/many"), 0);
    assert_int_equal(place_list(place, "t/many/", NULL, note, &none), 0);
    assert_int_equal(none.n, 0);
    assert_int_equal(place_size(place, "t/many2"), 1);
    assert_int_equal(place_delete(place, "t/many2"), 0);
    assert_int_equal(place_size(place, "t/many2"), -1);
    assert_int_equal(place_delete(place, "t/many2"), 0);
}

static void what_is_old_is_swept(void **state) {
    (void)state;
    assert_int_equal(place_put(place, "t/sweep/a", "x", 1), 0);
    assert_int_equal(place_put(place, "t/sweep/b", "x", 1), 0);
    assert_int_equal(place_sweep(place, "t/sweep", 3600), 0);
    assert_int_equal(place_size(place, "t/sweep/a"), 1);
    assert_int_equal(place_sweep(place, "t/sweep", -5), 2);
    assert_int_equal(place_size(place, "t/sweep/a"), -1);
    assert_int_equal(place_sweep(place, "t/nowhere", 0), 0);
}

static size_t keep_body(char *at, size_t size, size_t n, void *self) {
    buffer_add(self, at, size * n);
    return size * n;
}

/* What anybody gets who has the address. */
static long fetch(const char *url, struct buffer *body) {
    long http = 0;
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    if (!curl_easy_perform(curl))
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http);
    curl_easy_cleanup(curl);
    return http;
}

static long fetch_signed(const char *name, int64_t when, int64_t seconds, const char *from, const char *to) {
    struct buffer url = {0}, body = {0};
    assert_int_equal(place_sign(place, name, when, seconds, &url), 0);
    char *at = from ? strstr((char *)buffer_string(&url), from) : NULL;
    if (from)
        memcpy(at, to, strlen(to));
    long http = fetch(buffer_string(&url), &body);
    if (http == 200)
        assert_memory_equal(body.at, name, strlen(name));
    buffer_free(&url);
    buffer_free(&body);
    return http;
}

static void a_signed_address_is_good_for_one_object_and_a_while(void **state) {
    (void)state;
    int64_t now = clock_wall_ms() / 1000;
    struct buffer none = {0};
    if (place_is_folder(place)) {
        assert_int_equal(place_sign(place, "t/signed-1", now, 60, &none), -1);
        assert_int_equal(errno, ENOTSUP);
        return;
    }
    assert_int_equal(place_put(place, "t/signed-1", "t/signed-1", 10), 0);
    assert_int_equal(place_put(place, "t/signed-2", "t/signed-2", 10), 0);
    assert_int_equal(fetch_signed("t/signed-1", now, 60, NULL, NULL), 200);
    assert_int_equal(fetch_signed("t/signed-1", now, 60, "signed-1", "signed-2"), 403);
    assert_int_equal(fetch_signed("t/signed-1", now, 60, "Expires=60", "Expires=99"), 403);
    assert_int_equal(fetch_signed("t/signed-1", now - 100, 60, NULL, NULL), 403);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_got),
        cmocka_unit_test(a_range_is_a_part),
        cmocka_unit_test(bytes_can_be_taken_as_they_come),
        cmocka_unit_test(memory_that_is_there_is_used),
        cmocka_unit_test(more_than_wanted_is_refused),
        cmocka_unit_test(what_is_unchanged_is_not_sent),
        cmocka_unit_test(parts_make_one_object),
        cmocka_unit_test(parts_are_copied_by_the_place),
        cmocka_unit_test(what_is_aborted_is_gone),
        cmocka_unit_test(what_was_begun_and_left_is_tidied_up),
        cmocka_unit_test(a_writer_writes_what_comes),
        cmocka_unit_test(a_list_is_in_order),
        cmocka_unit_test(a_folder_goes_with_all_that_is_in_it),
        cmocka_unit_test(what_is_old_is_swept),
        cmocka_unit_test(a_signed_address_is_good_for_one_object_and_a_while),
    };
    return cmocka_run_group_tests_name("place", tests, open_place, close_place);
}
