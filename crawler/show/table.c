#include "show/table.h"

#include <libsmartcols.h>
#include <locale.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "parsers/text/memory.h"
#include "show/glyph.h"

#define TERMINAL_COLUMNS 80             /* of a terminal that does not say */
#define WIDTH_KEPT       200            /* one long text does not make all further rows as wide */
#define REPLACEMENT      "\xef\xbf\xbd" /* U+FFFD */
#define ELLIPSIS         "\xe2\x80\xa6" /* U+2026, one column */

struct column {
	char *name;
	size_t width; /* of the widest: heading, gathered cell, or what was printed before */
	bool has_texts, has_numbers;
};

struct table {
	FILE *out;
	size_t columns_max;
	struct column *columns;
	size_t count;
	char **cells; /* gathered, row after row, printable */
	size_t row_count, rows_allocated;
	bool has_heading; /* it was printed */
};

size_t table_terminal_columns(FILE *out)
{
	struct winsize size;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col > 0 ? size.ws_col : TERMINAL_COLUMNS;
}

/* ---- text as a terminal may have it ---- */

/* How a character is shown; NULL: as it is. */
static const char *stand_in(uint32_t code)
{
	switch (code) {
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		return code == GLYPH_BAD || glyph_is_control(code) ? REPLACEMENT : NULL;
	}
}

/* REPLACEMENT is the longest that a byte becomes. */
char *table_printable(struct slice text)
{
	char *copy = memory_new(text.size * (sizeof(REPLACEMENT) - 1) + 1, 1);
	size_t size = 0;

	while (text.size > 0) {
		uint32_t code;
		size_t bytes = glyph_decode(text, &code);
		const char *instead = stand_in(code);
		size_t shown = instead ? strlen(instead) : bytes;

		memcpy(copy + size, instead ? instead : text.at, shown);
		size += shown;
		text.at += bytes;
		text.size -= bytes;
	}
	copy[size] = '\0';
	return memory_resize(copy, size + 1);
}

static size_t width_of(const char *text)
{
	struct slice rest = slice_of(text);
	size_t width = 0;

	while (rest.size > 0) {
		uint32_t code;
		size_t bytes = glyph_decode(rest, &code);

		width += glyph_width(code);
		rest.at += bytes;
		rest.size -= bytes;
	}
	return width;
}

/* Cut text, which is wider, to so many columns with the ellipsis. */
static char *cut(char *text, size_t columns)
{
	struct slice rest = slice_of(text);
	size_t width = 0, size;

	for (;;) {
		uint32_t code;
		size_t bytes = glyph_decode(rest, &code);

		if (width + glyph_width(code) > columns - 1)
			break;
		width += glyph_width(code);
		rest.at += bytes;
		rest.size -= bytes;
	}
	size = (size_t)(rest.at - text);
	text = memory_resize(text, size + sizeof(ELLIPSIS));
	memcpy(text + size, ELLIPSIS, sizeof(ELLIPSIS));
	return text;
}

/* ---- widths ---- */

static bool is_number_column(const struct column *column)
{
	return column->has_numbers && !column->has_texts;
}

static size_t capped(const struct column *column, size_t cap)
{
	return column->width > cap && !is_number_column(column) ? cap : column->width;
}

/* The width of a row whose texts are cut to cap columns. */
static size_t row_width(const struct table *table, size_t cap)
{
	size_t width = table->count - 1;

	for (size_t i = 0; i < table->count; i++)
		width += capped(&table->columns[i], cap);
	return width;
}

/* The widest cut that makes rows fit the terminal: only the widest texts are made shorter. */
static size_t choose_cap(const struct table *table)
{
	size_t fits = TABLE_CUT_COLUMNS, too_wide = table->columns_max + 1;

	if (table->columns_max == 0)
		return SIZE_MAX;
	while (fits + 1 < too_wide) {
		size_t middle = fits + (too_wide - fits) / 2;

		if (row_width(table, middle) <= table->columns_max)
			fits = middle;
		else
			too_wide = middle;
	}
	return fits;
}

/* ---- printing ---- */

/*
 * The width is ours to say.  libsmartcols takes a hint that is wider than the heading only of a
 * strict column, and gives a heading its room only in a column that is not.
 */
static void add_column(struct libscols_table *shown, struct column *column, size_t cap)
{
	int flags = is_number_column(column) ? SCOLS_FL_RIGHT : 0;
	size_t width = capped(column, cap);

	if (width_of(column->name) > width)
		column->name = cut(column->name, width);
	if (width_of(column->name) < width)
		flags |= SCOLS_FL_STRICTWIDTH;
	if (!scols_table_new_column(shown, column->name, (double)width, flags))
		memory_fail();
}

static void add_line(struct libscols_table *shown, const struct table *table, char **cells,
		     size_t cap)
{
	struct libscols_line *line = scols_table_new_line(shown, NULL);

	if (!line)
		memory_fail();
	for (size_t i = 0; i < table->count; i++) {
		if (!is_number_column(&table->columns[i]) && width_of(cells[i]) > cap)
			cells[i] = cut(cells[i], cap);
		scols_line_refer_data(line, i, cells[i]); /* it frees the cell */
	}
}

/* libsmartcols asks the locale how wide text is; ours is UTF-8 whatever the user's is. */
static void print(struct libscols_table *shown)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;

	scols_print_table(shown);
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
}

/* Print what is gathered. */
static void flush(struct table *table)
{
	struct libscols_table *shown = scols_new_table();
	size_t cap = choose_cap(table);

	if (!shown)
		memory_fail();
	scols_table_set_stream(shown, table->out);
	scols_table_set_termforce(shown, SCOLS_TERMFORCE_NEVER); /* the cutting is ours */
	scols_table_enable_noencoding(shown, 1);
	scols_table_enable_noheadings(shown, table->has_heading);
	for (size_t i = 0; i < table->count; i++)
		add_column(shown, &table->columns[i], cap);
	for (size_t row = 0; row < table->row_count; row++)
		add_line(shown, table, table->cells + row * table->count, cap);
	print(shown);
	for (size_t i = 0; i < table->count; i++) {
		struct column *column = &table->columns[i];

		column->width = capped(column, cap < WIDTH_KEPT ? cap : WIDTH_KEPT);
	}
	scols_unref_table(shown);
	table->has_heading = true;
	table->row_count = 0;
}

/* libsmartcols prints nothing of a table without rows. */
static void print_heading(const struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		fprintf(table->out, "%s%s", i > 0 ? " " : "", table->columns[i].name);
	fputc('\n', table->out);
}

/* ---- public ---- */

struct table *table_new(FILE *out, size_t columns, const char *const names[], size_t count)
{
	struct table *table = memory_new(1, sizeof(*table));

	*table = (struct table){ .out = out, .columns_max = columns, .count = count };
	table->columns = memory_new(count, sizeof(*table->columns));
	for (size_t i = 0; i < count; i++) {
		table->columns[i].name = table_printable(slice_of(names[i]));
		table->columns[i].width = width_of(table->columns[i].name);
	}
	return table;
}

static void make_room(struct table *table)
{
	if (table->row_count < table->rows_allocated)
		return;
	table->rows_allocated = table->rows_allocated ? 2 * table->rows_allocated : 16;
	table->cells = memory_resize(table->cells,
				     table->rows_allocated * table->count * sizeof(*table->cells));
}

/* Put a row behind those that are gathered.  Returns its width alone. */
static size_t put_row(struct table *table, const struct table_cell cells[])
{
	char **texts = table->cells + table->row_count * table->count;
	size_t width = 0;

	for (size_t i = 0; i < table->count; i++) {
		texts[i] = table_printable(cells[i].text);
		width += width_of(texts[i]);
	}
	return width;
}

/* Count the row that was put there. */
static void count_row(struct table *table, const struct table_cell cells[])
{
	char **texts = table->cells + table->row_count * table->count;

	for (size_t i = 0; i < table->count; i++) {
		struct column *column = &table->columns[i];
		size_t width = width_of(texts[i]);

		column->has_numbers |= cells[i].text.at && cells[i].is_number;
		column->has_texts |= cells[i].text.at && !cells[i].is_number;
		if (width > column->width)
			column->width = width;
	}
	table->row_count++;
}

/* Every row is printed as wide as the widest: a long text comes after the others, not among them.
 */
static bool is_too_much(const struct table *table, size_t next_width)
{
	size_t width = row_width(table, SIZE_MAX) + next_width;

	return table->row_count == TABLE_ROWS_MAX ||
	       (table->row_count > 0 && width > TABLE_BYTES_MAX / (table->row_count + 1));
}

void table_row(struct table *table, const struct table_cell cells[])
{
	size_t row_at = table->row_count * table->count;

	if (table->count == 0)
		return;
	make_room(table);
	if (is_too_much(table, put_row(table, cells))) {
		flush(table);
		memmove(table->cells, table->cells + row_at, table->count * sizeof(*table->cells));
	}
	count_row(table, cells);
}

void table_end(struct table *table)
{
	if (!table)
		return;
	if (table->row_count > 0)
		flush(table);
	else if (!table->has_heading)
		print_heading(table);
	table_drop(table);
}

void table_drop(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->row_count * table->count; i++)
		free(table->cells[i]);
	for (size_t i = 0; i < table->count; i++)
		free(table->columns[i].name);
	free(table->columns);
	free(table->cells);
	free(table);
}
