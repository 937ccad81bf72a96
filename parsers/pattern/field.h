#ifndef FIELD_H
#define FIELD_H

#include "parsers/pattern/clean.h"
#include "parsers/pattern/template.h"

/* field: what a field takes its value from, and what is done with it. */
struct compilation;

struct field {
	const char *name;
	enum field_type type;
	bool is_required;
	struct selector *own;   /* searches the record before source is read; or NULL */
	struct template source; /* groups of own, of the rows and of the url */
	struct clean clean;
	struct slice otherwise; /* {NULL, 0}: none */
};

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
