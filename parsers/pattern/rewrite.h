#ifndef REWRITE_H
#define REWRITE_H

#include "parsers/pattern/rewriting.h"

/*
 * rewrite: an expression made to match more: as a page of the same meaning might be written.
 *
 * Each takes an expression that compiles with options and returns the changed one, which the caller
 * frees: the same where nothing is to be changed.  Groups keep their numbers.
 */
typedef char *rewrite_function(const char *expression, uint32_t options,
			       struct rewrite_choice *choice);

rewrite_function rewrite_quotes;     /* " and ' for each other; a change a pair */
rewrite_function rewrite_unquoted;   /* also none; a change a pair */
rewrite_function rewrite_space;      /* any white space for white space, and around tags */
rewrite_function rewrite_nbsp;       /* the same, also U+00A0 and &nbsp; */
rewrite_function rewrite_escaped;    /* quotes and slashes behind a backslash: one change */
rewrite_function rewrite_class;      /* other classes in class="..."; a change an attribute */
rewrite_function rewrite_characters; /* references are decoded: one change */
rewrite_function rewrite_tag;        /* any name for a tag's; a change a name */
rewrite_function rewrite_between;    /* other attributes between those of a tag; a change a tag */
rewrite_function rewrite_order;      /* attributes of a tag in any order; likewise */

#endif
