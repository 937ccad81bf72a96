#ifndef ASK_H
#define ASK_H

#include "report/html.h"
#include "store/store.h"

/*
 * ask: what the address of a view asks for ("?state=failed&host=example.org"), read once.
 *
 *	q		a text anywhere
 *	state		pending, done, failed, skipped
 *	outcome		http_error, timeout, ...
 *	status		404; 0: none
 *	host, pattern	by name
 *	f.FIELD		a text in a field of rows; empty=FIELD: it is empty
 *	order		newest (as it is without one), oldest, up:FIELD, down:FIELD
 *	after		go on behind this place of the list
 *	id, url		a URL, by its number or as it was typed
 *	page		rows of the URL with this number alone
 *	format		csv
 *
 * What a form sends empty is not there, other names are not looked at.  Texts are those of the
 * request, as long as it lives.
 */
#define ASK_TEXT_MAX   200  /* bytes of a text that is looked for */
#define ASK_URL_MAX    8192 /* of a URL */
#define ASK_FIELDS_MAX 16
#define ASK_ERROR_MAX  400

struct ask {
	const char *q, *host, *pattern, *outcome, *url;
	bool has_state, has_status;
	enum store_state state;
	unsigned status;
	const char *order_by; /* a field, or NULL: as they were found */
	bool is_oldest_first; /* of a field: its least value first */
	int64_t after;
	uint64_t id, page;
	bool is_csv;
	struct store_field_filter fields[ASK_FIELDS_MAX];
	size_t field_count;
};

/* The value of a parameter, decoded; or NULL. */
typedef const char *ask_get(const void *context, const char *name);

/* Returns 0, or -1: error is one line of what is wrong, and what would be right. */
int ask_read(struct ask *ask, ask_get *get, const void *context, char error[ASK_ERROR_MAX]);

/*
 * The same for fields of rows: of those there are.  names stay the caller's, and must outlive ask.
 */
int ask_read_fields(struct ask *ask, ask_get *get, const void *context, const char *const names[],
		    size_t count, char error[ASK_ERROR_MAX]);

/* Write it as the query of a link: "?state=failed&amp;after=50", or nothing. */
void ask_write(struct html *html, const struct ask *ask);

/* "pending", ...: what state= takes. */
const char *ask_state(enum store_state state);
#define ASK_STATES 4

#endif
