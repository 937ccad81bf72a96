#ifndef CONFIG_FIELD_H
#define CONFIG_FIELD_H

#include "config/config_reader.h"

/* config_field: the fields of a pattern, their types and clean steps. */

#define FIELD_NAME_BYTES_MAX 64

/* Read `fields:` into an array of the arena, for spec, whose sources are read already. */
void config_read_fields(struct config_reader *reader, const struct yaml_node *map, bool is_child,
			struct pattern_spec *spec);

/* Why a field cannot have this name, or NULL. */
const char *config_field_name_problem(struct slice name, bool is_child);

#endif
