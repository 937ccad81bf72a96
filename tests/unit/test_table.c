#include "tests/support/test.h"

#include <locale.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "crawler/show/glyph.h"
#include "crawler/show/screen.h"
#include "crawler/show/table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ELLIPSIS    "\xe2\x80\xa6"
#define REPLACEMENT "\xef\xbf\xbd"

/* clang-format off */
#define TEXT(literal)	{ { literal, sizeof(literal) - 1 }, false }
#define NUMBER(literal) { { literal, sizeof(literal) - 1 }, true }
#define NOTHING		{ { NULL, 0 }, false }
/* clang-format on */

static const char *const names[] = { "n", "title", "score" };

static const struct table_cell films[][3] = {
	{ NUMBER("1"), TEXT("霸王别姬"), NUMBER("9.5") },
	{ NUMBER("10"), TEXT("Le\xcc\x81on, the Professional"), NUMBER("9") },
	{ NUMBER("100"), TEXT("😀"), NOTHING },
};

/* The table of these rows; the caller frees it. */
static char *show(size_t columns, const struct table_cell (*rows)[3], size_t count)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct table *table = table_new(out, columns, names, 3);

	for (size_t i = 0; i < count; i++)
		table_row(table, rows[i]);
	table_end(table);
	fclose(out);
	return text;
}

static void columns_are_aligned_by_what_a_terminal_shows(void **state)
{
	char *text = show(0, films, COUNT(films));

	(void)state;
	assert_string_equal(text, "  n title                  score\n"
				  "  1 霸王别姬                 9.5\n"
				  " 10 Le\xcc\x81on, the Professional     9\n"
				  "100 😀                     \n");
	free(text);
}

/* Signs among the symbols are as wide as those of the blocks of emoji. */
static void what_terminals_show_wide_counts_twice(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
	} rows[] = {
		{ "ok", 2 },
		{ "\xe2\x9c\x85", 2 },     /* white heavy check mark */
		{ "\xe2\x9d\x8c", 2 },     /* cross mark */
		{ "\xe2\x8f\xb3", 2 },     /* hourglass */
		{ "\xf0\x9f\x9f\xa2", 2 }, /* large green circle */
		{ "\xe2\xad\x90", 2 },     /* star */
		{ "\xe2\x9c\x93", 1 },     /* check mark, a letter wide */
		{ "e\xcc\x81", 1 },
		{ "\xe5\xb0\x8f", 2 }, /* CJK */
		{ "\xef\xbc\x81", 2 }, /* fullwidth */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(glyph_text_width(rows[i].text), rows[i].columns);
}

/* As in a cron job, where no locale is set. */
static void the_locale_does_not_matter_and_is_left_alone(void **state)
{
	const char *before = setlocale(LC_ALL, NULL);
	char *text = show(0, films, 1);

	(void)state;
	assert_string_equal(text, "n title    score\n1 霸王别姬   9.5\n");
	assert_string_equal(setlocale(LC_ALL, NULL), before);
	free(text);
}

static const struct {
	size_t columns;
	const char *title;
} cut_samples[] = {
	{ 80, "霸王别姬,霸王别姬" },        { 25, "霸王别姬,霸王别姬" },
	{ 24, "霸王别姬,霸王别" ELLIPSIS }, { 23, "霸王别姬,霸王" ELLIPSIS },
	{ 20, "霸王别姬,霸" ELLIPSIS }, /* not shorter than TABLE_CUT_COLUMNS */
};

static void a_text_is_cut_to_the_terminal_between_characters(void **state)
{
	static const struct table_cell rows[][3] = { { NUMBER("1"), TEXT("霸王别姬,霸王别姬"),
						       NUMBER("9.5") } };

	(void)state;
	for (size_t i = 0; i < COUNT(cut_samples); i++) {
		char *text = show(cut_samples[i].columns, rows, 1);
		char wanted[64];

		snprintf(wanted, sizeof(wanted), "\n1 %s ", cut_samples[i].title);
		assert_non_null(strstr(text, wanted));
		free(text);
	}
}

/* Only what is wider than its share is made shorter. */
static void the_widest_text_is_cut_first(void **state)
{
	static const struct table_cell rows[][3] = {
		{ TEXT("twelve chars"), TEXT("this is a text of thirty-four chars"), TEXT("short") }
	};
	char *text = show(40, rows, 1);

	(void)state;
	assert_string_equal(text, "n            title                 score\n"
				  "twelve chars this is a text of th" ELLIPSIS " short\n");
	free(text);
}

/* The page's URL in a table of what one page has: whoever asked knows it. */
static void what_is_the_same_in_every_row_is_cut_before_the_rest(void **state)
{
	static const struct table_cell rows[][3] = {
		{ TEXT("http://example.org/"), TEXT("The Lamp of Winter"), TEXT("In stock") },
		{ TEXT("http://example.org/"), TEXT("Twelve Letters"), TEXT("Sold") },
	};
	char *text = show(40, rows, 2);

	(void)state;
	assert_string_equal(text, "n            title              score\n"
				  "http://exam" ELLIPSIS " The Lamp of Winter In stock\n"
				  "http://exam" ELLIPSIS " Twelve Letters     Sold\n");
	free(text);
}

/* Numbers are never cut: where they leave no room, rows stand upright. */
static void rows_that_do_not_fit_stand_upright(void **state)
{
	static const struct table_cell rows[][3] = {
		{ NUMBER("12345678901234567890"), TEXT("text"), NUMBER("12345678901234567890") },
		{ NUMBER("7"), NOTHING, NUMBER("0.5") },
	};
	static const struct table_cell long_row[][3] = {
		{ TEXT("霸王别姬霸王别姬霸王别姬霸王别姬霸王别姬"), NUMBER("12345678901234567890"),
		  NUMBER("1") }
	};
	char *text = show(20, rows, 2);

	(void)state;
	assert_string_equal(text, "n      1234567890123\n       4567890\n"
				  "title  text\n"
				  "score  1234567890123\n       4567890\n"
				  "\n"
				  "n      7\ntitle\nscore  0.5\n");
	free(text);
	text = show(20, long_row, 1);
	assert_string_equal(
		text, "n      霸王别姬霸王\n       别姬霸王别姬\n       霸王别姬霸王" ELLIPSIS "\n"
		      "title  1234567890123\n       4567890\nscore  1\n");
	free(text);
	text = show(1, rows, 1); /* there is a least */
	assert_non_null(strstr(text, "n      123456789012\n"));
	free(text);
	text = show(1000, rows, 1);
	assert_non_null(strstr(text, "12345678901234567890 text  12345678901234567890\n"));
	free(text);
}

static void a_column_with_a_text_in_it_is_no_column_of_numbers(void **state)
{
	static const struct table_cell rows[][3] = { { NUMBER("1"), TEXT(""), NUMBER("9") },
						     { TEXT("none"), TEXT(""), NUMBER("10") } };
	char *text = show(0, rows, 2);

	(void)state;
	assert_string_equal(text, "n    title score\n"
				  "1              9\n"
				  "none          10\n");
	free(text);
}

static void nothing_in_a_cell_steers_the_terminal(void **state)
{
	static const struct table_cell rows[][3] = {
		{ TEXT("a\nb\r\tc\0d"), TEXT("\x1b[2J\xe2\x80\xaex\xff"),
		  TEXT("\xc2\x9b"
		       "1m") },
	};
	char *text = show(0, rows, 1);

	(void)state;
	assert_non_null(strstr(text, "\na\\nb\\r\\tc" REPLACEMENT "d " REPLACEMENT "[2J" REPLACEMENT
				     "x" REPLACEMENT " " REPLACEMENT "1m\n"));
	free(text);
}

static void a_heading_is_no_safer_than_a_cell(void **state)
{
	static const char *const hostile[] = { "\x1b[31m\n" };
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	table_end(table_new(out, 0, hostile, 1));
	fclose(out);
	assert_string_equal(text, REPLACEMENT "[31m\\n\n");
	free(text);
}

static void without_rows_the_headings_stand_alone(void **state)
{
	char *text = show(0, films, 0);

	(void)state;
	assert_string_equal(text, "n title score\n");
	free(text);
	text = show(8, films, 0);
	assert_string_equal(text, "n title\nscore\n");
	free(text);
}

/* Rows are printed in blocks, but there is one heading, and columns stay where they are. */
static void many_rows_stand_under_one_heading(void **state)
{
	static const char heading[] = "n title score\n", wide[] = "1 霸王别姬   9.5\n";
	size_t count = TABLE_ROWS_MAX + 5;
	struct table_cell(*rows)[3] = calloc(count, sizeof(*rows));
	char *text;

	(void)state;
	for (size_t i = 0; i < count; i++)
		memcpy(rows[i],
		       i == 0 ? films[0]
			      : (struct table_cell[3]){ NUMBER("2"), TEXT("x"), NUMBER("1") },
		       sizeof(rows[i]));
	text = show(0, (const struct table_cell(*)[3])rows, count);
	assert_null(strstr(text, heading));
	assert_memory_equal(text, "n title    score\n", 17);
	assert_memory_equal(text + 17, wide, sizeof(wide) - 1);
	assert_string_equal(text + strlen(text) - 34, "2 x            1\n2 x            1\n");
	assert_null(strstr(text + 1, "title    score\nn"));
	free(text);
	free(rows);
}

/* Padding the others to the width of one that is a megabyte would make gigabytes. */
static void one_long_text_does_not_make_every_row_as_long(void **state)
{
	size_t long_bytes = 1024 * 1024, count = 2000;
	char *long_text = malloc(long_bytes);
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct table *table = table_new(out, 0, names, 3);

	(void)state;
	memset(long_text, 'x', long_bytes);
	for (size_t i = 0; i < count; i++) {
		struct table_cell row[3] = { NUMBER("1"), TEXT("y"), NUMBER("2") };

		if (i == count / 2)
			row[1].text = (struct slice){ long_text, long_bytes };
		table_row(table, row);
	}
	table_end(table);
	fclose(out);
	assert_true(size > long_bytes);
	assert_true(size < long_bytes + 2 * TABLE_BYTES_MAX);
	free(text);
	free(long_text);
}

/* COLUMNS is what the user prefers; a terminal may not know how wide it is. */
static void the_width_is_that_of_the_terminal_or_of_the_users_wish(void **state)
{
	static const struct {
		unsigned short terminal;
		const char *columns;
		size_t screen, table;
	} rows[] = {
		{ 132, NULL, 132, 132 },    { 132, "60", 132, 60 },
		{ 0, "60", 60, 60 },        { 0, NULL, 80, 80 },
		{ 132, "", 132, 132 },      { 132, "0", 132, 132 },
		{ 132, "-5", 132, 132 },    { 132, "wide", 132, 132 },
		{ 132, "60x", 132, 132 },   { 132, "12.5", 132, 132 },
		{ 132, "1e3px", 132, 132 }, { 0, "99999999999999999999", 80, 80 },
	};
	FILE *file = tmpfile();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct winsize size = { .ws_col = rows[i].terminal };
		int master, terminal;
		FILE *out;

		assert_int_equal(openpty(&master, &terminal, NULL, NULL, &size), 0);
		out = fdopen(terminal, "w");
		unsetenv("COLUMNS");
		if (rows[i].columns)
			setenv("COLUMNS", rows[i].columns, 1);
		assert_int_equal(screen_columns(terminal), rows[i].screen);
		assert_int_equal(screen_table_columns(out), rows[i].table);
		assert_int_equal(screen_columns(fileno(file)), 0);
		assert_int_equal(screen_lines(fileno(file)), 0);
		fclose(out);
		close(master);
	}
	setenv("COLUMNS", "60", 1);
	assert_int_equal(screen_table_columns(file), 60);
	unsetenv("COLUMNS");
	assert_int_equal(screen_table_columns(file), 0);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_aligned_by_what_a_terminal_shows),
		cmocka_unit_test(what_terminals_show_wide_counts_twice),
		cmocka_unit_test(the_locale_does_not_matter_and_is_left_alone),
		cmocka_unit_test(a_text_is_cut_to_the_terminal_between_characters),
		cmocka_unit_test(the_widest_text_is_cut_first),
		cmocka_unit_test(what_is_the_same_in_every_row_is_cut_before_the_rest),
		cmocka_unit_test(rows_that_do_not_fit_stand_upright),
		cmocka_unit_test(a_column_with_a_text_in_it_is_no_column_of_numbers),
		cmocka_unit_test(nothing_in_a_cell_steers_the_terminal),
		cmocka_unit_test(a_heading_is_no_safer_than_a_cell),
		cmocka_unit_test(without_rows_the_headings_stand_alone),
		cmocka_unit_test(many_rows_stand_under_one_heading),
		cmocka_unit_test(one_long_text_does_not_make_every_row_as_long),
		cmocka_unit_test(the_width_is_that_of_the_terminal_or_of_the_users_wish),
	};

	return RUN_TESTS(tests);
}
