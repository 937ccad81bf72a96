#include "master/right_page.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/pattern/budget.h"
#include "parsers/pattern/regex.h"
#include "parsers/text/memory.h"
#include "parsers/text/scratch.h"
#include "parsers/text/utf8.h"

#define SHOWN_BYTES_MAX 60 /* of what refuse found */

struct rule {
	struct regex *expect, *refuse; /* or NULL: not said */
};

struct right_page {
	const struct config *config;
	struct rule *rules; /* by the number of the request, less one */
	struct scratch copy;
};

/* The config has compiled it before: only memory can fail. */
static struct regex *compile(const char *text, const struct settings *settings)
{
	struct regex_error error;
	struct regex *regex;

	if (!text)
		return NULL;
	regex = regex_compile(text, 0, (uint32_t)settings->match_limit, &error);
	if (!regex)
		memory_fail();
	return regex;
}

static bool any_says(const struct config *config)
{
	for (size_t i = 0; i < config->host_count; i++)
		if (config->hosts[i].expect || config->hosts[i].refuse)
			return true;
	return false;
}

struct right_page *right_page_new(const struct config *config)
{
	struct right_page *right;

	if (!any_says(config))
		return NULL;
	right = memory_new(1, sizeof(*right));
	right->config = config;
	right->rules = memory_new(config->host_count, sizeof(*right->rules));
	for (size_t i = 0; i < config->host_count; i++)
		right->rules[i] = (struct rule){
			.expect = compile(config->hosts[i].expect, &config->settings),
			.refuse = compile(config->hosts[i].refuse, &config->settings),
		};
	return right;
}

void right_page_free(struct right_page *right)
{
	if (!right)
		return;
	for (size_t i = 0; i < right->config->host_count; i++) {
		regex_free(right->rules[i].expect);
		regex_free(right->rules[i].refuse);
	}
	scratch_free(&right->copy);
	free(right->rules);
	free(right);
}

static enum regex_result find(const struct right_page *right, struct regex *regex,
			      struct slice text)
{
	struct regex_search search;

	budget_begin((uint32_t)right->config->settings.pattern_time_ms);
	regex_search_begin(&search, regex, text);
	return regex_search_next(&search);
}

/* Without knowing it is none: better asked again than rows of a wall. */
static bool is_unknown(enum regex_result result, const char *key, char why[RIGHT_PAGE_WHY_MAX])
{
	if (result == REGEX_LIMIT)
		snprintf(why, RIGHT_PAGE_WHY_MAX,
			 "%s ran into its limit: pattern_time, match_limit", key);
	return result == REGEX_LIMIT;
}

static bool is_expected(const struct right_page *right, const struct rule *rule, struct slice text,
			char why[RIGHT_PAGE_WHY_MAX])
{
	enum regex_result result = find(right, rule->expect, text);

	if (result == REGEX_NONE)
		snprintf(why, RIGHT_PAGE_WHY_MAX, "expect does not match");
	return !is_unknown(result, "expect", why) && result == REGEX_FOUND;
}

static bool is_refused(const struct right_page *right, const struct rule *rule, struct slice text,
		       char why[RIGHT_PAGE_WHY_MAX])
{
	enum regex_result result = find(right, rule->refuse, text);
	struct slice found =
		result == REGEX_FOUND ? regex_group(rule->refuse, 0) : (struct slice){ 0 };

	found = utf8_cut(found, SHOWN_BYTES_MAX);
	if (result == REGEX_FOUND)
		snprintf(why, RIGHT_PAGE_WHY_MAX, "refuse matches: %.*s", (int)found.size,
			 found.size > 0 ? found.at : "");
	return is_unknown(result, "refuse", why) || result == REGEX_FOUND;
}

bool right_page_is(struct right_page *right, uint32_t request, struct slice text,
		   char why[RIGHT_PAGE_WHY_MAX])
{
	const struct rule *rule = right && request > 0 ? &right->rules[request - 1] : NULL;
	char *copy;

	if (!rule || !text.at || (!rule->expect && !rule->refuse))
		return true;
	scratch_reset(&right->copy); /* what a worker may still write is read once */
	copy = scratch_take(&right->copy, text.size + 1);
	utf8_copy(copy, text);
	text.at = copy;
	return (!rule->expect || is_expected(right, rule, text, why)) &&
	       (!rule->refuse || !is_refused(right, rule, text, why));
}
