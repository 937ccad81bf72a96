#include "tests/support/memory_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHARES_MAX  64
#define NODES_MAX   1024 /* with those that are gone */
#define QUOTAS_MAX  8
#define MOVES_MAX   64
#define QUOTA_GRANT 3 /* that a node gets at a time */

/* A letter, and how far it has come. */
struct letter {
	struct letter *next;
	struct store_letter letter; /* its texts are the crawl's */
	struct store_request request;
	bool has_request, is_committed;
	struct memory_node *sender;  /* until it is committed */
	struct memory_node *taker;   /* has it, and has not committed since */
	struct memory_node *visitor; /* has heard of a VISIT, which stays */
	struct memory_node *ender;   /* has ended it, and has not committed since */
};

struct quota {
	char name[32];
	uint64_t total, granted; /* to all of them */
};

/* What has been written and is not committed. */
struct touched {
	enum memory_lists which;
	struct store_key key;
};

struct share {
	struct memory_node *owner; /* or NULL: it is free */
	bool is_there;             /* the owner has been handed all of it */
	bool is_coming;            /* it has, and hears so only some turns later */
	unsigned turns;            /* that have passed since */
	bool is_asked_back;        /* release was told */
};

struct move {
	uint32_t share;
	struct memory_node *from, *to;
	bool is_told, is_given;
};

struct order {
	struct order *next;
	const char *what, *text;
	uint64_t number;
};

struct memory_node {
	struct memory_store *store; /* NULL: it is gone */
	bool has_joined, is_in_run, is_idle, is_seeding;
	bool lost[SHARES_MAX]; /* and has not been told */
	struct touched *touched;
	size_t touched_count, touched_room;
	uint64_t granted[QUOTAS_MAX], used[QUOTAS_MAX];
	bool wants[QUOTAS_MAX];
	uint64_t order; /* the last that it has heard */
	int64_t lease_ms;
	bool is_full, is_fenced;
};

struct memory_nodes {
	struct memory_state now;
	struct memory_state *durable;
	uint32_t share_count;
	struct share shares[SHARES_MAX];
	struct memory_node *nodes[NODES_MAX];
	size_t node_count;
	struct letter *letters, **letters_end;
	uint64_t letter_count;
	struct quota quotas[QUOTAS_MAX];
	size_t quota_count;
	struct move moves[MOVES_MAX];
	size_t move_count;
	struct order *orders;
	uint64_t order_count;
	bool is_paused;
	unsigned coming_turns; /* in which a share is handed out, and not there yet */
};

struct memory_nodes *memory_nodes_new(const struct memory_state *durable, uint32_t shares)
{
	struct memory_nodes *nodes = calloc(1, sizeof(*nodes));

	if (!nodes || shares > SHARES_MAX)
		abort();
	nodes->durable = (struct memory_state *)(uintptr_t)durable;
	nodes->share_count = shares;
	nodes->letters_end = &nodes->letters;
	memory_state_init(&nodes->now);
	memory_state_copy(&nodes->now, durable);
	return nodes;
}

void memory_nodes_free(struct memory_nodes *nodes)
{
	if (!nodes)
		return;
	for (struct letter *letter = nodes->letters, *next; letter; letter = next) {
		next = letter->next;
		free(letter);
	}
	for (struct order *order = nodes->orders, *next; order; order = next) {
		next = order->next;
		free(order);
	}
	for (size_t i = 0; i < nodes->node_count; i++) {
		free(nodes->nodes[i]->touched);
		free(nodes->nodes[i]);
	}
	memory_state_free(&nodes->now);
	free(nodes);
}

uint32_t memory_nodes_shares(const struct memory_nodes *nodes)
{
	return nodes->share_count;
}

static struct memory_nodes *nodes_of(const struct memory_store *store)
{
	return store->crawl->nodes;
}

static const struct memory_store *store_of(const struct store *door)
{
	return (const struct memory_store *)door;
}

static size_t live_count(const struct memory_nodes *nodes)
{
	size_t count = 0;

	for (size_t i = 0; i < nodes->node_count; i++)
		count += nodes->nodes[i]->store && nodes->nodes[i]->is_in_run;
	return count;
}

static uint32_t share_count_of(const struct memory_nodes *nodes, const struct memory_node *node)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < nodes->share_count; i++)
		count += nodes->shares[i].owner == node;
	return count;
}

/* ---- what is written, and committed, or undone ---- */

void memory_node_touch(struct memory_store *store, enum memory_lists which, struct store_key key)
{
	struct memory_node *node = store->node;

	for (size_t i = 0; i < node->touched_count; i++)
		if (node->touched[i].which == which &&
		    store_key_id(node->touched[i].key) == store_key_id(key))
			return;
	if (node->touched_count == node->touched_room) {
		node->touched_room = node->touched_room * 2 + 64;
		node->touched = realloc(node->touched, node->touched_room * sizeof(*node->touched));
		if (!node->touched)
			abort();
	}
	node->touched[node->touched_count++] = (struct touched){ which, key };
}

/* The items of a list that are of a page, from one state to another, in whose place they come. */
static void copy_of_page(struct memory_list *to, const struct memory_list *from, size_t key_at,
			 struct store_key key)
{
	for (size_t i = to->count; i-- > 0;) {
		struct store_key other;

		memcpy(&other, (const char *)memory_item(to, i) + key_at, sizeof(other));
		if (store_key_id(other) == store_key_id(key))
			memory_remove(to, i);
	}
	for (size_t i = 0; i < from->count; i++) {
		struct store_key other;

		memcpy(&other, (const char *)memory_item(from, i) + key_at, sizeof(other));
		if (store_key_id(other) == store_key_id(key))
			memcpy(memory_append(to), memory_item(from, i), to->size);
	}
}

static void copy_item(struct memory_state *to, const struct memory_state *from,
		      struct touched touched)
{
	const void *item = memory_find(&from->lists[touched.which], touched.key, NULL);
	struct memory_list *list = &to->lists[touched.which];
	size_t place = 0;
	void *old = memory_find(list, touched.key, &place);

	if (old && item)
		memcpy(old, item, list->size);
	else if (item)
		memcpy(memory_insert(list, place), item, list->size);
	else if (old)
		memory_remove(list, (size_t)((char *)old - (char *)list->at) / list->size);
	if (touched.which != MEMORY_URLS)
		return;
	copy_of_page(&to->lists[MEMORY_ROWS], &from->lists[MEMORY_ROWS],
		     offsetof(struct memory_row, page), touched.key);
	copy_of_page(&to->lists[MEMORY_TRIES], &from->lists[MEMORY_TRIES],
		     offsetof(struct store_try, key), touched.key);
	copy_of_page(&to->lists[MEMORY_STALE], &from->lists[MEMORY_STALE],
		     offsetof(struct memory_stale, page), touched.key);
}

/* What is of nobody's share is durable at once. */
static void copy_common(struct memory_state *to, const struct memory_state *from)
{
	static const enum memory_lists common[] = { MEMORY_TABLES,  MEMORY_REJECTS,
						    MEMORY_COOKIES, MEMORY_SETS,
						    MEMORY_RUNS,    MEMORY_PATTERNS,
						    MEMORY_FIGURES, MEMORY_FIELD_FIGURES };

	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++) {
		struct memory_list *list = &to->lists[common[i]];
		const struct memory_list *other = &from->lists[common[i]];

		list->count = 0;
		for (size_t n = 0; n < other->count; n++)
			memcpy(memory_append(list), memory_item(other, n), list->size);
	}
	to->visit = from->visit;
}

static void free_letter(struct memory_nodes *nodes, struct letter **at)
{
	struct letter *letter = *at;

	*at = letter->next;
	if (!*at)
		nodes->letters_end = at;
	free(letter);
}

static void settle_letters(struct memory_nodes *nodes, const struct memory_node *node, bool is_kept)
{
	struct letter **at = &nodes->letters;

	while (*at) {
		struct letter *letter = *at;
		bool is_sent = letter->sender == node && !letter->is_committed;
		bool is_over = letter->taker == node || letter->ender == node;

		if (is_kept ? is_over : is_sent) {
			free_letter(nodes, at);
			continue;
		}
		if (is_sent)
			letter->is_committed = true;
		if (!is_kept && is_over)
			letter->taker = letter->ender = NULL;
		if (!is_kept && letter->visitor == node)
			letter->visitor = NULL;
		at = &letter->next;
	}
}

void memory_node_commit(struct memory_store *store)
{
	struct memory_nodes *nodes = nodes_of(store);
	struct memory_node *node = store->node;

	for (size_t i = 0; i < node->touched_count; i++)
		copy_item(nodes->durable, &nodes->now, node->touched[i]);
	node->touched_count = 0;
	copy_common(nodes->durable, &nodes->now);
	settle_letters(nodes, node, true);
}

static void undo(struct memory_nodes *nodes, struct memory_node *node)
{
	for (size_t i = 0; i < node->touched_count; i++)
		copy_item(&nodes->now, nodes->durable, node->touched[i]);
	node->touched_count = 0;
	settle_letters(nodes, node, false);
	for (uint32_t i = 0; i < nodes->share_count; i++) {
		if (nodes->shares[i].owner != node)
			continue;
		nodes->shares[i] = (struct share){ .owner = NULL };
		node->lost[i] = true;
	}
	for (size_t i = 0; i < nodes->move_count; i++)
		if (nodes->moves[i].from == node)
			nodes->moves[i--] = nodes->moves[--nodes->move_count];
		else if (nodes->moves[i].to == node)
			nodes->moves[i].to = NULL; /* it is free then */
}

/* ---- a node's life ---- */

void memory_node_open(struct memory_store *store)
{
	struct memory_nodes *nodes = nodes_of(store);
	struct memory_node *node = calloc(1, sizeof(*node));

	if (!node || nodes->node_count == NODES_MAX)
		abort();
	node->store = store;
	node->lease_ms = INT64_MAX;
	nodes->nodes[nodes->node_count++] = node;
	store->node = node;
	store->state = &nodes->now;
}

void memory_node_close(struct memory_store *store)
{
	undo(nodes_of(store), store->node);
	store->node->store = NULL;
}

static void forget_quotas(struct memory_nodes *nodes)
{
	nodes->quota_count = 0;
	for (size_t i = 0; i < nodes->node_count; i++) {
		memset(nodes->nodes[i]->granted, 0, sizeof(nodes->nodes[i]->granted));
		memset(nodes->nodes[i]->used, 0, sizeof(nodes->nodes[i]->used));
	}
}

bool memory_node_join(struct memory_store *store)
{
	struct memory_nodes *nodes = nodes_of(store);
	struct memory_node *node = store->node;

	node->has_joined = live_count(nodes) > 0;
	node->is_in_run = true;
	node->order = nodes->order_count;
	for (uint32_t i = 0; !node->has_joined && i < nodes->share_count; i++)
		nodes->shares[i] = (struct share){ .owner = node };
	if (!node->has_joined) {
		forget_quotas(nodes);
		nodes->is_paused = false;
	}
	return node->has_joined;
}

bool memory_has_share(const struct store *door, uint32_t share)
{
	const struct memory_store *store = store_of(door);

	if (!store->node)
		return !memory_is_lost(store, share);
	return nodes_of(store)->shares[share].owner == store->node &&
	       nodes_of(store)->shares[share].is_there;
}

static struct memory_run *run_of(struct memory_nodes *nodes)
{
	struct memory_list *runs = &nodes->now.lists[MEMORY_RUNS];

	return runs->count > 0 ? memory_item(runs, runs->count - 1) : NULL;
}

void memory_get_member(const struct store *door, struct store_member *member)
{
	const struct memory_store *store = store_of(door);
	struct memory_nodes *nodes = nodes_of(store);

	if (!store->node)
		return;
	member->has_joined = store->node->has_joined;
	member->nodes = (unsigned)live_count(nodes);
	member->shares = share_count_of(nodes, store->node);
	member->is_of_all = !member->has_joined || run_of(nodes)->is_of_all;
}

int64_t memory_get_lease_ms(const struct store *door)
{
	return store_of(door)->node ? store_of(door)->node->lease_ms : INT64_MAX;
}

bool memory_has_room(const struct store *door)
{
	return !store_of(door)->node || !store_of(door)->node->is_full;
}

void memory_put_load(struct store *door, const struct store_load *load)
{
	struct memory_node *node = memory_of(door)->node;

	if (!node)
		return;
	node->is_idle = load->is_idle && node->touched_count == 0;
	node->is_seeding = load->is_seeding;
	for (size_t i = 0; node->is_idle && i < nodes_of(memory_of(door))->quota_count; i++) {
		nodes_of(memory_of(door))->quotas[i].granted -= node->granted[i] - node->used[i];
		node->granted[i] = node->used[i];
	}
}

bool memory_is_over(struct store *door, const char **ended)
{
	struct memory_store *store = memory_of(door);
	struct memory_nodes *nodes = nodes_of(store);

	if (!store->node)
		return true;
	*ended = run_of(nodes)->ended;
	if (*ended)
		return true;
	for (size_t i = 0; i < nodes->node_count; i++) {
		const struct memory_node *node = nodes->nodes[i];

		if (node->store && node->is_in_run &&
		    (!node->is_idle || node->is_seeding || node->touched_count > 0))
			return false;
	}
	for (uint32_t i = 0; i < nodes->share_count; i++)
		if (!nodes->shares[i].owner || !nodes->shares[i].is_there)
			return false;
	return !nodes->letters;
}

/* ---- shares ---- */

static void lose(struct memory_store *store, uint32_t share)
{
	if (store->events.lose)
		store->events.lose(store->events.context, share);
}

int memory_give(struct store *door, uint32_t share)
{
	struct memory_store *store = memory_of(door);
	struct memory_nodes *nodes = nodes_of(store);
	bool is_asked = false;

	if (!store->node)
		return 0;
	for (size_t i = 0; i < nodes->move_count; i++) {
		struct move *move = &nodes->moves[i];

		is_asked |= move->share == share && move->from == store->node && move->is_told;
		move->is_given |= move->share == share && move->from == store->node;
	}
	if (!is_asked)
		memory_complain("a share is given that nobody asked for (%u)", share);
	return 0;
}

static bool has_touched(const struct memory_node *node, uint32_t share)
{
	for (size_t i = 0; i < node->touched_count; i++)
		if (node->touched[i].key.share == share)
			return true;
	return false;
}

/* What was asked back is told; what was given goes, once it is committed. */
static void turn_moves(struct memory_store *store)
{
	struct memory_nodes *nodes = nodes_of(store);

	for (size_t i = 0; i < nodes->move_count; i++) {
		struct move *move = &nodes->moves[i];
		struct share *share = &nodes->shares[move->share];
		uint32_t number = move->share;

		if (share->owner != move->from) {
			nodes->moves[i--] = nodes->moves[--nodes->move_count];
			continue;
		}
		if (move->from != store->node || !share->is_there)
			continue;
		if (!move->is_told) {
			move->is_told = true;
			store->events.release(store->events.context, number);
		} else if (move->is_given && !has_touched(store->node, number)) {
			*share = (struct share){ .owner = move->to };
			nodes->moves[i--] = nodes->moves[--nodes->move_count];
			for (struct letter *letter = nodes->letters; letter; letter = letter->next)
				if (letter->letter.share == number &&
				    letter->visitor == store->node)
					letter->visitor = NULL;
			lose(store, number);
		}
	}
}

static void take_free(struct memory_store *store)
{
	struct memory_nodes *nodes = nodes_of(store);
	const struct memory_run *run = run_of(nodes);
	size_t live = live_count(nodes);
	uint32_t fair = live > 0 ? (uint32_t)((nodes->share_count + live - 1) / live) : 0;
	uint32_t count = share_count_of(nodes, store->node);

	for (uint32_t i = 0; run && !run->ended && i < nodes->share_count && count < fair; i++) {
		if (nodes->shares[i].owner)
			continue;
		nodes->shares[i] = (struct share){ .owner = store->node };
		count++;
	}
}

/* What a node sent there while it was another's, and has not committed, would come too late. */
static bool owes_letters(const struct memory_nodes *nodes, const struct memory_node *node,
			 uint32_t share)
{
	for (const struct letter *letter = nodes->letters; letter; letter = letter->next)
		if (letter->sender == node && !letter->is_committed &&
		    letter->letter.share == share)
			return true;
	return false;
}

static int gain_share(struct memory_store *store, uint32_t number, bool is_at_once)
{
	struct memory_nodes *nodes = nodes_of(store);
	struct share *share = &nodes->shares[number];
	int result = share->is_coming ? 0 : memory_gain_share(store, number);

	share->is_coming = true;
	share->is_there = is_at_once || (share->turns++ >= nodes->coming_turns &&
					 !owes_letters(nodes, store->node, number));
	return result;
}

static int gain_new(struct memory_store *store, bool is_at_once)
{
	struct memory_nodes *nodes = nodes_of(store);
	int result = 0;

	for (uint32_t i = 0; result == 0 && i < nodes->share_count; i++) {
		if (nodes->shares[i].owner == store->node && !nodes->shares[i].is_there)
			result = gain_share(store, i, is_at_once);
	}
	return result;
}

int memory_node_gain(struct memory_store *store)
{
	struct memory_nodes *nodes = nodes_of(store);

	for (uint32_t i = 0; i < nodes->share_count; i++)
		if (nodes->shares[i].owner == store->node)
			nodes->shares[i] = (struct share){ .owner = store->node };
	return gain_new(store, true);
}

/* ---- letters ---- */

int memory_send(struct store *door, const struct store_letter *sent)
{
	struct memory_store *store = memory_of(door);
	struct memory_nodes *nodes = nodes_of(store);
	struct letter *letter;

	if (memory_begin_writing(store))
		return -1;
	if (!store->node || store->node->is_fenced) { /* nobody has it */
		store->refused++;
		return 0;
	}
	letter = calloc(1, sizeof(*letter));
	if (!letter)
		abort();
	letter->letter = *sent;
	letter->letter.row.url = memory_keep(store, sent->row.url);
	letter->letter.set = memory_keep(store, sent->set);
	letter->letter.words = memory_keep(store, sent->words);
	letter->letter.id = (struct store_letter_id){ sent->share, 1, ++nodes->letter_count };
	letter->has_request = sent->request != NULL;
	if (sent->request)
		letter->request =
			(struct store_request){ memory_keep(store, sent->request->method),
						memory_keep(store, sent->request->headers),
						memory_keep(store, sent->request->body) };
	letter->letter.request = letter->has_request ? &letter->request : NULL;
	letter->sender = store->node;
	if (sent->share >= nodes->share_count)
		memory_complain("a letter to a share that there is not (%u)", sent->share);
	*nodes->letters_end = letter;
	nodes->letters_end = &letter->next;
	return 0;
}

int memory_end_letter(struct store *door, const struct store_letter_id *id)
{
	struct memory_store *store = memory_of(door);

	if (memory_begin_writing(store))
		return -1;
	if (store->node->is_fenced)
		return 0;
	for (struct letter *letter = nodes_of(store)->letters; letter; letter = letter->next) {
		if (letter->letter.id.number != id->number)
			continue;
		if (letter->letter.kind != STORE_LETTER_VISIT || letter->ender)
			memory_complain("a letter is ended twice, or is no visit");
		letter->ender = store->node;
		return 0;
	}
	memory_complain("a letter is ended that there is not (%u)", (unsigned)id->number);
	return 0;
}

bool memory_node_is_fenced(const struct memory_store *store)
{
	return store->node->is_fenced;
}

struct slice memory_node_lent_to(const struct memory_store *store, struct store_key key)
{
	for (const struct letter *letter = nodes_of(store)->letters; letter; letter = letter->next)
		if (letter->letter.kind == STORE_LETTER_VISIT && letter->is_committed &&
		    store_key_id(letter->letter.key) == store_key_id(key))
			return letter->letter.row.url;
	return (struct slice){ 0 };
}

bool memory_node_is_lent(const struct memory_store *store, struct store_key key)
{
	for (const struct letter *letter = nodes_of(store)->letters; letter; letter = letter->next)
		if (letter->letter.kind == STORE_LETTER_VISIT && letter->is_committed &&
		    store_key_id(letter->letter.key) == store_key_id(key))
			return true;
	return false;
}

static void hand_out(struct memory_store *store, struct letter *letter)
{
	struct store_letter lent = letter->letter;
	struct store_request request;

	memory_give_back(&store->lent);
	lent.row.url = memory_lend(store, lent.row.url);
	lent.set = memory_lend(store, lent.set);
	lent.words = memory_lend(store, lent.words);
	if (lent.request) {
		request = *lent.request;
		request.method = memory_lend(store, request.method);
		request.headers = memory_lend(store, request.headers);
		request.body = memory_lend(store, request.body);
		lent.request = &request;
	}
	if (lent.kind == STORE_LETTER_VISIT)
		letter->visitor = store->node;
	else {
		letter->taker = store->node;
		store->uncommitted++; /* its end */
	}
	if (store->events.receive)
		store->events.receive(store->events.context, &lent);
}

static void receive(struct memory_store *store)
{
	struct memory_nodes *nodes = nodes_of(store);
	uint64_t last = nodes->letter_count; /* what is sent meanwhile has time */
	struct letter *next;

	for (struct letter *letter = nodes->letters; letter; letter = next) {
		next = letter->next;
		if (letter->letter.id.number <= last && letter->is_committed && !letter->taker &&
		    !letter->ender && letter->visitor != store->node &&
		    memory_has_share(&store->base, letter->letter.share))
			hand_out(store, letter);
	}
}

/* ---- quotas ---- */

static size_t find_quota(struct memory_nodes *nodes, const char *name, uint64_t total)
{
	size_t i = 0;

	while (i < nodes->quota_count && strcmp(nodes->quotas[i].name, name) != 0)
		i++;
	if (i == QUOTAS_MAX)
		abort();
	if (i == nodes->quota_count) {
		nodes->quotas[i] = (struct quota){ .total = total };
		snprintf(nodes->quotas[i].name, sizeof(nodes->quotas[i].name), "%s", name);
		nodes->quota_count++;
	}
	return i;
}

static void grant(struct memory_nodes *nodes, struct memory_node *node, size_t i, uint64_t wanted)
{
	struct quota *quota = &nodes->quotas[i];
	uint64_t left = quota->total - quota->granted;

	wanted = wanted < left ? wanted : left;
	quota->granted += wanted;
	node->granted[i] += wanted;
}

struct store_quota memory_get_quota(struct store *door, const char *name, uint64_t total,
				    uint64_t used)
{
	struct memory_store *store = memory_of(door);
	struct memory_node *node = store->node;
	struct memory_nodes *nodes = nodes_of(store);
	uint64_t all_used = 0;
	size_t i;

	if (!node)
		return (struct store_quota){ total, true };
	i = find_quota(nodes, name, total);
	node->used[i] = used;
	if (used > node->granted[i])
		grant(nodes, node, i, used - node->granted[i]);
	node->wants[i] |= used >= node->granted[i];
	for (size_t n = 0; n < nodes->node_count; n++)
		all_used += nodes->nodes[n]->store ? nodes->nodes[n]->used[i]
						   : nodes->nodes[n]->granted[i];
	return (struct store_quota){ node->granted[i], all_used >= total };
}

uint64_t memory_store_used(const struct store *door, const char *name)
{
	const struct memory_store *store = store_of(door);
	const struct memory_nodes *nodes = nodes_of(store);

	for (size_t i = 0; i < nodes->quota_count; i++)
		if (strcmp(nodes->quotas[i].name, name) == 0)
			return store->node->used[i];
	return 0;
}

static void turn_quotas(struct memory_store *store)
{
	for (size_t i = 0; i < nodes_of(store)->quota_count; i++) {
		if (store->node->wants[i])
			grant(nodes_of(store), store->node, i, QUOTA_GRANT);
		store->node->wants[i] = false;
	}
}

/* ---- orders ---- */

bool memory_is_paused(const struct store *door)
{
	return store_of(door)->node && nodes_of(store_of(door))->is_paused;
}

static void hear_orders(struct memory_store *store)
{
	struct memory_nodes *nodes = nodes_of(store);

	for (struct order *order = nodes->orders; order; order = order->next) {
		struct store_order told = { order->what, order->text };

		if (order->number <= store->node->order)
			continue;
		store->node->order = order->number;
		if (store->events.order)
			store->events.order(store->events.context, &told);
	}
}

void memory_store_order(const struct store *door, const char *what, const char *text)
{
	struct memory_nodes *nodes = nodes_of(store_of(door));
	struct order *order = calloc(1, sizeof(*order)), **end = &nodes->orders;

	if (!order)
		abort();
	*order = (struct order){ NULL, what, text, ++nodes->order_count };
	while (*end)
		end = &(*end)->next;
	*end = order;
	if (strcmp(what, "pause") == 0 || strcmp(what, "resume") == 0)
		nodes->is_paused = what[0] == 'p';
}

/* ---- a turn ---- */

int memory_node_turn(struct memory_store *store, int64_t now_ms, int64_t *due_ms)
{
	struct memory_nodes *nodes = nodes_of(store);
	const struct memory_run *run = run_of(nodes);

	*due_ms = now_ms + 1;
	store->node->is_fenced = false;
	for (uint32_t i = 0; i < nodes->share_count; i++) {
		if (store->node->lost[i])
			lose(store, i);
		store->node->lost[i] = false;
	}
	if (run)
		store->pass = run->pass;
	turn_moves(store);
	take_free(store);
	if (gain_new(store, false) < 0)
		return -1;
	receive(store);
	turn_quotas(store);
	hear_orders(store);
	return 0;
}

/* ---- of tests ---- */

void memory_store_move(struct store *from, uint32_t share, struct store *to)
{
	struct memory_nodes *nodes = nodes_of(store_of(from));

	for (size_t i = 0; i < nodes->move_count; i++)
		if (nodes->moves[i].share == share)
			return;
	if (nodes->move_count == MOVES_MAX || nodes->shares[share].owner != memory_of(from)->node)
		return;
	nodes->moves[nodes->move_count++] =
		(struct move){ .share = share, memory_of(from)->node, memory_of(to)->node };
}

void memory_store_set_coming(struct store *store, unsigned turns)
{
	nodes_of(store_of(store))->coming_turns = turns;
}

void memory_store_fence(struct store *store)
{
	undo(nodes_of(store_of(store)), memory_of(store)->node);
	memory_of(store)->node->is_fenced = true;
}

void memory_store_set_lease(struct store *store, int64_t lease_ms, bool is_full)
{
	memory_of(store)->node->lease_ms = lease_ms;
	memory_of(store)->node->is_full = is_full;
}

size_t memory_store_letters(const struct store *store)
{
	size_t count = 0;

	for (const struct letter *letter = nodes_of(store_of(store))->letters; letter;
	     letter = letter->next)
		count++;
	return count;
}
