#include "master/tally.h"

#include <stdbool.h>
#include <stdlib.h>

#include "parsers/text/memory.h"

#define TIME_BUCKETS 64 /* of response times: up to 2^32 us */

/* Response times of a host, coarsely: bucket b holds times of about 2^(b / 2) us. */
struct times {
	uint32_t counts[TIME_BUCKETS];
	uint32_t total;
};

/* What came of a host's URLs, since the last flush. */
struct outcome_figures {
	enum outcome outcome;
	unsigned status;
	int64_t pages;
	uint64_t bytes, wire_bytes;
};

struct host_figures {
	struct outcome_figures *outcomes;
	uint32_t outcome_count, outcome_capacity;
	int64_t pages, errors; /* since the last flush */
	struct times *times;   /* made with the first page */
	struct pattern_figures
		*matches; /* since the last flush, one a pattern; made with the first match */
	bool is_changed;
};

/* What a pattern found in its fields, since the last flush. */
struct fields_tally {
	const struct pattern *pattern; /* NULL: they are not counted */
	struct field_figures {
		uint64_t empty, bad;
	} * figures;
	uint64_t rows;
};

struct tally {
	struct tally_totals totals;
	struct tally_pattern *patterns;
	struct fields_tally *fields; /* by pattern */
	size_t pattern_count;
	struct host_figures *hosts;
	uint32_t host_capacity;
	uint32_t *changed; /* hosts to write with the next flush: those that are is_changed, once
			      each */
	uint32_t changed_count, changed_capacity;
};

struct tally *tally_new(const char *const pattern_names[], size_t pattern_count)
{
	struct tally *tally = memory_new(1, sizeof(*tally));

	tally->patterns = memory_new(pattern_count, sizeof(*tally->patterns));
	tally->fields = memory_new(pattern_count, sizeof(*tally->fields));
	tally->pattern_count = pattern_count;
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
		free(tally->hosts[i].outcomes);
		free(tally->hosts[i].times);
		free(tally->hosts[i].matches);
	}
	free(tally->hosts);
	free(tally->changed);
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

static struct host_figures *changed_host(struct tally *tally, uint32_t host)
{
	struct host_figures *figures = host_of(tally, host);

	if (figures->is_changed)
		return figures;
	if (tally->changed_count == tally->changed_capacity) {
		tally->changed_capacity = tally->changed_capacity * 2 + 16;
		tally->changed =
			memory_resize(tally->changed, tally->changed_capacity * sizeof(uint32_t));
	}
	tally->changed[tally->changed_count++] = host;
	figures->is_changed = true;
	return figures;
}

/* ---- response times ---- */

static unsigned bucket_of(uint32_t us)
{
	unsigned bucket = 0;
	uint64_t squared = (uint64_t)us * us; /* the square doubles twice as often */

	while (squared > 1 && bucket < TIME_BUCKETS - 1) {
		squared >>= 1;
		bucket++;
	}
	return bucket;
}

/* The milliseconds below which a part of all lie, as good as the buckets are. */
static double quantile(const struct times *times, double part)
{
	double wanted = part * times->total, seen = 0;
	double us = 1;

	for (unsigned i = 0; i < TIME_BUCKETS; i++) {
		seen += times->counts[i];
		if (seen >= wanted)
			break;
		us *= 1.4142135623730951; /* 2^(1 / 2) */
	}
	return (double)(int64_t)(us + 0.5) / 1000;
}

/* ---- counting ---- */

/* Few statuses come of a host between two commits: they are looked through. */
static struct outcome_figures *outcome_of(struct host_figures *host, enum outcome outcome,
					  unsigned status)
{
	for (uint32_t i = 0; i < host->outcome_count; i++) {
		if (host->outcomes[i].outcome == outcome && host->outcomes[i].status == status)
			return &host->outcomes[i];
	}
	if (host->outcome_count == host->outcome_capacity) {
		host->outcome_capacity = host->outcome_capacity * 2 + 1;
		host->outcomes = memory_resize(host->outcomes,
					       host->outcome_capacity * sizeof(*host->outcomes));
	}
	host->outcomes[host->outcome_count] =
		(struct outcome_figures){ .outcome = outcome, .status = status };
	return &host->outcomes[host->outcome_count++];
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

void tally_page(struct tally *tally, uint32_t host, enum outcome outcome, unsigned status,
		uint64_t bytes, uint64_t wire_bytes, uint32_t elapsed_us)
{
	struct host_figures *figures = changed_host(tally, host);
	struct outcome_figures *came = outcome_of(figures, outcome, status);
	bool is_asked = outcome != OUTCOME_ROBOTS && outcome != OUTCOME_HOST_DOWN &&
			outcome != OUTCOME_PROXY;

	tally->totals.pages++;
	count_outcome(tally, outcome, status, 1);
	tally->totals.bytes += bytes;
	tally->totals.wire_bytes += wire_bytes;
	came->pages++;
	came->bytes += bytes;
	came->wire_bytes += wire_bytes;
	figures->pages += is_page(outcome);
	figures->errors += is_error(outcome);
	if (!is_asked) /* nor has it taken any time */
		return;
	if (!figures->times)
		figures->times = memory_new(1, sizeof(*figures->times));
	figures->times->counts[bucket_of(elapsed_us)]++;
	figures->times->total++;
}

/* What was flushed is taken back by the next flush: what it adds may be less than nothing. */
void tally_recount(struct tally *tally, const struct recount *recount)
{
	struct host_figures *figures = changed_host(tally, recount->host);

	count_outcome(tally, recount->from.outcome, recount->from.status, -1);
	count_outcome(tally, recount->to.outcome, recount->to.status, 1);
	outcome_of(figures, recount->from.outcome, recount->from.status)->pages--;
	outcome_of(figures, recount->to.outcome, recount->to.status)->pages++;
	figures->errors += is_error(recount->to.outcome) - is_error(recount->from.outcome);
	figures->pages += is_page(recount->to.outcome) - is_page(recount->from.outcome);
}

void tally_take_back(struct tally *tally, uint32_t host, enum outcome outcome, unsigned status)
{
	struct host_figures *figures = changed_host(tally, host);

	tally->totals.pages--;
	count_outcome(tally, outcome, status, -1);
	outcome_of(figures, outcome, status)->pages--;
	figures->errors -= is_error(outcome);
	figures->pages -= is_page(outcome);
}

void tally_untried(struct tally *tally)
{
	tally->totals.untried++;
}

void tally_unchanged(struct tally *tally)
{
	tally->totals.unchanged++;
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

/* ---- writing ---- */

static int flush_matches(struct tally *tally, struct store *store, struct store_key host,
			 struct host_figures *figures)
{
	for (size_t i = 0; figures->matches && i < tally->pattern_count; i++) {
		struct pattern_figures *match = &figures->matches[i];
		struct store_pattern_figures row = {
			.pattern = tally->patterns[i].name,
			.host = host,
			.pages_wanted = match->pages_wanted,
			.pages_unchanged = match->pages_unchanged,
			.pages_tried = match->pages_tried,
			.pages_matched = match->pages_matched,
			.rows = match->rows,
			.empty_fields = match->empty_fields,
			.bad_values = match->bad_values,
			.limit_hits = match->limit_hits,
			.elapsed_ns = match->elapsed_ns,
		};

		if (match->pages_wanted == 0)
			continue;
		if (store_put_pattern_figures(store, &row) < 0)
			return -1;
		*match = (struct pattern_figures){ 0 };
	}
	return 0;
}

static int flush_outcomes(struct store *store, struct store_key host, struct host_figures *figures)
{
	for (uint32_t i = 0; i < figures->outcome_count; i++) {
		const struct outcome_figures *came = &figures->outcomes[i];
		struct store_outcome_figures row = {
			.host = host,
			.outcome = outcome_name(came->outcome),
			.status = came->status,
			.pages = came->pages,
			.bytes = came->bytes,
			.wire_bytes = came->wire_bytes,
		};

		if (store_put_outcome_figures(store, &row) < 0)
			return -1;
	}
	figures->outcome_count = 0;
	return 0;
}

static int flush_fields_of(struct fields_tally *fields, struct store *store, const char *name)
{
	for (size_t i = 0; i < pattern_field_count(fields->pattern); i++) {
		struct field_figures *figures = &fields->figures[i];
		struct store_field_figures row = {
			.pattern = name,
			.field = pattern_field_name(fields->pattern, i),
			.rows = fields->rows,
			.filled = fields->rows - figures->empty - figures->bad,
			.bad = figures->bad,
		};

		if (store_put_field_figures(store, &row) < 0)
			return -1;
		*figures = (struct field_figures){ 0 };
	}
	fields->rows = 0;
	return 0;
}

static int flush_fields(struct tally *tally, struct store *store)
{
	for (size_t i = 0; i < tally->pattern_count; i++) {
		struct fields_tally *fields = &tally->fields[i];

		if (fields->pattern && fields->rows > 0 &&
		    flush_fields_of(fields, store, tally->patterns[i].name) < 0)
			return -1;
	}
	return 0;
}

int tally_flush(struct tally *tally, struct store *store, const struct tally_hosts *hosts)
{
	for (uint32_t i = 0; i < tally->changed_count; i++) {
		uint32_t host = tally->changed[i];
		struct host_figures *figures = &tally->hosts[host];
		struct store_host_figures row = {
			.host = hosts->key(hosts->context, host),
			.pages = figures->pages,
			.errors = figures->errors,
			.delay_ms = hosts->delay_ms(hosts->context, host),
			.p50_ms = figures->times ? quantile(figures->times, 0.50) : 0,
			.p95_ms = figures->times ? quantile(figures->times, 0.95) : 0,
		};

		if (store_put_host_figures(store, &row) < 0 ||
		    flush_outcomes(store, row.host, figures) < 0 ||
		    flush_matches(tally, store, row.host, figures) < 0)
			return -1;
		figures->pages = figures->errors = 0;
		figures->is_changed = false;
	}
	tally->changed_count = 0;
	return flush_fields(tally, store);
}
