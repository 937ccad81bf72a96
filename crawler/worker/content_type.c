#include "worker/content_type.h"

#include <string.h>

#include "parsers/text/ascii.h"

/* The next member of the list; a comma between quotes divides nothing (RFC 9110 5.6.4). */
static struct slice next_member(struct slice *list)
{
	struct slice member = { list->at, 0 };
	bool is_quoted = false;

	for (; member.size < list->size; member.size++) {
		char byte = member.at[member.size];

		if (byte == '\\' && is_quoted && member.size + 1 < list->size)
			member.size++;
		else if (byte == '"')
			is_quoted = !is_quoted;
		else if (byte == ',' && !is_quoted)
			break;
	}
	list->at += member.size;
	list->size -= member.size;
	if (list->size > 0) { /* the comma */
		list->at++;
		list->size--;
	}
	return ascii_trim(member);
}

/* "text/html" of "text/html; charset=utf-8". */
static struct slice essence_of(struct slice type)
{
	const char *semicolon = memchr(type.at, ';', type.size);

	if (semicolon)
		type.size = (size_t)(semicolon - type.at);
	return ascii_trim(type);
}

static bool is_type(struct slice essence)
{
	const char *slash = memchr(essence.at, '/', essence.size);

	return slash && slash > essence.at && slash + 1 < essence.at + essence.size &&
	       !memchr(essence.at, ' ', essence.size) && !slice_equal(essence, SLICE("*/*"));
}

static bool has_charset(struct slice type)
{
	const char *end = type.at + type.size, *at = type.at;

	while ((at = memchr(at, ';', (size_t)(end - at)))) {
		struct slice name = ascii_trim((struct slice){ at + 1, (size_t)(end - at - 1) });

		if (name.size > 8 && ascii_starts_with(name, SLICE("charset=")))
			return true;
		at++;
	}
	return false;
}

struct slice content_type_of(struct slice value)
{
	struct slice found = value, rest = value;
	bool has_found = false;

	while (rest.size > 0) {
		struct slice type = next_member(&rest), essence = essence_of(type);

		if (!is_type(essence))
			continue;
		if (!has_found || !ascii_equal(essence, essence_of(found)) || has_charset(type))
			found = type;
		has_found = true;
	}
	return found;
}
