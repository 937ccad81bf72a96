#ifndef KNOWN_URL_H
#define KNOWN_URL_H

#include "cli/options.h"
#include "parsers/url/url.h"
#include "store/store.h"

/*
 * known_url: a URL that was typed, in the database: as it stands, or as a crawl from here would
 * have it (canonical: in crawl-config(5)), which url then becomes; or the identity of a POST, as
 * reports name it (request.h).
 *
 * Returns 1 with *key, 0 if it is not known, -1: the store failed, or -2 after a complaint: the
 * config that is needed to say is wrong.
 */
int known_url_find(struct store *store, const struct options *options, struct slice typed,
		   struct url *url, struct store_key *key);

#endif
