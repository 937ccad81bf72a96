#ifndef MARKING_H
#define MARKING_H

#include "config/config_texts.h"
#include "serve/http.h"
#include "serve/relay.h"

/*
 * marking: an answer that waits until the patterns of the config were run on a page that it shows,
 * and shows what they matched.
 */
#define MARKING_PAGE_MAX     ((size_t)1024 * 1024) /* bytes of a page: a larger one has no marks */
#define MARKING_PATTERNS_MAX 64                    /* that are run */
#define MARKING_BUDGET_MS    20                    /* of each */

/* A page within an answer, which has its text from begin to end.  Texts are ours, or NULL. */
struct marking_page {
	char *text;
	size_t size;
	size_t begin, end;
	char *url, *type, *charset, *set;
};

void marking_free(struct marking_page *page);

/*
 * body is HTML, taken over, and page too.  It is answered with marks, or as it is where nothing can
 * be run.
 */
void marking_answer(struct relay *relay, struct http_request *request, const char *type,
		    struct slice body, struct marking_page *page,
		    const struct config_text *patterns, size_t pattern_count);

#endif
