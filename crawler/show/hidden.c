#include "show/hidden.h"

#include <string.h>

#include "parsers/text/ascii.h"

/* Keys whose values are credentials, and parts of the names of headers that may be. */
static const char *const keys[] = { "auth",          "basic",   "digest", "bearer", "password",
				    "authorization", "cookie",  "login",  "fields", "url",
				    "proxy",         "proxies", "list" };
static const char *const parts[] = { "-key", "token", "secret", "session", "passw" };

static bool is_key_byte(char c)
{
	return ascii_is_letter(c) || ascii_is_digit(c) || c == '-' || c == '_';
}

/* "X-Api-Key" of "  'X-Api-Key': value", which ends before the colon. */
static struct slice key_before(struct slice line, size_t colon)
{
	size_t end = colon, begin;

	while (end > 0 && strchr(" \t\"'", line.at[end - 1]) && line.at[end - 1])
		end--;
	for (begin = end; begin > 0 && is_key_byte(line.at[begin - 1]);)
		begin--;
	return (struct slice){ line.at + begin, end - begin };
}

static bool has_part(struct slice key, const char *part)
{
	size_t size = strlen(part);

	for (size_t i = 0; i + size <= key.size; i++)
		if (ascii_same(key.at + i, part, size))
			return true;
	return false;
}

static bool is_secret(struct slice key)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (ascii_equal(key, slice_of(keys[i])))
			return true;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (has_part(key, parts[i]))
			return true;
	return ascii_starts_with(key, SLICE("x-"));
}

static size_t skip_white(struct slice line, size_t at)
{
	while (at < line.size && ascii_is_white(line.at[at]))
		at++;
	return at;
}

/* The value behind the first key that is secret. */
static size_t find_value(struct slice line)
{
	for (size_t i = 0; i < line.size; i++) {
		if (line.at[i] == ':' && is_secret(key_before(line, i)))
			return skip_white(line, i + 1);
	}
	return line.size;
}

static struct slice line_before(struct slice text, struct slice line)
{
	size_t end = (size_t)(line.at - text.at), begin;

	while (end > 0 && (text.at[end - 1] == '\n' || text.at[end - 1] == '\r'))
		end--;
	for (begin = end; begin > 0 && text.at[begin - 1] != '\n' && text.at[begin - 1] != '\r';)
		begin--;
	return (struct slice){ text.at + begin, end - begin };
}

static bool begins_block(struct slice line)
{
	return line.size > 0 && !strchr(" \t#-", line.at[0]);
}

/* Below "hosts:" or "crawl:" at the margin, or beside it. */
static bool may_have_secrets(struct slice text, struct slice line)
{
	while (!begins_block(line) && line.at > text.at)
		line = line_before(text, line);
	return line.size > 0 && (has_part(line, "hosts") || has_part(line, "crawl"));
}

/* "basic: |-", "basic:" or "auth:", which this line goes on with? */
static bool goes_on(struct slice text, struct slice line)
{
	struct slice before = line.at > text.at ? line_before(text, line) : (struct slice){ 0 };
	size_t value = before.size > 0 ? find_value(before) : 0;

	if (before.size == 0)
		return false;
	if (value < before.size)
		return before.at[value] == '|' || before.at[value] == '>';
	return before.at[before.size - 1] == ':' && is_secret(key_before(before, before.size - 1));
}

static size_t indent_of(struct slice line)
{
	size_t indent = 0;

	while (indent < line.size && strchr(" \t-", line.at[indent]))
		indent++;
	return indent;
}

static bool opens_form(struct slice line)
{
	for (size_t i = 0; i < line.size; i++) {
		if (line.at[i] == ':' && ascii_equal(key_before(line, i), SLICE("fields")))
			return true;
	}
	return false;
}

/* What a form is filled in with, further in than "fields:" above it: a name may be any word. */
static bool is_of_form(struct slice text, struct slice line)
{
	size_t indent = indent_of(line);

	while (line.at > text.at && !begins_block(line)) {
		struct slice trimmed;

		line = line_before(text, line);
		trimmed = ascii_trim(line);
		if (trimmed.size == 0 || trimmed.at[0] == '#' || indent_of(line) >= indent)
			continue;
		if (opens_form(line))
			return true;
		indent = indent_of(line);
	}
	return false;
}

size_t hidden_from(struct slice text, struct slice line)
{
	const char *colon = line.size > 0 ? memchr(line.at, ':', line.size) : NULL;

	if (!may_have_secrets(text, line))
		return line.size;
	if (!goes_on(text, line) && !is_of_form(text, line))
		return find_value(line);
	return skip_white(line, colon ? (size_t)(colon + 1 - line.at) : 0);
}
