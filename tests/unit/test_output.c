#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "crawler/show/output.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
#define TEXT(literal) { .kind = DATUM_TEXT, .text = { literal, sizeof(literal) - 1 } }
#define BLOB(literal) { .kind = DATUM_BLOB, .text = { literal, sizeof(literal) - 1 } }
#define RAW(literal)  { .kind = DATUM_JSON, .text = { literal, sizeof(literal) - 1 } }
#define INTEGER(n)    { .kind = DATUM_INTEGER, .integer = n }
#define REAL(n)	      { .kind = DATUM_REAL, .real = n }
#define NOTHING	      { .kind = DATUM_NULL }
/* clang-format on */

static const struct {
	struct datum value;
	const char *csv, *json, *table;
} value_samples[] = {
	{ NOTHING, "", "null", "" },
	{ TEXT(""), "\"\"", "\"\"", "" },
	{ TEXT("a b"), "a b", "\"a b\"", "a b" },
	{ TEXT("a,b"), "\"a,b\"", "\"a,b\"", "a,b" },
	{ TEXT("say \"x\""), "\"say \"\"x\"\"\"", "\"say \\\"x\\\"\"", "say \"x\"" },
	{ TEXT("a\r\nb\tc"), "\"a\r\nb\tc\"", "\"a\\r\\nb\\tc\"", "a\\r\\nb\\tc" },
	{ TEXT("a\nb"), "\"a\nb\"", "\"a\\nb\"", "a\\nb" },
	{ TEXT("a\\b/c"), "a\\b/c", "\"a\\\\b/c\"", "a\\b/c" },
	{ TEXT("\b\f\x01\x1b[31m"), "\b\f\x01\x1b[31m", "\"\\b\\f\\u0001\\u001b[31m\"",
	  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd[31m" },
	{ TEXT("\x7f\xc2\x9b"), "\x7f\xc2\x9b", "\"\\u007f\\u009b\"", "\xef\xbf\xbd\xef\xbf\xbd" },
	{ TEXT("caf\xc3\xa9 \xe9\x9c\xb8"), "caf\xc3\xa9 \xe9\x9c\xb8",
	  "\"caf\xc3\xa9 \xe9\x9c\xb8\"", "caf\xc3\xa9 \xe9\x9c\xb8" },
	{ TEXT("bad \xff\xc3"), "bad \xff\xc3", "\"bad \xef\xbf\xbd\xef\xbf\xbd\"",
	  "bad \xef\xbf\xbd\xef\xbf\xbd" },
	{ INTEGER(12), "12", "12", "12" },
	{ INTEGER(INT64_MIN), "-9223372036854775808", "-9223372036854775808",
	  "-9223372036854775808" },
	{ REAL(9.5), "9.5", "9.5", "9.5" },
	{ REAL(10), "10.0", "10.0", "10.0" },
	{ REAL(0.1), "0.1", "0.1", "0.1" },
	{ REAL(-0.0), "-0.0", "-0.0", "-0.0" },
	{ REAL(1e300), "1e+300", "1e+300", "1e+300" },
	{ REAL(0.30000000000000004), "0.30000000000000004", "0.30000000000000004",
	  "0.30000000000000004" },
	{ REAL(INFINITY), "1e999", "1e999", "1e999" },
	{ REAL(-INFINITY), "-1e999", "-1e999", "-1e999" },
	{ RAW("{\"a\":[1, \"x\"]}"), "\"{\"\"a\"\":[1, \"\"x\"\"]}\"", "{\"a\":[1, \"x\"]}",
	  "{\"a\":[1, \"x\"]}" },
	{ RAW("[1,\r\n2]"), "\"[1,\r\n2]\"", "[1,  2]", "[1,\\r\\n2]" },
	{ RAW("\"a\\nb\""), "\"\"\"a\\nb\"\"\"", "\"a\\nb\"", "\"a\\nb\"" },
	{ RAW("\"\x7f\xc2\x9b\xc2\xa0\""), "\"\"\"\x7f\xc2\x9b\xc2\xa0\"\"\"",
	  "\"\\u007f\\u009b\xc2\xa0\"", "\"\xef\xbf\xbd\xef\xbf\xbd\xc2\xa0\"" },
	{ BLOB("\x00\xff\x1a"), "00ff1a", "\"00ff1a\"", "00ff1a" },
	{ BLOB(""), "", "\"\"", "" },
};

/* What a format makes of some rows; the caller frees it. */
static char *write_rows(enum output_format format, const struct record rows[], size_t count)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct output *output = output_new(out, format);

	for (size_t i = 0; i < count; i++)
		assert_int_equal(output_row(output, &rows[i]), 0);
	assert_int_equal(output_end(output), 0);
	fclose(out);
	return text;
}

/* A value between two columns, so that nothing but the value is looked at. */
static void assert_value(enum output_format format, const struct datum *value, const char *before,
			 const char *expected, const char *after)
{
	static const char *const columns[] = { "a", "v", "z" };
	struct datum values[] = { INTEGER(1), *value, INTEGER(2) };
	struct record row = { 3, columns, values };
	char *text = write_rows(format, &row, 1);
	char wanted[256];

	snprintf(wanted, sizeof(wanted), "%s%s%s", before, expected, after);
	assert_string_equal(text, wanted);
	free(text);
}

static void every_value_has_its_form_in_every_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(value_samples); i++) {
		const struct datum *value = &value_samples[i].value;

		assert_value(OUTPUT_CSV, value, "a,v,z\r\n1,", value_samples[i].csv, ",2\r\n");
		assert_value(OUTPUT_JSONL, value, "{\"a\":1,\"v\":", value_samples[i].json,
			     ",\"z\":2}\n");
		assert_value(OUTPUT_JSON, value, "[{\"a\":1,\"v\":", value_samples[i].json,
			     ",\"z\":2}]\n");
	}
}

/* One column: its width is that of the value, and there is nothing to pad. */
static void every_value_is_shown_in_a_table(void **state)
{
	static const char *const columns[] = { "" };

	(void)state;
	for (size_t i = 0; i < COUNT(value_samples); i++) {
		struct record row = { 1, columns, &value_samples[i].value };
		char *text = write_rows(OUTPUT_TABLE, &row, 1);
		char wanted[256];

		snprintf(wanted, sizeof(wanted), "\n%s\n", value_samples[i].table);
		assert_string_equal(text, wanted);
		free(text);
	}
}

static const struct {
	enum output_format format;
	const char *none, *two;
} shape_samples[] = {
	{ OUTPUT_CSV, "n,\"t,\"\r\n", "n,\"t,\"\r\n1,x\r\n2,\r\n" },
	{ OUTPUT_JSONL, "", "{\"n\":1,\"t,\":\"x\"}\n{\"n\":2,\"t,\":null}\n" },
	{ OUTPUT_JSON, "[]\n", "[{\"n\":1,\"t,\":\"x\"},\n{\"n\":2,\"t,\":null}]\n" },
	{ OUTPUT_TABLE, "n t,\n", "n t,\n1 x\n2 \n" },
	{ OUTPUT_EXCEL, "\xef\xbb\xbfn,\"t,\"\r\n", "\xef\xbb\xbfn,\"t,\"\r\n1,x\r\n2,\r\n" },
};

static void every_format_has_its_form_with_and_without_rows(void **state)
{
	static const char *const columns[] = { "n", "t," };
	static const struct datum values[][2] = { { INTEGER(1), TEXT("x") },
						  { INTEGER(2), NOTHING } };
	static const struct record none = { 2, columns, NULL };
	static const struct record rows[] = { { 2, columns, values[0] },
					      { 2, columns, values[1] } };

	(void)state;
	for (size_t i = 0; i < COUNT(shape_samples); i++) {
		char *text = write_rows(shape_samples[i].format, &none, 1);

		assert_string_equal(text, shape_samples[i].none);
		free(text);
		text = write_rows(shape_samples[i].format, rows, 2);
		assert_string_equal(text, shape_samples[i].two);
		free(text);
	}
}

/* What a cell is for a spreadsheet.  csv leaves all of them as they are. */
static void a_spreadsheet_runs_no_cell_and_takes_numbers_for_numbers(void **state)
{
	static const struct {
		struct datum value;
		const char *cell;
	} rows[] = {
		{ TEXT("=1+1"), "'=1+1" },
		{ TEXT("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0" },
		{ TEXT("=HYPERLINK(\"http://a/\",\"x\")"),
		  "\"'=HYPERLINK(\"\"http://a/\"\",\"\"x\"\")\"" },
		{ TEXT("+1-1"), "'+1-1" },
		{ TEXT("-2+3+cmd|' /c calc'!A1"), "'-2+3+cmd|' /c calc'!A1" },
		{ TEXT("@SUM(A1)"), "'@SUM(A1)" },
		{ TEXT("@handle"), "'@handle" },
		{ TEXT("\t=1"), "'\t=1" },
		{ TEXT("\r=1"), "\"'\r=1\"" },
		{ TEXT("\n=1"), "\"'\n=1\"" },
		{ TEXT("\xef\xbc\x9d"
		       "1"),
		  "'\xef\xbc\x9d"
		  "1" },
		{ TEXT("\xef\xbc\xa0SUM(A1)"), "'\xef\xbc\xa0SUM(A1)" },
		{ TEXT(" =1+1"), "' =1+1" },
		{ TEXT("\xc2\xa0 \xe3\x80\x80=1"), "'\xc2\xa0 \xe3\x80\x80=1" },
		{ TEXT("=\"a\",1"), "\"'=\"\"a\"\",1\"" },
		{ TEXT("-- none --"), "'-- none --" },
		{ TEXT("+49 30 1234"), "'+49 30 1234" },
		{ TEXT("-5 EUR"), "'-5 EUR" },
		{ TEXT("-.e"), "'-.e" },
		{ TEXT("-1e"), "'-1e" },
		{ TEXT("-1e+"), "'-1e+" },
		{ TEXT("-1%2"), "'-1%2" },
		/* numbers */
		{ TEXT("-5.00"), "-5.00" },
		{ TEXT("-0.02"), "-0.02" },
		{ TEXT("-1,234.56"), "\"-1,234.56\"" },
		{ TEXT("+3e-5"), "+3e-5" },
		{ TEXT("-12%"), "-12%" },
		{ INTEGER(-12), "-12" },
		{ REAL(-0.5), "-0.5" },
		/* nothing that runs */
		{ TEXT("-"), "-" },
		{ TEXT(" - "), "' - " },
		{ TEXT("  "), "  " },
		{ TEXT(" a"), " a" },
		{ TEXT(" -5"), " -5" },
		{ TEXT("="), "=" },
		{ TEXT("a=1"), "a=1" },
		{ TEXT("'=1"), "'=1" },
		{ TEXT("caf\xc3\xa9, 1"), "\"caf\xc3\xa9, 1\"" },
		{ TEXT(""), "\"\"" },
		{ RAW("-5"), "-5" },
		{ NOTHING, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_value(OUTPUT_EXCEL, &rows[i].value,
			     "\xef\xbb\xbf"
			     "a,v,z\r\n1,",
			     rows[i].cell, ",2\r\n");
		assert_value(OUTPUT_GUARDED, &rows[i].value, "a,v,z\r\n1,", rows[i].cell, ",2\r\n");
	}
}

/* A field may be called so, too; the mark comes once. */
static void a_heading_is_disarmed_and_the_mark_stands_once(void **state)
{
	static const char *const columns[] = { "=a", "-1" };
	static const struct datum values[] = { INTEGER(1), TEXT("x") };
	static const struct record rows[] = { { 2, columns, values }, { 2, columns, values } };
	char *text = write_rows(OUTPUT_EXCEL, rows, 2);

	(void)state;
	assert_string_equal(text, "\xef\xbb\xbf'=a,-1\r\n1,x\r\n1,x\r\n");
	free(text);
}

static void a_csv_row_is_never_an_empty_line(void **state)
{
	static const char *const columns[] = { "a" };
	static const struct datum value = NOTHING;
	static const struct record row = { 1, columns, &value };
	char *text = write_rows(OUTPUT_CSV, &row, 1);

	(void)state;
	assert_string_equal(text, "a\r\n\"\"\r\n");
	free(text);
}

static void json_objects_may_have_columns_of_their_own(void **state)
{
	static const char *const first[] = { "a" }, *const second[] = { "b", "c" };
	static const struct datum values[] = { INTEGER(1), INTEGER(2) };
	static const struct record rows[] = { { 1, first, values }, { 2, second, values } };
	char *text = write_rows(OUTPUT_JSON, rows, 2);

	(void)state;
	assert_string_equal(text, "[{\"a\":1},\n{\"b\":1,\"c\":2}]\n");
	free(text);
}

static void a_format_is_found_by_its_name(void **state)
{
	(void)state;
	assert_int_equal(output_format_find("csv", OUTPUT_TABLE), OUTPUT_CSV);
	assert_int_equal(output_format_find("jsonl", OUTPUT_TABLE), OUTPUT_JSONL);
	assert_int_equal(output_format_find("json", OUTPUT_TABLE), OUTPUT_JSON);
	assert_int_equal(output_format_find("table", OUTPUT_CSV), OUTPUT_TABLE);
	assert_int_equal(output_format_find(NULL, OUTPUT_CSV), OUTPUT_CSV);
}

/* A stream that takes nothing more is noticed while rows come, not only at the end. */
static void a_full_disk_is_an_error_in_every_format(void **state)
{
	static const char *const columns[] = { "a" };
	static const struct datum value = TEXT("some text that fills the buffer");
	static const struct record row = { 1, columns, &value };

	(void)state;
	for (int format = OUTPUT_TABLE; format <= OUTPUT_EXCEL; format++) {
		FILE *out = fopen("/dev/full", "w");
		struct output *output = output_new(out, (enum output_format)format);
		int result = 0;

		for (int i = 0; i < 20000 && result == 0; i++)
			result = output_row(output, &row);
		assert_int_equal(result, -1);
		assert_int_equal(output_end(output), -1);
		fclose(out);
	}
}

static void what_was_dropped_leaves_no_end(void **state)
{
	static const char *const columns[] = { "a" };
	static const struct datum value = INTEGER(1);
	static const struct record row = { 1, columns, &value };

	(void)state;
	for (int format = OUTPUT_TABLE; format <= OUTPUT_EXCEL; format++) {
		char *text;
		size_t size;
		FILE *out = open_memstream(&text, &size);
		struct output *output = output_new(out, (enum output_format)format);

		output_row(output, &row);
		output_drop(output);
		fclose(out);
		assert_null(strchr(text, ']'));
		free(text);
	}
	output_drop(NULL);
	assert_int_equal(output_end(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_has_its_form_in_every_format),
		cmocka_unit_test(every_value_is_shown_in_a_table),
		cmocka_unit_test(every_format_has_its_form_with_and_without_rows),
		cmocka_unit_test(a_spreadsheet_runs_no_cell_and_takes_numbers_for_numbers),
		cmocka_unit_test(a_heading_is_disarmed_and_the_mark_stands_once),
		cmocka_unit_test(a_csv_row_is_never_an_empty_line),
		cmocka_unit_test(json_objects_may_have_columns_of_their_own),
		cmocka_unit_test(a_format_is_found_by_its_name),
		cmocka_unit_test(a_full_disk_is_an_error_in_every_format),
		cmocka_unit_test(what_was_dropped_leaves_no_end),
	};

	return RUN_TESTS(tests);
}
