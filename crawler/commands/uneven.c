#include "commands/uneven.h"

#include "parsers/text/ascii.h"

#define NAME_BYTES_MAX 32 /* of an element */

static bool is_of_name(char byte)
{
	return ascii_is_letter(byte) || ascii_is_digit(byte) || byte == '-';
}

/* The name in the end tag that text ends with, or absent. */
static struct slice last_end_tag(struct slice text)
{
	size_t end = text.size, begin;

	if (end < 4 || text.at[end - 1] != '>')
		return (struct slice){ 0 };
	for (begin = --end; begin > 2 && end - begin < NAME_BYTES_MAX; begin--)
		if (!is_of_name(text.at[begin - 1]))
			break;
	if (begin == end || text.at[begin - 1] != '/' || text.at[begin - 2] != '<')
		return (struct slice){ 0 };
	return (struct slice){ text.at + begin, end - begin };
}

static bool begins_with_name(struct slice rest, struct slice name)
{
	return ascii_starts_with(rest, name) && rest.size > name.size &&
	       !is_of_name(rest.at[name.size]);
}

bool uneven_match(struct slice matched, struct uneven *uneven)
{
	const char *end = matched.at + matched.size, *at = matched.at;

	*uneven = (struct uneven){ .name = last_end_tag(matched) };
	if (!uneven->name.at)
		return false;
	while ((at = memchr(at, '<', (size_t)(end - at))) != NULL) {
		bool is_end = ++at < end && *at == '/';
		struct slice rest = { at + is_end, (size_t)(end - at) - is_end };

		if (begins_with_name(rest, uneven->name))
			*(is_end ? &uneven->ends : &uneven->begins) += 1;
	}
	return uneven->begins > uneven->ends;
}
