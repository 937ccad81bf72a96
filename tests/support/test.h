#ifndef TEST_H
#define TEST_H

/*
 * What every test file includes first: cmocka with its prerequisites, and how
 * a test program ends.  TEST='glob' in the environment picks tests by name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* How much longer all takes with the sanitizers' checks in both programs. */
#if defined(__SANITIZE_ADDRESS__)
#define SLOWNESS 4
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOWNESS 4
#endif
#endif
#ifndef SLOWNESS
#define SLOWNESS 1
#endif

#define TEST_SECONDS_MAX (300 * SLOWNESS) /* a test program that hangs is ended */

/* Run a table of tests as main's result. */
#define RUN_TESTS(tests)                                                    \
	(alarm(TEST_SECONDS_MAX),                                           \
	 getenv("TEST") ? cmocka_set_test_filter(getenv("TEST")) : (void)0, \
	 cmocka_run_group_tests(tests, NULL, NULL))

#endif
