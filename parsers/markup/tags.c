#include "parsers/markup/tags.h"

#define ENDS_ALL (TAGS_SPACE | TAGS_ENDS_NAME | TAGS_ENDS_ATTRIBUTE_NAME | TAGS_ENDS_BARE_VALUE)

const unsigned char tags_class_of[256] = {
	['\t'] = ENDS_ALL,
	['\n'] = ENDS_ALL,
	['\f'] = ENDS_ALL,
	['\r'] = ENDS_ALL,
	[' '] = ENDS_ALL,
	['/'] = TAGS_ENDS_NAME | TAGS_ENDS_ATTRIBUTE_NAME,
	['>'] = TAGS_ENDS_NAME | TAGS_ENDS_ATTRIBUTE_NAME | TAGS_ENDS_BARE_VALUE,
	['='] = TAGS_ENDS_ATTRIBUTE_NAME,
};

/* Behind the first "-->" (c is "-") or "]]>" (c is "]") at or after `at`, or NULL. */
static const char *find_close(const char *at, const char *end, char c)
{
	const char *start = at;

	while ((at = tags_find(at, end, '>'))) {
		at++;
		if (at - start >= 3 && at[-2] == c && at[-3] == c)
			return at;
	}
	return NULL;
}

/*
 * Behind a comment whose text begins at `text`.  "<!-->" and "<!--->" are whole comments, and
 * "--!>" ends one too (13.2.5.43 to 52).
 */
static const char *behind_comment(const char *text, const char *end)
{
	const char *at = text;

	while ((at = tags_find(at, end, '>'))) {
		bool is_end = at[-1] == '-' && at[-2] == '-';

		is_end |= at - text >= 3 && at[-1] == '!' && at[-2] == '-' && at[-3] == '-';
		at++;
		if (is_end)
			return at;
	}
	return end;
}

static const char *behind_instruction(const char *at, const char *end)
{
	const char *close = memmem(at, (size_t)(end - at), "?>", 2);

	return close ? close + 2 : NULL;
}

bool tags_skip_comment(struct tags *tags, bool has_cdata)
{
	const char *at = tags->at, *behind;
	struct slice rest = { at, (size_t)(tags->end - at) };

	if (rest.size == 0 || !(*at == '!' || *at == '?' || (*at == '/' && rest.size > 1)))
		return false;
	if (rest.size >= 3 && memcmp(at, "!--", 3) == 0)
		behind = tags->is_xml ? find_close(at + 3, tags->end, '-')
				      : behind_comment(at + 3, tags->end);
	else if ((has_cdata || tags->is_xml) && rest.size >= 8 && memcmp(at, "![CDATA[", 8) == 0)
		behind = find_close(at + 8, tags->end, ']');
	else if (tags->is_xml && *at == '?')
		behind = behind_instruction(at, tags->end);
	else if ((behind = tags_find(at, tags->end, '>')))
		behind++;
	tags->at = behind ? behind : tags->end;
	return true;
}

/* Does an opening or end tag of this name begin at `at` (behind "<" or "</")? */
static bool is_tag_of(const char *at, const char *end, struct slice name)
{
	if ((size_t)(end - at) <= name.size || !tags_is_in(at[name.size], TAGS_ENDS_NAME))
		return false;
	return ascii_same(at, name.at, name.size);
}

static bool is_end_tag_of(const char *at, const char *end, struct slice name)
{
	return at < end && *at == '/' && is_tag_of(at + 1, end, name);
}

void tags_skip_text(struct tags *tags, struct slice name)
{
	const char *tag;

	while ((tag = tags_find(tags->at, tags->end, '<'))) {
		tags->at = tag;
		if (is_end_tag_of(tag + 1, tags->end, name))
			return;
		tags->at = tag + 1;
	}
	tags->at = tags->end;
}

/*
 * Skip the part of a script from "<!--" to "-->", in which "<script" opens a second script
 * that hides the end tag of the first.  The "-->" is looked for only as far as the next "<":
 * each script of a page would otherwise search all that follows for one that is not there.
 * True if the script's end tag was met, then tags->at is on its "<".
 */
static bool skip_escaped_script(struct tags *tags)
{
	const struct slice script = SLICE("script");
	const char *text = tags->at + 2, *at = tags->at + 4, *end = tags->end; /* "<!-->" */
	const char *tag, *close;
	bool is_double = false, is_end;

	while ((tag = tags_find(at, end, '<')) && !(close = find_close(text, tag, '-'))) {
		is_end = is_end_tag_of(tag + 1, end, script);
		if (is_end && !is_double) {
			tags->at = tag;
			return true;
		}
		if (is_end || is_tag_of(tag + 1, end, script))
			is_double = !is_end;
		text = at = tag + 1;
	}
	if (!tag)
		close = find_close(text, end, '-');
	tags->at = close ? close : end;
	return false;
}

void tags_skip_script(struct tags *tags)
{
	const char *tag;

	while ((tag = tags_find(tags->at, tags->end, '<'))) {
		tags->at = tag;
		if (is_end_tag_of(tag + 1, tags->end, SLICE("script")))
			return;
		if (tags->end - tag < 4 || memcmp(tag, "<!--", 4) != 0)
			tags->at = tag + 1;
		else if (skip_escaped_script(tags))
			return;
	}
	tags->at = tags->end;
}

bool tags_own_name(struct tags *tags, struct slice *name)
{
	const char *colon;
	size_t size = tags->prefix.size;

	if (!tags->has_root) {
		colon = tags_find(name->at, name->at + name->size, ':');
		size = colon ? (size_t)(colon + 1 - name->at) : 0;
		tags->prefix = (struct slice){ name->at, size };
		tags->has_root = true;
	}
	if (size == 0)
		return true;
	if (name->size <= size || memcmp(name->at, tags->prefix.at, size) != 0)
		return false;
	*name = (struct slice){ name->at + size, name->size - size };
	return ascii_is_letter(*name->at);
}
