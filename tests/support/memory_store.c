#include "tests/support/memory_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct crawl *crawls;

/* ---- open, close ---- */

static struct crawl *find_crawl(const char *where, bool is_made)
{
	const char *name = where + strlen(SCHEME "://");
	struct crawl *crawl = crawls;

	while (crawl && strcmp(crawl->name, name) != 0)
		crawl = crawl->next;
	if (crawl || !is_made)
		return crawl;
	crawl = calloc(1, sizeof(*crawl));
	if (!crawl)
		abort();
	snprintf(crawl->name, sizeof(crawl->name), "%s", name);
	memory_state_init(&crawl->durable);
	crawl->next = crawls;
	crawls = crawl;
	return crawl;
}

static const struct store_backend memory_backend;

static struct store *new_store(struct crawl *crawl, bool is_reader)
{
	struct memory_store *store = calloc(1, sizeof(*store));

	if (!store)
		abort();
	store->base.backend = &memory_backend;
	store->crawl = crawl;
	store->is_reader = is_reader;
	store->pass = 1;
	store->state = &store->own;
	memory_state_init(&store->own);
	memory_state_init(&store->closed);
	if (crawl->nodes && !is_reader)
		memory_node_open(store);
	else
		memory_state_copy(&store->own, &crawl->durable);
	return &store->base;
}

static struct store *memory_open(const char *where, bool fresh, struct store_error *error)
{
	struct crawl *crawl = find_crawl(where, true);

	if (crawl->is_open && !crawl->nodes) {
		*error = (struct store_error){ .cure = STORE_CURE_OTHER_FILE };
		snprintf(error->text, sizeof(error->text), "%s is in use by another crawl", where);
		return NULL;
	}
	if (fresh) {
		memory_state_free(&crawl->durable);
		memory_state_init(&crawl->durable);
	}
	crawl->is_open = true;
	return new_store(crawl, false);
}

static struct store *memory_open_read(const char *where, struct store_error *error)
{
	struct crawl *crawl = find_crawl(where, false);

	if (!crawl) {
		*error = (struct store_error){ .cure = STORE_CURE_NONE };
		snprintf(error->text, sizeof(error->text), "cannot open %s: it never was", where);
		return NULL;
	}
	return new_store(crawl, true);
}

static void memory_close(struct store *door)
{
	struct memory_store *store = memory_of(door);

	if (store->has_ended && store->has_closed && !door->has_failed)
		memory_complain("a run has ended, and was closed before it was settled");
	if (!store->is_reader)
		store->crawl->is_open = false;
	if (store->node)
		memory_node_close(store);
	memory_state_free(&store->own);
	memory_state_free(&store->closed);
	memory_give_back(&store->lent);
	for (size_t i = 0; i < store->table_count; i++)
		free(store->settling[i].before);
	free(store->settling);
	free(store->tables);
	free(store);
}

/* ---- durability ---- */

static void make_durable(struct memory_store *store)
{
	if (store->has_closed)
		memory_state_copy(&store->crawl->durable, &store->closed);
	store->has_closed = false;
}

static int memory_commit(struct store *door)
{
	struct memory_store *store = memory_of(door);

	if (memory_begin_reading(store))
		return -1;
	if (store->must_close)
		memory_complain("a commit within a page that is open (%u:%u)", store->page.share,
				store->page.number);
	store->uncommitted = 0;
	if (store->node) {
		memory_node_commit(store);
		return 0;
	}
	memory_state_copy(&store->closed, store->state);
	store->has_closed = true;
	if (!store->ways.commits_late)
		make_durable(store);
	return 0;
}

static uint64_t memory_get_uncommitted(const struct store *door)
{
	return ((const struct memory_store *)door)->uncommitted;
}

static int memory_settle(struct store *door, int timeout_ms)
{
	if (memory_begin_reading(memory_of(door)))
		return -1;
	if (timeout_ms == 0 && memory_of(door)->has_closed)
		return 0;
	make_durable(memory_of(door));
	return 1;
}

static int memory_idle(struct store *door)
{
	return memory_begin_reading(memory_of(door));
}

/* ---- a run ---- */

static int memory_get_totals(struct store *door, struct store_totals *totals)
{
	struct memory_store *store = memory_of(door);
	const struct memory_list *urls = memory_list_of(store, MEMORY_URLS);
	uint64_t states[4] = { 0 }, pages = 0;

	if (memory_begin_reading(store))
		return -1;
	for (size_t i = 0; i < urls->count; i++) {
		const struct memory_url *url = memory_item(urls, i);

		states[memory_url_state(store->state, url)]++;
		pages += url->has_result;
	}
	*totals = (struct store_totals){ states[STORE_PENDING],
					 states[STORE_DONE],
					 states[STORE_FAILED],
					 states[STORE_SKIPPED],
					 pages,
					 memory_list_of(store, MEMORY_ROWS)->count };
	return 0;
}

static struct memory_run *last_run(struct memory_store *store)
{
	struct memory_list *runs = memory_list_of(store, MEMORY_RUNS);

	return runs->count > 0 ? memory_item(runs, runs->count - 1) : NULL;
}

static int memory_get_last_run(struct store *door, struct store_last_run *last)
{
	const struct memory_run *run = last_run(memory_of(door));

	if (memory_begin_reading(memory_of(door)))
		return -1;
	*last = (struct store_last_run){ .is_finished = true };
	if (run)
		*last = (struct store_last_run){
			.is_finished = run->ended && strcmp(run->ended, "finished") == 0,
			.ended_ms = run->ended_ms,
			.config_hash = run->config_hash,
			.named = run->named,
		};
	return 0;
}

static int64_t memory_begin_run(struct store *door, const struct store_run *run)
{
	struct memory_store *store = memory_of(door);
	struct memory_run *last, *added;

	if (memory_begin_writing(store))
		return 0;
	last = last_run(store);
	if (store->node && memory_node_join(store)) {
		store->pass = last->pass;
		store->config_hash = run->config_hash;
		store->run = memory_list_of(store, MEMORY_RUNS)->count;
		return (int64_t)store->run;
	}
	if (last && !last->ended)
		last->ended = "killed";
	store->pass = last ? last->pass : 1;
	store->config_hash = run->config_hash;
	store->has_ended = false;
	added = memory_append(memory_list_of(store, MEMORY_RUNS));
	added->config_hash = run->config_hash;
	added->pass = store->pass;
	store->run = memory_list_of(store, MEMORY_RUNS)->count;
	return memory_commit(door) ? 0 : (int64_t)store->run;
}

static int memory_put_asked(struct store *door, const struct store_asked *asked)
{
	struct memory_store *store = memory_of(door);
	struct memory_run *run;

	if (memory_begin_writing(store))
		return -1;
	run = last_run(store);
	if (store->run == 0 || run->ended || run->named)
		memory_complain("what a run asks for, said twice or out of a run");
	store->pass += asked->pass != STORE_PASS_GOES_ON;
	store->asks = asked->pass;
	run->pass = store->pass;
	run->named = asked->named;
	run->is_of_all = asked->is_of_all;
	run->asks = asked->is_of_all ? asked->pass : STORE_PASS_GOES_ON;
	return 0;
}

static int memory_put_root_pass(struct store *door, struct store_key root)
{
	struct memory_store *store = memory_of(door);
	struct memory_url *url;
	int found = memory_url_to_write(store, root, &url);

	if (found != 1)
		return found;
	if (store_key_id(url->row.root) != store_key_id(root))
		memory_complain("a pass for what is no root (%u:%u)", root.share, root.number);
	url->named_run = memory_list_of(store, MEMORY_RUNS)->count;
	if (store->asks == STORE_PASS_ALL)
		url->all_pass = store->pass;
	else if (store->asks == STORE_PASS_FAILED)
		url->failed_pass = store->pass;
	return 0;
}

static struct memory_pattern *find_pattern(struct memory_store *store, uint64_t config_hash,
					   const char *name)
{
	struct memory_list *patterns = memory_list_of(store, MEMORY_PATTERNS);

	for (size_t i = 0; i < patterns->count; i++) {
		struct memory_pattern *pattern = memory_item(patterns, i);

		if (pattern->config_hash == config_hash && strcasecmp(pattern->name, name) == 0)
			return pattern;
	}
	return NULL;
}

static int memory_put_patterns(struct store *door, uint64_t config_hash,
			       const struct store_pattern *patterns, size_t count)
{
	struct memory_store *store = memory_of(door);

	if (memory_begin_writing(store))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (find_pattern(store, config_hash, patterns[i].name))
			continue;
		*(struct memory_pattern *)memory_append(memory_list_of(store, MEMORY_PATTERNS)) =
			(struct memory_pattern){ config_hash, patterns[i].hash,
						 memory_keep_string(store, patterns[i].name) };
	}
	return 0;
}

static int memory_get_pattern(struct store *door, uint64_t config_hash, const char *name,
			      uint64_t *hash)
{
	const struct memory_pattern *found;

	if (memory_begin_reading(memory_of(door)))
		return -1;
	found = find_pattern(memory_of(door), config_hash, name);
	if (found)
		*hash = found->hash;
	return found != NULL;
}

static int memory_end_run(struct store *door, const char *how)
{
	struct memory_store *store = memory_of(door);
	struct memory_run *run;

	if (memory_begin_writing(store))
		return -1;
	run = last_run(store);
	if (store->node && run->ended)
		return 0;
	if (store->run == 0 || run->ended)
		return memory_refuse(store, "a run ended that was not begun",
				     (struct store_key){ 0 });
	memory_prune_stale(store);
	run->ended = memory_keep_string(store, how);
	run->ended_ms = (int64_t)time(NULL) * 1000;
	store->has_ended = true;
	return memory_commit(door);
}

/* ---- what is ours ---- */

static uint32_t memory_get_share_count(const struct store *door)
{
	const struct memory_store *store = (const struct memory_store *)door;

	if (store->node)
		return memory_nodes_shares(store->crawl->nodes);
	return store->ways.shares > 0 ? store->ways.shares : 1;
}

static int gain_hosts(struct memory_store *store, uint32_t share)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < memory_list_of(store, MEMORY_HOSTS)->count; i++) {
		const struct memory_host *host =
			memory_item(memory_list_of(store, MEMORY_HOSTS), i);
		struct store_known_host known = {
			.key = host->key,
			.origin = memory_lend(store, host->origin),
			.robots_state = memory_lend(store, host->robots_state),
			.robots = memory_lend(store, host->robots),
			.robots_at_ms = host->robots_at_ms,
			.address = memory_lend(store, host->address),
			.held_until_ms = host->held_until_ms,
		};

		if (host->key.share == share && store->events.gain_host)
			result = store->events.gain_host(store->events.context, &known);
		memory_give_back(&store->lent);
	}
	return result;
}

static enum store_state last_state(const struct memory_url *url)
{
	if (url->row.kind == STORE_URL_OUTSIDE)
		return STORE_SKIPPED;
	return url->has_result ? url->page.state : STORE_PENDING;
}

/* Does the run that is under way ask for what has this root? */
static bool is_named(struct memory_store *store, struct store_key root)
{
	const struct memory_list *runs = memory_list_of(store, MEMORY_RUNS);
	const struct memory_url *url = memory_find(memory_list_of(store, MEMORY_URLS), root, NULL);

	return store->node && runs->count > 0 &&
	       (((const struct memory_run *)memory_item(runs, runs->count - 1))->is_of_all ||
		(url && url->named_run == runs->count));
}

static int gain_urls(struct memory_store *store, uint32_t share)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < memory_list_of(store, MEMORY_URLS)->count; i++) {
		const struct memory_url *url = memory_item(memory_list_of(store, MEMORY_URLS), i);
		struct store_known_url known = {
			.key = url->key,
			.host = url->row.host,
			.root = url->row.root,
			.kind = url->row.kind,
			.lane = url->row.lane,
			.rule = url->row.rule,
			.depth = url->row.depth,
			.is_pending = memory_url_state(store->state, url) == STORE_PENDING,
			.is_lent = store->node && memory_node_is_lent(store, url->key),
			.is_named = is_named(store, url->row.root),
			.state = last_state(url),
			.has_content = url->has_result && url->read_at_ms != 0,
			.url = memory_lend(store, url->row.url),
		};

		if (url->has_result && strcmp(url->page.outcome, "moved") == 0)
			known.moved_to = memory_lend(store, url->page.final_url);
		if (known.is_lent)
			known.moved_to = memory_lend(store, memory_node_lent_to(store, url->key));
		if (url->key.share == share)
			result = store->events.gain_url(store->events.context, &known);
		memory_give_back(&store->lent);
	}
	return result;
}

static void gain_cookies(struct memory_store *store)
{
	const struct memory_list *list = memory_list_of(store, MEMORY_COOKIES);

	if (!store->events.gain_cookie)
		return;
	for (size_t i = 0; i < list->count; i++) {
		struct store_cookie cookie = *(const struct store_cookie *)memory_item(list, i);

		cookie.domain = memory_lend(store, cookie.domain);
		cookie.path = memory_lend(store, cookie.path);
		cookie.name = memory_lend(store, cookie.name);
		cookie.value = memory_lend(store, cookie.value);
		store->events.gain_cookie(store->events.context, &cookie);
		memory_give_back(&store->lent);
	}
	store->events.gain_cookie(store->events.context, NULL);
}

int memory_gain_share(struct memory_store *store, uint32_t share)
{
	int result = gain_hosts(store, share);

	if (result == 0)
		gain_cookies(store);
	return result ? result : gain_urls(store, share);
}

static void forget_loss(struct memory_store *store, uint32_t share)
{
	for (size_t i = 0; i < store->lost_count; i++)
		if (store->lost[i] == share)
			store->lost[i--] = store->lost[--store->lost_count];
}

static int deliver(struct memory_store *store, struct event event)
{
	if (event.is_gain) {
		forget_loss(store, event.share);
		return memory_gain_share(store, event.share);
	}
	if (!memory_is_lost(store, event.share) && store->lost_count < EVENTS_MAX)
		store->lost[store->lost_count++] = event.share;
	if (store->events.lose)
		store->events.lose(store->events.context, event.share);
	return 0;
}

static int deliver_next(struct memory_store *store)
{
	struct event event = store->due[0];

	memmove(store->due, store->due + 1, --store->due_count * sizeof(*store->due));
	return deliver(store, event);
}

static void add_event(struct memory_store *store, uint32_t share, bool is_gain)
{
	if (store->due_count == EVENTS_MAX)
		abort();
	store->due[store->due_count++] = (struct event){ share, is_gain };
}

/* A gain for every share that has something. */
static void add_gains(struct memory_store *store)
{
	static const enum memory_lists lists[] = { MEMORY_HOSTS, MEMORY_URLS };

	for (size_t which = 0; which < 2; which++) {
		const struct memory_list *list = memory_list_of(store, lists[which]);

		for (size_t i = 0; i < list->count; i++) {
			const struct store_key *key = memory_item(list, i);
			size_t at = 0;

			while (at < store->due_count && store->due[at].share != key->share)
				at++;
			if (at == store->due_count && !memory_is_lost(store, key->share))
				add_event(store, key->share, true);
		}
	}
}

static int memory_gain(struct store *door, const struct store_events *events)
{
	struct memory_store *store = memory_of(door);
	int result = 0;

	if (memory_begin_reading(store))
		return -1;
	store->events = *events;
	store->due_count = 0;
	if (store->node)
		return memory_node_gain(store);
	add_gains(store);
	while (result == 0 && !store->ways.gains_late && store->due_count > 0)
		result = deliver_next(store);
	return result;
}

static int memory_turn(struct store *door, int64_t now_ms, int64_t *due_ms)
{
	struct memory_store *store = memory_of(door);

	*due_ms = INT64_MAX;
	if (memory_begin_reading(store))
		return -1;
	if (store->must_close)
		memory_complain("a turn within a page that is open (%u:%u)", store->page.share,
				store->page.number);
	make_durable(store);
	for (size_t i = 0; i < store->reading_count; i++)
		store->readings[i].is_there = true;
	if (store->node)
		return memory_node_turn(store, now_ms, due_ms);
	if (store->due_count > 0 && deliver_next(store))
		return -1;
	if (store->due_count > 0)
		*due_ms = now_ms;
	return 0;
}

/* ---- a reader's questions ---- */

static int not_in_memory(struct store *door)
{
	return store_fail(door, STORE_CURE_NONE, "memory://%s: not in memory",
			  memory_of(door)->crawl->name);
}

static int memory_query(struct store *door, const char *sql,
			int (*function)(void *context, const struct store_answer *row),
			void *context)
{
	(void)sql;
	(void)function;
	(void)context;
	if (!door->has_failed) /* a query that fails leaves the store as it was */
		snprintf(door->error.text, sizeof(door->error.text), "memory://%s: not in memory",
			 memory_of(door)->crawl->name);
	return -1;
}

static int memory_each_table(struct store *door, int (*function)(void *context, const char *name),
			     void *context)
{
	(void)function;
	(void)context;
	return not_in_memory(door);
}

static int memory_report(struct store *door, enum store_report report,
			 const struct store_about *about,
			 int (*function)(void *context, const struct store_answer *row),
			 void *context)
{
	(void)report;
	(void)about;
	(void)function;
	(void)context;
	return not_in_memory(door);
}

/* ---- of tests ---- */

static const struct store_backend memory_backend = {
	.scheme = SCHEME,
	.open = memory_open,
	.open_read = memory_open_read,
	.close = memory_close,
	.get_totals = memory_get_totals,
	.get_last_run = memory_get_last_run,
	.begin_run = memory_begin_run,
	.put_asked = memory_put_asked,
	.put_root_pass = memory_put_root_pass,
	.end_run = memory_end_run,
	.put_patterns = memory_put_patterns,
	.get_pattern = memory_get_pattern,
	.get_share_count = memory_get_share_count,
	.has_share = memory_has_share,
	.get_member = memory_get_member,
	.get_lease_ms = memory_get_lease_ms,
	.has_room = memory_has_room,
	.put_load = memory_put_load,
	.is_over = memory_is_over,
	.give = memory_give,
	.get_quota = memory_get_quota,
	.send = memory_send,
	.end_letter = memory_end_letter,
	.is_paused = memory_is_paused,
	.gain = memory_gain,
	.turn = memory_turn,
	.settle = memory_settle,
	.put_host = memory_put_host,
	.put_robots = memory_put_robots,
	.get_robots = memory_get_robots,
	.put_hold = memory_put_hold,
	.put_wait = memory_put_wait,
	.put_address = memory_put_address,
	.put_url = memory_put_url,
	.put_wanted = memory_put_wanted,
	.put_root = memory_put_root,
	.put_set = memory_put_set,
	.each_set = memory_each_set,
	.get_set = memory_get_set,
	.put_root_sets = memory_put_root_sets,
	.ahead = memory_ahead,
	.url = memory_url,
	.put_request = memory_put_request,
	.hand_on_headers = memory_hand_on_headers,
	.get_request = memory_get_request,
	.find_url = memory_find_url,
	.get_doomed = memory_get_doomed,
	.forget = memory_forget,
	.clear_rejects = memory_clear_rejects,
	.put_reject = memory_put_reject,
	.try_table = memory_try_table,
	.put_table = memory_put_table,
	.page_open = memory_page_open,
	.page_leave = memory_page_leave,
	.row = memory_row,
	.keep_rows = memory_keep_rows,
	.page = memory_page,
	.put_standing = memory_put_standing,
	.put_verdict = memory_put_verdict,
	.put_waiting = memory_put_waiting,
	.clear_content = memory_clear_content,
	.each_read = memory_each_read,
	.clear_rows = memory_clear_rows,
	.put_parse = memory_put_parse,
	.put_try = memory_put_try,
	.get_kept = memory_get_kept,
	.each_kept = memory_each_kept,
	.hide = memory_hide,
	.put_cookie = memory_put_cookie,
	.clear_cookie = memory_clear_cookie,
	.each_cookie = memory_each_cookie,
	.clear_cookies = memory_clear_cookies,
	.put_host_figures = memory_put_host_figures,
	.put_outcome_figures = memory_put_outcome_figures,
	.put_pattern_figures = memory_put_pattern_figures,
	.put_field_figures = memory_put_field_figures,
	.put_proxy_figures = memory_put_proxy_figures,
	.put_run_host = memory_put_run_host,
	.put_run_count = memory_put_run_count,
	.put_run_histogram = memory_put_run_histogram,
	.put_run_example = memory_put_run_example,
	.put_run_sample = memory_put_run_sample,
	.thin_run_samples = memory_thin_run_samples,
	.put_run_event = memory_put_run_event,
	.put_run_finding = memory_put_run_finding,
	.get_uncommitted = memory_get_uncommitted,
	.commit = memory_commit,
	.idle = memory_idle,
	.query = memory_query,
	.query_table = memory_query,
	.each_table = memory_each_table,
	.report = memory_report,
};

void memory_store_use(void)
{
	static bool is_known;

	if (!is_known)
		store_add_backend(&memory_backend);
	is_known = true;
}

void memory_store_forget_all(void)
{
	struct crawl *next;

	for (struct crawl *crawl = crawls; crawl; crawl = next) {
		next = crawl->next;
		memory_nodes_free(crawl->nodes);
		memory_state_free(&crawl->durable);
		memory_give_back(&crawl->texts);
		free(crawl);
	}
	crawls = NULL;
	memory_forget_complaints();
}

void memory_store_share(const char *where, uint32_t shares)
{
	struct crawl *crawl = find_crawl(where, true);

	memory_nodes_free(crawl->nodes);
	crawl->nodes = memory_nodes_new(&crawl->durable, shares);
}

void memory_store_set(struct store *store, struct memory_store_ways ways)
{
	memory_of(store)->ways = ways;
}

void memory_store_fail_after(struct store *store, unsigned verbs)
{
	memory_of(store)->fails_after = verbs + 1;
}

bool memory_store_waits(const struct store *store)
{
	return ((const struct memory_store *)store)->due_count > 0;
}

void memory_store_lose(struct store *store, uint32_t share)
{
	add_event(memory_of(store), share, false);
}

void memory_store_gain(struct store *store, uint32_t share)
{
	add_event(memory_of(store), share, true);
}

uint64_t memory_store_refused(const struct store *store)
{
	return ((const struct memory_store *)store)->refused;
}

void memory_store_put_lines(const char *where, enum store_dump_what what, struct store_dump *dump)
{
	const struct crawl *crawl = find_crawl(where, false);

	if (crawl)
		memory_state_lines(&crawl->durable, what, dump);
}
