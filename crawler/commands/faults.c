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

const char *faults_of_lists(const struct lists *lists, char out[FAULTS_MAX])
{
	out[0] = '\0';
	add_lists(lists, false, out);
	return out[0] ? out : NULL;
}

struct faults_figures faults_of_tally(const struct tally *tally)
{
	return (struct faults_figures){
		.failed = tally_count_failed(tally),
		.limited = tally_totals(tally)->outcomes[OUTCOME_PATTERN_LIMIT],
	};
}

const char *faults_of_run(const struct lists *lists, const struct faults_figures *figures,
			  const struct asked_census *census, bool is_kept, char out[FAULTS_MAX])
{
	uint64_t failed = figures->failed, limited = figures->limited;

	out[0] = '\0';
	if (failed > 0)
		add(out, "%s failed", COUNTED(failed, "URL"));
	if (limited > 0) /* rows are missing: who looks at the code alone must not miss it */
		add(out, "a limit stopped a pattern on %s%s", COUNTED(limited, "page"),
		    is_kept ? " (crawl failed)" : "");
	if (census->named > 0 && census->named_skipped == census->named)
		add(out, "every URL is forbidden by robots.txt or out of scope%s",
		    is_kept ? " (crawl why URL)" : "");
	add_lists(lists, is_kept, out);
	if (lists->counts.rejected == 0 && figures->rejected > 0)
		add(out, "%s of lists %s no URL (table rejects)",
		    COUNTED(figures->rejected, "line"), figures->rejected == 1 ? "is" : "are");
	return out[0] ? out : NULL;
}

const char *faults_add_drift(char out[FAULTS_MAX])
{
	add(out, "a pattern or field got worse (crawl health)");
	return out;
}
