#ifndef MEMORY_STATE_H
#define MEMORY_STATE_H

#include "store/store.h"
#include "tests/support/store_dump.h"

/*
 * memory_state: all that a crawl in memory holds at a moment, as flat lists.
 *
 * Texts are kept by the crawl for its whole life and never change, so that a state is copied by
 * copying its lists: a batch that is committed is a copy.
 */

struct memory_host {
	struct store_key key; /* first, here and below: lists are in the order of their keys */
	struct slice origin, robots_state, robots, address;
	int64_t robots_at_ms, held_until_ms;
	struct store_host_figures figures;
};

struct memory_url {
	struct store_key key;
	struct store_url row;
	bool has_result;
	struct store_page page; /* the result; sizes are -1 where nothing was fetched */
	int64_t pass, visit;
	int64_t all_pass, failed_pass; /* the last that asks for it as a root */
	size_t named_run;              /* the last that names it */
	int64_t read_at_ms;            /* 0: its content never was */
	uint64_t config_hash;
	struct slice body; /* kept, or absent */
	bool body_is_text;
	bool has_request; /* more than a plain GET */
	struct store_request request;
};

struct memory_table {
	const char *name;
	const struct store_column *columns;
	size_t column_count, all_count; /* of the pattern; and with those of earlier ones */
	const char *const *key;
	size_t key_count;
	bool has_parent;
	size_t parent; /* its place in the list of tables */
};

struct memory_row {
	struct store_key page;
	size_t table; /* its place in the list of tables */
	uint32_t number;
	const struct store_column *columns; /* as the table had them when it was written */
	size_t column_count;
	const struct store_value *values;
};

struct memory_reject {
	struct slice list, text, reason;
	uint64_t line;
};

struct memory_run {
	uint64_t config_hash;
	int64_t pass, ended_ms;
	uint64_t named;
	enum store_pass asks;
	bool is_of_all;
	const char *ended; /* NULL: it runs */
};

struct memory_pattern {
	uint64_t config_hash, hash;
	const char *name;
};

struct memory_set {
	uint32_t number;
	struct slice fields;
};

/* Rows that a page does not give any more. */
struct memory_stale {
	const char *pattern;
	struct store_key page;
	size_t run; /* since when */
};

struct memory_figures {
	size_t run;
	struct store_pattern_figures sum;
};

struct memory_field_figures {
	size_t run;
	struct store_field_figures sum;
};

/* Items that lie one behind the other. */
struct memory_list {
	void *at;
	size_t size; /* of an item */
	size_t count, room;
};

enum memory_lists {
	MEMORY_HOSTS,
	MEMORY_URLS,
	MEMORY_TABLES,
	MEMORY_ROWS,
	MEMORY_TRIES,
	MEMORY_REJECTS,
	MEMORY_COOKIES,
	MEMORY_SETS,
	MEMORY_RUNS,
	MEMORY_PATTERNS,
	MEMORY_FIGURES,
	MEMORY_FIELD_FIGURES,
	MEMORY_STALE,
	MEMORY_LISTS
};

struct memory_state {
	struct memory_list lists[MEMORY_LISTS];
	int64_t visit; /* of the page written last */
};

void memory_state_init(struct memory_state *state);
void memory_state_copy(struct memory_state *to, const struct memory_state *from);
void memory_state_free(struct memory_state *state);

static inline void *memory_item(const struct memory_list *list, size_t index)
{
	return (char *)list->at + index * list->size;
}

/* A new item of zeros at index, or at the end; one that is taken away.  Items move. */
void *memory_insert(struct memory_list *list, size_t index);
void *memory_append(struct memory_list *list);
void memory_remove(struct memory_list *list, size_t index);

/* By key, of hosts or URLs: NULL if there is none; *place is then where it belongs. */
void *memory_find(const struct memory_list *list, struct store_key key, size_t *place);

/* The last number that a share's hosts or URLs have, or 0. */
uint32_t memory_last_number(const struct memory_list *list, uint32_t share);

/* What a URL's state is: by its result, and by the passes that ask for it again. */
enum store_state memory_url_state(const struct memory_state *state, const struct memory_url *url);

/* Equal in all columns of the table's key, none of them NULL. */
bool memory_has_key(const struct memory_table *table, const struct memory_row *left,
		    const struct memory_row *right);

void memory_state_lines(const struct memory_state *state, enum store_dump_what what,
			struct store_dump *dump);

#endif
