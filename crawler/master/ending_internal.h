#ifndef ENDING_INTERNAL_H
#define ENDING_INTERNAL_H

#include "master/ending.h"

/* What the three files of ending.h share. */
struct ending {
	const struct config *config;
	struct store *store;
	struct politeness *politeness;
	struct discovery *discovery;
	struct moves *moves;
	struct callback *callback;
	unsigned lost_told; /* POSTs that became GETs: told of so many */
};

#endif
