#ifndef URL_MAP_H
#define URL_MAP_H

#include "parsers/text/slice.h"
#include <stdint.h>

/*
 * url_map: a number for some of the URLs, at 32 to 64 bytes each.
 *
 * The ids of links to other sites, which are known but not seen: whoever names one later, a list
 * or a rule that may go there, gets the URL that is there already.  The dates that sitemaps give.
 * A map from fingerprints under a secret key, as in seen.h.
 */
struct url_map;

struct url_map *url_map_new(uint64_t key);
void url_map_free(struct url_map *map);

/* The number of a URL, or 0. */
uint32_t url_map_find(const struct url_map *map, struct slice url);

/* Give a URL a number, not 0, instead of the one that it had. */
void url_map_put(struct url_map *map, struct slice url, uint32_t number);

/* Take one out.  Returns its number, or 0: it was not there. */
uint32_t url_map_take(struct url_map *map, struct slice url);

#endif
