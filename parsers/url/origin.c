#include "parsers/url/origin.h"

#include <string.h>

#include "parsers/text/ascii.h"

#define HTTP_PORT  80
#define HTTPS_PORT 443

static size_t name_size(struct slice rest)
{
	bool is_inside = false;
	size_t size = 0;

	for (; size < rest.size && !strchr("/?#", rest.at[size]); size++) {
		if (rest.at[size] == ':' && !is_inside)
			break;
		is_inside = rest.at[size] == '[' || (is_inside && rest.at[size] != ']');
	}
	return size;
}

static uint16_t read_port(struct slice digits)
{
	unsigned port = 0;

	for (size_t i = 0; i < digits.size && ascii_is_digit(digits.at[i]); i++)
		port = port * 10 + (unsigned)(digits.at[i] - '0');
	return (uint16_t)port;
}

struct origin origin_read(struct slice text)
{
	const char *slashes = text.size > 0 ? memmem(text.at, text.size, "://", 3) : NULL;
	struct slice rest = text;
	struct origin origin = { 0 };

	if (slashes) {
		origin.is_https = slashes - text.at == 5;
		origin.port = origin.is_https ? HTTPS_PORT : HTTP_PORT;
		rest.at = slashes + 3;
		rest.size = (size_t)(text.at + text.size - rest.at);
	}
	origin.name = (struct slice){ rest.at, name_size(rest) };
	if (origin.name.size < rest.size && rest.at[origin.name.size] == ':')
		origin.port = read_port((struct slice){ rest.at + origin.name.size + 1,
							rest.size - origin.name.size - 1 });
	return origin;
}

bool origin_has_own_port(const struct origin *origin)
{
	return origin->port == (origin->is_https ? HTTPS_PORT : HTTP_PORT);
}
