#include "serve/relay.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

/* A wish that is not answered yet. */
struct wish {
	uint32_t number; /* 0: none */
	relay_done *done;
	void *user;
};

struct relay {
	struct pool_worker *pool;
	void (*on_end)(void *user, struct slice how);
	void *user;
	struct pool_job places[RELAY_PLACES + 1]; /* that are free; one more is for the end */
	size_t place_count;
	struct wish wishes[RELAY_PLACES];
	uint32_t last_number;
	bool is_closed;
};

int relay_read(struct slice message, struct relay_head *head, struct slice *text)
{
	if (message.size < sizeof(*head))
		return -1;
	memcpy(head, message.at, sizeof(*head));
	*text = (struct slice){ message.at + sizeof(*head), message.size - sizeof(*head) };
	return 0;
}

struct relay *relay_new(struct pool_worker *pool, void (*on_end)(void *user, struct slice how),
			void *user)
{
	struct relay *relay = memory_new(1, sizeof(*relay));

	relay->pool = pool;
	relay->on_end = on_end;
	relay->user = user;
	return relay;
}

void relay_free(struct relay *relay)
{
	free(relay);
}

static void reply(struct relay *relay, const struct pool_job *place, const struct relay_head *head,
		  struct slice text)
{
	pool_worker_reply(relay->pool, place, 0,
			  (struct slice){ (const char *)head, sizeof(*head) }, text);
}

static void answered(struct relay *relay, const struct relay_head *head, struct slice text)
{
	for (size_t i = 0; i < RELAY_PLACES; i++) {
		struct wish wish = relay->wishes[i];

		if (wish.number == 0 || wish.number != head->number)
			continue;
		relay->wishes[i].number = 0;
		wish.done(wish.user, head->status, text);
		return;
	}
}

static void take(struct relay *relay, const struct pool_job *job)
{
	struct relay_head head;
	struct slice text;

	if (relay_read(job->payload, &head, &text) < 0)
		head.kind = RELAY_NOTHING;
	if (relay->place_count <= RELAY_PLACES)
		relay->places[relay->place_count++] = *job;
	if (head.kind == RELAY_END)
		relay->on_end(relay->user, text);
	else if (head.kind != RELAY_NOTHING)
		answered(relay, &head, text);
	if (relay->is_closed)
		relay_close(relay);
}

int relay_receive(struct relay *relay)
{
	struct pool_job job;

	if (pool_worker_receive(relay->pool) < 0)
		return -1;
	while (pool_worker_next(relay->pool, &job))
		take(relay, &job);
	return 0;
}

static struct wish *free_wish(struct relay *relay)
{
	for (size_t i = 0; i < RELAY_PLACES; i++) {
		if (relay->wishes[i].number == 0)
			return &relay->wishes[i];
	}
	return NULL;
}

int relay_ask(struct relay *relay, enum relay_kind kind, struct slice text, relay_done *done,
	      void *user)
{
	struct relay_head head = { .kind = kind };
	struct wish *wish = free_wish(relay);

	if (relay->place_count == 0 || !wish || relay->is_closed ||
	    text.size > POOL_MESSAGE_MAX - sizeof(head))
		return -1;
	if (++relay->last_number == 0)
		relay->last_number = 1;
	head.number = relay->last_number;
	*wish = (struct wish){ head.number, done, user };
	reply(relay, &relay->places[--relay->place_count], &head, text);
	return 0;
}

void relay_close(struct relay *relay)
{
	const struct relay_head head = { .kind = RELAY_NOTHING };

	relay->is_closed = true;
	while (relay->place_count > 0)
		reply(relay, &relay->places[--relay->place_count], &head, (struct slice){ 0 });
}
