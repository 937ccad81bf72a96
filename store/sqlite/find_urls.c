#include "store/sqlite/internal.h"

#include <string.h>

/*
 * Lists of URLs.  Candidates come in the order of their ids, from one scan or from several that are
 * merged; what a scan can tell without looking further, its second column says.  Each candidate
 *that is left is looked up whole, with the whole filter.
 *
 *	urls		by host and state
 *	results		by outcome, status and pattern
 *	crawl_failed	the index of what failed: a scan for each outcome and status, in which ids
 *are in order
 */
#define SCANS_MAX 256 /* outcomes and statuses of what failed */

struct candidates {
	sqlite3_stmt *scans[SCANS_MAX];
	int64_t heads[SCANS_MAX]; /* the id that each is at */
	size_t count;
	bool is_oldest_first;
};

/* ---- what is looked for ---- */

#define FOUND_COLUMNS                                                                \
	"u.id AS id, u.from_id AS from_id, u.url AS url, " SQLITE_STATE " AS state," \
	" r.outcome AS outcome, coalesce(r.status, 0) AS status, r.title AS title,"  \
	" r.error AS error, r.fetched_at AS at, coalesce(r.tries, 0) AS tries,"      \
	" u.host_id AS host_id, r.unmatched AS unmatched"                            \
	" FROM urls u LEFT JOIN results r ON r.url_id = u.id WHERE u.id = ?1"

/* A URL that waits has none, whatever it came to before; a link to another site never had. */
static void take_found(sqlite3_stmt *row, struct store_found_url *found)
{
	*found = (struct store_found_url){
		.key = { 0, (uint32_t)sqlite3_column_int64(row, 0) },
		.from = { 0, (uint32_t)sqlite3_column_int64(row, 1) },
		.url = sqlite_column_text(row, 2),
		.state = (enum store_state)sqlite3_column_int(row, 3),
		.title = sqlite_column_text(row, 6),
		.at = sqlite_column_text(row, 8),
	};
	if (found->state == STORE_PENDING)
		return;
	found->outcome = sqlite_column_text(row, 4);
	found->status = (unsigned)sqlite3_column_int(row, 5);
	found->error = sqlite_column_text(row, 7);
	found->tries = sqlite3_column_int(row, 9);
}

/* Column is a list: "boards, mail". */
static void put_pattern(struct sqlite_filter *filter, const char *unmatched, const char *id,
			struct slice pattern)
{
	sqlite3_str_appendf(filter->sql, "(coalesce(instr(', ' || %s || ', ', ', ' || ", unmatched);
	sqlite_filter_text(filter, pattern);
	sqlite3_str_appendall(filter->sql, " || ', '), 0) > 0 OR EXISTS"
					   " (SELECT 1 FROM crawl_stale_pages WHERE pattern = ");
	sqlite_filter_text(filter, pattern);
	sqlite3_str_appendf(filter->sql, " AND url_id = %s))", id);
}

/* "http://a" and what is left of its scheme: as a list of SQL. */
static void put_hosts(struct sqlite_filter *filter, struct slice host)
{
	sqlite3_str_appendall(filter->sql, "(SELECT id FROM hosts WHERE origin IN (");
	sqlite_filter_text(filter, host);
	sqlite3_str_appendall(filter->sql, ", 'https://' || ");
	sqlite_filter_text(filter, host);
	sqlite3_str_appendall(filter->sql, ", 'http://' || ");
	sqlite_filter_text(filter, host);
	sqlite3_str_appendall(filter->sql, "))");
}

static void put_text(struct sqlite_filter *filter, struct slice text)
{
	int number;

	sqlite3_str_appendall(filter->sql, " AND (url");
	number = sqlite_filter_contains(filter, text);
	sqlite3_str_appendall(filter->sql, " OR title");
	sqlite_filter_again(filter, number);
	sqlite3_str_appendall(filter->sql, " OR (state <> 0 AND error");
	sqlite_filter_again(filter, number);
	sqlite3_str_appendall(filter->sql, "))");
}

/* Of one URL, whose id is ?1: its row, if it is one of those. */
static sqlite3_stmt *prepare_one(struct sqlite_store *store, const struct store_url_filter *which)
{
	struct sqlite_filter filter;

	sqlite_filter_begin(&filter);
	sqlite3_str_appendall(filter.sql, "SELECT * FROM (SELECT " FOUND_COLUMNS ") WHERE 1");
	if (which->has_state)
		sqlite3_str_appendf(filter.sql, " AND state = %d", (int)which->state);
	if (which->outcome.at || which->has_status || which->pattern.at)
		sqlite3_str_appendall(filter.sql, " AND state <> 0");
	if (which->outcome.at) {
		sqlite3_str_appendall(filter.sql, " AND outcome = ");
		sqlite_filter_text(&filter, which->outcome);
	}
	if (which->has_status)
		sqlite3_str_appendf(filter.sql, " AND status = %u", which->status);
	if (which->pattern.at) {
		sqlite3_str_appendall(filter.sql, " AND state = 1 AND ");
		put_pattern(&filter, "unmatched", "id", which->pattern);
	}
	if (which->host.at) {
		sqlite3_str_appendall(filter.sql, " AND host_id IN ");
		put_hosts(&filter, which->host);
	}
	if (which->text.at)
		put_text(&filter, which->text);
	return sqlite_filter_end(&filter, store);
}

int sqlite_get_found(struct store *door, struct store_key key, struct store_found_url *found)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *get = sqlite_statement(store, GET_FOUND, "SELECT " FOUND_COLUMNS);
	int step;

	if (!get)
		return -1;
	sqlite3_bind_int64(get, 1, key.number);
	step = sqlite3_step(get);
	if (step == SQLITE_ROW) {
		take_found(get, found);
		sqlite_keep_texts(&store->text,
				  (struct slice *const[]){ &found->url, &found->outcome,
							   &found->title, &found->error,
							   &found->at },
				  5);
	} else if (step != SQLITE_DONE) {
		sqlite_fail(store);
	}
	sqlite3_reset(get);
	if (step == SQLITE_ROW)
		return 1;
	return step == SQLITE_DONE ? 0 : -1;
}

/* ---- scans ---- */

static void put_range(struct sqlite_filter *filter, const char *id, const struct store_range *range)
{
	bool is_from_there = range->place != 0;

	if (is_from_there) {
		sqlite3_str_appendf(filter->sql, " %s %s ", id, range->is_oldest_first ? ">" : "<");
		sqlite_filter_number(filter, range->place);
	} else {
		sqlite3_str_appendall(filter->sql, " 1");
	}
	sqlite3_str_appendf(filter->sql, " ORDER BY %s %s", id,
			    range->is_oldest_first ? "ASC" : "DESC");
}

static sqlite3_stmt *scan_urls(struct sqlite_store *store, const struct store_url_filter *which,
			       const struct store_range *range)
{
	struct sqlite_filter filter;

	sqlite_filter_begin(&filter);
	sqlite3_str_appendall(filter.sql, "SELECT u.id, CASE WHEN 0 THEN 0");
	if (which->host.at) {
		sqlite3_str_appendall(filter.sql, " WHEN u.host_id NOT IN ");
		put_hosts(&filter, which->host);
		sqlite3_str_appendall(filter.sql, " THEN 0");
	}
	if (which->has_state)
		sqlite3_str_appendf(filter.sql, " WHEN " SQLITE_STATE " <> %d THEN 0",
				    (int)which->state);
	sqlite3_str_appendall(filter.sql, " ELSE 1 END FROM urls u");
	if (which->has_state)
		sqlite3_str_appendall(filter.sql, " LEFT JOIN results r ON r.url_id = u.id");
	sqlite3_str_appendall(filter.sql, " WHERE");
	put_range(&filter, "u.id", range);
	return sqlite_filter_end(&filter, store);
}

static sqlite3_stmt *scan_results(struct sqlite_store *store, const struct store_url_filter *which,
				  const struct store_range *range)
{
	struct sqlite_filter filter;

	sqlite_filter_begin(&filter);
	sqlite3_str_appendall(filter.sql, "SELECT r.url_id, CASE WHEN 0 THEN 0");
	if (which->outcome.at) {
		sqlite3_str_appendall(filter.sql, " WHEN r.outcome <> ");
		sqlite_filter_text(&filter, which->outcome);
		sqlite3_str_appendall(filter.sql, " THEN 0");
	}
	if (which->has_status)
		sqlite3_str_appendf(filter.sql, " WHEN coalesce(r.status, 0) <> %u THEN 0",
				    which->status);
	if (which->pattern.at) {
		sqlite3_str_appendall(filter.sql, " WHEN r.state <> 1 OR NOT ");
		put_pattern(&filter, "r.unmatched", "r.url_id", which->pattern);
		sqlite3_str_appendall(filter.sql, " THEN 0");
	}
	sqlite3_str_appendall(filter.sql, " ELSE 1 END FROM results r WHERE");
	put_range(&filter, "r.url_id", range);
	return sqlite_filter_end(&filter, store);
}

/* status below 0: every one that there is. */
static sqlite3_stmt *scan_failed(struct sqlite_store *store, const char *outcome, int64_t status,
				 const struct store_range *range)
{
	struct sqlite_filter filter;

	sqlite_filter_begin(&filter);
	sqlite3_str_appendall(filter.sql, "SELECT r.url_id, 1 FROM results r"
					  " INDEXED BY crawl_failed WHERE r.state = 2"
					  " AND r.outcome = ");
	sqlite_filter_text(&filter, (struct slice){ outcome, strlen(outcome) });
	if (status > 0) {
		sqlite3_str_appendall(filter.sql, " AND r.status = ");
		sqlite_filter_number(&filter, status);
	} else {
		sqlite3_str_appendall(filter.sql, " AND r.status IS NULL");
	}
	sqlite3_str_appendall(filter.sql, " AND");
	put_range(&filter, "r.url_id", range);
	return sqlite_filter_end(&filter, store);
}

/* Returns the step of one that failed, or SQLITE_DONE. */
static int advance(struct candidates *candidates, size_t i)
{
	int step = sqlite3_step(candidates->scans[i]);

	if (step == SQLITE_ROW) {
		candidates->heads[i] = sqlite3_column_int64(candidates->scans[i], 0);
		return SQLITE_DONE;
	}
	if (step != SQLITE_DONE)
		return step;
	sqlite3_finalize(candidates->scans[i]);
	candidates->count--;
	candidates->scans[i] = candidates->scans[candidates->count];
	candidates->heads[i] = candidates->heads[candidates->count];
	return SQLITE_DONE;
}

/* Returns as advance(). */
static int add_scan(struct candidates *candidates, sqlite3_stmt *scan)
{
	if (!scan)
		return SQLITE_ERROR;
	candidates->scans[candidates->count++] = scan;
	return advance(candidates, candidates->count - 1);
}

/* The one whose turn it is. */
static size_t first_of(const struct candidates *candidates)
{
	size_t first = 0;

	for (size_t i = 1; i < candidates->count; i++) {
		if (candidates->is_oldest_first ? candidates->heads[i] < candidates->heads[first]
						: candidates->heads[i] > candidates->heads[first])
			first = i;
	}
	return first;
}

static void drop_all(struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->count; i++)
		sqlite3_finalize(candidates->scans[i]);
	candidates->count = 0;
}

/* ---- what failed ---- */

/* The next outcome, or the next status of one, by the index: freed with sqlite3_free(). */
static char *next_outcome(struct sqlite_store *store, const char *after)
{
	sqlite3_stmt *next = sqlite_prepare(store, "SELECT min(outcome) FROM results"
						   " INDEXED BY crawl_failed"
						   " WHERE state = 2 AND outcome > ?1");

	if (!next)
		return NULL;
	sqlite_bind_string(next, 1, after);
	return sqlite_take_text(store, next);
}

/* Returns the step of one that failed, or SQLITE_DONE; *status 0: there is none. */
static int next_status(struct sqlite_store *store, const char *outcome, int64_t *status)
{
	sqlite3_stmt *next = sqlite_prepare(store, "SELECT min(status) FROM results"
						   " INDEXED BY crawl_failed WHERE state = 2"
						   " AND outcome = ?1 AND status > ?2");
	int step;

	if (!next)
		return SQLITE_ERROR;
	sqlite_bind_string(next, 1, outcome);
	sqlite3_bind_int64(next, 2, *status);
	step = sqlite3_step(next);
	if (step == SQLITE_ROW)
		*status = sqlite3_column_int64(next, 0);
	sqlite3_finalize(next);
	return step == SQLITE_ROW ? SQLITE_DONE : step;
}

/* Scans for an outcome: one without a status, and one for each.  Returns as advance(). */
static int add_outcome(struct sqlite_store *store, struct candidates *candidates,
		       const char *outcome, const struct store_url_filter *which,
		       const struct store_range *range)
{
	int64_t status = 0;
	int step;

	if (which->has_status)
		return add_scan(candidates, scan_failed(store, outcome, which->status, range));
	step = add_scan(candidates, scan_failed(store, outcome, 0, range));
	while (step == SQLITE_DONE && candidates->count < SCANS_MAX - 1) {
		step = next_status(store, outcome, &status);
		if (step != SQLITE_DONE || status == 0)
			break;
		step = add_scan(candidates, scan_failed(store, outcome, status, range));
	}
	return step;
}

static int add_failed(struct sqlite_store *store, struct candidates *candidates,
		      const struct store_url_filter *which, const struct store_range *range)
{
	char *outcome = which->outcome.at ? sqlite3_mprintf("%.*s", (int)which->outcome.size,
							    which->outcome.at)
					  : next_outcome(store, "");
	int step = SQLITE_DONE;

	while (outcome && step == SQLITE_DONE && candidates->count < SCANS_MAX - 1) {
		char *next;

		step = add_outcome(store, candidates, outcome, which, range);
		next = which->outcome.at ? NULL : next_outcome(store, outcome);
		sqlite3_free(outcome);
		outcome = next;
	}
	sqlite3_free(outcome);
	return store->base.has_failed ? SQLITE_ERROR : step;
}

/* A database of an older crawl has no such index. */
static bool has_index(struct sqlite_store *store)
{
	int64_t count = 0;

	return sqlite_number(store,
			     "SELECT count(*) FROM sqlite_schema WHERE name = 'crawl_failed'", NULL,
			     &count) == 0 &&
	       count > 0;
}

static int begin(struct sqlite_store *store, struct candidates *candidates,
		 const struct store_url_filter *which, const struct store_range *range)
{
	bool is_failure = (which->has_state && which->state == STORE_FAILED) ||
			  (which->outcome.at && which->is_failure);
	bool is_of_result = which->outcome.at || which->has_status || which->pattern.at;
	int step;

	candidates->is_oldest_first = range->is_oldest_first;
	if (is_failure && has_index(store)) {
		step = add_failed(store, candidates, which, range);
		if (step != SQLITE_DONE || candidates->count < SCANS_MAX - 1)
			return step;
		drop_all(candidates); /* never seen: outcomes are few */
	}
	return add_scan(candidates, is_of_result ? scan_results(store, which, range)
						 : scan_urls(store, which, range));
}

/* ---- the list ---- */

/* Returns the step of one that failed, or SQLITE_DONE; *is_wanted: function wants more. */
static int hand_out(sqlite3_stmt *one, int64_t id, size_t *left,
		    int (*function)(void *context, const struct store_found_url *url),
		    void *context)
{
	struct store_found_url found;
	int step;

	sqlite3_reset(one);
	sqlite3_bind_int64(one, 1, id);
	step = sqlite3_step(one);
	if (step != SQLITE_ROW)
		return step;
	take_found(one, &found);
	--*left;
	if (function(context, &found) < 0)
		*left = 0;
	return SQLITE_DONE;
}

int sqlite_find_urls(struct store *door, const struct store_url_filter *filter,
		     const struct store_range *range,
		     int (*function)(void *context, const struct store_found_url *url),
		     void *context, struct store_listed *listed)
{
	struct sqlite_store *store = sqlite_of(door);
	struct candidates candidates = { .count = 0 };
	size_t left = range->count;
	sqlite3_stmt *one = prepare_one(store, filter);
	int step = one ? begin(store, &candidates, filter, range) : SQLITE_ERROR;

	listed->place = range->place;
	while (step == SQLITE_DONE && candidates.count > 0 && left > 0) {
		size_t i = first_of(&candidates);
		int64_t id = candidates.heads[i];

		if (sqlite3_column_int(candidates.scans[i], 1))
			step = hand_out(one, id, &left, function, context);
		if (step != SQLITE_DONE)
			break;
		listed->place = id;
		listed->looked_at++;
		step = advance(&candidates, i);
	}
	listed->is_at_end = step == SQLITE_DONE && candidates.count == 0;
	drop_all(&candidates);
	return sqlite_end_list(store, one, step);
}
