#include "store/store.h"

#include <stdlib.h>

#define PATIENCE_MS 600000

int store_patience_ms(void)
{
	const char *said = getenv("CRAWL_PATIENCE_MS");
	long ms = said ? strtol(said, NULL, 10) : 0;

	return ms > 0 && ms < PATIENCE_MS ? (int)ms : PATIENCE_MS;
}
