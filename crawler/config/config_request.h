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
#define CONFIG_REQUEST_SHARED 4
#define CONFIG_REQUEST_KEYS   (CONFIG_REQUEST_SHARED + 4)

/* Read what stands in a rule of `hosts:`, or in `crawl:`, into *request, which may have some. */
void config_read_request(struct config_reader *reader, const struct yaml_node *map,
			 struct host_request *request, bool is_of_host);

/* Has it credentials? */
bool config_request_has_secrets(const struct host_request *request);

/* What the command line says of requests. */
struct request_flags {
	const char *const *headers; /* "Name: value" of --header */
	size_t header_count;
	const char *user, *cookie; /* "name:password", "name=value"; or NULL */
	/*
	 * Of the one host that credentials among these three are for ("https://name:port"); NULL:
	 * there are none (config_header_is_secret()).
	 */
	const char *only_origin;
};

/*
 * All files were read: put what flags say over it, and what `crawl:` says below each host's own.
 * reader->config->hosts has room for one more.
 */
void config_complete_requests(struct config_reader *reader, const struct request_flags *flags);

/* Is a header "Name: value" of the command line a credential? */
bool config_header_is_secret(const char *line);

#endif
