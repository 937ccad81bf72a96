#include "parsers/markup/foreign.h"

#include "parsers/markup/tags.h"

/* names are in lower case, and end with NULL. */
static bool is_any_of(struct slice name, const char *const names[])
{
	for (; *names; names++)
		if (**names == (name.at[0] | 0x20) && ascii_equal(name, slice_of(*names)))
			return true;
	return false;
}

/* The value of the first attribute of this name, or {NULL, 0}. */
static struct slice find_attribute(struct slice attributes, struct slice name)
{
	struct tags tags = { .at = attributes.at, .end = attributes.at + attributes.size };
	struct attribute attribute;
	bool is_self_closing;

	while (tags_attribute(&tags, &attribute, &is_self_closing) == ATTRIBUTE_READ)
		if (ascii_equal(attribute.name, name))
			return attribute.value;
	return (struct slice){ NULL, 0 };
}

/* The integration points: what is in them is HTML. */
static bool is_html_inside(enum foreign_kind kind, struct slice name, struct slice attributes)
{
	static const char *const in_svg[] = { "foreignobject", "desc", "title", NULL };
	static const char *const in_math[] = { "mi", "mo", "mn", "ms", "mtext", NULL };
	struct slice encoding;

	if (kind == FOREIGN_SVG)
		return is_any_of(name, in_svg);
	if (is_any_of(name, in_math))
		return true;
	if (!ascii_equal(name, SLICE("annotation-xml")))
		return false;
	encoding = find_attribute(attributes, SLICE("encoding"));
	return ascii_equal(encoding, SLICE("text/html")) ||
	       ascii_equal(encoding, SLICE("application/xhtml+xml"));
}

static bool breaks_out(struct slice name, struct slice attributes)
{
	static const char *const names[] = {
		"b",       "big",   "blockquote", "body",   "br",     "center", "code", "dd",
		"div",     "dl",    "dt",         "em",     "embed",  "h1",     "h2",   "h3",
		"h4",      "h5",    "h6",         "head",   "hr",     "i",      "img",  "li",
		"listing", "menu",  "meta",       "nobr",   "ol",     "p",      "pre",  "ruby",
		"s",       "small", "span",       "strong", "strike", "sub",    "sup",  "table",
		"tt",      "u",     "ul",         "var",    NULL,
	};

	if (!ascii_equal(name, SLICE("font")))
		return is_any_of(name, names);
	return find_attribute(attributes, SLICE("color")).at ||
	       find_attribute(attributes, SLICE("face")).at ||
	       find_attribute(attributes, SLICE("size")).at;
}

static void open_element(struct foreign *foreign, enum foreign_kind kind, struct slice name,
			 bool is_self_closing)
{
	if (is_self_closing || foreign->depth == FOREIGN_DEPTH_MAX)
		return;
	foreign->open[foreign->depth].kind = kind;
	foreign->open[foreign->depth++].name = name;
}

static void leave(struct foreign *foreign)
{
	while (foreign_is_in(foreign))
		foreign->depth--;
}

bool foreign_opening(struct foreign *foreign, struct slice name, struct slice attributes,
		     bool is_self_closing, bool is_xml)
{
	bool is_svg = ascii_equal(name, SLICE("svg")), is_math = ascii_equal(name, SLICE("math"));
	enum foreign_kind kind;

	if (foreign_is_in(foreign) && !is_xml && breaks_out(name, attributes))
		leave(foreign);
	if (!foreign_is_in(foreign)) {
		if (is_svg || is_math)
			open_element(foreign, is_svg ? FOREIGN_SVG : FOREIGN_MATH, name,
				     is_self_closing);
		return !is_svg && !is_math;
	}
	kind = foreign->open[foreign->depth - 1].kind;
	if (is_html_inside(kind, name, attributes))
		open_element(foreign, FOREIGN_HTML, name, is_self_closing);
	else if (is_svg || is_math)
		open_element(foreign, is_svg ? FOREIGN_SVG : kind, name, is_self_closing);
	return false;
}

void foreign_closing(struct foreign *foreign, struct slice name, bool is_xml)
{
	if (!is_xml && foreign_is_in(foreign) &&
	    (ascii_equal(name, SLICE("p")) || ascii_equal(name, SLICE("br")))) {
		leave(foreign);
		return;
	}
	for (size_t i = foreign->depth; i-- > 0;) {
		if (ascii_equal(name, foreign->open[i].name)) {
			foreign->depth = i;
			return;
		}
		if (foreign->open[i].kind == FOREIGN_HTML)
			return;
	}
}
