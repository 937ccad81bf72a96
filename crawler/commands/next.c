#include "commands/next.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"
#include "show/log.h"
#include "show/shell_word.h"

/* What goes into the lines, and how many there are. */
struct lines {
	const struct next *next;
	char *output; /* " -o FILE", or "" */
	char *url;    /* the one that was asked for, as a word of the shell, or NULL */
	unsigned count;
};

/* Nobody needs to name the usual database. */
static char *output_of(const char *database)
{
	static const char option[] = " -o ";
	char *word, *text;

	if (strcmp(database, "crawl.db") == 0)
		return memory_text("", 0);
	word = shell_word(store_shown(database));
	text = memory_new(sizeof(option) + strlen(word), 1);
	strcat(strcat(text, option), word);
	free(word);
	return text;
}

/* The one that was named, or that a list had: then the first of the database is the last. */
static char *only_url(const struct next *next)
{
	const struct options *options = next->options;
	struct store_key first = { .number = 1 };
	struct store_target target;
	char *text, *word;

	if (options->argument_count == 1 && strstr(options->arguments[0], "://"))
		return shell_word(options->arguments[0]);
	if (!next->has_one_page || store_url(next->store, first, &target) != 1 ||
	    target.row.kind != STORE_URL_PAGE)
		return NULL;
	text = memory_text(target.row.url.at, target.row.url.size);
	word = shell_word(text);
	free(text);
	return word;
}

/* What stands in front of a line. */
static const char *prompt(struct lines *lines)
{
	return lines->count++ == 0 ? "next: " : "      ";
}

/* Words that SQLite does not take for the name of a table unless it is quoted. */
static bool is_keyword(const char *name)
{
	static const char *const words[] = {
		"add",     "all",        "alter",       "and",     "as",       "autoincrement",
		"between", "case",       "check",       "collate", "commit",   "constraint",
		"create",  "default",    "deferrable",  "delete",  "distinct", "drop",
		"else",    "escape",     "except",      "exists",  "foreign",  "from",
		"group",   "having",     "in",          "index",   "insert",   "intersect",
		"into",    "is",         "isnull",      "join",    "limit",    "not",
		"nothing", "notnull",    "null",        "on",      "or",       "order",
		"primary", "references", "returning",   "select",  "set",      "table",
		"then",    "to",         "transaction", "union",   "unique",   "update",
		"using",   "values",     "when",        "where",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (ascii_equal(slice_of(words[i]), slice_of(name)))
			return true;
	}
	return false;
}

/* The first pattern that brought rows, and not only kept those of unchanged pages; or NULL. */
static const char *table_with_rows(const struct next *next)
{
	for (size_t i = 0; i < next->config->pattern_count; i++) {
		const struct tally_pattern *pattern = tally_of_pattern(next->tally, i);

		if (pattern->figures.rows > 0 && pattern->figures.pages_tried > 0)
			return pattern->name;
	}
	return NULL;
}

static void offer_rows(struct lines *lines)
{
	const char *table = table_with_rows(lines->next);
	const char *mark = table && is_keyword(table) ? "\"" : "";

	if (table)
		log_say_whole("%scrawl sql%s 'SELECT * FROM %s%s%s LIMIT 10'", prompt(lines),
			      lines->output, mark, table, mark);
	else
		log_say_whole(
			"%scrawl sql%s 'SELECT url, state, status, title FROM pages LIMIT 10'",
			prompt(lines), lines->output);
}

/* One URL was asked for, and nothing came of it? */
static bool is_for_nothing(const struct lines *lines)
{
	const struct next *next = lines->next;
	const struct tally_totals *totals = tally_totals(next->tally);
	bool has_no_rows =
		next->config->pattern_count > 0 && totals->rows == 0 && totals->unchanged == 0;

	return lines->url && (tally_count_done(next->tally) == 0 || has_no_rows);
}

/* What was read is there to try patterns on. */
static void offer_try(struct lines *lines)
{
	const struct next *next = lines->next;
	const char *url = lines->url ? lines->url : "URL";
	char *file = next->misfit ? shell_word(next->misfit) : NULL;

	if (tally_count_done(next->tally) > 0 && next->config->pattern_count == 0)
		log_say_whole("%scrawl try -e 'heads=<h1>(?<text>.*?)</h1>' %s", prompt(lines),
			      url);
	else if (tally_count_done(next->tally) > 0 && file)
		log_say_whole("%scrawl try %s %s", prompt(lines), file, url);
	free(file);
}

void next_show(const struct next *next)
{
	struct lines lines = {
		.next = next,
		.output = output_of(next->options->database),
		.url = only_url(next),
	};
	bool is_vain = is_for_nothing(&lines);

	if (is_vain)
		log_say_whole("%scrawl why%s %s", prompt(&lines), lines.output, lines.url);
	offer_rows(&lines);
	if (next->failed > 0 && !is_vain)
		log_say_whole("%scrawl failed%s", prompt(&lines), lines.output);
	offer_try(&lines);
	free(lines.output);
	free(lines.url);
}
