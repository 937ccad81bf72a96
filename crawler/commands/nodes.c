#include "commands/nodes.h"

#include <string.h>
#include <time.h>

#include "report/records.h"
#include "show/human.h"
#include "show/output.h"

enum {
	NAME,
	PID,
	SINCE,
	SHARES,
	PAGES_PER_S,
	IN_FLIGHT,
	QUEUED,
	LATE_MS,
	STATE,
	LEASE_MS,
	TROUBLE,
	COLUMNS
};

static double real_of(const struct store_value *value)
{
	return value->kind == STORE_REAL ? value->real : (double)value->integer;
}

static int add(void *context, const struct store_answer *row)
{
	struct nodes *nodes = context;

	if (!row->values || row->column_count < COLUMNS)
		return 0;
	nodes->count++;
	if (row->values[LATE_MS].integer > 0) {
		nodes->late++;
		return 0;
	}
	nodes->troubled += row->values[TROUBLE].kind == STORE_TEXT;
	nodes->in_flight += row->values[IN_FLIGHT].integer;
	nodes->queued += row->values[QUEUED].integer;
	nodes->pages_per_s += real_of(&row->values[PAGES_PER_S]);
	return 0;
}

int nodes_count(struct store *store, struct nodes *nodes)
{
	*nodes = (struct nodes){ .count = 0 };
	return store_report(store, STORE_REPORT_NODES, NULL, add, nodes);
}

/* ---- for people ---- */

#define NAME_MAX_BYTES 24
#define SINCE_MAX      16

/* "2026-11-30T20:12:55.123Z" as a time of today ("20:12:55Z"), or a day. */
static void say_since(struct slice since, char out[SINCE_MAX])
{
	char today[16];
	time_t now = time(NULL);
	struct tm parts;

	strftime(today, sizeof(today), "%Y-%m-%d", gmtime_r(&now, &parts));
	if (since.size >= 19 && memcmp(since.at, today, 10) == 0)
		snprintf(out, SINCE_MAX, "%.8sZ", since.at + 11);
	else
		snprintf(out, SINCE_MAX, "%.*s", since.size < 10 ? (int)since.size : 10,
			 since.size > 0 ? since.at : "");
}

static struct datum text_of(const char *text)
{
	return (struct datum){ .kind = DATUM_TEXT, .text = slice_of(text) };
}

static void say_name(const struct store_value *values, char out[NAME_MAX_BYTES + 1])
{
	snprintf(out, NAME_MAX_BYTES + 1, "%.*s:%lld",
		 values[NAME].text.size < 16 ? (int)values[NAME].text.size : 16,
		 values[NAME].text.at, (long long)values[PID].integer);
}

static int show_node(void *context, const struct store_answer *row)
{
	static const char *const names[] = { "node",      "since",  "shares", "pages/s",
					     "in flight", "queued", "late by" };
	char name[NAME_MAX_BYTES + 1], since[SINCE_MAX], late[HUMAN_DURATION_MAX] = "-";
	const struct store_value *values = row->values;
	struct datum shown[sizeof(names) / sizeof(names[0])];

	if (!values || row->column_count < COLUMNS)
		return 0;
	say_name(values, name);
	say_since(values[SINCE].text, since);
	if (values[LATE_MS].integer > 0)
		human_duration(values[LATE_MS].integer, late);
	shown[0] = text_of(name);
	shown[1] = text_of(since);
	shown[2] = record_datum(&values[SHARES]);
	shown[3] = (struct datum){ .kind = DATUM_REAL, .real = real_of(&values[PAGES_PER_S]) };
	shown[4] = record_datum(&values[IN_FLIGHT]);
	shown[5] = record_datum(&values[QUEUED]);
	shown[6] = text_of(late);
	return output_row(context,
			  &(struct record){ .column_count = sizeof(names) / sizeof(names[0]),
					    .columns = names,
					    .values = shown });
}

/* Why it cannot write, of who can still say so: nothing of it is lost meanwhile. */
static int show_trouble(void *context, const struct store_answer *row)
{
	static const char *const names[] = { "node", "why it waits" };
	const struct store_value *values = row->values;
	char name[NAME_MAX_BYTES + 1];
	struct datum shown[2];

	if (!values || row->column_count < COLUMNS || values[TROUBLE].kind != STORE_TEXT ||
	    values[LATE_MS].integer > 0)
		return 0;
	say_name(values, name);
	shown[0] = text_of(name);
	shown[1] = record_datum(&values[TROUBLE]);
	return output_row(context,
			  &(struct record){ .column_count = 2, .columns = names, .values = shown });
}

static void show_to_people(struct report *report,
			   int (*show)(void *context, const struct store_answer *row))
{
	struct output *output = output_new(report->out, OUTPUT_TABLE);

	if (report->sections++ > 0)
		putc('\n', report->out);
	report->has_failed =
		store_report(report->store, STORE_REPORT_NODES, NULL, show, output) < 0;
	if (report->has_failed)
		output_drop(output);
	else
		output_end(output);
}

void nodes_show(struct report *report)
{
	struct nodes nodes;

	if (report->is_json) {
		report_rows(report, "nodes", STORE_REPORT_NODES);
		return;
	}
	if (report->has_failed)
		return;
	if (nodes_count(report->store, &nodes) < 0)
		report->has_failed = true;
	else if (nodes.count > 0)
		show_to_people(report, show_node);
	if (!report->has_failed && nodes.troubled > 0)
		show_to_people(report, show_trouble);
}
