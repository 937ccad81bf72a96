#include "commands/kept_times.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "commands/kept_body.h"
#include "master/match.h"
#include "parsers/text/memory.h"

/* A page that is matched, and what comes of it. */
struct measuring {
	struct kept_time *times;
	size_t page_bytes;
};

static int on_row(void *context, size_t pattern, const struct pattern_row *row)
{
	(void)context;
	(void)pattern;
	(void)row;
	return 0;
}

static int on_end(void *context, size_t pattern, const struct pattern_tally *tally, bool is_stopped)
{
	struct measuring *measuring = context;

	pattern_figures_add(&measuring->times[pattern].figures, tally);
	measuring->times[pattern].bytes += measuring->page_bytes;
	return is_stopped ? -1 : 0;
}

static void measure(const struct config *config, const struct store_kept *kept, struct slice text,
		    struct kept_time times[])
{
	struct measuring measuring = { times, text.size };
	const struct match_sink sink = { .context = &measuring, .row = on_row, .end = on_end };
	const struct page_about page = {
		.url = kept->final_url,
		.text = text,
		.content_type = kept->content_type,
	};

	match_page(config, &page, &sink);
}

/* What is kept as bytes is no text for patterns. */
static void measure_kept(const struct config *config, const struct store_kept *kept,
			 struct kept_time times[])
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = kept->is_text ? open_memstream(&text, &size) : NULL;
	int result;

	if (!out)
		return;
	result = kept_body_write(kept, out);
	if (fclose(out) != 0)
		memory_fail();
	if (result == 0)
		measure(config, kept, (struct slice){ text, size }, times);
	free(text);
}

unsigned kept_times_measure(const struct config *config, const char *database,
			    struct kept_time times[])
{
	struct store_error error;
	struct store *store =
		access(database, R_OK) == 0 ? store_open_read(database, &error) : NULL;
	int64_t end_ms = clock_ms() + KEPT_TIMES_MS_MAX;
	struct store_kept kept = { .key = { 0 } };
	unsigned pages = 0;

	while (store && pages < KEPT_TIMES_PAGES_MAX && clock_ms() < end_ms &&
	       store_get_kept(store, kept.key, &kept) == 1) {
		measure_kept(config, &kept, times);
		pages++;
	}
	store_close(store);
	return pages;
}

uint64_t kept_time_of_page(const struct kept_time *time)
{
	uint64_t pages = time->figures.pages_tried;

	return pages > 0 ? time->figures.elapsed_ns / pages : 0;
}
