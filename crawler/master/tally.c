#include "master/tally_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "parsers/text/memory.h"

struct tally *tally_new(const char *const pattern_names[], size_t pattern_count)
{
	struct tally *tally = memory_new(1, sizeof(*tally));

	tally->patterns = memory_new(pattern_count, sizeof(*tally->patterns));
	tally->written = memory_new(pattern_count, sizeof(*tally->written));
	tally->fields = memory_new(pattern_count, sizeof(*tally->fields));
	tally->pattern_count = pattern_count;
	tally->looks = run_looks_new(pattern_names, pattern_count);
	tally->totals_due_ms = CLOCK_NEVER;
	for (size_t i = 0; i < pattern_count; i++)
		tally->patterns[i].name = pattern_names[i];
	return tally;
}

void tally_count_fields(struct tally *tally, size_t index, const struct pattern *pattern)
{
	struct fields_tally *fields = &tally->fields[index];

	fields->pattern = pattern;
	fields->figures = memory_new(pattern_field_count(pattern), sizeof(*fields->figures));
}

void tally_free(struct tally *tally)
{
	if (!tally)
		return;
	for (size_t i = 0; i < tally->pattern_count; i++)
		free(tally->fields[i].figures);
	free(tally->fields);
	for (uint32_t i = 0; i < tally->host_capacity; i++) {
		free(tally->hosts[i].outcomes.list);
		free(tally->hosts[i].asked);
		free(tally->hosts[i].matches);
	}
	free(tally->hosts);
	free(tally->changed);
	free(tally->outcomes.list);
	run_looks_free(tally->looks);
	free(tally->written);
	free(tally->patterns);
	free(tally);
}

static struct host_figures *host_of(struct tally *tally, uint32_t host)
{
	uint32_t capacity = tally->host_capacity;

	if (host >= capacity) {
		tally->host_capacity = host * 2 + 16;
		tally->hosts =
			memory_resize(tally->hosts, tally->host_capacity * sizeof(*tally->hosts));
		for (uint32_t i = capacity; i < tally->host_capacity; i++)
			tally->hosts[i] = (struct host_figures){ 0 };
	}
	return &tally->hosts[host];
}

/* Those that were written leave their room to those that come. */
static struct changed *room_for_changed(struct tally *tally)
{
	if (tally->changed_first > 0 && tally->changed_first >= tally->changed_count / 2) {
		tally->changed_count -= tally->changed_first;
		memmove(tally->changed, tally->changed + tally->changed_first,
			tally->changed_count * sizeof(*tally->changed));
		tally->changed_first = 0;
	}
	if (tally->changed_count == tally->changed_capacity) {
		tally->changed_capacity = tally->changed_capacity * 2 + 16;
		tally->changed = memory_resize(tally->changed,
					       tally->changed_capacity * sizeof(*tally->changed));
	}
	return &tally->changed[tally->changed_count++];
}

static struct host_figures *changed_host(struct tally *tally, uint32_t host)
{
	struct host_figures *figures = host_of(tally, host);
	int64_t due_ms = tally->flushed_ms + TALLY_WRITE_MS;

	tally->totals_due_ms = clock_sooner(tally->totals_due_ms, due_ms);
	if (figures->is_changed)
		return figures;
	*room_for_changed(tally) = (struct changed){ host, due_ms };
	figures->is_changed = true;
	return figures;
}

static struct asked_figures *asked_of(struct host_figures *host)
{
	if (!host->asked) {
		host->asked = memory_new(1, sizeof(*host->asked));
		host->asked->first_ms = -1;
	}
	return host->asked;
}

/* ---- counting ---- */

/* Few statuses come of a host between two flushes: they are looked through. */
static struct outcome_figures *outcome_of(struct outcomes *outcomes, enum outcome outcome,
					  unsigned status)
{
	for (uint32_t i = 0; i < outcomes->count; i++) {
		if (outcomes->list[i].outcome == outcome && outcomes->list[i].status == status)
			return &outcomes->list[i];
	}
	if (outcomes->count == outcomes->capacity) {
		outcomes->capacity = outcomes->capacity * 2 + 1;
		outcomes->list =
			memory_resize(outcomes->list, outcomes->capacity * sizeof(*outcomes->list));
	}
	outcomes->list[outcomes->count] =
		(struct outcome_figures){ .outcome = outcome, .status = status };
	return &outcomes->list[outcomes->count++];
}

static bool is_page(enum outcome outcome)
{
	return outcome != OUTCOME_ROBOTS;
}

static bool is_error(enum outcome outcome)
{
	return is_page(outcome) && !outcome_is_done(outcome) && outcome != OUTCOME_PROXY;
}

static void count_outcome(struct tally *tally, enum outcome outcome, unsigned status, int by)
{
	tally->totals.outcomes[outcome] += (uint64_t)by;
	if (outcome == OUTCOME_HTTP_ERROR)
		tally->totals.http_errors[status % TALLY_STATUSES] += (uint64_t)by;
}

/* It was sent; whether it took any time is another question. */
static bool is_asked(enum outcome outcome)
{
	return outcome != OUTCOME_ROBOTS && outcome != OUTCOME_HOST_DOWN &&
	       outcome != OUTCOME_PROXY;
}

void tally_request(struct tally *tally, uint32_t host, int64_t at_ms)
{
	struct asked_figures *asked = asked_of(changed_host(tally, host));

	strip_add(&asked->strip, at_ms);
	if (asked->first_ms < 0)
		asked->first_ms = at_ms;
	asked->last_ms = at_ms;
}

static void add_page(struct outcome_figures *came, const struct tally_page *page)
{
	came->pages++;
	came->unchanged += page->is_unchanged;
	came->bytes += page->bytes;
	came->wire_bytes += page->wire_bytes;
}

static void add_answer(struct tally *tally, struct asked_figures *asked,
		       const struct tally_page *page)
{
	const struct run_looks_page answer = {
		.key = page->key,
		.elapsed_us = page->elapsed_us,
		.bytes = page->status > 0 ? page->bytes : 0,
		.content_type = page->content_type,
		.charset = page->charset,
		.charset_source = page->charset_source,
	};

	asked->times.counts[half_octave_of(page->elapsed_us)]++;
	asked->times.total++;
	asked->bytes += page->bytes;
	run_looks_page(tally->looks, &answer);
}

/* So many pages more, or fewer, of which so many have failed. */
static void add_pages(struct host_figures *host, int pages, int errors)
{
	host->pages += pages;
	host->errors += errors;
	if (!host->asked)
		return;
	host->asked->pages += pages;
	host->asked->failed += errors;
}

void tally_page(struct tally *tally, const struct tally_page *page)
{
	struct host_figures *figures = changed_host(tally, page->host);

	tally->totals.pages++;
	tally->totals.last_page_ms = clock_ms();
	tally->totals.unchanged += page->is_unchanged;
	count_outcome(tally, page->outcome, page->status, 1);
	tally->totals.bytes += page->bytes;
	tally->totals.wire_bytes += page->wire_bytes;
	add_page(outcome_of(&figures->outcomes, page->outcome, page->status), page);
	add_page(outcome_of(&tally->outcomes, page->outcome, page->status), page);
	if (is_asked(page->outcome))
		add_answer(tally, asked_of(figures), page);
	add_pages(figures, is_page(page->outcome), is_error(page->outcome));
}

/* What was flushed is taken back by the next flush: what it adds may be less than nothing. */
static void add_outcome(struct tally *tally, struct host_figures *figures, enum outcome outcome,
			unsigned status, int by)
{
	count_outcome(tally, outcome, status, by);
	outcome_of(&figures->outcomes, outcome, status)->pages += by;
	outcome_of(&tally->outcomes, outcome, status)->pages += by;
	add_pages(figures, by * is_page(outcome), by * is_error(outcome));
}

void tally_recount(struct tally *tally, const struct recount *recount)
{
	struct host_figures *figures = changed_host(tally, recount->host);

	add_outcome(tally, figures, recount->from.outcome, recount->from.status, -1);
	add_outcome(tally, figures, recount->to.outcome, recount->to.status, 1);
}

void tally_take_back(struct tally *tally, uint32_t host, enum outcome outcome, unsigned status)
{
	tally->totals.pages--;
	add_outcome(tally, changed_host(tally, host), outcome, status, -1);
}

void tally_untried(struct tally *tally)
{
	tally->totals.untried++;
}

/* What was found on a host's pages by a pattern, since the last flush. */
static struct pattern_figures *matches_of(struct tally *tally, uint32_t host, size_t index)
{
	struct host_figures *figures = changed_host(tally, host);

	if (!figures->matches)
		figures->matches = memory_new(tally->pattern_count, sizeof(*figures->matches));
	return &figures->matches[index];
}

static void count_fields(struct fields_tally *fields, const struct pattern_tally *match)
{
	fields->rows += match->rows;
	if (!fields->pattern || match->empty_fields + match->bad_values == 0)
		return;
	for (size_t i = 0; i < pattern_field_count(fields->pattern); i++) {
		fields->figures[i].empty += match->fields[i].empty;
		fields->figures[i].bad += match->fields[i].bad;
	}
}

void tally_match(struct tally *tally, uint32_t host, size_t index,
		 const struct pattern_tally *match)
{
	pattern_figures_add(matches_of(tally, host, index), match);
	pattern_figures_add(&tally->patterns[index].figures, match);
	count_fields(&tally->fields[index], match);
	tally->totals.rows += match->rows;
}

void tally_match_unchanged(struct tally *tally, uint32_t host, size_t index,
			   const struct pattern_tally *match)
{
	pattern_figures_add_unchanged(matches_of(tally, host, index), match);
	pattern_figures_add_unchanged(&tally->patterns[index].figures, match);
	count_fields(&tally->fields[index], match);
}

void tally_unmatched(struct tally *tally, size_t index, struct store_key page)
{
	run_looks_unmatched(tally->looks, index, page);
}

void tally_matched(struct tally *tally, size_t index, struct store_key page)
{
	run_looks_matched(tally->looks, index, page);
}

void tally_pattern_time(struct tally *tally, uint64_t elapsed_ns)
{
	tally->totals.pattern_ns += elapsed_ns;
}

void tally_wanted(struct tally *tally, uint32_t host, size_t index)
{
	matches_of(tally, host, index)->pages_wanted++;
	tally->patterns[index].figures.pages_wanted++;
}

const struct tally_totals *tally_totals(const struct tally *tally)
{
	return &tally->totals;
}

uint64_t tally_count_done(const struct tally *tally)
{
	uint64_t done = 0;

	for (int i = 0; i < OUTCOME_COUNT; i++)
		done += outcome_is_done((enum outcome)i) ? tally->totals.outcomes[i] : 0;
	return done;
}

uint64_t tally_count_failed(const struct tally *tally)
{
	uint64_t failed = tally->totals.pages - tally_count_done(tally);

	for (int i = 0; i < OUTCOME_COUNT; i++)
		failed -= outcome_is_skipped((enum outcome)i) ? tally->totals.outcomes[i] : 0;
	return failed;
}

const struct tally_pattern *tally_of_pattern(const struct tally *tally, size_t pattern)
{
	return &tally->patterns[pattern];
}
