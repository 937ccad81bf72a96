#ifndef CHARSET_ENCODE_H
#define CHARSET_ENCODE_H

#include "parsers/charset/charset.h"

/*
 * charset_encode: the query of a link as a browser asks for it, in the encoding of its page
 * (WHATWG URL 1.3 "percent-encode after encoding", Encoding 4.3 and 8 to 14).
 *
 * Path and host are UTF-8 on every page; so is the query on a page in UTF-8 or UTF-16.
 */
struct charset_encoder;

/* converters: or NULL; must stay.  The caller frees it with charset_encoder_free(). */
struct charset_encoder *charset_encoder_new(const struct charset_converters *converters);
void charset_encoder_free(struct charset_encoder *encoder);

/* What a byte of text may become: an escape of it, or of the digits of "&#1114111;". */
#define CHARSET_QUERY_GROWTH_MAX 9

/* Does a query have to be encoded on pages of this charset? */
bool charset_encodes_query(struct charset charset);

/*
 * Write reference (UTF-8) to out with the query encoded: its characters beyond ASCII are escapes of
 * the bytes they have in charset, or "%26%23NNN%3B" if they have none there.  What is ASCII
 * stays as it is.  out needs CHARSET_QUERY_GROWTH_MAX times its size.
 * Returns reference itself if it has no such characters, else what was written.
 */
struct slice charset_encode_query(struct charset_encoder *encoder, struct charset charset,
				  struct slice reference, char *out);

#endif
