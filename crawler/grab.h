#ifndef GRAB_H
#define GRAB_H

#include "canonical.h"
#include "parsers/charset.h"
#include "settings.h"
#include "url.h"
#include <stdint.h>

/*
 * grab: one page, for a command that looks at a page and keeps nothing.
 *
 * A file is read and converted here; a URL is fetched by a worker, as in a crawl, so that both
 * see the page alike.  Redirects are followed, and lead to private addresses only where they do in
 * a crawl; robots.txt, delays and retries are a crawl's.
 */
struct grab {
	struct slice text; /* UTF-8; points into memory */
	char *memory;
	uint64_t size; /* decoded bytes, before the conversion */
	char charset[64];
	enum charset_source charset_source;

	/* Of a page that was fetched: */
	struct url *url; /* where it was in the end, or NULL */
	unsigned status;
	unsigned elapsed_ms; /* of the last request */
	char content_type[128];
};

#define GRAB_ERROR_MAX 600

/*
 * Read a file ("-": standard input) of at most bytes_max.  content_type as its header would be,
 * or absent.  Returns 0 and a grab the caller frees with grab_free(), or -1 and one line in error.
 */
int grab_file(struct grab *grab, const char *name, struct slice content_type, size_t bytes_max,
	      char error[GRAB_ERROR_MAX]);

/*
 * Fetch a URL.  canonical is applied to where redirects lead; it may be NULL.  Anything but text
 * with a status of 2xx is an error.  Returns as grab_file().
 */
int grab_url(struct grab *grab, const struct url *url, const struct settings *settings,
	     const struct canonical *canonical, char error[GRAB_ERROR_MAX]);

void grab_free(struct grab *grab);

#endif
