#include "commands/waits.h"

#include <stdio.h>

struct waits {
	char *out;
	unsigned count;
};

/* host, until, why */
static int on_wait(void *context, const struct store_answer *row)
{
	struct waits *waits = context;
	struct slice host, until, why;

	if (!row->values)
		return 0;
	if (++waits->count > 1) {
		size_t size = strlen(waits->out);

		snprintf(waits->out + size, WAITS_MAX - size, ", and others");
		return -1;
	}
	host = row->values[0].text;
	until = row->values[1].text;
	why = row->values[2].text;
	snprintf(waits->out, WAITS_MAX, "%.*s until %.*s (%.*s)", (int)host.size, host.at,
		 (int)until.size, until.at, (int)why.size, why.size ? why.at : "");
	return 0;
}

const char *waits_describe(struct store *store, char out[WAITS_MAX])
{
	struct waits waits = { .out = out };

	if (store_report(store, STORE_REPORT_WAITING, NULL, on_wait, &waits) < 0 ||
	    waits.count == 0)
		return NULL;
	return out;
}
