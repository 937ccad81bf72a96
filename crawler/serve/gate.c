#include "serve/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/ascii.h"

#define AUTHORITY_MAX 300 /* bytes, with the NUL: a name has 253 */

/* ---- names that are ours ---- */

static bool is_same(const char *a, const char *b)
{
	return ascii_equal(slice_of(a), slice_of(b));
}

static bool begins_with(const char *text, const char *word)
{
	return ascii_starts_with(slice_of(text), slice_of(word));
}

/* Browsers leave the port of http out. */
static bool is_at(const char *host, const char *name, unsigned port)
{
	size_t size = strlen(name);
	char *end;

	if (!begins_with(host, name))
		return false;
	if (host[size] == '\0')
		return port == 80;
	if (host[size] != ':' || host[size + 1] < '1' || host[size + 1] > '9')
		return false;
	return strtoul(host + size + 1, &end, 10) == port && *end == '\0';
}

static bool is_loopback(const char *host, unsigned port)
{
	static const char *const names[] = { "127.0.0.1", "localhost", "[::1]" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (is_at(host, names[i], port))
			return true;
	}
	return false;
}

/* One with a port is meant as it is: a proxy may stand there; without, at any. */
static bool is_name(const char *host, const char *name)
{
	size_t size = strlen(name);

	if (is_same(host, name))
		return true;
	return !strchr(name, ':') && begins_with(host, name) && host[size] == ':' &&
	       host[size + 1] && strspn(host + size + 1, "0123456789") == strlen(host + size + 1);
}

static bool is_named(const struct gate *gate, const char *host)
{
	for (size_t i = 0; i < gate->name_count; i++) {
		if (is_name(host, gate->names[i]))
			return true;
	}
	return false;
}

static bool is_wildcard(const char *address)
{
	return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

/* Nobody's name server says what an address is: of all of them each is us. */
static bool is_any_address(const char *host, unsigned port)
{
	char address[AUTHORITY_MAX];
	size_t size = host[0] == '[' ? strspn(host, "[0123456789abcdefABCDEF:.")
				     : strspn(host, "0123456789.");

	if (host[0] == '[' && host[size] == ']')
		size++;
	else if (host[0] == '[')
		return false;
	if (size == 0 || size >= sizeof(address))
		return false;
	snprintf(address, sizeof(address), "%.*s", (int)size, host);
	return is_at(host, address, port);
}

static bool is_listened_on(const struct gate *gate, const char *host)
{
	char address[AUTHORITY_MAX];
	bool is_v6 = gate->listen && strchr(gate->listen, ':');

	if (!gate->listen)
		return false;
	if (is_wildcard(gate->listen))
		return is_any_address(host, gate->port);
	snprintf(address, sizeof(address), is_v6 ? "[%s]" : "%s", gate->listen);
	return is_at(host, address, gate->port);
}

bool gate_is_host(const struct gate *gate, const char *host)
{
	return host && (is_loopback(host, gate->port) || is_listened_on(gate, host) ||
			is_named(gate, host));
}

/* Before what has a name may stand a proxy, which speaks TLS. */
bool gate_is_origin(const struct gate *gate, const char *origin, const char *host)
{
	static const char plain[] = "http://", secure[] = "https://";

	if (!origin || !host)
		return false;
	if (strncmp(origin, plain, sizeof(plain) - 1) == 0)
		return is_same(origin + sizeof(plain) - 1, host);
	return is_named(gate, host) && strncmp(origin, secure, sizeof(secure) - 1) == 0 &&
	       is_same(origin + sizeof(secure) - 1, host);
}

/* ---- the token ---- */

static bool is_of_token(char c)
{
	return ascii_is_letter(c) || ascii_is_digit(c) || c == '-' || c == '_';
}

bool gate_may_be_token(const char *text)
{
	size_t size = 0;

	while (is_of_token(text[size]))
		size++;
	return text[size] == '\0' && size >= GATE_TOKEN_LEAST && size < GATE_TOKEN_MAX;
}

static bool is_token(const struct gate *gate, const char *text, size_t size)
{
	size_t wanted = strlen(gate->token);
	unsigned difference = size != wanted || wanted == 0;

	for (size_t i = 0; i < wanted; i++)
		difference |=
			(unsigned char)gate->token[i] ^ (unsigned char)(i < size ? text[i] : '\0');
	return difference == 0;
}

bool gate_is_token(const struct gate *gate, const char *text)
{
	return text && is_token(gate, text, strlen(text));
}

const char *gate_cookie_name(const struct gate *gate, char out[GATE_COOKIE_MAX])
{
	snprintf(out, GATE_COOKIE_MAX, "crawl-%u", gate->port);
	return out;
}

/* "a=1; crawl-8400=TOKEN". */
static bool has_cookie(const struct gate *gate, const char *cookies)
{
	char name[GATE_COOKIE_MAX];
	size_t size = strlen(gate_cookie_name(gate, name));

	while (cookies && *cookies) {
		size_t length;

		cookies += strspn(cookies, " \t;");
		length = strcspn(cookies, ";");
		if (length > size && strncmp(cookies, name, size) == 0 && cookies[size] == '=' &&
		    is_token(gate, cookies + size + 1, length - size - 1))
			return true;
		cookies += length;
	}
	return false;
}

static bool has_bearer(const struct gate *gate, const char *authorization)
{
	static const char scheme[] = "Bearer ";
	size_t size = sizeof(scheme) - 1;

	if (!authorization || !begins_with(authorization, scheme))
		return false;
	authorization += size;
	authorization += strspn(authorization, " ");
	return is_token(gate, authorization, strlen(authorization));
}

bool gate_has_token(const struct gate *gate, const struct gate_request *request)
{
	return has_cookie(gate, request->cookie) || has_bearer(gate, request->authorization);
}

/* ---- the verdict ---- */

static bool is_reading(const char *method)
{
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

/*
 * What another site's page asks for without anybody going there is not to be had: it could not read
 * it, but have us work for it.  Another port of this host is another site, too.
 */
static bool is_of_another_page(const struct gate_request *request)
{
	if (!request->fetch_site || strcmp(request->fetch_site, "same-origin") == 0 ||
	    strcmp(request->fetch_site, "none") == 0)
		return false;
	return !is_reading(request->method) || !request->fetch_mode ||
	       strcmp(request->fetch_mode, "navigate") != 0;
}

static bool is_of_another_origin(const struct gate *gate, const struct gate_request *request)
{
	if (is_reading(request->method) && !request->origin)
		return false;
	return !gate_is_origin(gate, request->origin, request->host);
}

enum gate_verdict gate_judge(const struct gate *gate, const struct gate_request *request)
{
	if (request->host_count != 1 || !gate_is_host(gate, request->host))
		return GATE_WRONG_HOST;
	if (is_of_another_page(request) || is_of_another_origin(gate, request))
		return GATE_WRONG_SITE;
	if ((gate->listen || !is_reading(request->method)) && !gate_has_token(gate, request))
		return GATE_NEEDS_TOKEN;
	return GATE_OPEN;
}
