#ifndef FORM_H
#define FORM_H

#include "parsers/markup/controls.h"
#include <stdbool.h>

/*
 * form: the form of a page that has certain fields, filled in as its user would, and what a browser
 * without scripts would send of it (WHATWG HTML 4.10.21, 4.10.22).
 *
 * Its hidden fields, what is ticked, selected or typed in before, and its first button that sends
 * it go along.  A page (UTF-8) is cut into tags as links.h has it; forms in a <template> are none.
 */
struct form_field {
	struct slice name, value; /* character references decoded */
};

enum form_encoding { FORM_URLENCODED, FORM_MULTIPART, FORM_PLAIN };

struct form {
	struct slice action; /* a reference, to be resolved by base; empty: the page's own URL */
	struct slice base;   /* the first <base href>, or absent */
	bool is_post;
	enum form_encoding encoding;
	bool is_utf8; /* it says so, whatever charset the page came in (accept-charset) */
	const struct form_field *fields; /* what is sent, in the order of the page */
	size_t field_count;
};

enum form_result {
	FORM_FOUND,
	FORM_NONE,    /* no form has all of these fields */
	FORM_SEVERAL, /* more than one has, and none of them more than others */
};

/*
 * Find and fill in the form that has all of these fields; of several the one in which nothing else
 * is typed in, the first of those if they go the same way.  A name that is there more than once (a
 * hidden "0" before its tick box, two buttons of a group) is filled in where its user would.  A
 * button that alone has one is pressed, with its own value.
 * *form lies in scratch, or points into the page.  If it is FORM_NONE, fields has those that could
 * be filled in in the first form that asks for a password, if there is one.
 */
enum form_result form_find(const struct controls_page *page, const struct form_field *wanted,
			   size_t wanted_count, struct scratch *scratch, struct form *form);

#endif
