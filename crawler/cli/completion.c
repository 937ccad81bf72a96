#include "cli/completion.h"

#include <string.h>

#include "cli/options_table.h"

/*
 * What a value can be is told by its name in the table: "text|json" is one of these words,
 * "FILE" and what contains it a file; any other is not completed.
 */
static bool is_file(const char *argument)
{
	return argument && strstr(argument, "FILE");
}

/* "text|json" as "text json". */
static void write_choices(FILE *out, const char *choices)
{
	for (; *choices; choices++)
		fputc(*choices == '|' ? ' ' : *choices, out);
}

/* Is row the first of its command?  (inspect has several, one a subject.) */
static bool is_first(const struct command_row *row)
{
	return row == command_row_find(row->name, NULL);
}

/* The bits of a command with all its subjects. */
static unsigned places_of(const struct command_row *command)
{
	unsigned places = 0;

	for (size_t i = 0; i < PLACE_COUNT; i++) {
		if (strcmp(command_table[i].name, command->name) == 0)
			places |= PLACE_BIT(i);
	}
	return places;
}

static void write_subjects(FILE *out, const struct command_row *command)
{
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		if (strcmp(command_table[i].name, command->name) == 0 && command_table[i].subject)
			fprintf(out, "%s ", command_table[i].subject);
	}
}

static void write_commands(FILE *out, const char *separator, bool with_hidden)
{
	const char *between = "";

	for (size_t i = 0; i < PLACE_COUNT; i++) {
		if (!is_first(&command_table[i]) || (command_table[i].is_hidden && !with_hidden))
			continue;
		fprintf(out, "%s%s", between, command_table[i].name);
		between = separator;
	}
}

/* ---- bash ---- */

static void bash_option_names(FILE *out, unsigned places)
{
	for (size_t i = 0; i < option_count; i++) {
		if (option_table[i].places & places)
			fprintf(out, "--%s ", option_table[i].name);
	}
}

/* The pattern of a case: "-c|--config". */
static void bash_pattern(FILE *out, const struct option_row *row)
{
	if (row->letter)
		fprintf(out, "-%c|", row->letter);
	fprintf(out, "--%s", row->name);
}

/* What comes behind an option that takes a value. */
static void bash_values(FILE *out)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_table[i];

		if (!row->argument)
			continue;
		fputs("\t", out);
		bash_pattern(out, row);
		if (option_is_choice(row->argument)) {
			fputs(") mapfile -t COMPREPLY < <(compgen -W '", out);
			write_choices(out, row->argument);
			fputs("' -- \"$cur\"); return ;;\n", out);
		} else if (is_file(row->argument)) {
			fputs(") _crawl_files; return ;;\n", out);
		} else {
			fputs(") return ;;\n", out);
		}
	}
}

/* The words that each command takes; $words are completed, $files says whether files are too. */
static void bash_words(FILE *out)
{
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		const struct command_row *row = &command_table[i];

		if (!is_first(row))
			continue;
		fprintf(out, "\t%s) words='", row->name);
		write_subjects(out, row);
		if (option_is_choice(row->arguments))
			write_choices(out, row->arguments);
		fputs(" ", out);
		bash_option_names(out, places_of(row));
		fprintf(out, "' files=%d ;;\n", is_file(row->arguments));
	}
}

static void write_bash(FILE *out)
{
	fputs("# crawl's completions for bash, made by: crawl completion bash\n"
	      "_crawl_files()\n{\n"
	      "\tlocal found\n"
	      "\tcompopt -o filenames\n"
	      "\tmapfile -t found < <(compgen -f -- \"$cur\")\n"
	      "\tCOMPREPLY+=(\"${found[@]}\")\n}\n"
	      "_crawl()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tlocal command=run first=1 words='' files=0 word\n"
	      "\tCOMPREPLY=()\n"
	      "\t[ \"$cur\" = = ] && cur=\n"
	      "\t[ \"$prev\" = = ] && prev=${COMP_WORDS[COMP_CWORD-2]}\n"
	      "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	      "\t\tcase $word in\n"
	      "\t\t-*) ;;\n\t\t",
	      out);
	write_commands(out, "|", true);
	fputs(") command=$word first=0; break ;;\n"
	      "\t\t*) first=0; break ;;\n"
	      "\t\tesac\n\tdone\n"
	      "\tcase $prev in\n",
	      out);
	bash_values(out);
	fputs("\tesac\n\tcase $command in\n", out);
	bash_words(out);
	fputs("\tesac\n"
	      "\t[ $first = 1 ] && words=\"",
	      out);
	write_commands(out, " ", false);
	fputs(" $words\"\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	      "\tif [ $files = 1 ] && [ \"${cur#-}\" = \"$cur\" ]; then\n"
	      "\t\t_crawl_files\n"
	      "\tfi\n}\n"
	      "complete -F _crawl crawl\n",
	      out);
}

/* ---- zsh ---- */

/* Inside [...] of _arguments, in quotes. */
static void zsh_help(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("[]:\\", *text))
			fputc('\\', out);
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fputc(*text, out);
	}
}

/* ":NAME:_files", ":NAME:(text json)" or ":NAME:". */
static void zsh_value(FILE *out, const char *argument)
{
	fputs(":", out);
	zsh_help(out, argument);
	fputs(":", out);
	if (is_file(argument)) {
		fputs("_files", out);
	} else if (option_is_choice(argument)) {
		fputs("(", out);
		write_choices(out, argument);
		fputs(")", out);
	} else {
		fputs(" ", out);
	}
}

/* '*'{-c,--config}'[help]:FILE:_files': may come again; it does no harm where it makes no sense. */
static void zsh_option(FILE *out, const struct option_row *row)
{
	if (row->letter)
		fprintf(out, " \\\n\t\t'*'{-%c,--%s}'[", row->letter, row->name);
	else
		fprintf(out, " \\\n\t\t'*--%s[", row->name);
	zsh_help(out, row->help);
	fputs("]", out);
	if (row->argument)
		zsh_value(out, row->argument);
	fputs("'", out);
}

static void zsh_command(FILE *out, const struct command_row *command)
{
	unsigned places = places_of(command);

	fprintf(out, "\t%s) _arguments -s -S", command->name);
	for (size_t i = 0; i < option_count; i++) {
		if (option_table[i].places & places)
			zsh_option(out, &option_table[i]);
	}
	if (command->subject) {
		fputs(" \\\n\t\t'1:subject:(", out);
		write_subjects(out, command);
		fputs(")'", out);
	}
	if (command->arguments) {
		fputs(" \\\n\t\t'*", out);
		zsh_value(out, command->arguments);
		fputs("'", out);
	}
	fputs(" ;;\n", out);
}

static void write_zsh(FILE *out)
{
	fputs("#compdef crawl\n"
	      "# crawl's completions for zsh, made by: crawl completion zsh\n"
	      "_crawl()\n{\n"
	      "\tlocal command=run\n"
	      "\tlocal -a commands\n"
	      "\tcommands=(\n",
	      out);
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		if (!is_first(&command_table[i]) || command_table[i].is_hidden)
			continue;
		fprintf(out, "\t\t'%s:", command_table[i].name);
		zsh_help(out, command_table[i].help);
		fputs("'\n", out);
	}
	fputs("\t)\n"
	      "\tcase ${words[2]} in\n\t",
	      out);
	write_commands(out, "|", true);
	fputs(") command=${words[2]}; shift words; (( CURRENT-- )) ;;\n"
	      "\t*) (( CURRENT == 2 )) && _describe command commands ;;\n"
	      "\tesac\n"
	      "\tcase $command in\n",
	      out);
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		if (is_first(&command_table[i]))
			zsh_command(out, &command_table[i]);
	}
	fputs("\tesac\n}\n"
	      "if [ \"$funcstack[1]\" = _crawl ]; then\n\t_crawl \"$@\"\nelse\n\tcompdef _crawl "
	      "crawl\nfi\n",
	      out);
}

/* ---- fish ---- */

/* "run" is the command where none is named. */
static void fish_condition(FILE *out, const struct command_row *command)
{
	if (command->command == COMMAND_RUN) {
		fputs("not __fish_seen_subcommand_from ", out);
		for (size_t i = 0; i < PLACE_COUNT; i++) {
			if (is_first(&command_table[i]) && command_table[i].command != COMMAND_RUN)
				fprintf(out, "%s ", command_table[i].name);
		}
	} else {
		fprintf(out, "__fish_seen_subcommand_from %s", command->name);
	}
}

static void fish_quoted(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("'\\", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void fish_option(FILE *out, const struct command_row *command, const struct option_row *row)
{
	fputs("complete -c crawl -n '", out);
	fish_condition(out, command);
	fprintf(out, "' -l %s", row->name);
	if (row->letter)
		fprintf(out, " -s %c", row->letter);
	fputs(" -d '", out);
	fish_quoted(out, row->help);
	fputs("'", out);
	if (option_is_choice(row->argument)) {
		fputs(" -x -a '", out);
		write_choices(out, row->argument);
		fputs("'", out);
	} else if (row->argument) {
		fputs(is_file(row->argument) ? " -r -F" : " -x", out);
	}
	fputs("\n", out);
}

static void fish_arguments(FILE *out, const struct command_row *command)
{
	fputs("complete -c crawl -n '", out);
	fish_condition(out, command);
	if (command->subject) {
		fputs("' -f -a '", out);
		write_subjects(out, command);
		fputs("'\n", out);
	} else if (option_is_choice(command->arguments)) {
		fputs("' -f -a '", out);
		write_choices(out, command->arguments);
		fputs("'\n", out);
	} else {
		fputs(is_file(command->arguments) ? "' -F\n" : "' -f\n", out);
	}
}

static void write_fish(FILE *out)
{
	fputs("# crawl's completions for fish, made by: crawl completion fish\n", out);
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		const struct command_row *row = &command_table[i];

		if (!is_first(row))
			continue;
		if (!row->is_hidden) {
			fprintf(out, "complete -c crawl -n __fish_use_subcommand -a %s -d '",
				row->name);
			fish_quoted(out, row->help);
			fputs("'\n", out);
		}
		fish_arguments(out, row);
		for (size_t k = 0; k < option_count; k++) {
			if (option_table[k].places & places_of(row))
				fish_option(out, row, &option_table[k]);
		}
	}
}

/* ---- the shells ---- */

static const struct {
	const char *shell;
	void (*write)(FILE *out);
} shells[] = {
	{ "bash", write_bash },
	{ "zsh", write_zsh },
	{ "fish", write_fish },
};

int completion_write(FILE *out, const char *shell)
{
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i].shell, shell) != 0)
			continue;
		shells[i].write(out);
		return 0;
	}
	return -1;
}
