#ifndef PUNYCODE_H
#define PUNYCODE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Write code points as ASCII (RFC 3492 6.3), what stands behind "xn--" of a label.
 * Returns the bytes written, or 0 if they do not fit room.
 */
size_t punycode_encode(const uint32_t *points, size_t count, char *out, size_t room);

#endif
