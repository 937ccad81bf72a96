#include "config/proxy_line.h"

#include <arpa/inet.h>
#include <string.h>

#include "parsers/text/ascii.h"
#include "parsers/text/hex.h"

static const char *const schemes[] = { "http", "https", "socks4", "socks4a", "socks5", "socks5h" };

#define UNKNOWN_SCHEME "no such proxy: there are http, https, socks4, socks4a, socks5, socks5h"
#define NOT_IN_PLACE   "'NAME:PASSWORD@' goes before the host, an IPv6 address into '[...]'"
#define TOO_LONG       "SOCKS 5 has names and passwords of at most 255 bytes"
#define NOT_ESCAPED    "in name and password '/' is written %2F, '?' %3F, '#' %23, '%' %25"

#define SOCKS5_MAX 255 /* bytes of a name, and of a password */

/* A proxy, taken apart; its texts point into the line. */
struct parts {
	const char *scheme;
	struct slice user, host; /* user is absent if there is none; an IPv6 host has brackets */
	unsigned port;
};

static struct slice from(struct slice text, size_t at)
{
	return (struct slice){ text.at + at, text.size - at };
}

static const char *check_bytes(struct slice text)
{
	if (text.size == 0)
		return "it is empty";
	if (text.size > PROXY_LINE_MAX)
		return "it is longer than 2048 bytes";
	for (size_t i = 0; i < text.size; i++) {
		unsigned char byte = (unsigned char)text.at[i];

		if (byte <= ' ' || byte == 0x7F)
			return "a proxy has no white space (in a password: %20)";
		if (byte > 0x7F)
			return "a proxy is ASCII (a name: xn--...; in a password: %C3%BC)";
	}
	return NULL;
}

_Static_assert(PROXY_LINE_MAX == 2048, "the message says so");

static const char *take_scheme(struct slice *text, struct parts *parts)
{
	const char *colon = memmem(text->at, text->size, "://", 3);
	size_t size = colon ? (size_t)(colon - text->at) : 0;

	parts->scheme = schemes[0];
	/* "u:p://@h" has none. */
	if (!colon || memchr(text->at, ':', size) || memchr(text->at, '@', size))
		return NULL;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (!ascii_equal((struct slice){ text->at, size }, slice_of(schemes[i])))
			continue;
		parts->scheme = schemes[i];
		*text = from(*text, size + 3);
		return NULL;
	}
	return UNKNOWN_SCHEME;
}

/* Escapes that are none, and what no server would be sent: libcurl takes neither. */
static bool is_escaped(struct slice user)
{
	for (size_t i = 0; i < user.size; i++) {
		if (user.at[i] == '%' && hex_escape(from(user, i)) < ' ')
			return false;
	}
	return true;
}

/* RFC 1929 2: each has its length in a byte. */
static bool fits_socks5(struct slice user)
{
	size_t size = 0;
	bool is_password = false;

	for (size_t i = 0; i < user.size; i++) {
		if (user.at[i] == ':' && !is_password) {
			is_password = true;
			size = 0;
			continue;
		}
		i += user.at[i] == '%' ? 2 : 0;
		if (++size > SOCKS5_MAX)
			return false;
	}
	return true;
}

static const char *take_user(struct slice *text, struct parts *parts)
{
	const char *at = memrchr(text->at, '@', text->size);
	size_t size = at ? (size_t)(at - text->at) : 0;

	if (!at)
		return NULL;
	parts->user = (struct slice){ text->at, size };
	*text = from(*text, size + 1);
	if (!is_escaped(parts->user) || memchr(parts->user.at, '/', size) ||
	    memchr(parts->user.at, '?', size) || memchr(parts->user.at, '#', size))
		return NOT_ESCAPED;
	if (strncmp(parts->scheme, "socks4", 6) == 0 && memchr(parts->user.at, ':', size))
		return "SOCKS 4 has no passwords: socks5 has";
	if (strncmp(parts->scheme, "socks5", 6) == 0 && !fits_socks5(parts->user))
		return TOO_LONG;
	return NULL;
}

static const char *read_port(struct slice digits, struct parts *parts)
{
	unsigned port = 0;

	for (size_t i = 0; i < digits.size && port <= UINT16_MAX; i++) {
		if (!ascii_is_digit(digits.at[i]))
			return NOT_IN_PLACE;
		port = port * 10 + (unsigned)(digits.at[i] - '0');
	}
	if (port == 0 || port > UINT16_MAX)
		return "a port is a number from 1 to 65535";
	parts->port = port;
	return NULL;
}

/* "127.0.0.1" by its look; "999.1.1.1" is nobody's. */
static bool is_host(struct slice host)
{
	char text[256];
	struct in6_addr address;
	bool is_name = false;

	if (host.size == 0 || host.size >= sizeof(text))
		return false;
	if (host.at[0] == '[') {
		if (host.size < 3 || host.at[host.size - 1] != ']')
			return false;
		memcpy(text, host.at + 1, host.size - 2);
		text[host.size - 2] = '\0';
		return inet_pton(AF_INET6, text, &address) == 1;
	}
	memcpy(text, host.at, host.size);
	text[host.size] = '\0';
	for (size_t i = 0; i < host.size; i++) {
		is_name = is_name || (!ascii_is_digit(text[i]) && text[i] != '.');
		if (!ascii_is_letter(text[i]) && !ascii_is_digit(text[i]) &&
		    !strchr("-._", text[i]))
			return false;
	}
	return is_name || inet_pton(AF_INET, text, &address) == 1;
}

static const char *take_host(struct slice text, struct parts *parts)
{
	const char *end =
		text.size > 0 && text.at[0] == '[' ? memchr(text.at, ']', text.size) : NULL;
	const char *colon;
	size_t rest = end ? (size_t)(end + 1 - text.at) : 0;

	if (text.size > 0 && text.at[text.size - 1] == '/')
		text.size--;
	if (memchr(text.at, '/', text.size) || memchr(text.at, '?', text.size) ||
	    memchr(text.at, '#', text.size))
		return "a proxy has no path: SCHEME://HOST:PORT";
	colon = memchr(text.at + rest, ':', text.size - rest);
	parts->port = strcmp(parts->scheme, "https") == 0 ? 443 : 1080;
	parts->host = (struct slice){ text.at, colon ? (size_t)(colon - text.at) : text.size };
	if (colon) {
		const char *wrong = read_port(from(text, parts->host.size + 1), parts);

		if (wrong)
			return wrong;
	}
	return is_host(parts->host) ? NULL : "its host is neither a name nor an address";
}

/* libcurl looks for the host behind the last "@", but not every version of it. */
static const char *escape(struct arena *arena, struct slice user)
{
	char *out = arena_alloc(arena, 3 * user.size + 1, 1), *end = out;

	for (size_t i = 0; i < user.size; i++) {
		if (user.at[i] == '@')
			end = stpcpy(end, "%40");
		else
			*end++ = user.at[i];
	}
	return out;
}

const char *proxy_line_read(struct arena *arena, struct slice text, struct config_proxy *proxy)
{
	struct parts parts = { .port = 0 };
	const char *wrong;
	char *host;

	text = ascii_trim(text);
	wrong = check_bytes(text);
	wrong = wrong ? wrong : take_scheme(&text, &parts);
	wrong = wrong ? wrong : take_user(&text, &parts);
	wrong = wrong ? wrong : take_host(text, &parts);
	if (wrong)
		return wrong;
	host = arena_copy(arena, parts.host);
	for (char *at = host; *at; at++)
		*at = ascii_lower(*at);
	proxy->name = arena_print(arena, "%s://%s:%u", parts.scheme, host, parts.port);
	proxy->url = proxy->name;
	if (parts.user.at)
		proxy->url = arena_print(arena, "%s://%s@%s:%u", parts.scheme,
					 escape(arena, parts.user), host, parts.port);
	return NULL;
}
