#ifndef ZOE_TESTS_UNIT_H
#define ZOE_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* After what it wants. */
#include <cmocka.h>

int header_tests(void);
int codec_tests(void);
int json_tests(void);
int check_tests(void);
int vector_tests(void);
int playlist_tests(void);
int segment_tests(void);
int sign_tests(void);
int store_tests(void);
int node_tests(void);
int password_tests(void);
int foreign_tests(void);
int csv_tests(void);
int recommend_tests(void);

#endif
