#include "commands/known_url.h"

#include <string.h>

#include "commands/commands.h"
#include "parsers/request/request.h"

/* As it was typed, which url becomes if it is known. */
static int find(struct store *store, struct url *url, struct slice typed, struct store_key *key)
{
	uint16_t size = url->size;
	int found;

	request_identify_typed(url, typed);
	found = store_find_url(store, url_slice(url), key);
	if (found != 1)
		url->text[url->size = size] = '\0';
	return found;
}

/*
 * Reading the config is put off until it is needed: most URLs are known as they stand, and a config
 * may be wrong while one asks.
 */
static int find_canonical(struct store *store, const struct options *options, struct url *url,
			  struct slice typed, struct store_key *key)
{
	uint16_t size = url->size;
	struct config *config;

	if (url->query == size && !memchr(url->text, ';', size))
		return 0; /* it has no parameters */
	config = command_config(options, options->configs, options->config_count);
	if (!config)
		return -2;
	canonical_apply(config->canonical, url);
	config_free(config);
	return url->size < size ? find(store, url, typed, key) : 0;
}

int known_url_find(struct store *store, const struct options *options, struct slice typed,
		   struct url *url, struct store_key *key)
{
	int found = find(store, url, typed, key);

	return found == 0 ? find_canonical(store, options, url, typed, key) : found;
}
