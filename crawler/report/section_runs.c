#include "report/sections.h"

#include "report/words.h"
#include "show/human.h"

static const char *end_of(const struct figures_run *run)
{
	const char *stop = words_stop(run->ended);

	if (stop)
		return stop;
	return run->ended ? run->ended : "running";
}

/* As much of a hash as tells two of them apart. */
static struct slice beginning_of(const char *hash)
{
	return (struct slice){ hash, hash ? strnlen(hash, 8) : 0 };
}

static void write_run(struct html *html, const struct figures *figures,
		      const struct figures_run *run)
{
	char date[WORDS_MAX], time[HUMAN_DURATION_MAX];

	html_markup(html, "<tr><td class=\"num\">%lld</td><td>", (long long)run->id);
	html_words(html, words_date(run->started_at, date));
	html_markup(html, "</td><td>");
	html_words(html, words_stop(run->ended) ? "stopped " : "");
	html_cut(html, slice_of(end_of(run)), PARTS_NAME_MAX);
	html_markup(html, "</td><td class=\"num\">");
	html_words(html, human_duration(run->elapsed_ms, time));
	html_markup(html, "</td><td class=\"num\">");
	parts_count(html, run->pages);
	html_markup(html, "</td><td class=\"num\">");
	if (run->has_totals)
		parts_count(html, run->failed);
	else
		html_words(html, "?");
	html_markup(html, "</td><td class=\"num\">");
	parts_count(html, run->rows);
	html_markup(html, "</td><td class=\"num w\">");
	parts_bytes(html, run->wire_bytes);
	html_markup(html, "</td><td class=\"w\"><code>");
	html_text(html, beginning_of(run->config_hash));
	html_markup(html, "</code>");
	if (figures->run.config_hash && run->config_hash &&
	    strcmp(figures->run.config_hash, run->config_hash) != 0)
		html_markup(html, " <small>another</small>");
	html_markup(html, "</td></tr>\n");
}

void section_runs(struct html *html, struct page *page)
{
	const struct figures *figures = page->figures;

	html_markup(html, "<section id=\"runs\"><h2>Runs</h2>");
	html_markup(html,
		    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"runs\">"
		    "<table><thead><tr><th scope=\"col\" class=\"num\">run</th>"
		    "<th scope=\"col\">started</th><th scope=\"col\">ended</th>"
		    "<th scope=\"col\" class=\"num\">took</th>"
		    "<th scope=\"col\" class=\"num\">URLs</th>"
		    "<th scope=\"col\" class=\"num\">failed</th>"
		    "<th scope=\"col\" class=\"num\">rows</th>"
		    "<th scope=\"col\" class=\"num w\">on the wire</th>"
		    "<th scope=\"col\" class=\"w\">config</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < figures->run_count && i < FIGURES_RUNS_MAX; i++)
		write_run(html, figures, &figures->runs[i]);
	html_markup(html, "</tbody></table></div><p class=\"muted\">");
	if (figures->command_line)
		parts_command(html, figures->command_line);
	html_markup(html, " ");
	html_cut(html, slice_of(figures->versions), 2 * PARTS_TEXT_MAX);
	html_markup(html, "</p></section>\n");
}
