/*
 * The tests of tests/unit/test_store_browse.c on a server.
 */
#include "tests/postgres/on_a_server.h"

#include "tests/unit/test_store_browse.c" /* its tests are static, and so is what they stand on */
