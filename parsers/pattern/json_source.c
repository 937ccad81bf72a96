#include "parsers/pattern/json_source.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/markup/scripts.h"
#include "parsers/pattern/json_read.h"
#include "parsers/pattern/selector_regex.h"
#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"
#include "parsers/text/scratch.h"
#include "parsers/text/utf8.h"

#define BYTE_ORDER_MARK SLICE("\xEF\xBB\xBF")

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

static void append(struct reading *reading, const struct json_document *document)
{
	struct json_part *part = scratch_zero(&scratch, 1, sizeof(*part));

	part->document = *document;
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

/* A document more; false if the budget has ended.  Nothing at all is neither good nor bad. */
static bool read_part(struct reading *reading, struct slice text)
{
	struct json_document document;

	if (ascii_trim(text).size == 0)
		return true;
	switch (json_read(&document, text, true, &scratch)) {
	case JSON_READ:
		append(reading, &document);
		break;
	case JSON_BAD:
		note_bad(reading, &document);
		break;
	case JSON_LIMIT:
		reading->parts.limit = "time budget";
		return false;
	}
	return true;
}

static void read_scripts(struct reading *reading)
{
	struct scripts scripts;
	struct slice type, content;

	scripts_begin(&scripts, reading->text);
	while (scripts_next(&scripts, &type, &content))
		if (scripts_type_is(type, SLICE("application/ld+json")) &&
		    !read_part(reading, content))
			return;
}

static void read_matches(struct reading *reading, struct selector *selector)
{
	struct found span = { .kind = FOUND_TEXT, .text = reading->text };
	enum selector_result result;

	selector_begin(selector, &span);
	while ((result = selector_next(selector)) == SELECTOR_FOUND)
		if (!read_part(reading, selector_group(selector, 1, false)))
			return;
	if (result == SELECTOR_LIMIT)
		reading->parts.limit = selector->limit;
}

/* The first byte that says something. */
static char first_byte(struct slice text)
{
	if (text.size >= BYTE_ORDER_MARK.size &&
	    memcmp(text.at, BYTE_ORDER_MARK.at, BYTE_ORDER_MARK.size) == 0) {
		text.at += BYTE_ORDER_MARK.size;
		text.size -= BYTE_ORDER_MARK.size;
	}
	text = ascii_trim(text);
	return text.size ? *text.at : '\0';
}

/* What begins with a bracket is JSON, good or bad; what might begin otherwise is if it is good. */
static void read_text(struct reading *reading)
{
	char first = first_byte(reading->text);

	if (first != '<') {
		if (!read_part(reading, reading->text) || reading->parts.first || first == '{' ||
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

const struct json_parts *json_source_read(struct json_source *source, struct slice text)
{
	struct reading *reading = &source->latest;

	if (!text.at)
		text = SLICE("");
	if (is_of(&source->largest, text))
		return &source->largest.parts;
	if (is_of(&source->latest, text))
		return &source->latest.parts;
	if (!source->largest.text.at || text.size > source->largest.text.size)
		reading = &source->largest;
	read(source, reading, text);
	return &reading->parts;
}

void json_source_forget(void)
{
	for (struct json_source *source = sources; source; source = source->next)
		source->largest = source->latest = (struct reading){ .end = NULL };
	scratch_reset(&scratch);
}
