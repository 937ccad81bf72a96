#include "report/health.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "parsers/text/memory.h"
#include "report/findings_read.h"
#include "show/human.h"
#include "show/log.h"
#include "show/paragraph.h"

/* ---- reading ---- */

static char *text_of(const struct store_value *value)
{
	return value->kind == STORE_NULL ? NULL : memory_text(value->text.at, value->text.size);
}

static bool is_of(const struct health_share *share, const struct store_value *pattern,
		  const struct store_value *field)
{
	bool has_field = field->kind != STORE_NULL;

	return slice_equal(slice_of(share->pattern), pattern->text) &&
	       has_field == (share->field != NULL) &&
	       (!has_field || slice_equal(slice_of(share->field), field->text));
}

/* Rows of one share follow each other. */
static struct health_share *share_of(struct health *health, const struct store_value *pattern,
				     const struct store_value *field)
{
	struct health_share *last = health->shares + health->count;

	if (health->count > 0 && is_of(last - 1, pattern, field))
		return last - 1;
	health->shares = memory_resize(health->shares, (health->count + 1) * sizeof(*last));
	last = &health->shares[health->count++];
	*last = (struct health_share){ .pattern = text_of(pattern), .field = text_of(field) };
	return last;
}

/* pattern, field, is_now, pages, good, of */
static int on_share(void *context, const struct store_answer *row)
{
	struct health_share *share;
	struct drift_share figures;

	if (!row->values)
		return 0;
	share = share_of(context, &row->values[0], &row->values[1]);
	figures = (struct drift_share){ .pages = (uint64_t)row->values[3].integer,
					.good = (uint64_t)row->values[4].integer,
					.of = (uint64_t)row->values[5].integer };
	if (row->values[2].integer) {
		share->now = figures;
		share->is_now = true;
	} else if (share->run_count < DRIFT_RUNS_MAX) {
		share->before[share->run_count++] = figures;
	}
	return 0;
}

static double points_of(const struct config *config, const char *pattern)
{
	for (size_t i = 0; config && i < config->pattern_count; i++)
		if (strcasecmp(config->patterns[i].spec->name, pattern) == 0)
			return config->patterns[i].health_drop;
	return CONFIG_HEALTH_DROP;
}

int health_read(struct health *health, struct store *store, int64_t run,
		const struct config *config)
{
	struct store_about about = { .to_run = run };

	*health = (struct health){ .count = 0 };
	if (store_report(store, STORE_REPORT_HEALTH, &about, on_share, health) < 0)
		return -1;
	for (size_t i = 0; i < health->count; i++) {
		struct health_share *share = &health->shares[i];

		share->points = points_of(config, share->pattern);
		share->verdict = drift_judge(&share->now, share->before, share->run_count,
					     share->points);
	}
	return 0;
}

void health_free(struct health *health)
{
	for (size_t i = 0; i < health->count; i++) {
		free(health->shares[i].pattern);
		free(health->shares[i].field);
	}
	free(health->shares);
	*health = (struct health){ .count = 0 };
}

size_t health_count_worse(const struct health *health)
{
	size_t count = 0;

	for (size_t i = 0; i < health->count; i++)
		count += health->shares[i].verdict == DRIFT_WORSE;
	return count;
}

/* ---- saying ---- */

int health_each_page(struct store *store, const struct health_share *share,
		     int (*function)(void *context, const struct store_answer *row), void *context)
{
	struct store_about about = { .text = slice_of(share->pattern) };

	if (share->field)
		about.field = slice_of(share->field);
	return store_report(store, share->field ? STORE_REPORT_UNFILLED : STORE_REPORT_UNMATCHED,
			    &about, function, context);
}

/* url */
static int on_page(void *context, const struct store_answer *row)
{
	int *count = context;

	if (!row->values)
		return 0;
	log_say("    %.*s", (int)row->values[0].text.size, row->values[0].text.at);
	return ++*count == HEALTH_URLS_MAX ? -1 : 0;
}

/* The finding of a share, if there is one, is said. */
struct saying {
	const struct health_share *share;
	bool is_said;
};

static int on_finding(void *context, const struct findings_row *row)
{
	struct saying *saying = context;
	const char *field = saying->share->field;

	if (!slice_equal(slice_of(saying->share->pattern), row->pattern) ||
	    (field != NULL) != (row->field.at != NULL) ||
	    (field && !slice_equal(slice_of(field), row->field)))
		return 0;
	findings_say(&row->finding);
	saying->is_said = true;
	return -1;
}

static void say_why(struct store *store, const struct health_share *share, bool keeps_pages)
{
	struct saying saying = { .share = share };

	findings_each(store, 0, on_finding, &saying);
	if (!saying.is_said && !keeps_pages)
		log_say("    with keep_pages a run says what stands there instead");
}

/* "books.price is filled in 55.0 % of 180 rows, it was 99.4 % of 540 in 3 runs" */
static void say_share(struct store *store, const struct health_share *share, bool keeps_pages)
{
	struct drift_share before = drift_sum(share->before, share->run_count);
	const char *unit = share->field ? "row" : "page";
	struct paragraph line = { .size = 0 };
	int count = 0;

	paragraph_add(&line, "", "  worse: %s%s%s %s", share->pattern, share->field ? "." : "",
		      share->field ? share->field : "", share->field ? "is filled in" : "matches");
	paragraph_add(&line, " ", "%.1f %% of %s", 100 * drift_part(&share->now),
		      COUNTED(share->now.of, unit));
	paragraph_add(&line, ", ", "it was %.1f %% of %s", 100 * drift_part(&before),
		      COUNTED(before.of, unit));
	paragraph_add(&line, " ", "in %s", COUNTED(share->run_count, "run"));
	paragraph_say(&line);
	say_why(store, share, keeps_pages);
	health_each_page(store, share, on_page, &count);
}

void health_say(const struct health *health, struct store *store, bool keeps_pages)
{
	size_t worse = health_count_worse(health), i = 0;

	if (worse == 0)
		return;
	while (health->shares[i].verdict != DRIFT_WORSE)
		i++;
	say_share(store, &health->shares[i], keeps_pages);
	if (worse > 1)
		log_say("  and %zu more (crawl health)", worse - 1);
}
