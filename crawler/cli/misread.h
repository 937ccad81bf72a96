#ifndef MISREAD_H
#define MISREAD_H

#include "cli/options_table.h"

/*
 * misread: words that getopt takes as they stand, and that most likely mean something else.
 *
 * Each function complains, in one line with the cure, and returns whether it did.
 */

/* "--output": the option of another program (slips.h). */
bool misread_name(struct slice name);

/* "-delay": a long option with one dash, which would be -d, -e and so on. */
bool misread_dash(const char *typed);

/*
 * An option and its value, or NULL.  typed: the word that it stands in; is_behind: the value is the
 * word behind that.  "--user" for --user-agent, "-o --fresh", "-o=x.db", "-o ''".
 */
bool misread_option(const struct option_row *row, const char *typed, const char *value,
		    bool is_behind);

/* What is no option, and the word before it: "--robots no", a dash that is none of the keyboard's.
 */
bool misread_argument(const char *word, const char *before);

#endif
