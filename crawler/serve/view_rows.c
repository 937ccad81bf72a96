#include "serve/view_page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"
#include "parsers/text/suggest.h"
#include "report/parts.h"

/* Rows of a pattern; without a name: the patterns that have any. */

#define VALUE_MAX 200 /* characters of a value that are shown */

struct names {
	char **at;
	size_t count;
};

static void add_name(struct names *names, const char *name)
{
	names->at = memory_resize(names->at, (names->count + 1) * sizeof(*names->at));
	names->at[names->count++] = memory_text(name, strlen(name));
}

static void free_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->at[i]);
	free(names->at);
}

static int on_name(void *context, const char *name)
{
	add_name(context, name);
	return 0;
}

static int on_column(void *context, const char *name, bool is_json)
{
	(void)is_json;
	add_name(context, name);
	return 0;
}

static int on_any(void *context, const char *name, bool is_json)
{
	(void)name;
	(void)is_json;
	*(bool *)context = true;
	return -1;
}

/* Tables and views that patterns made, of all that there are. */
static void find_patterns(struct store *store, struct names *patterns)
{
	struct names tables = { .count = 0 };

	store_each_table(store, on_name, &tables);
	for (size_t i = 0; i < tables.count; i++) {
		bool has_any = false;

		store_each_column(store, tables.at[i], on_any, &has_any);
		if (has_any)
			add_name(patterns, tables.at[i]);
	}
	free_names(&tables);
}

/* ---- no such pattern ---- */

static void write_link(struct html *html, const char *pattern)
{
	html_markup(html, "<a href=\"/rows/");
	html_part(html, slice_of(pattern));
	html_markup(html, "\">");
	html_cut(html, slice_of(pattern), PARTS_TEXT_MAX);
	html_markup(html, "</a>");
}

static void show_patterns(struct view *view)
{
	bool is_missing = view->rest[0] != '\0';
	struct names patterns = { .count = 0 };
	struct html html = { 0 };
	const char *near;

	find_patterns(view->store, &patterns);
	near = suggest_widely(slice_of(view->rest), (const char *const *)patterns.at,
			      patterns.count);
	view_begin(view, &html, is_missing ? "No such pattern" : "Rows");
	if (is_missing) {
		view->status = 404;
		html_markup(&html, "<p>No pattern called ");
		html_cut(&html, slice_of(view->rest), PARTS_TEXT_MAX);
		html_markup(&html, " has rows here.");
		if (near) {
			html_markup(&html, " Did you mean ");
			write_link(&html, near);
			html_markup(&html, "?");
		}
		html_markup(&html, "</p>\n");
	}
	if (patterns.count == 0)
		html_markup(&html, "<p class=\"note\">No pattern has rows yet.</p>\n");
	else
		html_markup(&html, "<ul>\n");
	for (size_t i = 0; i < patterns.count; i++) {
		html_markup(&html, "<li>");
		write_link(&html, patterns.at[i]);
		html_markup(&html, "</li>\n");
	}
	if (patterns.count > 0)
		html_markup(&html, "</ul>\n");
	view_end(view, &html);
	free_names(&patterns);
}

/* ---- rows ---- */

struct listing {
	struct view *view;
	const struct ask *ask;
	const struct names *columns;
	const struct store_row_filter *filter;
	struct html *html; /* of the rows alone: what turns out to be in no order is not shown */
	struct view_csv csv;
	size_t count;
};

static int on_row(void *context, const struct store_shown_row *row)
{
	struct listing *listing = context;
	struct html *html = listing->html;

	html_markup(html, "<tr><td class=\"u\">");
	view_url(html, row->page, row->page_url);
	html_markup(html, "</td><td class=\"num\">%u</td>", row->number);
	for (size_t i = 0; i < row->count; i++) {
		html_markup(html, "<td>");
		parts_value(html, &row->values[i], false, VALUE_MAX);
		html_markup(html, "</td>");
	}
	html_markup(html, "</tr>\n");
	listing->count++;
	return 0;
}

static int on_csv_row(void *context, const struct store_shown_row *row)
{
	struct listing *listing = context;
	const char **columns = memory_new(row->count + 2, sizeof(*columns));
	struct store_value *values = memory_new(row->count + 2, sizeof(*values));
	int result;

	columns[0] = "page_url";
	values[0] = (struct store_value){ .kind = row->page_url.at ? STORE_TEXT : STORE_NULL,
					  .text = row->page_url };
	columns[1] = "n";
	values[1] = (struct store_value){ .kind = STORE_INTEGER, .integer = row->number };
	memcpy(columns + 2, row->columns, row->count * sizeof(*columns));
	memcpy(values + 2, row->values, row->count * sizeof(*values));
	result = view_csv_row(&listing->csv, row->count + 2, columns, values);
	free(columns);
	free(values);
	return result;
}

/* Returns as store_find_rows(). */
static int find(struct listing *listing, size_t count,
		int (*function)(void *context, const struct store_shown_row *row),
		struct store_listed *listed)
{
	const struct ask *ask = listing->ask;
	const struct store_range range = { ask->after, ask->is_oldest_first, count };
	struct store *store = listing->view->store;

	store_set_read_budget(store, VIEW_SCAN_MS);
	return ask->order_by ? store_sort_rows(store, listing->view->rest, ask->order_by,
					       listing->filter, &range, function, listing, listed)
			     : store_find_rows(store, listing->view->rest, listing->filter, &range,
					       function, listing, listed);
}

/* ---- the page ---- */

static const char *text_of(const struct ask *ask, const char *field)
{
	for (size_t i = 0; i < ask->field_count; i++) {
		if (ask->fields[i].text.at && strcmp(ask->fields[i].field, field) == 0)
			return ask->fields[i].text.at;
	}
	return NULL;
}

static void write_hidden(struct html *html, const char *name, const char *value)
{
	html_markup(html, "<input type=\"hidden\" name=\"");
	html_words(html, name);
	html_markup(html, "\" value=\"");
	html_words(html, value);
	html_markup(html, "\">\n");
}

/* Inputs for the first fields, and for those that are asked for; the others are asked by address.
 */
#define INPUTS_MAX 6

static void write_inputs(struct html *html, const struct listing *listing)
{
	for (size_t i = 0; i < listing->columns->count; i++) {
		const char *name = listing->columns->at[i];
		const char *value = text_of(listing->ask, name);
		char *parameter;

		if (i >= INPUTS_MAX && !value)
			continue;
		if (asprintf(&parameter, "f.%s", name) < 0)
			memory_fail();
		view_input(html, name, parameter, value);
		free(parameter);
	}
}

static void write_form(struct html *html, const char *path, const struct listing *listing)
{
	const struct ask *ask = listing->ask;

	html_markup(html, "<form class=\"ask\" method=\"get\" action=\"");
	html_words(html, path);
	html_markup(html, "\">\n");
	view_input(html, "Text in any field", "q", ask->q);
	write_inputs(html, listing);
	for (size_t i = 0; i < ask->field_count; i++) {
		if (!ask->fields[i].text.at)
			write_hidden(html, "empty", ask->fields[i].field);
	}
	if (ask->page) {
		char page[24];

		snprintf(page, sizeof(page), "%" PRIu64, ask->page);
		view_input(html, "Of the URL with this number", "page", page);
	}
	html_markup(html, "<label>Order<select name=\"order\">");
	view_option(html, "newest", "newest pages first", !ask->order_by && !ask->is_oldest_first);
	view_option(html, "oldest", "oldest pages first", !ask->order_by && ask->is_oldest_first);
	if (ask->order_by) {
		char *value, *words;

		if (asprintf(&value, "%s:%s", ask->is_oldest_first ? "up" : "down", ask->order_by) <
			    0 ||
		    asprintf(&words, "%s, %s first", ask->order_by,
			     ask->is_oldest_first ? "least" : "greatest") < 0)
			memory_fail();
		view_option(html, value, words, true);
		free(value);
		free(words);
	}
	html_markup(html, "</select></label>\n<button>Show</button></form>\n");
}

/* A name that sorts: by its least value, and from then on by the other end. */
static void write_head(struct html *html, const char *path, const struct ask *ask, const char *name)
{
	bool is_sorted = ask->order_by && strcmp(ask->order_by, name) == 0;
	bool is_up = is_sorted && ask->is_oldest_first;
	struct ask other = *ask;

	other.order_by = name;
	other.is_oldest_first = !is_up;
	other.after = 0;
	html_markup(html, "<th scope=\"col\"");
	if (is_sorted && is_up)
		html_markup(html, " aria-sort=\"ascending\"");
	else if (is_sorted)
		html_markup(html, " aria-sort=\"descending\"");
	html_markup(html, "><a href=\"");
	html_words(html, path);
	ask_write(html, &other);
	html_markup(html, "\">");
	html_cut(html, slice_of(name), PARTS_NAME_MAX);
	html_markup(html, "</a></th>");
}

static void write_table(struct html *html, const char *path, const struct listing *listing)
{
	view_begin_table(html, listing->view->rest);
	html_markup(html, "<thead><tr><th scope=\"col\">page</th>"
			  "<th scope=\"col\" class=\"num\">n</th>");
	for (size_t i = 0; i < listing->columns->count; i++)
		write_head(html, path, listing->ask, listing->columns->at[i]);
	html_markup(html, "</tr></thead><tbody>\n");
	html_own(html, (struct slice){ listing->html->bytes, listing->html->size });
	html_markup(html, "</tbody>");
	view_end_table(html);
}

/* What a text is within quotes of SQL. */
static char *quoted(const char *name)
{
	char *out = memory_new(2 * strlen(name) + 3, 1);
	size_t size = 0;

	out[size++] = '"';
	for (; *name; name++) {
		if (*name == '"')
			out[size++] = '"';
		out[size++] = *name;
	}
	out[size++] = '"';
	out[size] = '\0';
	return out;
}

static void write_too_many(struct html *html, const struct listing *listing)
{
	char *table = quoted(listing->view->rest), *field = quoted(listing->ask->order_by), *sql;

	if (asprintf(&sql, "SELECT * FROM %s ORDER BY %s%s LIMIT %d", table, field,
		     listing->ask->is_oldest_first ? "" : " DESC", VIEW_LIST_MAX) < 0)
		memory_fail();
	html_markup(html, "<p class=\"note\">Too many to sort while a page is waited for: ");
	view_command(listing->view, html, "sql", (const char *const[]){ sql, NULL });
	html_markup(html, "</p>\n");
	free(sql);
	free(table);
	free(field);
}

static void show_rows(struct listing *listing, const char *path)
{
	struct view *view = listing->view;
	struct html html = { 0 }, rows = { 0 };
	struct store_listed listed;
	bool is_in_order;
	int result;

	listing->html = &rows;
	result = find(listing, VIEW_LIST_MAX, on_row, &listed);
	is_in_order =
		!listing->ask->order_by || listed.is_at_end || listing->count == VIEW_LIST_MAX;
	view_begin(view, &html, view->rest);
	write_form(&html, path, listing);
	if (result < 0) {
		view_trouble(view, &html, "too many to look through");
	} else if (!is_in_order) {
		write_too_many(&html, listing);
	} else {
		write_table(&html, path, listing);
		view_turn(&html, path, listing->ask, &listed, listing->count, "row");
	}
	html_markup(&html, "<p class=\"more\"><span class=\"muted\">all of them:</span> ");
	view_command(view, &html, "export", (const char *const[]){ view->rest, NULL });
	html_markup(&html, "</p>\n");
	view_end(view, &html);
	html_free(&rows);
}

static void send_csv(struct listing *listing)
{
	struct store_listed listed;

	view_csv_begin(&listing->csv, listing->view);
	find(listing, VIEW_CSV_MAX, on_csv_row, &listed);
	if (listing->ask->order_by && !listed.is_at_end && listing->csv.rows < VIEW_CSV_MAX &&
	    store_is_late(listing->view->store)) {
		output_drop(listing->csv.output);
		view_refuse(listing->view, 503,
			    "Too many to sort while somebody waits: crawl sql does it.\n");
		return;
	}
	view_csv_end(&listing->csv, listing->view->rest,
		     listed.is_at_end && listing->ask->after == 0);
}

/* As it stands in an address. */
static void write_path(struct html *path, const char *pattern)
{
	html_markup(path, "/rows/");
	html_part(path, slice_of(pattern));
	html_own(path, (struct slice){ "", 1 });
}

static void list_rows(struct view *view, struct ask *ask, const struct names *columns)
{
	struct store_row_filter filter = { .page = store_key_of(ask->page),
					   .text = slice_of(ask->q) };
	struct listing listing = {
		.view = view, .ask = ask, .columns = columns, .filter = &filter
	};
	char error[ASK_ERROR_MAX];
	struct html path = { 0 };

	if (ask_read_fields(ask, view_argument, view->request, (const char *const *)columns->at,
			    columns->count, error) < 0) {
		view_refuse(view, 400, error);
		return;
	}
	filter.fields = ask->fields;
	filter.field_count = ask->field_count;
	if (ask->is_csv) {
		send_csv(&listing);
		return;
	}
	write_path(&path, view->rest);
	show_rows(&listing, path.bytes);
	html_free(&path);
}

void view_rows(struct view *view)
{
	struct names columns = { .count = 0 };
	struct ask ask;

	if (!view_ask(view, &ask))
		return;
	store_each_column(view->store, view->rest, on_column, &columns);
	if (columns.count > 0)
		list_rows(view, &ask, &columns);
	else
		show_patterns(view);
	free_names(&columns);
}
