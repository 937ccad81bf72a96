#ifndef REPARSE_REPORT_H
#define REPARSE_REPORT_H

#include "commands/reparse_plan.h"

/* reparse_report: what became of the patterns that were run again. */
struct reparse_report;

/* Read the rows as they are, before tables change.  Returns NULL if the store failed. */
struct reparse_report *reparse_report_begin(const struct reparse_plan *plan, struct store *store);
void reparse_report_free(struct reparse_report *report);

/* A pattern was run on one more page. */
void reparse_report_page(struct reparse_report *report, size_t pattern);

/* Compare the rows with those of the beginning.  Returns 0, or -1: the store failed. */
int reparse_report_end(struct reparse_report *report, struct store *store);

/* A row for each pattern that was run, on standard output. */
void reparse_report_show(const struct reparse_report *report, bool is_json);

#endif
