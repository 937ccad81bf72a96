#include "serve/trying.h"

#include <stdlib.h>
#include <xxhash.h>

#include "base/secret_key.h"
#include "parsers/text/memory.h"
#include "pool/pool.h"
#include "serve/patterns.h"

#define ROUNDS_MAX 2                         /* that a page is sent */
#define WISH_MAX   (POOL_MESSAGE_MAX - 1024) /* bytes */

struct trying {
	struct relay *relay;
	char *wish; /* as it is sent */
	size_t wish_size;
	char *page;
	size_t page_size, sent;
	uint64_t key;
	unsigned rounds;
	int (*step)(struct trying *trying); /* that waits for a place of the relay */
	struct trying *next;                /* of those that wait */
	trying_done *done;
	void *user;
};

static unsigned under_way;
static struct trying *waiting; /* in their order */

/* Nobody outside can make another page of the same key. */
static uint64_t key_of(const char *page, size_t size)
{
	static uint64_t secret;

	if (secret == 0)
		secret = secret_key_new();
	return XXH3_64bits_withSeed(page, size, secret);
}

static void free_trying(struct trying *trying)
{
	under_way--;
	free(trying->wish);
	free(trying->page);
	free(trying);
}

static void end(struct trying *trying, enum trying_result result, const struct tried *tried)
{
	trying->done(trying->user, result, tried,
		     (struct slice){ trying->page, trying->page_size });
	free_trying(trying);
}

/* ---- steps: -1 where the relay has no place ---- */

static void take_step(struct trying *trying, int (*step)(struct trying *trying))
{
	struct trying **end = &waiting;

	trying->step = step;
	if (!waiting && step(trying) == 0)
		return;
	while (*end)
		end = &(*end)->next;
	*end = trying;
}

void trying_turn(void)
{
	while (waiting) {
		struct trying *first = waiting;

		if (first->step(first) < 0)
			return;
		waiting = first->next;
		first->next = NULL;
	}
}

static void on_tried(void *user, int status, struct slice text);

static int ask(struct trying *trying)
{
	return relay_ask(trying->relay, RELAY_PATTERNS,
			 (struct slice){ trying->wish, trying->wish_size }, on_tried, trying);
}

static void on_part(void *user, int status, struct slice text);

static int send_part(struct trying *trying)
{
	size_t left = trying->page_size - trying->sent, size;
	struct tried_part part = {
		.key = trying->key,
		.size = (uint32_t)trying->page_size,
		.offset = (uint32_t)trying->sent,
		.bytes = { trying->page + trying->sent,
			   left < TRIED_PART_MAX ? left : TRIED_PART_MAX },
	};
	char *message = tried_part_encode(&part, PATTERNS_PART, &size);
	int result = relay_ask(trying->relay, RELAY_PATTERNS, (struct slice){ message, size },
			       on_part, trying);

	if (result == 0)
		trying->sent += part.bytes.size;
	free(message);
	return result;
}

/* FAILED: another child is there than the one that has the first parts; it will say so. */
static void on_part(void *user, int status, struct slice text)
{
	struct trying *trying = user;
	bool is_sent = status == POOL_FAILED || trying->sent == trying->page_size;

	(void)text;
	if (status != POOL_DONE && status != POOL_FAILED)
		end(trying, TRYING_DIED, NULL);
	else
		take_step(trying, is_sent ? ask : send_part);
}

static void on_tried(void *user, int status, struct slice text)
{
	struct trying *trying = user;
	struct tried tried;

	if (status != POOL_DONE) {
		end(trying, status == POOL_FAILED ? TRYING_ODD : TRYING_DIED, NULL);
	} else if (tried_decode(&tried, text) < 0) {
		end(trying, TRYING_ODD, NULL);
	} else if (tried.state == TRIED_NO_PAGE && trying->rounds++ < ROUNDS_MAX) {
		tried_free(&tried);
		trying->sent = 0;
		take_step(trying, send_part);
	} else {
		end(trying, tried.state == TRIED_NO_PAGE ? TRYING_DIED : TRYING_DONE, &tried);
		tried_free(&tried);
	}
}

int trying_start(struct relay *relay, const struct tried_wish *wish, char *page, size_t page_size,
		 trying_done *done, void *user)
{
	struct trying *trying = memory_new(1, sizeof(*trying));
	struct tried_wish keyed = *wish;

	under_way++;
	*trying = (struct trying){
		.relay = relay,
		.page = page,
		.page_size = page_size,
		.key = key_of(page, page_size),
		.done = done,
		.user = user,
	};
	keyed.key = trying->key;
	trying->wish = tried_wish_encode(&keyed, PATTERNS_TRY, &trying->wish_size);
	if (under_way > TRYING_MAX || trying->wish_size > WISH_MAX) {
		free_trying(trying);
		return -1;
	}
	take_step(trying, ask);
	return 0;
}
