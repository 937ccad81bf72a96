#include "master/match.h"

/* The pattern whose rows are handed on. */
struct match {
	const struct match_sink *sink;
	size_t pattern;
};

static bool is_passed_over(const struct match_sink *sink, size_t pattern)
{
	return sink->begin && !sink->begin(sink->context, pattern);
}

bool match_wants(const struct config_pattern *pattern, struct slice url)
{
	return !url.at || pattern_wants(pattern->pattern, url);
}

static int on_row(void *context, const struct pattern_row *row)
{
	const struct match *match = context;

	return match->sink->row(match->sink->context, match->pattern, row);
}

int match_page(const struct config *config, const struct page_about *page,
	       const struct match_sink *sink)
{
	struct slice url = page->url, text = page->text;

	page_base_begin(page);
	for (size_t i = 0; i < config->pattern_count; i++) {
		struct match match = { sink, i };
		struct pattern_tally tally;
		bool is_stopped;

		if (!match_wants(&config->patterns[i], url) || is_passed_over(sink, i))
			continue;
		is_stopped = pattern_run(config->patterns[i].pattern, url, text, on_row, &match,
					 &tally) < 0;
		if (sink->end(sink->context, i, &tally, is_stopped) < 0 || is_stopped)
			return -1;
	}
	return 0;
}
