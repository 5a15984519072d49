#ifndef ZOE_TESTS_BROKER_TESTS_H
#define ZOE_TESTS_BROKER_TESTS_H

#include "tests/broker/house.h"

/* The number in a name is the point of "From MDP/0.2 to a production broker" it shows. */
#define BROKER_TESTS(TEST)                                                                                             \
    TEST(point_1_killed_worker_with_64_asks)                                                                           \
    TEST(point_2_waiting_ask_expires)                                                                                  \
    TEST(point_2_held_ask_expires)                                                                                     \
    TEST(point_2_remaining_time_shrinks)                                                                               \
    TEST(point_2_ten_thousand_deadlines)                                                                               \
    TEST(point_3_full_queue_says_busy)                                                                                 \
    TEST(point_3_hopeless_asks_say_busy)                                                                               \
    TEST(point_3_full_bytes_say_busy)                                                                                  \
    TEST(point_3_unknown_message)                                                                                      \
    TEST(point_3_waits_for_a_worker)                                                                                   \
    TEST(point_3_key_in_flight)                                                                                        \
    TEST(point_4_credit_is_the_window)                                                                                 \
    TEST(point_4_most_credit_first)                                                                                    \
    TEST(point_4_equals_take_turns)                                                                                    \
    TEST(point_4_lanes_are_apart)                                                                                      \
    TEST(point_4_credit_grows)                                                                                         \
    TEST(point_5_cancel_waiting)                                                                                       \
    TEST(point_5_cancel_held)                                                                                          \
    TEST(point_5_only_the_asker_cancels)                                                                               \
    TEST(point_6_retry_by_contract)                                                                                    \
    TEST(point_6_once_means_unknown_outcome)                                                                           \
    TEST(point_6_last_words_count)                                                                                     \
    TEST(point_7_parts_then_one_say)                                                                                   \
    TEST(point_7_cancel_ends_a_stream)                                                                                 \
    TEST(point_8_busy_worker_lives)                                                                                    \
    TEST(point_8_stopped_worker_is_lost)                                                                               \
    TEST(point_8_unknown_worker_is_told)                                                                               \
    TEST(point_8_own_sleep_is_not_silence)                                                                             \
    TEST(point_9_actors_ask_for_themselves)                                                                            \
    TEST(point_9_other_hosts_need_the_key)                                                                             \
    TEST(point_9_no_key_no_listening)                                                                                  \
    TEST(point_10_status)                                                                                              \
    TEST(point_10_drain_and_open)                                                                                      \
    TEST(point_11_counters)                                                                                            \
    TEST(point_12_worker_leaves)                                                                                       \
    TEST(point_12_broker_drains)                                                                                       \
    TEST(point_12_drain_has_an_end)                                                                                    \
    TEST(point_13_broker_restarts)                                                                                     \
    TEST(point_14_malformed_frames)                                                                                    \
    TEST(point_14_random_frames)                                                                                       \
    TEST(point_14_ready_is_checked)                                                                                    \
    TEST(point_14_strangers_cannot_answer)                                                                             \
    TEST(point_15_poison_is_parked)                                                                                    \
    TEST(point_16_bodies_pass_untouched)                                                                               \
    TEST(bus_carries_hints)                                                                                            \
    TEST(two_brokers_one_folder)                                                                                       \
    TEST(zoectl_tells_and_asks)                                                                                        \
    TEST(zoectl_refuses)                                                                                               \
    TEST(load_measures)                                                                                                \
    TEST(every_ask_has_one_answer)

#define DECLARE(name) void name(void **state);
BROKER_TESTS(DECLARE)
#undef DECLARE

int worker_main(char **arguments);

#endif
