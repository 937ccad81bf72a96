#include "commands/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands/store_says.h"
#include "master/pattern_rows.h"

/* store: NULL, if there is no database. */
static bool fits(struct store *store, const struct config_pattern *pattern)
{
	struct store_table *table = pattern_rows_table(pattern);
	struct store_error error = { .cure = STORE_CURE_NONE };
	int result = store ? store_try_table(store, table, &error)
			   : store_check_table(table, error.text);

	pattern_rows_table_free(table);
	if (result == 0)
		return true;
	fprintf(stderr, "%s:%u: error: %s%s\n", pattern->file, pattern->line, error.text,
		store_says_cure(error.cure));
	return false;
}

bool tables_fit(const struct config *config, const char *database)
{
	struct store *store = NULL;
	struct store_error error;
	bool is_fine = true;

	if (store_exists(database)) {
		store = store_open_read(database, &error);
		if (!store) {
			store_says(&error);
			return false;
		}
	}
	for (size_t i = 0; i < config->pattern_count; i++)
		is_fine = fits(store, &config->patterns[i]) && is_fine;
	store_close(store);
	return is_fine;
}
