#include "commands/report.h"

#include <inttypes.h>
#include <stdlib.h>

#include "report/records.h"
#include "show/output.h"
#include "show/table.h"

#define NAME_COLUMNS 15

struct report report_begin(FILE *out, struct store *store, bool is_json)
{
	if (is_json)
		putc('{', out);
	return (struct report){ .out = out, .store = store, .is_json = is_json };
}

/* What comes before a section: its name, or an empty line. */
static void begin_section(struct report *report, const char *name)
{
	if (report->is_json)
		fprintf(report->out, "%s\"%s\":", report->sections > 0 ? "," : "", name);
	else if (report->sections > 0)
		putc('\n', report->out);
	report->sections++;
}

/* ---- one row ---- */

static void show_value(FILE *out, const char *name, const struct datum *value)
{
	char *text;

	fprintf(out, "%-*s ", NAME_COLUMNS, name);
	if (value->kind == DATUM_INTEGER) {
		fprintf(out, "%" PRId64 "\n", value->integer);
	} else if (value->kind == DATUM_REAL) {
		fprintf(out, "%.1f\n", value->real);
	} else {
		text = table_printable(value->text);
		fprintf(out, "%s\n", text);
		free(text);
	}
}

/* What is not known is not shown. */
static void show_facts(FILE *out, const struct record *row)
{
	for (size_t i = 0; i < row->column_count; i++) {
		if (row->values[i].kind != DATUM_NULL)
			show_value(out, row->columns[i], &row->values[i]);
	}
}

void report_facts(struct report *report, const char *name, const struct record *row)
{
	if (report->is_json) {
		begin_section(report, name);
		if (row->values)
			output_object(report->out, row);
		else
			fputs("null", report->out);
		putc('\n', report->out);
	} else if (row->values) {
		begin_section(report, name);
		show_facts(report->out, row);
	}
}

/* A section that is being written. */
struct section {
	struct report *report;
	const char *name;
	struct output *output; /* of the rows, once there is one */
};

static int on_fact(void *context, const struct store_answer *row)
{
	struct section *section = context;
	struct record record = record_begin(row);

	report_facts(section->report, section->name, &record);
	record_end(&record);
	return -1; /* one is all there is */
}

void report_row(struct report *report, const char *name, enum store_report which)
{
	struct section section = { report, name, NULL };

	if (!report->has_failed &&
	    store_report(report->store, which, &report->about, on_fact, &section) < 0)
		report->has_failed = true;
}

/* ---- many ---- */

static int on_row(void *context, const struct store_answer *row)
{
	struct section *section = context;
	struct report *report = section->report;
	struct record record;
	int result;

	if (!row->values && !report->is_json)
		return 0;
	if (!section->output) {
		begin_section(report, section->name);
		section->output =
			output_new(report->out, report->is_json ? OUTPUT_JSON : OUTPUT_TABLE);
	}
	record = record_begin(row);
	result = output_row(section->output, &record);
	record_end(&record);
	return result;
}

void report_rows(struct report *report, const char *name, enum store_report which)
{
	struct section section = { report, name, NULL };

	if (report->has_failed)
		return;
	if (store_report(report->store, which, &report->about, on_row, &section) < 0)
		report->has_failed = true;
	if (report->has_failed)
		output_drop(section.output);
	else
		output_end(section.output); /* main() looks whether the stream took it */
}

int report_end(struct report *report)
{
	if (report->is_json && !report->has_failed)
		fputs("}\n", report->out);
	return report->has_failed ? -1 : 0;
}
