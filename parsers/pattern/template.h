#ifndef TEMPLATE_H
#define TEMPLATE_H

#include "parsers/pattern/page_set.h"
#include "parsers/pattern/selector.h"
#include "parsers/text/scratch.h"

/*
 * template: text with groups of what selectors found in it.
 *
 * Two ways to write one: "{5}{6}", "{name}", "{set.name}", "{{" and "}}" for braces in a field's
 * `value`, and "$1", "${name}", "$$" in what replaces a match, where \n, \t, \$ and \\ may
 * be written too.
 */
struct template_piece {
	const struct selector *selector;    /* whose group; or */
	const struct page_set_field *given; /* a field of the page's set; or */
	struct slice literal;               /* in the scratch it was compiled into */
	uint32_t group;
	bool is_named; /* of groups of one name, the first that took part */
	bool is_any;   /* the first of all groups that took part */
};

struct template
{
	struct template_piece *pieces;
	size_t count;
};

enum template_style { TEMPLATE_BRACES, TEMPLATE_DOLLARS };

/* What a template may name. */
struct template_names {
	struct selector *const *selectors; /* one that is NULL has none */
	size_t count;
	struct page_set *set; /* NULL: there is none */
};

/*
 * Compile text.  Numbers are groups of the first selector, names of the first that has the name,
 * fields of a set are wanted from it.  The pieces live in store.
 * Returns true, or false and *error.
 */
bool template_compile(struct template *template, enum template_style style, const char *text,
		      const struct template_names *names, struct scratch *store,
		      struct selector_error *error);

/* A template that is one group and no more. */
struct template template_of_group(const struct selector *selector, uint32_t group, bool is_named,
				  struct scratch *store);

/* A template of the first group that took part, or of the whole where there are no groups. */
struct template template_of_any_group(const struct selector *selector, struct scratch *store);

/*
 * The text, of what the selectors found last.  A group that took no part is empty, and so is a
 * field that the page was not given; if none took part (and there is one) the text is absent,
 * {NULL, 0}.
 * A template of one piece copies nothing; otherwise the text is in scratch.
 * Returns false if it would be longer than bytes_max (*text is then untouched).
 */
bool template_render(const struct template *template, size_t bytes_max, struct scratch *scratch,
		     struct slice *text);

/* How long the text is: as its pieces are together. */
size_t template_size(const struct template *template);

/* Write the text to out, which has template_size() bytes. */
void template_write(const struct template *template, char *out);

#endif
