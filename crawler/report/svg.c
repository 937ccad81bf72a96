#include "report/svg.h"

#include <math.h>
#include <stdio.h>

#include "report/words.h"
#include "show/human.h"

/* ---- a bar a run ---- */

#define BAR_WIDTH    5
#define BAR_STEP     7
#define SPARK_HEIGHT 24
#define BAR_LEAST    1.5

static void write_value(struct html *html, uint64_t value, bool is_ms)
{
	char count[HUMAN_COUNT_MAX], time[WORDS_MAX];

	html_words(html, is_ms ? words_ms((double)value, time) : human_count(value, count));
}

void svg_spark(struct html *html, const struct svg_spark *spark)
{
	unsigned width = (unsigned)spark->count * BAR_STEP - (BAR_STEP - BAR_WIDTH);
	uint64_t max = 1;

	if (spark->count == 0)
		return;
	for (size_t i = 0; i < spark->count; i++)
		if (spark->values[i] != SVG_UNKNOWN && spark->values[i] > max)
			max = spark->values[i];
	html_markup(html,
		    "<svg class=\"spark\" viewBox=\"0 0 %u %d\" width=\"%u\" height=\"%d\" "
		    "role=\"img\" aria-label=\"",
		    width, SPARK_HEIGHT, width, SPARK_HEIGHT);
	html_words(html, spark->label);
	html_markup(html, ": ");
	for (size_t i = 0; i < spark->count; i++) {
		if (i > 0)
			html_markup(html, ", ");
		if (spark->values[i] == SVG_UNKNOWN)
			html_markup(html, "not known");
		else
			write_value(html, spark->values[i], spark->is_ms);
	}
	html_markup(html, "\">");
	for (size_t i = 0; i < spark->count; i++) {
		double height = SPARK_HEIGHT * (double)spark->values[i] / (double)max;

		if (spark->values[i] == SVG_UNKNOWN)
			continue;
		height = fmax(height, BAR_LEAST);
		if (i + 1 == spark->count)
			html_markup(html, "<rect class=\"now\"");
		else
			html_markup(html, "<rect class=\"old\"");
		html_markup(html,
			    " x=\"%zu\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"><title>run %lld: ",
			    i * BAR_STEP, SPARK_HEIGHT - height, BAR_WIDTH, height,
			    (long long)spark->runs[i]);
		write_value(html, spark->values[i], spark->is_ms);
		html_markup(html, "</title></rect>");
	}
	html_markup(html, "</svg>");
}

/* ---- axes ---- */

double svg_axis_end(double max)
{
	static const double rounds[] = { 1, 2, 2.5, 3, 4, 5, 6, 8, 10 };
	double unit;

	if (!(max > 0) || isinf(max))
		return 1;
	unit = pow(10, floor(log10(max)));
	for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
		if (rounds[i] * unit >= max * (1 - 1e-12))
			return rounds[i] * unit;
	}
	return 10 * unit;
}

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define TIME_LABELS_MAX 7
#define LABEL_LAST      0.94 /* of the axis: further on a label is one of its end */

int64_t svg_time_step(int64_t duration_ms)
{
	static const long long steps[] = { 100,         200,         500,         SECOND,
					   2 * SECOND,  5 * SECOND,  10 * SECOND, 15 * SECOND,
					   30 * SECOND, MINUTE,      2 * MINUTE,  5 * MINUTE,
					   10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR,
					   2 * HOUR,    3 * HOUR,    6 * HOUR,    12 * HOUR,
					   DAY,         2 * DAY,     7 * DAY,     30 * DAY };
	size_t count = sizeof(steps) / sizeof(steps[0]);

	for (size_t i = 0; i < count; i++) {
		if (duration_ms / steps[i] < TIME_LABELS_MAX)
			return steps[i];
	}
	return duration_ms / TIME_LABELS_MAX + 1;
}

/* "0", "10 s", "2 min", "1 h 30": as short as it can be said. */
static const char *time_label(int64_t ms, char out[32])
{
	long long minutes = (long long)(ms / MINUTE), hours = minutes / 60;

	if (ms == 0)
		snprintf(out, 32, "0");
	else if (ms < SECOND)
		snprintf(out, 32, "%.1f s", (double)ms / 1000);
	else if (ms < MINUTE || (ms % MINUTE != 0 && ms < 2 * MINUTE))
		snprintf(out, 32, "%.*f s", ms % 1000 == 0 ? 0 : 1, (double)ms / 1000);
	else if (ms < HOUR && ms % MINUTE != 0)
		snprintf(out, 32, "%lld:%02lld min", minutes, (long long)(ms / SECOND % 60));
	else if (ms < HOUR)
		snprintf(out, 32, "%lld min", minutes);
	else if (ms < DAY && minutes % 60 != 0)
		snprintf(out, 32, "%lld:%02lld h", hours, minutes % 60);
	else if (ms < 2 * DAY && ms % DAY != 0)
		snprintf(out, 32, "%lld h", hours);
	else
		snprintf(out, 32, "%.*f d", ms % DAY == 0 ? 0 : 1, (double)ms / DAY);
	return out;
}

/* Half of a label would be beyond the page, and make a narrow one wider than its window. */
void svg_label_begin(struct html *html, double at)
{
	if (at > LABEL_LAST)
		html_markup(html, "<span class=\"end\" style=\"left:%.2f%%\">", 100 * at);
	else
		html_markup(html, "<span style=\"left:%.2f%%\">", 100 * at);
}

void svg_label_end(struct html *html)
{
	html_markup(html, "</span>");
}

void svg_time_axis(struct html *html, int64_t duration_ms)
{
	int64_t step = svg_time_step(duration_ms);
	char label[32];

	html_markup(html,
		    "<div class=\"plot xs\"><div></div><div class=\"x\" aria-hidden=\"true\">");
	for (int64_t at = 0; duration_ms > 0 && at <= duration_ms; at += step) {
		svg_label_begin(html, (double)at / (double)duration_ms);
		html_words(html, time_label(at, label));
		svg_label_end(html);
	}
	html_markup(html, "</div></div>\n");
}

/* ---- plots ---- */

void svg_plot_begin(struct html *html, unsigned height)
{
	html_markup(html, "<div class=\"plot\" style=\"--h:%upx\"><div class=\"pt\">", height);
}

static void axis_number(struct html *html, double value)
{
	char text[HUMAN_COUNT_MAX];

	if (value == floor(value) && value < 1e15)
		html_words(html, human_count((uint64_t)value, text));
	else
		html_markup(html, "%g", value);
}

void svg_plot_area(struct html *html, double axis_end)
{
	html_markup(html, "</div><div class=\"y\" aria-hidden=\"true\">");
	if (axis_end > 0) {
		html_markup(html, "<span style=\"top:0%%\">");
		axis_number(html, axis_end);
		html_markup(html, "</span><span style=\"top:50%%\">");
		axis_number(html, axis_end / 2);
		html_markup(html, "</span><span style=\"top:100%%\">0</span>");
	}
	html_markup(html, "</div><div class=\"area\">");
}

void svg_begin(struct html *html, const char *label)
{
	html_markup(html,
		    "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\" "
		    "aria-label=\"",
		    SVG_WIDTH, SVG_HEIGHT);
	html_words(html, label);
	html_markup(html, "\"><title>");
	html_words(html, label);
	html_markup(html, "</title>");
}

void svg_grid(struct html *html, bool has_middle)
{
	if (has_middle)
		html_markup(html, "<path class=\"grid\" d=\"M0 0H%dM0 %dH%d\"/>", SVG_WIDTH,
			    SVG_HEIGHT / 2, SVG_WIDTH);
	html_markup(html, "<path class=\"grid\" d=\"M0 %dH%d\"/>", SVG_HEIGHT, SVG_WIDTH);
}

void svg_plot_end(struct html *html)
{
	html_markup(html, "</svg></div></div>\n");
}

void svg_steps(struct html *html, const char *class, const double *values, size_t count,
	       double axis_end)
{
	double last = -1;

	html_markup(html, "<path class=\"");
	html_words(html, class);
	html_markup(html, "\" d=\"M0 %d", SVG_HEIGHT);
	for (size_t i = 0; i < count; i++) {
		double part = fmin(fmax(values[i] / axis_end, 0), 1);
		double y = floor((1 - part) * SVG_HEIGHT * 10 + 0.5) / 10;

		if (y != last)
			html_markup(html, "H%.4gV%.4g", SVG_WIDTH * (double)i / (double)count, y);
		last = y;
	}
	html_markup(html, "H%dV%dZ\"/>", SVG_WIDTH, SVG_HEIGHT);
}
