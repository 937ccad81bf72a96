#include "master/share.h"

#include <xxhash.h>

#include "master/politeness.h"
#include "parsers/url/domain.h"

static uint32_t number_of(struct slice text, uint32_t shares)
{
	return (uint32_t)(XXH3_64bits(text.at, text.size) % shares);
}

uint32_t share_of_name(struct slice name, uint32_t shares)
{
	return shares == 1 ? 0 : number_of(domain_of(name), shares);
}

uint32_t share_of(struct slice origin, uint32_t shares)
{
	struct slice name = politeness_name_in(origin);

	return name.size > 0 ? share_of_name(name, shares) : number_of(origin, shares);
}
