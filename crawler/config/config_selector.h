#ifndef CONFIG_SELECTOR_H
#define CONFIG_SELECTOR_H

#include "config/config_reader.h"
#include "parsers/pattern/selector_table.h"

/*
 * config_selector: keys of patterns and fields that say what finds them.  Each is the key of
 * a language: `pattern: TEXT` is TEXT as a regular expression, `json: TEXT` a path in JSON.  Beside
 * a key of JSON `in` may say where that stands.
 */

#define CONFIG_SELECTOR_KEYS NULL /* in a list of keys: those of all languages */

/* As reader_check_keys(), for a list with CONFIG_SELECTOR_KEYS in it. */
bool config_check_selector_keys(struct config_reader *reader, const struct yaml_node *map,
				const char *const known[], size_t count);

/* The language whose key this is, or NULL. */
const struct selector_language *config_selector_language(const struct yaml_node *key);

/* The first child of map with the key of a language, and *language; or NULL. */
const struct yaml_node *config_selector_child(const struct yaml_node *map,
					      const struct selector_language **language);

/*
 * Read what makes the rows of a pattern into spec: `pattern`, another language's key, `each` as a
 * regular expression or as a mapping with a language's key, and `in`.
 * Returns the node of its text, or NULL: there is none, or a complaint of it.
 */
const struct yaml_node *config_read_rows(struct config_reader *reader, const struct yaml_node *map,
					 struct pattern_spec *spec);

/* `in` beside the key of language, which may be NULL: there is none.  NULL: there is no `in`. */
const char *config_read_in(struct config_reader *reader, const struct yaml_node *map,
			   const struct selector_language *language);

#endif
