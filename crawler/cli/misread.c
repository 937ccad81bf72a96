#include "cli/misread.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/slips.h"
#include "show/log.h"

/* "name" of "--name=value". */
static struct slice long_name(const char *typed)
{
	return (struct slice){ typed + 2, strcspn(typed + 2, "=") };
}

static const struct option_row *find_long(struct slice name)
{
	for (size_t i = 0; i < option_count(); i++)
		if (slice_equal(name, slice_of(option_at(i)->name)))
			return option_at(i);
	return NULL;
}

bool misread_name(struct slice name)
{
	const char *ours = slip_of_option(name, 0);

	if (ours)
		log_error("unknown option '--%.*s'; here it is: %s", (int)name.size, name.at, ours);
	return ours;
}

bool misread_dash(const char *typed)
{
	struct slice name = { typed + 1, typed[0] == '-' ? strcspn(typed + 1, "=") : 0 };

	if (name.size < 3 || !find_long(name) || slice_equal(name, SLICE("help")))
		return false; /* -help is -h, too */
	log_error("%s: a long option has two dashes: -%s", typed, typed);
	return true;
}

/* ---- options ---- */

/*
 * Shortened, --user-agent is --user, and what others call so is a name and a password.
 */
static bool is_another_name(const struct option_row *row, const char *typed)
{
	struct slice name = long_name(typed);

	return !slice_equal(name, slice_of(row->name)) && misread_name(name);
}

/* "-o", "--fresh", "--delay=1s", "--"? */
static bool is_option(const char *word)
{
	if (strncmp(word, "--", 2) == 0)
		return word[2] == '\0' || find_long(long_name(word));
	for (size_t i = 0; i < option_count(); i++) {
		const struct option_row *row = option_at(i);

		if (word[0] == '-' && row->letter && word[1] == row->letter && !word[2])
			return true;
	}
	return false;
}

/* A value that is really called so stands behind a "=". */
static bool is_no_value(const struct option_row *row, const char *value, bool is_behind)
{
	if (is_behind && is_option(value)) {
		log_error("--%s: its %s is missing, '%s' follows", row->name, row->argument, value);
		return true;
	}
	if (value[0] == '\0' && !row->setting && strstr(row->argument, "FILE")) {
		log_error("--%s: its %s is empty: a variable that is not set?", row->name,
			  row->argument);
		return true;
	}
	return false;
}

bool misread_option(const struct option_row *row, const char *typed, const char *value,
		    bool is_behind)
{
	bool is_long = strncmp(typed, "--", 2) == 0;

	if (is_long ? is_another_name(row, typed) : misread_dash(typed))
		return true;
	if (!value || !row->argument)
		return false;
	if (!is_long && !is_behind && value[0] == '=') {
		if (option_is_secret(row))
			value = "=" OPTION_HIDDEN;
		log_error("-%c%s: write -%c %s, or --%s%s", row->letter, value, row->letter,
			  value + 1, row->name, value);
		return true;
	}
	return is_no_value(row, value, is_behind);
}

/* ---- arguments ---- */

/* A switch has no value, so this would be the name of a list. */
static bool is_of_a_switch(const char *word, const char *before)
{
	const struct option_row *row =
		strncmp(before, "--", 2) == 0 ? find_long(slice_of(before + 2)) : NULL;

	if (!row || !row->implied || !option_word_is_among(word, "true|false|yes|no|on|off"))
		return false;
	row = option_of_setting(row->setting);
	log_error("%s %s: write --%s or --no-%s", before, word, row->name, row->name);
	return true;
}

/*
 * Hyphens, dashes and the minus of Unicode (U+2010 to U+2015, U+2212), as word processors and web
 * pages make them of "--".
 */
static bool is_dash(const char *word)
{
	const unsigned char *at = (const unsigned char *)word;

	return at[0] == 0xE2 && ((at[1] == 0x80 && at[2] >= 0x90 && at[2] <= 0x95) ||
				 (at[1] == 0x88 && at[2] == 0x92));
}

bool misread_argument(const char *word, const char *before)
{
	const char *name = word;

	if (is_of_a_switch(word, before))
		return true;
	if (!is_dash(word) || access(word, F_OK) == 0)
		return false;
	while (is_dash(name))
		name += 3;
	log_error("'%s' begins with a dash that no keyboard has: type %s%s", word,
		  name[0] && name[1] ? "--" : "-", name);
	return true;
}
