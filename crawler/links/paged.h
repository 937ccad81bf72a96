#ifndef PAGED_H
#define PAGED_H

#include "config/config.h"

/*
 * paged: what asks for the next part of a list, of which an answer says only where it goes on.
 *
 * Some members of the request for the answer (a cursor, the number of a page) get values that are
 * found in the answer's JSON: parameters of its query, or members of its body.  The others stay as
 * they are, byte for byte: a number of 20 digits is that number in the next request.
 */
struct paged;

#define PAGED_BYTES_MAX (64 * 1024) /* of what is made */

/* A rule whose source is query or post; it must stay.  Returns one the caller frees. */
struct paged *paged_new(const struct config_follow *rule, uint32_t step_limit);
void paged_free(struct paged *paged);

/* Does its rule say, by a from, which pages are answers, and that these are JSON? */
bool paged_wants_json(const struct paged *paged);

/* The request that was answered. */
struct paged_request {
	struct slice query; /* without '?'; may be absent */
	bool is_form;       /* its body is application/x-www-form-urlencoded; otherwise JSON */
	struct slice body;  /* may be absent: the next one has these members alone */
};

enum paged_result {
	PAGED_NEXT,
	PAGED_END,    /* some path finds nothing, null, false or an empty string */
	PAGED_ODD,    /* what is found, was asked or has come cannot be used */
	PAGED_BROKEN, /* the answer's JSON is */
	PAGED_LIMIT,  /* a limit ended the search */
};

struct paged_next {
	/* NEXT: the query, or the body.  ODD: what was found; absent if it is the request, which
	 * may hold secrets, or the whole answer.  Dies with the next call. */
	struct slice text;
	const char *why;  /* ODD: what is wrong with it; static */
	size_t broken_at; /* BROKEN: byte of the answer */
};

/* Look in an answer, which is well-formed UTF-8, within the budget that runs (budget.h). */
enum paged_result paged_next(struct paged *paged, const struct paged_request *request,
			     struct slice answer, struct paged_next *next);

/* Is this value of JSON, or {NULL, 0}, how an answer says that there is no next part? */
bool paged_is_end(struct slice json);

#endif
