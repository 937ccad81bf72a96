#include "parsers/url/domain.h"

#include <libpsl.h>

#include "parsers/text/limits.h"

#define NAME_BYTES_MAX 255 /* RFC 1035 2.3.4 */

_Static_assert(NAME_BYTES_MAX <= HOST_BYTES_MAX, "a longer host is no name of the DNS");

/* A name whose last label is a number is an IPv4 address, or none at all (WHATWG URL 3.5). */
bool domain_is_address(struct slice host)
{
	size_t at = host.size;

	while (at > 0 && host.at[at - 1] >= '0' && host.at[at - 1] <= '9')
		at--;
	return at < host.size ? at > 0 && host.at[at - 1] == '.'
			      : host.size > 0 && host.at[0] == '[';
}

struct slice domain_of(struct slice host)
{
	const psl_ctx_t *suffixes = psl_builtin();
	char name[NAME_BYTES_MAX + 1];
	const char *domain = NULL;

	if (host.size > NAME_BYTES_MAX || domain_is_address(host))
		return host;
	memcpy(name, host.at, host.size);
	name[host.size] = '\0';
	if (suffixes)
		domain = psl_registrable_domain(suffixes, name);
	return domain ? (struct slice){ host.at + (domain - name),
					host.size - (size_t)(domain - name) }
		      : host;
}

bool domain_is_shared(struct slice name)
{
	const psl_ctx_t *suffixes = psl_builtin();
	char copy[NAME_BYTES_MAX + 1];

	if (!suffixes || name.size > NAME_BYTES_MAX)
		return false;
	memcpy(copy, name.at, name.size);
	copy[name.size] = '\0';
	return psl_is_public_suffix2(suffixes, copy, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE);
}
