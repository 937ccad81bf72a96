#include "commands/expectation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands/one_page.h"
#include "frontier/seed_set.h"
#include "master/match.h"
#include "parsers/text/ascii.h"
#include "show/glyph.h"

#define TEXT_BYTES_MAX   200 /* of a value that is shown */
#define NUMBER_BYTES_MAX 64

/* A test that is run. */
struct expectation {
	const struct config *config;
	const struct config_test *test;
	FILE *out;
	uint64_t rows; /* that came */
	unsigned differences;
	struct scratch scratch;
	struct scratch given; /* the page's set */
};

/* ---- showing ---- */

/* Line breaks and tabs as in C, other control characters as numbers. */
static void show_text(FILE *out, struct slice text)
{
	struct slice rest = { text.at, text.size < TEXT_BYTES_MAX ? text.size : TEXT_BYTES_MAX };

	fputc('\'', out);
	while (rest.size > 0) {
		uint32_t code;
		size_t size = glyph_decode(rest, &code);

		if (code == '\n' || code == '\t' || code == '\r')
			fprintf(out, "\\%c", code == '\n' ? 'n' : code == '\t' ? 't' : 'r');
		else if (code == GLYPH_BAD)
			fprintf(out, "\\x%02x", (unsigned char)*rest.at);
		else if (glyph_is_control(code))
			fprintf(out, "\\u%04x", code);
		else
			fwrite(rest.at, 1, size, out);
		rest.at += size;
		rest.size -= size;
	}
	fputs(text.size > TEXT_BYTES_MAX ? "...'" : "'", out);
}

/* As short as it can be and still be read back. */
static void show_real(FILE *out, double real)
{
	char text[NUMBER_BYTES_MAX];

	snprintf(text, sizeof(text), "%.15g", real);
	if (strtod(text, NULL) < real || strtod(text, NULL) > real)
		snprintf(text, sizeof(text), "%.17g", real);
	fputs(text, out);
}

void expectation_show(FILE *out, const struct value *value)
{
	switch (value->kind) {
	case VALUE_NULL:
		fputs("NULL", out);
		break;
	case VALUE_INTEGER:
		fprintf(out, "%lld", (long long)value->integer);
		break;
	case VALUE_REAL:
		show_real(out, value->real);
		break;
	case VALUE_TEXT:
		show_text(out, value->text);
		break;
	}
}

/* A number as it is written, anything else as a text. */
static void show_expected(FILE *out, const struct config_expected *expected,
			  const struct value *value)
{
	if (expected->is_null)
		fputs("NULL", out);
	else if (value->kind == VALUE_INTEGER || value->kind == VALUE_REAL)
		fprintf(out, "%.*s", (int)expected->text.size, expected->text.at);
	else
		show_text(out, expected->text);
}

/* Begin the line of a difference; false: there are too many to be written. */
static bool begin_difference(struct expectation *expectation, unsigned line)
{
	if (expectation->differences++ >= EXPECTATION_DIFFERENCES_MAX)
		return false;
	fprintf(expectation->out, "%s:%u: ", expectation->test->file, line);
	return true;
}

/* ---- comparing ---- */

static bool equals_integer(int64_t integer, const char *text)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	return end > text && *end == '\0' && errno == 0 && number == integer;
}

static bool equals_real(double real, const char *text)
{
	char *end;
	double number = strtod(text, &end);

	return end > text && *end == '\0' && !(number < real) && !(number > real);
}

/* Copy JSON without the white space between its parts. */
static struct slice pack_json(struct scratch *scratch, struct slice json)
{
	char *out = scratch_take(scratch, json.size + 1);
	bool is_in_string = false;
	size_t size = 0;

	for (size_t i = 0; i < json.size; i++) {
		char byte = json.at[i];

		if (is_in_string && byte == '\\' && i + 1 < json.size)
			out[size++] = json.at[i++];
		else if (byte == '"')
			is_in_string = !is_in_string;
		if (is_in_string || !ascii_is_white(byte))
			out[size++] = json.at[i];
	}
	return (struct slice){ out, size };
}

static bool equals(struct expectation *expectation, enum field_type type, const struct value *value,
		   struct slice text)
{
	switch (value->kind) {
	case VALUE_INTEGER:
		return equals_integer(value->integer, text.at);
	case VALUE_REAL:
		return equals_real(value->real, text.at);
	case VALUE_TEXT:
		if (type != FIELD_JSON)
			return slice_equal(value->text, text);
		return slice_equal(pack_json(&expectation->scratch, value->text),
				   pack_json(&expectation->scratch, text));
	case VALUE_NULL:
		break;
	}
	return false;
}

static bool are_same(const struct value *left, const struct value *right)
{
	if (left->kind != right->kind)
		return false;
	if (left->kind == VALUE_TEXT)
		return slice_equal(left->text, right->text);
	return left->kind == VALUE_INTEGER
		       ? left->integer == right->integer
		       : !(left->real < right->real || left->real > right->real);
}

static bool is_as_wanted(struct expectation *expectation, const struct config_expected *expected,
			 const struct value *value)
{
	const struct pattern *pattern =
		expectation->config->patterns[expectation->test->pattern].pattern;
	enum field_type type = pattern_field_type(pattern, expected->field);
	struct value converted;

	if (expected->is_null || value->kind == VALUE_NULL)
		return expected->is_null && value->kind == VALUE_NULL;
	if (equals(expectation, type, value, expected->text))
		return true;
	return value_convert(&converted, type, expected->text, &expectation->scratch) &&
	       are_same(value, &converted);
}

static void compare_field(struct expectation *expectation, const struct config_expected *expected,
			  const struct value *value)
{
	const struct pattern *pattern =
		expectation->config->patterns[expectation->test->pattern].pattern;

	if (is_as_wanted(expectation, expected, value) ||
	    !begin_difference(expectation, expected->line))
		return;
	fprintf(expectation->out, "row %llu, %s: ", (unsigned long long)expectation->rows,
		pattern_field_name(pattern, expected->field));
	expectation_show(expectation->out, value);
	fputs(", wanted ", expectation->out);
	show_expected(expectation->out, expected, value);
	fputc('\n', expectation->out);
}

/* ---- the pattern's run ---- */

static bool on_begin(void *context, size_t pattern)
{
	const struct expectation *expectation = context;

	return config_family(expectation->config, expectation->test->pattern) ==
	       config_family(expectation->config, pattern);
}

static int on_row(void *context, size_t pattern, const struct pattern_row *row)
{
	struct expectation *expectation = context;
	const struct config_test *test = expectation->test;
	const struct config_expected_row *wanted;

	if (pattern != test->pattern || expectation->rows++ >= test->row_count)
		return 0;
	wanted = &test->rows[expectation->rows - 1];
	for (size_t i = 0; i < wanted->field_count; i++)
		compare_field(expectation, &wanted->fields[i],
			      &row->values[wanted->fields[i].field]);
	scratch_reset(&expectation->scratch);
	return 0;
}

static int on_end(void *context, size_t pattern, const struct pattern_tally *tally, bool is_stopped)
{
	struct expectation *expectation = context;

	(void)is_stopped;
	if (pattern != expectation->test->pattern || !(tally->is_limited || tally->is_broken) ||
	    !begin_difference(expectation, expectation->test->line))
		return 0;
	if (tally->is_limited)
		fprintf(expectation->out, "the pattern was stopped by the %s\n", tally->limit);
	else
		fprintf(expectation->out, "the JSON breaks at byte %zu\n", tally->broken_at);
	return 0;
}

static void compare_count(struct expectation *expectation)
{
	const struct config_test *test = expectation->test;

	if (expectation->rows != (uint64_t)test->count &&
	    begin_difference(expectation, test->count_line))
		fprintf(expectation->out, "%llu %s, wanted %lld\n",
			(unsigned long long)expectation->rows,
			expectation->rows == 1 ? "row" : "rows", (long long)test->count);
}

static void run(struct expectation *expectation, const struct page_about *page)
{
	const struct config *config = expectation->config;
	const struct config_pattern *pattern =
		&config->patterns[config_family(config, expectation->test->pattern)];
	const struct match_sink sink = {
		.context = expectation,
		.begin = on_begin,
		.row = on_row,
		.end = on_end,
	};

	if (!match_wants(pattern, page->url)) {
		if (begin_difference(expectation, expectation->test->line))
			fprintf(expectation->out,
				"%s is not for this URL: its url does not match\n",
				pattern->spec->name);
		return;
	}
	match_page(config, page, &sink);
	compare_count(expectation);
}

/* ---- the page ---- */

/* Returns false after a difference. */
static bool give_set(struct expectation *expectation, struct page_about *page)
{
	const struct config_test *test = expectation->test;
	struct seed_set set = { .count = 0 };

	for (size_t i = 0; i < test->set_count; i++) {
		const char *reason = seed_set_add(&set, test->set[i].name, test->set[i].value);

		if (!reason)
			continue;
		if (begin_difference(expectation, test->line))
			fprintf(expectation->out, "set: %s\n", reason);
		return false;
	}
	page->set = seed_set_text(&set, &expectation->given);
	return true;
}

static void run_on_file(struct expectation *expectation, struct page_about *page)
{
	const struct config_test *test = expectation->test;
	char error[ONE_PAGE_ERROR_MAX];
	struct one_page one;

	if (one_page_file(&one, test->page, (struct slice){ NULL, 0 },
			  (size_t)expectation->config->settings.max_body, error) < 0) {
		if (begin_difference(expectation, test->line))
			fprintf(expectation->out, "%s\n", error);
		return;
	}
	page->text = one.text;
	page->charset = one_page_charset(&one);
	run(expectation, page);
	one_page_free(&one);
}

unsigned expectation_run(const struct config *config, const struct config_test *test, FILE *out)
{
	struct expectation expectation = { .config = config, .test = test, .out = out };
	struct page_about page = { .text = test->body };

	if (test->url)
		page.url = slice_of(test->url);
	if (!give_set(&expectation, &page))
		;
	else if (test->page)
		run_on_file(&expectation, &page);
	else
		run(&expectation, &page);
	if (expectation.differences > EXPECTATION_DIFFERENCES_MAX)
		fprintf(out, "%s:%u: and %u more\n", test->file, test->line,
			expectation.differences - EXPECTATION_DIFFERENCES_MAX);
	scratch_free(&expectation.scratch);
	scratch_free(&expectation.given);
	return expectation.differences;
}
