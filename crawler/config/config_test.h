#ifndef CONFIG_TEST_H
#define CONFIG_TEST_H

#include "config/config_reader.h"

/*
 * config_test: the block `tests:`, what patterns should make of a page.
 *
 * It is read when all patterns are there, of whatever file; a test is appended to reader->config,
 * which has room for it.
 */
void config_read_test(struct config_reader *reader, const struct yaml_node *map);

#endif
