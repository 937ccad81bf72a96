#ifndef FIELD_H
#define FIELD_H

#include "parsers/pattern/clean.h"
#include "parsers/pattern/template.h"
#include "parsers/pattern/value.h"

/* field: what a field takes its value from, and what is done with it. */
struct compilation;

/* A pattern of the field's own, and what is taken of its match. */
struct field_own {
	struct selector *selector;
	struct template source;
};

struct field {
	const char *name;
	enum field_type type; /* of each match, where it takes all */
	bool is_required, carries, takes_all;
	struct field_own *own; /* search the record, one after the other; or none */
	size_t own_count;
	struct template source; /* without: groups of the rows and of the url */
	bool is_record;         /* group 0 */
	struct clean clean;
	struct slice otherwise;      /* {NULL, 0}: none */
	struct value carried;        /* what the rows before leave to the next; */
	struct scratch carried_text; /* its text */
};

/* The type of its column. */
static inline enum field_type field_type(const struct field *field)
{
	return field->takes_all ? FIELD_JSON : field->type;
}

/*
 * Compile spec into field, which is empty but for its name; the groups of the pattern are compiled
 * already.  Returns false and the compilation's error; what was made is released with the pattern.
 */
bool field_compile(struct compilation *compilation, struct field *field,
		   const struct field_spec *spec);

/* A field that is a group of a selector, as it is. */
void field_of_group(struct compilation *compilation, struct field *field,
		    const struct selector *selector, uint32_t group, bool is_named);

void field_free(struct field *field);

#endif
