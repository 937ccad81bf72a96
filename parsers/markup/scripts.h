#ifndef SCRIPTS_H
#define SCRIPTS_H

#include "parsers/markup/tags.h"

/*
 * scripts: the <script> elements of a page, one after the other.
 *
 * Not those in comments or in elements whose content is text (<style>, <title>, <textarea>, ...).
 * Time is linear in the page, and nothing is allocated.
 */
struct scripts {
	struct tags tags;
};

/* page, UTF-8, must stay as long as scripts are asked for. */
void scripts_begin(struct scripts *scripts, struct slice page);

/*
 * The next script: its `type` attribute as it stands ({NULL, 0}: it has none), and its content up
 * to its end tag or the end of the page.  Returns false behind the last.
 */
bool scripts_next(struct scripts *scripts, struct slice *type, struct slice *content);

#define SCRIPTS_TYPE_BYTES_MAX 100u

/*
 * Is a type this one ("application/ld+json"), in any case, with parameters or not?  Character
 * references in it are decoded; one of more bytes than the maximum is another.
 */
bool scripts_type_is(struct slice type, struct slice essence);

#endif
