#include "report/findings_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "parsers/text/memory.h"
#include "show/glyph.h"
#include "show/log.h"
#include "show/table.h"

#define COLUMNS  80
#define INDENT   "    "
#define ELLIPSIS "\xe2\x80\xa6"

/* ---- reading ---- */

struct reading {
	int (*function)(void *context, const struct findings_row *row);
	void *context;
};

static struct slice text_of(const struct store_value *value)
{
	return value->kind == STORE_NULL ? (struct slice){ NULL, 0 } : value->text;
}

/* pattern, field, pages, url, line, matched, wanted, rest, stood */
static int on_row(void *context, const struct store_answer *answer)
{
	const struct reading *reading = context;
	const struct store_value *values = answer->values;
	struct findings_row row;

	if (!values)
		return 0;
	row = (struct findings_row){
		.pattern = values[0].text,
		.field = text_of(&values[1]),
		.finding = { .is_there = true,
			     .pages = (uint64_t)values[2].integer,
			     .url = text_of(&values[3]),
			     .line = values[4].kind == STORE_NULL ? 0 : (uint64_t)values[4].integer,
			     .matched = text_of(&values[5]),
			     .wanted = text_of(&values[6]),
			     .rest = text_of(&values[7]),
			     .stood = text_of(&values[8]) },
	};
	return reading->function(reading->context, &row);
}

/* run, started_at, ended_at, state, pid, command_line */
static int on_run(void *context, const struct store_answer *answer)
{
	if (answer->values)
		*(int64_t *)context = answer->values[0].integer;
	return 0;
}

int findings_each(struct store *store, int64_t run,
		  int (*function)(void *context, const struct findings_row *row), void *context)
{
	struct reading reading = { function, context };
	struct store_about about = { .to_run = run };

	if (run == 0 && store_report(store, STORE_REPORT_RUN, NULL, on_run, &about.to_run) < 0)
		return -1;

	return store_report(store, STORE_REPORT_FINDINGS, &about, on_row, &reading);
}

/* ---- in words ---- */

/* The bytes of a text that have so many columns; all of it, or room for an ellipsis is left. */
static size_t bytes_that_fit(const char *text, size_t columns)
{
	size_t width = glyph_text_width(text), size = 0, used = 0;

	if (width <= columns)
		return strlen(text);
	while (text[size] != '\0') {
		uint32_t code;
		size_t bytes = glyph_decode(slice_of(text + size), &code);

		used += code == GLYPH_BAD ? 1 : glyph_width(code);
		if (used + 1 > columns)
			break;
		size += bytes;
	}
	return size;
}

static void say_cut(const char *line)
{
	size_t size = bytes_that_fit(line, COLUMNS);

	log_say("%.*s%s", (int)size, line, line[size] != '\0' ? ELLIPSIS : "");
}

/* With one blank for many. */
static char *squeezed(struct slice text)
{
	char *shown = table_printable(text);
	size_t size = 0;

	for (const char *at = shown; *at != '\0'; at++)
		if (*at != ' ' || size == 0 || shown[size - 1] != ' ')
			shown[size++] = *at;
	shown[size] = '\0';
	return shown;
}

static char *print(const char *before, const char *text)
{
	size_t size = strlen(before) + strlen(text) + 1;
	char *line = memory_new(size, 1);

	snprintf(line, size, "%s%s", before, text);
	return line;
}

/* On one line, if they are no longer than it. */
static void say_both(const char *wants, const char *has)
{
	if (glyph_text_width(wants) + strlen(", ") + glyph_text_width(has) <=
	    COLUMNS - strlen(INDENT)) {
		log_say(INDENT "%s, %s", wants, has);
	} else {
		char *first = print(INDENT, wants), *second = print(INDENT, has);

		say_cut(first);
		say_cut(second);
		free(first);
		free(second);
	}
}

void findings_say(const struct figures_finding *finding)
{
	char *wanted = squeezed(finding->wanted), *stood = squeezed(finding->stood);
	char *wants = print("wants ", wanted), *has, before[64];

	snprintf(before, sizeof(before),
		 finding->wanted.size == 0  ? "%llu: "
		 : finding->stood.size == 0 ? "line %llu is the end"
					    : "line %llu has ",
		 (unsigned long long)finding->line);
	has = finding->stood.at ? print(before, stood) : memory_text("which is nowhere", 16);
	if (finding->wanted.size > 0) {
		say_both(wants, has);
	} else {
		char *line = print(INDENT "it is empty in line ", has);

		say_cut(line);
		free(line);
	}
	free(wanted);
	free(stood);
	free(wants);
	free(has);
}
