/*
 * dispatch JOBS WORKERS WINDOW: how fast the pool hands out empty jobs.  Every answer is looked
 * at: a job gives its number back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crawler/base/clock.h"
#include "crawler/pool/apply.h"
#include "parsers/text/memory.h"

static int echo(struct slice argument, struct pool_reply *reply)
{
	pool_reply_write(reply, argument.at, argument.size);
	return 0;
}

static bool is_echo(const struct pool_result *result, struct slice argument)
{
	struct pool_value value;

	return result && pool_result_get((struct pool_result *)(uintptr_t)result, 0, &value) == 0 &&
	       value.status == POOL_DONE && value.bytes.size == argument.size &&
	       memcmp(value.bytes.at, argument.at, argument.size) == 0;
}

int main(int argc, char *argv[])
{
	unsigned count = argc == 4 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	struct pool_options options = {
		.workers = argc == 4 ? (unsigned)strtoul(argv[2], NULL, 10) : 0,
		.window = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0,
	};
	struct pool *pool = pool_new(&options);
	struct slice *arguments = memory_new(count, sizeof(*arguments));
	unsigned *numbers = memory_new(count, sizeof(*numbers));
	struct pool_result **results = memory_new(count, sizeof(struct pool_result *));
	unsigned right = 0;

	for (unsigned i = 0; i < count; i++) {
		numbers[i] = i;
		arguments[i] = (struct slice){ (char *)&numbers[i], sizeof(numbers[i]) };
	}
	if (pool)
		pool_map(pool, echo, arguments, count, results);
	for (unsigned i = 0; i < count; i++) {
		right += is_echo(results[i], arguments[i]);
		pool_result_free(results[i]);
	}
	printf("%u jobs\n", right);
	pool_free(pool);
	free(results);
	free(numbers);
	free(arguments);
	return right == count && count > 0 ? 0 : 1;
}
