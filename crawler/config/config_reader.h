#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include "config/config.h"
#include "config/yaml_tree.h"
#include "show/complaint.h"

/*
 * config_reader: what the blocks of a config file have in common.
 *
 * Readers complain and go on with nothing, so that one look at a file shows all that is
 * wrong with it.  Whether anything was, complaints->errors tells.
 */
struct config_reader {
	struct config *config; /* what is read goes here */
	struct arena *arena;
	struct complaints *complaints;
	const struct source *source; /* the file that is being read */
	int health_drop;             /* what it says of health, for all of its patterns */
};

#define READER_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* complain() at the beginning of a node. */
#define READER_COMPLAIN(reader, node, ...) \
	complain((reader)->complaints, (reader)->source, (node)->offset, __VA_ARGS__)

/* Nothing written: "fields:" with all below it commented out. */
bool reader_is_nothing(const struct yaml_node *node);

/* Is it of this kind?  Nothing passes for an empty list and an empty mapping. */
bool reader_expect(struct config_reader *reader, const struct yaml_node *node, enum yaml_kind kind);

/* Have each item of a list read.  list may be NULL: it is not there. */
void reader_each(struct config_reader *reader, const struct yaml_node *list,
		 void read_item(struct config_reader *, const struct yaml_node *));

/*
 * Complain of keys that are not known, with the one that may be meant.
 * later: keys that will be known one day, NULL-terminated; or NULL.
 * Returns false if there was any: then a key that is missing is most likely misspelt, and
 * need not be complained of too.
 */
bool reader_check_keys(struct config_reader *reader, const struct yaml_node *map,
		       const char *const known[], size_t count, const char *const later[]);

/* "unknown THING 'text': did you mean 'near'?", or the list of what is known. */
void reader_unknown(struct config_reader *reader, const struct yaml_node *node, const char *thing,
		    const char *const known[], size_t count);

/* The text of a node, or of a key of a mapping (NULL if it is not there); never empty. */
const char *reader_text(struct config_reader *reader, const struct yaml_node *node);
const char *reader_child_text(struct config_reader *reader, const struct yaml_node *map,
			      const char *key);

/*
 * Warn of what YAML has made of a regular expression: a control character of an escape in
 * double quotes ("\b"), and a comment that cuts it where it has no quotes (item #(\d+)).
 * node may be NULL: it is not there.
 */
void reader_warn_of_regex(struct config_reader *reader, const struct yaml_node *node);

/*
 * Warn of a regular expression on URLs that matches none, for it begins as a reference may in a
 * page: "^/list", "^\\?page=".  node may be NULL.
 */
void reader_warn_of_address(struct config_reader *reader, const struct yaml_node *node);

/* A key's regular expression on URLs, checked by compiling it; NULL if it is not there. */
const char *reader_child_regex(struct config_reader *reader, const struct yaml_node *map,
			       const char *key);

/* Complain at byte at of a node's text. */
void reader_complain_within(struct config_reader *reader, const struct yaml_node *node, size_t at,
			    const char *message);

/* Warn of a duration without a unit: seconds are meant, and may not be what was. */
void reader_warn_of_unit(struct config_reader *reader, const struct yaml_node *node,
			 enum setting_kind kind);

/* A number or switch, in bounds; otherwise *value stays what it is. */
void reader_value(struct config_reader *reader, const struct yaml_node *node,
		  enum setting_kind kind, int64_t least, int64_t most, int64_t *value);

/* A key's value, with kind and bounds of the setting called the same. */
void reader_child_setting(struct config_reader *reader, const struct yaml_node *map,
			  const char *key, int64_t *value);

#endif
