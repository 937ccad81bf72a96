#include "store/postgres/internal.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "parsers/text/memory.h"
#include "store/postgres/flow.h"
#include "store/postgres/pipe.h"

/*
 * A node, and what the door asks of one: what it knows of itself and of the others, its turn, what
 * has to be committed.  How it comes and goes: join.c, leave.c.
 */

#define SETTLE_MS   50
#define BATCHES_MAX 4 /* that wait: then there is no room */

/* ---- a node ---- */

struct postgres_node *postgres_node_of(const struct store *store)
{
	return ((const struct postgres_store *)store)->node;
}

void postgres_node_name(struct postgres_node *node)
{
	uint64_t random = 0;

	while (random == 0) {
		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			memory_fail();
		random &= INT64_MAX;
	}
	node->id = (int64_t)random;
	snprintf(node->application, sizeof(node->application), "crawl %lld", (long long)node->id);
	snprintf(node->pipe_application, sizeof(node->pipe_application), "%s" POSTGRES_PIPE_NAME,
		 node->application);
}

struct postgres_node *postgres_node_new(const struct store_run *run)
{
	struct postgres_node *node = memory_new(1, sizeof(*node));

	postgres_node_name(node);
	node->first_id = node->id;
	node->shares = memory_new(POSTGRES_SHARES, sizeof(*node->shares));
	node->is_alone = !run;
	if (run && run->versions)
		node->versions = memory_text(run->versions, strlen(run->versions));
	if (gethostname(node->name, sizeof(node->name) - 1) != 0 || !node->name[0])
		snprintf(node->name, sizeof(node->name), "unnamed");
	return node;
}

void postgres_node_free(struct postgres_node *node)
{
	if (!node)
		return;
	postgres_line_end(&node->line);
	PQclear(node->orders);
	free(node->versions);
	free(node->parses);
	free(node->shares);
	free(node->taken);
	free(node->quotas);
	free(node);
}

void postgres_node_close_batch(struct postgres_store *store, void (*note)(void *context),
			       void *context)
{
	if (store->events.close)
		store->events.close(store->events.context);
	postgres_pipe_close_batch(store->pipe, note, context);
}

bool postgres_node_is_seeding(const struct postgres_store *store)
{
	const struct postgres_node *node = store->node;

	return node->load.is_seeding ||
	       (store->pipe && postgres_pipe_committed(store->pipe) < node->seed_n);
}

/* Whoever has not asked anything for long may find that the server was started anew, or is no
 * longer written to, which a lock of a row tells.  The name is that of the node, for who finds its
 * lease over. */
static const char wake_sql[] = "SELECT set_config('application_name', $1, false) FROM crawl_shares"
			       " WHERE share = 0 FOR KEY SHARE";

int postgres_node_wake(struct postgres_store *store)
{
	const struct store_value name = postgres_of_string(store->node->application);

	return postgres_do(store, wake_sql, &name, 1);
}

void postgres_node_wake_with(struct postgres_store *store)
{
	const struct store_value name = postgres_of_string(store->node->application);

	postgres_queue(store, wake_sql, &name, 1);
}

/* ---- verbs ---- */

void postgres_get_member(const struct store *door, struct store_member *member)
{
	const struct postgres_store *store = (const struct postgres_store *)door;
	const struct postgres_node *node = store->node;

	*member = (struct store_member){
		.nodes = 1,
		.all_shares = POSTGRES_SHARES,
		.name = "",
		.has_ended = store->has_ended,
		.lease_ms = postgres_lease_ms,
	};
	if (!node)
		return;
	member->has_joined = node->has_joined;
	member->is_over = node->is_over;
	member->nodes = node->live ? node->live : 1;
	member->shares = node->share_count;
	member->name = node->name;
	member->is_of_all = store->is_of_all;
}

int64_t postgres_get_lease_ms(const struct store *door)
{
	const struct postgres_node *node = postgres_node_of(door);

	return node ? node->lease_end_ms : INT64_MAX;
}

bool postgres_has_room(const struct store *door)
{
	const struct postgres_store *store = (const struct postgres_store *)door;

	return !store->pipe ||
	       (postgres_node_is_up(store->node) && !postgres_pipe_is_fenced(store->pipe) &&
		postgres_pipe_waiting(store->pipe) < BATCHES_MAX);
}

/* The number of the batch that has all that was put until now. */
static int64_t last_put(const struct postgres_store *store)
{
	return postgres_pipe_closed(store->pipe) +
	       (postgres_batch_rows(postgres_pipe_open_batch(store->pipe)) > 0);
}

void postgres_put_load(struct store *door, const struct store_load *load)
{
	struct postgres_store *store = postgres_of(door);
	struct postgres_node *node = store->node;

	if (!node)
		return;
	if (node->load.is_seeding && !load->is_seeding && store->pipe)
		node->seed_n = last_put(store);
	if (node->load.is_seeding != load->is_seeding)
		node->renew_ms = 0; /* others wait for it */
	node->load = *load;
	node->has_load = true;
}

bool postgres_is_over(struct store *door, const char **ended)
{
	const struct postgres_node *node = postgres_node_of(door);

	*ended = node && node->ended[0] ? node->ended : NULL;
	return !node || node->is_over;
}

size_t postgres_get_waits(const struct store *door, struct store_wait waits[STORE_WAITS_MAX])
{
	const struct postgres_store *store = (const struct postgres_store *)door;
	size_t count = 0;

	if (store->node && postgres_line_waits(&store->node->line, &waits[count]))
		count++;
	if (store->pipe)
		count += postgres_pipe_waits(store->pipe, &waits[count]);
	return count;
}

static int turn_pipe(struct postgres_store *store, int64_t now_ms, int64_t *due_ms)
{
	int64_t due = INT64_MAX;
	size_t waiting;

	postgres_flow_ask(store, now_ms, due_ms);
	postgres_shares_turn(store);
	waiting = postgres_pipe_waiting(store->pipe);
	if (postgres_pipe_turn(store->pipe, now_ms, &due) < 0)
		return -1;
	if (waiting > 0 && postgres_pipe_waiting(store->pipe) == 0)
		due = now_ms; /* what waited for that, shares and the end of all, may go on */
	*due_ms = due < *due_ms ? due : *due_ms;
	postgres_flow_hand(store, now_ms, due_ms);
	if (postgres_pipe_is_fenced(store->pipe))
		postgres_node_start_over(store);
	return store->base.has_failed ? -1 : 0;
}

int postgres_turn(struct store *door, int64_t now_ms, int64_t *due_ms)
{
	struct postgres_store *store = postgres_of(door);
	int64_t lease_due, boot_ms;

	*due_ms = INT64_MAX;
	if (door->has_failed)
		return -1;
	if (!store->node || !store->pipe)
		return 0;
	store->node->clock_ms = now_ms - postgres_boot_ms();
	if (postgres_lease_turn(store) < 0)
		return -1;
	if (store->node->is_refused)
		postgres_node_start_over(store);
	postgres_orders_turn(store);
	if (!store->node->is_lost && turn_pipe(store, now_ms, due_ms) < 0)
		return -1;
	lease_due = postgres_lease_due(store);
	boot_ms = postgres_boot_ms();
	lease_due = now_ms + (lease_due > boot_ms ? lease_due - boot_ms : 0);
	*due_ms = lease_due < *due_ms ? lease_due : *due_ms;
	return 0;
}

static void wait_for_store(struct postgres_store *store, int64_t ms)
{
	struct store_wait waits[STORE_WAITS_MAX];
	struct pollfd fds[STORE_WAITS_MAX];
	size_t count = postgres_get_waits(&store->base, waits);

	for (size_t i = 0; i < count; i++)
		fds[i] = (struct pollfd){
			.fd = waits[i].fd,
			.events = waits[i].wants_to_write ? POLLIN | POLLOUT : POLLIN,
		};
	poll(fds, count, (int)(ms < 0 ? 0 : ms > SETTLE_MS ? SETTLE_MS : ms));
}

int postgres_settle(struct store *door, int timeout_ms)
{
	struct postgres_store *store = postgres_of(door);
	int64_t began_ms = postgres_boot_ms(), due_ms;

	while (store->pipe) {
		int64_t boot_ms = postgres_boot_ms(), now_ms = boot_ms + store->node->clock_ms;

		if (postgres_turn(door, now_ms, &due_ms) < 0)
			return -1;
		if (!store->pipe || postgres_pipe_waiting(store->pipe) == 0 ||
		    (store->node->is_lost && store->node->is_over))
			break;
		if (timeout_ms >= 0 && boot_ms - began_ms >= timeout_ms)
			return 0;
		if (timeout_ms < 0 && !postgres_waits_on(store, began_ms))
			return store_fail(door, STORE_CURE_NONE, "%s",
					  door->trouble[0] ? door->trouble
							   : "stopped before all was written");
		wait_for_store(store, due_ms - now_ms);
	}
	return door->has_failed ? -1 : 1;
}

/* Who is alone, is no master that has better things to do. */
int postgres_commit(struct store *door)
{
	struct postgres_store *store = postgres_of(door);

	if (door->has_failed)
		return -1;
	if (!store->pipe && (store->table_count == 0 || store->ended_run || postgres_begin(store)))
		/* Tables that were put are made, too; who has ended a run comes back for nothing.
		 */
		return store->table_count == 0 || store->ended_run ? 0 : -1;
	if (!store->pipe)
		return 0;
	postgres_pipe_close_batch(store->pipe, NULL, NULL);
	return store->node->is_alone && postgres_settle(door, -1) < 0 ? -1 : 0;
}

int postgres_settle_all(struct postgres_store *store)
{
	return postgres_commit(&store->base) < 0 || postgres_settle(&store->base, -1) < 0 ? -1 : 0;
}

int postgres_idle(struct store *door)
{
	return door->has_failed ? -1 : 0;
}
