#ifndef GLOB_H
#define GLOB_H

#include "parsers/text/slice.h"

/* glob: names with gaps, as configs write them. */

/*
 * Does glob match all of text?  '*' is any run of bytes, '?' one, any other byte itself.
 * In the worst case it takes as many steps as both have bytes, multiplied.
 */
bool glob_matches(const char *glob, struct slice text);

#endif
