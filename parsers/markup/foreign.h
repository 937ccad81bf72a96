#ifndef FOREIGN_H
#define FOREIGN_H

#include "parsers/text/slice.h"

/*
 * foreign: is a tag one of HTML, or of SVG or MathML, where it stands (WHATWG HTML 13.2.6.5)?
 *
 * In <svg> and <math> other rules hold: a <title>, <script> or <base> is none of HTML's, and there
 * are CDATA sections.  Certain elements inside are HTML again, and certain tags of HTML end them.
 * Zero-initialised it stands outside.
 */
/* svg, math and what is HTML again in them; deeper ones are as one. */
#define FOREIGN_DEPTH_MAX 32

enum foreign_kind { FOREIGN_SVG, FOREIGN_MATH, FOREIGN_HTML };

struct foreign {
	struct {
		enum foreign_kind kind;
		struct slice name; /* of its tag; points into the page */
	} open[FOREIGN_DEPTH_MAX]; /* innermost last */
	size_t depth;
};

/* Are CDATA sections possible here? */
static inline bool foreign_is_in(const struct foreign *foreign)
{
	return foreign->depth && foreign->open[foreign->depth - 1].kind != FOREIGN_HTML;
}

/*
 * Take an opening tag.  attributes: what stands between its name and its end.  is_xml: no tag of
 * HTML ends svg and math.  Returns whether the element is one of HTML; <svg> and <math> are none.
 */
bool foreign_opening(struct foreign *foreign, struct slice name, struct slice attributes,
		     bool is_self_closing, bool is_xml);

/*
 * Take an end tag.  That an end tag of HTML around an <svg> closes that too is left out, but for
 * </p> and </br>, which do so anywhere: the next tag of HTML does.
 */
void foreign_closing(struct foreign *foreign, struct slice name, bool is_xml);

#endif
