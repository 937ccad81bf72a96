#include "commands/reparse_report.h"

#include <stdio.h>
#include <stdlib.h>

#include "commands/row_changes.h"
#include "parsers/text/memory.h"
#include "show/output.h"

struct entry {
	struct row_set before;
	struct row_changes changes;
	uint64_t rows; /* that there are now */
	uint64_t pages;
};

struct reparse_report {
	const struct reparse_plan *plan;
	struct entry *entries; /* by pattern */
};

static const struct config_pattern *pattern_at(const struct reparse_report *report, size_t at)
{
	return &report->plan->config->patterns[at];
}

struct reparse_report *reparse_report_begin(const struct reparse_plan *plan, struct store *store)
{
	struct reparse_report *report = memory_new(1, sizeof(*report));
	size_t count = plan->config->pattern_count;

	report->plan = plan;
	report->entries = memory_new(count, sizeof(*report->entries));
	for (size_t i = 0; i < count; i++) {
		if (!reparse_plan_runs(plan, i) ||
		    row_set_read(&report->entries[i].before, store, pattern_at(report, i)) == 0)
			continue;
		reparse_report_free(report);
		return NULL;
	}
	return report;
}

void reparse_report_free(struct reparse_report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->plan->config->pattern_count; i++)
		row_set_free(&report->entries[i].before);
	free(report->entries);
	free(report);
}

void reparse_report_page(struct reparse_report *report, size_t pattern)
{
	report->entries[pattern].pages++;
}

int reparse_report_end(struct reparse_report *report, struct store *store)
{
	for (size_t i = 0; i < report->plan->config->pattern_count; i++) {
		struct entry *entry = &report->entries[i];
		struct row_set after = { .rows = NULL };

		if (!reparse_plan_runs(report->plan, i))
			continue;
		if (row_set_read(&after, store, pattern_at(report, i)) < 0)
			return -1;
		entry->rows = after.count;
		entry->changes = row_changes_between(&entry->before, &after);
		row_set_free(&after);
	}
	return 0;
}

static struct datum number(uint64_t value)
{
	return (struct datum){ .kind = DATUM_INTEGER, .integer = (int64_t)value };
}

static void show_entry(struct output *output, const char *name, const struct entry *entry)
{
	static const char *const headings[] = { "pattern", "pages",   "rows",
						"added",   "removed", "changed" };
	struct datum values[] = {
		{ .kind = DATUM_TEXT, .text = slice_of(name) },
		number(entry->pages),
		number(entry->rows),
		number(entry->changes.added),
		number(entry->changes.removed),
		number(entry->changes.changed),
	};

	output_row(output,
		   &(struct record){ sizeof(values) / sizeof(values[0]), headings, values });
}

void reparse_report_show(const struct reparse_report *report, bool is_json)
{
	struct output *output = output_new(stdout, is_json ? OUTPUT_JSON : OUTPUT_TABLE);

	for (size_t i = 0; i < report->plan->config->pattern_count; i++)
		if (reparse_plan_runs(report->plan, i))
			show_entry(output, pattern_at(report, i)->spec->name, &report->entries[i]);
	output_end(output);
	fflush(stdout); /* what is said of them stands below; main() says whether it was written */
}
