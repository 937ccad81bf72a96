#include "links/follow.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/pattern/budget.h"
#include "parsers/pattern/json_text.h"
#include "parsers/pattern/regex.h"
#include "parsers/pattern/selector_json.h"
#include "parsers/text/memory.h"
#include "parsers/url/domain.h"

#define CAPTURES_MAX 100000u /* of one page and rule */

struct rule {
	struct regex *from, *link, *pattern; /* or NULL: not said */
	enum config_source source;
	struct selector *json; /* of SOURCE_JSON */
	struct paged *paged;   /* of QUERY and POST */
	enum config_same same;
	uint32_t time; /* left of its budget for this page; 0: none */
	bool is_limited;
};

struct follow {
	struct rule rules[FOLLOW_RULES_MAX];
	size_t count;
	uint64_t paths; /* the rules with one, a bit each */
	uint32_t budget_ms;
	struct follow_odd odd;
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

static struct selector *compile_json(const struct config_follow *rule,
				     const struct settings *settings)
{
	uint32_t limit = (uint32_t)settings->match_limit;
	struct selector_error error;
	struct selector *selector;

	if (rule->source != SOURCE_JSON)
		return NULL;
	selector = selector_compile(&selector_json, rule->json, NULL, limit, &error);
	if (!selector || (rule->in && !selector_look_in(selector, rule->in, NULL, limit, &error)))
		abort();
	return selector;
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
			.source = rules[i].source,
			.json = compile_json(&rules[i], settings),
			.same = rules[i].same,
		};
		if (rules[i].member_count > 0)
			follow->rules[i].paged =
				paged_new(&rules[i], (uint32_t)settings->match_limit);
		follow->paths |= (uint64_t)(rules[i].source != SOURCE_LINKS) << i;
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
		selector_free(follow->rules[i].json);
		paged_free(follow->rules[i].paged);
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

	follow->odd.rules = 0;
	follow->odd.text[0] = '\0';
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

uint64_t follow_paths(const struct follow *follow)
{
	return follow->paths;
}

enum config_source follow_source(const struct follow *follow, unsigned rule)
{
	return follow->rules[rule].source;
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

/* ---- paths ---- */

#define ODD_SHOWN_MAX 60 /* bytes of what was found */

const struct follow_odd *follow_odd(const struct follow *follow)
{
	return &follow->odd;
}

/* Returns false if there is a first one already. */
static bool is_first_odd(struct follow *follow, unsigned rule)
{
	follow->odd.rules |= (uint64_t)1 << rule;
	return follow->odd.text[0] == '\0';
}

void follow_note_odd(struct follow *follow, unsigned rule, struct slice found, const char *why)
{
	size_t size = found.size > ODD_SHOWN_MAX ? ODD_SHOWN_MAX : found.size;

	if (!is_first_odd(follow, rule))
		return;
	while (size < found.size && size > 0 && (found.at[size] & 0xC0) == 0x80)
		size--; /* no half of a character */
	snprintf(follow->odd.text, sizeof(follow->odd.text), "rule %u of follow: %.*s%s%s%s",
		 rule + 1, (int)size, found.at, size < found.size ? "..." : "", size > 0 ? " " : "",
		 why);
}

static void note_broken(struct follow *follow, unsigned rule, size_t offset)
{
	if (is_first_odd(follow, rule))
		snprintf(follow->odd.text, sizeof(follow->odd.text),
			 "rule %u of follow: the JSON is broken at byte %zu", rule + 1, offset);
}

/* What a path finds next, in the time that is the rule's own. */
static enum selector_result next_value(struct rule *rule, struct selector *selector)
{
	enum selector_result result = SELECTOR_LIMIT;

	if (rule->time > 0) {
		budget_resume(rule->time);
		result = selector_next(selector);
		rule->time = budget_put_aside();
	}
	rule->is_limited |= result == SELECTOR_LIMIT;
	return result;
}

static void take_value(struct follow *follow, unsigned number, struct selector *selector,
		       void (*function)(void *context, struct slice reference), void *context)
{
	struct slice json = { NULL, 0 };

	if (!selector_as_json(selector, &json) || paged_is_end(json))
		return;
	if (json.at[0] == '"')
		function(context, selector->found.text);
	else
		follow_note_odd(follow, number, json, "is no URL");
}

void follow_json(struct follow *follow, unsigned number, struct slice page,
		 void (*function)(void *context, struct slice reference), void *context)
{
	const struct found span = { .kind = FOUND_TEXT, .text = page, .size = page.size };
	struct selector *selector = follow->rules[number].json;
	enum selector_result result;

	selector_begin(selector, &span);
	while ((result = next_value(&follow->rules[number], selector)) == SELECTOR_FOUND)
		take_value(follow, number, selector, function, context);
	if (result == SELECTOR_BAD)
		note_broken(follow, number, selector->found.offset);
}

bool follow_next(struct follow *follow, unsigned number, const struct paged_request *request,
		 struct slice page, struct slice *next)
{
	struct rule *rule = &follow->rules[number];
	enum paged_result result = PAGED_LIMIT;
	struct paged_next made = { .text = { NULL, 0 } };

	if (rule->time > 0) {
		budget_resume(rule->time);
		result = paged_next(rule->paged, request, page, &made);
		rule->time = budget_put_aside();
	}
	rule->is_limited |= result == PAGED_LIMIT;
	if (result == PAGED_ODD)
		follow_note_odd(follow, number, made.text, made.why);
	if (result == PAGED_BROKEN)
		note_broken(follow, number, made.broken_at);
	if (result != PAGED_NEXT)
		return false;
	*next = made.text;
	return true;
}

bool follow_wants_json(const struct follow *follow, unsigned number)
{
	return follow->rules[number].paged && paged_wants_json(follow->rules[number].paged);
}

void follow_forget(struct follow *follow)
{
	if (follow->paths)
		selector_json.forget();
}
