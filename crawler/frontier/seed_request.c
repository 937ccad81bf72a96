#include "frontier/seed_request.h"

#include <stdarg.h>
#include <stdio.h>

#include "parsers/pattern/json_read.h"
#include "parsers/pattern/json_text.h"
#include "parsers/request/header_line.h"
#include "parsers/request/urlencoded.h"
#include "parsers/text/ascii.h"
#include "parsers/text/hex.h"
#include "parsers/text/suggest.h"
#include "parsers/text/utf8.h"

#define REASON_MAX    160
#define QUOTED_MAX    40                      /* bytes of what is quoted in a reason */
#define HEADERS_MAX   64                      /* of a line */
#define FORM_ROOM_MAX (64 * REQUEST_BODY_MAX) /* bytes, before it is known how many are used */

/* What a line is read from, and into. */
struct reading {
	struct json_document document;
	struct seed_request *said;
	struct url *url;
	struct seed_set *set;
	struct scratch *scratch;
	bool has_url, has_method, has_body;
	const char *type; /* of the body, where its headers say none */
};

/* Why a member is none, or NULL. */
typedef const char *member_reader(struct reading *reading, uint32_t value);

__attribute__((format(printf, 2, 3))) static const char *because(const struct reading *reading,
								 const char *format, ...)
{
	char *text = scratch_take(reading->scratch, REASON_MAX);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, REASON_MAX, format, arguments);
	va_end(arguments);
	return text;
}

/* What is quoted: "..." where it is long, or not to be shown in a line. */
static const char *quoted(const struct reading *reading, struct slice text)
{
	bool is_shown = text.size > 0 && text.size <= QUOTED_MAX;

	for (size_t i = 0; is_shown && i < text.size; i++)
		is_shown = text.at[i] > ' ' && text.at[i] < 0x7F && text.at[i] != '"';
	return is_shown ? scratch_copy(reading->scratch, text).at : "...";
}

static enum json_kind kind_of(const struct reading *reading, uint32_t node)
{
	return (enum json_kind)reading->document.nodes[node].kind;
}

static struct slice string_at(const struct reading *reading, uint32_t node)
{
	return json_string(&reading->document, node, reading->scratch);
}

/* A string, or what stands for one: a number and a boolean as they are written. */
static bool is_text(const struct reading *reading, uint32_t node)
{
	return kind_of(reading, node) != JSON_NULL &&
	       !json_is_container(&reading->document.nodes[node]);
}

static struct slice text_at(const struct reading *reading, uint32_t node)
{
	return kind_of(reading, node) == JSON_STRING ? string_at(reading, node)
						     : json_written(&reading->document, node);
}

/* ---- members of an object ---- */

/* Have each read, in the order in which they stand; none comes twice. */
static const char *each_member(struct reading *reading, uint32_t object, const char *of,
			       const char *(*function)(struct reading *reading, struct slice name,
						       uint32_t value))
{
	const struct json_document *document = &reading->document;
	uint32_t end = json_behind(document, object);
	const char *reason = NULL;

	for (uint32_t name = object + 1; !reason && name < end;
	     name = json_behind(document, name + 1)) {
		struct slice text = string_at(reading, name);

		if (document->nodes[name].is_overwritten)
			reason =
				because(reading, "%s\"%s\" comes twice", of, quoted(reading, text));
		else
			reason = function(reading, text, name + 1);
	}
	return reason;
}

static const char *read_url(struct reading *reading, uint32_t value)
{
	struct slice text;
	enum url_error error;

	if (kind_of(reading, value) != JSON_STRING)
		return "url: a text is wanted";
	text = ascii_trim(string_at(reading, value));
	reading->has_url = true;
	reading->said->user = url_user(text);
	for (size_t i = 0; i < text.size; i++)
		if (ascii_is_white(text.at[i]) || text.at[i] == '\0')
			return "url: white space inside the URL";
	error = url_parse(reading->url, text);
	if (error == URL_OK && reading->url->size + REQUEST_IDENTITY_BYTES > URL_BYTES_MAX)
		error = URL_TOO_LONG;
	return error == URL_OK ? NULL : url_error_text(error);
}

static const char *read_method(struct reading *reading, uint32_t value)
{
	struct slice text;
	char name[] = "POST";

	if (kind_of(reading, value) != JSON_STRING)
		return "method: \"GET\" or \"POST\" is wanted";
	text = string_at(reading, value);
	for (size_t i = 0; i < text.size && i < sizeof(name) - 1; i++)
		name[i] = text.at[i] >= 'a' && text.at[i] <= 'z' ? (char)(text.at[i] & ~0x20)
								 : text.at[i];
	reading->has_method = true;
	if (text.size < sizeof(name) &&
	    request_method_of((struct slice){ name, text.size }, &reading->said->request.method))
		return NULL;
	return because(reading, "method \"%s\": only GET and POST are asked",
		       quoted(reading, text));
}

/* ---- what is sent ---- */

static const char *put_body(struct reading *reading, struct slice body, const char *type)
{
	if (reading->has_body)
		return "json, form and body: only one of them can be sent";
	if (body.size > REQUEST_BODY_MAX)
		return "too long: a body has at most 1 MiB";
	reading->has_body = true;
	reading->said->request.body = body;
	reading->type = type;
	return NULL;
}

_Static_assert(REQUEST_BODY_MAX == 1024 * 1024, "put_body says so");

/* As it is written, without the white space between its parts: all of a string is kept. */
static const char *read_json(struct reading *reading, uint32_t value)
{
	struct slice text = json_written(&reading->document, value);
	char *out = scratch_take(reading->scratch, text.size + 1);
	size_t size = 0;
	bool is_inside = false;

	for (size_t i = 0; i < text.size; i++) {
		if (is_inside && text.at[i] == '\\')
			out[size++] = text.at[i++];
		else if (text.at[i] == '"')
			is_inside = !is_inside;
		else if (!is_inside && ascii_is_white(text.at[i]))
			continue;
		out[size++] = text.at[i];
	}
	return put_body(reading, (struct slice){ out, size }, "application/json");
}

/* A body under way. */
struct form {
	char *text, *end;
};

static const char *add_value(struct reading *reading, struct form *form, struct slice name,
			     uint32_t value)
{
	if (!is_text(reading, value))
		return because(reading, "form: \"%s\" is no text, number, boolean or list of them",
			       quoted(reading, name));
	if (form->end > form->text)
		*form->end++ = '&';
	form->end = urlencoded_write(form->end, name);
	*form->end++ = '=';
	form->end = urlencoded_write(form->end, text_at(reading, value));
	return NULL;
}

/* A list is a name that comes as often; null is left out, in a list too. */
static const char *add_values(struct reading *reading, struct form *form, struct slice name,
			      uint32_t value)
{
	const struct json_document *document = &reading->document;
	const char *reason = NULL;

	if (kind_of(reading, value) == JSON_NULL)
		return NULL;
	if (kind_of(reading, value) != JSON_ARRAY)
		return add_value(reading, form, name, value);
	for (uint32_t one = json_next(document, value, 0); one && !reason;
	     one = json_next(document, value, one))
		if (kind_of(reading, one) != JSON_NULL)
			reason = add_value(reading, form, name, one);
	return reason;
}

/* Names of a list come again with each of its values: how long is it at most? */
static size_t form_room(const struct reading *reading, uint32_t object)
{
	const struct json_document *document = &reading->document;
	uint32_t end = json_behind(document, object);
	size_t room = 0;

	for (uint32_t name = object + 1; name < end; name = json_behind(document, name + 1)) {
		const struct json_node *value = &document->nodes[name + 1];

		room += urlencoded_room(value->size) +
			value->span * (urlencoded_room(document->nodes[name].size) + 2);
	}
	return room;
}

static const char *read_form(struct reading *reading, uint32_t object)
{
	const struct json_document *document = &reading->document;
	const char *reason = NULL;
	size_t room;
	struct form form;

	if (kind_of(reading, object) != JSON_OBJECT)
		return "form: names with their values are wanted, {\"q\": \"tea\"}";
	room = form_room(reading, object);
	if (room > FORM_ROOM_MAX)
		return "too long: a body has at most 1 MiB";
	form.text = form.end = scratch_take(reading->scratch, room + 1);
	for (uint32_t name = object + 1; !reason && name < json_behind(document, object);
	     name = json_behind(document, name + 1)) {
		struct slice text = string_at(reading, name);

		if (document->nodes[name].is_overwritten)
			reason = because(reading,
					 "form: \"%s\" comes twice: write a list, [\"1\", \"2\"]",
					 quoted(reading, text));
		else
			reason = add_values(reading, &form, text, name + 1);
	}
	return reason ? reason
		      : put_body(reading,
				 (struct slice){ form.text, (size_t)(form.end - form.text) },
				 "application/x-www-form-urlencoded");
}

static const char *read_body(struct reading *reading, uint32_t value)
{
	if (kind_of(reading, value) != JSON_STRING)
		return "body: a text is wanted (json sends any value)";
	return put_body(reading, string_at(reading, value), "text/plain;charset=UTF-8");
}

/* ---- headers, fields ---- */

static const char *header_reason(struct reading *reading, struct slice name, struct slice value)
{
	const char *spelt = NULL, *why;

	if (!header_line_is_name(name))
		return because(reading, "headers: \"%s\" is no name of a header",
			       quoted(reading, name));
	if (header_line_is_credential(name))
		return because(reading,
			       "headers: %.*s is a credential: put it under hosts:", (int)name.size,
			       name.at);
	why = header_line_refusal(name, &spelt);
	if (why)
		return because(reading, "headers: %s cannot be set: %s", spelt, why);
	why = value.size == 0 ? "the value is empty" : header_line_bad_value(value);
	return why ? because(reading, "headers: %s: %s", quoted(reading, name), why) : NULL;
}

/* Is there a line of this name already? */
static bool has_header(struct slice lines, struct slice name)
{
	while (lines.size > name.size) {
		const char *end = memchr(lines.at, '\n', lines.size);

		if (lines.at[name.size] == ':' && ascii_starts_with(lines, name))
			return true;
		lines = (struct slice){ end + 1, (size_t)(lines.at + lines.size - end - 1) };
	}
	return false;
}

/* The lines are the piece of scratch that was taken last, or a copy of them. */
static void put_header(struct reading *reading, struct slice name, struct slice value)
{
	struct slice *lines = &reading->said->request.headers;
	size_t size = lines->size + name.size + value.size + 3;
	char *out = scratch_take(reading->scratch, size);

	if (lines->size > 0)
		memcpy(out, lines->at, lines->size);
	memcpy(out + lines->size, name.at, name.size);
	memcpy(out + lines->size + name.size, ": ", 2);
	memcpy(out + lines->size + name.size + 2, value.at, value.size);
	out[size - 1] = '\n';
	*lines = (struct slice){ out, size };
}

static const char *add_header(struct reading *reading, struct slice name, uint32_t value)
{
	const char *reason;
	struct slice text;

	if (!is_text(reading, value))
		return because(reading, "headers: \"%s\" wants a text", quoted(reading, name));
	text = ascii_trim(text_at(reading, value));
	reason = header_reason(reading, name, text);
	if (reason)
		return reason;
	if (has_header(reading->said->request.headers, name))
		return because(reading, "headers: \"%s\" comes twice", quoted(reading, name));
	if (reading->said->request.headers.size + name.size + text.size + 3 > REQUEST_HEADERS_MAX)
		return "headers: more than 64 KiB";
	put_header(reading, name, text);
	return NULL;
}

_Static_assert(REQUEST_HEADERS_MAX == 64 * 1024, "add_header says so");

static const char *read_headers(struct reading *reading, uint32_t object)
{
	if (kind_of(reading, object) != JSON_OBJECT)
		return "headers: names with their values are wanted, {\"X-Shop\": \"7\"}";
	if (reading->document.nodes[object].span > 2 * HEADERS_MAX + 1)
		return because(reading, "headers: more than %d", HEADERS_MAX);
	return each_member(reading, object, "headers: ", add_header);
}

static const char *add_field(struct reading *reading, struct slice name, uint32_t value)
{
	static const char prefix[] = "name=value: "; /* as of lines of text */
	const char *reason;

	if (kind_of(reading, value) == JSON_NULL)
		return NULL;
	if (!is_text(reading, value))
		return because(reading, "set: \"%s\" is no text, number or boolean",
			       quoted(reading, name));
	reason = seed_set_add(reading->set, name, text_at(reading, value));
	if (reason && strncmp(reason, prefix, sizeof(prefix) - 1) == 0)
		reason += sizeof(prefix) - 1;
	return reason ? because(reading, "set: %s", reason) : NULL;
}

static const char *read_set(struct reading *reading, uint32_t object)
{
	const char *reason;

	if (kind_of(reading, object) != JSON_OBJECT)
		return "set: names with their values are wanted, {\"shop\": \"7\"}";
	reading->set->count = 0;
	reason = each_member(reading, object, "set: ", add_field);
	if (!reason)
		reading->said->set = seed_set_text(reading->set, reading->scratch);
	return reason;
}

/* ---- a line ---- */

static const struct {
	const char *name;
	member_reader *read;
} members[] = {
	{ "url", read_url },   { "method", read_method }, { "json", read_json },
	{ "form", read_form }, { "body", read_body },     { "headers", read_headers },
	{ "set", read_set },
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

static const char *unknown(const struct reading *reading, struct slice name)
{
	const char *names[MEMBERS], *near;

	for (size_t i = 0; i < MEMBERS; i++)
		names[i] = members[i].name;
	near = suggest(name, names, MEMBERS);
	if (near)
		return because(reading, "unknown \"%s\": did you mean \"%s\"?",
			       quoted(reading, name), near);
	return because(reading,
		       "unknown \"%s\": there are url, method, json, form, body, headers, set",
		       quoted(reading, name));
}

static const char *read_member(struct reading *reading, struct slice name, uint32_t value)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (slice_equal(name, slice_of(members[i].name)))
			return members[i].read(reading, value);
	return unknown(reading, name);
}

/* Where a body is said, and nothing else, it is posted; and what it is, is said with it. */
static const char *complete(struct reading *reading)
{
	struct http_request *request = &reading->said->request;

	if (!reading->has_url)
		return "no \"url\"";
	if (reading->has_body && !reading->has_method)
		request->method = REQUEST_POST;
	if (reading->has_body && request->method == REQUEST_GET)
		return "a GET sends no body: leave \"method\" out, or write \"POST\"";
	if (reading->has_body && !has_header(request->headers, SLICE("Content-Type")))
		put_header(reading, SLICE("Content-Type"), slice_of(reading->type));
	return NULL;
}

/* Is it an object with something behind a TAB, as behind the URL of a line of text? */
static bool is_behind_tab(const struct reading *reading, struct slice text)
{
	struct slice before = { text.at, reading->document.bad_at };
	struct json_document document;

	return before.size > 0 && before.at[before.size - 1] == '\t' &&
	       json_read(&document, ascii_trim(before), 0, reading->scratch) == JSON_READ;
}

/* What is wrong with it as JSON, or NULL. */
static const char *read_document(struct reading *reading, struct slice text)
{
	enum json_result result;

	if (text.at[0] == '[')
		return "a JSON array: a list has one object a line (jq -c '.[]')";
	if (!utf8_is_well_formed(text))
		return "the line is not UTF-8";
	result = json_read(&reading->document, text, 0, reading->scratch);
	if (result == JSON_BAD && reading->document.bad_at >= text.size)
		return because(
			reading,
			"the JSON is cut off at byte %zu: an object stands on one line (jq -c)",
			text.size);
	if (result == JSON_BAD && is_behind_tab(reading, text))
		return "a TAB behind the object: its fields stand in it, \"set\": {\"shop\": "
		       "\"7\"}";
	if (result == JSON_BAD)
		return because(reading, "the JSON breaks at byte %zu",
			       reading->document.bad_at + 1);
	return reading->document.is_loose ? "not JSON to the letter: quotes, commas, white space"
					  : NULL;
}

const char *seed_request_read(struct slice line, struct url *url, struct seed_request *said,
			      struct seed_set *set, struct scratch *scratch)
{
	struct reading reading = { .said = said, .url = url, .set = set, .scratch = scratch };
	const char *reason = read_document(&reading, line);

	*said = (struct seed_request){ .request = { .method = REQUEST_GET } };
	if (!reason)
		reason = each_member(&reading, 0, "", read_member);
	return reason ? reason : complete(&reading);
}

/* ---- what is shown of a line that was rejected ---- */

/*
 * The character at `at` of a line that need not be good JSON, without its escape: returns its
 * bytes.  A quote that ends a text is one byte.
 */
static size_t read_character(struct slice line, size_t at, char *character)
{
	struct slice rest = { line.at + at, line.size - at };

	*character = rest.at[0];
	if (rest.at[0] != '\\' || rest.size < 2)
		return 1;
	*character = rest.at[1];
	if (rest.size < 6 || memcmp(rest.at, "\\u00", 4) != 0 || hex_value(rest.at[4]) < 0 ||
	    hex_value(rest.at[5]) < 0)
		return 2;
	*character = (char)(hex_value(rest.at[4]) << 4 | hex_value(rest.at[5]));
	return 6;
}

/* The bytes at `at` that spell a word, in letters of either case, or 0. */
static size_t spelling(struct slice line, size_t at, const char *word)
{
	size_t begin = at;
	char character;

	for (; *word; word++) {
		if (at >= line.size)
			return 0;
		at += read_character(line, at, &character);
		if (ascii_lower(character) != *word)
			return 0;
	}
	return at - begin;
}

/* Where a header's name ends that says who asks, or the end. */
static size_t find_credential(struct slice line, size_t end)
{
	static const char *const words[] = { "authorization", "cookie" };

	for (size_t at = 0; at < end; at++) {
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			size_t size = spelling(line, at, words[i]);

			if (size > 0 && at + size < end)
				return at + size;
		}
	}
	return end;
}

/*
 * Stars for what stands before an "@" behind the colon of a scheme, or of whatever it is: slashes
 * may be as many as one likes, or none.  Returns where such a text ends.
 */
static size_t hide_user(struct slice line, size_t at, char *out, size_t shown)
{
	size_t begin, user_end = 0, bytes = 0;
	char character;

	for (; at < line.size; at += bytes) {
		bytes = read_character(line, at, &character);
		if (character != '/' && character != '\\')
			break;
	}
	for (begin = at; at < line.size; at += bytes) {
		bytes = read_character(line, at, &character);
		if (memchr("/?#\\", character, 4) || (character == '"' && bytes == 1))
			break;
		user_end = character == '@' ? at : user_end;
	}
	for (size_t i = begin; i < user_end && i < shown; i++)
		out[i] = '*';
	return at;
}

/* Stars for "name:password" in the first `shown` bytes, in out. */
static void hide_users(struct slice line, char *out, size_t shown)
{
	for (size_t at = 0; at < shown;) {
		char character;

		at += read_character(line, at, &character);
		if (character == ':')
			at = hide_user(line, at, out, shown);
	}
}

struct slice seed_request_conceal(struct slice line, size_t most, struct scratch *scratch)
{
	size_t shown = line.size < most ? line.size : most;
	char *out;

	while (shown < line.size && shown > 0 && (line.at[shown] & 0xC0) == 0x80)
		shown--;
	shown = find_credential(line, shown);
	out = scratch_take(scratch, shown + 1);
	memcpy(out, line.at, shown);
	hide_users(line, out, shown);
	return (struct slice){ out, shown };
}
