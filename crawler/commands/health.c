#include "commands/commands.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "report/records.h"
#include "commands/rows_out.h"
#include "commands/store_says.h"
#include "parsers/text/memory.h"
#include "parsers/text/suggest.h"
#include "report/health.h"
#include "show/log.h"
#include "show/output.h"

/* Everything that the command holds.  Acquired in this order, released in the reverse. */
struct looking {
	const struct options *options;
	struct config *config;
	struct store *store;
	struct health health;
	struct output *output;
	const struct health_share *pattern; /* whose pages are written */
};

static bool is_asked_for(const struct looking *looking, const struct health_share *share)
{
	const struct options *options = looking->options;

	return options->argument_count == 0 ||
	       strcasecmp(share->pattern, options->arguments[0]) == 0;
}

/* Is there such a pattern?  Says so if not. */
static bool knows_pattern(const struct looking *looking)
{
	const struct options *options = looking->options;
	const struct health *health = &looking->health;
	const char **names = memory_new(health->count, sizeof(*names));
	bool is_known = options->argument_count == 0;
	const char *near;

	for (size_t i = 0; i < health->count; i++) {
		names[i] = health->shares[i].pattern;
		is_known = is_known || is_asked_for(looking, &health->shares[i]);
	}
	near = is_known ? NULL : suggest(slice_of(options->arguments[0]), names, health->count);
	if (!is_known)
		log_error("the last run has no figures of a pattern %s%s%s", options->arguments[0],
			  near ? ": did you mean " : "", near ? near : "");
	free(names);
	return is_known;
}

/* ---- what is written ---- */

static struct datum text(const char *string)
{
	if (!string)
		return (struct datum){ .kind = DATUM_NULL };
	return (struct datum){ .kind = DATUM_TEXT, .text = slice_of(string) };
}

static struct datum number(uint64_t count)
{
	return (struct datum){ .kind = DATUM_INTEGER, .integer = (int64_t)count };
}

/* A tenth of a point is enough; of nothing there is no share. */
static struct datum percent(const struct drift_share *share)
{
	if (share->of == 0)
		return (struct datum){ .kind = DATUM_NULL };
	return (struct datum){ .kind = DATUM_REAL, .real = round(1000 * drift_part(share)) / 10 };
}

static const char *verdict_of(const struct health_share *share)
{
	if (share->verdict == DRIFT_WORSE)
		return "worse";
	if (share->verdict == DRIFT_NONE)
		return "as before";
	return share->run_count == 0 ? "nothing to compare" : "too few pages";
}

static void write_share(struct output *output, const struct health_share *share)
{
	static const char *const columns[] = { "pattern", "field",   "pages",  "percent",
					       "before",  "in_runs", "verdict" };
	struct drift_share before = drift_sum(share->before, share->run_count);
	struct datum values[] = {
		text(share->pattern),    text(share->field), number(share->now.pages),
		percent(&share->now),    percent(&before),   number(share->run_count),
		text(verdict_of(share)),
	};

	output_row(output, &(struct record){ sizeof(values) / sizeof(values[0]), columns, values });
}

/* url, stale */
static int write_page(void *context, const struct store_answer *row)
{
	static const char *const columns[] = { "pattern", "page_url", "stale" };
	struct looking *looking = context;
	struct datum values[3];

	if (!row->values)
		return 0;
	values[0] = text(looking->pattern->pattern);
	values[1] = record_datum(&row->values[0]);
	values[2] = record_datum(&row->values[1]);
	return output_row(looking->output, &(struct record){ 3, columns, values });
}

static int write_all(struct looking *looking)
{
	for (size_t i = 0; i < looking->health.count; i++) {
		const struct health_share *share = &looking->health.shares[i];

		if (!is_asked_for(looking, share) || !share->is_now)
			continue;
		looking->pattern = share;
		if (!looking->options->is_unmatched)
			write_share(looking->output, share);
		else if (!share->field &&
			 health_each_page(looking->store, share, write_page, looking) < 0 &&
			 store_has_failed(looking->store))
			return -1;
	}
	return 0;
}

/* ---- the command ---- */

static int fail(const struct looking *looking)
{
	store_says(store_error(looking->store));
	return EXIT_CANNOT_GO_ON;
}

static int look(struct looking *looking)
{
	const struct options *options = looking->options;

	if (health_read(&looking->health, looking->store, 0, looking->config) < 0)
		return fail(looking);
	if (!knows_pattern(looking))
		return EXIT_WRONG_USAGE;
	looking->output = output_new(
		stdout,
		options->is_json ? OUTPUT_JSON : output_format_find(options->format, OUTPUT_TABLE));
	if (write_all(looking) < 0)
		return fail(looking);
	output_end(looking->output); /* main() says whether it was written */
	looking->output = NULL;
	if (looking->health.count == 0)
		log_say("the last run had no pattern that was for any page");
	if (!options->is_unmatched)
		health_say(&looking->health, looking->store, looking->config->settings.keep_pages);
	return looking->config->settings.fail_on_drift && health_count_worse(&looking->health) > 0
		       ? EXIT_DRIFTED
		       : EXIT_ALL_DONE;
}

int command_health(const struct options *options)
{
	struct looking looking = { .options = options };
	int code = EXIT_WRONG_USAGE;

	looking.config = command_config(options, options->configs, options->config_count);
	if (looking.config) {
		looking.store = rows_out_open(options);
		code = looking.store ? look(&looking) : EXIT_CANNOT_GO_ON;
	}
	output_drop(looking.output);
	health_free(&looking.health);
	store_close(looking.store);
	config_free(looking.config);
	return code;
}
