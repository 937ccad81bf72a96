#include "options_help.h"

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

void help_program(FILE *out)
{
	char title[COMMAND_TITLE_MAX];

	fprintf(out, "crawl %s: fetch lists of URLs, match patterns, leave a SQLite database\n\n",
		CRAWL_VERSION);
	fprintf(out, "usage: crawl [run] [OPTION]... [FILE|URL]...\n"
		     "       crawl COMMAND [OPTION]... [ARGUMENT]...\n\n");
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		const struct command_row *row = &command_table[i];

		if (!row->is_hidden)
			fprintf(out, "  %-14s%s\n", command_title(row, title), row->help);
	}
	fprintf(out, "\nEvery command has --help; the options of a crawl: crawl run --help\n");
	for (size_t i = 0; i < option_count; i++) {
		if (is_about_itself(&option_table[i]))
			show_option(out, &option_table[i]);
	}
	fprintf(out, "\nexamples:\n%s%s", command_table[PLACE_RUN].examples,
		"  crawl sql 'SELECT * FROM pages LIMIT 10'\n");
	fprintf(out, "manual: man crawl, man crawl-config\n");
}

/* Is row a row of this command, and of this subject if there is one? */
static bool is_wanted(const struct command_row *row, const char *name, const char *subject)
{
	return strcmp(row->name, name) == 0 && (!subject || strcmp(row->subject, subject) == 0);
}

static void show_usages(FILE *out, const char *name, const char *subject)
{
	char title[COMMAND_TITLE_MAX];
	const char *label = "usage: ";

	for (size_t i = 0; i < PLACE_COUNT; i++) {
		const struct command_row *row = &command_table[i];

		if (!is_wanted(row, name, subject))
			continue;
		command_title(row, title);
		fprintf(out, "%scrawl %s [OPTION]... %s\n", label, i == PLACE_RUN ? "[run]" : title,
			row->usage);
		fprintf(out, "         %s\n", row->help);
		label = "       ";
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
	show_usages(out, name, subject);
	fprintf(out, "\n");
	show_options(out, name, subject);
	fprintf(out, "\nexamples:\n");
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		if (is_wanted(&command_table[i], name, subject))
			fprintf(out, "%s", command_table[i].examples);
	}
}
