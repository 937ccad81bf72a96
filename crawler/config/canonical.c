#include "config/canonical.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/url/glob.h"
#include "parsers/text/memory.h"

struct canonical {
	size_t count;
	/*
	 * By the first byte of a name: the globs that can match it, a bit each.  Most names of
	 * most URLs are none of ours, and cost no more than this look.
	 */
	uint64_t candidates[256];
	char globs[CANONICAL_NAMES_MAX][CANONICAL_NAME_BYTES_MAX + 1];
};

_Static_assert(CANONICAL_NAMES_MAX == 64 && CANONICAL_NAME_BYTES_MAX == 128, "the messages say so");
static const char too_many[] = "one name too many: 64 at most";
static const char too_long[] = "too long: a name has at most 128 bytes, as it stands in a URL";

struct canonical *canonical_new(void)
{
	return memory_new(1, sizeof(struct canonical));
}

void canonical_free(struct canonical *canonical)
{
	free(canonical);
}

/* ---- names ---- */

static int refuse(struct canonical_error *error, size_t offset, const char *message)
{
	*error = (struct canonical_error){ offset, message };
	return -1;
}

/* What no name of a parameter has would silently never apply. */
static int check(struct slice glob, struct canonical_error *error)
{
	if (glob.size == 0)
		return refuse(error, 0, "a parameter's name is wanted here");
	if (glob.size > CANONICAL_NAME_BYTES_MAX)
		return refuse(error, 0, too_long);
	for (size_t i = 0; i < glob.size; i++) {
		unsigned char byte = (unsigned char)glob.at[i];

		if (byte == '=' || byte == '&')
			return refuse(error, i,
				      "only the name of a parameter is matched, without '=' "
				      "and '&'");
		if (byte == '#')
			return refuse(error, i, "the query of a URL has no '#'");
		if (byte <= ' ')
			return refuse(error, i, "a URL has no white space: it is + or %20 there");
	}
	return 0;
}

/* Write a glob as it would stand in a canonical URL.  Returns 0, or -1: it has no room there. */
static int spell(struct slice glob, char out[CANONICAL_NAME_BYTES_MAX + 1])
{
	char text[sizeof("http://h/?") + CANONICAL_NAME_BYTES_MAX];
	struct url url;

	snprintf(text, sizeof(text), "http://h/?%.*s", (int)glob.size, glob.at);
	if (url_parse(&url, slice_of(text)) != URL_OK ||
	    url.size - url.query - 1 > CANONICAL_NAME_BYTES_MAX)
		return -1;
	memcpy(out, url.text + url.query + 1, (size_t)(url.size - url.query));
	return 0;
}

static bool has_glob(const struct canonical *canonical, const char *glob)
{
	for (size_t i = 0; i < canonical->count; i++)
		if (strcmp(canonical->globs[i], glob) == 0)
			return true;
	return false;
}

int canonical_drop_query(struct canonical *canonical, struct slice glob,
			 struct canonical_error *error)
{
	char spelt[CANONICAL_NAME_BYTES_MAX + 1];
	uint64_t bit;

	if (check(glob, error) < 0)
		return -1;
	if (spell(glob, spelt) < 0)
		return refuse(error, 0, too_long);
	if (has_glob(canonical, spelt))
		return 0;
	if (canonical->count == CANONICAL_NAMES_MAX)
		return refuse(error, 0, too_many);

	bit = (uint64_t)1 << canonical->count;
	strcpy(canonical->globs[canonical->count++], spelt);
	for (size_t first = 0; first < 256; first++)
		if (spelt[0] == '*' || spelt[0] == '?' || first == (unsigned char)spelt[0])
			canonical->candidates[first] |= bit;
	return 0;
}

/* ---- URLs ---- */

static bool is_dropped(const struct canonical *canonical, struct slice parameter)
{
	const char *equals = memchr(parameter.at, '=', parameter.size);
	struct slice name = { parameter.at,
			      equals ? (size_t)(equals - parameter.at) : parameter.size };
	/* An empty name is filed under NUL, with which no glob begins. */
	unsigned char first = name.size > 0 ? (unsigned char)name.at[0] : '\0';
	uint64_t candidates = canonical->candidates[first];

	for (size_t i = 0; candidates; i++, candidates >>= 1)
		if ((candidates & 1) && glob_matches(canonical->globs[i], name))
			return true;
	return false;
}

/*
 * What is kept moves to the front, each parameter with a "&" behind it, never beyond what has
 * been looked at; the last "&" is then taken back:
 *
 *	?a=1&utm_x=2&b=3		?a=1&b=3&
 *	 ^begin         ^end		         ^out
 */
void canonical_apply(const struct canonical *canonical, struct url *url)
{
	char *begin = url->text + url->query + 1, *end = url->text + url->size, *out = begin;

	if (!canonical || begin >= end)
		return;
	for (char *at = begin, *stop; at <= end; at = stop + 1) {
		stop = memchr(at, '&', (size_t)(end - at));
		if (!stop)
			stop = end;
		if (is_dropped(canonical, (struct slice){ at, (size_t)(stop - at) }))
			continue;
		memmove(out, at, (size_t)(stop - at));
		out += stop - at;
		*out++ = '&';
	}
	if (out > begin)
		out--;
	if (out == begin) /* an empty query is not what was there either */
		out--;
	*out = '\0';
	url->size = (uint16_t)(out - url->text);
}
