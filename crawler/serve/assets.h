#ifndef ASSETS_H
#define ASSETS_H

#include "parsers/text/slice.h"

/*
 * assets: the files that pages load, which stand beside this one and are in the program.
 */
struct asset {
	const char *path, *type;
	struct slice bytes;
};

/* The one of this path, or {NULL}. */
struct asset asset_find(const char *path);

#endif
