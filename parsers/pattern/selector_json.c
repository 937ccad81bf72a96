#include "parsers/pattern/selector_json.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/pattern/budget.h"
#include "parsers/pattern/json_source.h"
#include "parsers/pattern/json_text.h"
#include "parsers/pattern/json_walk.h"
#include "parsers/text/memory.h"

#define TYPE_SPELLINGS 3 /* alone, and behind two prefixes */

/* Whose nodes ours are: struct place. */
static const char node_kind[] = "json";

/* A value, and where its document stands in the page. */
struct place {
	const struct json_document *document;
	uint32_t node;
	bool is_verbatim; /* byte for byte; else all of it stands at `offset`, in `size` bytes */
	size_t offset, size;
};

struct json_selector {
	struct selector selector;
	struct json_path path; /* json */
	struct json_walk walk;
	struct slice types[TYPE_SPELLINGS]; /* jsonld */
	uint32_t next_node;
	bool has_look_in;
	struct json_source *source;
	struct found span;
	struct place place; /* begun at, then of what was found last */
	bool is_begun;
	struct json_parts parts;      /* of the span; none if it is a value itself */
	const struct json_part *part; /* to be searched next */
	struct scratch texts;         /* decoded ones, until the next begin */
	struct scratch store;         /* as long as the selector */
};

static struct json_selector *of(struct selector *selector)
{
	return (struct json_selector *)selector;
}

/* Is it the page's own text, and not what was decoded from it, which is shorter? */
static bool is_verbatim(const struct found *span)
{
	return span->size <= span->text.size;
}

static bool is_typed(const struct json_selector *self)
{
	return self->types[0].at;
}

/* ---- compiling ---- */

static void release(struct selector *selector)
{
	struct json_selector *self = of(selector);

	json_source_release(self->source);
	json_walk_free(&self->walk);
	json_path_free(&self->path);
	scratch_free(&self->texts);
	scratch_free(&self->store);
	free(self);
}

static struct json_selector *new_selector(uint32_t step_limit, struct selector_error *error)
{
	struct json_selector *self = memory_new(1, sizeof(*self));

	*error = (struct selector_error){ .is_in_flags = false };
	self->source = json_source_of(NULL, NULL, 0, error);
	self->walk.step_limit = step_limit;
	return self;
}

static struct selector *compile_path(const char *text, const char *flags, uint32_t step_limit,
				     struct selector_error *error)
{
	struct json_selector *self = new_selector(step_limit, error);
	struct json_path_error reason;

	(void)flags;
	if (json_path_compile(&self->path, text, step_limit, &reason)) {
		json_walk_init(&self->walk, &self->path, step_limit);
		return &self->selector;
	}
	error->offset = reason.offset;
	snprintf(error->message, sizeof(error->message), "%s", reason.message);
	release(&self->selector);
	return NULL;
}

static struct selector *compile_type(const char *text, const char *flags, uint32_t step_limit,
				     struct selector_error *error)
{
	static const char *const prefixes[TYPE_SPELLINGS] = { "", "http://schema.org/",
							      "https://schema.org/" };
	const char *begin = text;
	struct json_selector *self;
	size_t wrong;

	(void)flags;
	for (size_t n = 1; n < TYPE_SPELLINGS; n++)
		if (strncmp(text, prefixes[n], strlen(prefixes[n])) == 0)
			text += strlen(prefixes[n]);
	wrong = strcspn(text, " ,\t\r\n[]\"'");
	self = new_selector(step_limit, error);
	if (text[0] == '\0' || text[wrong] != '\0') {
		error->offset = (size_t)(text - begin) + wrong;
		snprintf(error->message, sizeof(error->message),
			 "one type is wanted, as in Recipe");
		release(&self->selector);
		return NULL;
	}
	for (size_t n = 0; n < TYPE_SPELLINGS; n++) {
		char *spelling = scratch_take(&self->store, strlen(prefixes[n]) + strlen(text) + 1);

		stpcpy(stpcpy(spelling, prefixes[n]), text);
		self->types[n] = slice_of(spelling);
	}
	return &self->selector;
}

static bool look_in(struct selector *selector, const char *regex, const char *flags,
		    uint32_t step_limit, struct selector_error *error)
{
	struct json_source *source = json_source_of(regex, flags, step_limit, error);

	if (!source)
		return false;
	json_source_release(of(selector)->source);
	of(selector)->source = source;
	of(selector)->has_look_in = true;
	return true;
}

static bool may_find(const struct selector *selector, struct slice text)
{
	return json_source_may_have(((const struct json_selector *)selector)->source, text);
}

/* ---- typed nodes ---- */

static bool is_type(const struct json_selector *self, const struct json_document *document,
		    uint32_t value)
{
	if (document->nodes[value].kind != JSON_STRING)
		return false;
	for (size_t n = 0; n < TYPE_SPELLINGS; n++)
		if (json_string_is(document, value, self->types[n]))
			return true;
	return false;
}

/* Is the value of an @type the type, or an array that holds it? */
static bool has_type(const struct json_selector *self, const struct json_document *document,
		     uint32_t value)
{
	if (document->nodes[value].kind != JSON_ARRAY)
		return is_type(self, document, value);
	for (uint32_t item = 0; (item = json_next(document, value, item));)
		if (is_type(self, document, item))
			return true;
	return false;
}

static bool object_has_type(const struct json_selector *self, const struct json_document *document,
			    uint32_t object)
{
	for (uint32_t value = 0; (value = json_next(document, object, value));)
		if (json_string_is(document, value - 1, SLICE("@type")) &&
		    has_type(self, document, value))
			return true;
	return false;
}

/* The next typed object at or below the node that was begun at, as they are written. */
static bool find_typed(struct json_selector *self, uint32_t *found)
{
	const struct json_document *document = self->walk.document;
	uint32_t end = json_behind(document, self->walk.root);

	while (self->next_node < end) {
		uint32_t at = self->next_node++;
		const struct json_node *node = &document->nodes[at];

		if (budget_is_spent()) {
			self->walk.limit = "time budget";
			return false;
		}
		if (node->is_overwritten)
			self->next_node = json_behind(document, at + 1);
		if (node->kind != JSON_OBJECT || !object_has_type(self, document, at))
			continue;
		*found = at;
		return true;
	}
	return false;
}

/* ---- searching ---- */

static void begin(struct selector *selector, const struct found *span)
{
	struct json_selector *self = of(selector);

	self->span = *span;
	self->is_begun = false;
	self->parts = (struct json_parts){ 0 };
	self->part = NULL;
	self->walk.limit = NULL;
	scratch_reset(&self->texts);
	if (span->node_kind == node_kind)
		self->place = *(const struct place *)span->node;
}

static void begin_at(struct json_selector *self, const struct json_document *document,
		     uint32_t node)
{
	self->place.document = document;
	self->next_node = node;
	if (is_typed(self)) {
		self->walk.document = document;
		self->walk.root = node;
	} else {
		json_walk_begin(&self->walk, document, node);
	}
}

/* Go on with the next document of the span; false behind the last. */
static bool begin_part(struct json_selector *self)
{
	const struct json_part *part = self->part;

	if (!part)
		return false;
	self->place.is_verbatim = !part->is_decoded && is_verbatim(&self->span);
	self->place.offset = self->span.offset;
	self->place.size = self->span.size;
	if (is_verbatim(&self->span)) {
		self->place.offset += (size_t)(part->place.at - self->span.text.at);
		self->place.size = part->place.size;
	}
	begin_at(self, &part->document, 0);
	self->part = part->next;
	return true;
}

/* The value that the span is, or the first document in it.  False if there is none. */
static bool begin_span(struct json_selector *self)
{
	self->is_begun = true;
	if (self->span.node_kind == node_kind && !self->has_look_in) {
		begin_at(self, self->place.document, self->place.node);
		return true;
	}
	self->parts = json_source_read(self->source, self->span.text, is_verbatim(&self->span));
	self->part = self->parts.first;
	return begin_part(self);
}

static bool find_in_document(struct json_selector *self)
{
	return is_typed(self) ? find_typed(self, &self->place.node)
			      : json_walk_next(&self->walk, &self->place.node);
}

static bool find(struct json_selector *self)
{
	bool is_open = self->is_begun || begin_span(self);

	while (is_open && !self->walk.limit) {
		if (find_in_document(self))
			return true;
		is_open = !self->walk.limit && begin_part(self);
	}
	return false;
}

static void fill_found(struct json_selector *self)
{
	struct found *found = &self->selector.found;
	const struct json_document *document = self->place.document;
	const struct json_node *node = &document->nodes[self->place.node];
	bool is_string = node->kind == JSON_STRING;

	found->kind = json_is_container(node)   ? FOUND_JSON
		      : node->kind == JSON_NULL ? FOUND_NULL
						: FOUND_TEXT;
	if (is_string)
		found->text = json_string(document, self->place.node, &self->texts);
	else if (node->kind != JSON_NULL)
		found->text = json_written(document, self->place.node);
	found->node = &self->place;
	found->node_kind = node_kind;
	found->offset = self->place.offset;
	found->size = self->place.size;
	if (self->place.is_verbatim) { /* of a string what is between its quotes */
		found->offset += node->at + is_string;
		found->size = node->size - (is_string ? 2 : 0);
	}
}

/* Nothing more: because there is nothing, or because it could not be read. */
static enum selector_result end(struct json_selector *self)
{
	struct found *found = &self->selector.found;

	self->selector.limit = self->walk.limit ? self->walk.limit : self->parts.limit;
	if (self->selector.limit)
		return SELECTOR_LIMIT;
	if (!self->parts.has_bad)
		return SELECTOR_NONE;
	found->offset = self->span.offset;
	if (is_verbatim(&self->span))
		found->offset += self->parts.bad_at;
	return SELECTOR_BAD;
}

static enum selector_result next(struct selector *selector)
{
	struct json_selector *self = of(selector);

	if (!find(self))
		return end(self);
	fill_found(self);
	return SELECTOR_FOUND;
}

static struct slice as_json(struct selector *selector)
{
	struct json_selector *self = of(selector);
	const struct json_document *document = self->place.document;

	if (selector->found.kind == FOUND_NULL)
		return (struct slice){ NULL, 0 };
	return document->is_plain ? json_written(document, self->place.node)
				  : json_write(document, self->place.node, &self->texts);
}

const struct selector_language selector_json = {
	.key = "json",
	.compile = compile_path,
	.free = release,
	.may_find = may_find,
	.begin = begin,
	.next = next,
	.look_in = look_in,
	.as_json = as_json,
	.forget = json_source_forget,
};

const struct selector_language selector_jsonld = {
	.key = "jsonld",
	.compile = compile_type,
	.free = release,
	.may_find = may_find,
	.begin = begin,
	.next = next,
	.look_in = look_in,
	.as_json = as_json,
	.forget = json_source_forget,
};
