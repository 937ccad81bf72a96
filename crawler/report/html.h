#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "parsers/text/slice.h"
#include <stddef.h>

/*
 * html: a page of HTML while it is written.
 *
 * There are two kinds of bytes.  Markup is ours: html_markup() takes a literal in which nothing but
 * numbers stands open, so nothing of a crawl can get into it.  All else is text, whoever it is of:
 * the other verbs show every byte of it, between tags and in attributes in double quotes, and none
 * is obeyed.  What disturbs a terminal (show/plain.h) is a '?' here too, but for newline, carriage
 * return and tab, which are white space.
 *
 * Zero-initialised it is empty; html_free() gives its bytes back.
 */
struct html {
	char *bytes;
	size_t size, room;
};

void html_free(struct html *html);

/*
 * Write markup: a literal, with numbers as in printf ("%d", "%.1f", ...).  A "%s" in it is a bug.
 */
#define html_markup(html, ...) html_markup_format((html), "" __VA_ARGS__)
void html_markup_format(struct html *html, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Write text.  NULL is as good as empty. */
void html_text(struct html *html, struct slice text);
void html_words(struct html *html, const char *text);

/* Write so many characters of it at most: what is cut ends with "…". */
void html_cut(struct html *html, struct slice text, size_t characters_max);

/* Write text as a part of a URL's path or query, or of an id: what is special is "%XX". */
void html_part(struct html *html, struct slice text);

/* Write bytes as they are: our own style sheet, and what was written into another page. */
void html_own(struct html *html, struct slice markup);

#endif
