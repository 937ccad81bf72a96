#include "store/postgres/batch.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"
#include "store/postgres/arrays.h"

#define CHUNK_BYTES ((size_t)64 * 1024)

/* Texts lie in chunks, so that none moves. */
struct chunk {
	struct chunk *next;
	size_t size, room;
	char at[];
};

struct row {
	unsigned kind, segment;
	uint64_t page;
	size_t value; /* the first of its values */
	unsigned count;
	bool is_ground, is_dropped;
};

struct postgres_batch {
	struct row *rows;
	size_t count, room;
	struct store_value *values;
	size_t value_count, value_room;
	struct chunk *chunks;
	size_t bytes, dropped;
	unsigned segment;
	bool is_barred; /* the last row was of a barrier */

	size_t *order; /* of rows, as they are sent; made when sending begins */
	struct postgres_arrays arrays;
};

struct postgres_batch *postgres_batch_new(void)
{
	return memory_new(1, sizeof(struct postgres_batch));
}

void postgres_batch_free(struct postgres_batch *batch)
{
	if (!batch)
		return;
	while (batch->chunks) {
		struct chunk *next = batch->chunks->next;

		free(batch->chunks);
		batch->chunks = next;
	}
	postgres_arrays_free(&batch->arrays);
	free(batch->rows);
	free(batch->values);
	free(batch->order);
	free(batch);
}

/* ---- putting ---- */

static char *take_bytes(struct postgres_batch *batch, size_t size)
{
	struct chunk *chunk = batch->chunks;

	if (!chunk || chunk->room - chunk->size < size) {
		size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;

		chunk = memory_resize(NULL, sizeof(*chunk) + room);
		*chunk = (struct chunk){ .next = batch->chunks, .room = room };
		batch->chunks = chunk;
	}
	chunk->size += size;
	return chunk->at + chunk->size - size;
}

static struct slice copy(struct postgres_batch *batch, struct slice text)
{
	char *at = take_bytes(batch, text.size);

	if (text.size > 0)
		memcpy(at, text.at, text.size);
	return (struct slice){ at, text.size };
}

static bool is_storable(struct slice text)
{
	return text.size == 0 || (!memchr(text.at, '\0', text.size) && utf8_is_well_formed(text));
}

/* At most three bytes stand for one. */
static struct slice copy_replaced(struct postgres_batch *batch, struct slice text)
{
	const char *at = text.at, *end = text.at + text.size;
	char *out = memory_resize(NULL, 3 * text.size);
	size_t size = 0;
	struct slice kept;

	while (at < end) {
		size_t step = *at == '\0' ? 0 : utf8_size(at, end);

		if (step > 0)
			memcpy(out + size, at, step);
		size += step > 0 ? step : utf8_put(out + size, UTF8_REPLACEMENT);
		at += step > 0 ? step : 1;
	}
	kept = copy(batch, (struct slice){ out, size });
	free(out);
	return kept;
}

static bool is_text(const struct store_value *value)
{
	return value->kind == STORE_TEXT || value->kind == STORE_JSON || value->kind == STORE_BLOB;
}

/* Returns whether it had to be changed. */
static bool keep_value(struct postgres_batch *batch, char type, const struct store_value *value)
{
	struct store_value *kept = &batch->values[batch->value_count++];
	bool is_changed = false;

	*kept = *value;
	if (!is_text(value))
		return false;
	is_changed = type == 't' && !is_storable(value->text);
	kept->text = is_changed ? copy_replaced(batch, value->text) : copy(batch, value->text);
	batch->bytes += kept->text.size;
	return is_changed;
}

/* What is behind a barrier, or is one, is of a new segment. */
static unsigned segment_of(struct postgres_batch *batch, const struct postgres_kind kinds[],
			   unsigned kind)
{
	bool is_barrier = kinds[kind].order == POSTGRES_BARRIER;
	const struct row *last = batch->count > 0 ? &batch->rows[batch->count - 1] : NULL;

	if (last && (is_barrier || batch->is_barred) && last->kind != kind)
		batch->segment++;
	batch->is_barred = is_barrier;
	return batch->segment;
}

static void make_room(struct postgres_batch *batch, size_t values)
{
	if (batch->count == batch->room) {
		batch->room = batch->room ? 2 * batch->room : 256;
		batch->rows = memory_resize(batch->rows, batch->room * sizeof(*batch->rows));
	}
	if (batch->value_count + values > batch->value_room) {
		batch->value_room = 2 * (batch->value_count + values);
		batch->values =
			memory_resize(batch->values, batch->value_room * sizeof(*batch->values));
	}
}

bool postgres_batch_put(struct postgres_batch *batch, const struct postgres_kind kinds[],
			unsigned kind, uint64_t page, const struct store_value values[])
{
	const char *types = kinds[kind].types;
	size_t count = strlen(types);
	unsigned segment = segment_of(batch, kinds, kind);
	bool is_changed = false;

	make_room(batch, count);
	batch->rows[batch->count++] = (struct row){
		.kind = kind,
		.segment = segment,
		.page = kinds[kind].order == POSTGRES_GROUND ? 0 : page,
		.is_ground = kinds[kind].order == POSTGRES_GROUND,
		.value = batch->value_count,
		.count = (unsigned)count,
	};
	batch->bytes += sizeof(struct row) + count * sizeof(struct store_value);
	for (size_t i = 0; i < count; i++)
		is_changed = keep_value(batch, types[i], &values[i]) || is_changed;
	return is_changed;
}

void postgres_batch_begin_segment(struct postgres_batch *batch)
{
	batch->segment += batch->count > 0;
	batch->is_barred = false;
}

size_t postgres_batch_mark(const struct postgres_batch *batch)
{
	return batch->count;
}

void postgres_batch_drop(struct postgres_batch *batch, unsigned kind, uint64_t page, size_t mark)
{
	for (size_t i = mark; i < batch->count; i++) {
		struct row *row = &batch->rows[i];

		if (row->kind != kind || row->page != page || row->is_dropped)
			continue;
		row->is_dropped = true;
		batch->dropped++;
	}
}

/* ---- looking ---- */

size_t postgres_batch_rows(const struct postgres_batch *batch)
{
	return batch->count - batch->dropped;
}

size_t postgres_batch_bytes(const struct postgres_batch *batch)
{
	return batch->bytes;
}

struct store_value *postgres_batch_row(struct postgres_batch *batch, size_t *row, unsigned *kind,
				       uint64_t *page)
{
	while (*row < batch->count && batch->rows[*row].is_dropped)
		++*row;
	if (*row >= batch->count)
		return NULL;
	*kind = batch->rows[*row].kind;
	*page = batch->rows[*row].page;
	return batch->values + batch->rows[(*row)++].value;
}

uint64_t postgres_batch_page(const struct postgres_batch *batch)
{
	uint64_t page = 0;

	for (size_t i = 0; i < batch->count; i++) {
		const struct row *row = &batch->rows[i];

		if (row->is_dropped)
			continue;
		if (row->page == 0 || (page != 0 && row->page != page))
			return 0;
		page = row->page;
	}
	return page;
}

/* ---- sending ---- */

/* Put the rows of one segment in the order of their kinds, and within a kind as they came. */
static void order_segment(struct postgres_batch *batch, size_t first, size_t end)
{
	unsigned kinds = 0;
	size_t *next;

	for (size_t i = first; i < end; i++) {
		if (batch->rows[i].kind >= kinds)
			kinds = batch->rows[i].kind + 1;
	}
	next = memory_new(kinds + 1, sizeof(*next));
	for (size_t i = first; i < end; i++)
		next[batch->rows[i].kind + 1]++;
	for (unsigned kind = 1; kind <= kinds; kind++)
		next[kind] += next[kind - 1];
	for (size_t i = first; i < end; i++)
		batch->order[first + next[batch->rows[i].kind]++] = i;
	free(next);
}

static void order_rows(struct postgres_batch *batch)
{
	size_t first = 0;

	batch->order = memory_resize(batch->order, (batch->count + 1) * sizeof(*batch->order));
	while (first < batch->count) {
		size_t end = first;

		while (end < batch->count && batch->rows[end].segment == batch->rows[first].segment)
			end++;
		order_segment(batch, first, end);
		first = end;
	}
}

static bool is_same_statement(const struct row *row, const struct row *other)
{
	return row->kind == other->kind && row->segment == other->segment;
}

static const struct row *row_at(const struct postgres_batch *batch, size_t place)
{
	return &batch->rows[batch->order[place]];
}

/* Rows that were dropped are no part of any statement. */
static void skip_dropped(const struct postgres_batch *batch, struct postgres_place *at)
{
	while (at->row < batch->count && row_at(batch, at->row)->is_dropped)
		at->row++;
}

static size_t end_of_statement(const struct postgres_batch *batch, size_t first, unsigned *rows)
{
	size_t end = first;

	*rows = 0;
	while (end < batch->count && is_same_statement(row_at(batch, end), row_at(batch, first))) {
		*rows += !row_at(batch, end)->is_dropped;
		end++;
	}
	return end;
}

bool postgres_batch_next(struct postgres_batch *batch, const struct postgres_kind kinds[],
			 struct postgres_place *at, struct postgres_statement *statement)
{
	const char *types;
	unsigned rows;
	size_t end;

	if (at->row == 0)
		order_rows(batch);
	skip_dropped(batch, at);
	if (at->row >= batch->count)
		return false;
	end = end_of_statement(batch, at->row, &rows);
	statement->kind = row_at(batch, at->row)->kind;
	types = kinds[statement->kind].types;
	postgres_arrays_begin(&batch->arrays, types, rows);
	for (int column = 0; types[column]; column++) {
		postgres_arrays_column(&batch->arrays, types[column]);
		for (size_t i = at->row; i < end; i++) {
			const struct row *row = row_at(batch, i);

			if (!row->is_dropped)
				postgres_arrays_put(&batch->arrays, types[column],
						    &batch->values[row->value + (size_t)column]);
		}
	}
	statement->count =
		postgres_arrays_end(&batch->arrays, &statement->values, &statement->lengths);
	at->row = end;
	return true;
}

/* ---- cutting ---- */

/* Where a batch is cut. */
struct cut {
	enum { BY_PAGES, GROUND_FROM_REST, LAST_FROM_REST, BY_ROWS, NOWHERE } where;
	size_t units, kept;        /* pages, or rows of none; and how many stay */
	uint64_t first;            /* page that goes, of BY_PAGES */
	bool has_ground, has_last; /* rows of no page */
};

static int compare_pages(const void *first, const void *second)
{
	uint64_t a = *(const uint64_t *)first, b = *(const uint64_t *)second;

	return a < b ? -1 : a > b;
}

/* The pages, sorted, each once.  Freed by the caller. */
static uint64_t *list_pages(const struct postgres_batch *batch, struct cut *cut)
{
	uint64_t *pages = memory_new(batch->count + 1, sizeof(*pages));
	size_t count = 0, unique = 0;

	for (size_t i = 0; i < batch->count; i++) {
		if (batch->rows[i].is_dropped)
			continue;
		cut->has_ground |= batch->rows[i].is_ground;
		cut->has_last |= batch->rows[i].page == 0 && !batch->rows[i].is_ground;
		if (batch->rows[i].page != 0)
			pages[count++] = batch->rows[i].page;
	}
	qsort(pages, count, sizeof(*pages), compare_pages);
	for (size_t i = 0; i < count; i++) {
		if (unique == 0 || pages[unique - 1] != pages[i])
			pages[unique++] = pages[i];
	}
	cut->units = unique;
	return pages;
}

static void move_row(struct postgres_batch *from, struct postgres_batch *to, struct row *row)
{
	make_room(to, row->count);
	to->rows[to->count] = *row;
	to->rows[to->count].value = to->value_count;
	for (unsigned i = 0; i < row->count; i++) {
		struct store_value value = from->values[row->value + i];

		if (is_text(&value))
			value.text = copy(to, value.text);
		to->values[to->value_count++] = value;
	}
	to->count++;
	row->is_dropped = true;
	from->dropped++;
}

size_t postgres_batch_move(struct postgres_batch *from, size_t mark, uint64_t page,
			   struct postgres_batch *to)
{
	size_t before = to->count;

	for (size_t i = mark; i < from->count; i++) {
		struct row *row = &from->rows[i];

		if (row->is_dropped || row->page != page)
			continue;
		move_row(from, to, row);
		to->rows[to->count - 1].segment = to->segment;
		for (unsigned value = 0; value < row->count; value++) {
			const struct store_value *moved = &from->values[row->value + value];

			from->bytes -= is_text(moved) ? moved->text.size : 0;
			to->bytes += is_text(moved) ? moved->text.size : 0;
		}
	}
	return to->count - before;
}

static struct cut choose_cut(const struct postgres_batch *batch)
{
	struct cut cut = { .where = BY_PAGES };
	uint64_t *pages = list_pages(batch, &cut);

	if (cut.units == 0) {
		cut.units = postgres_batch_rows(batch);
		cut.where = cut.units > 1 ? BY_ROWS : NOWHERE;
	} else if (cut.units == 1) {
		cut.where = cut.has_ground ? GROUND_FROM_REST
			    : cut.has_last ? LAST_FROM_REST
					   : NOWHERE;
	}
	cut.kept = cut.units / 2;
	cut.first = cut.where == BY_PAGES ? pages[cut.kept] : 0;
	free(pages);
	return cut;
}

static bool stays(const struct row *row, const struct cut *cut, size_t *seen)
{
	switch (cut->where) {
	case BY_PAGES:
		return row->is_ground || (row->page != 0 && row->page < cut->first);
	case GROUND_FROM_REST:
		return row->is_ground;
	case LAST_FROM_REST:
		return row->page != 0;
	case BY_ROWS:
		return (*seen)++ < cut->kept;
	case NOWHERE:
		break;
	}
	return true;
}

struct postgres_batch *postgres_batch_cut(struct postgres_batch *batch)
{
	struct cut cut = choose_cut(batch);
	struct postgres_batch *second;
	size_t seen = 0;

	if (cut.where == NOWHERE)
		return NULL;
	order_rows(batch);
	second = postgres_batch_new();
	for (size_t i = 0; i < batch->count; i++) {
		struct row *row = &batch->rows[batch->order[i]];

		if (!row->is_dropped && !stays(row, &cut, &seen))
			move_row(batch, second, row);
	}
	second->bytes = batch->bytes / 2;
	batch->bytes -= second->bytes;
	return second;
}
