#include "commands/version.h"

#include <stdio.h>

#include "parsers/pattern/regex.h"
#include "store/store.h"
#include "worker/fetch.h"
#include "worker/page.h"

const char *version_line(void)
{
	static char line[512];

	if (!line[0])
		snprintf(line, sizeof(line), "crawl %s, %s, PCRE2 %s, SQLite %s, %s", CRAWL_VERSION,
			 fetch_library_version(), regex_library_version(), store_version(),
			 page_library_version());
	return line;
}
