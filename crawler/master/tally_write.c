#include "master/tally_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* The milliseconds below which a part of all lie, as good as the buckets are. */
static double quantile(const struct times *times, double part)
{
	double wanted = part * times->total, seen = 0;
	double us = 1;

	for (unsigned i = 0; i < HALF_OCTAVES; i++) {
		seen += times->counts[i];
		if (seen >= wanted)
			break;
		us *= 1.4142135623730951; /* 2^(1 / 2) */
	}
	return (double)(int64_t)(us + 0.5) / 1000;
}

/* ---- patterns ---- */

/* A row of what a pattern found; host: none, of all. */
static int write_match(struct store *store, const char *pattern, struct store_key host,
		       const struct pattern_figures *match)
{
	const struct store_pattern_figures row = {
		.pattern = pattern,
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

	return match->pages_wanted > 0 ? store_put_pattern_figures(store, &row) : 0;
}

static int write_matches(struct tally *tally, struct store *store, struct store_key host,
			 struct host_figures *figures)
{
	for (size_t i = 0; figures->matches && i < tally->pattern_count; i++) {
		if (write_match(store, tally->patterns[i].name, host, &figures->matches[i]) < 0)
			return -1;
	}
	free(figures->matches);
	figures->matches = NULL;
	return 0;
}

/* What a pattern has found since it was written; its time grows with every page. */
static struct pattern_figures newer(const struct pattern_figures *now,
				    const struct pattern_figures *written)
{
	return (struct pattern_figures){
		.pages_wanted = now->pages_wanted - written->pages_wanted,
		.pages_unchanged = now->pages_unchanged - written->pages_unchanged,
		.pages_tried = now->pages_tried - written->pages_tried,
		.pages_matched = now->pages_matched - written->pages_matched,
		.rows = now->rows - written->rows,
		.empty_fields = now->empty_fields - written->empty_fields,
		.bad_values = now->bad_values - written->bad_values,
		.limit_hits = now->limit_hits - written->limit_hits,
		.elapsed_ns = now->elapsed_ns - written->elapsed_ns,
	};
}

static int write_patterns(struct tally *tally, struct store *store)
{
	const struct store_key all = { 0 };

	for (size_t i = 0; i < tally->pattern_count; i++) {
		const struct pattern_figures match =
			newer(&tally->patterns[i].figures, &tally->written[i]);

		if (write_match(store, tally->patterns[i].name, all, &match) < 0)
			return -1;
		tally->written[i] = tally->patterns[i].figures;
	}
	return 0;
}

static int write_fields_of(struct fields_tally *fields, struct store *store, const char *name)
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

static int write_fields(struct tally *tally, struct store *store)
{
	for (size_t i = 0; i < tally->pattern_count; i++) {
		struct fields_tally *fields = &tally->fields[i];

		if (fields->pattern && fields->rows > 0 &&
		    write_fields_of(fields, store, tally->patterns[i].name) < 0)
			return -1;
	}
	return 0;
}

/* ---- outcomes ---- */

/* What was taken back to nothing is written, too: the row may have it. */
static int write_outcomes(struct store *store, struct store_key host, struct outcomes *outcomes)
{
	for (uint32_t i = 0; i < outcomes->count; i++) {
		const struct outcome_figures *came = &outcomes->list[i];
		struct store_outcome_figures row = {
			.host = host,
			.outcome = outcome_name(came->outcome),
			.status = came->status,
			.pages = (uint64_t)came->pages,
			.unchanged = (uint64_t)came->unchanged,
			.bytes = came->bytes,
			.wire_bytes = came->wire_bytes,
		};

		if (store_put_outcome_figures(store, &row) < 0)
			return -1;
	}
	free(outcomes->list);
	*outcomes = (struct outcomes){ .list = NULL };
	return 0;
}

/* ---- hosts ---- */

/* The strip reaches to where the host was asked last: who shows several stretches them alike. */
static int write_run_host(struct store *store, const struct store_host_figures *host,
			  const struct asked_figures *asked)
{
	struct store_run_host row = {
		.host = host->host,
		.pages = (uint64_t)asked->pages,
		.failed = (uint64_t)asked->failed,
		.bytes = asked->bytes,
		.delay_ms = host->delay_ms,
		.p50_ms = host->p50_ms,
		.p95_ms = host->p95_ms,
		.first_ms = asked->first_ms,
		.last_ms = asked->last_ms,
		.step_ms = strip_step_ms(&asked->strip),
	};

	memcpy(row.strip, asked->strip.steps, sizeof(row.strip));
	return asked->first_ms < 0 ? 0 : store_put_run_host(store, &row);
}

/* It is not written; or its row was lost before it was committed. */
static void drop_counts(struct host_figures *figures)
{
	free(figures->outcomes.list);
	free(figures->matches);
	figures->outcomes = (struct outcomes){ .list = NULL };
	figures->matches = NULL;
	figures->pages = figures->errors = 0;
}

static bool has_counts(const struct host_figures *figures)
{
	return figures->pages != 0 || figures->errors != 0 || figures->outcomes.count > 0 ||
	       figures->matches;
}

static struct store_host_figures row_of(const struct tally *tally, const struct tally_hosts *hosts,
					uint32_t host)
{
	const struct host_figures *figures = &tally->hosts[host];
	const struct asked_figures *asked = figures->asked;

	return (struct store_host_figures){
		.host = hosts->key(hosts->context, host),
		.pages = (uint64_t)figures->pages,
		.errors = (uint64_t)figures->errors,
		.is_anothers = hosts->is_anothers(hosts->context, host),
		.delay_ms = hosts->delay_ms(hosts->context, host),
		.p50_ms = asked ? quantile(&asked->times, 0.50) : 0,
		.p95_ms = asked ? quantile(&asked->times, 0.95) : 0,
	};
}

/* What rows add up. */
static int write_counts(struct tally *tally, struct store *store, uint32_t host,
			const struct store_host_figures *row)
{
	struct host_figures *figures = &tally->hosts[host];

	if (store_key_is_none(row->host)) {
		drop_counts(figures);
		return 0;
	}
	if (store_put_host_figures(store, row) < 0 ||
	    write_outcomes(store, row->host, &figures->outcomes) < 0 ||
	    write_matches(tally, store, row->host, figures) < 0)
		return -1;
	figures->pages = figures->errors = 0;
	return 0;
}

static int write_host(struct tally *tally, struct store *store, const struct tally_hosts *hosts,
		      uint32_t host)
{
	struct host_figures *figures = &tally->hosts[host];
	const struct store_host_figures row = row_of(tally, hosts, host);

	if (write_counts(tally, store, host, &row) < 0 ||
	    (figures->asked && !store_key_is_none(row.host) &&
	     write_run_host(store, &row, figures->asked) < 0))
		return -1;
	figures->is_changed = false;
	return 0;
}

static int write_hosts(struct tally *tally, struct store *store, const struct tally_hosts *hosts,
		       int64_t now_ms)
{
	while (tally->changed_first < tally->changed_count &&
	       tally->changed[tally->changed_first].due_ms <= now_ms) {
		if (write_host(tally, store, hosts, tally->changed[tally->changed_first].host) < 0)
			return -1;
		tally->changed_first++;
	}
	return 0;
}

/* ---- all of it ---- */

static int write_total_counts(struct tally *tally, struct store *store)
{
	const struct store_key all = { 0 };

	return write_outcomes(store, all, &tally->outcomes) < 0 ||
			       write_patterns(tally, store) < 0 || write_fields(tally, store) < 0
		       ? -1
		       : 0;
}

static int write_totals(struct tally *tally, struct store *store)
{
	tally->totals_due_ms = CLOCK_NEVER;
	return write_total_counts(tally, store) < 0 || run_looks_write(tally->looks, store) < 0 ? -1
												: 0;
}

int tally_add_up(struct tally *tally, struct store *store, const struct tally_hosts *hosts)
{
	for (uint32_t i = tally->changed_first; i < tally->changed_count; i++) {
		uint32_t host = tally->changed[i].host;
		struct store_host_figures row;

		if (!has_counts(&tally->hosts[host]))
			continue;
		row = row_of(tally, hosts, host);
		if (write_counts(tally, store, host, &row) < 0)
			return -1;
	}
	return write_total_counts(tally, store);
}

void tally_forget(struct tally *tally)
{
	for (uint32_t i = tally->changed_first; i < tally->changed_count; i++)
		drop_counts(&tally->hosts[tally->changed[i].host]);
	free(tally->outcomes.list);
	tally->outcomes = (struct outcomes){ .list = NULL };
	for (size_t i = 0; i < tally->pattern_count; i++) {
		struct fields_tally *fields = &tally->fields[i];

		tally->written[i] = tally->patterns[i].figures;
		for (size_t j = 0; fields->pattern && j < pattern_field_count(fields->pattern); j++)
			fields->figures[j] = (struct field_figures){ 0 };
		fields->rows = 0;
	}
}

int tally_flush(struct tally *tally, struct store *store, const struct tally_hosts *hosts,
		int64_t now_ms)
{
	if (write_hosts(tally, store, hosts, now_ms) < 0 ||
	    (tally->totals_due_ms <= now_ms && tally->totals_due_ms < CLOCK_NEVER &&
	     write_totals(tally, store) < 0))
		return -1;
	if (now_ms < CLOCK_NEVER)
		tally->flushed_ms = now_ms;
	return 0;
}

int64_t tally_due_ms(const struct tally *tally)
{
	int64_t host_ms = tally->changed_first < tally->changed_count
				  ? tally->changed[tally->changed_first].due_ms
				  : CLOCK_NEVER;

	return clock_sooner(host_ms, tally->totals_due_ms);
}
