#include "commands/summary.h"

#include <stdio.h>
#include <string.h>

#include "show/human.h"
#include "show/log.h"

#define PATTERN_LINES_MAX 5 /* more patterns are counted together */

static void show_totals(const struct summary *summary)
{
	const struct tally_totals *totals = tally_totals(summary->tally);
	double seconds = (double)summary->elapsed_ms / 1000;
	char size[HUMAN_SIZE_MAX], wire[HUMAN_SIZE_MAX], time[HUMAN_DURATION_MAX];

	log_say("%llu pages in %s, %.*f pages/s, %s (%s on the wire), %llu rows",
		(unsigned long long)totals->pages, human_duration(summary->elapsed_ms, time),
		seconds > 0 && (double)totals->pages / seconds < 10 ? 1 : 0,
		seconds > 0 ? (double)totals->pages / seconds : 0.0,
		human_size(totals->bytes, size), human_size(totals->wire_bytes, wire),
		(unsigned long long)totals->rows);
}

static void show_outcomes(const struct summary *summary)
{
	const struct tally_totals *totals = tally_totals(summary->tally);
	char line[400];
	size_t size = 0;

	for (int i = 0; i < OUTCOME_COUNT && size < sizeof(line) - 40; i++) {
		if (totals->outcomes[i] == 0)
			continue;
		size += (size_t)snprintf(line + size, sizeof(line) - size, "%s%s %llu",
					 size ? ", " : "", outcome_name((enum outcome)i),
					 (unsigned long long)totals->outcomes[i]);
	}
	if (size > 0)
		log_say("  %s", line);
	if (totals->untried > 0)
		log_say("  %llu on which no pattern was tried: not text, or not for their URLs "
			"(crawl why URL)",
			(unsigned long long)totals->untried);
	if (totals->unchanged > 0)
		log_say("  %llu unchanged: their rows stay", (unsigned long long)totals->unchanged);
}

static void show_pattern(const struct tally_pattern *tallied)
{
	const struct pattern_figures *pattern = &tallied->figures;
	/* What ran out of its budget might have matched: that is said instead. */
	bool is_barren =
		pattern->pages_tried > 0 && pattern->pages_matched == 0 && pattern->limit_hits == 0;
	char extra[160] = "";
	size_t size = 0;

	if (pattern->dropped)
		size += (size_t)snprintf(extra + size, sizeof(extra) - size,
					 ", %llu dropped (required field missing)",
					 (unsigned long long)pattern->dropped);
	if (pattern->bad_values)
		size += (size_t)snprintf(extra + size, sizeof(extra) - size,
					 ", %llu values of the wrong type",
					 (unsigned long long)pattern->bad_values);
	if (pattern->limit_hits)
		snprintf(extra + size, sizeof(extra) - size, ", %llu pages over the limit",
			 (unsigned long long)pattern->limit_hits);
	log_say("  %s: %llu rows from %llu of %llu pages%s%s", tallied->name,
		(unsigned long long)pattern->rows, (unsigned long long)pattern->pages_matched,
		(unsigned long long)pattern->pages_tried, is_barren ? " (it matches nothing)" : "",
		extra);
}

static void show_patterns(const struct summary *summary)
{
	size_t count = summary->config->pattern_count;
	size_t shown = count > PATTERN_LINES_MAX + 1 ? PATTERN_LINES_MAX : count;
	uint64_t rows = 0;

	for (size_t i = 0; i < shown; i++)
		show_pattern(tally_of_pattern(summary->tally, i));
	for (size_t i = shown; i < count; i++)
		rows += tally_of_pattern(summary->tally, i)->figures.rows;
	if (shown < count)
		log_say("  and %zu more patterns: %llu rows", count - shown,
			(unsigned long long)rows);
}

/* What became of the links, if any were looked at. */
static void show_links(const struct link_counts *links)
{
	const struct {
		uint64_t count;
		const char *what;
	} parts[] = {
		{ links->added, "new" },
		{ links->out_of_scope, "to other sites" },
		{ links->too_deep, "too deep" },
		{ links->over_limit, "over max_pages" },
		{ links->trapped, "into traps" },
		{ links->dropped, "beyond the room of a page" },
		{ links->unchanged, "unchanged since, by their sitemaps" },
		{ links->limited, "pages over the limits of a rule" },
	};
	char line[300] = "";
	size_t size = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].count > 0)
			size += (size_t)snprintf(line + size, sizeof(line) - size, "%s%llu %s",
						 size ? ", " : "",
						 (unsigned long long)parts[i].count, parts[i].what);
	}
	if (size > 0)
		log_say("  links: %s", line);
}

static void show_end(const struct summary *summary)
{
	static const char *const why[] = {
		[MASTER_FINISHED] = "",
		[MASTER_MAX_PAGES] = "stopped after --max-pages",
		[MASTER_MAX_TIME] = "stopped after --max-time",
		[MASTER_INTERRUPTED] = "stopped",
		[MASTER_STORE_FAILED] = "the database failed",
		[MASTER_POOL_FAILED] = "workers cannot be started",
	};

	if (summary->end == MASTER_FINISHED && summary->pending == 0) {
		if (tally_totals(summary->tally)->pages == 0 && !summary->faults)
			log_say("nothing was left to do");
		return;
	}
	log_say("%s; %llu URLs left: the same command goes on", why[summary->end],
		(unsigned long long)summary->pending);
	if (summary->waiting)
		log_say("waiting for %s", summary->waiting);
}

/* What to type next: the rows if there are any, the failures if there are any. */
static void show_next(const struct summary *summary)
{
	const char *table = "pages";
	char output[1024] = "";

	for (size_t i = summary->config->pattern_count; i-- > 0;) {
		if (tally_of_pattern(summary->tally, i)->figures.rows > 0)
			table = tally_of_pattern(summary->tally, i)->name;
	}
	if (strcmp(summary->database, "crawl.db") != 0)
		snprintf(output, sizeof(output), " -o %s", summary->database);
	log_say("next: crawl sql%s 'SELECT * FROM %s LIMIT 10'", output, table);
	if (summary->failed > 0)
		log_say("      crawl failed%s", output);
}

void summary_show(const struct summary *summary)
{
	show_totals(summary);
	show_outcomes(summary);
	show_links(summary->links);
	show_patterns(summary);
	show_end(summary);
	if (summary->faults)
		log_say("exit 1: %s", summary->faults);
	show_next(summary);
}
