#include "commands/commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/records.h"
#include "commands/report.h"
#include "commands/rows_out.h"
#include "commands/store_says.h"
#include "control/socket.h"
#include "show/log.h"

/* ---- the last run ---- */

/* "run", "started_at", "ended_at", "state" (how it ended, or nothing), "pid", "command_line" */
struct last_run {
	struct report *report;
	bool is_answering; /* it runs, and has told how it stands */
};

static bool is_alive(int64_t pid)
{
	return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* A run that has not said how it ended runs, or was killed. */
static int show_run(void *context, const struct store_answer *row)
{
	enum { STATE = 3, PID = 4, COUNT = 6 };
	struct last_run *last = context;
	struct record record = record_begin(row), shown = record;
	struct datum values[COUNT];
	const char *now;

	if (record.values && record.values[STATE].kind == DATUM_NULL) {
		now = last->is_answering                   ? "running"
		      : is_alive(row->values[PID].integer) ? "running, does not answer"
							   : "killed";
		memcpy(values, record.values, sizeof(values));
		values[STATE] = (struct datum){ .kind = DATUM_TEXT, .text = slice_of(now) };
		shown.values = values;
	}
	report_facts(last->report, "run", &shown);
	record_end(&record);
	return -1;
}

/* ---- what a running crawl says of itself ---- */

#define FACTS_MAX 32

/* Lines of key=value, behind the line "ok", as a row. */
static size_t read_facts(char *answer, const char *columns[FACTS_MAX],
			 struct datum values[FACTS_MAX])
{
	char *rest = answer, *line = strsep(&rest, "\n");
	size_t count = 0;

	while ((line = strsep(&rest, "\n")) && count < FACTS_MAX) {
		char *equals = strchr(line, '=');
		struct datum *value = &values[count];

		if (!equals)
			continue;
		*equals = '\0';
		columns[count++] = line;
		if (strchr(equals + 1, '.'))
			*value = (struct datum){ .kind = DATUM_REAL,
						 .real = strtod(equals + 1, NULL) };
		else
			*value = (struct datum){ .kind = DATUM_INTEGER,
						 .integer = strtoll(equals + 1, NULL, 10) };
	}
	return count;
}

static void show_now(struct report *report, char *answer)
{
	const char *columns[FACTS_MAX];
	struct datum values[FACTS_MAX];
	struct record row = { .columns = columns };

	if (answer) {
		row.column_count = read_facts(answer, columns, values);
		row.values = row.column_count > 0 ? values : NULL;
	}
	report_facts(report, "now", &row);
}

/* ---- the command ---- */

static int status(struct store *store, const struct options *options)
{
	char answer[CONTROL_ANSWER_MAX], error[CONTROL_ERROR_MAX];
	struct report report = report_begin(stdout, store, options->is_json);
	struct last_run last = { .report = &report };

	last.is_answering = control_ask(options->database, "status", answer, error) > 0 &&
			    strncmp(answer, "ok\n", 3) == 0;
	if (store_report(store, STORE_REPORT_RUN, NULL, show_run, &last) < 0)
		report.has_failed = true;
	show_now(&report, last.is_answering ? answer : NULL);
	report_rows(&report, "urls", STORE_REPORT_URLS);
	report_rows(&report, "patterns", STORE_REPORT_PATTERNS);
	report_rows(&report, "hosts", STORE_REPORT_HOSTS);
	report_rows(&report, "waiting", STORE_REPORT_WAITING);
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
