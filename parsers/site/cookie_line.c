#include "parsers/site/cookie_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "parsers/text/ascii.h"

#define HTTP_ONLY      "#HttpOnly_"
#define HTTP_ONLY_SIZE (sizeof(HTTP_ONLY) - 1)

static bool is_http_only(struct slice line)
{
	return line.size >= HTTP_ONLY_SIZE && memcmp(line.at, HTTP_ONLY, HTTP_ONLY_SIZE) == 0;
}

struct slice cookie_line_next(struct slice *text)
{
	const char *end = text->size > 0 ? memchr(text->at, '\n', text->size) : NULL;
	struct slice line = { text->size > 0 ? text->at : NULL,
			      end ? (size_t)(end - text->at) : text->size };
	size_t taken = line.size + (end != NULL);

	*text = (struct slice){ text->at + taken, text->size - taken };
	if (line.size > 0 && line.at[line.size - 1] == '\r')
		line.size--;
	return line;
}

bool cookie_line_is_none(struct slice line)
{
	return ascii_trim(line).size == 0 || (line.at[0] == '#' && !is_http_only(line));
}

/* Up to the next tab; the last one is all that is left, for a value may have tabs. */
static bool take_field(struct slice *line, bool is_last, struct slice *field)
{
	const char *tab = line->size > 0 && !is_last ? memchr(line->at, '\t', line->size) : NULL;

	if (!tab && !is_last)
		return false;
	*field = (struct slice){ line->at, tab ? (size_t)(tab - line->at) : line->size };
	*line = (struct slice){ line->at + field->size + (tab != NULL),
				line->size - field->size - (tab != NULL) };
	return true;
}

/* Editors take the last tab away from a cookie without a value. */
static bool is_name_alone(struct slice line)
{
	return line.size > 0 && !memchr(line.at, '\t', line.size);
}

static bool read_switch(struct slice text, bool *is_on)
{
	*is_on = ascii_equal(text, SLICE("TRUE"));
	return *is_on || ascii_equal(text, SLICE("FALSE"));
}

/* Exports have "1893456000.5", "-1" and "", too: a time with a fraction, and a session's. */
static bool read_time(struct slice text, int64_t *seconds)
{
	size_t sign = text.size > 0 && text.at[0] == '-';
	int64_t sum = 0;

	for (size_t i = sign; i < text.size && text.at[i] != '.'; i++) {
		if (!ascii_is_digit(text.at[i]))
			return false;
		if (sum < INT64_MAX / 10 - 9)
			sum = sum * 10 + (text.at[i] - '0');
	}
	*seconds = sign ? 0 : sum;
	return true;
}

static bool is_plain(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7F)
			return false;
	return true;
}

static const char *check(const struct cookie_line *cookie)
{
	struct slice host = cookie_line_host(cookie);

	if (host.size == 0 || host.at[0] == '.' || host.at[0] == '#' || !is_plain(host) ||
	    memchr(host.at, ' ', host.size))
		return "its domain is none";
	if (!is_plain(cookie->path) || !is_plain(cookie->name) || !is_plain(cookie->value))
		return "it has a control character";
	return NULL;
}

const char *cookie_line_read(struct cookie_line *cookie, struct slice line)
{
	enum { DOMAIN, TAIL, PATH, SECURE, EXPIRES, NAME, VALUE, FIELDS };
	struct cookie_line found = { .is_http_only = is_http_only(line) };
	struct slice fields[FIELDS];
	const char *wrong;

	if (found.is_http_only)
		line = (struct slice){ line.at + HTTP_ONLY_SIZE, line.size - HTTP_ONLY_SIZE };
	for (int i = 0; i < FIELDS; i++)
		if (!take_field(&line, i == VALUE || (i == NAME && is_name_alone(line)),
				&fields[i]))
			return "seven fields are wanted, with tabs between them";
	if (!read_switch(fields[TAIL], &found.is_tail) ||
	    !read_switch(fields[SECURE], &found.is_secure))
		return "TRUE or FALSE is wanted in its second and fourth field";
	if (!read_time(fields[EXPIRES], &found.expires_s))
		return "its fifth field is no time in seconds";
	found.domain = fields[DOMAIN];
	found.path = fields[PATH].size > 0 ? fields[PATH] : SLICE("/");
	found.name = fields[NAME];
	found.value = fields[VALUE];
	wrong = check(&found);
	if (!wrong)
		*cookie = found;
	return wrong;
}

size_t cookie_line_write(const struct cookie_line *cookie, char *out, size_t out_bytes)
{
	struct slice host = cookie_line_host(cookie);
	int size = snprintf(
		out, out_bytes, "%s%s%.*s\t%s\t%.*s\t%s\t%" PRId64 "\t%.*s\t%.*s",
		cookie->is_http_only ? HTTP_ONLY : "", cookie->is_tail ? "." : "", (int)host.size,
		host.at, cookie->is_tail ? "TRUE" : "FALSE", (int)cookie->path.size,
		cookie->path.at, cookie->is_secure ? "TRUE" : "FALSE", cookie->expires_s,
		(int)cookie->name.size, cookie->name.at, (int)cookie->value.size, cookie->value.at);

	return size > 0 && (size_t)size < out_bytes ? (size_t)size : 0;
}

struct slice cookie_line_host(const struct cookie_line *cookie)
{
	struct slice domain = cookie->domain;

	if (domain.size > 0 && domain.at[0] == '.')
		return (struct slice){ domain.at + 1, domain.size - 1 };
	return domain;
}

bool cookie_line_is_for(const struct cookie_line *cookie, struct slice host)
{
	struct slice own = cookie_line_host(cookie);
	const char *tail;

	if (host.size == own.size)
		return ascii_equal(host, own);
	if (!cookie->is_tail || host.size < own.size + 2)
		return false;
	tail = host.at + host.size - own.size;
	return tail[-1] == '.' && ascii_equal((struct slice){ tail, own.size }, own);
}

bool cookie_line_replaces(const struct cookie_line *cookie, const struct cookie_line *other)
{
	return cookie->is_tail == other->is_tail && slice_equal(cookie->name, other->name) &&
	       slice_equal(cookie->path, other->path) &&
	       ascii_equal(cookie_line_host(cookie), cookie_line_host(other));
}

bool cookie_line_is_over(const struct cookie_line *cookie, int64_t now_s)
{
	return cookie->expires_s != 0 && cookie->expires_s <= now_s;
}
