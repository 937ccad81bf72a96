#ifndef REMEDY_H
#define REMEDY_H

#include "parsers/pattern/probe.h"
#include "parsers/text/scratch.h"

/*
 * remedy: changes to an expression that matches nothing, of the kinds that its writer may have
 * overlooked.  Each is tried, and only those with which it matches are told: one alone where that
 * is enough, otherwise the fewest together.
 */
enum remedy {
	REMEDY_DOTALL,    /* flag s */
	REMEDY_CASELESS,  /* flag i */
	REMEDY_MULTILINE, /* flag m */
	REMEDY_UNICODE,   /* flag u */
	REMEDY_QUOTES,    /* the other quotes */
	REMEDY_UNQUOTED,  /* no quotes */
	REMEDY_SPACE,     /* white space: more or less of it, or other */
	REMEDY_NBSP,      /* a no-break space, also as a reference */
	REMEDY_ENTITY,    /* characters that are references in the text */
	REMEDY_CHARACTER, /* references that are characters in the text */
	REMEDY_ESCAPED,   /* quotes behind a backslash */
	REMEDY_CLASS,     /* other classes beside */
	REMEDY_TAG,       /* another element */
	REMEDY_BETWEEN,   /* another attribute between */
	REMEDY_ORDER,     /* another order of attributes */
};
#define REMEDIES (REMEDY_ORDER + 1)

/* Of paths (explain_path.h). */
enum {
	REMEDY_ITEMS = REMEDIES, /* every item of an array */
	REMEDY_DEEP,             /* at any depth */
};
#define REMEDIES_ALL (REMEDY_DEEP + 1)

#define REMEDIES_SHOWN    3u /* cures that are told */
#define REMEDIES_TOGETHER 3u /* changes of one cure; with more of them anything matches */

/* A change with which the expression matches. */
struct cure {
	uint32_t kinds;         /* bits: 1 << REMEDY_... */
	const char *expression; /* the changed one; its flags are in kinds */
	uint32_t count;         /* matches, up to 1000 */
	bool has_place;         /* false: it matches a text whose references are decoded */
	size_t begin, end;      /* of the first */
};

struct remedies {
	struct cure cures[REMEDIES_SHOWN];
	size_t count;
	struct slice json_key; /* a word of the expression that is a key of JSON in a script, */
	size_t json_at;        /* and where it is in the page; the key is absent if none is */
};

/*
 * Try all on an expression that compiles with options and matches nothing in the probe's text,
 * as long as the probe has time.  page: where scripts are looked for.  What is told is in store.
 */
void remedies_try(struct remedies *remedies, const char *expression, uint32_t options,
		  const struct probe *probe, struct slice page, struct scratch *store);

#endif
