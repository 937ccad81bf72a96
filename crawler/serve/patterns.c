#include "serve/patterns.h"

#include <errno.h>

static int be_ready(struct slice text, struct pool_reply *reply)
{
	(void)text;
	(void)reply;
	return 0;
}

/* Returns 0, or an errno, which the one who asked is told. */
typedef int job_function(struct slice text, struct pool_reply *reply);

static job_function *const jobs[] = {
	[PATTERNS_READY] = be_ready,
};

int patterns_do(struct slice argument, struct pool_reply *reply)
{
	unsigned char kind = argument.size > 0 ? (unsigned char)argument.at[0] : 0;

	if (kind >= sizeof(jobs) / sizeof(jobs[0]) || !jobs[kind])
		return EINVAL;
	return jobs[kind]((struct slice){ argument.at + 1, argument.size - 1 }, reply);
}
