#ifndef OPTIONS_TABLE_H
#define OPTIONS_TABLE_H

#include "config/settings.h"
#include "show/log.h"
#include <stdbool.h>
#include <stddef.h>

/*
 * options_table: what a command line may say, as data, and what was said.
 *
 * The options are a table here, those that are settings are made from the table of settings.h: to
 * "max_body" there is --max-body, to "robots" --robots and --no-robots.  The commands are one that
 * the program hands over: a row has the command's words, its function, the options it takes and its
 * help.  options.c reads by both tables, options_help.c shows them, completion.c makes the
 * completions of the shells of them: an option or a command exists in one place.
 */
struct options;

#define ARGUMENTS_MAX_ANY SIZE_MAX

/* A command, or one subject of a command that has several. */
struct command_row {
	const char *name;
	const char *subject;   /* the word behind the name, or NULL */
	const char *usage;     /* what follows */
	const char *help;      /* one line */
	const char *examples;  /* whole lines */
	size_t least, most;    /* arguments */
	const char *arguments; /* what completes them: "FILE", "bash|zsh|fish", or NULL */
	const char *takes;     /* options, "database|json", besides those of every command; or NULL;
				  "set": all settings too, and what requests carry */
	int (*function)(const struct options *options); /* returns the exit code */
	bool is_hidden;                                 /* from help and completions */
	bool is_about_program;  /* "help": named in a line below the others */
	bool needs_no_database; /* "-o -" says that there is none */
	const char *group;      /* of the first of several subjects: what they are for, one line */
};

#define COMMANDS_MAX 64 /* rows of a table */

struct command_table {
	const struct command_row *rows; /* the first is meant where no command is named */
	size_t count;
	const char *about;            /* what the program does, in a line */
	const char *(*version)(void); /* its parts, ", " between them */
	bool (*takes_database)(const char *where); /* -o; complains if not.  NULL: all is fine */
};

#define OPTIONS_LIST_MAX         256  /* -c, -e and settings that one command line may give */
#define OPTIONS_COMMAND_LINE_MAX 4096 /* bytes, with the NUL */

/* What was said. */
struct options {
	const struct command_row *command;
	const char **arguments; /* what is not an option, in order */
	size_t argument_count;
	const char *configs[OPTIONS_LIST_MAX]; /* -c */
	size_t config_count;
	const char *expressions[OPTIONS_LIST_MAX]; /* -e */
	size_t expression_count;
	const char *headers[OPTIONS_LIST_MAX]; /* --header */
	size_t header_count;
	const char *given[OPTIONS_LIST_MAX]; /* --with */
	size_t given_count;
	const char *user, *cookie; /* --user, --cookie, or NULL */
	char **secrets;            /* values of these three, and words with a password, */
	size_t secret_count;       /* which argv has no more */
	const char *database;      /* -o; "crawl.db" */
	const char *format;        /* --format, one of those the table allows, or NULL */
	const char *url;           /* --url, --base */
	const char *content_type;  /* --content-type */
	const char *agent;         /* --agent */
	const char *record;        /* --record, a URL */
	const char *junit;         /* --junit, a file */
	enum log_level log_level;
	bool log_is_json;    /* --log-format json */
	bool is_json;        /* --json */
	bool is_excel;       /* --excel */
	bool is_guarded;     /* --guard-formulas */
	bool is_lint;        /* --lint */
	bool is_unmatched;   /* --unmatched */
	const char *stored;  /* --stored, a number, or NULL */
	const char *run;     /* --run, a number, or NULL */
	const char *outcome; /* --outcome, a name, or NULL */
	bool is_serve;       /* --serve */
	const char *port, *listen, *token; /* of the page, or NULL */
	const char *names[OPTIONS_LIST_MAX]; /* --name */
	size_t name_count;
	bool is_join; /* --join */
	bool is_fresh, is_again, is_update, is_retry_failed, is_all, is_other_lists, is_dry_run,
		is_forget;

	/* Settings given as options, known to be good: they win over files and environment. */
	struct setting_flag settings[OPTIONS_LIST_MAX];
	size_t setting_count;

	/* As typed, quoted for a shell, for the record, but for credentials; cut if longer. */
	char command_line[OPTIONS_COMMAND_LINE_MAX];
};

enum option_kind {
	OPTION_FLAG,    /* a bool */
	OPTION_TEXT,    /* a const char *; argument "a|b": one of these words */
	OPTION_LIST,    /* one more of an array, whose count is at count_offset */
	OPTION_SETTING, /* the setting of that name, '_' for '-'; of a switch, its value is implied
			 */
	OPTION_SET,     /* NAME=VALUE: any setting */

	/* Every command takes these. */
	OPTION_QUIET,
	OPTION_VERBOSE,
	OPTION_LOG_FORMAT,
	OPTION_HELP,
	OPTION_VERSION,
};

struct option_row {
	const char *name;
	char letter;          /* or 0 */
	const char *argument; /* its name in the help, or NULL: it takes none */
	enum option_kind kind;
	const char *help;
	size_t offset, count_offset;   /* in struct options */
	const struct setting *setting; /* of OPTION_SETTING */
	const char *implied;           /* its value where none is written, or NULL */
};

#define OPTIONS_MAX 128 /* rows of the table */

/* The options, from 0; they stay. */
const struct option_row *option_at(size_t number);
size_t option_count(void);

/* The first that writes this setting. */
const struct option_row *option_of_setting(const struct setting *setting);

/* "text|json": is the argument one of a few words, which it then lists? */
bool option_is_choice(const char *argument);

#define OPTION_HIDDEN "********" /* in its place */

/* Is its value somebody's credential, or may it be one?  It is shown to nobody. */
bool option_is_secret(const struct option_row *option);

/* Is the word one of "text|json"? */
bool option_word_is_among(const char *word, const char *words);

/* Does the row name the option, or is it one of every command?  The help shows these. */
bool command_names(const struct command_row *row, const struct option_row *option);

/* Does the row's command, with this subject, take the option?  With "set" it takes every setting.
 */
bool command_takes(const struct command_row *row, const struct option_row *option);

/* Is it a row of this command, and of this subject if that is not NULL? */
bool command_is_called(const struct command_row *row, const char *name, const char *subject);

/* The row of this command and subject (NULL: the first of the command), or NULL. */
const struct command_row *command_find(const struct command_table *commands, const char *name,
				       const char *subject);

/* Is it the first row of its command? */
bool command_is_first(const struct command_table *commands, const struct command_row *row);

/* Does the command take the option, with this subject (NULL: with any)? */
bool command_takes_with(const struct command_table *commands, const char *name, const char *subject,
			const struct option_row *option);

/* Is the option shown in the help of the command, with this subject (NULL: with any)? */
bool command_names_with(const struct command_table *commands, const char *name, const char *subject,
			const struct option_row *option);

/* "run", "inspect url". */
#define COMMAND_TITLE_MAX 32
const char *command_title(const struct command_row *row, char out[COMMAND_TITLE_MAX]);

#endif
