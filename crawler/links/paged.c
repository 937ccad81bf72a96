#include "links/paged.h"

#include <stdlib.h>

#include "parsers/pattern/json_read.h"
#include "parsers/pattern/json_text.h"
#include "parsers/pattern/selector_json.h"
#include "parsers/text/ascii.h"
#include "parsers/text/hex.h"
#include "parsers/text/memory.h"

/* What a member gets this time; text and json point into its selector or the config. */
struct paged_value {
	struct slice json; /* of a text of the config: absent */
	struct slice text; /* decoded */
	bool is_container; /* which no query has room for */
	bool is_put;
};

struct paged {
	const struct config_follow *rule;
	struct selector *paths[CONFIG_MEMBERS_MAX]; /* NULL: its value is in the config */
	struct selector *whole; /* the answer, of a rule that says whose these are; or NULL */
	struct paged_value values[CONFIG_MEMBERS_MAX];
	struct scratch scratch; /* of the request's JSON */
	size_t size;            /* written to out */
	bool is_full;           /* and there was more */
	char out[PAGED_BYTES_MAX];
};

/* The config has compiled it before: it cannot fail. */
static struct selector *compile(const struct config_follow *rule, const char *path,
				uint32_t step_limit)
{
	struct selector_error error;
	struct selector *selector =
		selector_compile(&selector_json, path, NULL, step_limit, &error);

	if (!selector ||
	    (rule->in && !selector_look_in(selector, rule->in, NULL, step_limit, &error)))
		abort();
	return selector;
}

struct paged *paged_new(const struct config_follow *rule, uint32_t step_limit)
{
	struct paged *paged = memory_new(1, sizeof(*paged));

	paged->rule = rule;
	for (size_t i = 0; i < rule->member_count; i++)
		if (rule->members[i].path)
			paged->paths[i] = compile(rule, rule->members[i].path, step_limit);
	if (rule->from && !rule->in)
		paged->whole = compile(rule, "$", step_limit);
	return paged;
}

void paged_free(struct paged *paged)
{
	if (!paged)
		return;
	for (size_t i = 0; i < paged->rule->member_count; i++)
		selector_free(paged->paths[i]);
	selector_free(paged->whole);
	scratch_free(&paged->scratch);
	free(paged);
}

bool paged_wants_json(const struct paged *paged)
{
	return paged->whole != NULL;
}

bool paged_is_end(struct slice json)
{
	return !json.at || slice_equal(json, SLICE("false")) || slice_equal(json, SLICE("\"\""));
}

/* ---- values ---- */

static enum paged_result find_value(struct selector *selector, struct slice answer,
				    struct paged_value *value, struct paged_next *next)
{
	const struct found span = { .kind = FOUND_TEXT, .text = answer, .size = answer.size };

	selector_begin(selector, &span);
	switch (selector_next(selector)) {
	case SELECTOR_NONE:
		return PAGED_END;
	case SELECTOR_LIMIT:
		return PAGED_LIMIT;
	case SELECTOR_BAD:
		next->broken_at = selector->found.offset;
		return PAGED_BROKEN;
	case SELECTOR_FOUND:
		break;
	}
	selector_as_json(selector, &value->json);
	value->text = selector->found.text;
	value->is_container = selector->found.kind == FOUND_JSON;
	return paged_is_end(value->json) ? PAGED_END : PAGED_NEXT;
}

static enum paged_result find_values(struct paged *paged, struct slice answer,
				     struct paged_next *next)
{
	for (size_t i = 0; i < paged->rule->member_count; i++) {
		const struct config_member *member = &paged->rule->members[i];
		struct paged_value *value = &paged->values[i];
		enum paged_result result;

		*value = (struct paged_value){ .is_put = false };
		if (!paged->paths[i]) {
			value->text = slice_of(member->value);
			value->json = member->is_text ? (struct slice){ NULL, 0 } : value->text;
			continue;
		}
		result = find_value(paged->paths[i], answer, value, next);
		if (result != PAGED_NEXT)
			return result;
	}
	return PAGED_NEXT;
}

/*
 * Has the answer, which some path finds nothing in, no JSON at all?  Then it is none, but an error
 * or a login with a status of success: whoever says which pages are his lists expects otherwise.
 */
static bool is_no_answer(struct paged *paged, struct slice answer)
{
	const struct found span = { .kind = FOUND_TEXT, .text = answer, .size = answer.size };

	if (!paged->whole || ascii_trim(answer).size == 0)
		return false;
	selector_begin(paged->whole, &span);
	return selector_next(paged->whole) == SELECTOR_NONE;
}

/* ---- writing ---- */

static void put(struct paged *paged, struct slice text)
{
	if (text.size > sizeof(paged->out) - paged->size) {
		paged->is_full = true;
		return;
	}
	if (text.size > 0)
		memcpy(paged->out + paged->size, text.at, text.size);
	paged->size += text.size;
}

static void put_byte(struct paged *paged, char byte)
{
	put(paged, (struct slice){ &byte, 1 });
}

/* ---- a query, or a form ---- */

/* As all readers of forms understand it: RFC 3986's unreserved characters alone stay. */
static void put_encoded(struct paged *paged, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		char escape[3], byte = text.at[i];

		if (ascii_is_letter(byte) || ascii_is_digit(byte) || memchr("-._~", byte, 4))
			put_byte(paged, byte);
		else
			put(paged, (struct slice){ escape, (size_t)(hex_put_escape(escape, byte) -
								    escape) });
	}
}

/* Is this what an encoded name says? */
static bool is_name(struct slice encoded, const char *name)
{
	while (encoded.size > 0) {
		int byte = hex_escape(encoded);
		size_t size = byte < 0 ? 1 : 3;

		if (byte < 0)
			byte = *encoded.at == '+' ? ' ' : (unsigned char)*encoded.at;
		if (*name == '\0' || byte != (unsigned char)*name++)
			return false;
		encoded = (struct slice){ encoded.at + size, encoded.size - size };
	}
	return *name == '\0';
}

static void put_parameter(struct paged *paged, size_t member)
{
	struct paged_value *value = &paged->values[member];

	if (value->is_put)
		return;
	if (paged->size > 0)
		put_byte(paged, '&');
	put_encoded(paged, slice_of(paged->rule->members[member].names[0]));
	put_byte(paged, '=');
	put_encoded(paged, value->text);
	value->is_put = true;
}

/* A parameter of the request, or the member in its place; where it comes twice, once. */
static void put_own(struct paged *paged, struct slice pair)
{
	const char *equals = memchr(pair.at, '=', pair.size);
	struct slice name = { pair.at, equals ? (size_t)(equals - pair.at) : pair.size };

	for (size_t i = 0; i < paged->rule->member_count; i++) {
		if (!is_name(name, paged->rule->members[i].names[0]))
			continue;
		put_parameter(paged, i);
		return;
	}
	if (paged->size > 0)
		put_byte(paged, '&');
	put(paged, pair);
}

static enum paged_result write_parameters(struct paged *paged, struct slice own,
					  struct paged_next *next)
{
	for (size_t i = 0; i < paged->rule->member_count; i++) {
		if (!paged->values[i].is_container && paged->rule->members[i].name_count == 1)
			continue;
		next->text = paged->values[i].text;
		next->why = "cannot stand in a query or form";
		return PAGED_ODD;
	}
	while (own.size > 0) {
		const char *end = memchr(own.at, '&', own.size);
		size_t size = end ? (size_t)(end - own.at) : own.size;

		if (size > 0)
			put_own(paged, (struct slice){ own.at, size });
		size += end != NULL;
		own = (struct slice){ own.at + size, own.size - size };
	}
	for (size_t i = 0; i < paged->rule->member_count; i++)
		put_parameter(paged, i);
	return PAGED_NEXT;
}

/* ---- JSON ---- */

static void put_quoted(struct paged *paged, struct slice text)
{
	static const char digits[] = "0123456789abcdef";

	put_byte(paged, '"');
	for (size_t i = 0; i < text.size; i++) {
		unsigned char byte = (unsigned char)text.at[i];

		if (byte < 0x20) {
			put(paged, SLICE("\\u00"));
			put_byte(paged, digits[byte >> 4]);
			put_byte(paged, digits[byte & 15]);
			continue;
		}
		if (byte == '"' || byte == '\\')
			put_byte(paged, '\\');
		put_byte(paged, (char)byte);
	}
	put_byte(paged, '"');
}

/* Members that share the names of the objects around them stand one behind the other. */
struct group {
	size_t first, end;
	size_t depth; /* the name that they share */
};

static const char *group_name(const struct paged *paged, const struct group *group)
{
	return paged->rule->members[group->first].names[group->depth];
}

/* Cut the first group off those of the objects above.  False if there is none left. */
static bool next_group(const struct paged *paged, struct group *rest, struct group *group)
{
	if (rest->first == rest->end)
		return false;
	*group = (struct group){ rest->first, rest->first, rest->depth };
	while (group->end < rest->end &&
	       strcmp(paged->rule->members[group->end].names[group->depth],
		      group_name(paged, group)) == 0)
		group->end++;
	rest->first = group->end;
	return true;
}

static void put_object(struct paged *paged, const struct json_document *own, uint32_t object,
		       struct group members);

/* What a group stands for, in the place of the request's value, which there may not be. */
static void put_group(struct paged *paged, const struct json_document *own, uint32_t value,
		      const struct group *group)
{
	struct paged_value *new = &paged->values[group->first];
	bool is_object = own && own->nodes[value].kind == JSON_OBJECT;

	if (paged->rule->members[group->first].name_count > group->depth + 1)
		put_object(paged, is_object ? own : NULL, value,
			   (struct group){ group->first, group->end, group->depth + 1 });
	else if (new->json.at)
		put(paged, new->json);
	else
		put_quoted(paged, new->text);
	for (size_t i = group->first; i < group->end; i++)
		paged->values[i].is_put = true;
}

/* The group of the name of a member of the request's. */
static bool find_group(const struct paged *paged, const struct json_document *own, uint32_t name,
		       struct group members, struct group *group)
{
	while (next_group(paged, &members, group))
		if (json_string_is(own, name, slice_of(group_name(paged, group))))
			return true;
	return false;
}

/* An object of the request, or none (own is NULL), with members in the place of its own. */
static void put_object(struct paged *paged, const struct json_document *own, uint32_t object,
		       struct group members)
{
	struct group group;
	char before = '{';

	for (uint32_t value = 0; own && (value = json_next(own, object, value)); before = ',') {
		put_byte(paged, before);
		put(paged, json_written(own, value - 1));
		put_byte(paged, ':');
		if (find_group(paged, own, value - 1, members, &group))
			put_group(paged, own, value, &group);
		else
			put(paged, json_written(own, value));
	}
	while (next_group(paged, &members, &group)) {
		if (paged->values[group.first].is_put)
			continue;
		put_byte(paged, before);
		put_quoted(paged, slice_of(group_name(paged, &group)));
		put_byte(paged, ':');
		put_group(paged, NULL, 0, &group);
		before = ',';
	}
	put_byte(paged, '}');
}

static enum paged_result write_json(struct paged *paged, struct slice own, struct paged_next *next)
{
	const struct group all = { 0, paged->rule->member_count, 0 };
	struct json_document document;

	scratch_reset(&paged->scratch);
	if (own.size == 0) {
		put_object(paged, NULL, 0, all);
		return PAGED_NEXT;
	}
	if (json_read(&document, own, 0, &paged->scratch) != JSON_READ ||
	    document.nodes[0].kind != JSON_OBJECT) {
		next->why = "the request's own body is no JSON object";
		return PAGED_ODD;
	}
	put_object(paged, &document, 0, all);
	return PAGED_NEXT;
}

enum paged_result paged_next(struct paged *paged, const struct paged_request *request,
			     struct slice answer, struct paged_next *next)
{
	bool is_query = paged->rule->source == SOURCE_QUERY;
	enum paged_result result;

	*next = (struct paged_next){ .broken_at = 0 };
	result = find_values(paged, answer, next);
	if (result == PAGED_END && is_no_answer(paged, answer)) {
		next->why = "the answer is no JSON";
		return PAGED_ODD;
	}
	if (result != PAGED_NEXT)
		return result;
	paged->size = 0;
	paged->is_full = false;
	if (is_query || request->is_form)
		result = write_parameters(paged, is_query ? request->query : request->body, next);
	else
		result = write_json(paged, request->body, next);
	if (result != PAGED_NEXT)
		return result;
	if (paged->is_full) {
		next->why = "the next request would be larger than 64 KiB";
		return PAGED_ODD;
	}
	next->text = (struct slice){ paged->out, paged->size };
	return PAGED_NEXT;
}
