#include "worker/proxy.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/url/no_proxy.h"

#define NAMES_MAX 5

/* The first variable that is set, be it empty. */
static const char *variable(const char *const names[NAMES_MAX])
{
	for (size_t i = 0; i < NAMES_MAX && names[i]; i++) {
		const char *value = getenv(names[i]);

		if (value)
			return value;
	}
	return "";
}

struct proxy_environment proxy_environment(void)
{
	static const char *const http[NAMES_MAX] = { "http_proxy", "all_proxy", "ALL_PROXY" };
	static const char *const https[NAMES_MAX] = { "https_proxy", "HTTPS_PROXY", "all_proxy",
						      "ALL_PROXY" };
	static const char *const none[NAMES_MAX] = { "no_proxy", "NO_PROXY" };

	return (struct proxy_environment){ variable(http), variable(https), variable(none) };
}

struct slice proxy_host(struct slice url)
{
	const char *at = strstr(url.at, "://"), *end = url.at + url.size;
	size_t size;

	at = at ? at + 3 : url.at;
	if (*at == '[')
		return (struct slice){ at + 1, strcspn(at + 1, "]") };
	size = strcspn(at, ":/?#");
	return (struct slice){ at, at + size < end ? size : (size_t)(end - at) };
}

const char *proxy_for(const struct proxy_environment *proxies, struct slice url)
{
	bool is_https = url.size >= 6 && memcmp(url.at, "https:", 6) == 0;
	const char *proxy = is_https ? proxies->https : proxies->http;

	return proxy[0] && !no_proxy_has(proxies->none, proxy_host(url)) ? proxy : "";
}
