#include "commands/kept_times.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "master/match.h"
#include "parsers/pattern/lint.h"
#include "parsers/pattern/regex.h"
#include "parsers/pattern/selector_regex.h"
#include "parsers/text/memory.h"
#include "report/kept_text.h"

/* A page that is matched, and what comes of it. */
struct measuring {
	struct kept_time *times;
	char (*beginnings)[LINT_BEGINNING_MAX]; /* by pattern; empty: nothing is known */
	size_t page_bytes;
};

static int on_row(void *context, size_t pattern, const struct pattern_row *row)
{
	struct measuring *measuring = context;
	const char *beginning = measuring->beginnings[pattern];
	struct slice matched = row->matched;

	if (beginning[0] && matched.size > 0)
		measuring->times[pattern].crossed += memmem(matched.at + 1, matched.size - 1,
							    beginning, strlen(beginning)) != NULL;
	return 0;
}

static int on_end(void *context, size_t pattern, const struct pattern_tally *tally, bool is_stopped)
{
	struct measuring *measuring = context;

	pattern_figures_add(&measuring->times[pattern].figures, tally);
	measuring->times[pattern].bytes += measuring->page_bytes;
	return is_stopped ? -1 : 0;
}

/* Of matches of a regular expression; of records and other selectors nothing is said. */
static void find_beginnings(const struct config *config, struct measuring *measuring)
{
	measuring->beginnings = memory_new(config->pattern_count, sizeof(*measuring->beginnings));
	for (size_t i = 0; i < config->pattern_count; i++) {
		const struct pattern_spec *spec = config->patterns[i].spec;
		struct lint_question question = { .text = spec->pattern };
		size_t offset;

		if (spec->pattern && (!spec->language || spec->language == &selector_regex) &&
		    regex_flags(spec->flags, &question.options, &offset))
			lint_beginning(&question, measuring->beginnings[i]);
	}
}

/* What is kept as bytes is no text for patterns. */
static void measure(const struct config *config, struct kept_text *text,
		    const struct store_kept *kept, struct measuring *measuring)
{
	const struct match_sink sink = { .context = measuring, .row = on_row, .end = on_end };
	struct page_about page;

	if (kept_text_unpack(text, kept, &page) < 0 || !page.text.at)
		return;
	measuring->page_bytes = page.text.size;
	match_page(config, &page, &sink);
}

unsigned kept_times_measure(const struct config *config, const char *database,
			    struct kept_time times[])
{
	struct store_error error;
	struct store *store = store_exists(database) ? store_open_read(database, &error) : NULL;
	int64_t end_ms = clock_ms() + KEPT_TIMES_MS_MAX;
	struct measuring measuring = { .times = times };
	struct kept_text *text = kept_text_new();
	struct store_kept kept = { .key = { 0 } };
	unsigned pages = 0;

	find_beginnings(config, &measuring);
	while (store && pages < KEPT_TIMES_PAGES_MAX && clock_ms() < end_ms &&
	       store_get_kept(store, kept.key, &kept) == 1) {
		measure(config, text, &kept, &measuring);
		pages++;
	}
	store_close(store);
	kept_text_free(text);
	free(measuring.beginnings);
	return pages;
}

uint64_t kept_time_of_page(const struct kept_time *time)
{
	uint64_t pages = time->figures.pages_tried;

	return pages > 0 ? time->figures.elapsed_ns / pages : 0;
}
