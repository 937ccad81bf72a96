#include "commands/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "show/human.h"
#include "show/log.h"
#include "show/screen.h"

#define RATE_NEWEST   0.3  /* weight of the newest second in the rate shown */
#define WAIT_SHOWN_MS 1000 /* what is sooner is not worth a word */

static bool can_draw(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && term[0] && strcmp(term, "dumb") != 0 &&
	       !log_is_json();
}

struct progress progress_begin(struct master *master, const struct tally *tally)
{
	int64_t now = clock_ms();

	return (struct progress){
		.master = master,
		.tally = tally,
		.is_terminal = can_draw(),
		.begun_ms = now,
		.last_ms = now,
	};
}

int progress_every_ms(const struct progress *progress)
{
	return progress->is_terminal ? PROGRESS_TERMINAL_MS : PROGRESS_PLAIN_MS;
}

static void update_rate(struct progress *progress, uint64_t pages)
{
	int64_t now = clock_ms();
	double seconds = (double)(now - progress->last_ms) / 1000;
	double rate;

	if (seconds <= 0)
		return;
	rate = (double)(pages - progress->last_pages) / seconds;
	progress->rate =
		progress->rate > 0 ? progress->rate * (1 - RATE_NEWEST) + rate * RATE_NEWEST : rate;
	progress->last_ms = now;
	progress->last_pages = pages;
}

/* ---- the line ---- */

#define PARTS_MAX      9
#define PART_BYTES_MAX 64

/* Parts stand in this order, and each matters more than the one behind it. */
struct parts {
	char texts[PARTS_MAX][PART_BYTES_MAX];
	size_t count;
};

static void add(struct parts *parts, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct parts *parts, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(parts->texts[parts->count++], PART_BYTES_MAX, format, arguments);
	va_end(arguments);
}

/* It is 100 when all is done, and not before. */
static unsigned percent_of(uint64_t part, uint64_t all)
{
	return all > 0 ? (unsigned)((double)part * 100 / (double)all) : 0;
}

/* What there is to wait for. */
static void add_wait(struct parts *parts, const struct progress_figures *figures)
{
	char time[HUMAN_DURATION_MAX];

	if (figures->is_draining)
		add(parts, "finishing");
	else if (figures->is_paused)
		add(parts, "paused");
	else if (figures->wait_ms >= WAIT_SHOWN_MS)
		add(parts, "next host in %s", human_wait(figures->wait_ms, time));
	if (figures->least_ms >= WAIT_SHOWN_MS)
		add(parts, "at least %s", human_wait(figures->least_ms, time));
}

static void add_figures(struct parts *parts, const struct progress_figures *figures)
{
	char size[HUMAN_SIZE_MAX];

	if (figures->failed > 0)
		add(parts, "%llu failed", (unsigned long long)figures->failed);
	add(parts, "%s", COUNTED(figures->rows, "row"));
	add(parts, "%.*f pages/s", figures->rate < 9.95 ? 1 : 0, figures->rate);
	add(parts, "%zu in flight", figures->in_flight);
	add(parts, "%s", human_size(figures->bytes, size));
	add(parts, "%s", COUNTED(figures->hosts, "host"));
}

/* The first part is cut where even it is too wide; all is ASCII. */
static void join(const struct parts *parts, size_t columns, char out[PROGRESS_LINE_MAX])
{
	size_t most = columns < PROGRESS_LINE_MAX - 1 ? columns : PROGRESS_LINE_MAX - 1;
	size_t size = strlen(parts->texts[0]);

	if (size > most)
		size = most;
	memcpy(out, parts->texts[0], size);
	out[size] = '\0';
	for (size_t i = 1; i < parts->count; i++) {
		size_t more = strlen(parts->texts[i]) + 2;

		if (size + more > most)
			return;
		snprintf(out + size, more + 1, ", %s", parts->texts[i]);
		size += more;
	}
}

const char *progress_line(const struct progress_figures *figures, size_t columns,
			  char out[PROGRESS_LINE_MAX])
{
	struct parts parts = { .count = 0 };

	add(&parts, "%llu of %s (%u%%)", (unsigned long long)figures->ended,
	    COUNTED(figures->all, "URL"), percent_of(figures->ended, figures->all));
	add_wait(&parts, figures);
	add_figures(&parts, figures);
	join(&parts, columns, out);
	return out;
}

/* ---- drawing it ---- */

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static struct progress_figures look(struct progress *progress)
{
	const struct tally_totals *totals = tally_totals(progress->tally);
	struct master_view view = master_view(progress->master);
	bool is_waiting = view.in_flight == 0 && view.queued > 0 && view.due_ms != CLOCK_NEVER;

	return (struct progress_figures){
		.ended = totals->pages,
		.all = totals->pages + view.in_flight +
		       lesser(view.queued, master_pages_left(progress->master)),
		.failed = tally_count_failed(progress->tally),
		.rows = totals->rows,
		.bytes = totals->bytes,
		.in_flight = view.in_flight,
		.hosts = view.hosts,
		.rate = progress->rate,
		.wait_ms = is_waiting ? view.due_ms - clock_ms() : 0,
		.least_ms = master_least_ms(progress->master),
		.is_draining = view.is_draining,
		.is_paused = view.is_paused,
	};
}

/* Does the shell have the terminal, and wait for another command?  Then it is not ours to draw on.
 */
static bool is_in_background(void)
{
	pid_t front = tcgetpgrp(STDERR_FILENO);

	return front > 0 && front != getpgrp();
}

/*
 * Some terminals go on below when their last column is written to: it stays empty.  One that knows
 * no width may still be one.
 */
static void draw(const struct progress_figures *figures)
{
	size_t columns = screen_columns(STDERR_FILENO);
	char line[PROGRESS_LINE_MAX];

	log_progress(progress_line(figures, columns > 0 ? columns - 1 : 0, line));
}

void progress_tick(void *user)
{
	struct progress *progress = user;
	struct progress_figures figures;
	char line[PROGRESS_LINE_MAX];

	update_rate(progress, tally_totals(progress->tally)->pages);
	figures = look(progress);
	if (progress->is_terminal && is_in_background())
		log_progress_forget();
	else if (progress->is_terminal)
		draw(&figures);
	else
		log_say_dated(progress_line(&figures, PROGRESS_LINE_MAX, line));
}

void progress_end(struct progress *progress)
{
	if (progress->is_terminal)
		log_progress("");
}
