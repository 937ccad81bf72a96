#ifndef HOST_H
#define HOST_H

#include "parsers/text/limits.h"
#include "parsers/text/slice.h"

/*
 * host: the host of an http or https URL in its one spelling (WHATWG URL 3.5).
 *
 *	EXAMPLE.Org		example.org
 *	%66aß.de		xn--fa-hia.de
 *	0x7f.1			127.0.0.1
 *	[0:0::FFFF:1.2.3.4]	[::ffff:102:304]
 *
 * Names that are not plain ASCII, and those with an xn-- label, go through libidn2
 * (UTS #46, non-transitional).  What it refuses and browsers take is put together here: emoji
 * and symbols from arrows to dingbats, hyphens anywhere in a label, "_" in a non-ASCII one.
 * Still stricter than browsers, in names that hardly exist: other symbols, such as U+20AC and
 * those of music; "~", "=" and the like in a non-ASCII label; a label over 63 bytes in a name
 * that has a non-ASCII one.
 */

enum host_error {
	HOST_OK,
	HOST_EMPTY,
	HOST_BAD_NAME,    /* forbidden character, bad escape, not a valid IDNA name, too long */
	HOST_BAD_ADDRESS, /* ends in a number or stands in brackets, but is no address */
};

/*
 * Write the canonical form of host to out, which has room for HOST_BYTES_MAX bytes, and
 * its bytes to *size.
 * Returns HOST_OK, or what is wrong with it (out is then undefined).
 */
enum host_error host_write(struct slice host, char *out, size_t *size);

#endif
