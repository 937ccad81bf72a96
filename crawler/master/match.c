#include "master/match.h"

#include "base/clock.h"
#include "parsers/pattern/subject.h"

/* The pattern whose rows are handed on: those of its children stand behind it in the config. */
struct match {
	const struct config *config;
	const struct match_sink *sink;
	size_t pattern;
};

bool match_wants(const struct config_pattern *pattern, struct slice url)
{
	return !url.at || pattern_wants(pattern->pattern, url);
}

/* All of a family are told; all run, or none. */
static bool is_passed_over(const struct match_sink *sink, size_t pattern, size_t family_size)
{
	bool is_passed = false;

	for (size_t i = 0; sink->begin && i < family_size; i++)
		is_passed |= !sink->begin(sink->context, pattern + i);
	return is_passed;
}

static int on_row(void *context, const struct pattern_row *row)
{
	const struct match *match = context;
	size_t pattern = match->pattern;

	while (match->config->patterns[pattern].pattern != row->pattern)
		pattern++;
	return match->sink->row(match->sink->context, pattern, row);
}

/* In the order of the config: a pattern, then its children, each with its own. */
static int end_family(const struct match *match, size_t pattern, const struct pattern_tally *tally,
		      bool is_stopped)
{
	const struct config_pattern *patterns = match->config->patterns;
	size_t child = pattern + 1;
	int result = match->sink->end(match->sink->context, pattern, tally, is_stopped);

	for (size_t i = 0; i < pattern_child_count(patterns[pattern].pattern); i++) {
		result |= end_family(match, child, &tally->children[i], is_stopped);
		child += 1 + patterns[child].descendant_count;
	}
	return result;
}

/* Returns 0, or -1 if the sink asked to stop. */
static int match_family(const struct match *match, const struct page_about *page)
{
	struct pattern *pattern = match->config->patterns[match->pattern].pattern;
	struct pattern_tally tally;
	bool is_stopped;

	if (page->set.at)
		pattern_give_set(pattern, page->set);
	is_stopped = pattern_run(pattern, page->url, page->text, on_row, (void *)(uintptr_t)match,
				 &tally) < 0;
	return end_family(match, match->pattern, &tally, is_stopped) < 0 || is_stopped ? -1 : 0;
}

static int match_if_wanted(const struct match *match, const struct page_about *page,
			   size_t family_size)
{
	if (!match_wants(&match->config->patterns[match->pattern], page->url) ||
	    is_passed_over(match->sink, match->pattern, family_size))
		return 0;
	return match_family(match, page);
}

static int match_patterns(const struct config *config, const struct page_about *page,
			  const struct match_sink *sink, size_t *next, int64_t until_ms)
{
	while (*next < config->pattern_count) {
		struct match match = { config, sink, *next };
		size_t family_size = 1 + config->patterns[*next].descendant_count;

		*next += family_size;
		if (match_if_wanted(&match, page, family_size) < 0)
			return -1;
		if (*next < config->pattern_count && until_ms != CLOCK_NEVER &&
		    clock_ms() >= until_ms)
			return 0;
	}
	return 1;
}

int match_page_until(const struct config *config, const struct page_about *page,
		     const struct match_sink *sink, size_t *next, int64_t until_ms)
{
	int result;

	page_base_begin(page);
	subject_begin(page->text);
	result = match_patterns(config, page, sink, next, until_ms);
	subject_end();
	return result;
}

int match_page(const struct config *config, const struct page_about *page,
	       const struct match_sink *sink)
{
	size_t next = 0;

	return match_page_until(config, page, sink, &next, CLOCK_NEVER) < 0 ? -1 : 0;
}
