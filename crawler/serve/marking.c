#include "serve/marking.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"
#include "serve/try_page.h"

#define TEXTS_MAX ((size_t)256 * 1024) /* bytes of the patterns that are sent */

struct marking {
	struct http_request *request;
	const char *type;
	struct slice body; /* ours */
	size_t begin, end;
};

void marking_free(struct marking_page *page)
{
	free(page->text);
	free(page->url);
	free(page->type);
	free(page->charset);
	free(page->set);
	*page = (struct marking_page){ .text = NULL };
}

/* Where one pattern's text begins behind the word that all have. */
static const char *behind_head(const char *yaml)
{
	const char *end = strchr(yaml, '\n');

	return end ? end + 1 : yaml + strlen(yaml);
}

/* All of them as one text, up to its bounds.  The caller frees it. */
static char *join(const struct config_text *patterns, size_t count)
{
	char *text = memory_new(TEXTS_MAX + CONFIG_TEXT_BYTES_MAX + 1, 1);
	size_t size = 0;

	for (size_t i = 0; i < count && i < MARKING_PATTERNS_MAX && size < TEXTS_MAX; i++) {
		const char *yaml = i == 0 ? patterns[i].yaml : behind_head(patterns[i].yaml);
		size_t bytes = strlen(yaml);

		if (bytes > CONFIG_TEXT_BYTES_MAX)
			continue;
		memcpy(text + size, yaml, bytes);
		size += bytes;
		if (size > 0 && text[size - 1] != '\n')
			text[size++] = '\n';
	}
	text[size] = '\0';
	return text;
}

static void reply(const struct marking *marking, struct slice body)
{
	http_answer(marking->request,
		    &(struct http_reply){ .status = 200, .type = marking->type, .body = body });
}

static void on_marked(void *user, enum trying_result result, const struct tried *tried,
		      struct slice page)
{
	struct marking *marking = user;
	struct slice body = marking->body;
	struct html html = { 0 };

	if (result == TRYING_DONE && tried->state == TRIED_DONE) {
		html_own(&html, (struct slice){ body.at, marking->begin });
		try_page_text(&html, tried, page);
		html_own(&html, (struct slice){ body.at + marking->end, body.size - marking->end });
		body = (struct slice){ html.bytes, html.size };
	}
	reply(marking, body);
	html_free(&html);
	free((void *)(uintptr_t)marking->body.at);
	free(marking);
}

void marking_answer(struct relay *relay, struct http_request *request, const char *type,
		    struct slice body, struct marking_page *page,
		    const struct config_text *patterns, size_t pattern_count)
{
	struct marking *marking = memory_new(1, sizeof(*marking));
	char *text = join(patterns, pattern_count);
	const struct tried_wish wish = {
		.budget_ms = MARKING_BUDGET_MS,
		.url = slice_of(page->url),
		.type = slice_of(page->type),
		.charset = slice_of(page->charset),
		.set = slice_of(page->set),
		.text = slice_of(text),
	};
	char *bytes = page->text;

	*marking = (struct marking){ request, type, body, page->begin, page->end };
	page->text = NULL;
	if (trying_start(relay, &wish, bytes, page->size, on_marked, marking) < 0)
		on_marked(marking, TRYING_FULL, NULL, (struct slice){ "", 0 });
	free(text);
	marking_free(page);
}
