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

#define HOSTS_MAX 4 /* of one name: its schemes */

struct wanted {
	const struct store_url_filter *filter;
	int64_t hosts[HOSTS_MAX];
	size_t host_count;
};

/* Those of the name that was given.  Returns 0 or -1. */
static int find_hosts(struct sqlite_store *store, struct wanted *wanted)
{
	sqlite3_stmt *find = sqlite_prepare(store, "SELECT id FROM hosts WHERE origin IN"
						   " (?1, 'https://' || ?1, 'http://' || ?1)");
	int step;

	if (!find)
		return -1;
	sqlite_bind_text(find, 1, wanted->filter->host);
	while ((step = sqlite3_step(find)) == SQLITE_ROW && wanted->host_count < HOSTS_MAX)
		wanted->hosts[wanted->host_count++] = sqlite3_column_int64(find, 0);
	return sqlite_end_scan(store, find, step);
}

static void put_hosts(struct sqlite_filter *filter, const struct wanted *wanted)
{
	sqlite3_str_appendall(filter->sql, " WHEN u.host_id NOT IN (0");
	for (size_t i = 0; i < wanted->host_count; i++)
		sqlite3_str_appendf(filter->sql, ", %lld", (long long)wanted->hosts[i]);
	sqlite3_str_appendall(filter->sql, ") THEN 0");
}

/* unmatched is a list: "boards, mail". */
static void put_pattern(struct sqlite_filter *filter, struct slice pattern)
{
	sqlite3_str_appendall(filter->sql, " WHEN r.state <> 1 OR (coalesce(instr(', ' ||"
					   " r.unmatched || ', ', ', ' || ");
	sqlite_filter_text(filter, pattern);
	sqlite3_str_appendall(filter->sql, " || ', '), 0) = 0 AND NOT EXISTS"
					   " (SELECT 1 FROM crawl_stale_pages WHERE pattern = ");
	sqlite_filter_text(filter, pattern);
	sqlite3_str_appendall(filter->sql, " AND url_id = r.url_id)) THEN 0");
}

/* What results tell by themselves. */
static void put_result(struct sqlite_filter *filter, const struct store_url_filter *which)
{
	if (which->outcome.at) {
		sqlite3_str_appendall(filter->sql, " WHEN r.outcome IS NOT ");
		sqlite_filter_text(filter, which->outcome);
		sqlite3_str_appendall(filter->sql, " THEN 0");
	}
	if (which->has_status)
		sqlite3_str_appendf(filter->sql,
				    " WHEN r.url_id IS NULL OR coalesce(r.status, 0) <> %u THEN 0",
				    which->status);
	if (which->pattern.at)
		put_pattern(filter, which->pattern);
}

static bool is_of_result(const struct store_url_filter *which)
{
	return which->outcome.at || which->has_status || which->pattern.at;
}

/* Is a URL u, whose result is r, one of them?  The first that says no ends it. */
static void put_wanted(struct sqlite_filter *filter, const struct wanted *wanted)
{
	const struct store_url_filter *which = wanted->filter;
	int number;

	sqlite3_str_appendall(filter->sql, "CASE WHEN 0 THEN 0");
	if (which->host.at)
		put_hosts(filter, wanted);
	put_result(filter, which);
	if (which->has_state)
		sqlite3_str_appendf(filter->sql, " WHEN " SQLITE_STATE " <> %d THEN 0",
				    (int)which->state);
	else if (is_of_result(which))
		sqlite3_str_appendall(filter->sql, " WHEN " SQLITE_STATE " = 0 THEN 0");
	if (which->text.at) {
		sqlite3_str_appendall(filter->sql, " WHEN u.url");
		number = sqlite_filter_contains(filter, which->text);
		sqlite3_str_appendall(filter->sql, " THEN 1 WHEN r.title");
		sqlite_filter_again(filter, number);
		sqlite3_str_appendall(filter->sql, " THEN 1 WHEN r.error");
		sqlite_filter_again(filter, number);
		sqlite3_str_appendall(filter->sql, " AND " SQLITE_STATE " <> 0 THEN 1");
	}
	sqlite3_str_appendf(filter->sql, " ELSE %d END", !which->text.at);
}

#define FOUND_COLUMNS                                                                 \
	"u.id, u.from_id, u.url, " SQLITE_STATE ", r.outcome, coalesce(r.status, 0)," \
	" r.title, r.error, r.fetched_at, coalesce(r.tries, 0)"                       \
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

/* Of one URL, whose id is ?1: its row, if it is one of those. */
static sqlite3_stmt *prepare_one(struct sqlite_store *store, const struct wanted *wanted)
{
	struct sqlite_filter filter;

	sqlite_filter_begin(&filter);
	sqlite3_str_appendall(filter.sql, "SELECT " FOUND_COLUMNS " AND ");
	put_wanted(&filter, wanted);
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

static sqlite3_stmt *scan_urls(struct sqlite_store *store, const struct wanted *wanted,
			       const struct store_range *range)
{
	bool needs_result = wanted->filter->has_state || wanted->filter->text.at;
	struct sqlite_filter filter;

	sqlite_filter_begin(&filter);
	sqlite3_str_appendall(filter.sql, "SELECT u.id, ");
	put_wanted(&filter, wanted);
	sqlite3_str_appendf(filter.sql, " FROM urls u%s WHERE",
			    needs_result ? " LEFT JOIN results r ON r.url_id = u.id" : "");
	put_range(&filter, "u.id", range);
	return sqlite_filter_end(&filter, store);
}

/* Without a look at their URLs: those that may be wanted are few. */
static sqlite3_stmt *scan_results(struct sqlite_store *store, const struct wanted *wanted,
				  const struct store_range *range)
{
	struct sqlite_filter filter;

	sqlite_filter_begin(&filter);
	sqlite3_str_appendall(filter.sql, "SELECT r.url_id, CASE WHEN 0 THEN 0");
	put_result(&filter, wanted->filter);
	sqlite3_str_appendall(filter.sql, " ELSE 1 END FROM results r WHERE");
	put_range(&filter, "r.url_id", range);
	return sqlite_filter_end(&filter, store);
}

/* status 0: those that have none. */
static sqlite3_stmt *scan_failed(struct sqlite_store *store, const char *outcome, int64_t status,
				 const struct wanted *wanted, const struct store_range *range)
{
	struct sqlite_filter filter;

	sqlite_filter_begin(&filter);
	sqlite3_str_appendall(filter.sql, "SELECT r.url_id, ");
	put_wanted(&filter, wanted);
	sqlite3_str_appendall(filter.sql, " FROM results r INDEXED BY crawl_failed"
					  " CROSS JOIN urls u ON u.id = r.url_id"
					  " WHERE r.state = 2 AND r.outcome = ");
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
		       const char *outcome, const struct wanted *wanted,
		       const struct store_range *range)
{
	int64_t status = 0;
	int step;

	if (wanted->filter->has_status)
		return add_scan(candidates,
				scan_failed(store, outcome, wanted->filter->status, wanted, range));
	step = add_scan(candidates, scan_failed(store, outcome, 0, wanted, range));
	while (step == SQLITE_DONE && candidates->count < SCANS_MAX - 1) {
		step = next_status(store, outcome, &status);
		if (step != SQLITE_DONE || status == 0)
			break;
		step = add_scan(candidates, scan_failed(store, outcome, status, wanted, range));
	}
	return step;
}

static int add_failed(struct sqlite_store *store, struct candidates *candidates,
		      const struct wanted *wanted, const struct store_range *range)
{
	struct slice only = wanted->filter->outcome;
	char *outcome = only.at ? sqlite3_mprintf("%.*s", (int)only.size, only.at)
				: next_outcome(store, "");
	int step = SQLITE_DONE;

	while (outcome && step == SQLITE_DONE && candidates->count < SCANS_MAX - 1) {
		char *next;

		step = add_outcome(store, candidates, outcome, wanted, range);
		next = only.at ? NULL : next_outcome(store, outcome);
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
		 const struct wanted *wanted, const struct store_range *range)
{
	const struct store_url_filter *which = wanted->filter;
	bool is_failure = (which->has_state && which->state == STORE_FAILED) ||
			  (which->outcome.at && which->is_failure);
	int step;

	candidates->is_oldest_first = range->is_oldest_first;
	if (is_failure && has_index(store)) {
		step = add_failed(store, candidates, wanted, range);
		if (step != SQLITE_DONE || candidates->count < SCANS_MAX - 1)
			return step;
		drop_all(candidates); /* never seen: outcomes are few */
	}
	return add_scan(candidates, is_of_result(which) ? scan_results(store, wanted, range)
							: scan_urls(store, wanted, range));
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

/* Returns as advance(). */
static int list_all(struct sqlite_store *store, const struct wanted *wanted,
		    const struct store_range *range, sqlite3_stmt *one,
		    int (*function)(void *context, const struct store_found_url *url),
		    void *context, struct store_listed *listed)
{
	struct candidates candidates = { .count = 0 };
	size_t left = range->count;
	int step = begin(store, &candidates, wanted, range);

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
	return step;
}

int sqlite_find_urls(struct store *door, const struct store_url_filter *filter,
		     const struct store_range *range,
		     int (*function)(void *context, const struct store_found_url *url),
		     void *context, struct store_listed *listed)
{
	struct sqlite_store *store = sqlite_of(door);
	struct wanted wanted = { .filter = filter };
	sqlite3_stmt *one = NULL;
	int step = SQLITE_ERROR;

	*listed = (struct store_listed){ .place = range->place };
	if (!filter->host.at || find_hosts(store, &wanted) == 0)
		one = prepare_one(store, &wanted);
	if (one && filter->host.at && wanted.host_count == 0) {
		listed->is_at_end = true;
		step = SQLITE_DONE;
	} else if (one) {
		step = list_all(store, &wanted, range, one, function, context, listed);
	}
	return sqlite_end_list(store, one, step);
}
