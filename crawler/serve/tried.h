#ifndef TRIED_H
#define TRIED_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * tried: what server and child say to each other of patterns that are tried on a page.
 *
 *	server			child
 *	  part of a page  -->		as many as it takes; it keeps a few pages, by a key
 *	  wish		  -->		run these patterns on the page of that key
 *		  <--	tried		offsets, texts and numbers
 *
 * What the child says is data, of which the server makes HTML: whoever has taken the child over can
 * have it say what it likes, and gets text shown.  Decoding checks every count and size; offsets
 * are the reader's to check, who has the page.
 */
#define TRIED_PAGE_MAX     ((size_t)16 * 1024 * 1024) /* bytes of a page */
#define TRIED_PART_MAX     ((size_t)512 * 1024)       /* of it in a message */
#define TRIED_MATCHES_MAX  1000
#define TRIED_PATTERNS_MAX 64
#define TRIED_COLUMNS_MAX  100
#define TRIED_ROWS_MAX     50
#define TRIED_CELL_MAX     300                  /* bytes */
#define TRIED_CELLS_MAX    ((size_t)400 * 1024) /* bytes of all of them */
#define TRIED_TEXT_MAX     ((size_t)64 * 1024)  /* bytes of complaints, and of why */

/* ---- to the child ---- */

struct tried_part {
	uint64_t key;
	uint32_t size, offset; /* of the page; of this part in it */
	struct slice bytes;
};

struct tried_wish {
	uint64_t key;
	bool is_one;            /* one pattern it must be, and is run for any URL; else: those */
				/* that are for the URL */
	uint32_t budget_ms;     /* of a pattern */
	struct slice url;       /* canonical, or absent */
	struct slice type, set; /* as struct page_about has them, or absent */
	struct slice charset;   /* its name, or absent */
	struct slice text;      /* YAML */
};

/* Returns what the caller frees, of *size bytes.  The first byte is kind. */
char *tried_part_encode(const struct tried_part *part, unsigned char kind, size_t *size);
char *tried_wish_encode(const struct tried_wish *wish, unsigned char kind, size_t *size);

/* Of a message behind its first byte, into which they point.  Returns 0, or -1: it is none. */
int tried_part_decode(struct tried_part *part, struct slice message);
int tried_wish_decode(struct tried_wish *wish, struct slice message);

/* ---- from the child ---- */

enum tried_state {
	TRIED_NO_PAGE, /* it has none of that key: send it */
	TRIED_WRONG,   /* the patterns are, as the complaints say */
	TRIED_DONE,
};

struct tried_match {
	uint32_t offset, size; /* of the page */
	uint32_t pattern;      /* its number among the patterns */
};

struct tried_pattern {
	struct slice name, limit; /* limit: that ended it, or empty */
	bool is_child;
	uint32_t rows, dropped, bad; /* in all */
	uint64_t elapsed_ns;
	uint32_t columns;                 /* in all, of them: */
	uint32_t column_count, row_count; /* shown */
	struct slice *names;              /* column_count */
	struct slice *cells;              /* row_count x column_count; absent: NULL */
};

struct tried {
	enum tried_state state;
	struct slice complaints; /* errors and warnings, as crawl check says them */
	struct slice why;        /* what is missing, as crawl explain says it */
	bool is_for_url;         /* the pattern is */
	uint32_t matches;        /* in all */
	struct tried_match *match;
	uint32_t match_count;
	struct tried_pattern *pattern;
	uint32_t pattern_count;
};

char *tried_encode(const struct tried *tried, size_t *size);

/*
 * On success texts point into message, and the caller has tried_free() give the lists back.
 * Returns 0, or -1: it is none; tried is then untouched.
 */
int tried_decode(struct tried *tried, struct slice message);
void tried_free(struct tried *tried);

#endif
