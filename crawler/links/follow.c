#include "links/follow.h"

#include <stdlib.h>

#include "parsers/pattern/budget.h"
#include "parsers/pattern/json_text.h"
#include "parsers/pattern/regex.h"
#include "parsers/text/memory.h"
#include "parsers/url/domain.h"

#define CAPTURES_MAX 100000u /* of one page and rule */

struct rule {
	struct regex *from, *link, *pattern; /* or NULL: not said */
	enum config_same same;
	uint32_t time; /* left of its budget for this page; 0: none */
	bool is_limited;
};

struct follow {
	struct rule rules[FOLLOW_RULES_MAX];
	size_t count;
	uint32_t budget_ms;
	struct scratch scratch; /* of the reference that is handed out */
};

/* The config has compiled it before: only memory can fail. */
static struct regex *compile(const char *expression, const struct settings *settings)
{
	struct regex_error error;
	struct regex *regex;

	if (!expression)
		return NULL;
	regex = regex_compile(expression, 0, (uint32_t)settings->match_limit, &error);
	if (!regex)
		memory_fail();
	return regex;
}

struct follow *follow_new(const struct config_follow rules[], size_t count,
			  const struct settings *settings)
{
	struct follow *follow;

	if (count == 0)
		return NULL;
	follow = memory_new(1, sizeof(*follow));
	follow->count = count < FOLLOW_RULES_MAX ? count : FOLLOW_RULES_MAX;
	follow->budget_ms = (uint32_t)settings->pattern_time_ms;
	for (size_t i = 0; i < follow->count; i++) {
		follow->rules[i] = (struct rule){
			.from = compile(rules[i].from, settings),
			.link = compile(rules[i].link, settings),
			.pattern = compile(rules[i].pattern, settings),
			.same = rules[i].same,
		};
	}
	return follow;
}

void follow_free(struct follow *follow)
{
	if (!follow)
		return;
	for (size_t i = 0; i < follow->count; i++) {
		regex_free(follow->rules[i].from);
		regex_free(follow->rules[i].link);
		regex_free(follow->rules[i].pattern);
	}
	scratch_free(&follow->scratch);
	free(follow);
}

/* The next match, in the time that is the rule's own. */
static bool find_next(struct rule *rule, struct regex_search *search)
{
	enum regex_result result = REGEX_LIMIT;

	if (rule->time > 0) {
		budget_resume(rule->time);
		result = regex_search_next(search);
		rule->time = budget_put_aside();
	}
	rule->is_limited |= result == REGEX_LIMIT;
	return result == REGEX_FOUND;
}

/* A missing expression is true of everything. */
static bool is_true_of(struct rule *rule, struct regex *regex, struct slice text)
{
	struct regex_search search;

	if (!regex)
		return true;
	regex_search_begin(&search, regex, text);
	return find_next(rule, &search);
}

uint64_t follow_page(struct follow *follow, struct slice page_url)
{
	uint64_t rules = 0;

	budget_begin(follow->budget_ms);
	for (size_t i = 0; i < follow->count; i++) {
		follow->rules[i].is_limited = false;
		follow->rules[i].time = budget_put_aside();
	}
	for (size_t i = 0; i < follow->count; i++) {
		if (is_true_of(&follow->rules[i], follow->rules[i].from, page_url))
			rules |= (uint64_t)1 << i;
	}
	return rules;
}

uint64_t follow_limited(const struct follow *follow)
{
	uint64_t rules = 0;

	for (size_t i = 0; i < follow->count; i++)
		rules |= (uint64_t)follow->rules[i].is_limited << i;
	return rules;
}

bool follow_is_same_site(enum config_same same, struct slice host, struct slice other)
{
	switch (same) {
	case SAME_ANY:
		break;
	case SAME_HOST:
		return slice_equal(host, other);
	case SAME_DOMAIN:
		return slice_equal(domain_of(host), domain_of(other));
	}
	return true;
}

enum follow_verdict follow_link(struct follow *follow, uint64_t rules, const struct url *page,
				const struct url *link, unsigned *rule)
{
	enum follow_verdict verdict = FOLLOW_NOT;

	for (unsigned i = 0; i < follow->count; i++) {
		struct rule *at = &follow->rules[i];

		if (!(rules >> i & 1) || !is_true_of(at, at->link, url_slice(link)))
			continue;
		if (follow_is_same_site(at->same, url_host(page), url_host(link))) {
			*rule = i;
			return FOLLOW_YES;
		}
		*rule = i;
		verdict = FOLLOW_OUT_OF_SCOPE;
	}
	return verdict;
}

/*
 * Most references that stand in no attribute are strings of JSON: "https:\/\/a\/b?c\u0026d".  As a
 * URL this is another one, for a backslash is a slash there.
 */
static struct slice unescaped(struct follow *follow, struct slice reference)
{
	struct slice text;

	scratch_reset(&follow->scratch);
	return json_unescape(reference, &text, &follow->scratch) ? text : reference;
}

/* All matches of one rule's pattern; what is captured, or the whole. */
static void capture(struct follow *follow, struct rule *rule, struct slice page,
		    void (*function)(void *context, struct slice reference), void *context)
{
	struct regex_search search;

	regex_search_begin(&search, rule->pattern, page);
	for (unsigned count = 0; find_next(rule, &search); count++) {
		struct slice group = { 0 };

		if (count == CAPTURES_MAX) {
			rule->is_limited = true;
			return;
		}
		if (rule->pattern->group_count > 0)
			group = regex_group(rule->pattern, 1);
		if (!group.at)
			group = regex_group(rule->pattern, 0);
		function(context, unescaped(follow, group));
	}
}

void follow_captures(struct follow *follow, uint64_t rules, struct slice page,
		     void (*function)(void *context, struct slice reference), void *context)
{
	for (size_t i = 0; i < follow->count; i++) {
		if (follow->rules[i].pattern && (rules >> i & 1))
			capture(follow, &follow->rules[i], page, function, context);
	}
}
