#include "store/copy.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/text/memory.h"

#define COMMIT_ROWS  5000
#define COMMIT_BYTES (8 * 1024 * 1024)

/* ---- the tables ---- */

/*
 * In the order in which they are copied.  A column is "name", or "name:" and its cell: i, t, r, b,
 * a (any), u (a URL), h (a host), s (a set).
 */
static const struct {
	const char *name;
	bool is_keyed, is_of_nodes;
	const char *columns;
} described[] = {
	{ "runs", true, false,
	  "id:i started_at:t ended_at:t ended:t pid:i command_line:t config_hash:t versions:t"
	  " pages:i rows:i" },
	{ "crawl_passes", true, false, "run_id:i pass:i asks:i visits:i named:i" },
	{ "crawl_patterns", false, false, "config_hash:i pattern:t hash:i" },
	{ "hosts", true, false,
	  "id:h origin:t pages:i errors:i delay_ms:i robots:t robots_text:b robots_at:i address:t"
	  " held_until:i waits_until:t waits_for:t p50_ms:r p95_ms:r" },
	{ "crawl_sets", true, false, "id:s fields:t" },
	{ "urls", true, false,
	  "id:u url:t host_id:h from_id:u from_where:i root:u depth:i kind:i lane:i rule:i"
	  " set_id:s" },
	{ "crawl_roots", true, false, "url_id:u all_pass:i failed_pass:i" },
	{ "crawl_requests", true, false, "url_id:u method:t headers:t body:b" },
	{ "results", true, false,
	  "url_id:u state:i pass:i visit:i outcome:t status:i final_url:t title:t content_type:t"
	  " charset:t charset_source:t size:i wire_size:i fetched_at:t elapsed_us:i tries:i"
	  " error:t etag:t last_modified:t hash:i config_hash:i read_at:t is_moved:i redirects:t"
	  " unmatched:t counts:t" },
	{ "tries_made", false, false,
	  "url_id:u number:i at:t outcome:t status:i error:t wait_ms:i" },
	{ "bodies", true, false, "url_id:u is_text:i body:b" },
	{ "rejects", false, false, "list:t line:i text:t reason:t" },
	{ "crawl_cookies", true, false,
	  "id:i domain:t path:t name:t value:b is_secure:i is_http_only:i expires:i file_hash:i" },
	{ "pattern_figures", false, false,
	  "run_id:i pattern:t host_id:h pages_tried:i pages_matched:i rows:i empty_fields:i"
	  " limit_hits:i elapsed_ns:i pages_wanted:i pages_unchanged:i bad_values:i" },
	{ "crawl_field_figures", false, false, "run_id:i pattern:t field:t rows:i filled:i bad:i" },
	{ "crawl_stale_pages", false, false, "pattern:t url_id:u run_id:i" },
	{ "crawl_known_rows", false, false,
	  "pattern:t key:t shown:a first_run:i last_run:i gone_run:i row:t" },
	{ "crawl_row_changes", false, false, "pattern:t key:t run_id:i field:t old:a new:a" },
	{ "crawl_outcomes", false, false,
	  "run_id:i host_id:h outcome:t status:i pages:i bytes:i wire_bytes:i unchanged:i" },
	{ "crawl_totals", false, false,
	  "run:i outcome:t status:i pages:i unchanged:i bytes:i wire_bytes:i" },
	{ "crawl_pattern_totals", false, false,
	  "run:i pattern:t pages_wanted:i pages_unchanged:i pages_tried:i pages_matched:i rows:i"
	  " empty_fields:i bad_values:i limit_hits:i elapsed_ns:i" },
	{ "crawl_proxies", false, true,
	  "run_id:i proxy:t pages:i failures:i rests:i rests_until:t error:t" },
	{ "crawl_run_hosts", false, true,
	  "run:i host_id:h pages:i failed:i bytes:i delay_ms:i p50_ms:r p95_ms:r first_ms:i"
	  " last_ms:i step_ms:i strip:b" },
	{ "crawl_counts", false, true, "run:i what:t value:t pages:i" },
	{ "crawl_histograms", false, true, "run:i what:t bucket:i pages:i" },
	{ "crawl_examples", false, true, "run:i what:t name:t place:i url_id:u value:i" },
	{ "crawl_findings", false, true,
	  "run:i pattern:t field:t pages:i url_id:u line:i matched:t wanted:t rest:t stood:t" },
	{ "crawl_samples", false, true,
	  "run:i at_ms:i done:i failed:i skipped:i rows:i wire_bytes:i waits_delay:i"
	  " waits_answer:i waits_rest:i waits_robots:i waits_us:i in_flight:i is_paused:i cpu_ms:i"
	  " pattern_ms:i commit_ms:i" },
	{ "crawl_events", false, true, "run:i at_ms:i kind:t host:t text:t" },
};

#define TABLES (sizeof(described) / sizeof(described[0]))

static enum store_cell cell_of(char letter)
{
	switch (letter) {
	case 't':
		return STORE_CELL_TEXT;
	case 'r':
		return STORE_CELL_REAL;
	case 'b':
		return STORE_CELL_BLOB;
	case 'a':
		return STORE_CELL_ANY;
	case 'u':
		return STORE_CELL_URL;
	case 'h':
		return STORE_CELL_HOST;
	case 's':
		return STORE_CELL_SET;
	default:
		return STORE_CELL_INTEGER;
	}
}

/* words: a copy of the columns, which is cut up and has to stay. */
static void describe(size_t which, char *words, struct store_copied *copied)
{
	char *word;

	*copied = (struct store_copied){ .name = described[which].name,
					 .is_keyed = described[which].is_keyed,
					 .is_of_nodes = described[which].is_of_nodes };
	while ((word = strsep(&words, " "))) {
		char *colon = strchr(word, ':');

		*colon = '\0';
		copied->columns[copied->count] = word;
		copied->cells[copied->count++] = cell_of(colon[1]);
	}
}

/* ---- numbers ---- */

/* What has been given another number, by the old one, which grow. */
struct numbers {
	struct number {
		int64_t from, to;
	} * list;
	size_t count, room;
};

static void add_number(struct numbers *numbers, int64_t from, int64_t to)
{
	if (numbers->count == numbers->room) {
		numbers->room = numbers->room ? 2 * numbers->room : 1024;
		numbers->list =
			memory_resize(numbers->list, numbers->room * sizeof(*numbers->list));
	}
	numbers->list[numbers->count++] = (struct number){ from, to };
}

/* Returns 0: there is none. */
static int64_t find_number(const struct numbers *numbers, int64_t from)
{
	size_t low = 0, high = numbers->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (numbers->list[middle].from < from)
			low = middle + 1;
		else
			high = middle;
	}
	return low < numbers->count && numbers->list[low].from == from ? numbers->list[low].to : 0;
}

/* ---- copying ---- */

struct copy {
	struct store *from, *to;
	const struct store_copier *reads, *writes;
	const struct store_copying *copying;
	uint32_t shares;
	struct numbers urls, hosts, sets;
	uint32_t *last_url, *last_host; /* by share */

	/* Of the table that is being copied: */
	const struct store_copied *copied;
	uint64_t rows, uncommitted, bytes;
	int64_t last; /* number of the last row that was put */
	bool is_stopped;
	char wrong[STORE_ERROR_MAX]; /* what does not fit together, or empty */
};

static struct store_key next_key(uint32_t share, uint32_t last[])
{
	return (struct store_key){ share, ++last[share] };
}

/* id, origin */
static int number_host(void *context, const struct store_value values[])
{
	struct copy *copy = context;
	uint32_t share =
		copy->shares > 1 ? copy->copying->share_of(values[1].text, copy->shares) : 0;

	add_number(&copy->hosts, values[0].integer,
		   (int64_t)store_key_id(next_key(share, copy->last_host)));
	return 0;
}

/* id, host_id: a URL is of its host's share. */
static int number_url(void *context, const struct store_value values[])
{
	struct copy *copy = context;
	int64_t host = find_number(&copy->hosts, values[1].integer);

	add_number(&copy->urls, values[0].integer,
		   (int64_t)store_key_id(next_key((uint32_t)(host >> 32), copy->last_url)));
	return 0;
}

/* id, fields */
static int number_set(void *context, const struct store_value values[])
{
	struct copy *copy = context;

	add_number(&copy->sets, values[0].integer,
		   copy->writes->set_id(copy->to, values[1].text, (int64_t)copy->sets.count + 1));
	return 0;
}

/* Numbers are the same in each try: of the same source, in its order. */
static int number_all(struct copy *copy)
{
	const struct store_copied hosts = { .name = "hosts",
					    .is_keyed = true,
					    .count = 2,
					    .columns = { "id", "origin" },
					    .cells = { STORE_CELL_HOST, STORE_CELL_TEXT } };
	const struct store_copied urls = { .name = "urls",
					   .is_keyed = true,
					   .count = 2,
					   .columns = { "id", "host_id" },
					   .cells = { STORE_CELL_URL, STORE_CELL_HOST } };
	const struct store_copied sets = { .name = "crawl_sets",
					   .is_keyed = true,
					   .count = 2,
					   .columns = { "id", "fields" },
					   .cells = { STORE_CELL_SET, STORE_CELL_TEXT } };

	copy->last_url = memory_new(copy->shares, sizeof(*copy->last_url));
	copy->last_host = memory_new(copy->shares, sizeof(*copy->last_host));
	return copy->reads->each(copy->from, &hosts, STORE_COPY_BEGINNING, number_host, copy) < 0 ||
			       copy->reads->each(copy->from, &urls, STORE_COPY_BEGINNING,
						 number_url, copy) < 0 ||
			       copy->reads->each(copy->from, &sets, STORE_COPY_BEGINNING,
						 number_set, copy) < 0
		       ? -1
		       : 0;
}

/* Returns false: it is the number of what is not there any more. */
static bool renumber(const struct copy *copy, enum store_cell cell, struct store_value *value)
{
	const struct numbers *numbers = cell == STORE_CELL_URL    ? &copy->urls
					: cell == STORE_CELL_HOST ? &copy->hosts
					: cell == STORE_CELL_SET  ? &copy->sets
								  : NULL;

	if (!numbers || value->kind != STORE_INTEGER || value->integer == 0)
		return true;
	value->integer = find_number(numbers, value->integer);
	return value->integer != 0;
}

/* The page of a link may have been forgotten: then it is not known; of others nothing is left. */
static bool renumber_all(const struct copy *copy, struct store_value values[])
{
	const struct store_copied *copied = copy->copied;

	for (size_t i = 0; i < copied->count; i++) {
		if (renumber(copy, copied->cells[i], &values[i]))
			continue;
		if (strcmp(copied->columns[i], "from_id") != 0)
			return false;
		values[i].kind = STORE_NULL;
	}
	return true;
}

static uint64_t bytes_of(const struct store_copied *copied, const struct store_value values[])
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < copied->count; i++)
		bytes += values[i].kind == STORE_INTEGER || values[i].kind == STORE_REAL
				 ? 8
				 : values[i].text.size;
	return bytes;
}

static int commit(struct copy *copy, bool is_done)
{
	if (copy->writes->mark(copy->to, copy->copied, copy->last, is_done) < 0)
		return -1;
	copy->uncommitted = copy->bytes = 0;
	if (copy->copying->tell)
		copy->copying->tell(copy->copying->context, copy->copied->name, copy->rows);
	return 0;
}

/* Between two numbers: rows of one page come together, or not at all. */
static int commit_if_due(struct copy *copy, int64_t next)
{
	const struct store_copying *copying = copy->copying;

	if (!copy->copied->is_keyed || copy->last == next || copy->uncommitted == 0)
		return 0;
	copy->is_stopped = copying->is_stopped && copying->is_stopped(copying->context);
	if (!copy->is_stopped && copy->uncommitted < COMMIT_ROWS && copy->bytes < COMMIT_BYTES)
		return 0;
	return commit(copy, false);
}

static int copy_row(void *context, const struct store_value values[])
{
	struct copy *copy = context;
	const struct store_copied *copied = copy->copied;
	static struct store_value renumbered[STORE_COPIED_COLUMNS_MAX];

	if (commit_if_due(copy, values[0].integer) < 0 || copy->is_stopped)
		return -1;
	copy->last = values[0].integer;
	memcpy(renumbered, values, copied->count * sizeof(*values));
	if (!renumber_all(copy, renumbered))
		return 0;
	if (copy->writes->put(copy->to, copied, renumbered) < 0)
		return -1;
	copy->rows++;
	copy->uncommitted++;
	copy->bytes += bytes_of(copied, values);
	return 0;
}

static bool has_failed(const struct copy *copy)
{
	return store_has_failed(copy->from) || store_has_failed(copy->to);
}

/* Returns 0, or -1: it has failed, or was stopped. */
static int copy_table(struct copy *copy, const struct store_copied *copied)
{
	int is_done;

	copy->copied = copied;
	copy->rows = copy->uncommitted = copy->bytes = 0;
	copy->last = STORE_COPY_BEGINNING;
	is_done = copy->writes->get_mark(copy->to, copied, &copy->last);
	if (is_done != 0)
		return is_done < 0 ? -1 : 0;
	if (!copied->is_keyed && copy->writes->clear(copy->to, copied) < 0)
		return -1;
	if (copy->reads->each(copy->from, copied, copy->last, copy_row, copy) < 0 ||
	    has_failed(copy) || copy->is_stopped)
		return -1;
	return commit(copy, true);
}

/* ---- afterwards ---- */

/* Of others there may be less: what is added up over nodes, and what is of a URL that has gone. */
static int compare(struct copy *copy, const struct store_copied *copied)
{
	int64_t here = 0, there = 0;

	if (!copied->is_keyed)
		return 0;
	if (copy->reads->count(copy->from, copied, &here) < 0 ||
	    copy->writes->count(copy->to, copied, &there) < 0)
		return -1;
	if (here == there)
		return 0;
	snprintf(copy->wrong, sizeof(copy->wrong),
		 "%s has %lld rows there and %lld here: begin it anew with --fresh", copied->name,
		 (long long)there, (long long)here);
	return -1;
}

/* ---- rows of patterns ---- */

struct patterns {
	struct copy *copy;
	int (*function)(struct copy *copy, const struct store_copied *copied);
};

static enum store_cell cell_of_kind(enum store_kind kind)
{
	return kind == STORE_INTEGER ? STORE_CELL_INTEGER
	       : kind == STORE_REAL  ? STORE_CELL_REAL
				     : STORE_CELL_TEXT;
}

static int on_pattern(void *context, const struct store_table *table)
{
	struct patterns *patterns = context;
	struct store_copied *copied = memory_new(1, sizeof(*copied));
	int result;

	*copied = (struct store_copied){ .name = table->name, .is_keyed = true, .table = table };
	copied->columns[copied->count] = "page";
	copied->cells[copied->count++] = STORE_CELL_URL;
	copied->columns[copied->count] = "n";
	copied->cells[copied->count++] = STORE_CELL_INTEGER;
	for (size_t i = 0; i < table->column_count; i++) {
		copied->columns[copied->count] = table->columns[i].name;
		copied->cells[copied->count++] = cell_of_kind(table->columns[i].kind);
	}
	result = patterns->function(patterns->copy, copied);
	free(copied);
	return result;
}

static int on_new_table(void *context, const struct store_table *table)
{
	struct copy *copy = context;

	return store_put_table(copy->to, table) > 0 ? 0 : -1;
}

static int each_pattern(struct copy *copy,
			int (*function)(struct copy *copy, const struct store_copied *copied))
{
	struct patterns patterns = { copy, function };

	return copy->reads->each_pattern(copy->from, on_pattern, &patterns);
}

static int each_table(struct copy *copy,
		      int (*function)(struct copy *copy, const struct store_copied *copied))
{
	struct store_copied *copied = memory_new(1, sizeof(*copied));
	int result = 0;

	for (size_t i = 0; i < TABLES && result == 0; i++) {
		char *words = memory_text(described[i].columns, strlen(described[i].columns));

		describe(i, words, copied);
		result = function(copy, copied);
		free(words);
	}
	free(copied);
	return result < 0 || has_failed(copy) ? -1 : each_pattern(copy, function);
}

/* ---- all of it ---- */

static int copy_all(struct copy *copy, const char *source)
{
	if (copy->reads->check(copy->from) < 0 || copy->writes->begin(copy->to, source) < 0 ||
	    number_all(copy) < 0 || copy->reads->each_pattern(copy->from, on_new_table, copy) < 0 ||
	    has_failed(copy) || copy->writes->make_tables(copy->to) < 0)
		return -1;
	if (each_table(copy, copy_table) < 0 || has_failed(copy) || copy->is_stopped)
		return -1;
	return each_table(copy, compare) < 0 || copy->wrong[0] || has_failed(copy)
		       ? -1
		       : copy->writes->end(copy->to);
}

static void explain(const struct copy *copy, struct store_error *error)
{
	*error = (struct store_error){ .cure = STORE_CURE_NONE };
	if (store_has_failed(copy->to))
		*error = *store_error(copy->to);
	else if (store_has_failed(copy->from))
		*error = *store_error(copy->from);
	else
		snprintf(error->text, sizeof(error->text), "%s",
			 copy->wrong[0] ? copy->wrong : "it cannot be copied");
}

int store_copy(struct store *from, struct store *to, const char *source,
	       const struct store_copying *copying, struct store_error *error)
{
	struct copy copy = {
		.from = from,
		.to = to,
		.reads = from->backend->copier,
		.writes = to->backend->copier,
		.copying = copying,
		.shares = store_get_share_count(to),
	};
	int result = copy_all(&copy, source);

	if (result < 0 && copy.is_stopped && !has_failed(&copy))
		result = 1;
	if (result < 0)
		explain(&copy, error);
	free(copy.urls.list);
	free(copy.hosts.list);
	free(copy.sets.list);
	free(copy.last_url);
	free(copy.last_host);
	return result;
}
