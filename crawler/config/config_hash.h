#ifndef CONFIG_HASH_H
#define CONFIG_HASH_H

#include "config/config.h"
#include "config/yaml_tree.h"

/*
 * config_hash: what a config means, as numbers that are equal where it means the same.
 *
 * Of what a file says the hash takes all that may change a row, a link or a request, and so also
 * keys that are made later; it leaves out comments and how a text is quoted, the order of keys,
 * tests, health, delays, limits of the machine and credentials.  It may differ where nothing does
 * ("group: 1" and its short form), which costs reading pages again and no row.
 *
 * A config's hash has two halves: which patterns there are and what they mean (the lower), and
 * which pages would be asked for and how (the upper).  Rows depend on the lower alone.
 */

/* What a pattern means, whatever it is called: of its mapping, or of an expression (-e). */
uint64_t config_hash_pattern(const struct yaml_node *map);
uint64_t config_hash_expression(const char *regex);

/* What the half of the patterns is the sum of: one pattern's part, by its name and its hash. */
uint64_t config_hash_part(const char *name, uint64_t hash);

/* Of one file after the other: what it says of requests and links.  so_far: 0, or of those before.
 */
uint64_t config_hash_root(uint64_t so_far, const struct yaml_node *root);

/* All of a config that is read; requests is what config_hash_root() made of its files. */
uint64_t config_hash(const struct config *config, uint64_t requests);

/* The hash of a page read under `old` whose rows are now those of the patterns of `now`. */
static inline uint64_t config_hash_with_patterns(uint64_t old, uint64_t now)
{
	return (old & ~(uint64_t)UINT32_MAX) | (now & UINT32_MAX);
}

/* Would the two make the same rows of a page? */
static inline bool config_hash_has_patterns(uint64_t left, uint64_t right)
{
	return (uint32_t)left == (uint32_t)right;
}

#endif
