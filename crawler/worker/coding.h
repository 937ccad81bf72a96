#ifndef CODING_H
#define CODING_H

#include "parsers/text/slice.h"
#include <stdbool.h>

/*
 * coding: Content-Encoding, and Transfer-Encoding besides "chunked", undone as the bytes arrive
 * (RFC 9110 8.4, RFC 9112 6.1).
 *
 * Ours rather than libcurl's, because that takes a compressed body that was cut for a whole
 * one.  gzip (any number of members), deflate (zlib's or bare), br, zstd; one upon the other, too.
 */
enum coding_kind {
	CODING_IDENTITY,
	CODING_GZIP,
	CODING_DEFLATE,
	CODING_BR,
	CODING_ZSTD,
	CODING_UNKNOWN
};

/* What we ask for. */
#define CODING_ACCEPT "gzip, deflate, br, zstd"

/*
 * The kind that a word of a Content-Encoding names.  UNKNOWN is a coding that exists and is not
 * undone here; a word that names none ("none", "utf-8", "aws-chunked") changes nothing, and is
 * IDENTITY, as no word is.
 */
enum coding_kind coding_from_name(struct slice name);

/* What was done to a body, in that order; never IDENTITY or UNKNOWN. */
#define CODING_LAYERS_MAX 5
struct coding_layers {
	unsigned count;
	enum coding_kind kinds[CODING_LAYERS_MAX];
};

/* A decoder that is used for one body after another. */
struct coding;

enum coding_result {
	CODING_FINE,
	CODING_FULL,   /* more decoded bytes than out takes */
	CODING_BROKEN, /* not data of this kind */
};

struct coding *coding_new(void);
void coding_free(struct coding *coding);

/* Begin a body: decoded bytes go to out, at most out_bytes. */
void coding_begin(struct coding *coding, const struct coding_layers *layers, char *out,
		  size_t out_bytes);

/* Take the next bytes that arrived.  What comes after the end of the compressed data is ignored. */
enum coding_result coding_write(struct coding *coding, struct slice bytes);

/* Bytes decoded so far. */
size_t coding_size(const struct coding *coding);

/* Has the compressed data come to its end?  (Identity and an empty body: always.) */
bool coding_is_whole(const struct coding *coding);

/* The same, of what says itself where it ends: then it is whole, whoever says otherwise. */
bool coding_is_proved_whole(const struct coding *coding);

/* Can nothing that still comes be of the page?  Until then another member or frame may follow. */
bool coding_is_over(const struct coding *coding);

#endif
