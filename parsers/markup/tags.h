#ifndef TAGS_H
#define TAGS_H

#include "parsers/text/ascii.h"
#include "parsers/text/slice.h"

/*
 * tags: a page (UTF-8) cut into tags, as an HTML tokenizer does it (WHATWG HTML 13.2.5).
 *
 * A reader finds a "<", asks tags_next() what it begins, and reads the attributes of a tag or skips
 * them.  No tree is built; in which elements the content is text is the reader's to know, and it
 * skips such content with tags_skip_text() or tags_skip_script().  Time is linear in the page, and
 * nothing is allocated.
 *
 * What runs for every tag is inline: links are searched at a gigabyte a second.
 */
struct tags {
	const char *at; /* behind what has been read */
	const char *end;
	bool is_xml; /* comments, CDATA and instructions end where XML has it */
	bool has_root;
	struct slice prefix; /* of XML: the root's, "h:"; that of all names of HTML */
};

enum tag_kind {
	TAG_NONE,    /* the "<" is text */
	TAG_COMMENT, /* or a doctype, a processing instruction, or what is taken for one: skipped */
	TAG_OPENING, /* read up to its name */
	TAG_CLOSING,
};

struct attribute {
	struct slice name;  /* never empty */
	struct slice value; /* as it stands, without quotes; empty if there is none, never NULL */
};

enum attribute_step { ATTRIBUTE_READ, ATTRIBUTE_LAST, ATTRIBUTE_CUT };

/* Of a "<" that begins no tag: skip the comment or the like that it begins, or return false. */
bool tags_skip_comment(struct tags *tags, bool has_cdata);

/*
 * Skip text up to the "<" of the end tag of this name, or to the end of the page: the content of
 * <style>, <title>, <textarea> and others (13.2.5.9 to 14).
 */
void tags_skip_text(struct tags *tags, struct slice name);

/*
 * The same for the content of <script>: in "<!-- ... -->" a second <script> hides an end tag
 * (13.2.5.15 to 31).
 */
void tags_skip_script(struct tags *tags);

/*
 * Of XML: take the prefix off the name of a tag that was read.  The first is the root's, and says
 * which it is.  Returns false, with the name as it is, if it has another: it is none of HTML's.
 */
bool tags_own_name(struct tags *tags, struct slice *name);

/* Where a byte ends what is read. */
enum {
	TAGS_SPACE = 1,
	TAGS_ENDS_NAME = 2,
	TAGS_ENDS_ATTRIBUTE_NAME = 4,
	TAGS_ENDS_BARE_VALUE = 8,
};

extern const unsigned char tags_class_of[256];

static inline bool tags_is_in(char c, int classes)
{
	return tags_class_of[(unsigned char)c] & classes;
}

static inline const char *tags_skip_class(const char *at, const char *end, int classes)
{
	while (at < end && tags_is_in(*at, classes))
		at++;
	return at;
}

static inline const char *tags_skip_to_class(const char *at, const char *end, int classes)
{
	while (at < end && !tags_is_in(*at, classes))
		at++;
	return at;
}

/* The first c from at on, or NULL. */
static inline const char *tags_find(const char *at, const char *end, char c)
{
	return at < end ? memchr(at, c, (size_t)(end - at)) : NULL;
}

/*
 * What begins at the "<" that tags->at is behind (13.2.5.6, 13.2.5.7); *name is set for a tag.
 * has_cdata: in SVG and MathML there are CDATA sections.
 */
static inline enum tag_kind tags_next(struct tags *tags, bool has_cdata, struct slice *name)
{
	const char *start = tags->at, *end = tags->end;

	start += start < end && *start == '/';
	if (start == end || !ascii_is_letter(*start))
		return tags_skip_comment(tags, has_cdata) ? TAG_COMMENT : TAG_NONE;
	*name = (struct slice){ start, 0 };
	name->size = (size_t)(tags_skip_to_class(start, end, TAGS_ENDS_NAME) - start);
	start = name->at + name->size;
	tags->at = start;
	return name->at[-1] == '/' ? TAG_CLOSING : TAG_OPENING;
}

/* Read "= value", or nothing; false if the page ends in it. */
static inline bool tags_value(struct tags *tags, struct slice *value)
{
	const char *at = tags_skip_class(tags->at, tags->end, TAGS_SPACE), *end = tags->end, *stop;

	*value = (struct slice){ tags->at, 0 };
	tags->at = at;
	if (at == end || *at != '=')
		return true;
	at = tags_skip_class(at + 1, end, TAGS_SPACE);
	if (at == end)
		return false;
	if (*at == '"' || *at == '\'') {
		stop = tags_find(at + 1, end, *at);
		if (!stop)
			return false;
		*value = (struct slice){ at + 1, (size_t)(stop - at - 1) };
		tags->at = stop + 1;
		return true;
	}
	stop = tags_skip_to_class(at, end, TAGS_ENDS_BARE_VALUE);
	*value = (struct slice){ at, (size_t)(stop - at) };
	tags->at = stop;
	return true;
}

/*
 * The next attribute of the tag that is being read (13.2.5.32 to 39).  Behind the last one
 * *is_self_closing is set; if the page ends in the tag, the tag is none.
 */
static inline enum attribute_step tags_attribute(struct tags *tags, struct attribute *attribute,
						 bool *is_self_closing)
{
	const char *at = tags->at, *end = tags->end, *start;

	while (at < end && (tags_is_in(*at, TAGS_SPACE) || *at == '/'))
		at++;
	if (at == end)
		goto cut;
	if (*at == '>') {
		*is_self_closing = at > tags->at && at[-1] == '/';
		tags->at = at + 1;
		return ATTRIBUTE_LAST;
	}
	start = at; /* even "=" begins a name */
	at = tags_skip_to_class(at + 1, end, TAGS_ENDS_ATTRIBUTE_NAME);
	attribute->name = (struct slice){ start, (size_t)(at - start) };
	tags->at = at;
	if (tags_value(tags, &attribute->value))
		return ATTRIBUTE_READ;
cut:
	tags->at = end;
	return ATTRIBUTE_CUT;
}

/* Skip to the end of a tag in whose attributes nobody is interested; is it self-closing? */
static inline bool tags_skip_attributes(struct tags *tags)
{
	struct attribute attribute;
	bool is_self_closing = false;

	if (tags->at < tags->end && *tags->at == '>') { /* as most end tags are */
		tags->at++;
		return false;
	}
	while (tags_attribute(tags, &attribute, &is_self_closing) == ATTRIBUTE_READ)
		;
	return is_self_closing;
}

#endif
