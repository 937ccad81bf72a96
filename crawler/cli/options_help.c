#include "cli/options_help.h"

#include <string.h>

#define NAME_COLUMNS 33 /* of an option's name and argument */

static void show_option(FILE *out, const struct option_row *row)
{
	char letter[] = "-x, ";
	char name[64];

	letter[1] = row->letter;
	snprintf(name, sizeof(name), "%s--%s%s%s", row->letter ? letter : "    ", row->name,
		 row->argument ? " " : "", row->argument ? row->argument : "");
	fprintf(out, "  %-*s  %s\n", NAME_COLUMNS, name, row->help);
}

static bool is_about_itself(const struct option_row *row)
{
	return row->kind == OPTION_HELP || row->kind == OPTION_VERSION;
}

/* Commands with subjects are one line. */
static void show_commands(FILE *out)
{
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		const struct command_row *row = &command_table[i];

		if (!row->is_hidden && (!row->subject || row->group))
			fprintf(out, "  %-9s%s\n", row->name, row->group ? row->group : row->help);
	}
}

void help_program(FILE *out)
{
	fprintf(out, "crawl %s: fetch lists of URLs, match patterns, leave a SQLite database\n\n",
		CRAWL_VERSION);
	fprintf(out, "usage: crawl [run] [OPTION]... [FILE|URL]...\n"
		     "       crawl COMMAND [OPTION]... [ARGUMENT]...\n\n");
	show_commands(out);
	fprintf(out,
		"\nEvery command has --help (crawl run --help); man crawl, man crawl-config\n");
	for (size_t i = 0; i < option_count; i++) {
		if (is_about_itself(&option_table[i]))
			show_option(out, &option_table[i]);
	}
	fprintf(out, "\nexamples:\n%s%s", command_table[PLACE_RUN].examples,
		"  zcat urls.gz | crawl -c config/books.yaml --max-pages 100 -\n"
		"  crawl sql 'SELECT * FROM pages LIMIT 10'\n");
}

/* Is row a row of this command, and of this subject if there is one? */
static bool is_wanted(const struct command_row *row, const char *name, const char *subject)
{
	return strcmp(row->name, name) == 0 && (!subject || strcmp(row->subject, subject) == 0);
}

static void show_usage(FILE *out, const struct command_row *row)
{
	char title[COMMAND_TITLE_MAX];

	fprintf(out, "usage: crawl %s [OPTION]...%s%s\n         %s\n",
		row == &command_table[PLACE_RUN] ? "[run]" : command_title(row, title),
		row->usage[0] ? " " : "", row->usage, row->help);
}

/* A command with subjects: a line for each of them. */
static void show_subjects(FILE *out, const char *name)
{
	char call[64];

	fprintf(out, "usage: crawl %s SUBJECT [OPTION]... [ARGUMENT]...\n", name);
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		const struct command_row *row = &command_table[i];

		if (!is_wanted(row, name, NULL))
			continue;
		snprintf(call, sizeof(call), "%s %s", row->subject, row->usage);
		fprintf(out, "  %-26s%s\n", call, row->help);
	}
}

static void show_options(FILE *out, const char *name, const char *subject)
{
	for (size_t i = 0; i < option_count; i++) {
		bool is_taken = false;

		for (size_t k = 0; k < PLACE_COUNT; k++)
			is_taken |= is_wanted(&command_table[k], name, subject) &&
				    command_takes(&command_table[k], &option_table[i]);
		if (is_taken && !is_about_itself(&option_table[i]))
			show_option(out, &option_table[i]);
	}
}

void help_command(FILE *out, const char *name, const char *subject)
{
	const struct command_row *row = command_row_find(name, subject);
	bool is_group = row->subject && !subject;

	if (is_group)
		show_subjects(out, name);
	else
		show_usage(out, row);
	fprintf(out, "\n");
	show_options(out, name, subject);
	fprintf(out, "\nexamples:\n");
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		const char *examples = command_table[i].examples;
		size_t size = is_group ? strcspn(examples, "\n") + 1 : strlen(examples);

		if (is_wanted(&command_table[i], name, subject))
			fwrite(examples, 1, size, out);
	}
}
