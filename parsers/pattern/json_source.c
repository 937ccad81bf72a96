#include "parsers/pattern/json_source.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/markup/html.h"
#include "parsers/markup/scripts.h"
#include "parsers/pattern/json_read.h"
#include "parsers/pattern/json_text.h"
#include "parsers/pattern/selector_regex.h"
#include "parsers/text/ascii.h"
#include "parsers/text/cursor.h"
#include "parsers/text/memory.h"
#include "parsers/text/scratch.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

/* What was read of a text. */
struct reading {
	struct slice text; /* {NULL, 0}: nothing was */
	struct json_parts parts;
	struct json_part **end;
};

/*
 * The largest text that was asked about is the page, or a region of it, and the latest one a record
 * of it: no others are asked about again.
 */
struct json_source {
	struct json_source *next;
	unsigned users;
	char *regex, *flags; /* or NULL */
	uint32_t step_limit;
	struct selector *selector; /* of regex, or NULL */
	struct reading largest, latest;
};

static struct json_source *sources;
static struct scratch scratch; /* of all documents */

/* ---- sources ---- */

static bool is_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static char *copy_of(const char *text)
{
	return text ? memory_text(text, strlen(text)) : NULL;
}

/* Of a source: its regular expression, which must say where the JSON stands. */
static bool compile(struct json_source *source, struct selector_error *error)
{
	source->selector = selector_compile(&selector_regex, source->regex, source->flags,
					    source->step_limit, error);
	if (!source->selector)
		return false;
	if (source->selector->group_count > 0)
		return true;
	*error = (struct selector_error){ .is_in_flags = false };
	snprintf(error->message, sizeof(error->message),
		 "a group is wanted around the JSON: state = (.*?);");
	return false;
}

struct json_source *json_source_of(const char *regex, const char *flags, uint32_t step_limit,
				   struct selector_error *error)
{
	struct json_source *source = sources;

	while (source && !(is_text(source->regex, regex) && is_text(source->flags, flags) &&
			   source->step_limit == step_limit))
		source = source->next;
	if (!source) {
		source = memory_new(1, sizeof(*source));
		*source = (struct json_source){ .next = sources, .step_limit = step_limit };
		source->regex = copy_of(regex);
		source->flags = copy_of(flags);
		sources = source;
	}
	source->users++;
	if (!regex || source->selector || compile(source, error))
		return source;
	json_source_release(source);
	return NULL;
}

void json_source_release(struct json_source *source)
{
	struct json_source **at = &sources;

	if (!source || --source->users > 0)
		return;
	while (*at != source)
		at = &(*at)->next;
	*at = source->next;
	selector_free(source->selector);
	free(source->regex);
	free(source->flags);
	free(source);
	if (!sources)
		scratch_free(&scratch);
}

bool json_source_may_have(const struct json_source *source, struct slice text)
{
	return !source->selector || selector_may_find(source->selector, text);
}

/* ---- reading ---- */

static void append(struct reading *reading, const struct json_document *document,
		   struct slice place)
{
	struct json_part *part = scratch_zero(&scratch, 1, sizeof(*part));

	part->document = *document;
	part->place = place;
	part->is_decoded = document->text.at != place.at;
	*reading->end = part;
	reading->end = &part->next;
}

static void note_bad(struct reading *reading, const struct json_document *document)
{
	struct json_parts *parts = &reading->parts;

	if (!parts->has_bad)
		parts->bad_at = (size_t)(document->text.at - reading->text.at) + document->bad_at;
	parts->has_bad = true;
}

static char first_byte(struct slice text)
{
	struct cursor cursor = { text.at, text.at + text.size };

	if (cursor_take_word(&cursor, BYTE_ORDER_MARK))
		text = (struct slice){ cursor.at, (size_t)(cursor.end - cursor.at) };
	text = ascii_trim(text);
	return text.size ? *text.at : '\0';
}

/* The document of a string that holds one is that. */
static void open_string(struct json_document *document)
{
	struct json_document inner;
	struct slice text;
	char first;

	if (document->nodes[0].kind != JSON_STRING)
		return;
	text = json_string(document, 0, &scratch);
	first = first_byte(text);
	if ((first == '{' || first == '[') &&
	    json_read(&inner, text, JSON_IN_BUDGET, &scratch) == JSON_READ)
		*document = inner;
}

/* What is bad as it stands, with its character references decoded. */
static enum json_result read_decoded(struct json_document *document, struct slice text,
				     unsigned how)
{
	struct json_document decoded;
	enum json_result result;
	char *room;

	if (!memchr(text.at, '&', text.size))
		return JSON_BAD;
	room = scratch_take(&scratch, text.size);
	result = json_read(&decoded, (struct slice){ room, html_decode_attribute(text, room) }, how,
			   &scratch);
	if (result == JSON_READ)
		*document = decoded;
	return result;
}

/*
 * A document more, of a page (how is 0) or in one; false if the budget has ended.  Nothing at all
 * is neither good nor bad.
 */
static bool read_part(struct reading *reading, struct slice text, unsigned how)
{
	struct json_document document;
	enum json_result result;

	if (ascii_trim(text).size == 0)
		return true;
	result = json_read(&document, text, how | JSON_IN_BUDGET, &scratch);
	if (result == JSON_BAD && text.at != reading->text.at)
		result = read_decoded(&document, text, how | JSON_IN_BUDGET);
	if (result == JSON_READ && (how & JSON_AND_MORE))
		open_string(&document);
	if (result == JSON_READ)
		append(reading, &document, text);
	else if (result == JSON_BAD)
		note_bad(reading, &document);
	else
		reading->parts.limit = "time budget";
	return result != JSON_LIMIT;
}

static void read_scripts(struct reading *reading)
{
	struct scripts scripts;
	struct slice type, content;

	scripts_begin(&scripts, reading->text);
	while (scripts_next(&scripts, &type, &content))
		if (scripts_type_is(type, SLICE("application/ld+json")) &&
		    !read_part(reading, content, 0))
			return;
}

static void read_matches(struct reading *reading, struct selector *selector)
{
	struct found span = { .kind = FOUND_TEXT, .text = reading->text };
	enum selector_result result;

	selector_begin(selector, &span);
	while ((result = selector_next(selector)) == SELECTOR_FOUND)
		if (!read_part(reading, selector_group(selector, 1, false), JSON_AND_MORE))
			return;
	if (result == SELECTOR_LIMIT)
		reading->parts.limit = selector->limit;
}

/* What begins with a bracket is JSON, good or bad; what might begin otherwise is if it is good. */
static void read_text(struct reading *reading)
{
	char first = first_byte(reading->text);

	if (first != '<') {
		if (!read_part(reading, reading->text, 0) || reading->parts.first || first == '{' ||
		    first == '[')
			return;
		reading->parts.has_bad = false; /* nobody said that it was JSON */
	}
	read_scripts(reading);
}

static void read(struct json_source *source, struct reading *reading, struct slice text)
{
	*reading = (struct reading){ .text = text };
	reading->end = &reading->parts.first;
	if (source->selector)
		read_matches(reading, source->selector);
	else
		read_text(reading);
}

static bool is_of(const struct reading *reading, struct slice text)
{
	return reading->text.at == text.at && reading->text.size == text.size;
}

struct json_parts json_source_read(struct json_source *source, struct slice text, bool is_lasting)
{
	struct reading *reading = &source->latest, once;

	if (!text.at)
		text = SLICE("");
	if (is_lasting && is_of(&source->largest, text))
		return source->largest.parts;
	if (is_lasting && is_of(&source->latest, text))
		return source->latest.parts;
	if (!is_lasting)
		reading = &once;
	else if (!source->largest.text.at || text.size > source->largest.text.size)
		reading = &source->largest;
	read(source, reading, text);
	return reading->parts;
}

void json_source_forget(void)
{
	for (struct json_source *source = sources; source; source = source->next)
		source->largest = source->latest = (struct reading){ .end = NULL };
	scratch_reset(&scratch);
}
