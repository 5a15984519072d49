#include <stdlib.h>
#include <unistd.h>

#include "actors/actor_parts.h"
#include "tests/actor/tests.h"

/* The mailbox alone: no process, no database. */

static void never(struct call **calls, size_t n) {
    (void)calls, (void)n;
}

static const struct handler handlers[] = {
    {.message = MSG_history_record, .many = never, .most = 8},
    {.message = MSG_history_list},
    {.message = MSG_history_resume, .many = never, .most = 100000},
    {.message = MSG_auth_me, .many = never, .most = 8, .solo = true},
};
static const struct handler *handler_of(unsigned message) {
    size_t i = 0;
    while (handlers[i].message != message)
        i++;
    return &handlers[i];
}

/* `posted` serves as the call's name. */
static struct call *put(struct mailbox *box, unsigned message, unsigned name) {
    struct call *call = calloc(1, sizeof *call);
    *call = (struct call){.message = message_row(message), .handler = handler_of(message), .posted = name};
    if (!mailbox_put(box, call))
        return call;
    free(call);
    return NULL;
}

/* Takes, and leaves the calls at work. */
static size_t begin(struct mailbox *box, unsigned *names, unsigned *message) {
    struct call *calls[BATCH_MAX];
    size_t n = mailbox_take(box, calls, BATCH_MAX);
    for (size_t i = 0; i < n; i++) {
        names[i] = calls[i]->posted;
        *message = calls[i]->message->number;
        free(calls[i]);
    }
    return n;
}

static size_t take(struct mailbox *box, unsigned *names) {
    unsigned message = 0;
    size_t n = begin(box, names, &message);
    mailbox_done(box, message, n);
    return n;
}

static void bound_holds(void **state) {
    (void)state;
    struct mailbox box;
    unsigned names[BATCH_MAX];
    assert_int_equal(mailbox_open(&box, 3), 0);
    for (unsigned i = 0; i < 3; i++)
        assert_non_null(put(&box, MSG_history_list, i));
    assert_null(put(&box, MSG_history_list, 3));
    assert_int_equal(take(&box, names), 1);
    assert_non_null(put(&box, MSG_history_list, 4));
    mailbox_close(&box);
    assert_null(put(&box, MSG_history_list, 5));
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(take(&box, names), 1);
    assert_int_equal(take(&box, names), 0);
    mailbox_free(&box);
}

static void batches_are_alike_and_in_order(void **state) {
    (void)state;
    struct mailbox box;
    unsigned names[BATCH_MAX];
    assert_int_equal(mailbox_open(&box, 100), 0);
    for (unsigned i = 0; i < 20; i++)
        put(&box, i % 2 ? MSG_history_list : MSG_history_record, i);
    /* Every second is a position: eight at once, then one list, then the other two positions. */
    assert_int_equal(take(&box, names), 8);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(names[i], 2 * i);
    assert_int_equal(take(&box, names), 1);
    assert_int_equal(names[0], 1);
    size_t positions = 8, lists = 1;
    unsigned last_position = 14, last_list = 1;
    while (positions + lists < 20) {
        size_t n = take(&box, names);
        for (size_t i = 0; i < n; i++) {
            unsigned *last = names[i] % 2 ? &last_list : &last_position;
            assert_true(names[i] > *last);
            *last = names[i];
            *(names[i] % 2 ? &lists : &positions) += 1;
        }
    }
    assert_int_equal(positions, 10);
    assert_true(mailbox_idle(&box));
    mailbox_free(&box);
}

static void the_last_of_a_kind_leaves_the_others_whole(void **state) {
    (void)state;
    struct mailbox box;
    unsigned names[BATCH_MAX];
    assert_int_equal(mailbox_open(&box, 100), 0);
    put(&box, MSG_history_record, 1);
    put(&box, MSG_history_list, 2);
    put(&box, MSG_history_record, 3);
    assert_int_equal(take(&box, names), 2);
    /* What is put now must come behind the one that stayed. */
    put(&box, MSG_history_list, 4);
    assert_int_equal(take(&box, names), 1);
    assert_int_equal(names[0], 2);
    assert_int_equal(take(&box, names), 1);
    assert_int_equal(names[0], 4);
    assert_true(mailbox_idle(&box));
    mailbox_free(&box);
}

/* What comes while a worker is at a solo batch is one more batch; other messages go on meanwhile. */
static void a_solo_message_is_at_one_worker_at_a_time(void **state) {
    (void)state;
    struct mailbox box;
    unsigned names[BATCH_MAX], me = 0, list = 0;
    assert_int_equal(mailbox_open(&box, 100), 0);
    put(&box, MSG_auth_me, 1);
    assert_int_equal(begin(&box, names, &me), 1);
    put(&box, MSG_auth_me, 2);
    put(&box, MSG_history_list, 3);
    put(&box, MSG_auth_me, 4);
    put(&box, MSG_history_list, 5);
    for (unsigned name = 3; name <= 5; name += 2) {
        assert_int_equal(begin(&box, names, &list), 1);
        assert_int_equal(names[0], name);
    }
    assert_false(mailbox_idle(&box));
    mailbox_done(&box, me, 1);
    assert_int_equal(begin(&box, names, &me), 2);
    assert_int_equal(names[0], 2);
    assert_int_equal(names[1], 4);
    mailbox_done(&box, me, 2);
    mailbox_done(&box, list, 2);
    assert_true(mailbox_idle(&box));
    mailbox_free(&box);
}

static void no_batch_is_larger_than_the_harness_holds(void **state) {
    (void)state;
    struct mailbox box;
    unsigned names[BATCH_MAX];
    assert_int_equal(mailbox_open(&box, 4096), 0);
    for (unsigned i = 0; i < 1000; i++)
        put(&box, MSG_history_resume, i);
    assert_int_equal(take(&box, names), BATCH_MAX);
    assert_int_equal(take(&box, names), 1000 - BATCH_MAX);
    assert_int_equal(names[0], BATCH_MAX);
    mailbox_free(&box);
}

struct crowd {
    struct mailbox box;
    size_t taken; /* atomic */
};

static void *take_all(void *arg) {
    struct crowd *crowd = arg;
    unsigned names[BATCH_MAX];
    for (size_t n; (n = take(&crowd->box, names));)
        __atomic_add_fetch(&crowd->taken, n, __ATOMIC_RELAXED);
    return NULL;
}

static void many_workers_lose_nothing(void **state) {
    (void)state;
    enum { WORKERS = 4, CALLS = 20000 };
    struct crowd crowd = {.taken = 0};
    pthread_t threads[WORKERS];
    assert_int_equal(mailbox_open(&crowd.box, 64), 0);
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_all, &crowd), 0);
    for (unsigned i = 0; i < CALLS;)
        if (put(&crowd.box, i % 3 == 2 ? MSG_auth_me : i % 3 ? MSG_history_record : MSG_history_list, i))
            i++;
        else
            sched_yield();
    mailbox_close(&crowd.box);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(crowd.taken, CALLS);
    assert_true(mailbox_idle(&crowd.box));
    mailbox_free(&crowd.box);
}

int pool_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bound_holds),
        cmocka_unit_test(batches_are_alike_and_in_order),
        cmocka_unit_test(the_last_of_a_kind_leaves_the_others_whole),
        cmocka_unit_test(a_solo_message_is_at_one_worker_at_a_time),
        cmocka_unit_test(no_batch_is_larger_than_the_harness_holds),
        cmocka_unit_test(many_workers_lose_nothing),
    };
    return RUN("mailbox", NULL, NULL);
}
