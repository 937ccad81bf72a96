#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "commands/rows_out.h"
#include "parsers/text/ascii.h"
#include "show/log.h"
#include "show/paragraph.h"

/* Looks a name up, and lists all. */
struct search {
	const char *wanted;
	bool is_there;
	struct paragraph names; /* as many as there is room for */
};

static int on_name(void *context, const char *name)
{
	struct search *search = context;

	search->is_there |= ascii_equal(slice_of(name), slice_of(search->wanted));
	paragraph_add(&search->names, ", ", "%s", name);
	return 0;
}

/* The store said what was wrong; if it was the name, say which there are. */
static void say_tables(struct store *store, const char *wanted)
{
	static const char before[] = "crawl: there are: ";
	struct search search = { .wanted = wanted, .names.column = sizeof(before) - 1 };

	if (store_each_table(store, on_name, &search) == 0 && !search.is_there)
		log_error("there are: %s", search.names.text);
}

/* A spreadsheet is given CSV, and nothing else. */
static bool is_other_format(const struct options *options)
{
	return options->is_json || (options->format && strcmp(options->format, "csv") != 0);
}

int command_export(const struct options *options)
{
	const char *table = options->arguments[0];
	struct store *store;
	int code = EXIT_CANNOT_GO_ON;

	if ((options->is_excel || options->is_guarded) && is_other_format(options)) {
		log_error("export: %s writes CSV: leave --format or --json off",
			  options->is_excel ? "--excel" : "--guard-formulas");
		return EXIT_WRONG_USAGE;
	}
	store = rows_out_open(options);
	if (!store)
		return code;
	code = rows_out_write(store, options, store_query_table, table, OUTPUT_CSV);
	if (code == EXIT_WRONG_USAGE)
		say_tables(store, table);
	store_close(store);
	return code;
}
