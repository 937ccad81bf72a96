#ifndef PIPE_CUT_H
#define PIPE_CUT_H

#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "store/postgres/internal.h"
#include "store/postgres/pipe.h"

/* What the server has said and was not read yet, is lost with the connection of batches. */
static inline bool pipe_cut(struct store *store)
{
	struct store_wait wait;
	int null = open("/dev/null", O_RDWR);
	bool is_there = postgres_pipe_waits(postgres_of(store)->pipe, &wait);

	if (is_there)
		dup2(null, wait.fd);
	close(null);
	return is_there;
}

#endif
