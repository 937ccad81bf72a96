#ifndef ROW_H
#define ROW_H

#include "parsers/pattern/run.h"

/* row: from a record to the values of its fields, or to none. */

/* What rows of another page, or of another record, carried is forgotten. */
void row_forget(struct pattern *pattern);

/* Fill the pattern's values.  MADE, NONE (a page that is no record), DROPPED or LIMITED. */
enum outcome row_make(struct run *run, const struct found *record);

#endif
