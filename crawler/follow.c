#include "follow.h"

#include <libpsl.h>
#include <pcre2.h>
#include <stdlib.h>
#include <strings.h>

#include "memory.h"

#define MATCH_LIMIT  100000u /* steps of one match; beyond it a link is taken as not matching */
#define CAPTURES_MAX 100000u /* of one page and rule */

struct rule {
	pcre2_code *from, *link, *pattern; /* or NULL: not said */
	enum config_same same;
};

struct follow {
	struct rule rules[FOLLOW_RULES_MAX];
	size_t count;
	pcre2_match_data *match;
	pcre2_match_context *limits;
};

/* The config has compiled it before: it cannot fail but for memory. */
static pcre2_code *compile(const char *expression)
{
	PCRE2_SIZE offset;
	int error;
	pcre2_code *code;

	if (!expression)
		return NULL;
	code = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED, CONFIG_REGEX_OPTIONS,
			     &error, &offset, NULL);
	if (!code)
		abort();
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	return code;
}

struct follow *follow_new(const struct config_follow rules[], size_t count)
{
	struct follow *follow;

	if (count == 0)
		return NULL;
	follow = memory_new(1, sizeof(*follow));
	follow->count = count < FOLLOW_RULES_MAX ? count : FOLLOW_RULES_MAX;
	for (size_t i = 0; i < follow->count; i++) {
		follow->rules[i] = (struct rule){
			.from = compile(rules[i].from),
			.link = compile(rules[i].link),
			.pattern = compile(rules[i].pattern),
			.same = rules[i].same,
		};
	}
	follow->match = pcre2_match_data_create(2, NULL);
	follow->limits = pcre2_match_context_create(NULL);
	if (!follow->match || !follow->limits)
		abort();
	pcre2_set_match_limit(follow->limits, MATCH_LIMIT);
	return follow;
}

void follow_free(struct follow *follow)
{
	if (!follow)
		return;
	for (size_t i = 0; i < follow->count; i++) {
		pcre2_code_free(follow->rules[i].from);
		pcre2_code_free(follow->rules[i].link);
		pcre2_code_free(follow->rules[i].pattern);
	}
	pcre2_match_data_free(follow->match);
	pcre2_match_context_free(follow->limits);
	free(follow);
}

/* A missing expression is true of everything. */
static bool is_true_of(const struct follow *follow, const pcre2_code *code, struct slice text)
{
	return !code || pcre2_match(code, (PCRE2_SPTR)text.at, text.size, 0, 0, follow->match,
				    follow->limits) >= 0;
}

uint64_t follow_page(const struct follow *follow, struct slice page_url)
{
	uint64_t rules = 0;

	for (size_t i = 0; i < follow->count; i++) {
		if (is_true_of(follow, follow->rules[i].from, page_url))
			rules |= (uint64_t)1 << i;
	}
	return rules;
}

/*
 * The part of a name that one owner registered ("example.co.uk"), or all of it: an address, a
 * name without a public suffix.
 */
static struct slice registered(struct slice host)
{
	const psl_ctx_t *suffixes = psl_builtin();
	char name[256];
	const char *domain = NULL;

	if (host.size >= sizeof(name) || host.at[0] == '[' ||
	    (host.at[host.size - 1] >= '0' && host.at[host.size - 1] <= '9'))
		return host;
	memcpy(name, host.at, host.size);
	name[host.size] = '\0';
	if (suffixes)
		domain = psl_registrable_domain(suffixes, name);
	return domain ? (struct slice){ host.at + (domain - name),
					host.size - (size_t)(domain - name) }
		      : host;
}

bool follow_is_same_site(enum config_same same, struct slice host, struct slice other)
{
	switch (same) {
	case SAME_ANY:
		break;
	case SAME_HOST:
		return slice_equal(host, other);
	case SAME_DOMAIN:
		return slice_equal(registered(host), registered(other));
	}
	return true;
}

enum follow_verdict follow_link(const struct follow *follow, uint64_t rules, const struct url *page,
				const struct url *link, unsigned *rule)
{
	enum follow_verdict verdict = FOLLOW_NOT;

	for (unsigned i = 0; i < follow->count; i++) {
		const struct rule *at = &follow->rules[i];

		if (!(rules >> i & 1) || !is_true_of(follow, at->link, url_slice(link)))
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

/* All matches of one rule's pattern; what is captured, or the whole. */
static void capture(const struct follow *follow, const pcre2_code *code, struct slice page,
		    void (*function)(void *context, struct slice reference), void *context)
{
	const PCRE2_SIZE *found = pcre2_get_ovector_pointer(follow->match);
	size_t at = 0;

	for (unsigned count = 0; count < CAPTURES_MAX && at <= page.size; count++) {
		int groups = pcre2_match(code, (PCRE2_SPTR)page.at, page.size, at, 0, follow->match,
					 follow->limits);
		int group =
			groups != 1 && found[2] != PCRE2_UNSET ? 1 : 0; /* 0: more than two pairs */

		if (groups < 0 || found[1] < found[0])
			return;
		function(context, (struct slice){ page.at + found[2 * group],
						  found[2 * group + 1] - found[2 * group] });
		at = found[1] + (found[1] == found[0]);
	}
}

void follow_captures(const struct follow *follow, uint64_t rules, struct slice page,
		     void (*function)(void *context, struct slice reference), void *context)
{
	for (size_t i = 0; i < follow->count; i++) {
		if (follow->rules[i].pattern && (rules >> i & 1))
			capture(follow, follow->rules[i].pattern, page, function, context);
	}
}
