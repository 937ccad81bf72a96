#include "commands/commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/nodes.h"
#include "commands/report.h"
#include "commands/rows_out.h"
#include "commands/store_says.h"
#include "control/client.h"
#include "report/records.h"
#include "show/human.h"
#include "show/log.h"

/* ---- what a running crawl says of itself ---- */

#define FACTS_MAX      32
#define FACT_BYTES_MAX 80

/* Lines of name and value.  Values of others' texts point there. */
struct facts {
	size_t count;
	const char *names[FACTS_MAX];
	struct datum values[FACTS_MAX];
	char texts[FACTS_MAX][FACT_BYTES_MAX]; /* of values that were made here */
};

static void add(struct facts *facts, const char *name, struct datum value)
{
	if (facts->count == FACTS_MAX)
		return;
	facts->names[facts->count] = name;
	facts->values[facts->count++] = value;
}

static void add_text(struct facts *facts, const char *name, const char *text)
{
	char *copy = facts->texts[facts->count % FACTS_MAX];

	snprintf(copy, FACT_BYTES_MAX, "%s", text);
	add(facts, name, (struct datum){ .kind = DATUM_TEXT, .text = slice_of(copy) });
}

/* Lines of key=value, behind the line "ok". */
static void read_facts(char *answer, struct facts *facts)
{
	char *rest = answer, *line;

	strsep(&rest, "\n");
	while ((line = strsep(&rest, "\n"))) {
		char *equals = strchr(line, '=');
		struct datum value = { .kind = DATUM_INTEGER };

		if (!equals)
			continue;
		*equals = '\0';
		if (strchr(equals + 1, '.'))
			value = (struct datum){ .kind = DATUM_REAL,
						.real = strtod(equals + 1, NULL) };
		else
			value.integer = strtoll(equals + 1, NULL, 10);
		add(facts, line, value);
	}
}

static struct record record_of(const struct facts *facts)
{
	return (struct record){
		.column_count = facts->count,
		.columns = facts->names,
		.values = facts->count > 0 ? facts->values : NULL,
	};
}

/* ---- the same for people ---- */

enum unit {
	UNIT_URLS,
	UNIT_REQUESTS,
	UNIT_HOSTS,
	UNIT_ROWS,
	UNIT_NODES,
	UNIT_RATE,
	UNIT_TIME,
	UNIT_LEAST,
	UNIT_YES
};

static const char *unit_noun(enum unit unit)
{
	static const char *const nouns[] = {
		[UNIT_URLS] = "URL", [UNIT_REQUESTS] = "request", [UNIT_HOSTS] = "host",
		[UNIT_ROWS] = "row", [UNIT_NODES] = "node",
	};

	return nouns[unit];
}

/* A value in words, or "": it is not worth a line. */
static void say_value(enum unit unit, const struct datum *value, char out[HUMAN_DURATION_MAX])
{
	out[0] = '\0';
	if (unit == UNIT_RATE)
		snprintf(out, HUMAN_DURATION_MAX, "%.1f pages/s", value->real);
	else if (unit == UNIT_TIME)
		human_duration(value->integer, out);
	else if (unit == UNIT_LEAST && value->integer >= 1000)
		human_wait(value->integer, out);
	else if (unit == UNIT_YES && value->integer)
		strcpy(out, "yes");
	else if (unit <= UNIT_NODES)
		strcpy(out, COUNTED(value->integer, unit_noun(unit)));
}

/* What a run says of itself, with units; its pid is the database's, too. */
static void add_now(struct facts *facts, const struct facts *now)
{
	static const struct {
		const char *key, *name;
		enum unit unit;
	} shown[] = {
		{ "paused", "paused", UNIT_YES },       { "stopping", "stopping", UNIT_YES },
		{ "elapsed_ms", "elapsed", UNIT_TIME }, { "least_ms", "at_least", UNIT_LEAST },
		{ "done", "done", UNIT_URLS },          { "failed", "failed", UNIT_URLS },
		{ "pending", "pending", UNIT_URLS },    { "in_flight", "in_flight", UNIT_REQUESTS },
		{ "nodes", "nodes", UNIT_NODES },       { "hosts", "hosts", UNIT_HOSTS },
		{ "rows", "rows", UNIT_ROWS },          { "pages_per_s", "rate", UNIT_RATE },
	};

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		for (size_t j = 0; j < now->count; j++) {
			char text[HUMAN_DURATION_MAX];

			if (strcmp(now->names[j], shown[i].key) != 0)
				continue;
			say_value(shown[i].unit, &now->values[j], text);
			if (text[0])
				add_text(facts, shown[i].name, text);
		}
	}
}

/* ---- the last run ---- */

/* "run", "started_at", "ended_at", "state" (how it ended, or nothing), "pid", "command_line" */
enum { STATE = 3, PID = 4, RUN_COLUMNS = 6 };

struct last_run {
	struct report *report;
	const struct facts *now; /* what it says; nothing: it does not run, or does not answer */
	int64_t pages, rows;     /* of one that has ended, or -1 */
	bool is_of_many;         /* its pid is one of another machine's */
};

static bool is_alive(int64_t pid)
{
	return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* A run that has not said how it ended runs, or was killed. */
static const char *state_now(const struct last_run *last, const struct store_answer *row)
{
	return last->now->count > 0                 ? "running"
	       : last->is_of_many                   ? "nobody is at it"
	       : is_alive(row->values[PID].integer) ? "running, does not answer"
						    : "killed";
}

static void show_to_people(const struct last_run *last, const struct record *run)
{
	struct facts facts = { .count = 0 };
	bool is_running = strncmp(run->values[STATE].text.at, "running", 7) == 0;
	struct record shown;

	for (size_t i = 0; i < run->column_count; i++) {
		if (i != PID ||
		    (is_running && !last->is_of_many)) /* another process may have the number now */
			add(&facts, run->columns[i], run->values[i]);
	}
	if (last->now->count == 0 && last->pages >= 0) {
		add_text(&facts, "pages", COUNTED(last->pages, "page"));
		add_text(&facts, "rows", COUNTED(last->rows, "row"));
	}
	add_now(&facts, last->now);
	shown = record_of(&facts);
	report_facts(last->report, "run", &shown);
}

static int show_run(void *context, const struct store_answer *row)
{
	struct last_run *last = context;
	struct record record = record_begin(row), shown = record;
	struct datum values[RUN_COLUMNS];

	if (record.values && record.values[STATE].kind == DATUM_NULL) {
		memcpy(values, record.values, sizeof(values));
		values[STATE] = (struct datum){ .kind = DATUM_TEXT,
						.text = slice_of(state_now(last, row)) };
		shown.values = values;
	}
	if (record.values && !last->report->is_json)
		show_to_people(last, &shown);
	else
		report_facts(last->report, "run", &shown);
	record_end(&record);
	return -1;
}

static int64_t number_of(const struct store_answer *row, const char *column)
{
	for (size_t i = 0; i < row->column_count; i++) {
		if (strcmp(row->columns[i], column) == 0 && row->values[i].kind == STORE_INTEGER)
			return row->values[i].integer;
	}
	return -1;
}

/* A row of "runs": the last one counts. */
static int on_figures(void *context, const struct store_answer *row)
{
	struct last_run *last = context;

	if (!row->values)
		return 0;
	last->pages = number_of(row, "pages");
	last->rows = number_of(row, "rows");
	return 0;
}

/* ---- several machines ---- */

static void add_number(struct facts *facts, const char *name, int64_t number)
{
	add(facts, name, (struct datum){ .kind = DATUM_INTEGER, .integer = number });
}

/* What a crawl says by its socket, of all that crawl into one database; nothing, if nobody does. */
static int ask_nodes(struct store *store, struct facts *now)
{
	struct store_totals totals;
	struct nodes nodes;

	if (nodes_count(store, &nodes) < 0)
		return -1;
	if (nodes.count == nodes.late) /* who has died has not said so */
		return 0;
	if (store_get_totals(store, &totals) < 0)
		return -1;
	add_number(now, "paused", store_is_paused(store));
	add_number(now, "nodes", nodes.count - nodes.late);
	add_number(now, "done", (int64_t)totals.done);
	add_number(now, "failed", (int64_t)totals.failed);
	add_number(now, "pending", (int64_t)totals.pending);
	add_number(now, "in_flight", nodes.in_flight);
	add_number(now, "rows", (int64_t)totals.rows);
	add(now, "pages_per_s", (struct datum){ .kind = DATUM_REAL, .real = nodes.pages_per_s });
	return 0;
}

/* ---- the command ---- */

static int status(struct store *store, const struct options *options)
{
	char answer[CONTROL_ANSWER_MAX], error[CONTROL_ERROR_MAX];
	struct report report = report_begin(stdout, store, options->is_json);
	struct facts now = { .count = 0 };
	struct last_run last = { .report = &report,
				 .now = &now,
				 .pages = -1,
				 .is_of_many = !store_is_file(options->database) };
	bool is_file = store_is_file(options->database);
	struct record said;

	if (!is_file && ask_nodes(store, &now) < 0)
		report.has_failed = true;
	if (is_file && control_ask(options->database, "status", answer, error) > 0 &&
	    strncmp(answer, "ok\n", 3) == 0)
		read_facts(answer, &now);
	if (store_query_table(store, "runs", on_figures, &last) < 0 ||
	    store_report(store, STORE_REPORT_RUN, NULL, show_run, &last) < 0)
		report.has_failed = true;
	said = record_of(&now);
	if (report.is_json)
		report_facts(&report, "now", &said);
	if (!is_file)
		nodes_show(&report);
	report_rows(&report, "urls", STORE_REPORT_URLS);
	report_rows(&report, "patterns", STORE_REPORT_PATTERNS);
	report_rows(&report, "hosts", STORE_REPORT_HOSTS);
	report_rows(&report, "waiting", STORE_REPORT_WAITING);
	report_rows(&report, "proxies", STORE_REPORT_PROXIES);
	if (report_end(&report) == 0)
		return EXIT_ALL_DONE;
	store_says(store_error(store));
	return EXIT_CANNOT_GO_ON;
}

int command_status(const struct options *options)
{
	struct store *store = rows_out_open(options);
	int code;

	if (!store)
		return EXIT_CANNOT_GO_ON;
	code = status(store, options);
	store_close(store);
	return code;
}
