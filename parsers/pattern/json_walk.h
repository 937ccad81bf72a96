#ifndef JSON_WALK_H
#define JSON_WALK_H

#include "parsers/pattern/json_path.h"

/*
 * json_walk: what a path finds in a document, node by node, in the order of RFC 9535.
 *
 * A walk takes time linear in the nodes it looks at.  A path may look at some of them many times:
 * `$..*..*`, a filter in a filter, an array compared with each item of another; what a filter asks
 * of `$` is asked once.  Each look is a step, and steps and time have bounds.
 */
struct json_walk {
	struct json_path *path;
	const struct json_document *document;
	uint32_t root;
	uint32_t match_limit;
	uint64_t step_limit, steps; /* steps: left, of the next() that runs */
	const char *limit;          /* static: which one ended it, or NULL */
	unsigned filters;           /* that run within each other */
	struct scratch texts;       /* of the outermost filter */
	struct scratch kept;        /* until the next begin */
	uint64_t number;            /* of the walk, from 1 */
};

/* Nothing is kept of path but the pointer.  Released with json_walk_free(). */
void json_walk_init(struct json_walk *walk, struct json_path *path, uint32_t step_limit);
void json_walk_free(struct json_walk *walk);

/* Walk document from a node, which is $. */
void json_walk_begin(struct json_walk *walk, const struct json_document *document, uint32_t root);

/*
 * The next node, within the budget that runs (budget.h).
 * Returns false if there is none, or a limit ended the search: walk->limit then says which.
 */
bool json_walk_next(struct json_walk *walk, uint32_t *node);

#endif
