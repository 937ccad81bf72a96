#include "commands/known_url.h"

#include <string.h>

#include "commands/commands.h"

/*
 * Reading the config is put off until it is needed: most URLs are known as they stand, and a config
 * may be wrong while one asks.
 */
static int find_canonical(struct store *store, const struct options *options, struct url *url,
			  struct store_key *key)
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
	return url->size < size ? store_find_url(store, url_slice(url), key) : 0;
}

int known_url_find(struct store *store, const struct options *options, struct url *url,
		   struct store_key *key)
{
	int found = store_find_url(store, url_slice(url), key);

	return found == 0 ? find_canonical(store, options, url, key) : found;
}
