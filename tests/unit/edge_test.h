#ifndef ZOE_TESTS_UNIT_EDGE_TEST_H
#define ZOE_TESTS_UNIT_EDGE_TEST_H

/* Groups of the edge's pure parts. */
int edge_template_tests(void);
int edge_take_tests(void);
int edge_range_tests(void);
int edge_route_tests(void);
int edge_token_tests(void);
int edge_vectors_tests(void);
int edge_throttle_tests(void);
int edge_proxy_tests(void);
int edge_openapi_tests(void);

#endif
