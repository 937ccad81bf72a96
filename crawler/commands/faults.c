#include "commands/faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "show/human.h"

/* Add to a list of faults: "a; b". */
static void add(char out[FAULTS_MAX], const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void add(char out[FAULTS_MAX], const char *format, ...)
{
	size_t size = strlen(out);
	va_list arguments;

	if (size > 0)
		size += (size_t)snprintf(out + size, FAULTS_MAX - size, "; ");
	if (size >= FAULTS_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(out + size, FAULTS_MAX - size, format, arguments);
	va_end(arguments);
}

static void add_lists(const struct lists *lists, bool is_kept, char out[FAULTS_MAX])
{
	const char *empty = lists->empty_name;

	if (lists->counts.rejected > 0)
		add(out,
		    lists->counts.rejected == 1 ? "%llu line is no URL%s"
						: "%llu lines are no URLs%s",
		    (unsigned long long)lists->counts.rejected, is_kept ? " (table rejects)" : "");
	if (lists->empty > 0)
		add(out, "%.500s holds no URL", strcmp(empty, "-") == 0 ? "standard input" : empty);
	if (lists->empty > 1)
		add(out, "nor do %llu other lists", (unsigned long long)lists->empty - 1);
}

/*
 * Was every URL of the lists kept from us by a rule?  It is certain if each was new and nothing
 * else came of this run, or if the database holds nothing else at all.
 */
static bool is_all_refused(const struct lists *lists, const struct tally *tally,
			   const struct store_totals *totals)
{
	if (lists->counts.urls == 0 || totals->pending > 0 || totals->skipped == 0)
		return false;
	if (totals->done + totals->failed == 0)
		return true;
	return lists->repeated == 0 && tally_totals(tally)->pages > 0 &&
	       tally_count_done(tally) + tally_count_failed(tally) == 0;
}

const char *faults_of_lists(const struct lists *lists, char out[FAULTS_MAX])
{
	out[0] = '\0';
	add_lists(lists, false, out);
	return out[0] ? out : NULL;
}

const char *faults_of_run(const struct lists *lists, const struct tally *tally,
			  const struct store_totals *totals, bool is_kept, char out[FAULTS_MAX])
{
	uint64_t failed = tally_count_failed(tally);
	uint64_t limited = tally_totals(tally)->outcomes[OUTCOME_PATTERN_LIMIT];

	out[0] = '\0';
	if (failed > 0)
		add(out, "%s failed", COUNTED(failed, "URL"));
	if (limited > 0) /* rows are missing: who looks at the code alone must not miss it */
		add(out, "a limit stopped a pattern on %s%s", COUNTED(limited, "page"),
		    is_kept ? " (crawl failed)" : "");
	if (is_all_refused(lists, tally, totals))
		add(out, "every URL is forbidden by robots.txt or out of scope%s",
		    is_kept ? " (crawl why URL)" : "");
	add_lists(lists, is_kept, out);
	return out[0] ? out : NULL;
}
