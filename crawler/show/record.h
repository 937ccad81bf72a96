#ifndef RECORD_H
#define RECORD_H

#include "parsers/text/slice.h"
#include <stdint.h>

/* record: a row that is shown, wherever it comes from. */
enum datum_kind { DATUM_NULL, DATUM_INTEGER, DATUM_REAL, DATUM_TEXT, DATUM_JSON, DATUM_BLOB };

struct datum {
	enum datum_kind kind;
	int64_t integer;
	double real;
	struct slice text; /* TEXT: UTF-8, or nearly; JSON: valid; BLOB: any bytes.  Whose they are,
			      the maker says */
};

struct record {
	size_t column_count;
	const char *const *columns;
	const struct datum
		*values; /* column_count of them; or NULL: there is no row, only a header */
};

#endif
