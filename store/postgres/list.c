#include "store/postgres/list.h"

#include <inttypes.h>

static const char *order_of(const struct postgres_list *list)
{
	return list->order[list->range->is_oldest_first];
}

static void put_behind(struct postgres_list *list, struct postgres_sql *sql, int64_t at)
{
	if (at != 0)
		list->put_bound(list, sql, list->range->is_oldest_first ? ">" : "<", at);
}

/* The place that the next so many end at; 0: there are fewer.  Returns 0 or -1. */
static int find_end(struct postgres_list *list, int64_t at, int64_t size, int64_t *end)
{
	struct postgres_sql sql;
	PGresult *found;

	postgres_sql_begin(&sql, list->store);
	fprintf(sql.out, "SELECT %s ", list->columns);
	list->put_from(list, &sql);
	put_behind(list, &sql, at);
	fprintf(sql.out, " ORDER BY %s LIMIT 1 OFFSET %" PRId64, order_of(list), size - 1);
	found = postgres_ask(list->store, postgres_sql_text(&sql), NULL, 0);
	postgres_sql_end(&sql);
	if (!found)
		return -1;
	*end = PQntuples(found) > 0 ? list->place_of(found, 0) : 0;
	PQclear(found);
	return 0;
}

/* How many there are behind `at`, up to `end`, or to the last; and where that one is. */
static int count(struct postgres_list *list, int64_t at, int64_t end, uint64_t *number,
		 int64_t *last)
{
	bool is_up = list->range->is_oldest_first;
	struct postgres_sql sql;
	PGresult *found;

	postgres_sql_begin(&sql, list->store);
	fprintf(sql.out, "SELECT %s, count(*) OVER () ", list->columns);
	list->put_from(list, &sql);
	put_behind(list, &sql, at);
	if (end != 0)
		list->put_bound(list, &sql, is_up ? "<=" : ">=", end);
	fprintf(sql.out, " ORDER BY %s LIMIT 1", list->order[!is_up]);
	found = postgres_ask(list->store, postgres_sql_text(&sql), NULL, 0);
	postgres_sql_end(&sql);
	if (!found)
		return -1;
	*number = 0;
	if (PQntuples(found) > 0) {
		*number = (uint64_t)postgres_integer(found, 0, PQnfields(found) - 1);
		*last = list->place_of(found, 0);
	}
	PQclear(found);
	return 0;
}

/* All that was wanted has been handed out, up to there: was it the last that there is? */
static int stop_at(struct postgres_list *list, int64_t at, int64_t last)
{
	uint64_t number;
	int64_t end = 0;

	if (count(list, at, last, &number, &end) || find_end(list, last, 1, &end))
		return -1;
	list->listed->looked_at += number;
	list->listed->place = last;
	list->listed->is_at_end = end == 0;
	return 0;
}

/* A block was gone through to its end; 0: to the last that there is. */
static int pass(struct postgres_list *list, int64_t at, int64_t end, int64_t size)
{
	uint64_t number = (uint64_t)size;
	int64_t last = end;

	if (end == 0) {
		last = at;
		if (count(list, at, 0, &number, &last))
			return -1;
	}
	list->listed->looked_at += number;
	list->listed->place = last;
	list->listed->is_at_end = end == 0;
	return 0;
}

/* Returns 0 or -1. */
static int next_block(struct postgres_list *list, int64_t size)
{
	int64_t at = list->listed->place, end, last = 0;

	if (find_end(list, at, size, &end) || list->hand_out(list, at, end, &last))
		return -1;
	return list->left == 0 ? stop_at(list, at, last) : pass(list, at, end, size);
}

int postgres_list_all(struct postgres_list *list)
{
	int64_t size = POSTGRES_BLOCK_MIN;
	int result = 0;

	*list->listed = (struct store_listed){ .place = list->range->place };
	list->left = list->range->count;
	while (result == 0 && list->left > 0 && !list->listed->is_at_end) {
		result = next_block(list, size);
		size = size < POSTGRES_BLOCK_MAX ? size * 4 : size;
	}
	return result == 0 || postgres_was_late(list->store) ? 0 : -1;
}
