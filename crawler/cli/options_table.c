#include "cli/options_table.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define FORMATS "csv|jsonl|json|table"

#define AT(member) offsetof(struct options, member)

/* clang-format off */
static const struct option_row written[] = {
	{ "config", 'c', "FILE|DIR", OPTION_LIST,
	  "patterns, not ./crawl.yaml, ./config/*.yaml", AT(configs), AT(config_count), NULL, NULL },
	{ "expression", 'e', "NAME=REGEX", OPTION_LIST,
	  "a pattern for every page", AT(expressions), AT(expression_count), NULL, NULL },
	{ "database", 'o', "FILE.db", OPTION_TEXT,
	  "the database: crawl.db, postgresql://..., -", AT(database), 0, NULL, NULL },
	{ "fresh", 0, NULL, OPTION_FLAG, "empty the database first", AT(is_fresh), 0, NULL, NULL },
	{ "join", 0, NULL, OPTION_FLAG, "take part in the run of other machines", AT(is_join), 0, NULL, NULL },
	{ "retry-failed", 0, NULL, OPTION_FLAG,
	  "ask again for what failed, and what is left", AT(is_retry_failed), 0, NULL, NULL },
	{ "all", 0, NULL, OPTION_FLAG, "ask for the URLs of other lists, too", AT(is_all), 0, NULL, NULL },
	{ "update", 0, NULL, OPTION_FLAG, "ask again for everything, now", AT(is_update), 0, NULL, NULL },
	{ "other-lists", 0, NULL, OPTION_FLAG,
	  "all but these, and what was reached", AT(is_other_lists), 0, NULL, NULL },
	{ "forget", 0, NULL, OPTION_FLAG, "take them out, not to be read again", AT(is_forget), 0, NULL, NULL },
	{ "dry-run", 0, NULL, OPTION_FLAG,
	  "say what would be done, change nothing", AT(is_dry_run), 0, NULL, NULL },
	{ "workers", 'j', "N", OPTION_SETTING, "processes that fetch (one per CPU)", 0, 0, NULL, NULL },
	{ "max-pages", 0, "N", OPTION_SETTING, "stop after so many pages", 0, 0, NULL, NULL },
	{ "max-time", 0, "TIME", OPTION_SETTING, "stop after 90s, 10m, 2h, ...", 0, 0, NULL, NULL },
	{ "delay", 0, "TIME", OPTION_SETTING, "between two requests to a host (500ms)", 0, 0, NULL, NULL },
	{ "concurrency", 0, "N", OPTION_SETTING, "requests at once to a host (2)", 0, 0, NULL, NULL },
	{ "depth", 0, "N", OPTION_SETTING, "links from a seed to a page (10)", 0, 0, NULL, NULL },
	{ "header", 'H', "'NAME: VALUE'", OPTION_LIST,
	  "a header of every request; a credential: as --user", AT(headers), AT(header_count), NULL, NULL },
	{ "user", 'u', "NAME:PASSWORD", OPTION_TEXT, "for HTTP, of the one host that the lists name", AT(user), 0, NULL, NULL },
	{ "cookie", 'b', "NAME=VALUE", OPTION_TEXT, "for the one host that the lists name", AT(cookie), 0, NULL, NULL },
	{ "url", 0, "URL", OPTION_TEXT, "the URL that a file stands for", AT(url), 0, NULL, NULL },
	{ "with", 0, "NAME=VALUE", OPTION_LIST,
	  "{set.NAME}, as a line of a list gives it", AT(given), AT(given_count), NULL, NULL },
	{ "stored", 0, "N", OPTION_TEXT, "so many pages that the database keeps", AT(stored), 0, NULL, NULL },
	{ "again", 0, NULL, OPTION_FLAG, "fetch anew, also what is not an hour old", AT(is_again), 0, NULL, NULL },
	{ "base", 0, "BASE", OPTION_TEXT, "the URL that references are relative to", AT(url), 0, NULL, NULL },
	{ "content-type", 0, "TYPE", OPTION_TEXT,
	  "the header that came with it", AT(content_type), 0, NULL, NULL },
	{ "agent", 0, "NAME", OPTION_TEXT,
	  "whose rules, by name or User-Agent (crawl)", AT(agent), 0, NULL, NULL },
	{ "record", 0, "URL", OPTION_TEXT,
	  "keep the page, print tests of it", AT(record), 0, NULL, NULL },
	{ "junit", 0, "FILE", OPTION_TEXT, "the results as XML, too", AT(junit), 0, NULL, NULL },
	{ "serve", 0, NULL, OPTION_FLAG, "show it to browsers, as crawl serve does", AT(is_serve), 0, NULL, NULL },
	{ "port", 0, "N", OPTION_TEXT, "of the page (8400); 0: any", AT(port), 0, NULL, NULL },
	{ "listen", 0, "ADDRESS", OPTION_TEXT,
	  "for others than this machine, by token", AT(listen), 0, NULL, NULL },
	{ "name", 0, "NAME[:PORT]", OPTION_LIST,
	  "another name that the page is asked for by", AT(names), AT(name_count), NULL, NULL },
	{ "token", 0, "FILE", OPTION_TEXT,
	  "file:PATH keeps the token for later starts", AT(token), 0, NULL, NULL },
	{ "sandbox", 0, "auto|require|off", OPTION_SETTING,
	  "jail for what strangers reach (auto)", 0, 0, NULL, NULL },
	{ "set", 0, "NAME=VALUE", OPTION_SET, "any other, --NAME, --header: help settings", 0, 0, NULL, NULL },
	{ "format", 0, FORMATS, OPTION_TEXT,
	  "how rows are written (table; export: csv)", AT(format), 0, NULL, NULL },
	{ "json", 0, NULL, OPTION_FLAG,
	  "as JSON: an array, or an object of arrays", AT(is_json), 0, NULL, NULL },
	{ "run", 0, "N", OPTION_TEXT, "of this run, not of the last", AT(run), 0, NULL, NULL },
	{ "outcome", 0, "NAME", OPTION_TEXT, "only what failed so: dns, http_error, ...", AT(outcome), 0, NULL, NULL },
	{ "unmatched", 0, NULL, OPTION_FLAG,
	  "the pages on which it finds nothing", AT(is_unmatched), 0, NULL, NULL },
	{ "excel", 0, NULL, OPTION_FLAG,
	  "as CSV for a spreadsheet, formulas disarmed", AT(is_excel), 0, NULL, NULL },
	{ "guard-formulas", 0, NULL, OPTION_FLAG,
	  "as CSV in which no text is run as a formula", AT(is_guarded), 0, NULL, NULL },
	{ "lint", 0, NULL, OPTION_FLAG,
	  "warn of what is most likely not meant", AT(is_lint), 0, NULL, NULL },
	{ "quiet", 'q', NULL, OPTION_QUIET, "only errors", 0, 0, NULL, NULL },
	{ "verbose", 'v', NULL, OPTION_VERBOSE, "more events; twice: everything", 0, 0, NULL, NULL },
	{ "log-format", 0, "text|json", OPTION_LOG_FORMAT, "how events are written", 0, 0, NULL, NULL },
	{ "help", 'h', NULL, OPTION_HELP, "one screen of help, for every command", 0, 0, NULL, NULL },
	{ "version", 'V', NULL, OPTION_VERSION, "crawl's version and its libraries'", 0, 0, NULL, NULL },
};
/* clang-format on */

#define WRITTEN (sizeof(written) / sizeof(written[0]))

/* ---- those that are made from the settings ---- */

#define NAME_MAX_BYTES 32
#define HELP_MAX_BYTES 128

static struct {
	struct option_row rows[OPTIONS_MAX];
	char names[OPTIONS_MAX][NAME_MAX_BYTES];
	char helps[OPTIONS_MAX][HELP_MAX_BYTES];
	size_t count; /* 0: not made yet */
} table;

/* "max_body" as "max-body". */
static void name_of(const struct setting *setting, const char *prefix, char out[NAME_MAX_BYTES])
{
	int size = snprintf(out, NAME_MAX_BYTES, "%s%s", prefix, setting->name);

	assert(size < NAME_MAX_BYTES);
	(void)size;
	for (char *at = out; *at; at++)
		*at = *at == '_' ? '-' : *at;
}

static const char *argument_of(const struct setting *setting)
{
	static const char *const names[] = {
		[SETTING_TEXT] = "TEXT",
		[SETTING_COUNT] = "N",
		[SETTING_DURATION] = "TIME",
		[SETTING_SIZE] = "SIZE",
		[SETTING_SWITCH] = NULL,
		[SETTING_POLITE_PER] = "host|domain|address",
		[SETTING_PRIVATE] = "none|named|all",
		[SETTING_COOKIES] = "off|visit|on",
		[SETTING_SANDBOX] = "auto|require|off",
	};

	/* What is called so is completed as one. */
	return strstr(setting->name, "file") ? "FILE" : names[setting->kind];
}

/* The option that writes this value; NULL: it takes one. */
static void make(const struct setting *setting, const char *value)
{
	bool is_off = value && strcmp(value, "false") == 0;
	size_t at = table.count++;

	assert(at < OPTIONS_MAX);
	name_of(setting, is_off ? "no-" : "", table.names[at]);
	snprintf(table.helps[at], HELP_MAX_BYTES, "%s%s", is_off ? "do not " : "", setting->help);
	table.rows[at] = (struct option_row){
		.name = table.names[at],
		.argument = argument_of(setting),
		.kind = OPTION_SETTING,
		.help = table.helps[at],
		.setting = setting,
		.implied = value,
	};
}

/* One that is written above, with a letter or a shorter help, is not made. */
static void make_all(const struct setting *setting)
{
	char name[NAME_MAX_BYTES];

	name_of(setting, "", name);
	for (size_t i = 0; i < WRITTEN; i++) {
		if (strcmp(table.rows[i].name, name) != 0)
			continue;
		table.rows[i].setting = setting;
		return;
	}
	make(setting, setting->kind == SETTING_SWITCH ? "true" : NULL);
	if (setting->kind == SETTING_SWITCH)
		make(setting, "false");
}

static void make_table(void)
{
	memcpy(table.rows, written, sizeof(written));
	table.count = WRITTEN;
	for (size_t i = 0; i < setting_count; i++)
		make_all(&setting_table[i]);
}

size_t option_count(void)
{
	if (table.count == 0)
		make_table();
	return table.count;
}

const struct option_row *option_at(size_t number)
{
	assert(number < option_count());
	return &table.rows[number];
}

const struct option_row *option_of_setting(const struct setting *setting)
{
	size_t i = 0;

	while (option_at(i)->setting != setting)
		i++; /* every setting has one */
	return option_at(i);
}

/* ---- what takes which ---- */

bool option_is_secret(const struct option_row *option)
{
	return option_word_is_among(option->name, "header|user|cookie");
}

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

bool command_names(const struct command_row *row, const struct option_row *option)
{
	return option->kind >= OPTION_QUIET ||
	       (row->takes && option_word_is_among(option->name, row->takes));
}

bool command_takes(const struct command_row *row, const struct option_row *option)
{
	return command_names(row, option) ||
	       ((option->setting || option_is_secret(option)) && row->takes &&
		option_word_is_among("set", row->takes));
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

static bool any_row(const struct command_table *commands, const char *name, const char *subject,
		    const struct option_row *option,
		    bool holds(const struct command_row *, const struct option_row *))
{
	for (size_t i = 0; i < commands->count; i++) {
		const struct command_row *row = &commands->rows[i];

		if (command_is_called(row, name, subject) && holds(row, option))
			return true;
	}
	return false;
}

bool command_takes_with(const struct command_table *commands, const char *name, const char *subject,
			const struct option_row *option)
{
	return any_row(commands, name, subject, option, command_takes);
}

bool command_names_with(const struct command_table *commands, const char *name, const char *subject,
			const struct option_row *option)
{
	return any_row(commands, name, subject, option, command_names);
}

const char *command_title(const struct command_row *row, char out[COMMAND_TITLE_MAX])
{
	snprintf(out, COMMAND_TITLE_MAX, "%s%s%s", row->name, row->subject ? " " : "",
		 row->subject ? row->subject : "");
	return out;
}
