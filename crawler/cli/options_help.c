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

/* Commands with subjects are one line; those that a line of their own names are none. */
static bool is_shown(const struct command_table *commands, const struct command_row *row)
{
	return !row->is_hidden && !row->is_about_program && command_is_first(commands, row);
}

static void show_commands(FILE *out, const struct command_table *commands)
{
	int columns = 0;

	for (size_t i = 0; i < commands->count; i++) {
		int size = (int)strlen(commands->rows[i].name);

		if (is_shown(commands, &commands->rows[i]) && size > columns)
			columns = size;
	}
	for (size_t i = 0; i < commands->count; i++) {
		const struct command_row *row = &commands->rows[i];

		if (is_shown(commands, row))
			fprintf(out, "  %-*s  %s\n", columns, row->name,
				row->group ? row->group : row->help);
	}
}

void help_program(FILE *out, const struct command_table *commands)
{
	const struct command_row *first = &commands->rows[0];

	fprintf(out, "crawl %s: %s\n", CRAWL_VERSION, commands->about);
	fprintf(out, "usage: crawl [%s] [OPTION]... %s, or crawl COMMAND [OPTION]...\n\n",
		first->name, first->usage);
	show_commands(out, commands);
	fprintf(out, "and: body, copy, cookies, diff, help COMMAND, completion SHELL; man crawl\n");
	fprintf(out, "\nexamples:\n%s", first->examples);
}

static void show_usage(FILE *out, const struct command_table *commands,
		       const struct command_row *row)
{
	bool may_be_left_out = row == &commands->rows[0];
	char title[COMMAND_TITLE_MAX];

	fprintf(out, "usage: crawl %s%s%s [OPTION]...%s%s\n         %s\n",
		may_be_left_out ? "[" : "", command_title(row, title), may_be_left_out ? "]" : "",
		row->usage[0] ? " " : "", row->usage, row->help);
}

/* A command with subjects: a line for each of them. */
static void show_subjects(FILE *out, const struct command_table *commands, const char *name)
{
	char call[64];

	fprintf(out, "usage: crawl %s SUBJECT [OPTION]... [ARGUMENT]...\n", name);
	for (size_t i = 0; i < commands->count; i++) {
		const struct command_row *row = &commands->rows[i];

		if (!command_is_called(row, name, NULL))
			continue;
		snprintf(call, sizeof(call), "%s %s", row->subject, row->usage);
		fprintf(out, "  %-26s%s\n", call, row->help);
	}
}

static void show_options(FILE *out, const struct command_table *commands, const char *name,
			 const char *subject)
{
	for (size_t i = 0; i < option_count(); i++) {
		if (command_names_with(commands, name, subject, option_at(i)) &&
		    !is_about_itself(option_at(i)))
			show_option(out, option_at(i));
	}
}

void help_command(FILE *out, const struct command_table *commands, const char *name,
		  const char *subject)
{
	const struct command_row *row = command_find(commands, name, subject);
	bool is_group = row->subject && !subject;

	if (is_group)
		show_subjects(out, commands, name);
	else
		show_usage(out, commands, row);
	fprintf(out, "\n");
	show_options(out, commands, name, subject);
	fprintf(out, "\nexamples:\n");
	for (size_t i = 0; i < commands->count; i++) {
		const char *examples = commands->rows[i].examples;
		size_t size = is_group ? strcspn(examples, "\n") + 1 : strlen(examples);

		if (command_is_called(&commands->rows[i], name, subject))
			fwrite(examples, 1, size, out);
	}
}

/* "--robots, --no-robots (true)", and below it what it is for. */
void help_settings(FILE *out)
{
	fprintf(out,
		"Options of run, try, test and reparse; crawl: of a config, in the environment:\n"
		"--max-body 1MB is max_body: 1MB, and CRAWL_MAX_BODY=1MB.\n\n");
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];
		const struct option_row *row = option_of_setting(setting);

		fprintf(out, "  --%s", row->name);
		if (row->argument)
			fprintf(out, " %s", row->argument);
		else
			fprintf(out, ", --no-%s", row->name);
		fprintf(out, " (%s)\n    %s\n", setting->initial[0] ? setting->initial : "empty",
			setting->help);
	}
	fprintf(out, "\nWhat requests carry, which a file has in hosts: (man crawl-config):\n");
	for (size_t i = 0; i < option_count(); i++)
		if (option_is_secret(option_at(i)))
			fprintf(out, "  -%c, --%s %s\n    %s\n", option_at(i)->letter,
				option_at(i)->name, option_at(i)->argument, option_at(i)->help);
}
