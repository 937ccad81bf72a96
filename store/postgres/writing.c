#include "store/postgres/kinds.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "parsers/text/memory.h"
#include "store/postgres/writing.h"

struct postgres_writing *postgres_writing(struct postgres_store *store)
{
	if (!store->writing)
		store->writing = memory_new(1, sizeof(*store->writing));
	return store->writing;
}

static void free_kinds(struct postgres_writing *writing)
{
	for (unsigned i = POSTGRES_STATIC_KINDS; i < writing->kind_count; i++) {
		free((char *)writing->kinds[i].sql);
		free((char *)writing->kinds[i].types);
	}
	free(writing->kinds);
}

void postgres_free_writing(struct postgres_store *store)
{
	struct postgres_writing *writing = store->writing;

	if (!writing)
		return;
	free_kinds(writing);
	for (size_t i = 0; i < writing->meaning_count; i++)
		free(writing->meanings[i].name);
	free(writing->meanings);
	free(writing->sets);
	postgres_batch_free(writing->left);
	changed_free(writing->closed_pages);
	XXH3_freeState(writing->hash);
	free(writing);
	store->writing = NULL;
}

int64_t postgres_node_id(const struct postgres_store *store)
{
	return store->node ? store->node->id : 0;
}

int64_t postgres_first_id(const struct postgres_store *store)
{
	return store->node ? store->node->first_id : 0;
}

/* ---- kinds ---- */

const struct postgres_kind *postgres_kinds_of(const struct postgres_store *store)
{
	return store->writing && store->writing->kinds ? store->writing->kinds
						       : postgres_static_kinds;
}

unsigned postgres_add_kind(struct postgres_store *store, char *sql, char *types)
{
	struct postgres_writing *writing = postgres_writing(store);
	unsigned count = writing->kinds ? writing->kind_count : POSTGRES_STATIC_KINDS;

	writing->kinds = memory_resize(writing->kinds, (count + 1) * sizeof(*writing->kinds));
	if (count == POSTGRES_STATIC_KINDS)
		memcpy(writing->kinds, postgres_static_kinds, sizeof(postgres_static_kinds));
	writing->kinds[count] = (struct postgres_kind){ sql, types, false };
	writing->kind_count = count + 1;
	return count;
}

void postgres_set_kind(struct postgres_store *store, unsigned kind, char *sql)
{
	struct postgres_kind *kinds = postgres_writing(store)->kinds;

	free((char *)kinds[kind].sql);
	kinds[kind].sql = sql;
}

/* ---- kinds that come last ---- */

#define LATE_FIRST POSTGRES_PATTERN_FIGURES
#define LATE_LAST  POSTGRES_TOTALS

void postgres_add_late_kinds(struct postgres_store *store)
{
	struct postgres_writing *writing = postgres_writing(store);

	if (writing->late > 0)
		return;
	for (unsigned kind = LATE_FIRST; kind <= LATE_LAST; kind++) {
		const struct postgres_kind *of = &postgres_static_kinds[kind];
		unsigned added = postgres_add_kind(store, memory_text(of->sql, strlen(of->sql)),
						   memory_text(of->types, strlen(of->types)));

		if (kind == LATE_FIRST)
			writing->late = added;
	}
}

unsigned postgres_late_kind(const struct postgres_store *store, unsigned kind)
{
	unsigned late = store->writing ? store->writing->late : 0;

	return late > 0 && kind >= LATE_FIRST && kind <= LATE_LAST ? late + kind - LATE_FIRST
								   : kind;
}

/* ---- a page that the server does not take ---- */

/* Does it say what was read of the page?  What it led to is for others, and stays. */
static bool is_content(const struct postgres_store *store, unsigned kind)
{
	for (int i = 0; i < store->table_count; i++)
		if (kind == store->tables[i].clear || kind == store->tables[i].add)
			return kind != 0;
	switch (kind) {
	case POSTGRES_KEEP_ROWS:
	case POSTGRES_ADD_RESULT:
	case POSTGRES_REPLACE_RESULT:
	case POSTGRES_KEEP_RESULT:
	case POSTGRES_PUT_PARSE:
	case POSTGRES_CLEAR_CONTENT:
	case POSTGRES_PUT_BODY:
		return true;
	default:
		return false;
	}
}

/* Of a result, and of a page that was parsed again, as their kinds have them. */
enum { RESULT_PASS = 2, RESULT_VISIT, RESULT_OUTCOME, RESULT_STATUS, RESULT_VALUES };
enum { PARSE_UNMATCHED = 2, PARSE_NOTES, PARSE_IS_LIMITED, PARSE_COUNTS, PARSE_VALUES };

struct content {
	bool is_there, is_parse;
	struct store_value result[RESULT_VALUES], parse[PARSE_VALUES]; /* the first of its values */
};

static void drop_content(struct postgres_store *store, struct postgres_batch *batch,
			 struct content *content)
{
	struct store_value *values;
	size_t row = 0;
	unsigned kind;
	uint64_t page;

	*content = (struct content){ .is_there = false };
	content->result[RESULT_PASS] = postgres_of_integer(store->pass);
	content->result[RESULT_VISIT] = postgres_of_integer(store->visit);
	while ((values = postgres_batch_row(batch, &row, &kind, &page))) {
		if (!is_content(store, kind))
			continue;
		if (kind >= POSTGRES_ADD_RESULT && kind <= POSTGRES_KEEP_RESULT)
			memcpy(content->result, values, sizeof(content->result));
		if (kind == POSTGRES_PUT_PARSE)
			memcpy(content->parse, values, sizeof(content->parse));
		content->is_parse |= kind == POSTGRES_PUT_PARSE;
		postgres_batch_drop(batch, kind, page, row - 1);
		content->is_there = true;
	}
}

/* The run's totals have it under the outcome that it seemed to have. */
static void count_again(struct postgres_store *store, struct postgres_batch *batch, uint64_t page,
			const struct store_value *outcome, int64_t status, int64_t pages)
{
	const struct store_value none = postgres_of_integer(0);

	postgres_batch_put(batch, postgres_kinds_of(store), POSTGRES_TOTALS, page,
			   (struct store_value[]){ postgres_of_integer(store->run_id), *outcome,
						   postgres_of_integer(status),
						   postgres_of_integer(pages), none, none, none });
}

/* What was read of it stays, and why nothing came of the other rows is said: its visit was well. */
static void refuse_parse(struct postgres_store *store, struct postgres_batch *batch,
			 struct content *content, const char *why)
{
	content->parse[PARSE_UNMATCHED] = content->parse[PARSE_COUNTS] =
		(struct store_value){ .kind = STORE_NULL };
	content->parse[PARSE_NOTES] = postgres_of_string(why);
	content->parse[PARSE_IS_LIMITED] = postgres_of_integer(true);
	postgres_batch_put(batch, postgres_kinds_of(store), POSTGRES_PUT_PARSE,
			   (uint64_t)content->parse[0].integer, content->parse);
}

int postgres_refuse_page(struct postgres_store *store, struct postgres_batch *batch,
			 const char *why)
{
	const struct store_value refused = postgres_of_string("store_refused");
	uint64_t page = postgres_batch_page(batch);
	struct content content = { .is_there = false };
	const struct store_value *outcome = &content.result[RESULT_OUTCOME];

	if (page != 0)
		drop_content(store, batch, &content);
	if (!content.is_there)
		return -1;
	store->base.refused_late++;
	if (content.is_parse) {
		refuse_parse(store, batch, &content, why);
		return 0;
	}
	postgres_batch_put(batch, postgres_kinds_of(store), POSTGRES_REFUSE_PAGE, page,
			   (struct store_value[]){
				   postgres_of_integer((int64_t)page), content.result[RESULT_PASS],
				   content.result[RESULT_VISIT], postgres_of_string(why) });
	if (store->run_id == 0 || outcome->kind != STORE_TEXT)
		return 0;
	count_again(store, batch, page, outcome, content.result[RESULT_STATUS].integer, -1);
	count_again(store, batch, page, &refused, 0, 1);
	return 0;
}
