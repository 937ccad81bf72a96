#ifndef RECORD_TEST_H
#define RECORD_TEST_H

#include "config/config.h"

/*
 * record_test: a page as it is today, for tests of tomorrow.
 *
 * It is fetched, written beside the config, and what the patterns that want it make of it is
 * printed as tests to paste.  The text is written as UTF-8, with a byte-order mark where the page
 * says otherwise of itself.
 */
#define RECORD_TEST_ROWS 3 /* that are printed; of more there is their number */

/* folder: of the config; has_tests: it has a block of them already.  Returns an exit code. */
int record_test(const struct config *config, const char *folder, bool has_tests, const char *url);

#endif
