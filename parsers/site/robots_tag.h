#ifndef ROBOTS_TAG_H
#define ROBOTS_TAG_H

#include "parsers/text/slice.h"

/*
 * robots_tag: what an X-Robots-Tag header says to one crawler, as `<meta name=robots>` says it to
 * all.
 *
 * There is no standard; it is read as Google describes it.  A value is words between commas or
 * blanks, in any case.  "NAME:" before them says whom they are for, up to the next name:
 *
 *	noindex, nofollow
 *	otherbot: noindex, mybot: nofollow
 *	unavailable_after: 25 Jun 2030 15:00:00 PST, nofollow
 *
 * Words that are not known say nothing; an unknown word before a colon is a name.
 */

/*
 * Does this value ("nofollow", "none") forbid the crawler of this product token
 * (robots_product_token()) to go after the page's links?  Of several headers each is asked about.
 * Time is linear in the value.
 */
bool robots_tag_is_nofollow(struct slice value, struct slice product_token);

#endif
