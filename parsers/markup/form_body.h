#ifndef FORM_BODY_H
#define FORM_BODY_H

#include "parsers/markup/form.h"

/*
 * form_body: fields as the body of a POST (WHATWG HTML 4.10.22.7, 4.10.22.8; WHATWG URL 5.2).
 *
 * Line ends are CR LF.
 */
#define FORM_TYPE_BYTES_MAX 96

struct form_body {
	struct slice bytes;             /* in the scratch */
	char type[FORM_TYPE_BYTES_MAX]; /* the Content-Type */
};

/*
 * Not of FORM_PLAIN, which has no form that can be read back.  leaves_unicode: what is beyond ASCII
 * is not escaped, for another to do that in the page's own charset; not of FORM_MULTIPART, which is
 * UTF-8.
 */
void form_body_write(const struct form *form, bool leaves_unicode, struct scratch *scratch,
		     struct form_body *body);

#endif
