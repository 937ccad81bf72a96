#ifndef TOLD_H
#define TOLD_H

#include "explain/walk.h"
#include <stdio.h>

/* told: what a walk tells of, for people: a line each, and where it stops. */
struct told {
	FILE *out;
	size_t columns; /* a line may have, or 0 */
	bool is_coloured;
	/* Behind the line on a field that is required, and that no row has; or NULL. */
	void (*after_required)(void *context, const struct walk *walk, const char *field);
	void *context;
};

/* Its context is a struct told. */
extern const struct walk_listener told_listener;

#endif
