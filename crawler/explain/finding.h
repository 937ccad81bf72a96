#ifndef FINDING_H
#define FINDING_H

#include "explain/walk.h"
#include "parsers/text/scratch.h"

/*
 * finding: what a page lacks, in a line: what a pattern wants, and what stands there instead.
 *
 *	<dd>.*?</dd>		wanted "<dd>", rest ".*?</dd>"
 *	line 2			stood  "<li class="film"><i class="index">1</i>"
 *
 * Where hardly a character of the beginning is there, the place is looked for by what follows: a
 * cure that matches, the rest of the expression, the fields of the record.  What stands there is
 * shown from the tag on that the place is in.
 */
#define FINDING_TEXT_MAX 200 /* characters of each */

struct finding {
	uint64_t line; /* of the page, from 1; 0: it is nowhere */
	struct slice matched;
	struct slice wanted; /* absent: it was found, and is empty */
	struct slice rest;
	struct slice stood; /* to the end of its line at most; absent: nothing of it is there */
};

/*
 * Ask walk, whose listener is not needed.  What is found is in store.  Returns false if there is
 * nothing to be said: the page lacks nothing, or a limit ended the search.
 */
bool finding_of(struct finding *finding, struct walk *walk, struct scratch *store);

#endif
