#ifndef CONFIG_PLACE_H
#define CONFIG_PLACE_H

#include "config/config_reader.h"

/* config_place: from what is wrong with a pattern's spec to its place in the file. */

/* map: the pattern, or NULL for an expression, whose text stands in the source itself. */
size_t config_place_of(const struct config_reader *reader, const struct yaml_node *map,
		       const struct pattern_error *error);

/* Complain at a named group, wherever the spec has it. */
void config_place_complain_of_group(struct config_reader *reader, const struct yaml_node *map,
				    const struct pattern_spec *spec, const char *name,
				    const char *reason);

#endif
