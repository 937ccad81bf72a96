#include "parsers/pattern/json_text.h"

#include "parsers/text/hex.h"
#include "parsers/text/utf8.h"

#define IS_SURROGATE(code)      (((code)&0xF800) == 0xD800)
#define IS_HIGH_SURROGATE(code) (((code)&0xFC00) == 0xD800)
#define IS_LOW_SURROGATE(code)  (((code)&0xFC00) == 0xDC00)

/* Control characters are written \u001F: six bytes for one. */
#define GROWTH_MAX 6

/* "uXXXX" at `at`, or -1. */
static int32_t unit_at(const char *at, const char *end)
{
	int32_t unit = 0;

	if (end - at < 5 || *at != 'u')
		return -1;
	for (int n = 1; n <= 4; n++) {
		int digit = hex_value(at[n]);

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

/* The code point of "uXXXX", with the other half of a pair if it follows; -1 if it is none. */
static int32_t take_unit(struct json_letters *letters)
{
	int32_t high = unit_at(letters->at, letters->end), low;

	if (high < 0)
		return -1;
	letters->at += 5;
	if (!IS_SURROGATE(high))
		return high;
	low = letters->at < letters->end && *letters->at == '\\'
		      ? unit_at(letters->at + 1, letters->end)
		      : -1;
	if (!IS_HIGH_SURROGATE(high) || low < 0 || !IS_LOW_SURROGATE(low))
		return UTF8_REPLACEMENT;
	letters->at += 6;
	return 0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF);
}

/* What stands behind a backslash. */
static size_t take_escape(struct json_letters *letters, char out[JSON_LETTER_BYTES_MAX],
			  bool *is_bad)
{
	static const char from[] = "\"\\/'bfnrt", to[] = "\"\\/'\b\f\n\r\t";
	const char *found =
		letters->at < letters->end && *letters->at ? strchr(from, *letters->at) : NULL;
	int32_t code;

	if (found) {
		letters->at++;
		*out = to[found - from];
		return 1;
	}
	code = take_unit(letters);
	if (code >= 0)
		return utf8_put(out, (uint32_t)code);
	*is_bad = true;
	*out = '\\';
	return 1;
}

size_t json_letter(struct json_letters *letters, char out[JSON_LETTER_BYTES_MAX], bool *is_bad)
{
	size_t size;

	if (letters->at == letters->end)
		return 0;
	if (*letters->at == '\\') {
		letters->at++;
		return take_escape(letters, out, is_bad);
	}
	size = utf8_step(letters->at, letters->end);
	memcpy(out, letters->at, size);
	letters->at += size;
	return size;
}

static struct json_letters letters_of(const struct json_document *document, uint32_t node)
{
	struct slice written = json_written(document, node);

	return (struct json_letters){ written.at + 1, written.at + written.size - 1 };
}

/* Decoded it is never longer. */
static struct slice decode(struct json_letters letters, struct scratch *scratch, bool *is_bad)
{
	size_t room = (size_t)(letters.end - letters.at), size;
	char *out = scratch_take(scratch, room), *to = out, letter[JSON_LETTER_BYTES_MAX];

	while ((size = json_letter(&letters, letter, is_bad)) > 0) {
		memcpy(to, letter, size);
		to += size;
	}
	scratch_shrink(scratch, room, (size_t)(to - out));
	return (struct slice){ out, (size_t)(to - out) };
}

struct slice json_string(const struct json_document *document, uint32_t node,
			 struct scratch *scratch)
{
	struct json_letters letters = letters_of(document, node);
	bool is_bad;

	if (document->nodes[node].is_escaped)
		return decode(letters, scratch, &is_bad);
	return (struct slice){ letters.at, (size_t)(letters.end - letters.at) };
}

/* Letter by letter. */
static bool letters_equal(struct json_letters a, struct json_letters b)
{
	char of_a[JSON_LETTER_BYTES_MAX], of_b[JSON_LETTER_BYTES_MAX];
	bool is_bad;
	size_t size;

	do {
		size = json_letter(&a, of_a, &is_bad);
		if (json_letter(&b, of_b, &is_bad) != size || memcmp(of_a, of_b, size) != 0)
			return false;
	} while (size > 0);
	return true;
}

bool json_string_is(const struct json_document *document, uint32_t node, struct slice text)
{
	struct json_letters letters = letters_of(document, node);
	char letter[JSON_LETTER_BYTES_MAX];
	bool is_bad;
	size_t size;

	if (!document->nodes[node].is_escaped)
		return slice_equal((struct slice){ letters.at, (size_t)(letters.end - letters.at) },
				   text);
	while ((size = json_letter(&letters, letter, &is_bad)) > 0) {
		if (text.size < size || memcmp(text.at, letter, size) != 0)
			return false;
		text.at += size;
		text.size -= size;
	}
	return text.size == 0;
}

bool json_strings_equal(const struct json_document *document, uint32_t a, uint32_t b)
{
	const struct json_node *nodes = document->nodes;

	if (!nodes[a].is_escaped && !nodes[b].is_escaped)
		return slice_equal(json_written(document, a), json_written(document, b));
	return letters_equal(letters_of(document, a), letters_of(document, b));
}

bool json_unescape(struct slice between, struct slice *text, struct scratch *scratch)
{
	bool is_bad = false;

	if (between.size == 0 || !memchr(between.at, '\\', between.size)) {
		*text = between;
		return true;
	}
	*text = decode((struct json_letters){ between.at, between.at + between.size }, scratch,
		       &is_bad);
	return !is_bad;
}

/* A string with its quotes: control characters escaped, and nothing else that need not be. */
static char *write_string(const struct json_document *document, uint32_t node, char *to)
{
	static const char digits[] = "0123456789abcdef";
	struct slice text = json_written(document, node);

	for (size_t n = 0; n < text.size; n++) {
		unsigned char c = (unsigned char)text.at[n];

		if (c < 0x20) {
			memcpy(to, "\\u00", 4);
			to[4] = digits[c >> 4];
			to[5] = digits[c & 15];
			to += 6;
		} else if (c == '\\' && text.at[n + 1] == '\'') {
			continue;
		} else {
			*to++ = (char)c;
			if (c == '\\') /* and what it escapes, which may be another one */
				*to++ = text.at[++n];
		}
	}
	return to;
}

static char *write_value(const struct json_document *document, uint32_t node, char *to);

/* The members or items of a container, without its brackets. */
static char *write_items(const struct json_document *document, uint32_t container, char *to)
{
	bool is_object = document->nodes[container].kind == JSON_OBJECT;
	uint32_t value = 0;

	while ((value = json_next(document, container, value))) {
		if (to[-1] != '{' && to[-1] != '[')
			*to++ = ',';
		if (is_object) {
			to = write_string(document, value - 1, to);
			*to++ = ':';
		}
		to = write_value(document, value, to);
	}
	return to;
}

/* Goes as deep as the document does: JSON_DEPTH_MAX. */
static char *write_value(const struct json_document *document, uint32_t node, char *to)
{
	const struct json_node *at = &document->nodes[node];
	struct slice written = json_written(document, node);

	if (at->kind == JSON_STRING)
		return write_string(document, node, to);
	if (!json_is_container(at)) {
		memcpy(to, written.at, written.size);
		return to + written.size;
	}
	*to++ = at->kind == JSON_OBJECT ? '{' : '[';
	to = write_items(document, node, to);
	*to++ = at->kind == JSON_OBJECT ? '}' : ']';
	return to;
}

struct slice json_write(const struct json_document *document, uint32_t node,
			struct scratch *scratch)
{
	size_t room = (size_t)document->nodes[node].size * GROWTH_MAX;
	char *out = scratch_take(scratch, room);
	size_t size = (size_t)(write_value(document, node, out) - out);

	scratch_shrink(scratch, room, size);
	return (struct slice){ out, size };
}
