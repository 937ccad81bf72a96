#ifndef LITERAL_H
#define LITERAL_H

#include "parsers/text/scratch.h"

/*
 * literal: the texts that every match of a regular expression must contain, in order.
 *
 * `<dd>.*?title="(.*?)".*?star` cannot match unless `<dd>`, `title="`, `"` and `star`
 * stand on the page, one after another.  Looked for from the end of the page, they give
 * the last place where a match can begin: at once "nowhere" for most pages, and the end
 * of the search right behind the last row, where a pattern with many `.*?` would
 * otherwise try every combination before it gives up.
 */
#define LITERALS_MAX 24

struct literals {
	size_t count; /* 0: nothing is known */
	struct slice parts[LITERALS_MAX];
	struct slice longest; /* of them, but for what a malformed byte may become; or empty */
};

/*
 * Read them off a pattern that compiles, has neither the flag i nor x, and is caseful
 * UTF-8.  Whatever is not certain is left out, down to none at all; the parts are in store.
 */
void literals_find(struct literals *literals, struct scratch *store, const char *pattern);

/*
 * May there be a match in text, at a first look?  At the speed of memory, and also of text that is
 * not well-formed, whose malformed bytes will be UTF8_SUBSTITUTE.
 */
bool literals_may_stand(const struct literals *literals, struct slice text);

/*
 * The last offset of text at which a match can begin: *start (text.size if nothing is
 * known).  Returns false if there can be none.
 */
bool literals_last_start(const struct literals *literals, struct slice text, size_t *start);

#endif
