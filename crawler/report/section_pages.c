#include "report/sections.h"

#include <math.h>

#include "report/svg.h"
#include "report/words.h"
#include "show/human.h"

#define PLOT_HEIGHT   80
#define VALUES_SHOWN  8
#define US_PER_MS     1000
#define BARS_MAX      32
#define BARS_FINE_MAX 14 /* more buckets than these are shown in twos */

/* A histogram whose buckets are of half an octave, and how its values are said. */
struct histogram {
	const uint64_t *buckets;
	const char *label; /* "pages by size" */
	bool is_time;      /* us, or bytes */
};

/* What of it is shown: bars of so many buckets. */
struct bars {
	size_t first, count, buckets_each;
	uint64_t pages[BARS_MAX], most, all;
};

static double edge(double bucket)
{
	return pow(2, bucket / 2);
}

static void write_size(struct html *html, const struct histogram *histogram, double value)
{
	if (histogram->is_time)
		parts_ms(html, fmax(value, 1) / 1000); /* no answer takes no time at all */
	else
		parts_bytes(html, (uint64_t)fmin(value, 1e18));
}

static void make_bars(struct bars *bars, const struct histogram *histogram)
{
	size_t first = 0, end = FIGURES_BUCKETS_MAX;

	*bars = (struct bars){ .count = 0, .most = 1 };
	while (first < end && histogram->buckets[first] == 0)
		first++;
	while (end > first && histogram->buckets[end - 1] == 0)
		end--;
	if (first == end)
		return;
	bars->buckets_each = end - first > BARS_FINE_MAX ? 2 : 1;
	bars->first = first - first % bars->buckets_each;
	for (size_t i = bars->first; i < end; i++) {
		size_t bar = (i - bars->first) / bars->buckets_each;

		bars->pages[bar] += histogram->buckets[i];
		bars->all += histogram->buckets[i];
		bars->count = bar + 1;
	}
	for (size_t i = 0; i < bars->count; i++)
		bars->most = bars->pages[i] > bars->most ? bars->pages[i] : bars->most;
}

/* The value that so many of all pages stay below. */
static double below(const struct histogram *histogram, uint64_t all, double part)
{
	double wanted = part * (double)all, sum = 0;

	for (size_t i = 0; i < FIGURES_BUCKETS_MAX; i++) {
		double pages = (double)histogram->buckets[i];

		if (sum + pages >= wanted && pages > 0)
			return edge((double)i + (wanted - sum) / pages);
		sum += pages;
	}
	return 0;
}

/* ---- the chart ---- */

static void write_counts(struct html *html, const struct bars *bars)
{
	html_markup(html, "<div class=\"caps\" aria-hidden=\"true\">");
	for (size_t i = 0; i < bars->count; i++) {
		if (bars->pages[i] == 0)
			continue;
		html_markup(html, "<span style=\"left:%.2f%%;bottom:%.1f%%\">",
			    100 * ((double)i + 0.5) / (double)bars->count,
			    parts_width((double)bars->pages[i] / (double)bars->most));
		parts_count(html, bars->pages[i]);
		html_markup(html, "</span>");
	}
	html_markup(html, "</div>");
}

static void write_bar(struct html *html, const struct histogram *histogram, const struct bars *bars,
		      size_t bar)
{
	double width = (double)SVG_WIDTH / (double)bars->count;
	double height = SVG_HEIGHT * (double)bars->pages[bar] / (double)bars->most;
	size_t bucket = bars->first + bar * bars->buckets_each;

	if (bars->pages[bar] == 0)
		return;
	height = fmax(height, 1);
	html_markup(html,
		    "<rect class=\"c-ok\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
		    "<title>",
		    width * (double)bar + 2, SVG_HEIGHT - height, width - 4, height);
	write_size(html, histogram, edge((double)bucket));
	html_markup(html, " to ");
	write_size(html, histogram, edge((double)(bucket + bars->buckets_each)));
	html_markup(html, ": ");
	parts_many(html, bars->pages[bar], "page");
	html_markup(html, "</title></rect>");
}

static void write_tick(struct html *html, const struct histogram *histogram,
		       const struct bars *bars, double value)
{
	double at = (2 * log2(value) - (double)bars->first) /
		    (double)(bars->count * bars->buckets_each);

	if (at < 0 || at > 1 || (histogram->is_time && value < US_PER_MS))
		return;
	svg_label_begin(html, at);
	write_size(html, histogram, value);
	svg_label_end(html);
}

/* Round numbers where they lie on an axis of logarithms: few enough to be read. */
static void write_ticks(struct html *html, const struct histogram *histogram,
			const struct bars *bars)
{
	double decades = (double)(bars->count * bars->buckets_each) / 2 * log10(2);

	html_markup(html,
		    "<div class=\"plot xs\"><div></div><div class=\"x\" aria-hidden=\"true\">");
	for (double unit = 1; unit < 1e13; unit *= 10) {
		write_tick(html, histogram, bars, unit);
		if (decades < 3)
			write_tick(html, histogram, bars, 3 * unit);
	}
	html_markup(html, "</div></div>\n");
}

static void write_chart(struct html *html, const struct histogram *histogram,
			const struct bars *bars)
{
	html_markup(html, "<div class=\"chart\">");
	svg_plot_begin(html, PLOT_HEIGHT);
	svg_plot_area(html, 0);
	write_counts(html, bars);
	svg_begin(html, histogram->label);
	svg_grid(html, false);
	for (size_t i = 0; i < bars->count; i++)
		write_bar(html, histogram, bars, i);
	svg_plot_end(html);
	write_ticks(html, histogram, bars);
	html_markup(html, "</div>\n");
}

/* ---- the pages that are the most ---- */

static void write_examples(struct html *html, const struct page *page,
			   const struct histogram *histogram, const struct figures_page *examples,
			   size_t count)
{
	if (count == 0)
		return;
	html_markup(html, "<table><caption class=\"hidden\">");
	html_words(html, histogram->is_time ? "the slowest" : "the largest");
	html_markup(html, "</caption><tbody>");
	for (size_t i = 0; i < count && i < FIGURES_EXAMPLES_MAX; i++) {
		html_markup(html, "<tr><td>");
		parts_url(html, page, examples[i].key, examples[i].url);
		html_markup(html, "</td><td class=\"num\">");
		write_size(html, histogram, (double)examples[i].value);
		html_markup(html, "</td></tr>\n");
	}
	html_markup(html, "</tbody></table>");
}

/* "within 4 ms", "under 1 ms" */
static void write_most(struct html *html, const struct histogram *histogram, double value)
{
	if (!histogram->is_time || value >= US_PER_MS)
		html_markup(html, "within ");
	write_size(html, histogram, value);
}

/* A run of an older crawl did not keep them. */
static void write_nothing(struct html *html, const struct figures *figures)
{
	html_markup(html, "<p class=\"muted\">");
	html_words(html, figures->run.done > 0 ? "Not known of this run." : "Nothing was read.");
	html_markup(html, "</p>");
}

static void write_histogram(struct html *html, const struct page *page,
			    const struct histogram *histogram, const struct figures_page *examples,
			    size_t count)
{
	double most = edge(FIGURES_BUCKETS_MAX); /* a bucket ends above its pages */
	struct bars bars;

	make_bars(&bars, histogram);
	if (bars.count == 0) {
		write_nothing(html, page->figures);
		return;
	}
	if (count > 0)
		most = (double)examples[0].value;
	html_markup(html, "<p class=\"muted\">half of them ");
	write_most(html, histogram, fmin(below(histogram, bars.all, 0.5), most));
	html_markup(html, ", 95 %% ");
	write_most(html, histogram, fmin(below(histogram, bars.all, 0.95), most));
	if (count > 0 && histogram->is_time) {
		html_markup(html, ", the slowest ");
		write_size(html, histogram, (double)examples[0].value);
	} else if (!histogram->is_time) {
		html_markup(html, ", ");
		parts_bytes(html, page->figures->run.bytes);
		html_markup(html, " in all");
	}
	html_markup(html, "</p>");
	write_chart(html, histogram, &bars);
	write_examples(html, page, histogram, examples, count);
}

/* ---- shares ---- */

static uint64_t sum_of(const struct figures_counts *counts)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < counts->count; i++)
		sum += counts->values[i].pages;
	return sum > 0 ? sum : 1;
}

static void write_share(struct html *html, const char *value, const char *small, uint64_t pages,
			uint64_t all)
{
	html_markup(html, "<tr><th scope=\"row\">");
	html_cut(html, slice_of(value), PARTS_NAME_MAX);
	if (*small) {
		html_markup(html, " <small>");
		html_words(html, small);
		html_markup(html, "</small>");
	}
	html_markup(html, "</th><td class=\"num\">");
	parts_count(html, pages);
	html_markup(html,
		    "</td><td class=\"sb\"><span class=\"bar\"><b style=\"width:%.2f%%\"></b>"
		    "</span></td></tr>\n",
		    parts_width((double)pages / (double)all));
}

static const char *reason_of(const char *status)
{
	unsigned number = 0;

	for (; status && *status >= '0' && *status <= '9' && number < 1000; status++)
		number = number * 10 + (unsigned)(*status - '0');
	return words_reason(number);
}

static void write_shares(struct html *html, const char *title, const struct figures_counts *counts,
			 bool is_status)
{
	uint64_t all = sum_of(counts), rest = 0;

	if (counts->count == 0)
		return;
	html_markup(html, "<div><h3>");
	html_words(html, title);
	html_markup(html, "</h3><table class=\"share\"><tbody>\n");
	for (size_t i = 0; i < counts->count; i++) {
		const struct figures_count *count = &counts->values[i];

		if (i >= VALUES_SHOWN)
			rest += count->pages;
		else
			write_share(html, count->value && *count->value ? count->value : "none",
				    is_status ? reason_of(count->value) : "", count->pages, all);
	}
	if (rest > 0)
		write_share(html, "others", "", rest, all);
	html_markup(html, "</tbody></table></div>\n");
}

void section_pages(struct html *html, struct page *page)
{
	const struct figures *figures = page->figures;
	struct histogram times = { figures->times, "pages by time to answer", true };
	struct histogram sizes = { figures->sizes, "pages by size", false };

	html_markup(html, "<section id=\"pages\"><h2>Pages <small>what came</small></h2>"
			  "<div class=\"two\"><div>\n<h3>Time to answer</h3>");
	write_histogram(html, page, &times, figures->slowest, figures->slowest_count);
	html_markup(html, "</div><div>\n<h3>Size</h3>");
	write_histogram(html, page, &sizes, figures->largest, figures->largest_count);
	html_markup(html, "</div></div><div class=\"four\">\n");
	write_shares(html, "Status", &figures->statuses, true);
	write_shares(html, "Type", &figures->types, false);
	write_shares(html, "Charset", &figures->charsets, false);
	write_shares(html, "Who said the charset", &figures->charset_sources, false);
	html_markup(html, "</div></section>\n");
}
