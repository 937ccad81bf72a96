#ifndef OPTIONS_TABLE_H
#define OPTIONS_TABLE_H

#include "cli/options.h"
#include <stdint.h>

/*
 * options_table: every command and every option, as data.
 *
 * options.c parses by it, options_help.c shows it, completion.c makes the completions of the
 * shells of it.  A new option is a row; a new command, or a new subject of inspect or
 * ctl, is a row and its bit.
 */

/* A command, or a subject of inspect or ctl. */
enum command_place {
	PLACE_RUN,
	PLACE_CHECK,
	PLACE_TRY,
	PLACE_SQL,
	PLACE_EXPORT,
	PLACE_STATUS,
	PLACE_FAILED,
	PLACE_WHY,
	PLACE_CTL_PAUSE,
	PLACE_CTL_RESUME,
	PLACE_CTL_STOP,
	PLACE_CTL_ADD,
	PLACE_CTL_DELAY,
	PLACE_INSPECT_TEXT,
	PLACE_INSPECT_URL,
	PLACE_INSPECT_LINKS,
	PLACE_INSPECT_ROBOTS,
	PLACE_INSPECT_SITEMAP,
	PLACE_COMPLETION,
	PLACE_COUNT,
};

#define PLACE_BIT(place) (1u << (place))

#define ARGUMENTS_MAX_ANY SIZE_MAX

struct command_row {
	enum command command;
	const char *name;
	const char *subject;   /* the word behind the name, or NULL */
	const char *usage;     /* what follows */
	const char *help;      /* one line */
	const char *examples;  /* whole lines, or NULL */
	size_t least, most;    /* arguments */
	const char *arguments; /* what completes them: "FILE", "bash|zsh|fish", or NULL */
	bool is_hidden;
	const char *group; /* of the first of several subjects: what they are for, one line */
};

extern const struct command_row command_table[PLACE_COUNT];

enum option_kind {
	OPTION_FLAG,    /* a bool */
	OPTION_TEXT,    /* a const char *; argument "a|b": one of these words */
	OPTION_LIST,    /* one more of an array, whose count is at count_offset */
	OPTION_SETTING, /* the setting of that name, '_' for '-' */
	OPTION_SET,     /* NAME=VALUE: any setting */
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
	unsigned places; /* PLACE_BIT of each that takes it */
	const char *help;
	size_t offset, count_offset; /* in struct options */
};

extern const struct option_row option_table[];
extern const size_t option_count;

/* "text|json": is the argument one of a few words, which it then lists? */
bool option_is_choice(const char *argument);

/* The row of this command and subject (NULL: the first of the command). */
const struct command_row *command_row_find(const char *name, const char *subject);

/* "run", "inspect url". */
#define COMMAND_TITLE_MAX 32
const char *command_title(const struct command_row *row, char out[COMMAND_TITLE_MAX]);

/* Does the row's command, with this subject, take the option? */
static inline bool command_takes(const struct command_row *row, const struct option_row *option)
{
	return option->places & PLACE_BIT(row - command_table);
}

#endif
