#ifndef JSON_H
#define JSON_H

#include "parsers/text/slice.h"
#include <stdint.h>

/*
 * json: a document (RFC 8259) as an array of nodes, in the order they are written.
 *
 *	{"a": [1, "b"], "c": null}
 *
 *	node  0 object  1 "a"  2 array  3 1  4 "b"  5 "c"  6 null
 *	span  7         1      3        1    1      1      1
 *
 * A node is a value, or the name of an object's member, whose value is the next one.  All that a
 * node holds follows it: it is `span` nodes with itself, and behind them stands its neighbour.
 * Nodes say where they are written and copy nothing: numbers keep their digits, strings are
 * decoded when they are asked for (json_text.h).
 *
 * Of members that have one name the last counts (RFC 8259 4 leaves it open; ECMA-262 does so): the
 * names of others are marked, and who walks through an object passes them by.
 */

enum json_kind {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json_node {
	uint32_t at, size; /* as it is written, of a string with its quotes */
	uint32_t span;
	unsigned char kind; /* enum json_kind */
	bool is_escaped;    /* a string with backslashes */
	bool is_name;
	bool is_overwritten; /* a name that comes again in the same object */
};

struct json_document {
	struct slice text; /* what was read */
	const struct json_node *nodes;
	uint32_t count;
	bool is_plain; /* RFC 8259 to the letter, and no name comes twice */
	bool is_loose; /* not RFC 8259, but as pages have it (json_read.h) */
	size_t bad_at; /* of a bad one: the byte that is wrong, or where the text is cut */
};

/* The first node behind this one and all it holds. */
static inline uint32_t json_behind(const struct json_document *document, uint32_t node)
{
	return node + document->nodes[node].span;
}

/* Does the node hold others? */
static inline bool json_is_container(const struct json_node *node)
{
	return node->kind >= JSON_ARRAY;
}

/*
 * The value that stands in a container behind this one, the first if it is 0; 0 behind the last.
 * Of an object: of those that count.  A scalar has none.
 */
static inline uint32_t json_next(const struct json_document *document, uint32_t container,
				 uint32_t value)
{
	uint32_t next = value ? json_behind(document, value) : container + 1;
	uint32_t end = json_behind(document, container);

	if (document->nodes[container].kind != JSON_OBJECT)
		return next < end ? next : 0;
	while (next < end && document->nodes[next].is_overwritten)
		next = json_behind(document, next + 1);
	return next < end ? next + 1 : 0;
}

/* A node as it is written. */
static inline struct slice json_written(const struct json_document *document, uint32_t node)
{
	return (struct slice){ document->text.at + document->nodes[node].at,
			       document->nodes[node].size };
}

#endif
