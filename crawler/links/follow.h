#ifndef FOLLOW_H
#define FOLLOW_H

#include "config/config.h"
#include "links/paged.h"
#include "parsers/url/url.h"

/*
 * follow: which links of a page a crawl goes after.
 *
 * Compiled once, before the fork; asked in the workers, for every link.  A rule looks at the page
 * (from), at the link's canonical URL (link), and at whether both are of one site (same).  A rule
 * with paths in JSON is for what these find, and for nothing else.
 */
struct follow;

#define FOLLOW_RULES_MAX CONFIG_FOLLOW_MAX
_Static_assert(FOLLOW_RULES_MAX <= 64, "a rule is a bit of a word");

/*
 * Compile the rules of a config, whose expressions are known to be right.  Of the settings
 * match_limit bounds each attempt, and pattern_time what one rule may compute for one page.
 * Returns a set the caller frees, or NULL if there are no rules: nothing is followed.
 */
struct follow *follow_new(const struct config_follow rules[], size_t count,
			  const struct settings *settings);
void follow_free(struct follow *follow);

/*
 * A new page: which rules look at it, a bit each.  0: its links are not wanted.
 */
uint64_t follow_page(struct follow *follow, struct slice page_url);

/*
 * The rules whose links are none of the page, a bit each: follow_link() is asked of them one by
 * one.
 */
uint64_t follow_paths(const struct follow *follow);
enum config_source follow_source(const struct follow *follow, unsigned rule);

/*
 * The rules that ran into a limit since then, a bit each.  What such a rule did not come to judge
 * it has not taken.
 */
uint64_t follow_limited(const struct follow *follow);

enum follow_verdict {
	FOLLOW_NOT,          /* no rule speaks of it */
	FOLLOW_OUT_OF_SCOPE, /* a rule would, but it leads to another site */
	FOLLOW_YES,
	FOLLOW_SITEMAP, /* a sitemap that a sitemap names */
	FOLLOW_POST,    /* yes, by a POST */
};

/* Are these names (url_host()) of one site, in this sense? */
bool follow_is_same_site(enum config_same same, struct slice host, struct slice other);

/*
 * What is to be done with a link, and by which rule: the first that takes it; the last that would,
 * of one out of scope; if none speaks of it, *rule is untouched.
 */
enum follow_verdict follow_link(struct follow *follow, uint64_t rules, const struct url *page,
				const struct url *link, unsigned *rule);

/*
 * Links that are not in attributes: emit what the rules' own patterns capture (group 1, or
 * all of a match) in the page, which is well-formed UTF-8.  Escapes of JSON are decoded.  A
 * reference points into the page or dies with the call.
 */
void follow_captures(struct follow *follow, uint64_t rules, struct slice page,
		     void (*function)(void *context, struct slice reference), void *context);

/*
 * Emit the strings that the path of a rule (SOURCE_JSON) finds in the page, likewise.  null, false
 * and "" are the end of a list; anything else that is no string is noted as odd.
 */
void follow_json(struct follow *follow, unsigned rule, struct slice page,
		 void (*function)(void *context, struct slice reference), void *context);

/*
 * What asks for the next part of a list, by a rule with members: a query, or a body.  It dies with
 * the next call.  Returns false if there is none; what is odd is noted.
 */
bool follow_next(struct follow *follow, unsigned rule, const struct paged_request *request,
		 struct slice page, struct slice *next);

/* Does a rule say, by a from, that its pages are answers in JSON, to query or post for more? */
bool follow_wants_json(const struct follow *follow, unsigned rule);

/* The page is gone: nothing is kept of its JSON. */
void follow_forget(struct follow *follow);

/* What a path of a rule found on this page that is no link. */
#define FOLLOW_ODD_MAX 256
struct follow_odd {
	uint64_t rules;            /* a bit each */
	char text[FOLLOW_ODD_MAX]; /* of the first of them, in words; or "" */
};

const struct follow_odd *follow_odd(const struct follow *follow);

/* Note that a rule found `found`, which is no link; or nothing, but: why says what is wrong. */
void follow_note_odd(struct follow *follow, unsigned rule, struct slice found, const char *why);

#endif
