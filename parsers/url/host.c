#include "parsers/url/host.h"

#include <arpa/inet.h>
#include <idn2.h>

#include "parsers/text/ascii.h"
#include "parsers/text/hex.h"
#include "parsers/text/utf8.h"
#include "parsers/url/punycode.h"

#define IPV6_PIECES 8

/*
 * What a byte of a domain becomes; 0 for the forbidden domain code points (WHATWG URL
 * 3.1) and for what is not ASCII.
 */
/* clang-format off */
static const char domain_byte[256] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, '!', '"', 0, '$', 0, '&', '\'', '(', ')', '*', '+', ',', '-', '.', 0,
	'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 0, ';', 0, '=', 0, 0,
	0, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
	'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 0, 0, 0, 0, '_',
	'`', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
	'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', '{', 0, '}', '~', 0,
};
/* clang-format on */

/* Copy domain in lower case up to the first byte that is not allowed; returns the bytes copied. */
static size_t copy_domain(struct slice domain, char *out)
{
	size_t i;

	for (i = 0; i < domain.size; i++) {
		char byte = domain_byte[(unsigned char)domain.at[i]];

		if (byte == 0)
			break;
		out[i] = byte;
	}
	return i;
}

/* Decode the escapes of text into out (text.size bytes). */
static struct slice decode_escapes(struct slice text, char *out)
{
	size_t size = 0;

	while (text.size > 0) {
		int byte = hex_escape(text);
		size_t taken = byte < 0 ? 1 : 3;

		out[size++] = byte < 0 ? text.at[0] : (char)byte;
		text.at += taken;
		text.size -= taken;
	}
	return (struct slice){ out, size };
}

/* Does a label of this name in lower case begin with "xn--"? */
static bool has_xn_label(struct slice name)
{
	const char *at = name.at;

	while ((at = memmem(at, (size_t)(name.at + name.size - at), "xn--", 4))) {
		if (at == name.at || at[-1] == '.')
			return true;
		at += 4;
	}
	return false;
}

/*
 * Names that libidn2 refuses.  It maps as UTS 46 does and then asks IDNA2008's lists, which a
 * browser does not (CheckHyphens and UseSTD3ASCIIRules are false in WHATWG URL 3.3): symbols and
 * hyphens anywhere are fine.  So a label is cut at these, libidn2 maps the pieces between them, and
 * what they make is encoded here.
 */
#define LABEL_POINTS_MAX HOST_BYTES_MAX

struct label {
	uint32_t points[LABEL_POINTS_MAX];
	size_t count;
};

/* Symbols that UTS 46 lets stand as they are: arrows to dingbats, and emoji. */
static bool is_symbol(uint32_t point)
{
	return (point >= 0xA1 && point <= 0xBF) || point == 0xD7 || point == 0xF7 ||
	       (point >= 0x2190 && point <= 0x2BFF) || (point >= 0x1F000 && point <= 0x1FAFF);
}

static bool add_point(struct label *label, uint32_t point)
{
	if (label->count == LABEL_POINTS_MAX)
		return false;
	label->points[label->count++] = point;
	return true;
}

/* Add what libidn2 makes of a piece of a label; false if it refuses it. */
static bool add_piece(struct label *label, struct slice piece)
{
	char text[HOST_BYTES_MAX + 1], *ascii, *mapped;
	bool is_good = true;

	if (piece.size == 0)
		return true;
	memcpy(text, piece.at, piece.size);
	text[piece.size] = '\0';
	if (idn2_to_ascii_8z(text, &ascii, IDN2_NONTRANSITIONAL) != IDN2_OK)
		return false;
	if (idn2_to_unicode_8z8z(ascii, &mapped, 0) != IDN2_OK) {
		idn2_free(ascii);
		return false;
	}
	for (const char *at = mapped, *end = at + strlen(at); at < end && is_good;) {
		size_t size = utf8_step(at, end);

		is_good = add_point(label, utf8_decode(at, size));
		at += size;
	}
	idn2_free(ascii);
	idn2_free(mapped);
	return is_good;
}

/* Map a label piece by piece; false if a piece is no part of a name. */
static bool map_label(struct slice text, struct label *label)
{
	const char *at = text.at, *end = at + text.size, *piece = at;

	for (; at < end;) {
		size_t size = utf8_step(at, end);
		uint32_t point = utf8_decode(at, size);
		bool is_selector = point >= 0xFE00 && point <= 0xFE0F; /* of emoji: ignored */
		struct slice one = { at, size };
		bool is_sign; /* of ASCII; copy_domain() knows which are allowed */

		at += size;
		if (size == 1 && (signed char)*one.at < 0)
			return false; /* no UTF-8 */
		is_sign = point < 0x80 && !ascii_is_letter(*one.at) && !ascii_is_digit(*one.at);
		if (!is_sign && !is_selector && !is_symbol(point))
			continue;
		if (!add_piece(label, (struct slice){ piece, (size_t)(one.at - piece) }))
			return false;
		if (point == '-'
			    ? !add_point(label, point)
			    : !is_selector && !add_piece(label, one) && !add_point(label, point))
			return false;
		piece = at;
	}
	return add_piece(label, (struct slice){ piece, (size_t)(end - piece) });
}

/* Write a label, as "xn--..." if it is not ASCII.  Returns its bytes, or 0. */
static size_t write_label(struct slice text, char *out, size_t room)
{
	struct label label = { .count = 0 };
	bool is_ascii = true;
	size_t size;

	if (!map_label(text, &label) || label.count + 4 > room)
		return 0;
	for (size_t i = 0; i < label.count; i++)
		is_ascii &= label.points[i] < 0x80;
	if (!is_ascii) {
		memcpy(out, "xn--", 4);
		size = punycode_encode(label.points, label.count, out + 4, room - 4);
		return size ? size + 4 : 0;
	}
	for (size_t i = 0; i < label.count; i++)
		out[i] = (char)label.points[i];
	return label.count;
}

/* A label that is in "xn--" form: it must be what its characters become.  Returns its bytes, or 0.
 */
static size_t copy_encoded_label(struct slice text, char *out, size_t room)
{
	char label[HOST_BYTES_MAX + 1], *decoded;
	size_t size;

	memcpy(label, text.at, text.size);
	label[text.size] = '\0';
	if (idn2_to_unicode_8z8z(label, &decoded, 0) != IDN2_OK)
		return 0;
	size = write_label(slice_of(decoded), out, room);
	idn2_free(decoded);
	return slice_equal(text, (struct slice){ out, size }) ? size : 0;
}

/* Copy domain to out (HOST_BYTES_MAX) with a "." for each sign that UTS 46 takes for one. */
static struct slice plain_dots(struct slice domain, char *out)
{
	static const char *const dots[] = { "\xE3\x80\x82", "\xEF\xBC\x8E", "\xEF\xBD\xA1" };
	size_t size = 0;

	for (size_t i = 0; i < domain.size;) {
		bool is_dot = false;

		for (size_t n = 0; n < 3 && domain.size - i >= 3; n++)
			is_dot |= memcmp(domain.at + i, dots[n], 3) == 0;
		out[size++] = is_dot ? '.' : domain.at[i];
		i += is_dot ? 3 : 1;
	}
	return (struct slice){ out, size };
}

/* A domain that libidn2 refuses, label by label.  Returns its bytes, or 0 if it has none. */
static size_t convert_labels(struct slice domain, char *out)
{
	char plain[HOST_BYTES_MAX];
	size_t size = 0;

	domain = plain_dots(domain, plain);
	for (bool has_dot = true; has_dot;) {
		const char *dot = memchr(domain.at, '.', domain.size);
		struct slice label = { domain.at, dot ? (size_t)(dot - domain.at) : domain.size };
		bool is_encoded = label.size >= 4 && memcmp(label.at, "xn--", 4) == 0;
		size_t room = HOST_BYTES_MAX - size;
		size_t written = is_encoded ? copy_encoded_label(label, out + size, room)
					    : write_label(label, out + size, room);

		has_dot = dot != NULL;
		if (written == 0 && (label.size > 0 || size == 0))
			return 0;
		size += written;
		if (has_dot && size < HOST_BYTES_MAX)
			out[size++] = '.';
		domain.at += label.size + has_dot;
		domain.size -= label.size + has_dot;
	}
	return size;
}

/* A domain in UTF-8 to its xn-- form.  Returns its bytes, or 0 if it has none. */
static size_t convert_domain(struct slice domain, char *out)
{
	/* Without the round trip, which knows IDNA2008 only, emoji domains in xn-- form pass. */
	static const int flags = IDN2_NONTRANSITIONAL | IDN2_NO_ALABEL_ROUNDTRIP;
	char text[HOST_BYTES_MAX + 1], *ascii;
	size_t size;

	if (memchr(domain.at, '\0', domain.size))
		return 0;
	memcpy(text, domain.at, domain.size);
	text[domain.size] = '\0';
	if (idn2_to_ascii_8z(text, &ascii, flags) != IDN2_OK) {
		size = convert_labels(domain, text);
		return copy_domain((struct slice){ text, size }, out) < size ? 0 : size;
	}

	size = strlen(ascii);
	if (size > HOST_BYTES_MAX || copy_domain((struct slice){ ascii, size }, out) < size)
		size = 0; /* a full-width "％" became a "%", for example */
	idn2_free(ascii);
	return size;
}

/*
 * The same, but only to a form that is its own: "é~.x" becomes a name that libidn2 then
 * refuses, and a canonical URL has to stay one.
 */
static size_t domain_to_ascii(struct slice domain, char *out)
{
	struct slice ascii = { out, convert_domain(domain, out) };
	char again[HOST_BYTES_MAX];
	size_t size;

	if (!has_xn_label(ascii))
		return ascii.size;
	size = convert_domain(ascii, again);
	return slice_equal(ascii, (struct slice){ again, size }) ? size : 0;
}

/* The next part of a dotted name, taken off its front. */
static struct slice take_part(struct slice *name)
{
	const char *dot = memchr(name->at, '.', name->size);
	struct slice part = { name->at, dot ? (size_t)(dot - name->at) : name->size };
	size_t taken = part.size + (dot != NULL);

	name->at += taken;
	name->size -= taken;
	return part;
}

/*
 * Parse a part of an IPv4 address (WHATWG URL 3.5, IPv4 number parser): decimal, octal
 * after "0", hexadecimal after "0x"; "0x" alone is 0.
 * Returns -1 if it is not a number; one too large for 32 bits stays just too large.
 */
static int64_t parse_number(struct slice part)
{
	int64_t value = 0;
	int radix = 10;

	if (part.size == 0)
		return -1;
	if (part.size >= 2 && part.at[0] == '0') {
		bool is_hex = part.at[1] == 'x';

		radix = is_hex ? 16 : 8;
		part.at += is_hex ? 2 : 1;
		part.size -= is_hex ? 2 : 1;
	}
	for (size_t i = 0; i < part.size; i++) {
		int digit = hex_value(part.at[i]);

		if (digit < 0 || digit >= radix)
			return -1;
		value = value * radix + digit;
		if (value > UINT32_MAX)
			value = (int64_t)UINT32_MAX + 1;
	}
	return value;
}

static bool is_all_digits(struct slice part)
{
	for (size_t i = 0; i < part.size; i++)
		if (part.at[i] < '0' || part.at[i] > '9')
			return false;
	return part.size > 0;
}

/* Such a name is an IPv4 address or an error ("ends in a number checker"). */
static bool ends_in_number(struct slice name)
{
	const char *dot;

	if (name.size > 1 && name.at[name.size - 1] == '.')
		name.size--;
	dot = memrchr(name.at, '.', name.size);
	if (dot) {
		name.size -= (size_t)(dot + 1 - name.at);
		name.at = dot + 1;
	}
	if (name.size == 0 || name.at[0] < '0' || name.at[0] > '9')
		return false;
	return is_all_digits(name) || parse_number(name) >= 0;
}

static size_t write_decimal(char *out, unsigned value)
{
	size_t size = 0;

	if (value >= 100)
		out[size++] = (char)('0' + value / 100);
	if (value >= 10)
		out[size++] = (char)('0' + value / 10 % 10);
	out[size++] = (char)('0' + value % 10);
	return size;
}

/* Parse one to four numbers, of which the last fills the bytes that are left. */
static bool parse_ipv4(struct slice name, uint32_t *address)
{
	uint32_t bytes = 0;

	if (name.at[name.size - 1] == '.')
		name.size--;
	for (unsigned bits = 32; bits > 0; bits -= 8) {
		int64_t number = parse_number(take_part(&name));

		if (number < 0)
			return false;
		if (name.size == 0) {
			*address = bytes | (uint32_t)number;
			return number >> bits == 0;
		}
		if (number > 255)
			return false;
		bytes |= (uint32_t)number << (bits - 8);
	}
	return false;
}

static enum host_error write_ipv4(struct slice name, char *out, size_t *size)
{
	uint32_t address;
	size_t written = 0;

	if (!parse_ipv4(name, &address))
		return HOST_BAD_ADDRESS;
	for (int shift = 24; shift >= 0; shift -= 8) {
		written += write_decimal(out + written, address >> shift & 255);
		if (shift > 0)
			out[written++] = '.';
	}
	*size = written;
	return HOST_OK;
}

/* Where the longest run of two zero pieces or more begins, the first of equals; its length in *run.
 */
static int longest_zeros(const uint16_t pieces[IPV6_PIECES], int *run)
{
	int begin = -1;

	*run = 1;
	for (int i = 0; i < IPV6_PIECES; i++) {
		int end = i;

		while (end < IPV6_PIECES && pieces[end] == 0)
			end++;
		if (end - i > *run) {
			begin = i;
			*run = end - i;
		}
		if (end > i)
			i = end;
	}
	return begin;
}

static size_t write_piece(char *out, unsigned piece)
{
	size_t size = 0;

	for (int shift = 12; shift >= 0; shift -= 4)
		if (size > 0 || shift == 0 || piece >> shift)
			out[size++] = "0123456789abcdef"[piece >> shift & 15];
	return size;
}

/* RFC 5952 without its mixed form, as the Standard has it: "[::ffff:102:304]". */
static size_t write_pieces(const uint16_t pieces[IPV6_PIECES], char *out)
{
	int run, zeros = longest_zeros(pieces, &run);
	size_t size = 0;

	out[size++] = '[';
	for (int i = 0; i < IPV6_PIECES; i++) {
		if (i == zeros) {
			out[size++] = ':';
			if (i == 0)
				out[size++] = ':';
			i += run - 1;
			continue;
		}
		size += write_piece(out + size, pieces[i]);
		if (i < IPV6_PIECES - 1)
			out[size++] = ':';
	}
	out[size++] = ']';
	return size;
}

/* host begins with "[". */
static enum host_error write_ipv6(struct slice host, char *out, size_t *size)
{
	char text[INET6_ADDRSTRLEN];
	uint16_t pieces[IPV6_PIECES];
	struct in6_addr address;
	size_t inner = host.size - 1;

	if (host.at[inner] != ']' || inner - 1 >= sizeof(text))
		return HOST_BAD_ADDRESS;
	inner--;
	memcpy(text, host.at + 1, inner);
	text[inner] = '\0';
	if (strlen(text) != inner || inet_pton(AF_INET6, text, &address) != 1)
		return HOST_BAD_ADDRESS;
	for (int i = 0; i < IPV6_PIECES; i++)
		pieces[i] = (uint16_t)(address.s6_addr[2 * i] << 8 | address.s6_addr[2 * i + 1]);
	*size = write_pieces(pieces, out);
	return HOST_OK;
}

enum host_error host_write(struct slice host, char *out, size_t *size)
{
	char decoded[HOST_BYTES_MAX];
	size_t written;

	if (host.size == 0)
		return HOST_EMPTY;
	if (host.size > HOST_BYTES_MAX)
		return HOST_BAD_NAME;
	if (host.at[0] == '[')
		return write_ipv6(host, out, size);

	written = copy_domain(host, out);
	if (written < host.size) {
		host = decode_escapes(host, decoded);
		written = copy_domain(host, out);
	}
	if (written < host.size || has_xn_label((struct slice){ out, written }))
		written = domain_to_ascii(host, out);
	if (written == 0)
		return HOST_BAD_NAME;
	if (ends_in_number((struct slice){ out, written }))
		return write_ipv4((struct slice){ out, written }, out, size);
	*size = written;
	return HOST_OK;
}
