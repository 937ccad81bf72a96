#ifndef POSTGRES_KINDS_NODE_H
#define POSTGRES_KINDS_NODE_H

#include "store/postgres/internal.h"

/*
 * What a node writes of itself, as rows of a batch (batch.h).  These kinds are added to the others
 * when it joins.
 */
enum postgres_node_kind {
	POSTGRES_NODE_TAKE,      /* node, how many */
	POSTGRES_NODE_GIVE,      /* node, share */
	POSTGRES_NODE_IDLE,      /* node, the batch */
	POSTGRES_NODE_LIST_READ, /* node, run, hash */
	POSTGRES_NODE_PARSED,    /* node, share, done, is_all */
	POSTGRES_NODE_KINDS,
};

void postgres_node_add_kinds(struct postgres_store *store);
int postgres_node_put(struct postgres_store *store, enum postgres_node_kind kind,
		      const struct store_value values[]);

#endif
