#ifndef CONFIG_PATTERN_H
#define CONFIG_PATTERN_H

#include "config/config_reader.h"

/*
 * config_pattern: the block `patterns:`, and -e of the command line.
 *
 * A pattern is read, compiled and appended to reader->config, which has room for it and
 * whose settings are final: they bound the pattern.
 */
void config_read_pattern(struct config_reader *reader, const struct yaml_node *pattern);

/* "name=regex": reader->source is the expression, and outlives the config. */
void config_read_expression(struct config_reader *reader);

#endif
