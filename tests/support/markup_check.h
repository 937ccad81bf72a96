#ifndef MARKUP_CHECK_H
#define MARKUP_CHECK_H

#include "parsers/text/slice.h"

/*
 * markup_check: is this HTML as strict as we write it?
 *
 * Every element is closed in order, but for those that are void; attributes are in double quotes
 * and come once; ids are unique, and what links to one has one; a '&' begins one of the references
 * that we write; nothing is a control character or no UTF-8; there is no script, no handler and no
 * link to another site.  Returns NULL, or what is wrong and where, until the next call.
 */
const char *markup_check(struct slice html);

#endif
