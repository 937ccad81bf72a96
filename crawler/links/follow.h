#ifndef FOLLOW_H
#define FOLLOW_H

#include "config/config.h"
#include "parsers/url/url.h"

/*
 * follow: which links of a page a crawl goes after.
 *
 * Compiled once, before the fork; asked in the workers, for every link.  A rule looks at the page
 * (from), at the link's canonical URL (link), and at whether both are of one site (same).
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
 * The rules that ran into a limit since then, a bit each.  What such a rule did not come to judge
 * it has not taken.
 */
uint64_t follow_limited(const struct follow *follow);

enum follow_verdict {
	FOLLOW_NOT,          /* no rule speaks of it */
	FOLLOW_OUT_OF_SCOPE, /* a rule would, but it leads to another site */
	FOLLOW_YES,
	FOLLOW_SITEMAP, /* a sitemap that a sitemap names */
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

#endif
