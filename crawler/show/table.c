#include "show/table.h"

#include <libsmartcols.h>
#include <locale.h>
#include <stdlib.h>

#include "parsers/text/memory.h"
#include "show/glyph.h"

#define WIDTH_KEPT  200            /* one long text does not make all further rows as wide */
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ELLIPSIS    "\xe2\x80\xa6" /* U+2026, one column */

#define UPRIGHT_LINES_MAX   3  /* of a value; the rest is cut */
#define UPRIGHT_COLUMNS_MIN 12 /* that a value has, however narrow it is */

struct column {
	char *name;
	size_t width; /* of the widest: heading, gathered cell, or what was printed before */
	bool has_texts, has_numbers;
	bool is_same; /* the gathered cells all are: it tells nothing from row to row */
};

/* Where texts are cut. */
struct caps {
	size_t same, other;
};

struct table {
	FILE *out;
	size_t columns_max;
	struct column *columns;
	size_t count;
	char **cells; /* gathered, row after row, printable */
	size_t row_count, rows_allocated;
	bool has_heading; /* it was printed, or rows upright */
	bool is_upright;  /* rows are: one next to the other did not fit once */
};

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

/* Of text the beginning that is no wider than that; a mark stays with its letter. */
static struct slice beginning(struct slice text, size_t columns)
{
	struct slice rest = text;
	size_t width = 0;

	while (rest.size > 0) {
		uint32_t code;
		size_t bytes = glyph_decode(rest, &code);

		width += glyph_width(code);
		if (width > columns)
			break;
		rest.at += bytes;
		rest.size -= bytes;
	}
	return (struct slice){ text.at, text.size - rest.size };
}

/* Cut text, which is wider, to so many columns with the ellipsis. */
static char *cut(char *text, size_t columns)
{
	size_t size = beginning(slice_of(text), columns - 1).size;

	text = memory_resize(text, size + sizeof(ELLIPSIS));
	memcpy(text + size, ELLIPSIS, sizeof(ELLIPSIS));
	return text;
}

/* ---- widths ---- */

static bool is_number_column(const struct column *column)
{
	return column->has_numbers && !column->has_texts;
}

static size_t cap_of(const struct column *column, struct caps caps)
{
	if (is_number_column(column))
		return SIZE_MAX;
	return column->is_same ? caps.same : caps.other;
}

static size_t capped(const struct column *column, struct caps caps)
{
	size_t cap = cap_of(column, caps);

	return column->width > cap ? cap : column->width;
}

/* The width of a row whose texts are cut like that. */
static size_t row_width(const struct table *table, struct caps caps)
{
	size_t width = table->count - 1;

	for (size_t i = 0; i < table->count; i++)
		width += capped(&table->columns[i], caps);
	return width;
}

static bool fits(const struct table *table, struct caps caps)
{
	return row_width(table, caps) <= table->columns_max;
}

/* Make *cap, which is one of *caps, the widest that makes rows fit, or the least. */
static void narrow(const struct table *table, struct caps *caps, size_t *cap, size_t least)
{
	size_t too_wide = table->columns_max + 1;

	for (*cap = least; *cap + 1 < too_wide;) {
		size_t narrower = *cap;

		*cap = narrower + (too_wide - narrower) / 2;
		if (!fits(table, *caps)) {
			too_wide = *cap;
			*cap = narrower;
		}
	}
}

static bool cells_are_the_same(const struct table *table, size_t column)
{
	for (size_t row = 1; row < table->row_count; row++) {
		if (strcmp(table->cells[column], table->cells[row * table->count + column]) != 0)
			return false;
	}
	return table->row_count > 1;
}

/* What tells least is made shorter first; then the widest. */
static struct caps choose_caps(struct table *table)
{
	struct caps caps = { SIZE_MAX, SIZE_MAX };

	for (size_t i = 0; i < table->count; i++)
		table->columns[i].is_same = cells_are_the_same(table, i);
	if (table->columns_max == 0 || fits(table, caps))
		return caps;
	narrow(table, &caps, &caps.same, TABLE_SAME_COLUMNS);
	if (!fits(table, caps))
		narrow(table, &caps, &caps.other, TABLE_CUT_COLUMNS);
	return caps;
}

/* ---- printing ---- */

/*
 * The width is ours to say.  libsmartcols takes a hint that is wider than the heading only of a
 * strict column, and gives a heading its room only in a column that is not.
 */
static void add_column(struct libscols_table *shown, struct column *column, struct caps caps)
{
	int flags = is_number_column(column) ? SCOLS_FL_RIGHT : 0;
	size_t width = capped(column, caps);

	if (glyph_text_width(column->name) > width)
		column->name = cut(column->name, width);
	if (glyph_text_width(column->name) < width)
		flags |= SCOLS_FL_STRICTWIDTH;
	if (!scols_table_new_column(shown, column->name, (double)width, flags))
		memory_fail();
}

static void add_line(struct libscols_table *shown, const struct table *table, char **cells,
		     struct caps caps)
{
	struct libscols_line *line = scols_table_new_line(shown, NULL);

	if (!line)
		memory_fail();
	for (size_t i = 0; i < table->count; i++) {
		size_t cap = cap_of(&table->columns[i], caps);

		if (glyph_text_width(cells[i]) > cap)
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

static void print_rows(struct table *table, struct caps caps)
{
	struct libscols_table *shown = scols_new_table();

	if (!shown)
		memory_fail();
	scols_table_set_stream(shown, table->out);
	scols_table_set_termforce(shown, SCOLS_TERMFORCE_NEVER); /* the cutting is ours */
	scols_table_enable_noencoding(shown, 1);
	scols_table_enable_noheadings(shown, table->has_heading);
	for (size_t i = 0; i < table->count; i++)
		add_column(shown, &table->columns[i], caps);
	for (size_t row = 0; row < table->row_count; row++)
		add_line(shown, table, table->cells + row * table->count, caps);
	print(shown);
	for (size_t i = 0; i < table->count; i++) {
		size_t width = capped(&table->columns[i], caps);

		table->columns[i].width = width < WIDTH_KEPT ? width : WIDTH_KEPT;
	}
	scols_unref_table(shown);
}

static void pad(FILE *out, size_t columns)
{
	fprintf(out, "%*s", (int)columns, "");
}

/* A value beside its name, on as many lines as it needs and may have. */
static void print_value(FILE *out, const char *value, size_t indent, size_t columns)
{
	struct slice rest = slice_of(value);

	for (int line = 1; rest.size > 0; line++) {
		bool is_cut = line == UPRIGHT_LINES_MAX && glyph_text_width(rest.at) > columns;
		struct slice part = beginning(rest, is_cut ? columns - 1 : columns);

		if (line > 1)
			pad(out, indent);
		fprintf(out, "%.*s%s\n", (int)part.size, part.at, is_cut ? ELLIPSIS : "");
		rest.at += part.size;
		rest.size = is_cut ? 0 : rest.size - part.size;
	}
}

/* A line for each field: "name   value". */
static void print_upright(struct table *table)
{
	size_t indent = 0, room;

	for (size_t i = 0; i < table->count; i++) {
		size_t width = glyph_text_width(table->columns[i].name);

		indent = width + 2 > indent ? width + 2 : indent;
	}
	room = table->columns_max > indent + UPRIGHT_COLUMNS_MIN ? table->columns_max - indent
								 : UPRIGHT_COLUMNS_MIN;
	for (size_t i = 0; i < table->row_count * table->count; i++) {
		const char *name = table->columns[i % table->count].name;

		if (i % table->count == 0 && (i > 0 || table->has_heading))
			putc('\n', table->out);
		fputs(name, table->out);
		if (table->cells[i][0])
			pad(table->out, indent - glyph_text_width(name));
		else
			putc('\n', table->out);
		print_value(table->out, table->cells[i], indent, room);
		free(table->cells[i]);
	}
}

/* Print what is gathered. */
static void flush(struct table *table)
{
	struct caps caps = choose_caps(table);

	table->is_upright |= table->columns_max > 0 && !fits(table, caps);
	if (table->is_upright)
		print_upright(table);
	else
		print_rows(table, caps);
	table->has_heading = true;
	table->row_count = 0;
}

/* libsmartcols prints nothing of a table without rows.  Names that do not fit go on below. */
static void print_heading(const struct table *table)
{
	size_t used = 0;

	for (size_t i = 0; i < table->count; i++) {
		const char *name = table->columns[i].name;
		size_t width = glyph_text_width(name) + (used > 0);
		bool is_next =
			used > 0 && table->columns_max > 0 && used + width > table->columns_max;

		fprintf(table->out, "%s%s", is_next ? "\n" : used > 0 ? " " : "", name);
		used = is_next ? width - 1 : used + width;
	}
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
		table->columns[i].width = glyph_text_width(table->columns[i].name);
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
		width += glyph_text_width(texts[i]);
	}
	return width;
}

/* Count the row that was put there. */
static void count_row(struct table *table, const struct table_cell cells[])
{
	char **texts = table->cells + table->row_count * table->count;

	for (size_t i = 0; i < table->count; i++) {
		struct column *column = &table->columns[i];
		size_t width = glyph_text_width(texts[i]);

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
	size_t width = row_width(table, (struct caps){ SIZE_MAX, SIZE_MAX }) + next_width;

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
