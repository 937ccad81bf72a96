#include "tests/support/memory_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- tables ---- */

/* As it is now, then columns that it had before. */
static struct memory_table keep_table(struct memory_store *store, const struct store_table *table,
				      const struct memory_table *old)
{
	struct bytes **texts = &store->crawl->texts;
	size_t count = table->column_count;
	struct store_column *columns =
		memory_take(texts, (count + old->all_count + 1) * sizeof(*columns));
	const char **key = memory_take(texts, (table->key_count + 1) * sizeof(*key));

	for (size_t i = 0; i < count; i++)
		columns[i] =
			(struct store_column){ memory_keep_string(store, table->columns[i].name),
					       table->columns[i].kind };
	for (size_t i = 0; i < old->all_count; i++)
		if (!store_find_column(columns, count, old->columns[i].name))
			columns[count++] = old->columns[i];
	for (size_t i = 0; i < table->key_count; i++)
		key[i] = memory_keep_string(store, table->key[i]);
	return (struct memory_table){ .name = memory_keep_string(store, table->name),
				      .columns = columns,
				      .column_count = table->column_count,
				      .all_count = count,
				      .key = key,
				      .key_count = table->key_count };
}

static bool has_same_kinds(const struct memory_table *old, const struct store_table *new)
{
	for (size_t i = 0; i < new->column_count; i++) {
		const struct store_column *column =
			store_find_column(old->columns, old->all_count, new->columns[i].name);

		if (column && column->kind != new->columns[i].kind)
			return false;
	}
	return true;
}

/* Where a table of this name is, or will be. */
static size_t find_table(struct memory_store *store, const char *name)
{
	struct memory_list *tables = memory_list_of(store, MEMORY_TABLES);

	for (size_t i = 0; i < tables->count; i++)
		if (strcasecmp(((struct memory_table *)memory_item(tables, i))->name, name) == 0)
			return i;
	((struct memory_table *)memory_append(tables))->name = memory_keep_string(store, name);
	return tables->count - 1;
}

/* Neither types nor keys are looked at: that rows are equal in a new one only SQLite minds. */
int memory_try_table(struct store *door, const struct store_table *table, struct store_error *error)
{
	(void)door;
	*error = (struct store_error){ .cure = STORE_CURE_NONE };
	return store_check_table(table, error->text);
}

/* As SQLite does it: a text is a number only if it is one altogether. */
static struct store_value convert(struct memory_store *store, const struct store_value *value,
				  enum store_kind kind)
{
	struct store_value text = { .kind = STORE_TEXT };
	char number[64] = "", *end = number;
	double real;

	if (value->kind == STORE_NULL || (kind == STORE_JSON && value->kind == STORE_TEXT))
		return *value;
	if (value->kind == STORE_INTEGER)
		snprintf(number, sizeof(number), "%lld", (long long)value->integer);
	else if (value->kind == STORE_REAL)
		snprintf(number, sizeof(number), "%.15g", value->real);
	else
		snprintf(number, sizeof(number), "%.*s", (int)value->text.size, value->text.at);
	text.text = memory_keep(store, slice_of(number));
	if (kind == STORE_TEXT || kind == STORE_JSON)
		return text;
	real = strtod(number, &end);
	if (end == number || *end || (kind == STORE_INTEGER && real != (double)(int64_t)real))
		return (struct store_value){ .kind = STORE_NULL };
	return kind == STORE_REAL
		       ? (struct store_value){ .kind = STORE_REAL, .real = real }
		       : (struct store_value){ .kind = STORE_INTEGER, .integer = (int64_t)real };
}

static void convert_row(struct memory_store *store, const struct memory_table *table,
			struct memory_row *row)
{
	struct bytes **texts = &store->crawl->texts;
	struct store_value *values = memory_take(texts, (row->column_count + 1) * sizeof(*values));
	struct store_column *columns =
		memory_take(texts, (row->column_count + 1) * sizeof(*columns));

	for (size_t i = 0; i < row->column_count; i++) {
		const struct store_column *now =
			store_find_column(table->columns, table->all_count, row->columns[i].name);

		columns[i] = *now;
		values[i] = now->kind == row->columns[i].kind
				    ? row->values[i]
				    : convert(store, &row->values[i], now->kind);
	}
	row->values = values;
	row->columns = columns;
}

static void convert_rows(struct memory_store *store, size_t place)
{
	struct memory_list *rows = memory_list_of(store, MEMORY_ROWS);

	for (size_t i = 0; i < rows->count; i++) {
		struct memory_row *row = memory_item(rows, i);

		if (row->table == place)
			convert_row(store, memory_item(memory_list_of(store, MEMORY_TABLES), place),
				    row);
	}
}

int memory_put_table(struct store *door, const struct store_table *table)
{
	struct memory_store *store = memory_of(door);
	struct memory_table *kept;
	char error[STORE_ERROR_MAX];
	bool is_same;
	size_t place, parent;

	if (memory_begin_writing(store))
		return 0;
	if (store_check_table(table, error)) {
		store_fail(door, STORE_CURE_NONE, "%s", error);
		return 0;
	}
	place = find_table(store, table->name);
	kept = memory_item(memory_list_of(store, MEMORY_TABLES), place);
	is_same = has_same_kinds(kept, table);
	*kept = keep_table(store, table, kept);
	if (!is_same)
		convert_rows(store, place);
	if (table->parent) {
		parent = find_table(store, table->parent->name);
		kept = memory_item(memory_list_of(store, MEMORY_TABLES), place);
		kept->has_parent = true;
		kept->parent = parent;
	}
	store->tables = realloc(store->tables, (store->table_count + 1) * sizeof(*store->tables));
	store->settling =
		realloc(store->settling, (store->table_count + 1) * sizeof(*store->settling));
	if (!store->tables || !store->settling)
		abort();
	store->settling[store->table_count] = (struct settling){ .order = 0 };
	store->tables[store->table_count++] = place;
	return (int)store->table_count;
}

/* ---- pages ---- */

#define ALL_TABLES SIZE_MAX

/* table: its place in the list. */
static void remove_rows_of(struct memory_store *store, struct store_key page, size_t table)
{
	struct memory_list *rows = memory_list_of(store, MEMORY_ROWS);

	for (size_t i = rows->count; i-- > 0;) {
		const struct memory_row *row = memory_item(rows, i);

		if (store_key_id(row->page) == store_key_id(page) &&
		    (table == ALL_TABLES || row->table == table))
			memory_remove(rows, i);
	}
}

/* The mark of a table's rows, or of all that a page has. */
static void unmark(struct memory_store *store, struct store_key page, const char *pattern)
{
	struct memory_list *marks = memory_list_of(store, MEMORY_STALE);

	for (size_t i = marks->count; i-- > 0;) {
		const struct memory_stale *mark = memory_item(marks, i);

		if (store_key_id(mark->page) == store_key_id(page) &&
		    (!pattern || strcasecmp(mark->pattern, pattern) == 0))
			memory_remove(marks, i);
	}
}

static void remove_rows(struct memory_store *store, struct store_key page)
{
	remove_rows_of(store, page, ALL_TABLES);
	unmark(store, page, NULL);
}

/* ---- what a page had, while new rows come ---- */

static void begin_settling(struct memory_store *store, bool must_settle)
{
	store->must_settle = must_settle;
	store->settled = 0;
	for (size_t i = 0; i < store->table_count; i++)
		store->settling[i].order = 0;
}

static void leave_alone(struct memory_store *store, size_t at)
{
	store->settling[at].order = ++store->settled;
	store->settling[at].had_rows = false;
}

static const char *name_of(struct memory_store *store, size_t at)
{
	const struct memory_list *tables = memory_list_of(store, MEMORY_TABLES);

	return ((const struct memory_table *)memory_item(tables, store->tables[at]))->name;
}

static bool has_rows_of(struct memory_store *store, struct store_key page, size_t table)
{
	struct memory_list *rows = memory_list_of(store, MEMORY_ROWS);

	for (size_t i = 0; i < rows->count; i++) {
		const struct memory_row *row = memory_item(rows, i);

		if (row->table == table && store_key_id(row->page) == store_key_id(page))
			return true;
	}
	return false;
}

static void settle(struct memory_store *store, size_t at)
{
	struct settling *settling = &store->settling[at];
	struct memory_list *rows = memory_list_of(store, MEMORY_ROWS);

	if (!store->must_settle || settling->order > 0)
		return;
	settling->had_rows = has_rows_of(store, store->page, store->tables[at]);
	settling->order = ++store->settled;
	settling->before_count = rows->count;
	settling->before = realloc(settling->before, (rows->count + 1) * sizeof(struct memory_row));
	if (!settling->before)
		abort();
	if (rows->count > 0)
		memcpy(settling->before, rows->at, rows->count * sizeof(struct memory_row));
	if (!settling->had_rows)
		return;
	remove_rows_of(store, store->page, store->tables[at]);
	unmark(store, store->page, name_of(store, at));
}

static void end_settling(struct memory_store *store)
{
	for (size_t i = 0; i < store->table_count; i++)
		settle(store, i);
	store->must_settle = false;
}

/* Those that were settled later are as they were, too. */
static void bring_back(struct memory_store *store, const struct settling *settling)
{
	struct memory_list *rows = memory_list_of(store, MEMORY_ROWS);

	while (rows->count > settling->before_count)
		memory_remove(rows, rows->count - 1);
	while (rows->count < settling->before_count)
		memory_append(rows);
	memcpy(rows->at, settling->before, settling->before_count * sizeof(struct memory_row));
	for (size_t i = 0; i < store->table_count; i++)
		if (store->settling[i].order > settling->order)
			store->settling[i].order = 0;
}

static bool is_of_meaning(struct memory_store *store, uint64_t config_hash, const char *name,
			  uint64_t hash)
{
	const struct memory_list *patterns = memory_list_of(store, MEMORY_PATTERNS);

	for (size_t i = 0; i < patterns->count; i++) {
		const struct memory_pattern *pattern = memory_item(patterns, i);

		if (pattern->config_hash == config_hash && strcasecmp(pattern->name, name) == 0)
			return pattern->hash == hash;
	}
	return false;
}

static void mark(struct memory_store *store, const char *pattern)
{
	struct memory_list *marks = memory_list_of(store, MEMORY_STALE);

	for (size_t i = 0; i < marks->count; i++) {
		const struct memory_stale *mark = memory_item(marks, i);

		if (store_key_id(mark->page) == store_key_id(store->page) &&
		    strcasecmp(mark->pattern, pattern) == 0)
			return;
	}
	*(struct memory_stale *)memory_append(marks) =
		(struct memory_stale){ pattern, store->page,
				       store->run ? store->run
						  : memory_list_of(store, MEMORY_RUNS)->count };
}

void memory_prune_stale(struct memory_store *store)
{
	struct memory_list *marks = memory_list_of(store, MEMORY_STALE);

	for (size_t i = marks->count; i-- > 0;) {
		const struct memory_stale *mark = memory_item(marks, i);

		for (size_t at = 0; at < store->table_count; at++) {
			if (strcasecmp(name_of(store, at), mark->pattern) != 0 ||
			    has_rows_of(store, mark->page, store->tables[at]))
				continue;
			memory_remove(marks, i);
			break;
		}
	}
}

int memory_keep_rows(struct store *door, int handle, uint64_t hash)
{
	struct memory_store *store = memory_of(door);
	struct settling *settling;
	struct memory_url *url;
	int found = memory_url_to_write(store, store->page, &url);
	size_t at = (size_t)handle - 1;

	if (found != 1)
		return found;
	if (handle < 1 || at >= store->table_count)
		return memory_refuse(store, "rows of a table that is none stay", store->page);
	settling = &store->settling[at];
	if (!store->must_settle)
		return 0;
	if (settling->order == 0)
		settling->had_rows = has_rows_of(store, store->page, store->tables[at]);
	if (!settling->had_rows ||
	    !is_of_meaning(store, url->config_hash, name_of(store, at), hash))
		return 0;
	if (settling->order > 0)
		bring_back(store, settling);
	leave_alone(store, at);
	mark(store, name_of(store, at));
	return 0;
}

/* Returns 0 or -1. */
static int open_page(struct memory_store *store, struct store_key key, struct memory_url **url)
{
	int found = memory_url_to_write(store, key, url);

	if (store->must_close)
		memory_complain("opened within a page that is open (%u:%u)", store->page.share,
				store->page.number);
	if (found < 0)
		return -1;
	store->page = key;
	store->must_close = store->has_rows = store->is_again = false;
	begin_settling(store, false);
	store->is_refused = found == 0;
	return 0;
}

int memory_page_open(struct store *door, struct store_key key, bool is_again)
{
	struct memory_store *store = memory_of(door);
	struct memory_url *url;

	if (open_page(store, key, &url))
		return -1;
	store->must_close = true;
	store->is_again = is_again;
	begin_settling(store, is_again);
	if (!store->is_refused && url->has_result != is_again)
		return memory_refuse(store,
				     is_again ? "opened as again, and has no result"
					      : "opened as new, and has a result",
				     key);
	return 0;
}

int memory_page_leave(struct store *door)
{
	struct memory_store *store = memory_of(door);

	if (!store->must_close || store->is_again)
		return memory_refuse(store, "a page was left that was not open, or was read before",
				     store->page);
	store->page = (struct store_key){ 0 };
	store->must_close = false;
	return 0;
}

int memory_clear_rows(struct store *door, struct store_key key, const int tables[], size_t count)
{
	struct memory_store *store = memory_of(door);
	struct memory_url *url;

	if (open_page(store, key, &url))
		return -1;
	begin_settling(store, !store->is_refused);
	for (size_t i = 0; i < store->table_count; i++)
		leave_alone(store, i);
	for (size_t i = 0; i < count; i++) {
		if (tables[i] < 1 || (size_t)tables[i] > store->table_count)
			return memory_refuse(store, "rows of a table that is none", key);
		store->settling[tables[i] - 1].order = 0;
	}
	return 0;
}

static void note_parse(struct memory_store *store, struct store_page *page,
		       const struct store_parse *parse)
{
	bool was_limited = strcmp(page->outcome, "pattern_limit") == 0;

	if (parse->is_limited) {
		page->etag = page->last_modified = (struct slice){ NULL, 0 };
		page->hash = 0;
	}
	if (page->state != STORE_DONE)
		return;
	page->error = memory_keep(store, parse->notes);
	if (parse->is_limited || was_limited)
		page->outcome = parse->is_limited ? "pattern_limit" : "ok";
}

int memory_put_parse(struct store *door, const struct store_parse *parse)
{
	struct memory_store *store = memory_of(door);
	struct memory_url *url;
	int found = memory_url_to_write(store, store->page, &url);

	if (found != 1)
		return found;
	end_settling(store);
	if (!url->has_result)
		memory_complain("parsed again, and was never read (%u:%u)", url->key.share,
				url->key.number);
	url->config_hash = parse->config_hash;
	url->page.unmatched = memory_keep(store, parse->unmatched);
	url->page.counts = memory_keep(store, parse->counts);
	note_parse(store, &url->page, parse);
	store->page = (struct store_key){ 0 };
	return 0;
}

static const struct store_value *keep_values(struct memory_store *store,
					     const struct store_value *values, size_t count)
{
	struct store_value *kept = memory_take(&store->crawl->texts, (count + 1) * sizeof(*kept));

	for (size_t i = 0; i < count; i++) {
		kept[i] = values[i];
		if (values[i].kind == STORE_TEXT || values[i].kind == STORE_BLOB)
			kept[i].text = memory_keep(store, values[i].text);
		if ((values[i].kind == STORE_TEXT || values[i].kind == STORE_BLOB) &&
		    !values[i].text.at)
			kept[i].kind = STORE_NULL;
	}
	return kept;
}

static bool belongs_to(struct memory_store *store, const struct memory_row *row,
		       const struct memory_row *parent)
{
	const struct memory_table *table =
		memory_item(memory_list_of(store, MEMORY_TABLES), row->table);

	return table->has_parent && table->parent == parent->table &&
	       store_key_id(row->page) == store_key_id(parent->page) &&
	       row->values[0].integer == parent->number;
}

/* Of a row that is gone, those that belong to it, and theirs. */
static void remove_children(struct memory_store *store, const struct memory_row *parent)
{
	struct memory_list *rows = memory_list_of(store, MEMORY_ROWS);

	for (size_t i = 0; i < rows->count;) {
		const struct memory_row row = *(const struct memory_row *)memory_item(rows, i);

		if (!belongs_to(store, &row, parent)) {
			i++;
			continue;
		}
		memory_remove(rows, i);
		remove_children(store, &row);
		i = 0;
	}
}

/* A row whose key was seen takes that one's place, wherever it was. */
static int add_row(struct memory_store *store, const struct memory_row *row)
{
	struct memory_list *rows = memory_list_of(store, MEMORY_ROWS);
	const struct memory_table *table =
		memory_item(memory_list_of(store, MEMORY_TABLES), row->table);
	struct memory_row moved;
	bool has_moved = false;

	for (size_t i = rows->count; i-- > 0;) {
		const struct memory_row *other = memory_item(rows, i);

		if (other->table != row->table)
			continue;
		if (store_key_id(other->page) == store_key_id(row->page) &&
		    other->number == row->number)
			return memory_refuse(store, "a row's number came twice on one page",
					     row->page);
		if (!memory_has_key(table, other, row))
			continue;
		moved = *other; /* one at most: keys are unique */
		has_moved = true;
		memory_remove(rows, i);
	}
	if (has_moved)
		remove_children(store, &moved);
	*(struct memory_row *)memory_append(rows) = *row;
	return 0;
}

int memory_row(struct store *door, int handle, uint32_t number, const struct store_value *values)
{
	struct memory_store *store = memory_of(door);
	const struct memory_table *table;
	struct memory_row row = { .page = store->page, .number = number };

	if (memory_begin_writing(store))
		return -1;
	if (store_key_is_none(store->page) || handle < 1 || (size_t)handle > store->table_count)
		return memory_refuse(store, "a row came before its page or table", store->page);
	if (number >= STORE_ROWS_MAX)
		return store_fail(door, STORE_CURE_NONE, "too many rows on one page");
	if (store->is_refused) {
		store->refused++;
		return 0;
	}
	settle(store, (size_t)handle - 1);
	store->has_rows = true;
	row.table = store->tables[handle - 1];
	table = memory_item(memory_list_of(store, MEMORY_TABLES), row.table);
	row.columns = table->columns;
	row.column_count = table->column_count;
	row.values = keep_values(store, values, table->column_count);
	return add_row(store, &row);
}

static struct store_page keep_page(struct memory_store *store, const struct store_page *page)
{
	struct store_page kept = *page;
	struct slice *texts[] = { &kept.final_url,     &kept.title,          &kept.content_type,
				  &kept.charset,       &kept.charset_source, &kept.error,
				  &kept.redirects,     &kept.unmatched,      &kept.etag,
				  &kept.last_modified, &kept.counts };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		*texts[i] = memory_keep(store, *texts[i]);
	kept.outcome = memory_keep_string(store, page->outcome);
	kept.body = (struct slice){ NULL, 0 };
	if (page->fetched_at_ms == 0)
		kept.size = kept.wire_size = kept.elapsed_us = -1;
	return kept;
}

/* A 304 says only what changed, and an answer that failed nothing of the page that was read. */
static void keep_answer(const struct memory_url *old, struct store_page *page)
{
	bool is_failed = page->state != STORE_DONE && old->read_at_ms != 0;

	if (!is_failed && strcmp(page->outcome, "not_modified") != 0)
		return;
	if (is_failed || !page->final_url.at)
		page->final_url = old->page.final_url;
	if (is_failed || !page->etag.at)
		page->etag = old->page.etag;
	if (is_failed || !page->last_modified.at)
		page->last_modified = old->page.last_modified;
	if (is_failed || !page->hash)
		page->hash = old->page.hash;
}

/* What describes the content that was read before goes over to the result of a page that was not.
 */
static void keep_content(const struct memory_url *old, struct store_page *page)
{
	keep_answer(old, page);
	page->unmatched = old->page.unmatched;
	page->counts = old->page.counts;
	if (old->read_at_ms == 0)
		return;
	page->title = old->page.title;
	page->content_type = old->page.content_type;
	page->charset = old->page.charset;
	page->charset_source = old->page.charset_source;
	page->size = old->page.size;
}

static void write_page(struct memory_store *store, struct memory_url *url,
		       const struct store_page *page)
{
	bool keeps = store->is_again && page->keeps_content;
	struct store_page kept = keep_page(store, page);

	if (url->row.kind == STORE_URL_OUTSIDE && page->state != STORE_SKIPPED)
		memory_complain("a page of a URL that nobody asks for (%u:%u)", url->key.share,
				url->key.number);
	if (keeps)
		keep_content(url, &kept);
	if (!keeps || url->read_at_ms == 0)
		url->config_hash = store->config_hash;
	if (!keeps || url->read_at_ms == 0)
		url->read_at_ms = store_page_is_read(page) ? page->fetched_at_ms : 0;
	url->page = kept;
	url->has_result = true;
	url->pass = store->pass;
	url->visit = ++store->state->visit;
	if (keeps)
		return;
	url->body = memory_keep(store, page->body);
	url->body_is_text = page->body_is_text;
}

int memory_page(struct store *door, const struct store_page *page)
{
	struct memory_store *store = memory_of(door);
	struct memory_url *url;

	if (memory_begin_writing(store))
		return -1;
	if (!store->must_close)
		return memory_refuse(store, "a page was closed before it was opened", store->page);
	if (page->keeps_content && store->has_rows)
		memory_complain("rows of a page that keeps its content (%u:%u)", store->page.share,
				store->page.number);
	if (!page->outcome)
		return memory_refuse(store, "a page without an outcome", store->page);
	url = memory_find(memory_list_of(store, MEMORY_URLS), store->page, NULL);
	if (store->is_refused) {
		store->refused++;
	} else {
		if (!page->keeps_content)
			end_settling(store);
		write_page(store, url, page);
	}
	store->page = (struct store_key){ 0 };
	store->must_close = false;
	return 0;
}

int memory_put_verdict(struct store *door, struct store_key key,
		       const struct store_verdict *verdict)
{
	struct memory_store *store = memory_of(door);
	struct memory_url *url;
	int found = memory_url_to_write(store, key, &url);

	if (found != 1)
		return found;
	if (!url->has_result)
		memory_complain("is judged, and has no result (%u:%u)", key.share, key.number);
	url->page.state = verdict->state;
	url->page.outcome = memory_keep_string(store, verdict->outcome);
	url->page.error = memory_keep(store, verdict->error);
	url->page.status = verdict->status;
	return 0;
}

int memory_put_waiting(struct store *door, struct store_key key, bool is_again)
{
	struct memory_store *store = memory_of(door);
	struct memory_url *url;
	int found = memory_url_to_write(store, key, &url);

	if (found != 1)
		return found;
	if (!url->has_result)
		memory_complain("stood, and has no result (%u:%u)", key.share, key.number);
	url->has_result = is_again;
	url->pass = 0;
	url->page.state = STORE_DONE;
	return 0;
}

int memory_clear_content(struct store *door, struct store_key key)
{
	struct memory_store *store = memory_of(door);
	struct slice none = { NULL, 0 };
	struct memory_url *url;
	int found = memory_url_to_write(store, key, &url);

	if (found != 1)
		return found;
	remove_rows(store, key);
	url->read_at_ms = 0;
	url->body = none;
	url->page.title = url->page.content_type = url->page.charset = none;
	url->page.charset_source = url->page.unmatched = url->page.counts = none;
	url->page.size = 0;
	return 0;
}

int memory_put_standing(struct store *door, struct store_key key)
{
	struct memory_store *store = memory_of(door);
	struct memory_url *url;
	int found = memory_url_to_write(store, key, &url);

	if (found != 1)
		return found;
	if (!url->has_result)
		memory_complain("stands, and has no result (%u:%u)", key.share, key.number);
	url->pass = store->pass;
	url->page.state = STORE_DONE;
	return 0;
}

int memory_put_try(struct store *door, const struct store_try *try)
{
	struct memory_store *store = memory_of(door);
	struct memory_url *url;
	int found = memory_url_to_write(store, try->key, &url);
	struct store_try *added;

	if (found != 1)
		return found;
	added = memory_append(memory_list_of(store, MEMORY_TRIES));
	*added = *try;
	added->outcome = memory_keep_string(store, try->outcome);
	added->error = memory_keep(store, try->error);
	return 0;
}

int memory_get_kept(struct store *door, struct store_key after, struct store_kept *kept)
{
	struct memory_store *store = memory_of(door);
	const struct memory_list *urls = memory_list_of(store, MEMORY_URLS);

	if (memory_begin_reading(store))
		return -1;
	for (size_t i = 0; i < urls->count; i++) {
		const struct memory_url *url = memory_item(urls, i);
		struct slice final_url =
			url->page.final_url.at ? url->page.final_url : url->row.url;

		if (!url->body.at || store_key_id(url->key) <= store_key_id(after))
			continue;
		*kept = (struct store_kept){
			.key = url->key,
			.url = memory_lend(store, url->row.url),
			.final_url = memory_lend(store, final_url),
			.content_type = memory_lend(store, url->page.content_type),
			.charset = memory_lend(store, url->page.charset),
			.unmatched = memory_lend(store, url->page.unmatched),
			.counts = memory_lend(store, url->page.counts),
			.set = memory_lend(store, memory_set_of(store, url->row.root)),
			.body = memory_lend(store, url->body),
			.is_text = url->body_is_text,
		};
		if (url->page.state == STORE_DONE)
			kept->notes = memory_lend(store, url->page.error);
		return 1;
	}
	return 0;
}

int memory_each_kept(struct store *door,
		     int (*function)(void *context, struct store_key key, struct slice final_url),
		     void *context)
{
	struct store_kept kept = { .key = { 0, 0 } };
	int found;

	while ((found = memory_get_kept(door, kept.key, &kept)) == 1)
		if (kept.is_text && function(context, kept.key, kept.final_url) < 0)
			return 0;
	return found;
}

static int by_visit(const void *left, const void *right)
{
	const struct memory_url *const *a = left, *const *b = right;

	return ((*a)->visit > (*b)->visit) - ((*a)->visit < (*b)->visit);
}

int memory_each_read(struct store *door,
		     int (*function)(void *context, const struct store_read *read), void *context)
{
	struct memory_store *store = memory_of(door);
	const struct memory_list *urls = memory_list_of(store, MEMORY_URLS);
	const struct memory_url **read;
	size_t count = 0;
	int result = 0;

	if (memory_begin_reading(store))
		return -1;
	read = calloc(urls->count + 1, sizeof(struct memory_url *));
	if (!read)
		abort();
	for (size_t i = 0; i < urls->count; i++) {
		const struct memory_url *url = memory_item(urls, i);

		if (url->has_result && url->read_at_ms != 0 && url->row.kind == STORE_URL_PAGE)
			read[count++] = url;
	}
	qsort(read, count, sizeof(struct memory_url *), by_visit);
	for (size_t i = 0; i < count && result == 0; i++)
		result = function(context,
				  &(struct store_read){ read[i]->key, read[i]->config_hash });
	free(read);
	return result;
}
