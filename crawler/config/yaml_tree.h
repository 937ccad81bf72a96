#ifndef YAML_TREE_H
#define YAML_TREE_H

#include "base/arena.h"
#include "show/complaint.h"

/*
 * yaml_tree: a YAML file as a tree of texts, lists and mappings, each with its position.
 *
 * The part of YAML that has one meaning: one document, keys are text and stand once, no
 * anchors, aliases or tags, and every scalar is text ("no" is the text no).
 */
#define YAML_DEPTH_MAX 16     /* mappings and lists within each other */
#define YAML_NODES_MAX 200000 /* of one file; a node costs about 100 bytes */

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

enum yaml_style { YAML_PLAIN, YAML_SINGLE_QUOTED, YAML_DOUBLE_QUOTED, YAML_LITERAL, YAML_FOLDED };

struct yaml_node {
	enum yaml_kind kind;
	enum yaml_style style; /* of a text */
	const char *text;      /* of a text: NUL-terminated, UTF-8, without NUL inside; else "" */
	size_t size;           /* its bytes */
	size_t offset;         /* in the source, of the first byte ('"' and '|' included) */
	const struct yaml_node *key; /* the text that names it, if it stands in a mapping */
	const struct yaml_node *first, *next; /* children in their order */
	size_t count;                         /* children */
};

/*
 * Read a file's text.  Everything lives in arena; source must outlive it only for the calls
 * that take both.
 * Returns the root (of an empty file: an empty mapping), or NULL after complaining.
 */
const struct yaml_node *yaml_tree_read(const struct source *source, struct arena *arena,
				       struct complaints *complaints);

/* The value of a key of a mapping, or NULL. */
const struct yaml_node *yaml_child(const struct yaml_node *map, const char *key);

static inline struct slice yaml_slice(const struct yaml_node *text)
{
	return (struct slice){ text->text, text->size };
}

/* "text", "a list", "a mapping": what it is, for a message. */
const char *yaml_kind_name(enum yaml_kind kind);

/*
 * Where byte at of a text's value stands in the source: behind quotes, escapes, indentation
 * and folded lines.  at may be node->size: the position behind the last byte.
 * Returns node->offset if the way back is not clear.
 */
size_t yaml_locate(const struct source *source, const struct yaml_node *node, size_t at);

#endif
