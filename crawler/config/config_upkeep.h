#ifndef CONFIG_UPKEEP_H
#define CONFIG_UPKEEP_H

#include "config/config_reader.h"

/*
 * config_upkeep: what a pattern says of its rows over time, which its meaning does not depend on.
 *
 *	empty: drop		rows that a page does not give any more go
 *	health: {drop: 5}	how far it may fall, in points, before that is said
 *	history: true		what rows were before is kept
 *
 * What a file says of health is for those of its patterns that say nothing.
 */
#define CONFIG_UPKEEP_KEYS "empty", "health", "history"

/* Read them into entry, whose key is read already. */
void config_read_upkeep(struct config_reader *reader, const struct yaml_node *map,
			struct config_pattern *entry);

/* What a pattern or a file says of health: points, or otherwise. */
int config_read_health(struct config_reader *reader, const struct yaml_node *map, int otherwise);

/* A child has them of its parent: it cannot say them anew. */
void config_check_child_upkeep(struct config_reader *reader, const struct yaml_node *map);

#endif
