#include "worker/cookies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

void cookies_enable(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_COOKIEFILE, "");
}

void cookies_put(CURL *easy, struct slice lines)
{
	char *text, *line, *rest;

	curl_easy_setopt(easy, CURLOPT_COOKIELIST, "ALL");
	if (lines.size == 0)
		return;
	text = memory_text(lines.at, lines.size);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		curl_easy_setopt(easy, CURLOPT_COOKIELIST, line);
	free(text);
}

struct slice cookies_get(CURL *easy, char *out, size_t out_bytes)
{
	struct curl_slist *lines = NULL;
	size_t size = 0;

	curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &lines);
	for (const struct curl_slist *line = lines; line; line = line->next) {
		size_t more = strlen(line->data) + 1;

		if (more > out_bytes - size)
			break;
		memcpy(out + size, line->data, more - 1);
		size += more;
		out[size - 1] = '\n';
	}
	curl_slist_free_all(lines);
	return (struct slice){ out, size };
}
