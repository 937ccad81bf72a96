#include "parsers/pattern/page_counts.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

#define ROOM_FIRST   256
#define NUMBER_BYTES 11 /* of 32 bits and a blank */

/* ---- writing ---- */

void page_counts_clear(struct page_counts *counts)
{
	counts->size = 0;
}

void page_counts_free(struct page_counts *counts)
{
	free(counts->text);
	*counts = (struct page_counts){ .text = NULL };
}

struct slice page_counts_text(const struct page_counts *counts)
{
	return (struct slice){ counts->size > 0 ? counts->text : NULL, counts->size };
}

static char *make_room(struct page_counts *counts, size_t size)
{
	if (counts->room < counts->size + size) {
		counts->room = 2 * (counts->size + size) + ROOM_FIRST;
		counts->text = memory_resize(counts->text, counts->room);
	}
	return counts->text + counts->size;
}

static void put(struct page_counts *counts, const char *text, size_t size)
{
	memcpy(make_room(counts, size), text, size);
	counts->size += size;
}

/* " 12" */
static void put_number(struct page_counts *counts, uint32_t number)
{
	char digits[NUMBER_BYTES], *first = digits + sizeof(digits);

	do
		*--first = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	*--first = ' ';
	put(counts, first, (size_t)(digits + sizeof(digits) - first));
}

/* A pattern's name is a word; a field's may be anything. */
static bool parts_text(const char *name)
{
	return strpbrk(name, ",;") != NULL;
}

static void put_field(struct page_counts *counts, const char *name,
		      const struct pattern_field_tally *field)
{
	if ((field->empty == 0 && field->bad == 0) || parts_text(name))
		return;
	put(counts, ", ", 2);
	put(counts, name, strlen(name));
	put_number(counts, field->empty);
	put_number(counts, field->bad);
}

void page_counts_add(struct page_counts *counts, const struct pattern *pattern,
		     const struct pattern_tally *tally)
{
	const char *name = pattern_name(pattern);

	if (tally->rows == 0)
		return;
	if (counts->size > 0)
		put(counts, "; ", 2);
	put(counts, name, strlen(name));
	put_number(counts, tally->rows);
	if (tally->empty_fields == 0 && tally->bad_values == 0)
		return;
	for (size_t i = 0; i < pattern_field_count(pattern); i++)
		put_field(counts, pattern_field_name(pattern, i), &tally->fields[i]);
}

/* ---- reading ---- */

/* The part of a text before the next mark, which is cut off with it and the blank behind. */
static struct slice cut(struct slice *text, char mark)
{
	const char *end = text->size > 0 ? memchr(text->at, mark, text->size) : NULL;
	struct slice part = { text->at, end ? (size_t)(end - text->at) : text->size };
	size_t gone = part.size + 2 < text->size ? part.size + 2 : text->size;

	*text = (struct slice){ text->at + gone, text->size - gone };
	return part;
}

/* The number behind the last blank, which is cut off with it. */
static uint32_t cut_number(struct slice *text)
{
	const char *blank = text->size > 0 ? memrchr(text->at, ' ', text->size) : NULL;
	uint32_t number = 0;

	for (const char *at = blank ? blank + 1 : NULL; at && at < text->at + text->size; at++)
		number = number * 10 + (uint32_t)(*at - '0');
	text->size = blank ? (size_t)(blank - text->at) : 0;
	return number;
}

/* What is said of a pattern: "NAME 10, FIELD 1 0"; or absent. */
static struct slice find_part(struct slice text, const char *name)
{
	size_t size = strlen(name);

	while (text.size > 0) {
		struct slice part = cut(&text, ';');

		if (part.size > size && part.at[size] == ' ' && memcmp(part.at, name, size) == 0)
			return part;
	}
	return (struct slice){ NULL, 0 };
}

void page_counts_add_again(struct page_counts *counts, const char *name, struct slice earlier)
{
	struct slice part = find_part(earlier, name);

	if (!part.at)
		return;
	if (counts->size > 0)
		put(counts, "; ", 2);
	put(counts, part.at, part.size);
}

/* "FIELD 1 0"; one that the pattern does not have is passed over. */
static void take_field(struct slice part, const struct pattern *pattern,
		       struct pattern_tally *tally, struct pattern_field_tally fields[])
{
	uint32_t bad = cut_number(&part), empty = cut_number(&part);

	for (size_t i = 0; i < pattern_field_count(pattern); i++) {
		if (!slice_equal(part, slice_of(pattern_field_name(pattern, i))))
			continue;
		fields[i].empty = empty;
		fields[i].bad = bad;
		tally->empty_fields += empty;
		tally->bad_values += bad;
	}
}

struct pattern_tally page_counts_find(struct slice text, const struct pattern *pattern,
				      struct pattern_field_tally fields[])
{
	struct slice rest = find_part(text, pattern_name(pattern)), part = cut(&rest, ',');
	struct pattern_tally tally = { .rows = cut_number(&part), .fields = fields };

	memset(fields, 0, pattern_field_count(pattern) * sizeof(*fields));
	while (rest.size > 0)
		take_field(cut(&rest, ','), pattern, &tally, fields);
	return tally;
}
