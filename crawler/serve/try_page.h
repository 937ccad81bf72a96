#ifndef TRY_PAGE_H
#define TRY_PAGE_H

#include "config/config_texts.h"
#include "report/html.h"
#include "serve/trying.h"

/*
 * try_page: the page on which patterns are tried, as HTML.  Whatever it shows is text: what was
 * typed, what a page says, and what the child said.
 */
#define TRY_SHOWN_MAX (200 * 1000) /* bytes of a page's text */

struct try_form {
	const char *pattern, *url, *text; /* text: pasted; each may be NULL */
	uint64_t id;                      /* of the stored page; 0: text is meant */
	const struct config_texts *patterns;
};

/* The whole document, with what was found in it. */
void try_page_write(struct html *html, const struct try_form *form, const struct html *result);

/* The section of what was found; tried of TRYING_DONE. */
void try_page_result(struct html *html, enum trying_result result, const struct tried *tried,
		     struct slice page);

/* The same where nothing was tried: a line that says why, and the page's text if there is any. */
void try_page_untried(struct html *html, const char *why, struct slice page);

/* The text of a page, with what matched marked; tried may be NULL. */
void try_page_text(struct html *html, const struct tried *tried, struct slice page);

/*
 * The page's text as a section of a story, with what the patterns of the config found marked; and a
 * document of it.
 */
void try_page_matched(struct html *html, enum trying_result result, const struct tried *tried,
		      struct slice page);
void try_page_write_matched(struct html *html, uint64_t id, const struct html *section);

#endif
