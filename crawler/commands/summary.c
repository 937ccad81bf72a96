#include "commands/summary.h"

#include <stdio.h>
#include <string.h>

#include "commands/carried.h"
#include "commands/next.h"
#include "parsers/text/ascii.h"
#include "show/human.h"
#include "show/log.h"
#include "show/paragraph.h"

#define PATTERN_LINES_MAX 5 /* more patterns are counted together */
#define PROXY_LINES_MAX   5 /* those with most pages */
#define STATUSES_MAX      4 /* that are told apart */
#define GONE_MAX          3 /* tables */

/* Were there others, of whom this summary does not tell? */
static bool is_of_several(const struct summary *summary)
{
	return summary->others > 0 || (summary->whole && summary->whole->nodes > 1);
}

static void show_totals(const struct summary *summary)
{
	const struct tally_totals *totals = tally_totals(summary->tally);
	double seconds = (double)summary->elapsed_ms / 1000;
	double rate = seconds > 0 ? (double)totals->pages / seconds : 0;
	char size[HUMAN_SIZE_MAX], wire[HUMAN_SIZE_MAX], time[HUMAN_DURATION_MAX];
	struct paragraph line = { .size = 0 };

	paragraph_add(&line, "", "%s%s in %s", is_of_several(summary) ? "this node: " : "",
		      COUNTED(totals->pages, "page"), human_duration(summary->elapsed_ms, time));
	paragraph_add(&line, ", ", "%.*f pages/s", rate < 9.95 ? 1 : 0, rate);
	paragraph_add(&line, ", ", "%s (%s on the wire)", human_size(totals->bytes, size),
		      human_size(totals->wire_bytes, wire));
	paragraph_add(&line, ", ", "%s", COUNTED(totals->rows, "row"));
	paragraph_say(&line);
}

/* The status with most URLs that fewer have, or as many and it is a lower one; or 0: none has. */
static unsigned next_status(const struct tally_totals *totals, unsigned before)
{
	uint64_t below = before > 0 ? totals->http_errors[before] : UINT64_MAX;
	unsigned best = 0;

	for (unsigned i = 1; i < TALLY_STATUSES; i++) {
		uint64_t count = totals->http_errors[i];
		bool is_next = count < below || (count == below && i > before);

		if (count > 0 && is_next && (best == 0 || count > totals->http_errors[best]))
			best = i;
	}
	return best;
}

/* " (404 3, 500 1)" */
static void list_statuses(const struct tally_totals *totals, char out[120])
{
	const char *between = " (";
	unsigned status = 0;
	size_t size = 0;

	for (int i = 0; i < STATUSES_MAX && (status = next_status(totals, status)) > 0; i++) {
		size += (size_t)snprintf(out + size, 120 - size, "%s%u %llu", between, status,
					 (unsigned long long)totals->http_errors[status]);
		between = ", ";
	}
	if (size > 0)
		snprintf(out + size, 120 - size, "%s)",
			 status > 0 && next_status(totals, status) > 0 ? ", and others" : "");
}

static void show_untried(uint64_t count, bool is_kept)
{
	struct paragraph line = { .size = 0 };

	paragraph_add(&line, "", "  %llu on which no pattern was tried: not text, or not for %s",
		      (unsigned long long)count, count == 1 ? "its URL" : "their URLs");
	if (is_kept)
		paragraph_add(&line, " ", "(crawl why URL)");
	paragraph_say(&line);
}

static void show_tallied(const struct tally_totals *totals)
{
	struct paragraph line = { .size = 0 };

	for (int i = 0; i < OUTCOME_COUNT; i++) {
		char statuses[120] = "";

		if (totals->outcomes[i] == 0)
			continue;
		if (i == OUTCOME_HTTP_ERROR)
			list_statuses(totals, statuses);
		paragraph_add(&line, line.size > 0 ? ", " : "", "%s%s %llu%s",
			      line.size > 0 ? "" : "  ", outcome_name((enum outcome)i),
			      (unsigned long long)totals->outcomes[i], statuses);
	}
	paragraph_say(&line);
}

static void show_outcomes(const struct summary *summary)
{
	const struct tally_totals *totals = tally_totals(summary->tally);

	/* What the store has refused seemed to be something else when it was counted. */
	if (summary->whole && summary->whole->refused > 0 && !is_of_several(summary))
		together_say_outcomes(summary->whole);
	else
		show_tallied(totals);
	if (totals->untried > 0 && summary->config->pattern_count > 0)
		show_untried(totals->untried, summary->is_kept);
	if (store_get_replaced(summary->store) > 0)
		log_say("  %s stored with U+FFFD for what the database does not take (a NUL)",
			COUNTED(store_get_replaced(summary->store), "row"));
	if (totals->unchanged > 0)
		log_say("  %llu unchanged: %s rows stay", (unsigned long long)totals->unchanged,
			totals->unchanged == 1 ? "its" : "their");
}

/* ---- what failed ---- */

/* url, outcome, status */
static int on_failed(void *context, const struct store_answer *row)
{
	struct slice url, outcome;
	char status[24] = "";

	(void)context;
	if (!row->values)
		return 0;
	url = row->values[0].text;
	outcome = row->values[1].text;
	if (row->values[2].kind == STORE_INTEGER)
		snprintf(status, sizeof(status), " %lld", (long long)row->values[2].integer);
	log_say("  failed, %.*s%s: %.*s", (int)outcome.size, outcome.size ? outcome.at : "", status,
		(int)url.size, url.at);
	return 0;
}

static void show_failed(const struct summary *summary)
{
	const struct asked_census *census = summary->census;

	for (uint64_t i = 0; i < census->failed && i < ASKED_FAILED_SHOWN; i++) {
		struct store_about about = { .key = census->first_failed[i] };

		store_report(summary->store, STORE_REPORT_FAILED, &about, on_failed, NULL);
	}
}

/* ---- proxies ---- */

struct proxies {
	const struct config *config;
	size_t shown, more;
};

/* proxy, pages, failures, rests, rests_until, error */
static int on_proxy(void *context, const struct store_answer *row)
{
	struct proxies *proxies = context;
	struct paragraph line = { .size = 0 };
	const struct store_value *values = row->values;

	if (!values || (proxies->config->proxy_count == 1 && values[2].integer == 0))
		return 0; /* a single one that works goes without saying */
	if (proxies->shown == PROXY_LINES_MAX) {
		proxies->more++;
		return 0;
	}
	proxies->shown++;
	paragraph_add(&line, "", "  %.*s: %s", (int)values[0].text.size, values[0].text.at,
		      COUNTED((uint64_t)values[1].integer, "page"));
	if (values[2].integer > 0)
		paragraph_add(&line, ", ", "%s", COUNTED((uint64_t)values[2].integer, "failure"));
	if (values[3].integer > 0)
		paragraph_add(&line, ", ", "%s", COUNTED((uint64_t)values[3].integer, "rest"));
	if (values[5].kind == STORE_TEXT)
		paragraph_add(&line, " ", "(the last: %.*s)", (int)values[5].text.size,
			      values[5].text.at);
	paragraph_say(&line);
	return 0;
}

static void show_proxies(const struct summary *summary)
{
	struct proxies proxies = { .config = summary->config };

	if (summary->config->proxy_count == 0 ||
	    store_report(summary->store, STORE_REPORT_PROXIES, NULL, on_proxy, &proxies) < 0)
		return;
	if (proxies.more > 0)
		log_say("  and %zu more proxies%s", proxies.more,
			summary->is_kept ? " (crawl status)" : "");
}

/* ---- patterns ---- */

/* Pages were read, and the url of this pattern let it be tried on none of them? */
static bool fits_no_page(const struct summary *summary, size_t pattern)
{
	const struct pattern_figures *figures = &tally_of_pattern(summary->tally, pattern)->figures;

	return summary->config->patterns[pattern].spec->url && figures->pages_wanted == 0 &&
	       tally_count_done(summary->tally) > 0;
}

static void show_pattern(const struct summary *summary, size_t index)
{
	const struct tally_pattern *tallied = tally_of_pattern(summary->tally, index);
	const struct pattern_figures *pattern = &tallied->figures;
	uint64_t looked_at = pattern->pages_tried + pattern->pages_unchanged;
	/* What ran out of its budget might have matched: that is said instead. */
	bool is_barren = looked_at > 0 && pattern->pages_matched == 0 && pattern->limit_hits == 0;
	struct paragraph line = { .size = 0 };

	paragraph_add(&line, "", "  %s: %s from %llu of %s", tallied->name,
		      COUNTED(pattern->rows, "row"), (unsigned long long)pattern->pages_matched,
		      COUNTED(looked_at, "page"));
	if (is_barren)
		paragraph_add(&line, " ", "(it matches nothing)");
	if (fits_no_page(summary, index))
		paragraph_add(&line, " ", "(its url fits none that was read)");
	if (pattern->dropped)
		paragraph_add(&line, ", ", "%llu dropped (required field missing)",
			      (unsigned long long)pattern->dropped);
	if (pattern->bad_values)
		paragraph_add(&line, ", ", "%s of the wrong type",
			      COUNTED(pattern->bad_values, "value"));
	if (pattern->limit_hits)
		paragraph_add(&line, ", ", "%s over the limit",
			      COUNTED(pattern->limit_hits, "page"));
	paragraph_say(&line);
}

static void show_no_patterns(const struct config *config)
{
	if (config->file_count == 0)
		log_say("  no config found (./crawl.yaml, ./config/*.yaml), no -c, no -e: no rows");
	else
		log_say("  no pattern in %s: no rows", COUNTED(config->file_count, "config file"));
}

static void show_patterns(const struct summary *summary)
{
	size_t count = summary->config->pattern_count;
	size_t shown = count > PATTERN_LINES_MAX + 1 ? PATTERN_LINES_MAX : count;
	uint64_t rows = 0;

	if (count == 0)
		show_no_patterns(summary->config);
	for (size_t i = 0; i < shown; i++)
		show_pattern(summary, i);
	for (size_t i = shown; i < count; i++)
		rows += tally_of_pattern(summary->tally, i)->figures.rows;
	if (shown < count)
		log_say("  and %zu more patterns: %s", count - shown, COUNTED(rows, "row"));
}

/* Tables that patterns made which the config does not have any more. */
struct gone {
	const struct config *config;
	struct paragraph line;
	unsigned count;
};

static int on_table(void *context, const char *name)
{
	struct gone *gone = context;

	if (store_name_is_reserved(name))
		return 0;
	for (size_t i = 0; i < gone->config->pattern_count; i++) {
		if (ascii_equal(slice_of(gone->config->patterns[i].spec->name), slice_of(name)))
			return 0;
	}
	if (++gone->count > GONE_MAX)
		paragraph_add(&gone->line, ", ", "and others");
	else
		paragraph_add(&gone->line, gone->count > 1 ? ", " : " ", "%s", name);
	return gone->count > GONE_MAX ? -1 : 0;
}

static void show_gone(const struct summary *summary)
{
	struct gone gone = { .config = summary->config };

	paragraph_add(&gone.line, "", "  rows of patterns that are gone stay (crawl export NAME):");
	if (store_each_table(summary->store, on_table, &gone) == 0 && gone.count > 0)
		paragraph_say(&gone.line);
}

/* pattern, pages, new */
static int on_stale(void *context, const struct store_answer *row)
{
	struct paragraph *line = context;

	if (!row->values)
		return 0;
	paragraph_add(line, line->size > 0 ? ", " : "", "%s%.*s of %s",
		      line->size > 0 ? "" : "  rows stay that their pages do not give any more: ",
		      (int)row->values[0].text.size, row->values[0].text.at,
		      COUNTED((uint64_t)row->values[1].integer, "page"));
	if (row->values[2].integer > 0)
		paragraph_add(line, " ", "(%lld new)", (long long)row->values[2].integer);
	return 0;
}

static void show_stale(const struct summary *summary)
{
	struct paragraph line = { .size = 0 };

	if (store_report(summary->store, STORE_REPORT_STALE, NULL, on_stale, &line) < 0 ||
	    line.size == 0)
		return;
	paragraph_add(&line, " ", "(crawl export crawl_stale)");
	paragraph_say(&line);
}

/* Pages were read, and no rule of `follow` was for a link of theirs? */
static bool follows_nothing(const struct summary *summary)
{
	const struct tally_totals *totals = tally_totals(summary->tally);

	return summary->config->follow_count > 0 && summary->links->wanted == 0 &&
	       totals->outcomes[OUTCOME_OK] > 0 && totals->unchanged == 0;
}

/* What became of the links, if any were looked at. */
static void show_links(const struct summary *summary)
{
	const struct link_counts *links = summary->links;
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
		{ links->limited, links->limited == 1 ? "page over the limits of a rule"
						      : "pages over the limits of a rule" },
		{ links->odd, links->odd == 1 ? "page whose JSON gave a rule no URL"
					      : "pages whose JSON gave a rule no URL" },
	};
	struct paragraph line = { .size = 0 };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].count > 0)
			paragraph_add(&line, ", ", "%s%llu %s", line.size > 0 ? "" : "  links: ",
				      (unsigned long long)parts[i].count, parts[i].what);
	}
	if (follows_nothing(summary))
		paragraph_add(&line, ", ", "%snone that a rule of follow is for",
			      line.size > 0 ? "" : "  links: ");
	paragraph_say(&line);
}

/* "http://a until 2026-11-21T02:17:58.123Z (Retry-After: it asked for this)" */
static void show_waiting(const char *waiting)
{
	const char *why = strstr(waiting, " (");
	int until_size = why ? (int)(why - waiting) : (int)strlen(waiting);
	struct paragraph line = { .size = 0 };

	paragraph_add(&line, "", "waiting for %.*s", until_size, waiting);
	if (why)
		paragraph_add(&line, " ", "%s", why + 1);
	paragraph_say(&line);
}

static void show_end(const struct summary *summary)
{
	static const char *const why[] = {
		[MASTER_FINISHED] = "",
		[MASTER_MAX_PAGES] = "stopped after --max-pages; ",
		[MASTER_MAX_TIME] = "stopped after --max-time; ",
		[MASTER_INTERRUPTED] = "stopped; ",
		[MASTER_STORE_FAILED] = "the database failed; ",
		[MASTER_POOL_FAILED] = "workers cannot be started; ",
	};

	if (summary->others > 0) {
		together_say_left(summary->others);
		return;
	}
	if (summary->census->pending == 0 &&
	    (summary->end == MASTER_FINISHED || !summary->is_kept)) {
		if (tally_totals(summary->tally)->pages == 0 && !summary->faults &&
		    !is_of_several(summary))
			log_say("nothing was left to do");
		return;
	}
	log_say("%s%s left%s", why[summary->end], COUNTED(summary->census->pending, "URL"),
		summary->is_kept ? ": the same command goes on" : "");
	if (summary->waiting)
		show_waiting(summary->waiting);
}

/* The file of a pattern that fitted no page, or NULL; what -e said is at hand anyway. */
static const char *misfit(const struct summary *summary)
{
	for (size_t i = 0; i < summary->config->pattern_count; i++) {
		const char *file = summary->config->patterns[i].file;

		if (fits_no_page(summary, i) && strcmp(file, "-e") != 0)
			return file;
	}
	return NULL;
}

static void show_next(const struct summary *summary)
{
	next_show(&(struct next){
		.options = summary->options,
		.config = summary->config,
		.tally = summary->tally,
		.store = summary->store,
		.has_one_page = summary->census->pages == 1 && summary->census->alone == 0,
		.failed = summary->census->failed,
		.misfit = misfit(summary),
	});
}

void summary_show(const struct summary *summary)
{
	show_totals(summary);
	show_outcomes(summary);
	carried_say_unverified(summary->config);
	show_proxies(summary);
	show_links(summary);
	show_patterns(summary);
	health_say(summary->health, summary->store, summary->config->settings.keep_pages);
	show_stale(summary);
	show_gone(summary);
	if (summary->whole && is_of_several(summary))
		together_say_whole(summary->whole);
	show_failed(summary);
	show_end(summary);
	if (summary->faults)
		log_say("exit %d: %s", summary->code, summary->faults);
	if (summary->is_kept)
		show_next(summary);
}
