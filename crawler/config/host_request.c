#include "config/host_request.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/settings.h"
#include "parsers/text/ascii.h"
#include "parsers/url/glob.h"

#define TYPE_BYTES_MAX 128 /* of a media type; a longer one is none */

bool host_statuses_have(const struct host_statuses *statuses, unsigned status)
{
	for (size_t i = 0; i < statuses->count; i++)
		if (statuses->list[i] == status)
			return true;
	return false;
}

/* "text/html" of "Text/HTML; charset=utf-8". */
static struct slice bare_type(struct slice content_type, char out[TYPE_BYTES_MAX])
{
	const char *end =
		content_type.size > 0 ? memchr(content_type.at, ';', content_type.size) : NULL;
	struct slice type = { content_type.at,
			      end ? (size_t)(end - content_type.at) : content_type.size };

	type = ascii_trim(type);
	if (type.size > TYPE_BYTES_MAX)
		type.size = 0;
	for (size_t i = 0; i < type.size; i++)
		out[i] = ascii_lower(type.at[i]);
	return (struct slice){ out, type.size };
}

bool host_types_accept(const struct host_types *types, struct slice content_type)
{
	char text[TYPE_BYTES_MAX];
	struct slice type = bare_type(content_type, text);

	if (types->count == 0 || type.size == 0)
		return true;
	for (size_t i = 0; i < types->count; i++)
		if (glob_matches(types->list[i], type))
			return true;
	return false;
}

const char *host_auth_name(enum host_auth auth)
{
	static const char *const names[] = {
		[AUTH_NONE] = "none",     [AUTH_BASIC] = "basic", [AUTH_DIGEST] = "digest",
		[AUTH_BEARER] = "bearer", [AUTH_NETRC] = "netrc",
	};

	return names[auth];
}

/* ---- a description ---- */

struct description {
	char *out;
	size_t size, room;
};

__attribute__((format(printf, 2, 3))) static void add(struct description *text, const char *format,
						      ...)
{
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(text->out + text->size, text->room - text->size, format, arguments);
	va_end(arguments);
	if (size > 0)
		text->size += (size_t)size;
	if (text->size >= text->room)
		text->size = text->room - 1;
}

static const char *between(const struct description *text)
{
	return text->size > 0 ? "; " : "";
}

static void add_headers(struct description *text, const struct host_request *request)
{
	for (size_t i = 0; i < request->header_count; i++)
		add(text, "%s%.*s", i == 0 ? "headers " : ", ", (int)request->headers[i].name_size,
		    request->headers[i].line);
}

static void add_statuses(struct description *text, const char *name,
			 const struct host_statuses *statuses)
{
	for (size_t i = 0; i < statuses->count; i++)
		add(text, "%s%s%u", i == 0 ? between(text) : "", i == 0 ? name : ", ",
		    statuses->list[i]);
}

static void add_types(struct description *text, const struct host_types *types)
{
	for (size_t i = 0; i < types->count; i++)
		add(text, "%s%s%s", i == 0 ? between(text) : "", i == 0 ? "accept " : ", ",
		    types->list[i]);
}

static void add_proxies(struct description *text, const struct proxy_choice *choice)
{
	static const char *const words[] = { [PROXY_ROTATE_HOST] = "host",
					     [PROXY_ROTATE_REQUEST] = "request",
					     [PROXY_ROTATE_FAILURE] = "failure" };

	if (choice->said == PROXY_NONE)
		add(text, "%sproxy none", between(text));
	else if (choice->heeds_no_proxy) /* a setting, as any */
		return;
	else if (choice->said == PROXY_LIST && choice->count == 1)
		add(text, "%sa proxy", between(text));
	else if (choice->said == PROXY_LIST)
		add(text, "%s%zu proxies (rotate %s)", between(text), choice->count,
		    words[choice->rotate]);
}

void host_request_describe(const struct host_request *request, char *out, size_t out_bytes)
{
	struct description text = { .out = out, .room = out_bytes };
	char rate[SETTING_FORMAT_MAX];

	out[0] = '\0';
	add_headers(&text, request);
	if (request->auth != AUTH_NONE)
		add(&text, "%sauth %s", between(&text), host_auth_name(request->auth));
	if (request->login)
		add(&text, "%slogin %s", between(&text), request->login->url);
	if (request->cert)
		add(&text, "%sclient_cert", between(&text));
	if (request->skips_tls_verify)
		add(&text, "%stls_verify: false", between(&text));
	if (request->cookies != COOKIES_VISIT)
		add(&text, "%scookies %s", between(&text),
		    request->cookies == COOKIES_ON ? "on" : "off");
	if (request->cookie_lines.size > 0)
		add(&text, "%scookie_file", between(&text));
	if (request->max_rate > 0) {
		setting_format(SETTING_SIZE, request->max_rate, rate);
		add(&text, "%smax_rate %s a transfer", between(&text), rate);
	}
	add_proxies(&text, &request->proxies);
	add_statuses(&text, "accept_status ", &request->accept_status);
	add_statuses(&text, "retry_status ", &request->retry_status);
	add_types(&text, &request->accept);
}
