#ifndef CONFIG_REQUEST_H
#define CONFIG_REQUEST_H

#include "config/config_reader.h"

/*
 * config_request: the keys of `crawl:` and `hosts:` that say what requests carry (host_request.h).
 *
 * In `crawl:` stand those that are the same for whoever is asked.  A credential is somebody's: it
 * stands in `hosts:`, where `match` says whose.
 */

/* The keys of both blocks, and after them those of `hosts:` alone. */
extern const char *const config_request_keys[];
#define CONFIG_REQUEST_SHARED 5
#define CONFIG_REQUEST_KEYS   (CONFIG_REQUEST_SHARED + 5)

/* Read what stands in a rule of `hosts:`, or in `crawl:`, into *request, which may have some. */
void config_read_request(struct config_reader *reader, const struct yaml_node *map,
			 struct host_request *request, bool is_of_host);

/* Has it credentials? */
bool config_request_has_secrets(const struct host_request *request);

#endif
