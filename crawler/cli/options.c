#include "cli/options.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/database_word.h"
#include "cli/misread.h"
#include "cli/options_help.h"
#include "cli/slips.h"
#include "parsers/text/memory.h"
#include "parsers/text/suggest.h"
#include "show/log.h"
#include "show/shell_word.h"

#define LONG_FIRST 256 /* getopt's value of row 0; below are letters */
#define ARGUMENT   1   /* getopt's value of what is not an option */

/* A command line that is being read. */
struct reading {
	struct options *options;
	const struct command_table *commands;
	const char *command;             /* its name, once it was seen */
	const struct option_row **given; /* every option, in order */
	size_t given_count;
	char **secrets; /* where they stand in argv; options->secrets are copies */
	bool wants_help, wants_version;
};

/* ---- what was typed, for the record ---- */

/* Append, as far as there is room. */
static void add(char *line, size_t *size, const char *text, size_t text_size)
{
	size_t room = OPTIONS_COMMAND_LINE_MAX - 1 - *size;

	if (text_size > room)
		text_size = room;
	memcpy(line + *size, text, text_size);
	*size += text_size;
	line[*size] = '\0';
}

/*
 * "http://name:password@host": what stands between is nobody's business later.  Slashes may lean
 * either way, and the host begins behind the last "@" (WHATWG URL 4.4).
 */
static void hide_passwords(char *word)
{
	for (char *at = word; (at = strchr(at, ':')); at++) {
		size_t slashes = strspn(at + 1, "/\\");
		char *name = at + 1 + slashes;
		char *end = name + strcspn(name, "/\\?#");

		while (end > name && *end != '@')
			end--;
		if (slashes >= 2 && *end == '@')
			memset(name, '*', (size_t)(end - name));
	}
}

/* "--proxy", or as much of it as makes it the only one. */
static bool is_proxy_option(const char *word, size_t size)
{
	return size >= sizeof("--pr") - 1 && size < sizeof("--proxy") &&
	       strncmp(word, "--proxy", size) == 0;
}

/* Of --proxy and --set proxy= also "name:password@host" is one, without a scheme. */
static void hide_user_of_proxy(char *word, const char *before)
{
	char *named = strstr(word, "proxy="), *value = strchr(word, '='), *end;

	if (named)
		value = named + strlen("proxy=");
	else if (value && is_proxy_option(word, (size_t)(value - word)))
		value++;
	else if (before && is_proxy_option(before, strlen(before)))
		value = word;
	else
		return;
	end = strrchr(value, '@');
	if (end && !strstr(value, "//"))
		memset(value, '*', (size_t)(end - value));
}

/* before: the word before it, or NULL. */
static void hide(char *word, const char *before)
{
	if (database_word_is(word)) { /* whose name is no secret */
		database_word_hide(word);
		return;
	}
	hide_passwords(word);
	hide_user_of_proxy(word, before);
}

/* Where in a word a credential begins, or NULL. */
static const char *find_secret(const struct reading *reading, const char *word)
{
	const char *end = word + strlen(word);

	for (size_t i = 0; i < reading->options->secret_count; i++) {
		const char *secret = reading->secrets[i];

		if (secret >= word && secret <= end)
			return secret;
	}
	return NULL;
}

static char *without_secret(const struct reading *reading, const char *word)
{
	const char *secret = find_secret(reading, word);
	size_t size = secret ? (size_t)(secret - word) : strlen(word);
	char *shown = memory_new(size + sizeof(OPTION_HIDDEN), 1);

	memcpy(shown, word, size);
	strcpy(shown + size, secret ? OPTION_HIDDEN : "");
	return shown;
}

static void add_word(char *line, size_t *size, const struct reading *reading, const char *word,
		     const char *before)
{
	char *shown = without_secret(reading, word), *typed;

	hide(shown, before);
	typed = shell_word(shown);
	add(line, size, typed, strlen(typed));
	free(typed);
	free(shown);
}

static void note_command_line(const struct reading *reading, int argc, char *argv[])
{
	struct options *options = reading->options;
	size_t size = 0;

	for (int i = 0; i < argc; i++) {
		if (i > 0)
			add(options->command_line, &size, " ", 1);
		add_word(options->command_line, &size, reading, argv[i],
			 i > 0 ? argv[i - 1] : NULL);
	}
}

/* ---- one option ---- */

static void *member(struct options *options, size_t offset)
{
	return (char *)options + offset;
}

static int too_many(const struct option_row *row)
{
	log_error("--%s: more than %d of them", row->name, OPTIONS_LIST_MAX);
	return -1;
}

static int take_list(struct options *options, const struct option_row *row, const char *value)
{
	const char **items = member(options, row->offset);
	size_t *count = member(options, row->count_offset);

	if (*count == OPTIONS_LIST_MAX)
		return too_many(row);
	items[(*count)++] = value;
	return 0;
}

static int check_choice(const struct option_row *row, const char *value)
{
	if (row->setting || !option_is_choice(row->argument) ||
	    option_word_is_among(value, row->argument))
		return 0;
	log_error("--%s: '%s' is none of %s", row->name, value, row->argument);
	return -1;
}

/* Keep a setting, when its value is one.  what: the option as the user wrote it. */
static int take_setting(struct options *options, const struct option_row *row, const char *what,
			const struct setting *setting, const char *value)
{
	struct settings scratch = settings_default();
	char error[SETTING_ERROR_MAX];

	if (options->setting_count == OPTIONS_LIST_MAX)
		return too_many(row);
	if (setting_lacks_unit(setting->kind, slice_of(value), error) ||
	    setting_set(&scratch, setting, slice_of(value), error) < 0) {
		log_error("%s: %s", what, error);
		return -1;
	}
	options->settings[options->setting_count].setting = setting;
	options->settings[options->setting_count++].text = value;
	return 0;
}

static int take_named_setting(struct options *options, const struct option_row *row,
			      const char *value)
{
	char what[64];

	snprintf(what, sizeof(what), "--%s", row->name);
	return take_setting(options, row, what, row->setting, value ? value : row->implied);
}

/* --set NAME=VALUE */
static int take_any_setting(struct options *options, const struct option_row *row,
			    const char *value)
{
	const char *equals = strchr(value, '=');
	struct slice name = { value, equals ? (size_t)(equals - value) : strlen(value) };
	const struct setting *setting = setting_find(name);
	const char *near = suggest(name, setting_names(), setting_count);
	char what[96];

	if (!setting) {
		log_error("--set: no setting is called '%.*s'%s%s%s", (int)name.size, name.at,
			  near ? "; did you mean '" : " (man crawl-config)", near ? near : "",
			  near ? "'?" : "");
		return -1;
	}
	if (!equals) {
		log_error("--set %s: its value is missing: write --set %s=%s", setting->name,
			  setting->name, setting->initial);
		return -1;
	}
	snprintf(what, sizeof(what), "--set %s", setting->name);
	return take_setting(options, row, what, setting, equals + 1);
}

static void be_verbose(struct options *options)
{
	if (options->log_level < LOG_DEBUG)
		options->log_level = options->log_level < LOG_VERBOSE ? LOG_VERBOSE : LOG_DEBUG;
}

/* What is to be wiped out in argv is copied. */
static const char *keep_secret(struct reading *reading, const char *value)
{
	struct options *options = reading->options;
	char *copy = memory_text(value, strlen(value));

	reading->secrets[options->secret_count] = (char *)(uintptr_t)value;
	options->secrets[options->secret_count++] = copy;
	return copy;
}

/* What of *options points into word points into copy then.  False: nothing does. */
static bool move(struct options *options, const char *word, const char *copy)
{
	const char *end = word + strlen(word);
	bool is_moved = options->database >= word && options->database <= end;

	if (is_moved)
		options->database = copy + (options->database - word);
	for (size_t i = 0; i < options->argument_count; i++)
		if (options->arguments[i] == word) {
			options->arguments[i] = copy;
			is_moved = true;
		}
	for (size_t i = 0; i < options->setting_count; i++) {
		const char **text = &options->settings[i].text;

		if (*text >= word && *text <= end) {
			*text = copy + (*text - word);
			is_moved = true;
		}
	}
	return is_moved;
}

/* "http://name:password@host", a page's or a proxy's, or of a database. */
static void wipe_passwords(struct options *options, char *word, const char *before)
{
	size_t size = strlen(word);
	char *shown = memory_text(word, size), *copy = memory_text(word, size);

	hide(shown, before);
	if (strcmp(shown, word) != 0 && move(options, word, copy)) {
		memcpy(word, shown, size);
		options->secrets[options->secret_count++] = copy;
		copy = NULL;
	}
	free(copy);
	free(shown);
}

/* Other users of the machine see argv. */
static void wipe_secrets(const struct reading *reading, int argc, char *argv[])
{
	for (size_t i = 0; i < reading->options->secret_count; i++)
		memset(reading->secrets[i], '*', strlen(reading->secrets[i]));
	for (int i = 1; i < argc; i++)
		wipe_passwords(reading->options, argv[i], argv[i - 1]);
}

static int take(struct reading *reading, const struct option_row *row, const char *value)
{
	struct options *options = reading->options;

	assert(row); /* getopt knows the table's options only */
	reading->given[reading->given_count++] = row;
	if (option_is_secret(row))
		value = keep_secret(reading, value);
	if (value && check_choice(row, value) < 0)
		return -1;
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)member(options, row->offset) = true;
		break;
	case OPTION_TEXT:
		*(const char **)member(options, row->offset) = value;
		break;
	case OPTION_LIST:
		return take_list(options, row, value);
	case OPTION_SETTING:
		return take_named_setting(options, row, value);
	case OPTION_SET:
		assert(value); /* getopt demands it */
		return take_any_setting(options, row, value);
	case OPTION_QUIET:
		options->log_level = LOG_QUIET;
		break;
	case OPTION_VERBOSE:
		be_verbose(options);
		break;
	case OPTION_LOG_FORMAT:
		options->log_is_json = value && strcmp(value, "json") == 0;
		break;
	case OPTION_HELP:
		reading->wants_help = true;
		break;
	case OPTION_VERSION:
		reading->wants_version = true;
		break;
	}
	return 0;
}

/* ---- getopt, fed from the table ---- */

struct getopt_tables {
	struct option longs[OPTIONS_MAX + 1];
	struct option narrow[OPTIONS_MAX + 1]; /* those that a shortened name is looked for in */
	char shorts[2 * OPTIONS_MAX + 3];
};

/* A switch may be written --robots=no, too. */
static int has_argument(const struct option_row *row)
{
	if (row->argument)
		return required_argument;
	return row->implied && strcmp(row->implied, "true") == 0 ? optional_argument : no_argument;
}

/* "-" returns arguments where they stand, whatever POSIXLY_CORRECT says; ":" leaves complaints to
 * us. */
static void make_tables(struct getopt_tables *tables)
{
	char *at = tables->shorts;

	*tables = (struct getopt_tables){ 0 };
	*at++ = '-';
	*at++ = ':';
	for (size_t i = 0; i < option_count(); i++) {
		const struct option_row *row = option_at(i);

		tables->longs[i] = (struct option){
			.name = row->name,
			.has_arg = has_argument(row),
			.val = LONG_FIRST + (int)i,
		};
		if (!row->letter)
			continue;
		*at++ = row->letter;
		if (row->argument)
			*at++ = ':';
	}
}

static const struct option_row *row_of(int value)
{
	if (value >= LONG_FIRST)
		return option_at((size_t)(value - LONG_FIRST));
	for (size_t i = 0; i < option_count(); i++) {
		if (value && option_at(i)->letter == value)
			return option_at(i);
	}
	return NULL;
}

/*
 * Behind `crawl sql` a shortened name is one of its own options, if it is any of them; with a
 * name in full it is told whose option that is.
 */
static const struct option *longs_for(const struct reading *reading, struct getopt_tables *tables,
				      const char *typed)
{
	size_t size = typed ? strcspn(typed, "=") : 0, count = 0;

	if (!reading->command || size < 3 || strncmp(typed, "--", 2) != 0)
		return tables->longs;
	for (size_t i = 0; i < option_count(); i++) {
		const char *name = option_at(i)->name;

		if (strncmp(name, typed + 2, size - 2) != 0)
			continue;
		if (name[size - 2] == '\0')
			return tables->longs;
		if (command_takes_with(reading->commands, reading->command, NULL, option_at(i)))
			tables->narrow[count++] = tables->longs[i];
	}
	tables->narrow[count] = (struct option){ 0 };
	return count > 0 ? tables->narrow : tables->longs;
}

/* Those whose names begin with what was typed, "--max-pages or --max-time"; "" for less than two.
 */
static void list_meant(struct slice typed, const struct option *longs, char out[HELP_COLUMNS_MAX])
{
	size_t size = 0, found = 0;

	out[0] = '\0';
	for (; longs->name; longs++) {
		if (strncmp(longs->name, typed.at, typed.size) != 0)
			continue;
		if (size + strlen(longs->name) + sizeof(" or -- or ...") > HELP_COLUMNS_MAX) {
			strcpy(out + size, " or ...");
			return;
		}
		size += (size_t)sprintf(out + size, "%s--%s", found++ ? " or " : "", longs->name);
	}
	if (found < 2)
		out[0] = '\0';
}

/* A long option that is none, or could be several. */
static void complain_of_name(const char *typed, const struct option *longs)
{
	struct slice name = { typed + 2, strcspn(typed + 2, "=") };
	const char *names[OPTIONS_MAX];
	char meant[HELP_COLUMNS_MAX];
	const char *near;

	for (size_t i = 0; i < option_count(); i++)
		names[i] = option_at(i)->name;
	if (misread_name(name))
		return;
	list_meant(name, longs, meant);
	near = suggest(name, names, option_count());
	if (meant[0])
		log_error("--%.*s could be %s", (int)name.size, name.at, meant);
	else if (near)
		log_error("unknown option '--%.*s'; did you mean '--%s'?", (int)name.size, name.at,
			  near);
	else
		log_error("unknown option '--%.*s' (crawl --help)", (int)name.size, name.at);
}

/* getopt said '?' or ':'. */
static void complain_of_option(int value, const char *typed, const struct option *longs)
{
	const struct option_row *row = row_of(optopt);

	if (row && value == ':')
		log_error("--%s: its %s is missing", row->name, row->argument);
	else if (row)
		log_error("--%s takes no value", row->name);
	else if (optopt && misread_dash(typed))
		return;
	else if (optopt && slip_of_option((struct slice){ 0 }, (char)optopt))
		log_error("unknown option '-%c'; here it is: %s", optopt,
			  slip_of_option((struct slice){ 0 }, (char)optopt));
	else if (optopt)
		log_error("unknown option '-%c' (crawl --help; -- ends the options)", optopt);
	else
		complain_of_name(typed, longs);
}

/* ---- the command line ---- */

/* The first word may be a command; all others are arguments. */
static void take_argument(struct reading *reading, const char *word, bool may_be_command)
{
	struct options *options = reading->options;

	if (may_be_command && !reading->command && options->argument_count == 0 &&
	    command_find(reading->commands, word, NULL))
		reading->command = word;
	else
		options->arguments[options->argument_count++] = word;
}

/* The option that getopt found in a word, if it found one. */
static bool is_misread(const struct option_row *row, const char *typed, char *argv[])
{
	return row && misread_option(row, typed, optarg, optarg && optarg == argv[optind - 1]);
}

/* Returns 0, or -1 after a complaint. */
static int read_words(struct reading *reading, int argc, char *argv[])
{
	struct getopt_tables tables;
	int value;

	make_tables(&tables);
	optind = 0; /* glibc: begin anew */
	opterr = 0;
	for (;;) {
		const char *typed = argv[optind > 0 ? optind : 1];

		const struct option *longs = longs_for(reading, &tables, typed);

		value = getopt_long(argc, argv, tables.shorts, longs, NULL);
		if (value == -1)
			break;
		if (value == ARGUMENT ? misread_argument(optarg, argv[optind - 2])
				      : is_misread(row_of(value), typed, argv))
			return -1;
		if (value == ARGUMENT) {
			take_argument(reading, optarg, true);
		} else if (value == '?' || value == ':') {
			complain_of_option(value, typed, longs);
			return -1;
		} else if (take(reading, row_of(value), optarg) < 0) {
			return -1;
		}
	}
	while (optind < argc)
		take_argument(reading, argv[optind++], false);
	return 0;
}

/* The subjects of the command, "text, url, links", and what is nearest to word. */
static const char *list_subjects(const struct reading *reading, const char *word,
				 char out[HELP_COLUMNS_MAX])
{
	const struct command_table *commands = reading->commands;
	const char *names[COMMANDS_MAX];
	size_t count = 0, size = 0;

	out[0] = '\0';
	for (size_t i = 0; i < commands->count && size < HELP_COLUMNS_MAX; i++) {
		if (!command_is_called(&commands->rows[i], reading->command, NULL))
			continue;
		names[count] = commands->rows[i].subject;
		size += (size_t)snprintf(out + size, HELP_COLUMNS_MAX - size, "%s%s",
					 count ? ", " : "", names[count]);
		count++;
	}
	return suggest(slice_of(word), names, count);
}

/* "crawl ctl help", where "crawl help ctl" is meant.  Complains. */
static bool is_help(const struct reading *reading, const char *word)
{
	if (strcmp(word, "help") != 0)
		return false;
	log_error("%s help: write crawl help %s", reading->command, reading->command);
	return true;
}

/* The first argument of `crawl inspect` is what to inspect, that of `crawl ctl` what to do. */
static int take_subject(struct reading *reading)
{
	struct options *options = reading->options;
	const char *word = options->argument_count > 0 ? options->arguments[0] : NULL;
	char subjects[HELP_COLUMNS_MAX];
	const char *near;

	if (word)
		options->command = command_find(reading->commands, reading->command, word);
	if (word && options->command) {
		options->argument_count--;
		memmove(options->arguments, options->arguments + 1,
			options->argument_count * sizeof(*options->arguments));
		return 0;
	}
	near = list_subjects(reading, word, subjects);
	if (word && is_help(reading, word))
		return -1;
	if (!word)
		log_error("%s what? One of: %s (crawl %s --help)", reading->command, subjects,
			  reading->command);
	else
		log_error("%s: '%s' is none of: %s%s%s%s", reading->command, word, subjects,
			  near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return -1;
}

/* A word that is neither a command, nor a file, nor looks like one or like a URL. */
static bool is_stray_word(const char *word)
{
	return word[0] && !strpbrk(word, "./:") && strcmp(word, "-") != 0 && access(word, F_OK) < 0;
}

/* The first command that has such a subject, or NULL. */
static const struct command_row *subject_of(const struct command_table *commands, const char *word)
{
	for (size_t i = 0; i < commands->count; i++) {
		const struct command_row *row = &commands->rows[i];

		if (row->subject && strcmp(row->subject, word) == 0)
			return row;
	}
	return NULL;
}

static void complain_of_command(const struct command_table *commands, const char *word)
{
	const char *names[COMMANDS_MAX];
	size_t count = 0;
	const char *near;

	for (size_t i = 0; i < commands->count; i++) {
		if (!commands->rows[i].is_hidden)
			names[count++] = commands->rows[i].name;
	}
	near = suggest(slice_of(word), names, count);
	if (slip_is_url(word))
		log_error("'%s' is neither a command nor a file; did you mean 'http://%s'?", word,
			  word);
	else if (slip_of_command(word))
		log_error("'%s' is neither a command nor a file; here it is: %s", word,
			  slip_of_command(word));
	else if (subject_of(commands, word))
		log_error("'%s' is neither a command nor a file; did you mean 'crawl %s %s'?", word,
			  subject_of(commands, word)->name, word);
	else if (near)
		log_error("'%s' is neither a command nor a file; did you mean 'crawl %s'?", word,
			  near);
	else
		log_error("'%s' is neither a command nor a file (crawl --help)", word);
}

/* Which command is it?  Without one it is the table's first. */
static int find_command(struct reading *reading)
{
	struct options *options = reading->options;

	if (!reading->command && options->argument_count > 0 &&
	    is_stray_word(options->arguments[0])) {
		complain_of_command(reading->commands, options->arguments[0]);
		return -1;
	}
	if (!reading->command)
		reading->command = reading->commands->rows[0].name;
	options->command = command_find(reading->commands, reading->command, NULL);
	return options->command->subject ? take_subject(reading) : 0;
}

/* Does the command take the options that were given? */
static int check_options(const struct reading *reading)
{
	const struct command_row *command = reading->options->command, *other_command;
	char title[COMMAND_TITLE_MAX], other[COMMAND_TITLE_MAX];

	for (size_t i = 0; i < reading->given_count; i++) {
		const struct option_row *row = reading->given[i];

		if (command_takes(command, row))
			continue;
		other_command = reading->commands->rows;
		while (!command_takes(other_command, row))
			other_command++; /* an option that none takes is a fault of the tables */
		log_error("--%s is no option of 'crawl %s', but of 'crawl %s'", row->name,
			  command_title(command, title), command_title(other_command, other));
		return -1;
	}
	return 0;
}

/* "-" is no file: a database for who needs none. */
static int check_database(const struct reading *reading)
{
	const struct command_row *command = reading->options->command;
	bool (*is_fine)(const char *) = reading->commands->takes_database;
	char title[COMMAND_TITLE_MAX];

	if (is_fine && !is_fine(reading->options->database))
		return -1;
	if (command->needs_no_database || strcmp(reading->options->database, "-") != 0)
		return 0;
	log_error("-o - leaves no database that 'crawl %s' could ask: name a file",
		  command_title(command, title));
	return -1;
}

static bool has_empty(const struct options *options)
{
	for (size_t i = 0; i < options->argument_count; i++)
		if (options->arguments[i][0] == '\0')
			return true;
	return false;
}

static int check_arguments(const struct reading *reading)
{
	const struct command_row *row = reading->options->command;
	size_t count = reading->options->argument_count;
	char title[COMMAND_TITLE_MAX];

	if (row->arguments && strstr(row->arguments, "FILE") && has_empty(reading->options)) {
		log_error("%s: an argument is empty: a variable that is not set?",
			  command_title(row, title));
		return -1;
	}
	if (count >= row->least && count <= row->most)
		return 0;
	if (count > row->most && is_help(reading, reading->options->arguments[row->most]))
		return -1;
	command_title(row, title);
	if (count < row->least)
		log_error("usage: crawl %s [OPTION]... %s (crawl %s --help)", title, row->usage,
			  title);
	else
		log_error("%s: '%s' is one argument too many (usage: crawl %s [OPTION]...%s%s)",
			  title, reading->options->arguments[row->most], title,
			  row->usage[0] ? " " : "", row->usage);
	return -1;
}

/* ---- help and version ---- */

static void show_help(const struct reading *reading)
{
	const struct options *options = reading->options;
	const char *subject = options->argument_count > 0 ? options->arguments[0] : NULL;

	if (!reading->command)
		help_program(stdout, reading->commands);
	else if (subject && command_find(reading->commands, reading->command, subject))
		help_command(stdout, reading->commands, reading->command, subject);
	else
		help_command(stdout, reading->commands, reading->command, NULL);
}

/* The parts of the line that a database records, one below the other. */
static void show_version(const struct command_table *commands)
{
	const char *at = commands->version();
	const char *comma;

	for (; (comma = strstr(at, ", ")) != NULL; at = comma + 2)
		printf("%.*s\n", (int)(comma - at), at);
	printf("%s\n", at);
}

/* ---- public ---- */

static enum options_result read_all(struct reading *reading, int argc, char *argv[])
{
	int result = read_words(reading, argc, argv);

	if (reading->wants_help || reading->wants_version) {
		if (reading->wants_help)
			show_help(reading);
		else
			show_version(reading->commands);
		return OPTIONS_SHOWN;
	}
	if (result < 0 || find_command(reading) < 0 || check_options(reading) < 0 ||
	    check_database(reading) < 0 || check_arguments(reading) < 0)
		return OPTIONS_WRONG;
	return OPTIONS_GO;
}

enum options_result options_read(struct options *options, const struct command_table *commands,
				 int argc, char *argv[])
{
	struct reading reading = { .options = options, .commands = commands };
	const char **words = memory_new((size_t)argc, sizeof(*words));
	enum options_result result;
	size_t letters = 0;

	assert(commands->count <= COMMANDS_MAX);
	for (int i = 0; i < argc; i++)
		letters += strlen(argv[i]); /* "-vvv" is three options */
	reading.given = memory_new(letters, sizeof(*reading.given));
	*options = (struct options){ .arguments = words,
				     .database = "crawl.db",
				     .log_level = LOG_NORMAL };
	reading.secrets = memory_new((size_t)argc, sizeof(*reading.secrets));
	options->secrets = memory_new((size_t)argc, sizeof(*options->secrets));
	result = read_all(&reading, argc, argv);
	note_command_line(&reading, argc, argv);
	wipe_secrets(&reading, argc, argv);
	free(reading.secrets);
	free(reading.given);
	if (result != OPTIONS_GO)
		options_free(options);
	return result;
}

void options_forget_database(const struct options *options)
{
	for (size_t i = 0; i < options->secret_count; i++) {
		if (database_word_is(options->secrets[i]))
			database_word_hide(options->secrets[i]);
	}
}

void options_free(struct options *options)
{
	for (size_t i = 0; i < options->secret_count; i++)
		free(options->secrets[i]);
	free(options->secrets);
	free(options->arguments);
	options->arguments = NULL;
	options->secrets = NULL;
	options->secret_count = 0;
}
