#include "parsers/site/robots_tag.h"

#include "parsers/site/robots.h"
#include "parsers/text/ascii.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_word(struct slice text, const char *word)
{
	return ascii_equal(text, slice_of(word));
}

static struct slice trimmed(struct slice text)
{
	while (text.size > 0 && is_blank(text.at[0])) {
		text.at++;
		text.size--;
	}
	while (text.size > 0 && is_blank(text.at[text.size - 1]))
		text.size--;
	return text;
}

/* Cut the part before the first stop off text; all of it if there is none. */
static struct slice cut(struct slice *text, char stop)
{
	const char *end = memchr(text->at, stop, text->size);
	struct slice part = { text->at, end ? (size_t)(end - text->at) : text->size };
	size_t used = part.size + (end != NULL);

	text->at += used;
	text->size -= used;
	return part;
}

/* Directives that have a value of their own behind a colon. */
static bool has_value(struct slice word)
{
	static const char *const words[] = { "unavailable_after", "max-snippet",
					     "max-image-preview", "max-video-preview" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (is_word(word, words[i]))
			return true;
	}
	return false;
}

/* "25 Jun 2030 15" is a piece of a date, not a name. */
static bool is_name(struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (is_blank(text.at[i]))
			return false;
	}
	return text.size > 0;
}

static bool is_ours(struct slice name, struct slice token)
{
	struct slice named = robots_product_token(name);

	return is_word(name, "*") || (token.size > 0 && ascii_equal(named, token));
}

static bool forbids(struct slice words)
{
	for (size_t start = 0, i = 0; i <= words.size; i++) {
		struct slice word = { words.at + start, i - start };

		if (i < words.size && !is_blank(words.at[i]))
			continue;
		if (is_word(word, "nofollow") || is_word(word, "none"))
			return true;
		start = i + 1;
	}
	return false;
}

bool robots_tag_is_nofollow(struct slice value, struct slice product_token)
{
	bool is_for_us = true;

	while (value.size > 0) {
		struct slice words = trimmed(cut(&value, ','));
		const char *colon = memchr(words.at, ':', words.size);

		if (colon) {
			struct slice name = trimmed(cut(&words, ':'));

			if (has_value(name) || !is_name(name))
				continue;
			is_for_us = is_ours(name, product_token);
		}
		if (is_for_us && forbids(words))
			return true;
	}
	return false;
}
