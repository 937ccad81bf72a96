#ifndef REQUEST_FLAGS_H
#define REQUEST_FLAGS_H

#include "config/config_reader.h"

/*
 * request_flags: what the command line says of requests; and how that, `crawl:` and `hosts:` go
 * together.
 */

/* What the command line says of requests. */
struct request_flags {
	const char *const *headers; /* "Name: value" of --header */
	size_t header_count;
	const char *user, *cookie; /* "name:password", "name=value"; or NULL */
	/*
	 * Of the one host that credentials among these three are for ("https://name:port"); NULL:
	 * there are none (request_flags_is_secret()).
	 */
	const char *only_origin;
};

/*
 * All files were read: put what flags say over it, and what `crawl:` says below each host's own.
 * reader->config->hosts has room for one more.
 */
void config_complete_requests(struct config_reader *reader, const struct request_flags *flags);

/* Is a header "Name: value" of the command line a credential? */
bool request_flags_is_secret(const char *line);

#endif
