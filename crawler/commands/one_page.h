#ifndef ONE_PAGE_H
#define ONE_PAGE_H

#include "config/config.h"
#include "parsers/charset/charset.h"
#include "parsers/request/request.h"
#include <stdint.h>

/*
 * one_page: one page, for a command that looks at a page and keeps nothing.
 *
 * A file is read and converted here; a URL is fetched by a worker, as in a crawl, so that both
 * see the page alike.  If its host has a login, that comes first.  Redirects are followed, and lead
 * to private addresses only where they do in a crawl; robots.txt, delays and retries are a crawl's.
 */
struct one_page {
	struct slice text; /* UTF-8; points into memory */
	char *memory;
	uint64_t size; /* decoded bytes, before the conversion */
	char charset[64];
	enum charset_source charset_source;
	bool is_gbk;                 /* as in struct charset */
	bool is_stored;              /* in a database: where its charset was said is not known */
	struct http_request request; /* of one that is stored; points into asked */
	char *asked;                 /* or NULL: as a plain GET */
	char *set;                   /* what a list gave it, as the database has it; or NULL */

	/* Of a page that was fetched: */
	struct url *url; /* where it was in the end, or NULL */
	unsigned status;
	unsigned elapsed_ms; /* of the last request */
	char content_type[128];
	bool has_sent_cookies; /* for it, or on the way to it */
	bool has_carried;      /* likewise: what the config says of requests */
	int64_t age_ms;        /* of one that was kept (page_cache.h), or 0 */
};

#define ONE_PAGE_ERROR_MAX 600

/*
 * Read a file ("-": standard input) of at most bytes_max.  content_type as its header would be,
 * or absent.  Returns 0 and a page the caller frees with one_page_free(), or -1 and one line in
 * error.
 */
int one_page_file(struct one_page *one, const char *name, struct slice content_type,
		  size_t bytes_max, char error[ONE_PAGE_ERROR_MAX]);

/*
 * Fetch a URL, as the config has it: with what a crawl would send, also of the cookies that
 * database keeps, if there is one; it is not changed.  user is "name:password" as the URL had it,
 * or absent. Anything but text with a status that counts as success is an error. Returns as
 * one_page_file().
 */
int one_page_url(struct one_page *one, const struct url *url, struct slice user,
		 const struct config *config, const char *database, char error[ONE_PAGE_ERROR_MAX]);

/* Does the config say anything of requests for this URL, or its user? */
bool one_page_carries(const struct config *config, struct slice url, struct slice user);

/* The charset that the page came in. */
struct charset one_page_charset(const struct one_page *page);

void one_page_free(struct one_page *one);

#endif
