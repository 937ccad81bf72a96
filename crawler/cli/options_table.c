#include "cli/options_table.h"

#include <stdio.h>
#include <string.h>

#define FORMATS "csv|jsonl|json|table"

#define AT(member) offsetof(struct options, member)

/* clang-format off */
const struct option_row option_table[] = {
	{ "config", 'c', "FILE|DIR", OPTION_LIST,
	  "patterns, not ./crawl.yaml, ./config/*.yaml", AT(configs), AT(config_count) },
	{ "expression", 'e', "NAME=REGEX", OPTION_LIST,
	  "a pattern for every page", AT(expressions), AT(expression_count) },
	{ "database", 'o', "FILE", OPTION_TEXT, "the database (crawl.db)", AT(database), 0 },
	{ "fresh", 0, NULL, OPTION_FLAG, "empty the database first", AT(is_fresh), 0 },
	{ "retry-failed", 0, NULL, OPTION_FLAG,
	  "ask again for what failed, and what is left", AT(is_retry_failed), 0 },
	{ "update", 0, NULL, OPTION_FLAG, "ask again for everything, now", AT(is_update), 0 },
	{ "dry-run", 0, NULL, OPTION_FLAG,
	  "read lists and patterns, fetch nothing", AT(is_dry_run), 0 },
	{ "workers", 'j', "N", OPTION_SETTING, "processes that fetch (one per CPU)", 0, 0 },
	{ "max-pages", 0, "N", OPTION_SETTING, "stop after so many pages", 0, 0 },
	{ "max-time", 0, "TIME", OPTION_SETTING, "stop after 90s, 10m, 2h, ...", 0, 0 },
	{ "delay", 0, "TIME", OPTION_SETTING, "between two requests to a host (500ms)", 0, 0 },
	{ "concurrency", 0, "N", OPTION_SETTING, "requests at once to a host (2)", 0, 0 },
	{ "depth", 0, "N", OPTION_SETTING, "links from a seed to a page (10)", 0, 0 },
	{ "grace", 0, "TIME", OPTION_SETTING, "to finish after Ctrl-C (5s)", 0, 0 },
	{ "url", 0, "URL", OPTION_TEXT, "the URL that a file stands for", AT(url), 0 },
	{ "base", 0, "BASE", OPTION_TEXT, "the URL that references are relative to", AT(url), 0 },
	{ "content-type", 0, "TYPE", OPTION_TEXT,
	  "the header that came with the page", AT(content_type), 0 },
	{ "agent", 0, "NAME", OPTION_TEXT,
	  "whose rules, by name or User-Agent (crawl)", AT(agent), 0 },
	{ "set", 0, "NAME=VALUE", OPTION_SET, "any other setting of crawl-config(5)", 0, 0 },
	{ "format", 0, FORMATS, OPTION_TEXT,
	  "how rows are written (table; export: csv)", AT(format), 0 },
	{ "json", 0, NULL, OPTION_FLAG,
	  "as JSON: an array, or an object of arrays", AT(is_json), 0 },
	{ "quiet", 'q', NULL, OPTION_QUIET, "only errors", 0, 0 },
	{ "verbose", 'v', NULL, OPTION_VERBOSE, "more events; twice: everything", 0, 0 },
	{ "log-format", 0, "text|json", OPTION_LOG_FORMAT, "how events are written", 0, 0 },
	{ "help", 'h', NULL, OPTION_HELP, "one screen of help, for every command", 0, 0 },
	{ "version", 'V', NULL, OPTION_VERSION, "crawl's version and its libraries'", 0, 0 },
};
/* clang-format on */

const size_t option_count = sizeof(option_table) / sizeof(option_table[0]);

bool option_is_choice(const char *argument)
{
	return argument && argument[0] >= 'a' && argument[0] <= 'z';
}

bool option_word_is_among(const char *word, const char *words)
{
	size_t size = strlen(word);

	for (;;) {
		size_t among_size = strcspn(words, "|");

		if (among_size == size && memcmp(words, word, size) == 0)
			return true;
		if (words[among_size] == '\0')
			return false;
		words += among_size + 1;
	}
}

bool command_takes(const struct command_row *row, const struct option_row *option)
{
	return option->kind >= OPTION_QUIET ||
	       (row->takes && option_word_is_among(option->name, row->takes));
}

bool command_is_called(const struct command_row *row, const char *name, const char *subject)
{
	return strcmp(row->name, name) == 0 &&
	       (!subject || (row->subject && strcmp(row->subject, subject) == 0));
}

const struct command_row *command_find(const struct command_table *commands, const char *name,
				       const char *subject)
{
	for (size_t i = 0; i < commands->count; i++)
		if (command_is_called(&commands->rows[i], name, subject))
			return &commands->rows[i];
	return NULL;
}

bool command_is_first(const struct command_table *commands, const struct command_row *row)
{
	return row == command_find(commands, row->name, NULL);
}

bool command_takes_with(const struct command_table *commands, const char *name, const char *subject,
			const struct option_row *option)
{
	for (size_t i = 0; i < commands->count; i++) {
		const struct command_row *row = &commands->rows[i];

		if (command_is_called(row, name, subject) && command_takes(row, option))
			return true;
	}
	return false;
}

const char *command_title(const struct command_row *row, char out[COMMAND_TITLE_MAX])
{
	snprintf(out, COMMAND_TITLE_MAX, "%s%s%s", row->name, row->subject ? " " : "",
		 row->subject ? row->subject : "");
	return out;
}
