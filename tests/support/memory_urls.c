#include "tests/support/memory_internal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* ---- hosts ---- */

int memory_put_host(struct store *door, struct store_key key, struct slice origin)
{
	struct memory_store *store = memory_of(door);
	const struct memory_list *hosts = memory_list_of(store, MEMORY_HOSTS);
	struct memory_host *host;
	int result;

	for (size_t i = 0; !memory_is_lost(store, key.share) && i < hosts->count; i++) {
		host = memory_item(hosts, i);
		if (slice_equal(host->origin, origin))
			return memory_refuse(store, "a host that is there", key);
	}
	host = memory_put_next(store, MEMORY_HOSTS, key, &result);
	if (!host)
		return result;
	host->origin = memory_keep(store, origin);
	return 0;
}

int memory_put_robots(struct store *door, struct store_key key, const char *state,
		      struct slice robots, int64_t at_ms)
{
	struct memory_store *store = memory_of(door);
	struct memory_host *host;
	int found = memory_host_to_write(store, key, &host);

	if (found != 1)
		return found;
	host->robots_state = memory_keep(store, slice_of(state));
	host->robots = memory_keep(store, robots);
	host->robots_at_ms = at_ms;
	return 0;
}

int memory_get_robots(struct store *door, struct store_key key, struct slice *robots)
{
	struct memory_store *store = memory_of(door);
	const struct memory_host *host;

	if (memory_begin_reading(store))
		return -1;
	host = memory_find(memory_list_of(store, MEMORY_HOSTS), key, NULL);
	*robots = (struct slice){ NULL, 0 };
	if (host && host->robots.at)
		*robots = memory_lend(store, host->robots);
	return 1;
}

/* Also of one that is another's by now, who is told what it did not see. */
int memory_put_hold(struct store *door, struct store_key key, struct slice origin, int64_t until_ms)
{
	struct memory_store *store = memory_of(door);
	struct memory_host *host;

	if (memory_begin_writing(store))
		return -1;
	host = memory_find(memory_list_of(store, MEMORY_HOSTS), key, NULL);
	if (!host || !slice_equal(host->origin, origin))
		return 0;
	if (store->node)
		memory_node_touch(store, MEMORY_HOSTS, key);
	if (until_ms > host->held_until_ms)
		host->held_until_ms = until_ms;
	return 0;
}

/* Nobody asks it for reports: nothing is kept. */
int memory_put_wait(struct store *door, struct store_key key, int64_t until_ms, const char *why)
{
	struct memory_host *host;

	(void)until_ms;
	(void)why;
	return memory_host_to_write(memory_of(door), key, &host) < 0 ? -1 : 0;
}

int memory_put_address(struct store *door, struct store_key key, struct slice address)
{
	struct memory_host *host;
	int found = memory_host_to_write(memory_of(door), key, &host);

	if (found == 1)
		host->address = memory_keep(memory_of(door), address);
	return found < 0 ? -1 : 0;
}

int memory_put_host_figures(struct store *door, const struct store_host_figures *figures)
{
	struct memory_host *host;
	int found = memory_host_to_write(memory_of(door), figures->host, &host);

	if (found == 1) {
		struct store_host_figures sum = figures->is_anothers ? host->figures : *figures;

		sum.pages = figures->pages;
		sum.errors = figures->errors;
		sum.pages += host->figures.pages;
		sum.errors += host->figures.errors;
		host->figures = sum;
	}
	return found < 0 ? -1 : 0;
}

/* ---- URLs ---- */

static void check_row(struct memory_store *store, const struct store_url *row)
{
	if (!memory_is_lost(store, row->host.share) &&
	    !memory_find(memory_list_of(store, MEMORY_HOSTS), row->host, NULL))
		memory_complain("a URL of a host that was never put (%u:%u): %.*s", row->host.share,
				row->host.number, (int)row->url.size, row->url.at);
	if (!store_key_is_none(row->from) && !memory_is_lost(store, row->from.share) &&
	    !memory_find(memory_list_of(store, MEMORY_URLS), row->from, NULL))
		memory_complain("a link of a page that was never put (%u:%u): %.*s",
				row->from.share, row->from.number, (int)row->url.size, row->url.at);
	if (!store_key_is_none(row->root) && !memory_is_lost(store, row->root.share) &&
	    !memory_find(memory_list_of(store, MEMORY_URLS), row->root, NULL))
		memory_complain("a root that was never put (%u:%u): %.*s", row->root.share,
				row->root.number, (int)row->url.size, row->url.at);
}

static int find_text(struct memory_store *store, struct slice url, struct store_key *key)
{
	const struct memory_list *urls = memory_list_of(store, MEMORY_URLS);

	for (size_t i = 0; i < urls->count; i++) {
		const struct memory_url *known = memory_item(urls, i);

		if (!slice_equal(known->row.url, url))
			continue;
		*key = known->key;
		return 1;
	}
	return 0;
}

int memory_put_url(struct store *door, struct store_key key, const struct store_url *row)
{
	struct memory_store *store = memory_of(door);
	struct store_key other;
	struct memory_url *url;
	int result;

	if (find_text(store, row->url, &other) && !memory_is_lost(store, other.share))
		memory_complain("a URL that is there (%u:%u): %.*s", other.share, other.number,
				(int)row->url.size, row->url.at);
	url = memory_put_next(store, MEMORY_URLS, key, &result);
	if (!url)
		return result;
	check_row(store, row);
	if (row->host.share != key.share)
		memory_complain("a URL of another share than its host's (%u:%u)", key.share,
				key.number);
	url->row = *row;
	url->row.url = memory_keep(store, row->url);
	if (store_key_is_none(row->root))
		url->row.root = key;
	return 0;
}

int memory_put_wanted(struct store *door, struct store_key key, const struct store_url *row)
{
	struct memory_store *store = memory_of(door);
	struct memory_url *url;
	int found = memory_url_to_write(store, key, &url);
	struct store_url wanted = *row;

	if (found != 1)
		return found;
	if (url->row.kind != STORE_URL_OUTSIDE || row->kind == STORE_URL_OUTSIDE)
		memory_complain("wanted, and was not outside (%u:%u)", key.share, key.number);
	if (row->url.at && !slice_equal(row->url, url->row.url))
		memory_complain("wanted by another text (%u:%u): %.*s", key.share, key.number,
				(int)row->url.size, row->url.at);
	wanted.url = url->row.url;
	wanted.host = url->row.host;
	if (store_key_is_none(row->root))
		wanted.root = key;
	check_row(store, &wanted);
	*url = (struct memory_url){ .key = key, .row = wanted };
	return 0;
}

static void forget_conditions(struct memory_url *url)
{
	url->page.etag = url->page.last_modified = (struct slice){ 0 };
	url->page.hash = 0;
}

int memory_put_root(struct store *door, struct store_key key, const struct store_url *row,
		    bool is_asked_for)
{
	struct memory_store *store = memory_of(door);
	struct memory_url *url;
	int found = memory_url_to_write(store, key, &url);
	struct store_url found_as = *row;
	struct memory_url *from;

	if (found != 1)
		return found;
	if (url->row.kind == STORE_URL_OUTSIDE)
		memory_complain("a root for what is outside (%u:%u)", key.share, key.number);
	found_as.url = url->row.url;
	found_as.host = url->row.host;
	found_as.kind = url->row.kind;
	found_as.set = url->row.set;
	if (store_key_is_none(row->root))
		found_as.root = key;
	check_row(store, &found_as);
	from = memory_find(memory_list_of(store, MEMORY_URLS), url->row.from, NULL);
	if (from && store_key_id(url->row.from) != store_key_id(row->from))
		forget_conditions(from);
	if (is_asked_for || memory_url_state(store->state, url) == STORE_PENDING)
		url->pass = 0;
	url->row = found_as;
	forget_conditions(url);
	return 0;
}

static bool is_same_request(const struct memory_url *url, const struct store_request *request)
{
	return url->has_request == (request != NULL) &&
	       (!request || (slice_equal(url->request.method, request->method) &&
			     slice_equal(url->request.headers, request->headers) &&
			     slice_equal(url->request.body, request->body)));
}

int memory_put_request(struct store *door, struct store_key key,
		       const struct store_request *request)
{
	struct memory_store *store = memory_of(door);
	struct memory_url *url;
	int found = memory_url_to_write(store, key, &url);

	if (found != 1 || is_same_request(url, request))
		return found < 0 ? -1 : 0;
	url->has_request = request != NULL;
	if (request)
		url->request = (struct store_request){ memory_keep(store, request->method),
						       memory_keep(store, request->headers),
						       memory_keep(store, request->body) };
	forget_conditions(url);
	return 0;
}

static const struct store_request plain_get = { .method = { "GET", 3 } };

/* The request of its root, if this one is to have its headers; or NULL. */
static const struct store_request *headers_of_root(struct memory_store *store,
						   const struct memory_url *url)
{
	const struct memory_url *root =
		memory_find(memory_list_of(store, MEMORY_URLS), url->row.root, NULL);
	const struct store_request *its = root && root->has_request ? &root->request : &plain_get;

	if (!url->has_request || !root || root == url ||
	    store_key_id(root->row.host) != store_key_id(url->row.host) ||
	    !slice_equal(its->method, url->request.method) ||
	    slice_equal(its->headers, url->request.headers))
		return NULL;
	return its;
}

int memory_hand_on_headers(struct store *door)
{
	struct memory_store *store = memory_of(door);
	const struct memory_list *urls = memory_list_of(store, MEMORY_URLS);

	if (memory_begin_writing(store))
		return -1;
	for (size_t i = 0; i < urls->count; i++) {
		struct memory_url *url = memory_item(urls, i);
		const struct store_request *its = headers_of_root(store, url);

		if (!its)
			continue;
		url->request.headers = its->headers;
		url->has_request = its != &plain_get;
		forget_conditions(url);
	}
	return 0;
}

int memory_get_request(struct store *door, struct store_key key, struct store_request *request)
{
	struct memory_store *store = memory_of(door);
	struct memory_url *url;

	if (memory_begin_reading(store))
		return -1;
	url = memory_find(memory_list_of(store, MEMORY_URLS), key, NULL);
	if (!url || !url->has_request)
		return 0;
	*request = (struct store_request){ memory_lend(store, url->request.method),
					   memory_lend(store, url->request.headers),
					   memory_lend(store, url->request.body) };
	return 1;
}

int memory_find_url(struct store *door, struct slice url, struct store_key *key)
{
	return memory_begin_reading(memory_of(door)) ? -1 : find_text(memory_of(door), url, key);
}

/* ---- URLs that are asked for ---- */

static struct reading *find_reading(struct memory_store *store, struct store_key key)
{
	for (size_t i = 0; i < store->reading_count; i++)
		if (store_key_id(store->readings[i].key) == store_key_id(key))
			return &store->readings[i];
	return NULL;
}

static void forget_reading(struct memory_store *store, struct reading *reading)
{
	*reading = store->readings[--store->reading_count];
}

static void add_reading(struct memory_store *store, struct store_key key, bool is_ahead)
{
	if (store->reading_count == READS_MAX)
		forget_reading(store, &store->readings[0]);
	store->readings[store->reading_count++] =
		(struct reading){ key, is_ahead,
				  is_ahead && store->ways.reads != MEMORY_READS_ALL_LATE };
}

int memory_ahead(struct store *door, const struct store_key keys[], size_t count)
{
	struct memory_store *store = memory_of(door);

	if (memory_begin_reading(store))
		return -1;
	for (size_t i = store->reading_count; i-- > 0;)
		if (store->readings[i].is_ahead)
			forget_reading(store, &store->readings[i]);
	for (size_t i = 0; i < count && i < STORE_AHEAD_MAX; i++)
		if (!find_reading(store, keys[i]))
			add_reading(store, keys[i], true);
	return 0;
}

/* Has it come?  What was asked for by itself is handed out once. */
static bool has_come(struct memory_store *store, struct store_key key)
{
	struct reading *reading = find_reading(store, key);
	bool is_there = reading && reading->is_there;

	if (store->ways.reads == MEMORY_READS_AT_ONCE)
		return true;
	if (!reading)
		add_reading(store, key, false);
	else if (is_there && !reading->is_ahead)
		forget_reading(store, reading);
	return is_there;
}

static bool is_good(const struct store_page *page)
{
	return strcmp(page->outcome, "ok") == 0 || strcmp(page->outcome, "not_modified") == 0;
}

static struct store_validators validators(struct memory_store *store, const struct memory_url *url)
{
	const struct store_page *page = &url->page;
	bool is_elsewhere = page->final_url.at && !slice_equal(page->final_url, url->row.url);
	struct store_validators known = {
		.fetched_at_ms = page->fetched_at_ms,
		.is_good = is_good(page),
		.is_redirected = is_elsewhere,
		.has_content = url->read_at_ms != 0,
		.is_read_there = strcmp(page->outcome, "moved") == 0,
	};

	if (is_elsewhere && page->is_moved)
		known.moved_to = memory_lend(store, page->final_url);
	if (url->config_hash != store->config_hash)
		return known;
	known.etag = memory_lend(store, page->etag);
	known.last_modified = memory_lend(store, page->last_modified);
	known.hash = page->hash;
	known.counts = memory_lend(store, page->counts);
	return known;
}

int memory_url(struct store *door, struct store_key key, struct store_target *target)
{
	struct memory_store *store = memory_of(door);
	const struct memory_url *url;

	if (memory_begin_reading(store))
		return -1;
	url = memory_find(memory_list_of(store, MEMORY_URLS), key, NULL);
	if (!url)
		return memory_refuse(store, "knows no URL", key);
	if (memory_is_lost(store, key.share)) {
		memory_complain("asked for a URL of a share that was lost (%u:%u)", key.share,
				key.number);
		return 0;
	}
	if (!has_come(store, key))
		return 0;
	*target = (struct store_target){ .row = url->row, .is_again = url->has_result };
	target->row.url = memory_lend(store, url->row.url);
	if (url->has_result)
		target->known = validators(store, url);
	return 1;
}

/* ---- taking out ---- */

/* How many of a list are of this URL?  They may be taken out, too. */
static uint64_t count_of(struct memory_list *list, size_t key_at, struct store_key key, bool goes)
{
	uint64_t count = 0;

	for (size_t i = list->count; i-- > 0;) {
		struct store_key other;

		memcpy(&other, (const char *)memory_item(list, i) + key_at, sizeof(other));
		if (store_key_id(other) != store_key_id(key))
			continue;
		if (goes)
			memory_remove(list, i);
		count++;
	}
	return count;
}

static uint64_t count_rows(struct memory_store *store, struct store_key key, bool goes)
{
	return count_of(memory_list_of(store, MEMORY_ROWS), offsetof(struct memory_row, page), key,
			goes);
}

int memory_get_doomed(struct store *door, const struct store_key keys[], size_t count,
		      struct store_forgotten *sum)
{
	struct memory_store *store = memory_of(door);

	*sum = (struct store_forgotten){ 0 };
	for (size_t i = 0; i < count; i++) {
		const struct memory_url *url =
			memory_find(memory_list_of(store, MEMORY_URLS), keys[i], NULL);

		sum->urls += url != NULL;
		sum->bodies += url && url->body.at;
		sum->rows += count_rows(store, keys[i], false);
	}
	return 0;
}

static void leave_root(struct memory_store *store, struct memory_url *url)
{
	const struct memory_url *root =
		memory_find(memory_list_of(store, MEMORY_URLS), url->row.root, NULL);

	if (memory_url_state(store->state, url) == STORE_PENDING)
		url->pass = 0;
	url->row.root = url->key;
	url->row.set = root ? root->row.set : 0;
}

static void forget_url(struct memory_store *store, struct store_key key)
{
	struct memory_list *urls = memory_list_of(store, MEMORY_URLS);

	for (size_t i = 0; i < urls->count; i++) {
		struct memory_url *other = memory_item(urls, i);

		if (store_key_id(other->row.from) == store_key_id(key))
			other->row.from = (struct store_key){ 0 };
		if (store_key_id(other->row.root) == store_key_id(key))
			leave_root(store, other);
	}
	count_rows(store, key, true);
	count_of(memory_list_of(store, MEMORY_TRIES), offsetof(struct store_try, key), key, true);
	count_of(memory_list_of(store, MEMORY_STALE), offsetof(struct memory_stale, page), key,
		 true);
	count_of(urls, offsetof(struct memory_url, key), key, true);
}

int memory_forget(struct store *door, const struct store_key keys[], size_t count,
		  bool reads_rest_again)
{
	struct memory_store *store = memory_of(door);
	struct memory_list *urls = memory_list_of(store, MEMORY_URLS);

	if (memory_begin_writing(store))
		return -1;
	for (size_t i = 0; i < count; i++)
		forget_url(store, keys[i]);
	memory_clear_sets(store);
	for (size_t i = 0; reads_rest_again && i < urls->count; i++)
		forget_conditions(memory_item(urls, i));
	return 0;
}

/* ---- rejected lines ---- */

int memory_clear_rejects(struct store *door, const char *name)
{
	struct memory_store *store = memory_of(door);
	struct memory_list *rejects = memory_list_of(store, MEMORY_REJECTS);

	if (memory_begin_writing(store))
		return -1;
	for (size_t i = rejects->count; i-- > 0;) {
		const struct memory_reject *reject = memory_item(rejects, i);

		if (slice_equal(reject->list, slice_of(name)))
			memory_remove(rejects, i);
	}
	return 0;
}

int memory_put_reject(struct store *door, const char *list, uint64_t line, struct slice text,
		      const char *reason)
{
	struct memory_store *store = memory_of(door);
	struct memory_reject *reject;

	if (memory_begin_writing(store))
		return -1;
	reject = memory_append(memory_list_of(store, MEMORY_REJECTS));
	*reject = (struct memory_reject){ memory_keep(store, slice_of(list)),
					  memory_keep(store, text),
					  memory_keep(store, slice_of(reason)), line };
	return 0;
}

/* ---- figures ---- */

static struct store_pattern_figures *find_figures(struct memory_store *store,
						  const struct store_pattern_figures *like)
{
	struct memory_list *list = memory_list_of(store, MEMORY_FIGURES);
	struct memory_figures *figures;

	for (size_t i = 0; i < list->count; i++) {
		figures = memory_item(list, i);
		if (figures->run == store->run &&
		    strcmp(figures->sum.pattern, like->pattern) == 0 &&
		    store_key_id(figures->sum.host) == store_key_id(like->host))
			return &figures->sum;
	}
	figures = memory_append(list);
	figures->run = store->run;
	figures->sum.pattern = memory_keep_string(store, like->pattern);
	figures->sum.host = like->host;
	return &figures->sum;
}

/* A host's are none of ours if the host is not; those of all are.  Returns as that. */
static int figures_to_write(struct memory_store *store, struct store_key key)
{
	struct memory_host *host;

	if (store_key_is_none(key))
		return memory_begin_writing(store) ? -1 : 1;
	return memory_host_to_write(store, key, &host);
}

/* Nobody asks it for them: nothing is kept. */
int memory_put_outcome_figures(struct store *door, const struct store_outcome_figures *figures)
{
	return figures_to_write(memory_of(door), figures->host) < 0 ? -1 : 0;
}

int memory_put_pattern_figures(struct store *door, const struct store_pattern_figures *figures)
{
	struct store_pattern_figures *sum;
	int found = figures_to_write(memory_of(door), figures->host);

	if (found != 1)
		return found;
	sum = find_figures(memory_of(door), figures);
	sum->pages_tried += figures->pages_tried;
	sum->pages_matched += figures->pages_matched;
	sum->rows += figures->rows;
	sum->empty_fields += figures->empty_fields;
	sum->limit_hits += figures->limit_hits;
	sum->elapsed_ns += figures->elapsed_ns;
	sum->pages_wanted += figures->pages_wanted;
	sum->pages_unchanged += figures->pages_unchanged;
	sum->bad_values += figures->bad_values;
	return 0;
}

/* Nobody asks it for reports: nothing is kept. */
int memory_put_proxy_figures(struct store *door, const struct store_proxy_figures *figures)
{
	(void)figures;
	return memory_begin_writing(memory_of(door)) ? -1 : 0;
}

int memory_put_run_host(struct store *door, const struct store_run_host *host)
{
	(void)host;
	return memory_begin_writing(memory_of(door)) ? -1 : 0;
}

int memory_put_run_count(struct store *door, const char *what, const char *value, uint64_t pages)
{
	(void)what;
	(void)value;
	(void)pages;
	return memory_begin_writing(memory_of(door)) ? -1 : 0;
}

int memory_put_run_histogram(struct store *door, const char *what, unsigned bucket, uint64_t pages)
{
	(void)what;
	(void)bucket;
	(void)pages;
	return memory_begin_writing(memory_of(door)) ? -1 : 0;
}

int memory_put_run_example(struct store *door, const struct store_example *example)
{
	(void)example;
	return memory_begin_writing(memory_of(door)) ? -1 : 0;
}

int memory_put_run_sample(struct store *door, const struct store_sample *sample)
{
	(void)sample;
	return memory_begin_writing(memory_of(door)) ? -1 : 0;
}

int memory_thin_run_samples(struct store *door, int64_t step_ms)
{
	(void)step_ms;
	return memory_begin_writing(memory_of(door)) ? -1 : 0;
}

int memory_put_run_event(struct store *door, const struct store_event *event)
{
	(void)event;
	return memory_begin_writing(memory_of(door)) ? -1 : 0;
}

int memory_put_run_finding(struct store *door, const struct store_finding *finding)
{
	(void)finding;
	return memory_begin_writing(memory_of(door)) ? -1 : 0;
}

static struct store_field_figures *find_field(struct memory_store *store,
					      const struct store_field_figures *like)
{
	struct memory_list *list = memory_list_of(store, MEMORY_FIELD_FIGURES);
	struct memory_field_figures *figures;

	for (size_t i = 0; i < list->count; i++) {
		figures = memory_item(list, i);
		if (figures->run == store->run &&
		    strcmp(figures->sum.pattern, like->pattern) == 0 &&
		    strcmp(figures->sum.field, like->field) == 0)
			return &figures->sum;
	}
	figures = memory_append(list);
	figures->run = store->run;
	figures->sum.pattern = memory_keep_string(store, like->pattern);
	figures->sum.field = memory_keep_string(store, like->field);
	return &figures->sum;
}

int memory_put_field_figures(struct store *door, const struct store_field_figures *figures)
{
	struct memory_store *store = memory_of(door);
	struct store_field_figures *sum;

	if (memory_begin_writing(store))
		return -1;
	sum = find_field(store, figures);
	sum->rows += figures->rows;
	sum->filled += figures->filled;
	sum->bad += figures->bad;
	return 0;
}
