#include "parsers/url/url.h"

#include "parsers/text/ascii.h"
#include "parsers/text/hex.h"
#include "parsers/url/host.h"

#define PORT_MAX 65535

_Static_assert(URL_BYTES_MAX == 8192, "url_error_text() says so");
_Static_assert(URL_BYTES_MAX <= UINT16_MAX, "offsets into a URL have 16 bits");
_Static_assert(ORIGIN_BYTES_MAX < URL_BYTES_MAX, "every origin, and a '/' behind it, has room");

enum scheme {
	SCHEME_NONE,
	SCHEME_HTTP,
	SCHEME_HTTPS,
	SCHEME_OTHER,
};

/* Where a byte may stand as it is; elsewhere it is escaped, or has a meaning. */
enum byte_class {
	IN_PATH = 1,    /* outside the path percent-encode set, and not % / \ */
	IN_QUERY = 2,   /* outside the special-query percent-encode set, and not % */
	IN_SCHEME = 4,  /* after its first letter */
	UNRESERVED = 8, /* RFC 3986 2.3: an escape of it says nothing */
};

/* clang-format off */
#define P IN_PATH
#define Q IN_QUERY
#define B (IN_PATH | IN_QUERY)
#define S (B | IN_SCHEME)
#define U (B | UNRESERVED)
#define A (B | IN_SCHEME | UNRESERVED)
static const unsigned char byte_class[256] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, B, 0, 0, B, 0, B, P, B, B, B, S, B, A, A, Q, /*   ! " # $ % & ' ( ) * + , - . / */
	A, A, A, A, A, A, A, A, A, A, B, B, 0, B, 0, Q, /* 0 1 2 3 4 5 6 7 8 9 : ; < = > ? */
	B, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* @ A B C D E F G H I J K L M N O */
	A, A, A, A, A, A, A, A, A, A, A, B, Q, B, Q, U, /* P Q R S T U V W X Y Z [ \ ] ^ _ */
	Q, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* ` a b c d e f g h i j k l m n o */
	A, A, A, A, A, A, A, A, A, A, A, Q, B, Q, U, 0, /* p q r s t u v w x y z { | } ~   */
};
#undef P
#undef Q
#undef B
#undef S
#undef U
#undef A
/* clang-format on */

static bool is_in(enum byte_class class, char byte)
{
	return byte_class[(unsigned char)byte] & class;
}

static bool is_slash(char byte)
{
	return byte == '/' || byte == '\\';
}

/* Removed wherever they stand (WHATWG URL 4.4, step 3). */
static bool is_tab_or_newline(char byte)
{
	return byte == '\t' || byte == '\n' || byte == '\r';
}

const char *url_error_text(enum url_error error)
{
	switch (error) {
	case URL_OK:
		return "no error";
	case URL_EMPTY:
		return "nothing there: a URL begins with http:// or https://";
	case URL_TOO_LONG:
		return "too long: a URL has at most 8192 bytes";
	case URL_NO_SCHEME:
		return "no scheme: begin the URL with http:// or https://";
	case URL_OTHER_SCHEME:
		return "other scheme or none: begin the URL with http:// or https://";
	case URL_NO_HOST:
		return "no host: a name or an address belongs after http://";
	case URL_BAD_HOST:
		return "bad host: not a valid host name";
	case URL_BAD_ADDRESS:
		return "bad host: not a valid IPv4 or IPv6 address";
	case URL_BAD_PORT:
		return "bad port: a number up to 65535 belongs after the ':'";
	}
	return "unknown error";
}

static void advance(struct slice *rest, size_t size)
{
	rest->at += size;
	rest->size -= size;
}

/* Take "http:", "https:" or another scheme off the front of rest. */
static enum scheme take_scheme(struct slice *rest)
{
	size_t size = 0;
	bool is_http;

	if (rest->size == 0 || !ascii_is_letter(rest->at[0]))
		return SCHEME_NONE;
	while (size < rest->size && is_in(IN_SCHEME, rest->at[size]))
		size++;
	if (size == rest->size || rest->at[size] != ':')
		return SCHEME_NONE;

	is_http = (size == 4 || size == 5) && ascii_same(rest->at, "https", size);
	advance(rest, size + 1);
	return !is_http ? SCHEME_OTHER : size == 4 ? SCHEME_HTTP : SCHEME_HTTPS;
}

/* The bytes of an authority: up to the path or query. */
static size_t authority_size(struct slice rest)
{
	size_t size = 0;

	while (size < rest.size && !is_slash(rest.at[size]) && rest.at[size] != '?')
		size++;
	return size;
}

/* The bytes of the host of "host:port"; a ":" in brackets belongs to the host. */
static size_t host_size(struct slice authority)
{
	bool is_inside = false;

	for (size_t i = 0; i < authority.size; i++) {
		char byte = authority.at[i];

		if (byte == ':' && !is_inside)
			return i;
		if (byte == '[' || byte == ']')
			is_inside = byte == '[';
	}
	return authority.size;
}

/* The number after ":", or the scheme's own if there is none.  Returns -1 if it is no port. */
static int32_t parse_port(struct slice text, bool is_https)
{
	int32_t port = 0;

	if (text.size == 0)
		return is_https ? 443 : 80;
	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return -1;
		port = port * 10 + (text.at[i] - '0');
		if (port > PORT_MAX)
			return -1;
	}
	return port;
}

static void write_port(struct url *draft)
{
	char digits[5];
	size_t count = 0;

	if (draft->port == (draft->is_https ? 443 : 80))
		return;
	for (unsigned port = draft->port; port > 0 || count == 0; port /= 10)
		digits[count++] = (char)('0' + port % 10);
	draft->text[draft->size++] = ':';
	while (count > 0)
		draft->text[draft->size++] = digits[--count];
}

static enum url_error error_of_host(enum host_error error)
{
	static const enum url_error errors[] = {
		[HOST_OK] = URL_OK,
		[HOST_EMPTY] = URL_NO_HOST,
		[HOST_BAD_NAME] = URL_BAD_HOST,
		[HOST_BAD_ADDRESS] = URL_BAD_ADDRESS,
	};

	return errors[error];
}

struct slice url_user(struct slice reference)
{
	const char *hash = reference.size > 0 ? memchr(reference.at, '#', reference.size) : NULL;
	const char *colon, *at_sign;

	if (hash)
		reference.size = (size_t)(hash - reference.at);
	colon = reference.size > 0 ? memchr(reference.at, ':', reference.size) : NULL;
	if (!colon)
		return (struct slice){ 0 };
	advance(&reference, (size_t)(colon + 1 - reference.at));
	while (reference.size > 0 &&
	       (is_slash(reference.at[0]) || is_tab_or_newline(reference.at[0])))
		advance(&reference, 1);
	reference.size = authority_size(reference);
	at_sign = memrchr(reference.at, '@', reference.size);
	return at_sign ? (struct slice){ reference.at, (size_t)(at_sign - reference.at) }
		       : (struct slice){ 0 };
}

/* Take the authority off the front of rest, and write scheme, host and port. */
static enum url_error write_origin(struct url *draft, bool is_https, struct slice *rest)
{
	struct slice authority = { rest->at, authority_size(*rest) };
	const char *at_sign = memrchr(authority.at, '@', authority.size);
	struct slice host, port_text;
	enum url_error error;
	int32_t port;
	size_t size;

	advance(rest, authority.size);
	if (at_sign)
		advance(&authority, (size_t)(at_sign + 1 - authority.at));
	host = (struct slice){ authority.at, host_size(authority) };
	port_text = authority;
	advance(&port_text, host.size + (host.size < authority.size));

	draft->is_https = is_https;
	draft->host = is_https ? 8 : 7;
	memcpy(draft->text, is_https ? "https://" : "http://", 8);
	error = error_of_host(host_write(host, draft->text + draft->host, &size));
	if (error != URL_OK)
		return error;
	port = parse_port(port_text, is_https);
	if (port < 0)
		return URL_BAD_PORT;

	draft->host_size = (uint16_t)size;
	draft->port = (uint16_t)port;
	draft->size = draft->host + draft->host_size;
	write_port(draft);
	draft->path = draft->size;
	return URL_OK;
}

/* How many bytes of base the result begins with; rest has no authority. */
static size_t kept_of_base(const struct url *base, struct slice rest)
{
	const char *slash;

	if (rest.size == 0 || rest.at[0] == '?')
		return base->query;
	if (is_slash(rest.at[0]))
		return base->path;
	slash = memrchr(base->text + base->path, '/', base->query - base->path);
	return (size_t)(slash + 1 - base->text);
}

/*
 * Would this byte, written at out, make an escape together with a "%" that was none?  Of
 * "%%32e" only a second look would make "%2e", and a third ".": then it stays escaped.
 */
static bool completes_escape(const char *out, char byte)
{
	if (hex_value(byte) < 0)
		return false;
	return out[-1] == '%' || (out[-2] == '%' && hex_value(out[-1]) >= 0);
}

/*
 * Write what rest begins with, an escape or a byte that cannot stand as it is, and take
 * it off.  Returns the new end, or NULL if there is no room before limit.
 */
static char *write_special(char *out, const char *limit, struct slice *rest)
{
	int escaped = hex_escape(*rest);
	char byte = escaped < 0 ? rest->at[0] : (char)escaped;
	bool is_plain =
		escaped < 0 ? byte == '%' : is_in(UNRESERVED, byte) && !completes_escape(out, byte);

	if (limit - out < (is_plain ? 1 : 3))
		return NULL;
	advance(rest, escaped < 0 ? 1 : 3);
	if (!is_plain)
		return hex_put_escape(out, byte);
	*out = byte;
	return out + 1;
}

/*
 * Copy from rest what may stand as it is or be escaped in this place, up to a separator.
 * Returns the new end, or NULL if there is no room before limit.
 */
static inline char *write_run(enum byte_class class, char *out, const char *limit,
			      struct slice *rest)
{
	const char *at = rest->at, *end = rest->at + rest->size;

	while (at < end && is_in(class, *at)) {
		if (out == limit)
			return NULL;
		*out++ = *at++;
	}
	*rest = (struct slice){ at, (size_t)(end - at) };
	return out;
}

/*
 * A segment has been written, [segment, out), and a slash or the end follows.  Take back
 * a dot segment, and for ".." the one before it (never the "/" at path).
 * Returns the new end: out, or the beginning of a segment.
 */
static char *close_segment(const char *path, char *segment, char *out)
{
	if (out - segment > 2 || out == segment || segment[0] != '.' || out[-1] != '.')
		return out;
	if (out - segment == 1 || segment == path + 1)
		return segment;
	for (segment--; segment[-1] != '/'; segment--)
		;
	return segment;
}

/* Take the path off the front of rest and append it.  What stands there ends with "/". */
static enum url_error write_path(struct url *draft, struct slice *rest)
{
	const char *path = draft->text + draft->path, *limit = draft->text + URL_BYTES_MAX;
	char *out = draft->text + draft->size, *segment = out;

	for (;;) {
		out = write_run(IN_PATH, out, limit, rest);
		if (!out)
			return URL_TOO_LONG;
		if (rest->size == 0 || rest->at[0] == '?')
			break;
		if (is_slash(rest->at[0])) {
			char *closed = close_segment(path, segment, out);

			if (closed == out) {
				if (out == limit)
					return URL_TOO_LONG;
				*closed++ = '/';
			}
			out = segment = closed;
			advance(rest, 1);
			continue;
		}
		out = write_special(out, limit, rest);
		if (!out)
			return URL_TOO_LONG;
	}
	out = close_segment(path, segment, out);
	draft->size = (uint16_t)(out - draft->text);
	return URL_OK;
}

/* Append rest, which is empty or begins with "?". */
static enum url_error write_query(struct url *draft, struct slice rest)
{
	const char *limit = draft->text + URL_BYTES_MAX;
	char *out = draft->text + draft->size;

	draft->query = draft->size;
	for (;;) {
		out = write_run(IN_QUERY, out, limit, &rest);
		if (!out)
			return URL_TOO_LONG;
		if (rest.size == 0)
			break;
		out = write_special(out, limit, &rest);
		if (!out)
			return URL_TOO_LONG;
	}
	draft->size = (uint16_t)(out - draft->text);
	return URL_OK;
}

/* Write the part of the result that base or the authority decides, and "/" after the latter. */
static enum url_error write_front(struct url *draft, const struct url *base, struct slice *rest)
{
	enum scheme scheme = take_scheme(rest);
	bool has_authority = rest->size >= 2 && is_slash(rest->at[0]) && is_slash(rest->at[1]);
	bool is_https;

	if (scheme == SCHEME_OTHER)
		return URL_OTHER_SCHEME;
	if (scheme == SCHEME_NONE && !base)
		return URL_NO_SCHEME;
	is_https = scheme == SCHEME_NONE ? base->is_https : scheme == SCHEME_HTTPS;

	/* "http:foo" is relative to a base of the same scheme, and "http://foo" elsewhere. */
	if (has_authority || !base || is_https != base->is_https) {
		while (rest->size > 0 && is_slash(rest->at[0]))
			advance(rest, 1);
		return write_origin(draft, is_https, rest);
	}
	if (rest->size == 0)
		*rest = (struct slice){ base->text + base->query, base->size - base->query };
	memcpy(draft, base, offsetof(struct url, text));
	draft->size = (uint16_t)kept_of_base(base, *rest);
	memcpy(draft->text, base->text, draft->size);
	return URL_OK;
}

/* Resolve a reference that has no outer space, fragment, tabs and newlines any more. */
static enum url_error resolve_clean(struct url *url, const struct url *base, struct slice rest)
{
	struct url draft;
	enum url_error error;

	if (rest.size > URL_REFERENCE_BYTES_MAX)
		return URL_TOO_LONG;
	error = write_front(&draft, base, &rest);
	if (error != URL_OK)
		return error;
	if (draft.size == draft.path) {
		draft.text[draft.size++] = '/';
		if (rest.size > 0 && is_slash(rest.at[0]))
			advance(&rest, 1);
	}
	error = write_path(&draft, &rest);
	if (error == URL_OK)
		error = write_query(&draft, rest);
	if (error != URL_OK)
		return error;
	draft.text[draft.size] = '\0';
	url_copy(url, &draft);
	return URL_OK;
}

/* Resolve a reference with tabs or newlines: rare, so a copy without them is good enough. */
static enum url_error resolve_tabbed(struct url *url, const struct url *base, struct slice rest)
{
	char clean[URL_REFERENCE_BYTES_MAX];
	size_t size = 0;

	for (size_t i = 0; i < rest.size; i++) {
		if (is_tab_or_newline(rest.at[i]))
			continue;
		if (size == sizeof(clean))
			return URL_TOO_LONG;
		clean[size++] = rest.at[i];
	}
	return resolve_clean(url, base, (struct slice){ clean, size });
}

/* Take off C0 controls and spaces at both ends (WHATWG URL 4.4, step 1). */
static struct slice trim(struct slice text)
{
	while (text.size > 0 && (unsigned char)text.at[0] <= ' ')
		advance(&text, 1);
	while (text.size > 0 && (unsigned char)text.at[text.size - 1] <= ' ')
		text.size--;
	return text;
}

enum url_error url_resolve(struct url *url, const struct url *base, struct slice reference)
{
	struct slice rest = trim(reference);
	bool has_tab = false;

	if (rest.size == 0 && !base)
		return URL_EMPTY;
	for (size_t i = 0; i < rest.size; i++) {
		if (rest.at[i] == '#')
			rest.size = i; /* no state before the fragment's goes past it */
		else if (is_tab_or_newline(rest.at[i]))
			has_tab = true;
	}
	return has_tab ? resolve_tabbed(url, base, rest) : resolve_clean(url, base, rest);
}

enum url_error url_parse(struct url *url, struct slice text)
{
	return url_resolve(url, NULL, text);
}

void url_copy(struct url *to, const struct url *from)
{
	if (to == from)
		return;
	memcpy(to, from, offsetof(struct url, text));
	memcpy(to->text, from->text, from->size + (size_t)1);
}
