#include "config/canonical.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/text/memory.h"
#include "parsers/url/glob.h"
#include "parsers/url/path_parameter.h"

/* Globs of names. */
struct names {
	size_t count;
	/*
	 * By the first byte of a name: the globs that can match it, a bit each.  Most names of
	 * most URLs are none of ours, and cost no more than this look.
	 */
	uint64_t candidates[256];
	char globs[CANONICAL_NAMES_MAX][CANONICAL_NAME_BYTES_MAX + 1];
};

struct canonical {
	struct names query, path;
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

static int check_query_byte(char byte, size_t at, struct canonical_error *error)
{
	if (byte == '=' || byte == '&')
		return refuse(error, at,
			      "only the name of a parameter is matched, without '=' and '&'");
	if (byte == '#')
		return refuse(error, at, "the query of a URL has no '#'");
	if ((unsigned char)byte <= ' ')
		return refuse(error, at, "a URL has no white space: it is + or %20 there");
	return 0;
}

static int check_path_byte(char byte, size_t at, struct canonical_error *error)
{
	if (byte == '=' || byte == ';')
		return refuse(error, at,
			      "only the name of a parameter is matched, without ';' and '='");
	if (byte == '/' || byte == '\\')
		return refuse(error, at, "a parameter of the path ends where a '/' is");
	if (byte == '#')
		return refuse(error, at, "the path of a URL has no '#'");
	if ((unsigned char)byte <= ' ')
		return refuse(error, at, "a URL has no white space: in the path it is %20");
	return 0;
}

/* What no name of a parameter has would silently never apply. */
static int check(struct slice glob, int (*check_byte)(char, size_t, struct canonical_error *),
		 struct canonical_error *error)
{
	if (glob.size == 0)
		return refuse(error, 0, "a parameter's name is wanted here");
	if (glob.size > CANONICAL_NAME_BYTES_MAX)
		return refuse(error, 0, too_long);
	for (size_t i = 0; i < glob.size; i++)
		if (check_byte(glob.at[i], i, error) < 0)
			return -1;
	return 0;
}

/*
 * Append text as it would stand behind this beginning of a canonical URL.  Returns 0, or -1: it has
 * no room in a name.
 */
static int spell(const char *before, struct slice text, char out[CANONICAL_NAME_BYTES_MAX + 1])
{
	char whole[sizeof("http://h/;") + CANONICAL_NAME_BYTES_MAX];
	size_t before_size = strlen(before), size = strlen(out);
	struct url url;

	snprintf(whole, sizeof(whole), "%s%.*s", before, (int)text.size, text.at);
	if (url_parse(&url, slice_of(whole)) != URL_OK ||
	    url.size - before_size > CANONICAL_NAME_BYTES_MAX - size)
		return -1;
	memcpy(out + size, url.text + before_size, url.size - before_size + 1);
	return 0;
}

static int spell_query(struct slice glob, char out[CANONICAL_NAME_BYTES_MAX + 1])
{
	return spell("http://h/?", glob, out);
}

/* Piece by piece, for the "?" of a glob would end the path. */
static int spell_path(struct slice glob, char out[CANONICAL_NAME_BYTES_MAX + 1])
{
	const char *end = glob.at + glob.size;

	for (const char *at = glob.at, *stop; at <= end; at = stop + 1) {
		stop = memchr(at, '?', (size_t)(end - at));
		if (!stop)
			stop = end;
		if (spell("http://h/;", (struct slice){ at, (size_t)(stop - at) }, out) < 0)
			return -1;
		if (stop == end)
			break;
		if (strlen(out) == CANONICAL_NAME_BYTES_MAX)
			return -1;
		strcat(out, "?");
	}
	return 0;
}

static bool has_glob(const struct names *names, const char *glob)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->globs[i], glob) == 0)
			return true;
	return false;
}

static int add(struct names *names, const char *glob, struct canonical_error *error)
{
	uint64_t bit;

	if (has_glob(names, glob))
		return 0;
	if (names->count == CANONICAL_NAMES_MAX)
		return refuse(error, 0, too_many);

	bit = (uint64_t)1 << names->count;
	strcpy(names->globs[names->count++], glob);
	for (size_t first = 0; first < 256; first++)
		if (glob[0] == '*' || glob[0] == '?' || first == (unsigned char)glob[0])
			names->candidates[first] |= bit;
	return 0;
}

int canonical_drop_query(struct canonical *canonical, struct slice glob,
			 struct canonical_error *error)
{
	char spelt[CANONICAL_NAME_BYTES_MAX + 1] = "";

	if (check(glob, check_query_byte, error) < 0)
		return -1;
	if (spell_query(glob, spelt) < 0)
		return refuse(error, 0, too_long);
	return add(&canonical->query, spelt, error);
}

int canonical_drop_path(struct canonical *canonical, struct slice glob,
			struct canonical_error *error)
{
	char spelt[CANONICAL_NAME_BYTES_MAX + 1] = "";

	if (check(glob, check_path_byte, error) < 0)
		return -1;
	if (spell_path(glob, spelt) < 0)
		return refuse(error, 0, too_long);
	return add(&canonical->path, spelt, error);
}

/* ---- URLs ---- */

static bool is_dropped(const struct names *names, struct slice name)
{
	/* An empty name is filed under NUL, with which no glob begins. */
	unsigned char first = name.size > 0 ? (unsigned char)name.at[0] : '\0';
	uint64_t candidates = names->candidates[first];

	for (size_t i = 0; candidates; i++, candidates >>= 1)
		if ((candidates & 1) && glob_matches(names->globs[i], name))
			return true;
	return false;
}

static struct slice query_name(const char *parameter, const char *end)
{
	const char *equals = memchr(parameter, '=', (size_t)(end - parameter));

	return (struct slice){ parameter, (size_t)((equals ? equals : end) - parameter) };
}

/*
 * What is kept moves to the front, each parameter with a "&" behind it, never beyond what has
 * been looked at; the last "&" is then taken back:
 *
 *	?a=1&utm_x=2&b=3		?a=1&b=3&
 *	 ^begin         ^end		         ^out
 */
static void apply_query(const struct names *names, struct url *url)
{
	char *begin = url->text + url->query + 1, *end = url->text + url->size, *out = begin;

	if (names->count == 0 || begin >= end)
		return;
	for (char *at = begin, *stop; at <= end; at = stop + 1) {
		stop = memchr(at, '&', (size_t)(end - at));
		if (!stop)
			stop = end;
		if (is_dropped(names, query_name(at, stop)))
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

/* Move what stands in [from, to) to out.  Returns where it ends. */
static char *keep(char *out, const char *from, const char *to)
{
	if (out != from)
		memmove(out, from, (size_t)(to - from));
	return out + (to - from);
}

/* "/..;sid=1" is no step to the parent, and does not become one. */
static bool is_all_of_dots(const char *segment_end, const struct path_parameter *parameter,
			   const char *path_end)
{
	const char *next = parameter->text.at + parameter->text.size;

	if (next < path_end && *next == ';')
		return false;
	return segment_end[-1] == '.' &&
	       (segment_end[-2] == '/' || (segment_end[-2] == '.' && segment_end[-3] == '/'));
}

/* As above: what is kept moves to the front, the query with it. */
static void apply_path(const struct names *names, struct url *url)
{
	char *out = url->text + url->path;
	const char *at = out, *kept = out, *end = url->text + url->query;
	struct path_parameter parameter;
	uint16_t dropped;

	if (names->count == 0)
		return;
	while (path_parameter_next(&at, end, &parameter)) {
		out = keep(out, kept, parameter.text.at);
		kept = parameter.text.at;
		if (is_dropped(names, parameter.name) && !is_all_of_dots(out, &parameter, end))
			kept = at;
	}
	dropped = (uint16_t)(kept - out);
	if (dropped == 0)
		return;
	keep(out, kept, url->text + url->size + 1);
	url->query -= dropped;
	url->size -= dropped;
}

void canonical_apply(const struct canonical *canonical, struct url *url)
{
	if (!canonical)
		return;
	apply_path(&canonical->path, url);
	apply_query(&canonical->query, url);
}
