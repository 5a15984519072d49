#include "tests/unit/edge_test.h"
#include "tests/unit/unit.h"

/* Every file has its own group; a failed group fails the program. */
int main(void) {
    int failed = 0;
    failed += header_tests();
    failed += codec_tests();
    failed += json_tests();
    failed += check_tests();
    failed += vector_tests();
    failed += playlist_tests();
    failed += segment_tests();
    failed += sign_tests();
    failed += store_tests();
    failed += node_tests();
    failed += password_tests();
    failed += foreign_tests();
    failed += csv_tests();
    failed += recommend_tests();
    failed += edge_template_tests();
    failed += edge_take_tests();
    failed += edge_range_tests();
    failed += edge_route_tests();
    failed += edge_token_tests();
    failed += edge_vectors_tests();
    failed += edge_throttle_tests();
    failed += edge_proxy_tests();
    failed += edge_openapi_tests();
    return failed ? 1 : 0;
}
