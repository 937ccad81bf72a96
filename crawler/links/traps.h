#ifndef TRAPS_H
#define TRAPS_H

#include "parsers/url/url.h"

/*
 * traps: links that lead nowhere for ever: calendars, sessions in paths, endless filters.
 *
 * Asked about links only, never about seeds.
 */
struct traps;

#define TRAPS_SEGMENT_REPEATS 3 /* the same path segment more often than this is a loop */
#define TRAPS_SEGMENTS_MAX    64
#define TRAPS_VARIANTS_MAX    20 /* URLs that differ only in a path parameter of one name */
#define TRAPS_PARAMETERS_MAX  8  /* of a path, by name, that are looked at */
#define TRAPS_TOLD_MAX        16 /* parameters that are told of, of all hosts */

/* query_max: URLs of one path that differ only in their query; host_max: URLs of one host.  0: no
 * bound. */
struct traps *traps_new(uint64_t query_max, uint64_t host_max);
void traps_free(struct traps *traps);

/* Is this link a trap?  Returns why ("a path segment repeats"), static, or NULL: then it is
 * counted. */
const char *traps_catch(struct traps *traps, const struct url *url);

/*
 * The name of a path parameter (path_parameter.h) for which this link is a trap, and of which
 * nobody was told for this host; it counts as told then, and the link may have another.  Points
 * into url; of size 0 if there is none.
 */
struct slice traps_tell(struct traps *traps, const struct url *url);

/* Count a URL that is known from an earlier run. */
void traps_count(struct traps *traps, const struct url *url);

#endif
