#include "frontier/seed_set.h"

#include "parsers/text/ascii.h"
#include "parsers/text/utf8.h"

#define ESCAPE_BYTES_MAX 6 /* of one byte: \u001f */

_Static_assert(SEED_SET_NAME_MAX == 64 && SEED_SET_FIELDS_MAX == 100, "reasons say so");

/* Below 0, 0 or above it, as memcmp(); a name comes before those that it begins. */
static int compare(struct slice a, struct slice b)
{
	int order = memcmp(a.at, b.at, a.size < b.size ? a.size : b.size);

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

const char *seed_set_add(struct seed_set *set, struct slice name, struct slice value)
{
	size_t place = set->count;
	int order = 1;

	if (!ascii_is_identifier(name))
		return "name=value: a name has letters, digits and _, and begins with no digit";
	if (name.size > SEED_SET_NAME_MAX)
		return "name=value: a name has at most 64 characters";
	if (!utf8_is_well_formed(value))
		return "name=value: the value is not UTF-8";
	while (place > 0 && (order = compare(set->fields[place - 1].name, name)) > 0)
		place--;
	if (order == 0)
		return "name=value: the name comes twice";
	if (set->count == SEED_SET_FIELDS_MAX)
		return "name=value: more than 100 of them";
	memmove(set->fields + place + 1, set->fields + place,
		(set->count - place) * sizeof(set->fields[0]));
	set->fields[place] = (struct seed_field){ name, value };
	set->count++;
	return NULL;
}

/* ---- as text ---- */

static char *write_byte(char *to, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	if (byte < 0x20) {
		memcpy(to, "\\u00", 4);
		to[4] = digits[byte >> 4];
		to[5] = digits[byte & 15];
		return to + ESCAPE_BYTES_MAX;
	}
	if (byte == '"' || byte == '\\')
		*to++ = '\\';
	*to++ = (char)byte;
	return to;
}

static char *write_string(char *to, struct slice text)
{
	*to++ = '"';
	for (size_t n = 0; n < text.size; n++)
		to = write_byte(to, (unsigned char)text.at[n]);
	*to++ = '"';
	return to;
}

static size_t room_for(const struct seed_set *set)
{
	size_t room = sizeof("{}");

	for (size_t n = 0; n < set->count; n++)
		room += sizeof("\"\":\"\",") + set->fields[n].name.size +
			ESCAPE_BYTES_MAX * set->fields[n].value.size;
	return room;
}

struct slice seed_set_text(const struct seed_set *set, struct scratch *scratch)
{
	size_t room = set->count > 0 ? room_for(set) : 0;
	char *out, *to;

	if (set->count == 0)
		return (struct slice){ NULL, 0 };
	out = to = scratch_take(scratch, room);
	for (size_t n = 0; n < set->count; n++) {
		*to++ = n == 0 ? '{' : ',';
		to = write_string(to, set->fields[n].name);
		*to++ = ':';
		to = write_string(to, set->fields[n].value);
	}
	*to++ = '}';
	scratch_shrink(scratch, room, (size_t)(to - out));
	return (struct slice){ out, (size_t)(to - out) };
}
