#include "parsers/pattern/probe.h"

#include <time.h>

#include "parsers/pattern/budget.h"
#include "parsers/pattern/regex.h"

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct probe probe_begin(struct slice text, uint32_t match_limit, uint32_t ms, uint32_t all_ms)
{
	return (struct probe){ .text = text,
			       .match_limit = match_limit,
			       .ms = ms,
			       .end_ns = cpu_ns() + (uint64_t)all_ms * 1000000u };
}

bool probe_may_go_on(const struct probe *probe)
{
	return cpu_ns() < probe->end_ns;
}

static void note_first(struct probe_result *result, const struct regex *regex, const char *text)
{
	struct slice whole = regex_group(regex, 0), last = regex_group(regex, regex->group_count);

	result->begin = (size_t)(whole.at - text);
	result->end = result->begin + whole.size;
	result->last = last.at && regex->group_count > 0 ? (size_t)(last.at - text) : result->end;
}

static void search(struct probe_result *result, struct regex *regex, const struct probe *probe,
		   uint32_t most)
{
	enum regex_result found = REGEX_FOUND;
	struct regex_search search;

	regex_search_begin(&search, regex, probe->text);
	search.offset = probe->from;
	while (result->count < most && found == REGEX_FOUND) {
		found = regex_search_next(&search);
		if (found == REGEX_FOUND && result->count++ == 0)
			note_first(result, regex, search.text.at);
	}
	if (found == REGEX_LIMIT)
		result->limit = regex->limit;
}

struct probe_result probe_ask(const struct probe *probe, const char *expression, uint32_t options,
			      uint32_t most)
{
	struct probe_result result = { .answer = PROBE_LIMIT, .limit = "time budget" };
	struct regex_error error;
	struct regex *regex;

	if (!probe_may_go_on(probe))
		return result;
	regex = regex_compile(expression, options, probe->match_limit, &error);
	result = (struct probe_result){ .answer = PROBE_WRONG };
	if (!regex)
		return result;
	budget_begin(probe->ms);
	if (regex_may_match(regex, probe->text))
		search(&result, regex, probe, most);
	regex_free(regex);
	result.answer = result.count > 0 ? PROBE_YES : result.limit ? PROBE_LIMIT : PROBE_NO;
	return result;
}
