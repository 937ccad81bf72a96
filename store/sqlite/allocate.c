#include "store/sqlite/internal.h"

#include "parsers/text/memory.h"

/*
 * SQLite's memory, but that it does not fail: out of memory ends the process, as everywhere.  What
 * SQLite makes of a failure is no text of SQL, and no text is executed as nothing at all, with
 * success.
 */
static sqlite3_mem_methods plain;

static void *must(void *memory)
{
	if (!memory)
		memory_fail();
	return memory;
}

static void *allocate(int bytes)
{
	return must(plain.xMalloc(bytes));
}

static void *resize(void *memory, int bytes)
{
	return must(plain.xRealloc(memory, bytes));
}

void sqlite_use_memory(void)
{
	sqlite3_mem_methods methods;

	if (plain.xMalloc || sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain) != SQLITE_OK)
		return; /* SQLite is at work already */
	methods = plain;
	methods.xMalloc = allocate;
	methods.xRealloc = resize;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
	/* Its count of bytes allocated costs two mutex operations an allocation. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
