#ifndef GUNZIP_H
#define GUNZIP_H

#include <zlib.h>

#include "parsers/text/slice.h"

/*
 * gunzip: gzip (RFC 1952, any number of members) and deflate undone, as the bytes arrive.
 *
 * Zero-initialised it is closed; gunzip_begin() opens it for one body, gunzip_end() closes it.
 */
enum gunzip_kind {
	GUNZIP_GZIP,
	GUNZIP_ZLIB, /* what "deflate" means (RFC 1950) */
	GUNZIP_BARE, /* deflate without a header, as some servers send it (RFC 1951) */
};

struct gunzip {
	z_stream zlib;
	enum gunzip_kind kind;
	bool is_open;
	bool is_ended;       /* the last member that began has ended */
	unsigned magic_size; /* bytes behind it that may begin another */
	bool is_over;        /* they do not: the rest is ignored */
};

enum gunzip_result {
	GUNZIP_FINE,   /* all of the input was taken */
	GUNZIP_FULL,   /* out is full; go on with more room and what is left of the input */
	GUNZIP_BROKEN, /* not data of this kind */
};

/* Returns false if there is no memory. */
bool gunzip_begin(struct gunzip *gunzip, enum gunzip_kind kind);

/* Nothing happens if it is closed. */
void gunzip_end(struct gunzip *gunzip);

/*
 * Decode what is in `in`, taking it off, to out + *size, as far as out_bytes; *size grows by it.
 * What follows the compressed data and begins no other member is taken and ignored, as gzip and
 * browsers do.  However a body is cut, the same comes of it.
 */
enum gunzip_result gunzip_write(struct gunzip *gunzip, struct slice *in, char *out,
				size_t out_bytes, size_t *size);

/*
 * Has the compressed data come to its end?  Of what follows a member two bytes must have been seen
 * to be another one.
 */
static inline bool gunzip_is_whole(const struct gunzip *gunzip)
{
	return gunzip->is_ended;
}

#endif
