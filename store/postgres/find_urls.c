#include "store/postgres/list.h"
#include "store/postgres/schema_sql.h"

#include <inttypes.h>

/*
 * Lists of URLs.  Candidates are those of one table, by what it can tell without looking further:
 *
 *	urls		by host and state
 *	results		by outcome, status and pattern
 *	results of what failed, which an index has by itself
 */
#define HOSTS_MAX 4 /* of one name: its schemes */

struct url_list {
	struct postgres_list list; /* first */
	const struct store_url_filter *filter;
	int64_t hosts[HOSTS_MAX];
	int host_count;
	int (*function)(void *context, const struct store_found_url *url);
	void *context;
};

/* ---- a URL ---- */

#define FOUND_COLUMNS                                                                          \
	"u.id, u.from_id, u.url, " POSTGRES_JOINED_STATE ", r.outcome, coalesce(r.status, 0)," \
	" r.title, r.error, r.fetched_at, coalesce(r.tries, 0)"                                \
	" FROM urls u LEFT JOIN results r ON r.url_id = u.id" POSTGRES_ROOTS

/* A URL that waits has none, whatever it came to before; a link to another site never had. */
static void take_found(const PGresult *rows, int i, struct store_found_url *found)
{
	*found = (struct store_found_url){
		.key = postgres_key(postgres_integer(rows, i, 0)),
		.from = postgres_key(postgres_integer(rows, i, 1)),
		.url = postgres_text(rows, i, 2),
		.state = (enum store_state)postgres_integer(rows, i, 3),
		.title = postgres_text(rows, i, 6),
		.at = postgres_text(rows, i, 8),
	};
	if (found->state == STORE_PENDING)
		return;
	found->outcome = postgres_text(rows, i, 4);
	found->status = (unsigned)postgres_integer(rows, i, 5);
	found->error = postgres_text(rows, i, 7);
	found->tries = (int)postgres_integer(rows, i, 9);
}

int postgres_get_found(struct store *door, struct store_key key, struct store_found_url *found)
{
	struct postgres_store *store = postgres_of(door);
	struct store_value id = postgres_of_integer(postgres_id(key));
	PGresult *rows = postgres_ask(store, "SELECT " FOUND_COLUMNS " WHERE u.id = $1", &id, 1);

	if (!rows)
		return -1;
	PQclear(store->found);
	store->found = rows;
	if (PQntuples(rows) == 0)
		return 0;
	take_found(rows, 0, found);
	return 1;
}

/* ---- which ---- */

static bool is_of_result(const struct store_url_filter *which)
{
	return which->outcome.at || which->has_status || which->pattern.at;
}

static bool is_of_failure(const struct store_url_filter *which)
{
	return (which->has_state && which->state == STORE_FAILED) ||
	       (which->outcome.at && which->is_failure);
}

/* unmatched is a list: "boards, mail". */
static void put_pattern(struct postgres_sql *sql, struct slice pattern)
{
	fputs(" AND r.state = 1 AND (coalesce(strpos(', ' || r.unmatched || ', ', ', ' || ",
	      sql->out);
	postgres_sql_literal(sql, pattern);
	fputs(" || ', '), 0) > 0 OR EXISTS (SELECT 1 FROM crawl_stale_pages s"
	      " WHERE lower(s.pattern) = lower(",
	      sql->out);
	postgres_sql_literal(sql, pattern);
	fputs("::text COLLATE \"C\") AND s.url_id = r.url_id))", sql->out);
}

/* What results tell by themselves. */
static void put_result(struct postgres_sql *sql, const struct store_url_filter *which)
{
	if (which->outcome.at) {
		fputs(" AND r.outcome = ", sql->out);
		postgres_sql_literal(sql, which->outcome);
	}
	if (which->has_status)
		fprintf(sql->out, " AND r.url_id IS NOT NULL AND coalesce(r.status, 0) = %u",
			which->status);
	if (which->pattern.at)
		put_pattern(sql, which->pattern);
}

static void put_text(struct postgres_sql *sql, struct slice text)
{
	fputs(" AND (", sql->out);
	postgres_sql_contains(sql, "u.url", text);
	fputs(" OR ", sql->out);
	postgres_sql_contains(sql, "r.title", text);
	fputs(" OR (", sql->out);
	postgres_sql_contains(sql, "r.error", text);
	fputs(" AND " POSTGRES_JOINED_STATE " <> 0))", sql->out);
}

/* Is a URL u, whose result is r, one of them? */
static void put_wanted(struct url_list *urls, struct postgres_sql *sql)
{
	const struct store_url_filter *which = urls->filter;

	if (which->host.at) {
		fputs(" AND u.host_id IN (0", sql->out);
		for (int i = 0; i < urls->host_count; i++)
			fprintf(sql->out, ", %" PRId64, urls->hosts[i]);
		fputs(")", sql->out);
	}
	put_result(sql, which);
	if (which->has_state)
		fprintf(sql->out, " AND " POSTGRES_JOINED_STATE " = %d", (int)which->state);
	else if (is_of_result(which))
		fputs(" AND " POSTGRES_JOINED_STATE " <> 0", sql->out);
	if (which->text.at)
		put_text(sql, which->text);
}

/* Those of the name that was given.  Returns 0 or -1. */
static int find_hosts(struct url_list *urls)
{
	struct store_value name = postgres_of_text(urls->filter->host);
	PGresult *found = postgres_ask(urls->list.store,
				       "SELECT id FROM hosts WHERE origin IN"
				       " ($1, 'https://' || $1, 'http://' || $1)"
				       " ORDER BY id" POSTGRES_LIMIT(HOSTS_MAX),
				       &name, 1);

	if (!found)
		return -1;
	urls->host_count = PQntuples(found);
	for (int i = 0; i < urls->host_count; i++)
		urls->hosts[i] = postgres_integer(found, i, 0);
	PQclear(found);
	return 0;
}

/* ---- the list ---- */

static void put_from_urls(struct postgres_list *list, struct postgres_sql *sql)
{
	(void)list;
	fputs("FROM urls c WHERE true", sql->out);
}

static void put_from_results(struct postgres_list *list, struct postgres_sql *sql)
{
	(void)list;
	fputs("FROM results c WHERE true", sql->out);
}

/* What an older pass or another outcome rules out is a candidate that is not wanted. */
static void put_from_failed(struct postgres_list *list, struct postgres_sql *sql)
{
	const struct store_url_filter *which = ((struct url_list *)list)->filter;

	fputs("FROM results c WHERE c.state = 2", sql->out);
	if (which->outcome.at) {
		fputs(" AND c.outcome = ", sql->out);
		postgres_sql_literal(sql, which->outcome);
	}
	if (which->has_status)
		fprintf(sql->out, which->status ? " AND c.status = %u" : " AND c.status IS NULL",
			which->status);
}

static void put_bound(struct postgres_list *list, struct postgres_sql *sql, const char *op,
		      int64_t place)
{
	fprintf(sql->out, " AND %s %s %" PRId64, list->columns, op, place);
}

static void put_bounds(const char *id, struct postgres_sql *sql, bool is_up, int64_t at,
		       int64_t end)
{
	if (at != 0)
		fprintf(sql->out, " AND %s %s %" PRId64, id, is_up ? ">" : "<", at);
	if (end != 0)
		fprintf(sql->out, " AND %s %s %" PRId64, id, is_up ? "<=" : ">=", end);
}

static int64_t place_of(const PGresult *row, int i)
{
	return postgres_integer(row, i, 0);
}

static int hand_out(struct postgres_list *list, int64_t at, int64_t end, int64_t *last)
{
	struct url_list *urls = (struct url_list *)list;
	bool is_up = list->range->is_oldest_first;
	struct store_found_url found;
	struct postgres_sql sql;
	PGresult *rows;

	postgres_sql_begin(&sql, list->store);
	fputs("SELECT " FOUND_COLUMNS " WHERE u.id IN (SELECT ", sql.out);
	fprintf(sql.out, "%s ", list->columns);
	list->put_from(list, &sql);
	put_bounds(list->columns, &sql, is_up, at, end);
	fputs(")", sql.out);
	put_bounds("u.id", &sql, is_up, at, end);
	put_wanted(urls, &sql);
	fprintf(sql.out, " ORDER BY u.id %s LIMIT %zu", is_up ? "ASC" : "DESC", list->left);
	rows = postgres_ask(list->store, postgres_sql_text(&sql), NULL, 0);
	postgres_sql_end(&sql);
	for (int i = 0; rows && i < PQntuples(rows) && list->left > 0; i++) {
		take_found(rows, i, &found);
		*last = postgres_id(found.key);
		list->left--;
		if (urls->function(urls->context, &found) < 0)
			list->left = 0;
	}
	PQclear(rows);
	return rows ? 0 : -1;
}

int postgres_find_urls(struct store *door, const struct store_url_filter *filter,
		       const struct store_range *range,
		       int (*function)(void *context, const struct store_found_url *url),
		       void *context, struct store_listed *listed)
{
	bool is_result = is_of_failure(filter) || is_of_result(filter);
	struct url_list urls = {
		.list = { .store = postgres_of(door),
			  .range = range,
			  .listed = listed,
			  .put_from = is_of_failure(filter)  ? put_from_failed
				      : is_of_result(filter) ? put_from_results
							     : put_from_urls,
			  .put_bound = put_bound,
			  .columns = is_result ? "c.url_id" : "c.id",
			  .order = { is_result ? "c.url_id DESC" : "c.id DESC",
				     is_result ? "c.url_id" : "c.id" },
			  .place_of = place_of,
			  .hand_out = hand_out },
		.filter = filter,
		.function = function,
		.context = context,
	};

	*listed = (struct store_listed){ .place = range->place };
	if (filter->host.at && find_hosts(&urls) < 0)
		return postgres_was_late(urls.list.store) ? 0 : -1;
	if (filter->host.at && urls.host_count == 0) {
		listed->is_at_end = true;
		return 0;
	}
	return postgres_list_all(&urls.list);
}
