#ifndef JUNIT_H
#define JUNIT_H

#include "config/config.h"

/*
 * junit: what became of tests, as the XML that build servers read.
 *
 * A suite is a config's file, a case a test: its class is the pattern, its name the page and where
 * the test stands.  What XML cannot say (control characters, bytes that are not UTF-8) becomes
 * U+FFFD.
 */

/* What became of one test. */
struct test_result {
	const struct config_test *test;
	char *differences; /* lines; freed by the caller; "": there are none */
	int64_t elapsed_us;
};

/* Write to a file, or "-".  Returns 0, or -1 after a complaint. */
int junit_write(const char *path, const struct config *config, const struct test_result *results,
		size_t count);

#endif
