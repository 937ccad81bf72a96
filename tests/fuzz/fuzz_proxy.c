/* Proxies: what is taken is read again as it was, libcurl takes it, too, and its name tells no
 * user. */
#include "tests/fuzz/fuzz.h"

#include <curl/curl.h>
#include <string.h>

#include "crawler/config/proxy_line.h"

static void check_with_libcurl(const char *text)
{
	CURLU *url = curl_url();
	char *host = NULL;

	FUZZ_ASSERT(url);
	FUZZ_ASSERT(!curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME));
	FUZZ_ASSERT(!curl_url_get(url, CURLUPART_HOST, &host, 0));
	curl_free(host);
	curl_url_cleanup(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_proxy proxy = { .url = NULL }, again = { .url = NULL };
	struct arena arena = { 0 };

	if (!proxy_line_read(&arena, fuzz_input(data, size), &proxy)) {
		FUZZ_ASSERT(!strchr(proxy.name, '@'));
		check_with_libcurl(proxy.url);
		if (strlen(proxy.url) <= PROXY_LINE_MAX) { /* what was escaped may be longer */
			FUZZ_ASSERT(!proxy_line_read(&arena, slice_of(proxy.url), &again));
			FUZZ_ASSERT(strcmp(proxy.url, again.url) == 0);
			FUZZ_ASSERT(strcmp(proxy.name, again.name) == 0);
		}
	} else {
		FUZZ_ASSERT(!proxy.url);
	}
	arena_free(&arena);
	return 0;
}
