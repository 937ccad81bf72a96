#include "cli/completion.h"

#include <string.h>

/*
 * What a value can be is told by its name in the table: "text|json" is one of these words,
 * "FILE" and what contains it a file; any other is not completed.
 */
static bool is_file(const char *argument)
{
	return argument && strstr(argument, "FILE");
}

/* A file of which only "*.db" is meant. */
static bool is_database(const char *argument)
{
	return is_file(argument) && strstr(argument, ".db");
}

/* The name of a command. */
static bool is_command(const char *argument)
{
	return argument && strcmp(argument, "COMMAND") == 0;
}

/* "text|json" as "text json". */
static void write_choices(FILE *out, const char *choices)
{
	for (; *choices; choices++)
		fputc(*choices == '|' ? ' ' : *choices, out);
}

/* Does the command take the option, with any of its subjects? */
static bool takes(const struct command_table *commands, const struct command_row *command,
		  const struct option_row *option)
{
	return command_takes_with(commands, command->name, NULL, option);
}

static void write_subjects(FILE *out, const struct command_table *commands, const char *name)
{
	for (size_t i = 0; i < commands->count; i++) {
		const struct command_row *row = &commands->rows[i];

		if (command_is_called(row, name, NULL) && row->subject)
			fprintf(out, "%s ", row->subject);
	}
}

static void write_commands(FILE *out, const struct command_table *commands, const char *separator,
			   bool with_hidden)
{
	const char *between = "";

	for (size_t i = 0; i < commands->count; i++) {
		const struct command_row *row = &commands->rows[i];

		if (!command_is_first(commands, row) || (row->is_hidden && !with_hidden))
			continue;
		fprintf(out, "%s%s", between, row->name);
		between = separator;
	}
}

/* ---- bash ---- */

static void bash_option_names(FILE *out, const struct command_table *commands,
			      const struct command_row *command)
{
	for (size_t i = 0; i < option_count(); i++) {
		if (takes(commands, command, option_at(i)))
			fprintf(out, "--%s ", option_at(i)->name);
	}
}

/* The pattern of a case: "-c|--config". */
static void write_pattern(FILE *out, const struct option_row *row)
{
	if (row->letter)
		fprintf(out, "-%c|", row->letter);
	fprintf(out, "--%s", row->name);
}

/* All that take a value, which is the next word, whether a "=" stands between them or not. */
static void write_valued(FILE *out)
{
	const char *between = "";

	for (size_t i = 0; i < option_count(); i++) {
		if (!option_at(i)->argument)
			continue;
		fputs(between, out);
		write_pattern(out, option_at(i));
		between = "|";
	}
}

/* What comes behind an option that takes a value. */
static void bash_values(FILE *out)
{
	for (size_t i = 0; i < option_count(); i++) {
		const struct option_row *row = option_at(i);

		if (!row->argument)
			continue;
		fputs("\t", out);
		write_pattern(out, row);
		if (option_is_choice(row->argument)) {
			fputs(") mapfile -t COMPREPLY < <(compgen -W '", out);
			write_choices(out, row->argument);
			fputs("' -- \"$cur\"); return ;;\n", out);
		} else if (is_database(row->argument)) {
			fputs(") _crawl_databases; return ;;\n", out);
		} else if (is_file(row->argument)) {
			fputs(") _crawl_files; return ;;\n", out);
		} else {
			fputs(") return ;;\n", out);
		}
	}
}

/* The words that each command takes; $words are completed, $files says whether files are too. */
static void bash_words(FILE *out, const struct command_table *commands)
{
	for (size_t i = 0; i < commands->count; i++) {
		const struct command_row *row = &commands->rows[i];

		if (!command_is_first(commands, row))
			continue;
		fprintf(out, "\t%s) words='", row->name);
		write_subjects(out, commands, row->name);
		if (option_is_choice(row->arguments))
			write_choices(out, row->arguments);
		if (is_command(row->arguments))
			write_commands(out, commands, " ", false);
		fputs(" ", out);
		bash_option_names(out, commands, row);
		fprintf(out, "' files=%d ;;\n", is_file(row->arguments));
	}
}

static const char bash_begin[] =
	"# crawl's completions for bash, made by: crawl completion bash\n"
	"_crawl_files()\n{\n"
	"\tlocal found\n"
	"\tcompopt -o filenames\n"
	"\tmapfile -t found < <(compgen -f -- \"$cur\")\n"
	"\tCOMPREPLY+=(\"${found[@]}\")\n}\n"
	"_crawl_databases()\n{\n"
	"\tlocal found\n"
	"\tcompopt -o filenames\n"
	"\tmapfile -t found < <(compgen -f -X '!*.db' -- \"$cur\"; compgen -d -- \"$cur\")\n"
	"\tCOMPREPLY+=(\"${found[@]}\")\n"
	"\t[ ${#COMPREPLY[@]} -gt 0 ] || _crawl_files\n}\n"
	"_crawl()\n{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tlocal command=";

static void write_bash(FILE *out, const struct command_table *commands)
{
	fputs(bash_begin, out);
	fputs(commands->rows[0].name, out);
	fputs(" first=1 words='' files=0 word\n"
	      "\tCOMPREPLY=()\n"
	      "\t[ \"$cur\" = = ] && cur=\n"
	      "\t[ \"$prev\" = = ] && prev=${COMP_WORDS[COMP_CWORD-2]}\n"
	      "\tlocal skip=0\n"
	      "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	      "\t\t[ \"$word\" = = ] && skip=1 && continue\n"
	      "\t\t[ $skip = 1 ] && skip=0 && continue\n"
	      "\t\tcase $word in\n\t\t",
	      out);
	write_valued(out);
	fputs(") skip=1 ;;\n"
	      "\t\t-*) ;;\n\t\t",
	      out);
	write_commands(out, commands, "|", true);
	fputs(") command=$word first=0; break ;;\n"
	      "\t\t*) first=0; break ;;\n"
	      "\t\tesac\n\tdone\n"
	      "\tcase $prev in\n",
	      out);
	bash_values(out);
	fputs("\tesac\n\tcase $command in\n", out);
	bash_words(out, commands);
	fputs("\tesac\n"
	      "\t[ $first = 1 ] && words=\"",
	      out);
	write_commands(out, commands, " ", false);
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
	if (is_database(argument)) {
		fputs("_files -g \"*.db\"", out);
	} else if (is_file(argument)) {
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
	const char *equals = row->argument ? "=" : ""; /* "--name value" is completed, too */

	if (row->letter)
		fprintf(out, " \\\n\t\t'*'{-%c,--%s%s}'[", row->letter, row->name, equals);
	else
		fprintf(out, " \\\n\t\t'*--%s%s[", row->name, equals);
	zsh_help(out, row->help);
	fputs("]", out);
	if (row->argument)
		zsh_value(out, row->argument);
	fputs("'", out);
}

static void zsh_arguments(FILE *out, const struct command_table *commands, const char *arguments)
{
	if (!is_command(arguments)) {
		zsh_value(out, arguments);
		return;
	}
	fputs(":command:(", out);
	write_commands(out, commands, " ", false);
	fputs(")", out);
}

static void zsh_command(FILE *out, const struct command_table *commands,
			const struct command_row *command)
{
	fprintf(out, "\t%s) _arguments -s -S", command->name);
	for (size_t i = 0; i < option_count(); i++) {
		if (takes(commands, command, option_at(i)))
			zsh_option(out, option_at(i));
	}
	if (command->subject) {
		fputs(" \\\n\t\t'1:subject:(", out);
		write_subjects(out, commands, command->name);
		fputs(")'", out);
	}
	if (command->arguments) {
		fputs(" \\\n\t\t'*", out);
		zsh_arguments(out, commands, command->arguments);
		fputs("'", out);
	}
	fputs(" ;;\n", out);
}

/* The commands with their help, as _describe wants them. */
static void zsh_describe(FILE *out, const struct command_table *commands)
{
	fputs("\tlocal -a commands\n"
	      "\tcommands=(\n",
	      out);
	for (size_t i = 0; i < commands->count; i++) {
		const struct command_row *row = &commands->rows[i];

		if (!command_is_first(commands, row) || row->is_hidden)
			continue;
		fprintf(out, "\t\t'%s:", row->name);
		zsh_help(out, row->help);
		fputs("'\n", out);
	}
	fputs("\t)\n", out);
}

static void write_zsh(FILE *out, const struct command_table *commands)
{
	fputs("#compdef crawl\n"
	      "# crawl's completions for zsh, made by: crawl completion zsh\n"
	      "_crawl()\n{\n"
	      "\tlocal command=",
	      out);
	fprintf(out, "%s\n", commands->rows[0].name);
	zsh_describe(out, commands);
	/* Options may stand before the command, with their values. */
	fputs("\tlocal -i at=2\n"
	      "\twhile (( at < CURRENT )); do\n"
	      "\t\tcase ${words[at]} in\n\t\t",
	      out);
	write_valued(out);
	fputs(") (( at += 2 )) ;;\n"
	      "\t\t-*) (( at++ )) ;;\n\t\t",
	      out);
	write_commands(out, commands, "|", true);
	fputs(") command=${words[at]}; words[at]=(); (( CURRENT-- )); at=0; break ;;\n"
	      "\t\t*) at=0; break ;;\n"
	      "\t\tesac\n\tdone\n"
	      "\t(( at == CURRENT )) && _describe command commands\n"
	      "\tcase $command in\n",
	      out);
	for (size_t i = 0; i < commands->count; i++) {
		if (command_is_first(commands, &commands->rows[i]))
			zsh_command(out, commands, &commands->rows[i]);
	}
	fputs("\tesac\n}\n"
	      "if [ \"$funcstack[1]\" = _crawl ]; then\n\t_crawl \"$@\"\nelse\n\tcompdef _crawl "
	      "crawl\nfi\n",
	      out);
}

/* ---- fish ---- */

/* The first is the command where none is named. */
static void fish_condition(FILE *out, const struct command_table *commands,
			   const struct command_row *command)
{
	if (command != &commands->rows[0]) {
		fprintf(out, "__fish_seen_subcommand_from %s", command->name);
		return;
	}
	fputs("not __fish_seen_subcommand_from ", out);
	for (size_t i = 1; i < commands->count; i++) {
		if (command_is_first(commands, &commands->rows[i]))
			fprintf(out, "%s ", commands->rows[i].name);
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

static void fish_option(FILE *out, const struct command_table *commands,
			const struct command_row *command, const struct option_row *row)
{
	fputs("complete -c crawl -n '", out);
	fish_condition(out, commands, command);
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
	} else if (is_database(row->argument)) {
		fputs(" -x -k -a '(__fish_complete_suffix .db)'", out);
	} else if (row->argument) {
		fputs(is_file(row->argument) ? " -r -F" : " -x", out);
	}
	fputs("\n", out);
}

static void fish_arguments(FILE *out, const struct command_table *commands,
			   const struct command_row *command)
{
	fputs("complete -c crawl -n '", out);
	fish_condition(out, commands, command);
	if (command->subject) {
		fputs("' -f -a '", out);
		write_subjects(out, commands, command->name);
		fputs("'\n", out);
	} else if (is_command(command->arguments)) {
		fputs("' -f -a '", out);
		write_commands(out, commands, " ", false);
		fputs("'\n", out);
	} else if (option_is_choice(command->arguments)) {
		fputs("' -f -a '", out);
		write_choices(out, command->arguments);
		fputs("'\n", out);
	} else {
		fputs(is_file(command->arguments) ? "' -F\n" : "' -f\n", out);
	}
}

static void write_fish(FILE *out, const struct command_table *commands)
{
	fputs("# crawl's completions for fish, made by: crawl completion fish\n", out);
	for (size_t i = 0; i < commands->count; i++) {
		const struct command_row *row = &commands->rows[i];

		if (!command_is_first(commands, row))
			continue;
		if (!row->is_hidden) {
			fprintf(out, "complete -c crawl -n __fish_use_subcommand -a %s -d '",
				row->name);
			fish_quoted(out, row->help);
			fputs("'\n", out);
		}
		fish_arguments(out, commands, row);
		for (size_t k = 0; k < option_count(); k++) {
			if (takes(commands, row, option_at(k)))
				fish_option(out, commands, row, option_at(k));
		}
	}
}

/* ---- the shells ---- */

static const struct {
	const char *shell;
	void (*write)(FILE *out, const struct command_table *commands);
} shells[] = {
	{ "bash", write_bash },
	{ "zsh", write_zsh },
	{ "fish", write_fish },
};

int completion_write(FILE *out, const struct command_table *commands, const char *shell)
{
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i].shell, shell) != 0)
			continue;
		shells[i].write(out, commands);
		return 0;
	}
	return -1;
}
