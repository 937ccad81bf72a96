#include "report/figures_json.h"

#include <math.h>
#include <stdlib.h>

#include "show/output.h"

/* A megabyte is the most, whatever was crawled: the worst stand first, and what is left out is
 * counted. */
#define PATTERN_BYTES  100000
#define PATTERNS_BYTES 500000
#define CAUSES_BYTES   150000

/* ---- members of structs, as tables ---- */

enum kind { COUNT, SIGNED, UNSIGNED, REAL, FLAG, STRING, TEXT, SHARE, VERDICT };

struct member {
	const char *name;
	enum kind kind;
	size_t offset;
};

#define MEMBER(of, name, kind)                  \
	{                                       \
#name, kind, offsetof(of, name) \
	}
#define COUNT_OF(members) (sizeof(members) / sizeof((members)[0]))

static struct datum number(uint64_t count)
{
	if (count == UINT64_MAX) /* too many to count */
		return (struct datum){ .kind = DATUM_NULL };
	return (struct datum){ .kind = DATUM_INTEGER,
			       .integer = count > INT64_MAX ? INT64_MAX : (int64_t)count };
}

static struct datum real(double value)
{
	if (!isfinite(value))
		return (struct datum){ .kind = DATUM_NULL };
	return (struct datum){ .kind = DATUM_REAL, .real = value };
}

static struct datum text(struct slice slice)
{
	return (struct datum){ .kind = slice.at ? DATUM_TEXT : DATUM_NULL, .text = slice };
}

static struct datum string(const char *value)
{
	return value ? text(slice_of(value)) : (struct datum){ .kind = DATUM_NULL };
}

static const char *verdict_name(enum drift_verdict verdict)
{
	return verdict == DRIFT_WORSE ? "worse" : verdict == DRIFT_NONE ? "as before" : NULL;
}

static void put(FILE *out, struct datum value)
{
	output_json(out, &value);
}

static void put_share(FILE *out, const struct drift_share *share)
{
	fprintf(out, "{\"pages\":%llu,\"good\":%llu,\"of\":%llu}", (unsigned long long)share->pages,
		(unsigned long long)share->good, (unsigned long long)share->of);
}

static void put_value(FILE *out, enum kind kind, const void *at)
{
	switch (kind) {
	case COUNT:
		put(out, number(*(const uint64_t *)at));
		break;
	case SIGNED:
		put(out, (struct datum){ .kind = DATUM_INTEGER, .integer = *(const int64_t *)at });
		break;
	case UNSIGNED:
		put(out, number(*(const unsigned *)at));
		break;
	case REAL:
		put(out, real(*(const double *)at));
		break;
	case FLAG:
		fputs(*(const bool *)at ? "true" : "false", out);
		break;
	case STRING:
		put(out, string(*(const char *const *)at));
		break;
	case TEXT:
		put(out, text(*(const struct slice *)at));
		break;
	case SHARE:
		put_share(out, at);
		break;
	case VERDICT:
		put(out, string(verdict_name(*(const enum drift_verdict *)at)));
		break;
	}
}

/* Of an object that is open: `,` stands before every member but the first. */
static void put_members(FILE *out, const struct member *members, size_t count, const void *object)
{
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s\"%s\":", i > 0 ? "," : "", members[i].name);
		put_value(out, members[i].kind, (const char *)object + members[i].offset);
	}
}

#define PUT_OBJECT(out, members, object)                              \
	do {                                                          \
		putc('{', out);                                       \
		put_members(out, members, COUNT_OF(members), object); \
		putc('}', out);                                       \
	} while (0)

/* ,"name":[ ... ], an element a line */
static void begin_list(FILE *out, const char *name)
{
	fprintf(out, ",\n\"%s\":[", name);
}

static void begin_element(FILE *out, size_t index)
{
	fputs(index > 0 ? ",\n " : "\n ", out);
}

#define PUT_LIST(out, name, members, objects, count)             \
	do {                                                     \
		begin_list(out, name);                           \
		for (size_t i = 0; i < (count); i++) {           \
			begin_element(out, i);                   \
			PUT_OBJECT(out, members, &(objects)[i]); \
		}                                                \
		putc(']', out);                                  \
	} while (0)

/* ---- what they are ---- */

static const struct member of_run[] = {
	MEMBER(struct figures_run, id, SIGNED),
	MEMBER(struct figures_run, started_at, STRING),
	MEMBER(struct figures_run, ended_at, STRING),
	MEMBER(struct figures_run, ended, STRING),
	MEMBER(struct figures_run, config_hash, STRING),
	MEMBER(struct figures_run, elapsed_ms, SIGNED),
	MEMBER(struct figures_run, pages, COUNT),
	MEMBER(struct figures_run, done, COUNT),
	MEMBER(struct figures_run, failed, COUNT),
	MEMBER(struct figures_run, skipped, COUNT),
	MEMBER(struct figures_run, unchanged, COUNT),
	MEMBER(struct figures_run, rows, COUNT),
	MEMBER(struct figures_run, bytes, COUNT),
	MEMBER(struct figures_run, wire_bytes, COUNT),
};

static const struct member of_page[] = {
	MEMBER(struct figures_page, url, TEXT),      MEMBER(struct figures_page, title, TEXT),
	MEMBER(struct figures_page, value, COUNT),   MEMBER(struct figures_page, error, TEXT),
	MEMBER(struct figures_page, from_url, TEXT), MEMBER(struct figures_page, at, STRING),
};

static const struct member of_try[] = {
	MEMBER(struct figures_try, number, COUNT),   MEMBER(struct figures_try, at, STRING),
	MEMBER(struct figures_try, outcome, STRING), MEMBER(struct figures_try, status, UNSIGNED),
	MEMBER(struct figures_try, wait_ms, SIGNED), MEMBER(struct figures_try, error, TEXT),
};

static const struct member of_reject[] = {
	MEMBER(struct figures_reject, list, STRING),
	MEMBER(struct figures_reject, line, COUNT),
	MEMBER(struct figures_reject, text, TEXT),
	MEMBER(struct figures_reject, reason, TEXT),
};

static const struct member of_finding[] = {
	MEMBER(struct figures_finding, pages, COUNT), MEMBER(struct figures_finding, url, TEXT),
	MEMBER(struct figures_finding, line, COUNT),  MEMBER(struct figures_finding, matched, TEXT),
	MEMBER(struct figures_finding, wanted, TEXT), MEMBER(struct figures_finding, rest, TEXT),
	MEMBER(struct figures_finding, stood, TEXT),
};

static const struct member of_field[] = {
	MEMBER(struct figures_field, name, STRING),
	MEMBER(struct figures_field, type, STRING),
	MEMBER(struct figures_field, verdict, VERDICT),
	MEMBER(struct figures_field, now, SHARE),
	MEMBER(struct figures_field, before, SHARE),
	MEMBER(struct figures_field, rows, COUNT),
	MEMBER(struct figures_field, filled, COUNT),
	MEMBER(struct figures_field, bad, COUNT),
	MEMBER(struct figures_field, rows_read, COUNT),
	MEMBER(struct figures_field, distinct, COUNT),
	MEMBER(struct figures_field, is_number, FLAG),
	MEMBER(struct figures_field, least, REAL),
	MEMBER(struct figures_field, most, REAL),
};

static const struct member of_pattern[] = {
	MEMBER(struct figures_pattern, name, STRING),
	MEMBER(struct figures_pattern, place, STRING),
	MEMBER(struct figures_pattern, verdict, VERDICT),
	MEMBER(struct figures_pattern, now, SHARE),
	MEMBER(struct figures_pattern, before, SHARE),
	MEMBER(struct figures_pattern, never_matched, FLAG),
	MEMBER(struct figures_pattern, pages_wanted, COUNT),
	MEMBER(struct figures_pattern, pages_unchanged, COUNT),
	MEMBER(struct figures_pattern, pages_tried, COUNT),
	MEMBER(struct figures_pattern, pages_matched, COUNT),
	MEMBER(struct figures_pattern, unmatched, COUNT),
	MEMBER(struct figures_pattern, stale_pages, COUNT),
	MEMBER(struct figures_pattern, rows, COUNT),
	MEMBER(struct figures_pattern, rows_before, COUNT),
	MEMBER(struct figures_pattern, bad_values, COUNT),
	MEMBER(struct figures_pattern, limit_hits, COUNT),
	MEMBER(struct figures_pattern, ms_a_page, REAL),
};

static const struct member of_cause[] = {
	MEMBER(struct figures_cause, outcome, STRING),
	MEMBER(struct figures_cause, status, UNSIGNED),
	MEMBER(struct figures_cause, is_failure, FLAG),
	MEMBER(struct figures_cause, urls, COUNT),
	MEMBER(struct figures_cause, host_count, COUNT),
};

static const struct member of_sample[] = {
	MEMBER(struct store_sample, at_ms, SIGNED),
	MEMBER(struct store_sample, done, COUNT),
	MEMBER(struct store_sample, failed, COUNT),
	MEMBER(struct store_sample, skipped, COUNT),
	MEMBER(struct store_sample, rows, COUNT),
	MEMBER(struct store_sample, wire_bytes, COUNT),
	MEMBER(struct store_sample, waits_delay, COUNT),
	MEMBER(struct store_sample, waits_answer, COUNT),
	MEMBER(struct store_sample, waits_rest, COUNT),
	MEMBER(struct store_sample, waits_robots, COUNT),
	MEMBER(struct store_sample, waits_us, COUNT),
	MEMBER(struct store_sample, in_flight, UNSIGNED),
	MEMBER(struct store_sample, is_paused, FLAG),
	MEMBER(struct store_sample, cpu_ms, COUNT),
	MEMBER(struct store_sample, pattern_ms, COUNT),
	MEMBER(struct store_sample, commit_ms, COUNT),
};

static const struct member of_event[] = {
	MEMBER(struct figures_event, at_ms, SIGNED),
	MEMBER(struct figures_event, kind, STRING),
	MEMBER(struct figures_event, host, STRING),
	MEMBER(struct figures_event, text, TEXT),
};

static const struct member of_host[] = {
	MEMBER(struct figures_host, origin, STRING),
	MEMBER(struct figures_host, pages, COUNT),
	MEMBER(struct figures_host, failed, COUNT),
	MEMBER(struct figures_host, bytes, COUNT),
	MEMBER(struct figures_host, delay_ms, SIGNED),
	MEMBER(struct figures_host, at_least_ms, SIGNED),
	MEMBER(struct figures_host, p50_ms, REAL),
	MEMBER(struct figures_host, p95_ms, REAL),
	MEMBER(struct figures_host, first_ms, SIGNED),
	MEMBER(struct figures_host, last_ms, SIGNED),
	MEMBER(struct figures_host, step_ms, SIGNED),
};

static const struct member of_count[] = {
	MEMBER(struct figures_count, value, STRING),
	MEMBER(struct figures_count, pages, COUNT),
};

static const struct member of_database[] = {
	MEMBER(struct figures, urls, COUNT),        MEMBER(struct figures, urls_done, COUNT),
	MEMBER(struct figures, urls_failed, COUNT), MEMBER(struct figures, urls_left, COUNT),
	MEMBER(struct figures, rejects, COUNT),     MEMBER(struct figures, reject_list, STRING),
};

/* ---- what is made of several ---- */

static void put_why(FILE *out, const struct figures_finding *why)
{
	fputs(",\"why\":", out);
	if (why->is_there)
		PUT_OBJECT(out, of_finding, why);
	else
		fputs("null", out);
}

static void put_pages(FILE *out, const char *name, const struct figures_page *pages, size_t count)
{
	fprintf(out, ",\n  \"%s\":[", name);
	for (size_t i = 0; i < count; i++) {
		fputs(i > 0 ? ",\n   " : "\n   ", out);
		PUT_OBJECT(out, of_page, &pages[i]);
	}
	putc(']', out);
}

static void put_field(FILE *out, const struct figures_field *field)
{
	putc('{', out);
	put_members(out, of_field, COUNT_OF(of_field), field);
	fputs(",\"frequent\":[", out);
	for (size_t i = 0; i < field->frequent_count; i++) {
		if (i > 0)
			putc(',', out);
		put(out, text(field->frequent[i]));
	}
	putc(']', out);
	put_why(out, &field->why);
	putc('}', out);
}

static void put_row(FILE *out, const struct figures_row *row, size_t fields)
{
	fputs("{\"page_url\":", out);
	put(out, text(row->page_url));
	fputs(",\"values\":[", out);
	for (size_t i = 0; i < fields; i++) {
		const struct store_value *value = &row->values[i];
		static const enum datum_kind kinds[] = {
			[STORE_NULL] = DATUM_NULL,       [STORE_TEXT] = DATUM_TEXT,
			[STORE_INTEGER] = DATUM_INTEGER, [STORE_REAL] = DATUM_REAL,
			[STORE_BLOB] = DATUM_BLOB,       [STORE_JSON] = DATUM_TEXT, /* it is cut */
		};

		if (i > 0)
			putc(',', out);
		put(out, (struct datum){ .kind = kinds[value->kind],
					 .integer = value->integer,
					 .real = value->real,
					 .text = value->text });
	}
	fputs("]}", out);
}

static void put_rows_of_runs(FILE *out, const struct figures *figures,
			     const struct figures_pattern *pattern)
{
	fputs(",\"rows_of_runs\":[", out);
	for (size_t i = 0; i < figures->run_count; i++)
		fprintf(out, "%s%llu", i > 0 ? "," : "",
			(unsigned long long)pattern->rows_of_runs[i]);
	putc(']', out);
}

/* With so many of its fields, and of the values of its rows. */
static void put_pattern(FILE *out, const struct figures *figures,
			const struct figures_pattern *pattern, size_t fields)
{
	putc('{', out);
	put_members(out, of_pattern, COUNT_OF(of_pattern), pattern);
	fprintf(out, ",\"runs_before\":%zu", pattern->runs_before);
	put_rows_of_runs(out, figures, pattern);
	put_why(out, &pattern->why);
	fprintf(out, ",\"fields_all\":%zu,\n  \"fields\":[", pattern->fields_all);
	for (size_t i = 0; i < fields; i++) {
		fputs(i > 0 ? ",\n   " : "\n   ", out);
		put_field(out, &pattern->fields[i]);
	}
	fputs("],\n  \"newest\":[", out);
	for (size_t i = 0; i < pattern->newest_count; i++) {
		fputs(i > 0 ? ",\n   " : "\n   ", out);
		put_row(out, &pattern->newest[i], fields);
	}
	putc(']', out);
	put_pages(out, "unmatched_pages", pattern->unmatched_pages, pattern->unmatched_shown);
	putc('}', out);
}

/*
 * An element of a list that may take only so much: it is written here first.  Out of memory ends
 * the process, as everywhere.
 */
struct element {
	FILE *out;
	char *bytes;
	size_t size;
};

static void element_begin(struct element *element)
{
	element->out = open_memstream(&element->bytes, &element->size);
	if (!element->out)
		abort();
}

static void element_end(struct element *element)
{
	if (fclose(element->out) != 0)
		abort();
}

/* Of one that is too large by itself fewer and fewer fields are told. */
static struct element pattern_of(const struct figures *figures,
				 const struct figures_pattern *pattern)
{
	size_t fields = pattern->field_count;
	struct element element;

	for (;; fields /= 2) {
		element_begin(&element);
		put_pattern(element.out, figures, pattern, fields);
		element_end(&element);
		if (element.size <= PATTERN_BYTES || fields == 0)
			return element;
		free(element.bytes);
	}
}

/* Returns whether there was room for it. */
static bool put_element(FILE *out, struct element *element, size_t index, size_t *room)
{
	bool has_room = element->size <= *room;

	if (has_room) {
		*room -= element->size;
		begin_element(out, index);
		fwrite(element->bytes, 1, element->size, out);
	}
	free(element->bytes);
	return has_room;
}

static void put_patterns(FILE *out, const struct figures *figures)
{
	size_t room = PATTERNS_BYTES, shown = 0;

	fprintf(out, ",\n\"patterns_all\":%zu", figures->patterns_all);
	begin_list(out, "patterns");
	for (; shown < figures->pattern_count; shown++) {
		struct element element = pattern_of(figures, &figures->patterns[shown]);

		if (!put_element(out, &element, shown, &room))
			break;
	}
	fprintf(out, "],\n\"patterns_left_out\":%zu", figures->patterns_all - shown);
}

/* A page that failed, with its last tries. */
static void put_story(FILE *out, const struct figures_page *page)
{
	putc('{', out);
	put_members(out, of_page, COUNT_OF(of_page), page);
	fprintf(out, ",\"tries_all\":%llu,\"tries\":[", (unsigned long long)page->tries_all);
	for (size_t i = 0; i < page->try_count; i++) {
		if (i > 0)
			putc(',', out);
		PUT_OBJECT(out, of_try, &page->tries[i]);
	}
	fputs("]}", out);
}

static void put_cause(FILE *out, const struct figures_cause *cause)
{
	putc('{', out);
	put_members(out, of_cause, COUNT_OF(of_cause), cause);
	fputs(",\"hosts\":[", out);
	for (size_t i = 0; i < FIGURES_CAUSE_HOSTS_MAX && cause->hosts[i]; i++) {
		if (i > 0)
			putc(',', out);
		put(out, string(cause->hosts[i]));
	}
	putc(']', out);
	fputs(",\n  \"pages\":[", out);
	for (size_t i = 0; i < cause->page_count; i++) {
		fputs(i > 0 ? ",\n   " : "\n   ", out);
		put_story(out, &cause->pages[i]);
	}
	fputs("]}", out);
}

static void put_causes(FILE *out, const struct figures *figures)
{
	size_t room = CAUSES_BYTES, shown = 0;

	begin_list(out, "causes");
	for (; shown < figures->cause_count; shown++) {
		struct element element;

		element_begin(&element);
		put_cause(element.out, &figures->causes[shown]);
		element_end(&element);
		if (!put_element(out, &element, shown, &room))
			break;
	}
	fprintf(out, "],\n\"causes_left_out\":%zu", figures->cause_count - shown);
}

static void put_hosts(FILE *out, const struct figures *figures)
{
	fprintf(out, ",\n\"hosts_all\":%zu", figures->hosts_all);
	begin_list(out, "hosts");
	for (size_t i = 0; i < figures->host_count; i++) {
		const struct figures_host *host = &figures->hosts[i];

		begin_element(out, i);
		putc('{', out);
		put_members(out, of_host, COUNT_OF(of_host), host);
		fputs(",\"strip\":[", out);
		for (size_t step = 0; step < STORE_STRIP_STEPS; step++)
			fprintf(out, "%s%u", step > 0 ? "," : "", host->strip[step]);
		fputs("]}", out);
	}
	putc(']', out);
}

/* Bucket b is of what lies between 2^(b/2) and the next; those without a page are left out. */
static void put_histogram(FILE *out, const char *name, const uint64_t buckets[FIGURES_BUCKETS_MAX])
{
	size_t shown = 0;

	begin_list(out, name);
	for (int i = 0; i < FIGURES_BUCKETS_MAX; i++) {
		if (buckets[i] == 0)
			continue;
		begin_element(out, shown++);
		fprintf(out, "{\"bucket\":%d,\"from\":%.0f,\"pages\":%llu}", i, ceil(exp2(i / 2.0)),
			(unsigned long long)buckets[i]);
	}
	putc(']', out);
}

/* ---- all ---- */

static const char *state_name(enum figures_state state)
{
	static const char *const names[] = {
		[FIGURES_RUNNING] = "running", [FIGURES_FINISHED] = "finished",
		[FIGURES_STOPPED] = "stopped", [FIGURES_KILLED] = "killed",
		[FIGURES_NO_RUN] = "none",
	};

	return names[state];
}

/* What is not known is not 0. */
static void put_run(FILE *out, const struct figures_run *run)
{
	struct figures_run shown = *run;

	if (!run->has_totals) {
		shown.done = shown.failed = shown.skipped = shown.unchanged = UINT64_MAX;
		shown.bytes = shown.wire_bytes = UINT64_MAX;
	}
	PUT_OBJECT(out, of_run, &shown);
}

static void put_runs(FILE *out, const struct figures *figures)
{
	begin_list(out, "runs");
	for (size_t i = 0; i < figures->run_count; i++) {
		begin_element(out, i);
		put_run(out, &figures->runs[i]);
	}
	putc(']', out);
}

static void put_head(FILE *out, const struct figures *figures)
{
	fputs("{\"database\":", out);
	put(out, string(figures->name));
	fputs(",\"notice\":", out);
	put(out, string(figures->notice));
	fprintf(out, ",\"state\":\"%s\",\n\"run\":", state_name(figures->state));
	if (figures->state == FIGURES_NO_RUN)
		fputs("null", out);
	else
		put_run(out, &figures->run);
	fputs(",\n\"before\":", out);
	if (figures->before)
		put_run(out, figures->before);
	else
		fputs("null", out);
	fputs(",\n\"command_line\":", out);
	put(out, string(figures->command_line));
	fputs(",\"versions\":", out);
	put(out, string(figures->versions));
	fputs(",\n", out);
	put_members(out, of_database, COUNT_OF(of_database), figures);
	put_runs(out, figures);
}

void figures_json(FILE *out, const struct figures *figures)
{
	put_head(out, figures);
	put_patterns(out, figures);
	put_causes(out, figures);
	PUT_LIST(out, "reject_lines", of_reject, figures->reject_lines, figures->rejects_shown);
	PUT_LIST(out, "samples", of_sample, figures->samples, figures->sample_count);
	fprintf(out, ",\n\"events_all\":%zu", figures->events_all);
	PUT_LIST(out, "events", of_event, figures->events, figures->event_count);
	put_hosts(out, figures);
	put_histogram(out, "times_us", figures->times);
	put_histogram(out, "sizes", figures->sizes);
	PUT_LIST(out, "slowest", of_page, figures->slowest, figures->slowest_count);
	PUT_LIST(out, "largest", of_page, figures->largest, figures->largest_count);
	PUT_LIST(out, "statuses", of_count, figures->statuses.values, figures->statuses.count);
	PUT_LIST(out, "types", of_count, figures->types.values, figures->types.count);
	PUT_LIST(out, "charsets", of_count, figures->charsets.values, figures->charsets.count);
	PUT_LIST(out, "charset_sources", of_count, figures->charset_sources.values,
		 figures->charset_sources.count);
	fputs("}\n", out);
}
