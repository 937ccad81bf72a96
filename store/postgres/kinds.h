#ifndef POSTGRES_KINDS_H
#define POSTGRES_KINDS_H

#include "store/postgres/internal.h"

/*
 * kinds: what a batch may say, in the order in which it says it.
 *
 * A verb that writes is a row of one of these; its statement takes all rows of its kind at once.
 * What a verb of a SQLite file looks up first, is said in the statement.  Of rows with the same key
 * the last wins, or they are added up.
 *
 * The order is that in which one page's rows have to come: hosts and URLs before what changes them,
 * what is kept of a page before its result says that it was read anew, results before what they
 * turn out to be.  What must not change places with anything is a barrier, and is rare.  Behind
 * these come those of tables of patterns, two each (struct postgres_table); and then those of rows
 * that all nodes write, so that they are locked for as short as can be (postgres_late_kind()).
 */
enum postgres_kind_of {
	POSTGRES_ADD_SET,       /* id, fields */
	POSTGRES_ADD_HOST,      /* id, origin */
	POSTGRES_SET_ROBOTS,    /* host, state, text, at_ms */
	POSTGRES_SET_HOLD,      /* host, until_ms */
	POSTGRES_SET_WAIT,      /* host, until, why */
	POSTGRES_SET_ADDRESS,   /* host, address */
	POSTGRES_HOST_FIGURES,  /* host, pages, errors, delay_ms, p50_ms, p95_ms */
	POSTGRES_ADD_URL,       /* id, host, from, where, root, depth, kind, lane, rule, set, url */
	POSTGRES_WANT_URL,      /* id, from, where, root, depth, kind, lane, rule, set; barrier */
	POSTGRES_SET_ROOT,      /* id, from, where, root, depth, lane, rule, is_asked; barrier */
	POSTGRES_SET_ROOT_SETS, /* root, set; barrier */
	POSTGRES_PUT_REQUEST,   /* url, method (NULL: none any more), headers, body */
	POSTGRES_HAND_ON,       /* 1; barrier */
	POSTGRES_ASK,           /* run, pass, asks of crawl_passes, asks, is_of_all, named */
	POSTGRES_ROOT_PASS,     /* root, all_pass, failed_pass */
	POSTGRES_NAME_ROOT,     /* run, root */
	POSTGRES_ADD_PATTERN,   /* config_hash, pattern, hash */
	POSTGRES_KEEP_ROWS,     /* pattern, page, hash, run */
	POSTGRES_ADD_RESULT,    /* RESULT_COLUMNS of put_pages.c */
	POSTGRES_REPLACE_RESULT,
	POSTGRES_KEEP_RESULT,
	POSTGRES_PUT_PARSE,       /* page, config_hash, unmatched, notes, is_limited, counts */
	POSTGRES_STAND,           /* page, pass */
	POSTGRES_CLEAR_CONTENT,   /* page */
	POSTGRES_WAIT_AGAIN,      /* page; barrier */
	POSTGRES_FORGET_RESULT,   /* page; barrier */
	POSTGRES_SET_VERDICT,     /* page, state, outcome, error, status; barrier */
	POSTGRES_REFUSE_PAGE,     /* page, pass, visit, error */
	POSTGRES_PUT_BODY,        /* page, is_text, body (NULL: none any more) */
	POSTGRES_ADD_TRY,         /* page, number, at, outcome, status, error, wait_ms */
	POSTGRES_CLEAR_REJECTS,   /* list; barrier */
	POSTGRES_ADD_REJECT,      /* list, line, text, reason */
	POSTGRES_PUT_COOKIE,      /* domain, path, name, value (NULL: none any more), is_secure,
				     is_http_only, expires, file_hash */
	POSTGRES_PATTERN_FIGURES, /* run, pattern, host, and as put_figures.c has them */
	POSTGRES_PATTERN_TOTALS,  /* the same without host */
	POSTGRES_FIELD_FIGURES,   /* run, pattern, field, rows, filled, bad */
	POSTGRES_OUTCOMES,        /* run, host, outcome, status, pages, unchanged, bytes, wire */
	POSTGRES_TOTALS,          /* the same without host */
	POSTGRES_PROXIES,
	POSTGRES_RUN_HOST,
	POSTGRES_RUN_COUNT,
	POSTGRES_RUN_HISTOGRAM,
	POSTGRES_RUN_EXAMPLE,
	POSTGRES_RUN_SAMPLE,
	POSTGRES_THIN_SAMPLES, /* run, node, step_ms; barrier */
	POSTGRES_RUN_EVENT,
	POSTGRES_RUN_FINDING,
	POSTGRES_SEND_LETTER, /* these two as kinds_flow.h says */
	POSTGRES_END_LETTER,
	POSTGRES_STATIC_KINDS
};

/* Of the table above: what they say. */
extern const struct postgres_kind postgres_static_kinds[POSTGRES_STATIC_KINDS];

/* One more, behind all.  sql and types are the store's from now on.  Returns its number. */
unsigned postgres_add_kind(struct postgres_store *store, char *sql, char *types);
/* It says this from now on. */
void postgres_set_kind(struct postgres_store *store, unsigned kind, char *sql);

/* Have kinds of rows that all nodes write come behind those that there are now; and their number.
 */
void postgres_add_late_kinds(struct postgres_store *store);
unsigned postgres_late_kind(const struct postgres_store *store, unsigned kind);

/* Begin to write, unless that was done, and put. */
static inline int postgres_write(struct store *door, unsigned kind,
				 const struct store_value values[])
{
	struct postgres_store *store = postgres_of(door);

	if (door->has_failed || postgres_begin(store))
		return -1;
	return postgres_put(store, postgres_late_kind(store, kind), values);
}

/* Who writes, for rows that are a node's own. */
int64_t postgres_node_id(const struct postgres_store *store);
/* The one that it had first: of what it counts since it began. */
int64_t postgres_first_id(const struct postgres_store *store);

#endif
