#ifndef SITE_H
#define SITE_H

#include "counters.h"
#include "listeners.h"

/*
 * site: the demo and test site, as its workers see it.
 *
 * Made before the workers are forked; then nobody changes it but for the counters.
 */
struct site {
	struct listeners listeners;
	struct counters *counters;
	int log;                /* the request log, or -1 */
	int root;               /* folder whose files are served, or -1 */
	const char *robots;     /* file to serve as robots.txt, read anew each time; or NULL */
	const char *robots_as;  /* path whose answer is robots.txt, or NULL */
	const char *sitemap_as; /* the same of sitemap.xml */
	unsigned robots_status; /* 0: 200 */
	unsigned web_wait_ms;   /* before a page of the web of many hosts is answered */
	unsigned web_later_s;   /* its Retry-After */
	unsigned web_delay_ms;  /* its Crawl-delay */
};

#endif
