#include "tests/support/memory_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- lists ---- */

static const size_t sizes[MEMORY_LISTS] = {
	[MEMORY_HOSTS] = sizeof(struct memory_host),
	[MEMORY_URLS] = sizeof(struct memory_url),
	[MEMORY_TABLES] = sizeof(struct memory_table),
	[MEMORY_ROWS] = sizeof(struct memory_row),
	[MEMORY_TRIES] = sizeof(struct store_try),
	[MEMORY_REJECTS] = sizeof(struct memory_reject),
	[MEMORY_COOKIES] = sizeof(struct store_cookie),
	[MEMORY_SETS] = sizeof(struct memory_set),
	[MEMORY_RUNS] = sizeof(struct memory_run),
	[MEMORY_PATTERNS] = sizeof(struct memory_pattern),
	[MEMORY_FIGURES] = sizeof(struct memory_figures),
	[MEMORY_FIELD_FIGURES] = sizeof(struct memory_field_figures),
	[MEMORY_STALE] = sizeof(struct memory_stale),
};

void memory_state_init(struct memory_state *state)
{
	*state = (struct memory_state){ 0 };
	for (size_t i = 0; i < MEMORY_LISTS; i++)
		state->lists[i].size = sizes[i];
}

static void make_room(struct memory_list *list, size_t count)
{
	if (count <= list->room)
		return;
	list->room = 2 * count;
	list->at = realloc(list->at, list->room * list->size);
	if (!list->at)
		abort();
}

void memory_state_copy(struct memory_state *to, const struct memory_state *from)
{
	for (size_t i = 0; i < MEMORY_LISTS; i++) {
		make_room(&to->lists[i], from->lists[i].count);
		to->lists[i].count = from->lists[i].count;
		if (from->lists[i].count > 0)
			memcpy(to->lists[i].at, from->lists[i].at, from->lists[i].count * sizes[i]);
	}
	to->visit = from->visit;
}

void memory_state_free(struct memory_state *state)
{
	for (size_t i = 0; i < MEMORY_LISTS; i++)
		free(state->lists[i].at);
}

void *memory_insert(struct memory_list *list, size_t index)
{
	char *item;

	make_room(list, list->count + 1);
	item = memory_item(list, index);
	memmove(item + list->size, item, (list->count++ - index) * list->size);
	return memset(item, 0, list->size);
}

void *memory_append(struct memory_list *list)
{
	return memory_insert(list, list->count);
}

void memory_remove(struct memory_list *list, size_t index)
{
	char *item = memory_item(list, index);

	memmove(item, item + list->size, (--list->count - index) * list->size);
}

void *memory_find(const struct memory_list *list, struct store_key key, size_t *place)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		struct store_key *item = memory_item(list, middle);

		if (store_key_id(*item) == store_key_id(key))
			return item;
		if (store_key_id(*item) < store_key_id(key))
			low = middle + 1;
		else
			high = middle;
	}
	if (place)
		*place = low;
	return NULL;
}

uint32_t memory_last_number(const struct memory_list *list, uint32_t share)
{
	uint32_t last = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct store_key *key = memory_item(list, i);

		if (key->share == share)
			last = key->number;
	}
	return last;
}

/* ---- what follows from it ---- */

static int64_t last_pass(const struct memory_state *state, enum store_pass asks)
{
	const struct memory_list *runs = &state->lists[MEMORY_RUNS];
	int64_t pass = 1;

	for (size_t i = 0; i < runs->count; i++) {
		const struct memory_run *run = memory_item(runs, i);

		if (run->asks == asks)
			pass = run->pass;
	}
	return pass;
}

/* Of all roots, or of this URL's. */
static bool is_before(const struct memory_state *state, const struct memory_url *url,
		      enum store_pass asks)
{
	const struct memory_url *root =
		memory_find(&state->lists[MEMORY_URLS], url->row.root, NULL);
	int64_t own = root ? asks == STORE_PASS_ALL ? root->all_pass : root->failed_pass : 0;

	return url->pass < last_pass(state, asks) || url->pass < own;
}

enum store_state memory_url_state(const struct memory_state *state, const struct memory_url *url)
{
	if (url->row.kind == STORE_URL_OUTSIDE)
		return STORE_SKIPPED;
	if (!url->has_result || is_before(state, url, STORE_PASS_ALL))
		return STORE_PENDING;
	if (url->page.state == STORE_FAILED && is_before(state, url, STORE_PASS_FAILED))
		return STORE_PENDING;
	return url->page.state;
}

static const struct store_value *find_value(const struct memory_row *row, const char *name)
{
	for (size_t i = 0; i < row->column_count; i++)
		if (strcasecmp(row->columns[i].name, name) == 0)
			return row->values[i].kind == STORE_NULL ? NULL : &row->values[i];
	return NULL;
}

static bool equal_values(const struct store_value *left, const struct store_value *right)
{
	if (!left || !right || left->kind != right->kind)
		return false;
	if (left->kind == STORE_INTEGER)
		return left->integer == right->integer;
	if (left->kind == STORE_REAL)
		return !(left->real < right->real) && !(left->real > right->real);
	return slice_equal(left->text, right->text);
}

bool memory_has_key(const struct memory_table *table, const struct memory_row *left,
		    const struct memory_row *right)
{
	for (size_t i = 0; i < table->key_count; i++)
		if (!equal_values(find_value(left, table->key[i]),
				  find_value(right, table->key[i])))
			return false;
	return table->key_count > 0;
}

/* ---- as lines ---- */

static const struct slice absent = { NULL, 0 };

static struct slice url_text(const struct memory_state *state, struct store_key key)
{
	const struct memory_url *url = memory_find(&state->lists[MEMORY_URLS], key, NULL);

	return url ? url->row.url : absent;
}

static struct slice host_origin(const struct memory_state *state, struct store_key key)
{
	const struct memory_host *host = memory_find(&state->lists[MEMORY_HOSTS], key, NULL);

	return host ? host->origin : absent;
}

static void put_texts(struct store_dump *dump, const struct slice texts[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		store_dump_text(dump, texts[i]);
}

static void put_numbers(struct store_dump *dump, const int64_t numbers[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		store_dump_number(dump, numbers[i]);
}

static void put_number_or_not(struct store_dump *dump, bool is_there, int64_t number)
{
	if (is_there)
		store_dump_number(dump, number);
	else
		store_dump_text(dump, absent);
}

static void put_content(struct store_dump *dump, const struct memory_url *url)
{
	const struct store_page *page = &url->page;

	put_texts(dump,
		  (struct slice[]){ page->redirects, page->title, page->content_type, page->charset,
				    page->charset_source },
		  5);
	put_number_or_not(dump, url->has_result && page->size >= 0, page->size);
	put_number_or_not(dump, url->has_result && page->wire_size >= 0, page->wire_size);
	store_dump_text(dump, page->unmatched);
	put_number_or_not(dump, url->body.at, url->body_is_text);
	store_dump_text(dump, url->body);
}

static void put_url(const struct memory_state *state, const struct memory_url *url,
		    struct store_dump *dump)
{
	const struct store_url *row = &url->row;
	const struct store_page *page = &url->page;
	bool is_elsewhere = page->final_url.at && !slice_equal(page->final_url, row->url);

	store_dump_begin(dump, "page");
	store_dump_text(dump, row->url);
	put_numbers(dump, (int64_t[]){ (int64_t)row->kind, row->lane }, 2);
	put_number_or_not(dump, row->rule != 0, row->rule);
	store_dump_number(dump, row->depth);
	store_dump_text(dump, url_text(state, row->from));
	put_number_or_not(dump, row->from_where != STORE_FROM_UNKNOWN, row->from_where);
	store_dump_text(dump, url_text(state, row->root));
	store_dump_text(dump, host_origin(state, row->host));
	store_dump_number(dump, memory_url_state(state, url));
	store_dump_text(dump, page->outcome ? slice_of(page->outcome) : absent);
	put_number_or_not(dump, page->status != 0, page->status);
	store_dump_text(dump, is_elsewhere ? page->final_url : absent);
	store_dump_number(dump, page->tries);
	store_dump_text(dump, page->error);
	store_dump_number(dump, page->is_moved);
	put_content(dump, url);
	store_dump_end(dump);
}

static void put_set(const struct memory_state *state, const struct memory_url *url,
		    struct store_dump *dump)
{
	const struct memory_list *sets = &state->lists[MEMORY_SETS];
	const struct memory_url *root =
		memory_find(&state->lists[MEMORY_URLS], url->row.root, NULL);

	for (size_t i = 0; root && i < sets->count; i++) {
		const struct memory_set *set = memory_item(sets, i);

		if (set->number != root->row.set)
			continue;
		store_dump_begin(dump, "set");
		store_dump_text(dump, url->row.url);
		store_dump_text(dump, set->fields);
		store_dump_end(dump);
	}
}

static const char *field_name(void *context, size_t index)
{
	return ((const struct memory_row *)context)->columns[index].name;
}

static void put_value(struct store_dump *dump, const struct store_value *value)
{
	if (value->kind == STORE_INTEGER)
		store_dump_number(dump, value->integer);
	else if (value->kind == STORE_REAL)
		store_dump_real(dump, value->real);
	else
		store_dump_text(dump, value->text);
}

static void put_row(const struct memory_state *state, const struct memory_row *row,
		    struct store_dump *dump)
{
	const struct memory_table *table = memory_item(&state->lists[MEMORY_TABLES], row->table);
	void *context = (void *)(uintptr_t)row;
	const char *last = NULL;
	size_t count = row->column_count, i;

	store_dump_begin(dump, "row");
	store_dump_text(dump, slice_of(table->name));
	store_dump_text(dump, url_text(state, row->page));
	store_dump_number(dump, row->number);
	while ((i = store_dump_next_name(field_name, context, count, last)) < count) {
		last = row->columns[i].name;
		if (row->values[i].kind == STORE_NULL)
			continue;
		store_dump_name(dump, last);
		put_value(dump, &row->values[i]);
	}
	store_dump_end(dump);
}

static void put_try(const struct memory_state *state, const struct store_try *try,
		    struct store_dump *dump)
{
	store_dump_begin(dump, "try");
	store_dump_text(dump, url_text(state, try->key));
	store_dump_number(dump, try->number);
	store_dump_text(dump, slice_of(try->outcome));
	put_number_or_not(dump, try->status != 0, try->status);
	store_dump_text(dump, try->error);
	store_dump_end(dump);
}

static void put_wait(const struct memory_state *state, const struct store_try *try,
		     struct store_dump *dump)
{
	store_dump_begin(dump, "wait");
	store_dump_text(dump, url_text(state, try->key));
	put_numbers(dump, (int64_t[]){ try->number, try->at_ms / 1000, try->wait_ms }, 3);
	store_dump_end(dump);
}

static void put_host(const struct memory_host *host, struct store_dump *dump)
{
	store_dump_begin(dump, "host");
	put_texts(dump,
		  (struct slice[]){ host->origin, host->robots_state, host->robots, host->address },
		  4);
	store_dump_end(dump);
}

static void put_host_figures(const struct memory_host *host, struct store_dump *dump)
{
	const struct store_host_figures *sum = &host->figures;

	store_dump_begin(dump, "figures");
	store_dump_text(dump, host->origin);
	put_numbers(dump,
		    (int64_t[]){ host->robots_at_ms, host->held_until_ms, (int64_t)sum->pages,
				 (int64_t)sum->errors, sum->delay_ms },
		    5);
	store_dump_real(dump, sum->p50_ms);
	store_dump_real(dump, sum->p95_ms);
	store_dump_end(dump);
}

static void put_reject(const struct memory_reject *reject, struct store_dump *dump)
{
	store_dump_begin(dump, "reject");
	store_dump_text(dump, reject->list);
	store_dump_number(dump, (int64_t)reject->line);
	put_texts(dump, (struct slice[]){ reject->text, reject->reason }, 2);
	store_dump_end(dump);
}

/* The place of its visit among all: what the numbers are is a backend's own. */
static int64_t rank_of(const struct memory_state *state, const struct memory_url *url)
{
	const struct memory_list *urls = &state->lists[MEMORY_URLS];
	int64_t rank = 0;

	for (size_t i = 0; i < urls->count; i++) {
		const struct memory_url *other = memory_item(urls, i);

		rank += other->has_result && other->visit <= url->visit;
	}
	return rank;
}

static void put_visit(const struct memory_state *state, const struct memory_url *url,
		      struct store_dump *dump)
{
	const struct store_page *page = &url->page;
	bool is_fetched = page->fetched_at_ms != 0;

	if (!url->has_result)
		return;
	store_dump_begin(dump, "visit");
	store_dump_text(dump, url->row.url);
	put_numbers(dump, (int64_t[]){ rank_of(state, url), url->pass }, 2);
	put_number_or_not(dump, is_fetched, page->elapsed_us);
	put_number_or_not(dump, is_fetched, page->fetched_at_ms / 1000);
	put_number_or_not(dump, url->read_at_ms != 0, url->read_at_ms / 1000);
	put_texts(dump, (struct slice[]){ page->etag, page->last_modified }, 2);
	put_number_or_not(dump, page->hash != 0, (int64_t)page->hash);
	store_dump_number(dump, (int64_t)url->config_hash);
	store_dump_end(dump);
	if (!page->counts.at)
		return;
	store_dump_begin(dump, "counts");
	store_dump_text(dump, url->row.url);
	store_dump_text(dump, page->counts);
	store_dump_end(dump);
}

static void put_run(const struct memory_run *run, int64_t number, struct store_dump *dump)
{
	char hash[17];

	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)run->config_hash);
	store_dump_begin(dump, "run");
	put_numbers(dump, (int64_t[]){ number, run->pass, (int64_t)run->asks }, 3);
	store_dump_text(dump, run->ended ? slice_of(run->ended) : absent);
	store_dump_text(dump, slice_of(hash));
	store_dump_end(dump);
}

static void put_pattern(const struct memory_pattern *pattern, struct store_dump *dump)
{
	store_dump_begin(dump, "meaning");
	store_dump_number(dump, (int64_t)pattern->config_hash);
	store_dump_text(dump, slice_of(pattern->name));
	store_dump_number(dump, (int64_t)pattern->hash);
	store_dump_end(dump);
}

static void put_figures(const struct memory_state *state, const struct memory_figures *figures,
			struct store_dump *dump)
{
	const struct store_pattern_figures *sum = &figures->sum;

	store_dump_begin(dump, "pattern");
	store_dump_number(dump, (int64_t)figures->run);
	store_dump_text(dump, slice_of(sum->pattern));
	store_dump_text(dump, host_origin(state, sum->host));
	put_numbers(dump,
		    (int64_t[]){ (int64_t)sum->pages_tried, (int64_t)sum->pages_matched,
				 (int64_t)sum->rows, (int64_t)sum->empty_fields,
				 (int64_t)sum->limit_hits, (int64_t)sum->elapsed_ns,
				 (int64_t)sum->pages_wanted, (int64_t)sum->pages_unchanged,
				 (int64_t)sum->bad_values },
		    9);
	store_dump_end(dump);
}

static void put_field_figures(const struct memory_field_figures *figures, struct store_dump *dump)
{
	store_dump_begin(dump, "field");
	store_dump_number(dump, (int64_t)figures->run);
	store_dump_text(dump, slice_of(figures->sum.pattern));
	store_dump_text(dump, slice_of(figures->sum.field));
	put_numbers(dump,
		    (int64_t[]){ (int64_t)figures->sum.rows, (int64_t)figures->sum.filled,
				 (int64_t)figures->sum.bad },
		    3);
	store_dump_end(dump);
}

static void put_stale(const struct memory_state *state, const struct memory_stale *stale,
		      struct store_dump *dump)
{
	const struct memory_url *url = memory_find(&state->lists[MEMORY_URLS], stale->page, NULL);

	store_dump_begin(dump, "stale");
	store_dump_text(dump, slice_of(stale->pattern));
	store_dump_text(dump, url->row.url);
	store_dump_number(dump, (int64_t)stale->run);
	store_dump_end(dump);
}

static void put_url_and_set(const struct memory_state *state, const struct memory_url *url,
			    struct store_dump *dump)
{
	put_url(state, url, dump);
	put_set(state, url, dump);
}

/* An item of a list, as one line or two. */
static void put_item(const struct memory_state *state, enum memory_lists list, size_t index,
		     bool all, struct store_dump *dump)
{
	const void *item = memory_item(&state->lists[list], index);

	if (list == MEMORY_HOSTS)
		put_host(item, dump);
	else if (list == MEMORY_URLS)
		put_url_and_set(state, item, dump);
	else if (list == MEMORY_ROWS)
		put_row(state, item, dump);
	else if (list == MEMORY_TRIES)
		put_try(state, item, dump);
	else if (list == MEMORY_REJECTS)
		put_reject(item, dump);
	if (!all)
		return;
	if (list == MEMORY_HOSTS)
		put_host_figures(item, dump);
	else if (list == MEMORY_URLS)
		put_visit(state, item, dump);
	else if (list == MEMORY_TRIES)
		put_wait(state, item, dump);
	else if (list == MEMORY_RUNS)
		put_run(item, (int64_t)index + 1, dump);
	else if (list == MEMORY_PATTERNS)
		put_pattern(item, dump);
	else if (list == MEMORY_FIGURES)
		put_figures(state, item, dump);
	else if (list == MEMORY_STALE)
		put_stale(state, item, dump);
	else if (list == MEMORY_FIELD_FIGURES)
		put_field_figures(item, dump);
}

void memory_state_lines(const struct memory_state *state, enum store_dump_what what,
			struct store_dump *dump)
{
	for (enum memory_lists list = 0; list < MEMORY_LISTS; list++)
		for (size_t i = 0; i < state->lists[list].count; i++)
			put_item(state, list, i, what == STORE_DUMP_ALL, dump);
}
