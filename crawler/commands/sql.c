#include "commands/commands.h"

#include <stdlib.h>
#include <string.h>

#include "commands/input.h"
#include "commands/rows_out.h"
#include "parsers/text/memory.h"
#include "show/log.h"

#define SQL_BYTES_MAX (1024 * 1024)

/* The statement: the argument, or standard input.  The caller frees it.  NULL after a complaint. */
static char *read_statement(const char *argument)
{
	char error[INPUT_ERROR_MAX];
	size_t size = strlen(argument);
	char *sql;

	if (strcmp(argument, "-") != 0)
		return memory_text(argument, size);
	sql = input_read("-", SQL_BYTES_MAX, &size, error);
	if (!sql) {
		log_error("sql: %s", error);
	} else if (strlen(sql) != size) {
		log_error("sql: a NUL byte in the statement");
		free(sql);
		sql = NULL;
	}
	return sql;
}

int command_sql(const struct options *options)
{
	char *sql = read_statement(options->arguments[0]);
	struct store *store;
	int code = EXIT_CANNOT_GO_ON;

	if (!sql)
		return EXIT_WRONG_USAGE;
	store = rows_out_open(options);
	if (store)
		code = rows_out_write(store, options, store_query, sql, OUTPUT_TABLE);
	store_close(store);
	free(sql);
	return code;
}
