#ifndef CONFIG_MEMBERS_H
#define CONFIG_MEMBERS_H

#include "config/config_reader.h"

/*
 * config_members: what a rule of follow sets in the request for the next part of a list.
 *
 *	post: {variables: {after: '$.data.items.pageInfo.endCursor'}, size: 100}
 *
 * What begins with '$' is a path to the value in the answer, anything else is the value.
 */

/*
 * Read the members of map, which is the child `query` or `post` of a rule, into follow.  Those of a
 * query have no members themselves.  in: beside them, or NULL.
 */
void config_read_members(struct config_reader *reader, const struct yaml_node *map,
			 const struct yaml_node *in, struct config_follow *follow);

/* Complain of a path in JSON, or of `in` beside it (may be NULL), that cannot be compiled. */
void config_check_path(struct config_reader *reader, const struct yaml_node *path,
		       const struct yaml_node *in);

#endif
